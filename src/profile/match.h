/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on a call's arguments: one alternative of a policy's entry. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum { MATCH_ARGS = 6 };

/* (argument & mask) == value for every argument with a mask. Zero: no condition. Compared as bytes. */
struct policy_match {
	uint64_t mask[MATCH_ARGS], value[MATCH_ARGS];
};
typedef VEC(struct policy_match) match_list;

/* What both accept; false if that is nothing. */
bool match_intersect(const struct policy_match *a, const struct policy_match *b,
		     struct policy_match *ret);

/* Adds one that is not there yet; false when out of memory. */
bool match_list_add(match_list *list, const struct policy_match *m);
