/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's decision points, as rules see them. */
#pragma once
#include "guard/filter/filter.h"

struct deny_hook {
	struct filter_hook filter;
	const char *what; /* for people */
	/*
	 * Asked about some of what another point of the same event is asked about, and it knows less: where the other is
	 * not to be had. A rule need not be decidable here.
	 */
	bool lesser;
};
extern const struct deny_hook deny_hooks[ABI_DENY_HOOKS];

/* The records that it makes. */
struct filter_target deny_hook_target(enum abi_deny_hook hook);
