/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions evaluated as docs/rules.md says, word by word: no sharing, no sets, no order. Slow, and
 * meant to be obviously correct; the evaluator of src/rules is compared with it.
 */
#pragma once
#include "rules/expr.h"

bool reference_holds(const struct expr *e, const struct event *ev);
