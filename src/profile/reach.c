/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/reach.h"

#include "base/cleanup.h"
#include "profile/multiplex.h"

/* 32-bit x86's socketcall and ipc do the same, with arguments in memory: no condition helps there. */
static bool reaches_around(const struct policy *policy, const char *call)
{
	const struct multiplexed *inner = multiplexed_find(SYS_ARCH_X86, call);
	struct reach outer = { .call = inner ? inner->call : NULL };

	if (!inner || !policy->archs[SYS_ARCH_X86])
		return false;
	outer.arg[0].mask = UINT32_MAX;
	outer.arg[0].value = inner->number;
	return policy_reaches(policy, &outer);
}

bool policy_reaches(const struct policy *policy, const struct reach *what)
{
	const struct policy_entry *e = policy_find(policy, what->call);
	struct policy_match wanted = { 0 }, both;

	if (reaches_around(policy, what->call))
		return true;
	if (!e || e->deflected)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(what->arg); i++) {
		if (!what->arg[i].mask)
			continue;
		wanted.mask[what->arg[i].index] = what->arg[i].mask;
		wanted.value[what->arg[i].index] = what->arg[i].value;
	}
	vec_foreach(m, &e->matches)
		if (match_intersect(m, &wanted, &both))
			return true;
	return !e->matches.len;
}

bool policy_reaches_call(const struct policy *policy, const char *call)
{
	return policy_reaches(policy, &(struct reach){ .call = call });
}
