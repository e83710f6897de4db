/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "uapi/arg_plan.h"
#include "unit.h"

static const struct abi_arg_plan *filled(void)
{
	static struct abi_arg_plan plans[ABI_TABLES * ABI_CALL_NR_MAX];

	memset(plans, 0xff, sizeof(plans));
	sys_arg_plans_fill(plans);
	return plans;
}

static const struct abi_arg_plan *slot(enum abi_table table, const char *call)
{
	int nr = sys_call_nr(sys_arch_of_table(table), call);

	assert_true(nr >= 0);
	return &filled()[table * ABI_CALL_NR_MAX + nr];
}

static void positions(void **state)
{
	static const struct {
		const char *call;
		enum sys_arg_use use;
		unsigned count;
		struct {
			unsigned index;
			uint64_t mask;
		} arg[3];
	} rows[] = {
		{ "clone", SYS_ARG_DANGER, 1, { { 0, 0x7e020000 } } },
		{ "unshare", SYS_ARG_DANGER, 1, { { 0, 0x7e020080 } } },
		{ "mmap", SYS_ARG_DANGER, 1, { { 2, 6 } } },
		{ "mprotect", SYS_ARG_DANGER, 1, { { 2, 6 } } },
		{ "socket", SYS_ARG_DANGER, 3, { { 0, 0xffffffff }, { 1, 15 }, { 2, 0xffffffff } } },
		{ "prctl", SYS_ARG_DANGER, 1, { { 0, 0xffffffff } } },
		{ "setns", SYS_ARG_DANGER, 1, { { 1, 0xffffffff } } },
		{ "bpf", SYS_ARG_DANGER, 1, { { 0, 0xffffffff } } },
		{ "ioctl", SYS_ARG_STRICT, 1, { { 1, 0xffffffff } } },
		{ "fcntl", SYS_ARG_STRICT, 1, { { 1, 0xffffffff } } },
		{ "setsockopt", SYS_ARG_STRICT, 2, { { 1, 0xffffffff }, { 2, 0xffffffff } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sys_arg_plan *plan = sys_arg_plan(rows[i].call);

		check(rows[i].call, plan != NULL);
		check_number(rows[i].call, plan->use, rows[i].use);
		check_number(rows[i].call, plan->count, rows[i].count);
		for (unsigned k = 0; k < plan->count; k++) {
			check_number(rows[i].call, plan->arg[k].index, rows[i].arg[k].index);
			check_number(rows[i].call, plan->arg[k].mask, rows[i].arg[k].mask);
		}
	}
}

/* A pointer is never compared: what it points to may change after the check. */
static void calls_without_a_plan(void **state)
{
	static const char *const rows[] = { "clone3", "openat2",  "execve", "read",
					    "",	      "nonsense", "Clone",  "mount" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i], !sys_arg_plan(rows[i]));
}

static void plans_are_sound(void **state)
{
	size_t plans = 0;

	for (int nr = 0; nr < SYS_NR_MAX * SYS_ARCH_MAX; nr++) {
		const char *name = sys_call_name((enum sys_arch)(nr / SYS_NR_MAX), nr % SYS_NR_MAX);
		const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;

		if (!plan)
			continue;
		plans++;
		check(name, plan->count >= 1 && plan->count <= ABI_CALL_ARGS_MAX);
		for (unsigned i = 0; i < plan->count; i++) {
			check(name, plan->arg[i].name && *plan->arg[i].name);
			check(name, plan->arg[i].index < 6);
			check(name, plan->arg[i].mask != 0);
			check(name, (plan->arg[i].harmless & ~plan->arg[i].mask) == 0);
			/* Bits that the kernel does not read must not decide. */
			check(name, plan->arg[i].wide || plan->arg[i].mask <= UINT32_MAX);
			if (!str_eq(name, "ptrace")) /* see below */
				check(name, plan->arg[i].mask <= INT64_MAX);
			for (unsigned k = 0; k < i; k++)
				check(name, plan->arg[k].index != plan->arg[i].index);
		}
	}
	assert_true(plans > 40);
}

static void the_array_has_them_all(void **state)
{
	const struct abi_arg_plan *all = filled();

	for (int i = 0; i < ABI_TABLES * ABI_CALL_NR_MAX; i++) {
		enum sys_arch arch = sys_arch_of_table((enum abi_table)(i / ABI_CALL_NR_MAX));
		const char *name = sys_call_name(arch, i % ABI_CALL_NR_MAX);
		const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;

		if (!plan || (arch == SYS_ARCH_X86 && str_eq(name, "mmap")))
			continue;
		check_number(name, all[i].count, plan->count);
		for (unsigned k = 0; k < plan->count; k++) {
			check_number(name, all[i].index[k], plan->arg[k].index);
			check_number(name, all[i].wide[k], plan->arg[k].wide);
		}
	}
}

/* Only the mark of calls that ask for memory may be set where there is no plan. */
static void the_rest_is_zero(void **state)
{
	static const struct abi_arg_plan none;
	const struct abi_arg_plan *all = filled();
	size_t used = 0;

	for (int i = 0; i < ABI_TABLES * ABI_CALL_NR_MAX; i++) {
		enum sys_arch arch = sys_arch_of_table((enum abi_table)(i / ABI_CALL_NR_MAX));
		const char *name = sys_call_name(arch, i % ABI_CALL_NR_MAX);
		struct abi_arg_plan unmarked = all[i];

		unmarked.memory = 0;
		if (name && sys_arg_plan(name))
			used++;
		else
			assert_memory_equal(&unmarked, &none, sizeof(none));
	}
	assert_true(used > 40);
}

static void memory_is_marked(void **state)
{
	static const char *const names[] = { "brk", "mmap", "mprotect", "mremap", "munmap" };
	static const char *const others[] = { "read", "mount", "madvise", "clone", "bpf" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check(names[i], slot(ABI_TABLE_NATIVE, names[i])->memory);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		check(others[i], !slot(ABI_TABLE_NATIVE, others[i])->memory);
	check("mmap2", slot(ABI_TABLE_COMPAT, "mmap2")->memory);
}

static void other_tables_have_their_own_numbers(void **state)
{
	assert_int_equal(slot(ABI_TABLE_COMPAT, "socketcall")->count, 1);
	assert_int_equal(slot(ABI_TABLE_COMPAT, "mmap2")->index[0], 2);
	assert_int_equal(slot(ABI_TABLE_X32, "setsockopt")->count, 2);
}

/*
 * i386's call 90 is sys_old_mmap: its one argument points to the others. What is in the third
 * register is not a protection, and a filter that compares it denies at random.
 */
static void old_mmap_has_no_scalar_arguments(void **state)
{
	assert_int_equal(slot(ABI_TABLE_COMPAT, "mmap")->count, 0);
}

/*
 * Masks and values are written as JSON integers, which our reader takes as signed. ptrace's request
 * is a long, but what has a bit in the upper half is no request at all: the lower half decides.
 */
static void requests_of_ptrace_are_small(void **state)
{
	assert_true(sys_arg_plan("ptrace")->arg[0].mask <= INT64_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions),
		cmocka_unit_test(calls_without_a_plan),
		cmocka_unit_test(plans_are_sound),
		cmocka_unit_test(the_array_has_them_all),
		cmocka_unit_test(the_rest_is_zero),
		cmocka_unit_test(memory_is_marked),
		cmocka_unit_test(other_tables_have_their_own_numbers),
		cmocka_unit_test(requests_of_ptrace_are_small),
		cmocka_unit_test(old_mmap_has_no_scalar_arguments),
	};

	return unit_run(tests);
}
