/* SPDX-License-Identifier: Apache-2.0 */
/* Which event types a condition can be true or false for. */
#pragma once
#include "rules/partial.h"

uint32_t type_set_count(const struct type_set *s);

/* Remembered in the checks: call it from one thread, before the condition is shared. */
struct type_truth types_of_condition(struct expr *e);
struct type_truth types_of_check(struct check *c);
