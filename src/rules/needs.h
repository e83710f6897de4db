/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiled rule needs: event types, the hooks that yield them, fields, memory. */
#pragma once
#include <assert.h>

#include "rules/model.h"

enum field_use {
	USE_CONDITION = 1 << 0, /* the rule's own, or a step's */
	USE_OUTPUT = 1 << 1,
	USE_STATE = 1 << 2, /* keys of counts, sequences and the like; responses */
};

struct field_need {
	const struct operand *field;
	unsigned uses; /* enum field_use */
};

struct rule_needs {
	struct type_set types; /* that can make the condition true, or a step of its sequence */
	uint64_t hooks;	       /* bit per enum event_hook */
	VEC(struct field_need) fields; /* each once, in the order of their first use */
	VEC(struct text)
	domains;	      /* that names of addresses are compared with, as often as they are */
	uint64_t state_bytes; /* at most, for what it remembers */
};
static_assert(EVENT_HOOKS <= 64, "a bit for each");

/* -ENOMEM, or 0. r must have compiled. */
int rule_needs(const struct rule *r, struct rule_needs *ret);
void rule_needs_deinit(struct rule_needs *n);

#define cleanup_rule_needs cleanup(rule_needs_deinit)
