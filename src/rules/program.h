/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set compiled for evaluation. Immutable: any number of evaluators share one.
 *
 * Conditions become one graph in which equal checks and equal groups exist once. For each event type
 * the graph is cut down to what the type leaves open; checks on the same field that "or" joins become
 * one look into a set. Rules of a type are found by what they cannot do without: most by the value of
 * one field (a hash lookup for all rules at once), others by one check that several of them share. Only
 * the rules found so are evaluated, by jump code over checks whose results are remembered for the
 * event. The order of checks cannot be seen in the result, so cheap ones come first.
 */
#pragma once
#include "rules/model.h"

struct program;

enum rule_matching {
	MATCHING_FIRST, /* the first rule that fits, in the order of loading */
	MATCHING_ALL,
};

/* rs must outlive the program. NULL when out of memory. */
struct program *program_new(const struct ruleset *rs, enum rule_matching matching);
void program_free(struct program *p);

struct program_stats {
	uint32_t rules, types;			 /* evaluated at all */
	uint32_t fields, checks, joined, groups; /* distinct ones */
	uint32_t instructions;
	size_t memory;
};
void program_stats(const struct program *p, struct program_stats *ret);

/* The rules that an event type can reach, for explanations: fn is called in order of evaluation. */
void program_rules_of(const struct program *p, const struct event_type *t,
		      void (*fn)(const struct rule *r, void *context), void *context);
/* What is left of a rule's condition for a type, as text. False: the type can't reach the rule. */
bool program_residual(const struct program *p, const struct rule *r, const struct event_type *t,
		      struct buf *out);

DEFINE_CLEANUP(struct program *, program_free)
#define cleanup_program cleanup(program_freep)
