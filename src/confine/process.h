/* SPDX-License-Identifier: Apache-2.0 */
/* Confines this process, on its way to becoming another program. */
#pragma once
#include "profile/policy.h"

/*
 * Drops every capability that is not in caps from all sets (and from the bounding set), sets
 * no_new_privs, loads the policy's filter, and executes command. Returns only if that fails.
 */
int process_confine_and_exec(const struct policy *policy, int default_errno, uint64_t caps,
			     char **command, struct error *err);
