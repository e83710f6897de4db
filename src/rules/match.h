/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks ready to run: the right side of a check, or of several that were joined ("a = x or a = y"),
 * made into what answers fastest: a hashed set, prefixes by length, a compiled pattern.
 */
#pragma once
#include "rules/compare.h"
#include "rules/text_set.h"

enum match_kind {
	MATCH_EXISTS,
	MATCH_GENERIC, /* whatever has no form of its own: compared value by value */
	MATCH_TEXT_EQ, /* one text */
	MATCH_TEXT_SET,
	MATCH_PREFIXES,
	MATCH_SUFFIXES,
	MATCH_CONTAINS, /* one of several pieces */
	MATCH_NUMBER,	/* one comparison of numbers */
	MATCH_NUMBERS,	/* one of several numbers, sorted */
	MATCH_ADDRESSES,
	MATCH_NETWORKS,
	MATCH_PATHS,
	MATCH_REGEX,
	MATCH_KINDS
};

struct match {
	enum match_kind kind;
	enum rule_op op;
	bool negate;		   /* "!=": the value is there and the rest is false */
	const struct check *check; /* MATCH_GENERIC, MATCH_REGEX: the check itself */
	struct text text;
	struct value number;
	uint64_t *numbers; /* sorted; MATCH_NETWORKS: family and length of the prefixes in set */
	uint32_t number_count;
	struct text_set *set; /* of texts, prefixes, suffixes, paths, addresses, networks */
	struct text *pieces;  /* MATCH_CONTAINS; MATCH_PATHS: those with wildcards */
	uint32_t piece_count;
	const struct network **networks; /* looked at one by one if there is no set */
	uint32_t network_count;
	struct regex **regexes; /* one per value */
	uint32_t regex_count;
};

/* How much work it is, for ordering: about nanoseconds. */
uint32_t match_cost(const struct match *m);

/* Prepares a check. False when out of memory. */
bool match_init(struct match *m, struct arena *a, const struct check *c);
void match_deinit(struct match *m);

/* Whether checks on the same operand can become one when "or" joins them; then joins them. */
bool match_can_join(const struct check *c, enum match_kind *ret_kind);
bool match_init_joined(struct match *m, struct arena *a, const struct check *const *checks,
		       uint32_t count, enum match_kind kind);

/* left is what the operand yielded; right too, if the check compares with one. */
bool match_run(const struct match *m, const struct operand *left_operand, const struct value *left,
	       const struct value *right, struct regex_room *room);

/* The same without preparing, for conditions that are looked at once. */
bool match_check_once(const struct check *c, const struct event *ev);
