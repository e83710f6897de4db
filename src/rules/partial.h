/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluating a condition with only a part of the event known. A caller decides single checks (true,
 * false, or unknown); the rest follows. Deciding by event type alone is what the evaluator's dispatch
 * and the "which events does this rule need" of the command line are made of; a compiler for another
 * place of evaluation brings its own decisions.
 */
#pragma once
#include "rules/expr.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

typedef enum truth partial_decide(const struct check *c, void *context);

enum truth partial_eval(const struct expr *e, partial_decide *decide, void *context);

/* What the type of the event alone says of a check, and of a whole condition. */
enum truth partial_check_for_type(const struct check *c, const struct event_type *t);
enum truth partial_for_type(const struct expr *e, const struct event_type *t);
