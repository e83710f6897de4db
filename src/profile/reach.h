/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a policy: what still gets through it. */
#pragma once
#include "profile/policy.h"

/* A call, and what must be true of its arguments for it to matter; no condition: any. */
struct reach {
	const char *call;
	struct {
		unsigned index;
		uint64_t mask, value; /* no mask: no condition */
	} arg[2];
};

/* Whether the policy lets such a call through in some table that is open. */
bool policy_reaches(const struct policy *policy, const struct reach *what);
/* The same of a name, with any arguments. */
bool policy_reaches_call(const struct policy *policy, const char *call);
