/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy keeps out: the kernel's parts, and vulnerabilities behind what is blocked. */
#pragma once
#include <stdbool.h>

#include "profile/policy.h"

void explain_blocked(const struct policy *policy, bool json);
