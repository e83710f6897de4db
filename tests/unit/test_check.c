/* SPDX-License-Identifier: Apache-2.0 */
/* Simulation: what a filter would have said to what was done. */
#include "profile/check.h"

#include <errno.h>

#include "base/str.h"
#include "sample.h"
#include "unit.h"

#define X64 SYS_ARCH_X86_64
#define DENY (SECCOMP_RET_ERRNO | EPERM)

/* --- three answers ------------------------------------------------------------------------------ */

/* Whatever the span leaves open, the answer must not claim more: checked against every value in it. */
static void the_answer_is_never_too_sure(void **state)
{
	struct chance c = { 31 };

	for (int round = 0; round < 200000; round++) {
		uint64_t bits = chance_below(&c, 64), open = chance_below(&c, 16);
		struct cbpf_compare compare = { (enum cbpf_op)chance_below(&c, CBPF_OPS), 0,
						chance_below(&c, 70), chance_below(&c, 70) };
		struct check_span span = { 0, UINT64_MAX, ~bits & ~open, bits & ~open };
		uint64_t args[6] = { 0 };
		bool any_yes = false, any_no = false;
		int answer;

		/* All values that have these bits: the open ones run through. */
		span.min = bits & ~open;
		span.max = bits | open;
		for (uint64_t sub = 0; sub < 16; sub++) {
			bool holds;

			args[0] = (bits & ~open) | (sub & open);
			holds = cbpf_compare_holds(&compare, args, false);
			any_yes = any_yes || holds;
			any_no = any_no || !holds;
		}
		answer = check_compare(&compare, &span, round % 2);
		check("surely", answer != 1 || !any_no);
		check("never", answer != 0 || !any_yes);
		/* An argument that is known is never in doubt. */
		check("known", open || answer >= 0);
	}
}

static void halves(void **state)
{
	const struct check_span wide = { 1ULL << 32 | 7, 1ULL << 32 | 7, ~(1ULL << 32 | 7),
					 1ULL << 32 | 7 };
	const struct cbpf_compare seven = { CBPF_EQ, 0, 7, 0 };

	assert_int_equal(check_compare(&seven, &wide, false), 0);
	assert_int_equal(check_compare(&seven, &wide, true), 1);
}

/* --- profiles ----------------------------------------------------------------------------------- */

static const struct sample_call calls[] = {
	{ "read", PROFILE_APP, X64, false, false, { 0 } },
	{ "socket", PROFILE_APP, X64, false, true, { 2, 1, 6 } },
	{ "socket", PROFILE_APP, X64, false, true, { 38, 5, 0 } },
	{ "personality", PROFILE_APP, X64, false, false, { 0 } },
	{ "clone3", PROFILE_APP, X64, false, false, { 0 } },
	{ "execve", PROFILE_TAIL, X64, false, false, { 0 } },
	{ "mount", PROFILE_SETUP, X64, false, false, { 0 } },
	{ "kill", PROFILE_ENTERED, X64, false, false, { 0 } },
	{ "getpid", PROFILE_APP, SYS_ARCH_X86, false, false, { 0 } },
};

static void rules(struct cbpf_filter *f)
{
	const struct cbpf_rule all = { .action = SECCOMP_RET_ALLOW };
	const struct cbpf_rule below = { SECCOMP_RET_ALLOW, 1, { { CBPF_LT, 0, 38, 0 } } };
	const struct cbpf_rule eight = { SECCOMP_RET_ALLOW, 1, { { CBPF_EQ, 0, 8, 0 } } };
	const struct cbpf_rule absent = { .action = SECCOMP_RET_ERRNO | ENOSYS };

	f->otherwise = DENY;
	f->foreign = SECCOMP_RET_KILL_THREAD;
	f->tables[X64].open = true;
	assert_int_equal(cbpf_call_add(cbpf_filter_call(f, X64, 0), &all), 0);
	assert_int_equal(cbpf_call_add(cbpf_filter_call(f, X64, 41), &below), 0);
	assert_int_equal(cbpf_call_add(cbpf_filter_call(f, X64, 135), &eight), 0);
	assert_int_equal(cbpf_call_add(cbpf_filter_call(f, X64, 435), &absent), 0);
}

static void findings(void **state)
{
	static const struct {
		const char *name;
		enum check_verdict verdict;
		uint32_t action;
	} want[] = {
		{ "execve", CHECK_DENIED, DENY },
		{ "socket", CHECK_DENIED, DENY },
		{ "personality", CHECK_DEPENDS, DENY },
		{ "clone3", CHECK_DEFLECTED, SECCOMP_RET_ERRNO | ENOSYS },
		{ "getpid", CHECK_DENIED, SECCOMP_RET_KILL_THREAD },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	cleanup_cbpf_filter struct cbpf_filter f = { 0 };
	cleanup_cbpf_program struct cbpf_program program = { 0 };
	struct policy_options o = { 0 };

	rules(&f);
	assert_int_equal(cbpf_compile(&program, &f, NULL), 0);
	for (int finished = 0; finished < 2; finished++) {
		cleanup_check struct check c = { 0 };

		assert_int_equal(check_calls(&c, p, &o, finished ? NULL : &f, &program), 0);
		assert_int_equal(c.asked, 7);
		assert_int_equal(c.findings.len, ARRAY_SIZE(want));
		for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
			const struct check_finding *found = &c.findings.items[i];

			check_text(want[i].name,
				   sys_call_name(found->call->arch, (int)found->call->nr),
				   want[i].name);
			/* A program is only asked with zeroes for what was not recorded. */
			check_number(want[i].name, found->verdict,
				     finished && want[i].verdict == CHECK_DEPENDS ?
					     CHECK_DENIED :
					     want[i].verdict);
			check_number(want[i].name, found->action, want[i].action);
		}
		assert_int_equal(c.denied, finished ? 4 : 3);
		assert_int_equal(c.depends, !finished);
	}
	o.without_runtime = true;
	o.with_entered = true;
	{
		cleanup_check struct check c = { 0 };

		assert_int_equal(check_calls(&c, p, &o, &f, NULL), 0);
		assert_int_equal(c.asked, 7); /* kill for execve */
	}
}

/* A policy never denies what it was made of. */
static void a_profile_against_itself(void **state)
{
	for (int way = 0; way < 3; way++) {
		cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
		struct policy_options o = { .arguments = (enum policy_arguments)way,
					    .with_entered = way == 1 };
		cleanup_cbpf_filter struct cbpf_filter f = { 0 };
		cleanup_policy struct policy policy = { 0 };
		cleanup_check struct check c = { 0 };

		assert_int_equal(policy_build(&policy, p, &o, NULL), 0);
		assert_int_equal(cbpf_filter_from_policy(&f, &policy, EPERM, NULL), 0);
		assert_int_equal(check_calls(&c, p, &o, &f, NULL), 0);
		assert_int_equal(c.denied, 0);
		assert_int_equal(c.depends, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_is_never_too_sure),
		cmocka_unit_test(halves),
		cmocka_unit_test(findings),
		cmocka_unit_test(a_profile_against_itself),
	};

	return unit_run(tests);
}
