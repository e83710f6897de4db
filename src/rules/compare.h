/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing values, one operator at a time: what the compiled terms and partial evaluation share. */
#pragma once
#include "rules/expr.h"
#include "rules/regex.h"

/* -1, 0, 1 whatever the kinds of numbers. */
static inline int compare_numbers(const struct value *a, const struct value *b)
{
	bool a_minus = a->type == VALUE_INT && a->i < 0, b_minus = b->type == VALUE_INT && b->i < 0;

	if (a_minus != b_minus)
		return a_minus ? -1 : 1;
	/* Of the same sign, two's complement orders them as unsigned ones. */
	return (a->u > b->u) - (a->u < b->u);
}

/* The same text, number, address; for networks: the address lies in it. */
bool compare_equal(const struct value *a, const struct value *b);

/* True if byte-wise s contains piece whatever the case of ASCII letters. */
bool compare_icontains(struct text s, struct text piece);

/* Two single values. For OP_IN and OP_INTERSECTS equality; not for OP_PMATCH and OP_REGEX. */
bool compare_values(enum rule_op op, const struct value *a, const struct value *b);

/*
 * A path against patterns, component by component: a pattern matches what begins with it. Both are
 * taken apart at slashes; empty components do not count.
 */
bool compare_path(struct text pattern, struct text path);
