/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluating events against a program. An evaluator belongs to one thread, allocates everything when
 * it is made and nothing afterwards; time is what the events say.
 */
#pragma once
#include "rules/program.h"

struct evaluator;

struct rule_match {
	const struct rule *rule;
	uint64_t suppressed; /* alerts of this rule and key that were held back since the last one */
};

enum { EVAL_SCRATCH_DEFAULT = 256 << 10, EVAL_MATCHES_MAX = 64 };

/* What was given up, by name: see evaluator_counters[]. */
enum evaluator_counter {
	EVAL_EVENTS,
	EVAL_MATCHES,
	EVAL_MATCHES_DROPPED,  /* more rules fitted one event than have room */
	EVAL_FIELDS_TOO_LARGE, /* values that did not fit the room: counted as missing */
	EVAL_REGEX_LIMITED,    /* matches given up for their cost: counted as no match */
	EVAL_SUPPRESSED,       /* alerts held back by "suppress" */
	EVAL_COUNT_EVICTED,    /* keys forgotten for want of room, by kind of state */
	EVAL_SEQUENCE_EVICTED,
	EVAL_FIRST_SEEN_EVICTED,
	EVAL_SUPPRESS_EVICTED,
	EVAL_COUNTERS
};
extern const char *const evaluator_counters[EVAL_COUNTERS];

/* p must outlive it. scratch 0: the default. NULL when out of memory. */
struct evaluator *evaluator_new(const struct program *p, size_t scratch);
void evaluator_free(struct evaluator *e);

/* Which rules and steps of a type are evaluated, by program_entry(). */
enum { EVAL_CHOICE_MAX = 1024 };
struct eval_choice {
	uint64_t entries[EVAL_CHOICE_MAX / 64];
};
#define EVAL_NO_ENTRY UINT32_MAX
/* The number of a rule (step -1) or of a step of its sequence among those of the type; EVAL_NO_ENTRY: it can't fit. */
uint32_t program_entry(const struct program *p, const struct event_type *type, const struct rule *r,
		       int step);
/* As evaluator_run(), when it is known that nothing else can fit. */
size_t evaluator_run_among(struct evaluator *e, const struct event *ev,
			   const struct eval_choice *among, struct rule_match *out, size_t max);

/* The rules that the event fits, at most max, in order; returns how many. */
size_t evaluator_run(struct evaluator *e, const struct event *ev, struct rule_match *out,
		     size_t max);

uint64_t evaluator_counter(const struct evaluator *e, enum evaluator_counter which);
/* Room for composing, to render outputs of the event that was evaluated last. */
struct scratch *evaluator_scratch(struct evaluator *e);

DEFINE_CLEANUP(struct evaluator *, evaluator_free)
#define cleanup_evaluator cleanup(evaluator_freep)
