/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles for tests, from tables. */
#pragma once
#include "profile/profile.h"

/* One call and, if args is set, one combination of its recorded arguments. Zero: x86-64, setup. */
struct sample_call {
	const char *name;
	enum profile_layer layer;
	enum sys_arch arch;
	bool refused, args;
	uint64_t values[ABI_CALL_ARGS_MAX];
};

void sample_add(struct profile *p, const struct sample_call *call);
struct profile *sample_profile(const struct sample_call *calls, size_t count);

/* One of everything: every kind of fact, flag, limit and big number that the format can say. */
struct profile *sample_rich(void);
