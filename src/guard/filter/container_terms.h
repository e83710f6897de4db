/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules ask of the container that something happens in, and of nothing else: its name, its image, its pod. That does not
 * change from event to event, so the exact evaluator answers it once for each container, in user space, and a filter looks at
 * bits: yes, no, or not known (abi/group.h).
 *
 * Each different term has a number. A numbering only grows: what was answered under it stays true whatever is loaded, and a
 * filter that asks the same is the same program. When there is no room left another one begins, and what is known by
 * the old one says nothing to filters of the new.
 */
#pragma once
#include "base/arena.h"
#include "base/vec.h"
#include "rules/model.h"

enum { CONTAINER_TERMS_MAX = 64 };

struct container_term {
	char *text;		 /* owned: the term as print_condition() has it, macros expanded */
	const struct expr *expr; /* of the rules in force; NULL: they do not ask it */
};

/* Where rules have one of them: by address. */
struct container_place {
	const struct expr *expr;
	uint32_t term;
};

struct container_terms {
	uint32_t numbering; /* never 0 once there are terms */
	VEC(struct container_term) terms;
	VEC(struct container_place) places;
};

/*
 * From now on it is about these rules, which outlive it, or the next call: before filters are made of them. Terms that there is no
 * room for have no number. -ENOMEM: it has none at all.
 */
int container_terms_number(struct container_terms *t, const struct ruleset *rs);
/* The same for one rule. */
int container_terms_number_rule(struct container_terms *t, const struct rule *r);
/* About no rules: nothing can be answered. */
void container_terms_forget(struct container_terms *t);
void container_terms_deinit(struct container_terms *t);
#define cleanup_container_terms cleanup(container_terms_deinit)

/* The number of what e asks; -1: it asks of something else too, or has none. */
int container_terms_find(const struct container_terms *t, const struct expr *e);

struct container_answers {
	uint32_t numbering;
	uint64_t yes, no; /* bit per term */
};
/*
 * As rules find it for an event in c, of which nothing changes any more: what was answered before under that numbering stays. What
 * can't be said (there is no memory) is in neither.
 */
void container_terms_answer(const struct container_terms *t, const struct event_container *c,
			    struct container_answers *answers);
