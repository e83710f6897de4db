/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/cbpf/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbpf_filter_deinit(struct cbpf_filter *f)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		vec_foreach(call, &f->tables[arch].calls)
			vec_deinit(&call->rules);
		vec_deinit(&f->tables[arch].calls);
	}
}

/* --- building ----------------------------------------------------------------------------------- */

static struct cbpf_call *call_find(const struct cbpf_table *t, uint32_t nr, size_t *ret_place)
{
	size_t from = 0, to = t->calls.len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		struct cbpf_call *call = &t->calls.items[middle];

		if (call->nr == nr)
			return call;
		if (call->nr < nr)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_place = from;
	return NULL;
}

struct cbpf_call *cbpf_filter_call(struct cbpf_filter *f, enum sys_arch arch, uint32_t nr)
{
	struct cbpf_table *t = &f->tables[arch];
	size_t place = 0;
	struct cbpf_call *call = call_find(t, nr, &place);

	if (call)
		return call;
	if (!vec_add(&t->calls))
		return NULL;
	call = &t->calls.items[place];
	memmove(call + 1, call, (t->calls.len - 1 - place) * sizeof(*call));
	*call = (struct cbpf_call){ .nr = nr };
	return call;
}

int cbpf_call_add(struct cbpf_call *call, const struct cbpf_rule *rule)
{
	struct cbpf_rule *slot;

	if (call->rules.len >= CBPF_RULES_MAX)
		return -E2BIG;
	slot = vec_add(&call->rules);
	if (!slot)
		return -ENOMEM;
	*slot = *rule;
	return 0;
}

static struct cbpf_rule rule_of_match(const struct policy_match *m)
{
	struct cbpf_rule rule = { .action = SECCOMP_RET_ALLOW };

	for (unsigned i = 0; i < MATCH_ARGS; i++)
		if (m->mask[i])
			rule.compares[rule.count++] = (struct cbpf_compare){ CBPF_MASKED_EQ, i,
									     m->mask[i],
									     m->value[i] };
	return rule;
}

static int add_entry(struct cbpf_filter *f, enum sys_arch arch, const struct policy_entry *e)
{
	int nr = sys_call_nr(arch, e->name), r = 0;
	struct cbpf_call *call;

	if (nr < 0)
		return 0; /* not a call of this table */
	call = cbpf_filter_call(f, arch, (uint32_t)nr);
	if (!call)
		return -ENOMEM;
	call->weight = e->count;
	if (e->deflected || !e->matches.len) {
		struct cbpf_rule rule = { .action = e->deflected ? SECCOMP_RET_ERRNO | ENOSYS :
						    e->logged	 ? SECCOMP_RET_LOG :
								   SECCOMP_RET_ALLOW };

		return cbpf_call_add(call, &rule);
	}
	vec_foreach(m, &e->matches) {
		struct cbpf_rule rule = rule_of_match(m);

		r = r ? r : cbpf_call_add(call, &rule);
	}
	return r;
}

int cbpf_filter_from_policy(struct cbpf_filter *f, const struct policy *policy, int default_errno,
			    struct error *err)
{
	f->otherwise = SECCOMP_RET_ERRNO | (uint32_t)default_errno;
	f->foreign = SECCOMP_RET_KILL_THREAD;
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		f->tables[arch].open = policy->archs[arch];
		if (!policy->archs[arch])
			continue;
		vec_foreach(e, &policy->entries) {
			int r = add_entry(f, (enum sys_arch)arch, e);

			if (r)
				return error_errno(err, -r, "rules of %s", e->name);
		}
	}
	return 0;
}

/* --- meaning ------------------------------------------------------------------------------------ */

bool cbpf_compare_holds(const struct cbpf_compare *c, const uint64_t args[6], bool narrow)
{
	uint64_t width = narrow ? UINT32_MAX : UINT64_MAX;
	uint64_t a = args[c->index] & width, v = c->value & width, two = c->value_two & width;

	switch (c->op) {
	case CBPF_NE:
		return a != v;
	case CBPF_LT:
		return a < v;
	case CBPF_LE:
		return a <= v;
	case CBPF_EQ:
		return a == v;
	case CBPF_GE:
		return a >= v;
	case CBPF_GT:
		return a > v;
	case CBPF_MASKED_EQ:
		return (a & v) == two;
	case CBPF_OPS:
		break;
	}
	return false;
}

bool cbpf_filter_table(const struct cbpf_filter *f, const struct seccomp_data *data,
		       enum sys_arch *arch, uint32_t *nr)
{
	uint32_t number = (uint32_t)data->nr;

	for (int a = 0; a < SYS_ARCH_MAX; a++) {
		const struct sys_arch_def *def = &sys_archs[a];

		/* -1 is what a tracer puts there to skip a call: it belongs to the native table. */
		bool flagged = number >= SYS_X32_BIT && number != UINT32_MAX &&
			       def->audit_arch == sys_archs[SYS_ARCH_X32].audit_arch;

		if (def->audit_arch != data->arch || flagged != (def->nr_flag != 0))
			continue;
		*arch = (enum sys_arch)a;
		*nr = number - (flagged ? def->nr_flag : 0);
		return f->tables[a].open;
	}
	return false;
}

uint32_t cbpf_filter_decide(const struct cbpf_filter *f, const struct seccomp_data *data)
{
	const struct cbpf_call *call;
	enum sys_arch arch;
	uint64_t args[6];
	size_t place;
	uint32_t nr;

	memcpy(args, data->args, sizeof(args));
	if (!cbpf_filter_table(f, data, &arch, &nr))
		return f->foreign;
	call = call_find(&f->tables[arch], nr, &place);
	if (!call)
		return f->otherwise;
	vec_foreach(rule, &call->rules)
		if (!rule->count)
			return rule->action;
	vec_foreach(rule, &call->rules) {
		bool holds = true;

		for (unsigned i = 0; i < rule->count; i++)
			holds = holds && cbpf_compare_holds(&rule->compares[i], args,
							    sys_archs[arch].narrow);
		if (holds)
			return rule->action;
	}
	return f->otherwise;
}

static const struct {
	uint32_t action;
	const char *text;
	bool data;
} actions[] = {
	{ SECCOMP_RET_ALLOW, "allow", false },
	{ SECCOMP_RET_LOG, "allow and log", false },
	{ SECCOMP_RET_ERRNO, "errno", true },
	{ SECCOMP_RET_TRACE, "trace", true },
	{ SECCOMP_RET_TRAP, "signal", true },
	{ SECCOMP_RET_USER_NOTIF, "ask a supervisor", false },
	{ SECCOMP_RET_KILL_PROCESS, "kill the process", false },
	{ SECCOMP_RET_KILL_THREAD, "kill the thread", false },
};

void cbpf_action_text(uint32_t action, char *out, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if ((action & SECCOMP_RET_ACTION_FULL) != actions[i].action)
			continue;
		if (actions[i].data)
			snprintf(out, size, "%s %u", actions[i].text, action & SECCOMP_RET_DATA);
		else
			snprintf(out, size, "%s", actions[i].text);
		return;
	}
	snprintf(out, size, "0x%x", action);
}

bool cbpf_action_permits(uint32_t action)
{
	uint32_t what = action & SECCOMP_RET_ACTION_FULL;

	return what == SECCOMP_RET_ALLOW || what == SECCOMP_RET_LOG;
}
