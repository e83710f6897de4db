/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a record from the kernel may fit, by what its filter has left in it: so only those are evaluated. A filter is
 * known by a digest of all that it is; a record that another one looked at, of rules before or after a reload, has nothing
 * that is known here, and is evaluated against all.
 */
#pragma once
#include "event/event.h"
#include "guard/filter/filter.h"
#include "rules/eval.h"

struct candidates {
	VEC(struct candidate_filter) filters; /* sorted by digest: a record is looked up by it */
};

/* A filter that tells (filter_options.tells), for rules of which p was made. -ENOMEM. */
int candidates_add(struct candidates *c, const struct program *p, const struct kernel_filter *f);
void candidates_deinit(struct candidates *c);

/* What may fit, for evaluator_run_among(). False: nothing is known. */
bool candidates_of(const struct candidates *c, const struct event *ev, struct eval_choice *ret);
