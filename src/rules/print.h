/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions as text again, in one spelling. What is printed parses to the same condition. */
#pragma once
#include "rules/expr.h"

enum { PRINT_WIDTH = 92 };

void print_operand(const struct operand *o, struct buf *out);
void print_check(const struct check *c, struct buf *out);
/* On one line; macros by name, or (expand) as what they stand for. */
void print_condition(const struct expr *e, bool expand, struct buf *out);
/* On several lines where one would be wider than PRINT_WIDTH, each indented. */
void print_condition_wrapped(const struct expr *e, unsigned indent, struct buf *out);
/* A value as it can stand on a right side: with quotes if it needs them. */
void print_literal(struct text t, bool quoted, struct buf *out);
