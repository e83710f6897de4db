/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's decision points, as rules see them. */
#pragma once
#include "guard/filter/filter.h"

struct deny_hook {
	struct filter_hook filter;
	const char *what; /* for people */
};
extern const struct deny_hook deny_hooks[ABI_DENY_HOOKS];

/* The records that it makes. */
struct filter_target deny_hook_target(enum abi_deny_hook hook);
