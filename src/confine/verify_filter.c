/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/verify_filter.h"

#include <errno.h>

enum { BASES_MAX = 16 };

/* What is known of one call: verdicts in force and asked for, by argument. */
struct comparison {
	const struct filter_stack *in_force;
	const struct cbpf_filter *asked;
	struct seccomp_data data;
	bool same, looser, stricter;  /* for some arguments */
	uint64_t bases[BASES_MAX][6]; /* arguments that were asked to be permitted */
	size_t base_count;
	int failed;
};

static int compare_at(const uint64_t args[6], void *context)
{
	struct comparison *c = context;
	enum filter_verdict is, should;
	uint32_t action;

	memcpy(c->data.args, args, sizeof(c->data.args));
	c->failed = filter_stack_answer(c->in_force, &c->data, &action);
	if (c->failed)
		return c->failed;
	is = filter_verdict_of(action);
	should = filter_verdict_of(cbpf_filter_decide(c->asked, &c->data));
	if (should == FILTER_PERMITS && c->base_count < BASES_MAX)
		memcpy(c->bases[c->base_count++], c->data.args, sizeof(c->data.args));
	c->same |= is == should;
	c->looser |= is < should;
	c->stricter |= is > should;
	return 0;
}

/* Around what the filters in force compare, beside arguments that were to be permitted. */
static int compare_constants(struct comparison *c)
{
	size_t count = c->base_count;
	filter_constants constants = { 0 };
	bool good = filter_stack_constants(c->in_force, c->data.arch, (uint32_t)c->data.nr,
					   &constants);

	for (size_t base = 0; base < count && !c->failed; base++) {
		for (unsigned index = 0; index < 6 && !c->failed; index++) {
			uint64_t args[6];

			memcpy(args, c->bases[base], sizeof(args));
			vec_foreach(value, &constants) {
				args[index] = *value;
				compare_at(args, c);
			}
		}
	}
	vec_deinit(&constants);
	return good ? c->failed : -ENOMEM;
}

/* One verdict is asked for, whatever the arguments: are there others in force? */
static void compare_verdicts(struct comparison *c, enum filter_verdict should)
{
	unsigned is = filter_stack_verdicts(c->in_force, c->data.arch, (uint32_t)c->data.nr);

	c->same |= is >> should & 1;
	for (unsigned v = 0; v < FILTER_VERDICTS; v++) {
		c->looser |= v < should && is >> v & 1;
		c->stricter |= v > should && is >> v & 1;
	}
}

static const struct cbpf_call *call_of(const struct cbpf_table *table, uint32_t nr)
{
	vec_foreach(call, &table->calls)
		if (call->nr == nr)
			return call;
	return NULL;
}

/* True if arguments decide: the call has rules, and none that holds for all. */
static bool has_conditions(const struct cbpf_call *call)
{
	if (!call || !call->rules.len)
		return false;
	vec_foreach(rule, &call->rules)
		if (!rule->count)
			return false;
	return true;
}

static bool add(string_list *list, enum sys_arch arch, uint32_t nr, bool some)
{
	const char *name = sys_call_name(arch, (int)nr), *behind = some ? " (some arguments)" : "";
	const char *table = arch == SYS_ARCH_X86_64 ? "" : sys_archs[arch].name;
	const char *colon = arch == SYS_ARCH_X86_64 ? "" : ":";

	return name ? string_list_addf(list, "%s%s%s%s", table, colon, name, behind) :
		      string_list_addf(list, "%s%scall-%u%s", table, colon, nr, behind);
}

static int compare_call(struct comparison *c, enum sys_arch arch, uint32_t nr,
			struct filter_difference *ret)
{
	const struct cbpf_call *call = c->asked->tables[arch].open ?
					       call_of(&c->asked->tables[arch], nr) :
					       NULL;

	c->data = (struct seccomp_data){ .nr = (int)(nr | sys_archs[arch].nr_flag),
					 .arch = sys_archs[arch].audit_arch };
	c->same = c->looser = c->stricter = false;
	c->base_count = 0;
	if (has_conditions(call)) {
		static const uint64_t zeros[6] = { 0 };

		memcpy(c->bases[c->base_count++], zeros, sizeof(zeros));
		if (!cbpf_each_boundary(call, compare_at, c))
			c->failed = compare_constants(c);
	} else {
		compare_verdicts(c, filter_verdict_of(cbpf_filter_decide(c->asked, &c->data)));
	}
	if (c->failed)
		return c->failed;
	if (c->looser && !add(&ret->looser, arch, nr, c->same || c->stricter))
		return -ENOMEM;
	if (c->stricter && !add(&ret->stricter, arch, nr, c->same || c->looser))
		return -ENOMEM;
	return 0;
}

int filter_difference_find(const struct filter_stack *in_force, const struct cbpf_filter *asked,
			   struct filter_difference *ret)
{
	struct comparison c = { .in_force = in_force, .asked = asked };
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	vec_foreach(program, &in_force->filters)
		if (!cbpf_is_valid(program))
			return -EINVAL;
	for (int arch = 0; arch < SYS_ARCH_MAX && !r; arch++)
		for (uint32_t nr = 0; nr <= SYS_NR_MAX && !r; nr++)
			/* The last stands for all numbers that have no name yet. */
			if (sys_call_name((enum sys_arch)arch, (int)nr) || nr == SYS_NR_MAX)
				r = compare_call(&c, (enum sys_arch)arch, nr, ret);
	if (r)
		filter_difference_deinit(ret);
	return r;
}

void filter_difference_deinit(struct filter_difference *d)
{
	string_list_deinit(&d->looser);
	string_list_deinit(&d->stricter);
}
