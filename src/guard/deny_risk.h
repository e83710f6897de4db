/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every container has to be able to do: programs that begin, and the files without which none does. A runtime's own
 * work to begin one is never asked about; but of a container in which nothing can run all that the runtime and
 * kubelet can do is to start it again.
 */
#pragma once
#include "respond/policy.h"

/* -EPERM: a rule is enforced in every container, and would deny that; *err says which, and what. */
int deny_risk_check(const struct ruleset *rs, const struct response_policy *policy,
		    struct error *err);
