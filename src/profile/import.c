/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/import.h"

#include <errno.h>

struct importer {
	struct profile *profile;
	uint32_t exe;
	uint32_t otherwise;
	struct buf *notes;
};

/* What a rule demands of one argument, as bits; false if it is more than bits. */
static bool bits_of(const struct cbpf_rule *rule, unsigned index, uint64_t *mask, uint64_t *value)
{
	*mask = *value = 0;
	for (unsigned i = 0; i < rule->count; i++) {
		const struct cbpf_compare *c = &rule->compares[i];

		if (c->index != index)
			continue;
		if (c->op != CBPF_EQ && c->op != CBPF_MASKED_EQ)
			return false;
		*mask |= c->op == CBPF_EQ ? UINT64_MAX : c->value;
		*value |= c->op == CBPF_EQ ? c->value : c->value_two;
	}
	return true;
}

/* A rule as a combination of the arguments that profiles record; false if that would be more or less. */
static bool tuple_of(const struct cbpf_rule *rule, const struct sys_arg_plan *plan,
		     uint64_t values[ABI_CALL_ARGS_MAX])
{
	unsigned planned = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		uint64_t mask, value;

		if (!bits_of(rule, plan->arg[i].index, &mask, &value) || plan->arg[i].mask & ~mask)
			return false;
		values[i] = value & (mask == UINT64_MAX ? value : plan->arg[i].mask);
		planned |= 1u << plan->arg[i].index;
	}
	for (unsigned i = 0; i < rule->count; i++)
		if (!(planned >> rule->compares[i].index & 1))
			return false;
	return true;
}

static int add(struct importer *m, enum sys_arch arch, uint32_t nr, struct profile_call **ret)
{
	const struct profile_evidence e = { m->exe, 1, 0, 0 };

	*ret = profile_add_call(m->profile, arch, nr, PROFILE_APP, false, &e);
	return *ret ? 0 : -ENOMEM;
}

static int add_widened(struct importer *m, enum sys_arch arch, const struct cbpf_call *call)
{
	struct profile_call *c;

	if (m->notes)
		buf_addf(m->notes,
			 "%s (%s): its comparisons have no place in a profile: any arguments\n",
			 sys_call_name(arch, (int)call->nr), sys_archs[arch].name);
	return add(m, arch, call->nr, &c);
}

static int add_compared(struct importer *m, enum sys_arch arch, const struct cbpf_call *call)
{
	const struct sys_arg_plan *plan = sys_arg_plan(sys_call_name(arch, (int)call->nr));
	bool permits = cbpf_action_permits(m->otherwise), exact = plan && !permits;
	uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };
	struct profile_call *c;
	int r = 0;

	vec_foreach(rule, &call->rules) {
		permits = permits || cbpf_action_permits(rule->action);
		exact = exact && cbpf_action_permits(rule->action) && tuple_of(rule, plan, values);
	}
	if (!permits)
		return 0;
	if (!exact)
		return add_widened(m, arch, call);
	vec_foreach(rule, &call->rules) {
		tuple_of(rule, plan, values);
		r = r ? r : add(m, arch, call->nr, &c);
		if (!r && profile_call_add_tuple(c, values, 1))
			r = -ENOMEM;
	}
	return r;
}

static int add_call(struct importer *m, enum sys_arch arch, const struct cbpf_call *call)
{
	struct profile_call *c;

	if (!sys_call_name(arch, (int)call->nr))
		return 0;
	vec_foreach(rule, &call->rules)
		if (!rule->count)
			return cbpf_action_permits(rule->action) ? add(m, arch, call->nr, &c) : 0;
	return call->rules.len ? add_compared(m, arch, call) : 0;
}

/* Rules that permit what they don't name. */
static int add_unnamed(struct importer *m, enum sys_arch arch, const struct cbpf_table *t)
{
	struct profile_call *c;
	size_t next = 0;
	int r = 0;

	for (uint32_t nr = 0; nr < SYS_NR_MAX && !r; nr++) {
		while (next < t->calls.len && t->calls.items[next].nr < nr)
			next++;
		if (next < t->calls.len && t->calls.items[next].nr == nr)
			continue;
		if (sys_call_name(arch, (int)nr))
			r = add(m, arch, nr, &c);
	}
	return r;
}

int profile_from_rules(struct profile **ret, const char *name, const struct cbpf_filter *rules,
		       struct buf *notes)
{
	struct importer m = { profile_new(name), 0, rules->otherwise, notes };
	int r = m.profile && (m.exe = profile_executable(m.profile, "imported")) != UINT32_MAX ?
			0 :
			-ENOMEM;

	for (int arch = 0; arch < SYS_ARCH_MAX && !r; arch++) {
		const struct cbpf_table *t = &rules->tables[arch];

		if (!t->open)
			continue;
		vec_foreach(call, &t->calls)
			r = r ? r : add_call(&m, (enum sys_arch)arch, call);
		if (!r && cbpf_action_permits(rules->otherwise))
			r = add_unnamed(&m, (enum sys_arch)arch, t);
	}
	if (!r &&
	    profile_add_note(m.profile, "imported from seccomp rules: only system calls are in it"))
		r = -ENOMEM;
	if (r) {
		if (m.profile)
			profile_free(m.profile);
		return r;
	}
	profile_sort(m.profile);
	*ret = m.profile;
	return 0;
}
