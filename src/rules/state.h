/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules remember between events: counts, sequences, values seen, alerts held back. Each is a
 * table of keys with room for a number of them that the rule says; when it is full the key that was
 * used longest ago is forgotten, and counted.
 */
#pragma once
#include "rules/eval.h"
#include "rules/extend.h"

struct rule_state;

enum state_verdict {
	STATE_NOT_YET, /* the rule does not fit: count not reached, sequence not complete, known */
	STATE_ALERT,
	STATE_SUPPRESSED, /* it fits, but an alert for this key was raised not long ago */
};

struct rule_state *rule_state_new(const struct rule *r);
void rule_state_free(struct rule_state *s);

/* The rule's condition holds for ev. */
enum state_verdict rule_state_match(struct rule_state *s, const struct event *ev,
				    struct scratch *scratch, uint64_t *counters,
				    uint64_t *ret_suppressed);
/* A step's condition holds. Of several steps of one event the last is to be told first. */
void rule_state_step(struct rule_state *s, int step, const struct event *ev,
		     struct scratch *scratch, uint64_t *counters);
/* What it takes, in bytes. */
size_t rule_state_memory(const struct rule_state *s);
