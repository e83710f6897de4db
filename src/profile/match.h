/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on the arguments of one call, and their algebra: what a filter compares, free of any
 * dialect. All that a match says holds at once; alternatives are several matches.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum { MATCH_ARGS = 6 };

/*
 * (argument & mask) == value for every argument with a mask, and low <= argument <= high for every
 * argument whose bit is set in ranged. Zero: no condition. Compared as bytes, so no padding.
 */
struct policy_match {
	uint64_t mask[MATCH_ARGS], value[MATCH_ARGS];
	uint64_t ranged;
	uint64_t low[MATCH_ARGS], high[MATCH_ARGS];
};
typedef VEC(struct policy_match) match_list;

bool match_holds(const struct policy_match *m, const uint64_t args[MATCH_ARGS]);
/* True if it has no condition at all. */
bool match_is_any(const struct policy_match *m);

/* True if it is certain that whatever b accepts, a accepts (it may be so in other cases too). */
bool match_covers(const struct policy_match *a, const struct policy_match *b);
bool match_list_covers(const match_list *a, const struct policy_match *b);

/* What both accept; false if that is nothing. */
bool match_intersect(const struct policy_match *a, const struct policy_match *b,
		     struct policy_match *ret);

/* Adds one that is not there yet; false when out of memory. */
bool match_list_add(match_list *list, const struct policy_match *m);

/* Narrows argument i to a range; false if nothing is left. */
bool match_narrow(struct policy_match *m, unsigned i, uint64_t low, uint64_t high);

/*
 * The same conditions with at most one comparison for each argument, as the OCI dialect and
 * libseccomp need it: an equality with a mask, or a range open at one end. Adds to *ret one match
 * for each alternative that this takes; -E2BIG if there would be more than MATCH_SIMPLE_MAX.
 */
enum { MATCH_SIMPLE_MAX = 1024 };
int match_simplify(const struct policy_match *m, match_list *ret);

int match_compare(const void *a, const void *b);
