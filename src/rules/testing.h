/* SPDX-License-Identifier: Apache-2.0 */
/* Running the tests that stand beside rules. */
#pragma once
#include "rules/eval.h"
#include "rules/extend.h"

struct rule_test_result {
	bool passed;
	uint64_t events, alerts;
	char *reason; /* why it did not pass; owned by the result */
};

void rule_test_result_deinit(struct rule_test_result *r);

/*
 * Gives the events of a test to a new evaluator of p (which must match all rules, not the first) and
 * compares the alerts of rule r with what the test expects. -errno: out of memory.
 */
int rule_test_run(const struct program *p, const struct rule *r, const struct rule_test *t,
		  struct rule_test_result *ret);

#define cleanup_rule_test_result cleanup(rule_test_result_deinit)
