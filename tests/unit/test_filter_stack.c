/* SPDX-License-Identifier: Apache-2.0 */
/* What filters in force would answer, and how they differ from what was asked for. */
#include <errno.h>
#include <linux/audit.h>

#include "confine/filter_stack.h"
#include "confine/verify_filter.h"
#include "unit.h"

#define X64 SYS_ARCH_X86_64
#define ALLOW SECCOMP_RET_ALLOW
#define DENY (SECCOMP_RET_ERRNO | EPERM)

static void add_rule(struct cbpf_filter *f, enum sys_arch arch, const char *name, uint32_t action,
		     int index, uint64_t value)
{
	struct cbpf_call *call = cbpf_filter_call(f, arch, (uint32_t)sys_call_nr(arch, name));
	struct cbpf_rule rule = { .action = action };

	assert_non_null(call);
	if (index >= 0) {
		rule.count = 1;
		rule.compares[0] = (struct cbpf_compare){ CBPF_EQ, (unsigned)index, value, 0 };
	}
	assert_int_equal(cbpf_call_add(call, &rule), 0);
}

static void start(struct cbpf_filter *f, uint32_t otherwise)
{
	memset(f, 0, sizeof(*f));
	f->otherwise = otherwise;
	f->foreign = SECCOMP_RET_KILL_PROCESS;
	f->tables[X64].open = true;
}

static void push(struct filter_stack *s, const struct cbpf_filter *f)
{
	struct cbpf_program *p = vec_add(&s->filters);

	assert_non_null(p);
	assert_int_equal(cbpf_compile(p, f, NULL), 0);
}

static uint32_t answer(const struct filter_stack *s, const char *name, uint64_t arg0)
{
	struct seccomp_data data = { .nr = sys_call_nr(X64, name),
				     .arch = AUDIT_ARCH_X86_64,
				     .args = { arg0 } };
	uint32_t action = 1;

	assert_int_equal(filter_stack_answer(s, &data, &action), 0);
	return action;
}

static unsigned verdicts(const struct filter_stack *s, const char *name)
{
	return filter_stack_verdicts(s, AUDIT_ARCH_X86_64, (uint32_t)sys_call_nr(X64, name));
}

static void nothing_permits_all(void **state)
{
	struct filter_stack none = { 0 };

	assert_int_equal(answer(&none, "mount", 0), ALLOW);
	assert_int_equal(verdicts(&none, "mount"), 1u << FILTER_PERMITS);
}

/* The order of kernel/seccomp.c: kill, trap, errno, notify, trace, log, allow. */
static void the_least_answer_counts(void **state)
{
	static const uint32_t order[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO | 1,	  SECCOMP_RET_USER_NOTIF,  SECCOMP_RET_TRACE | 1,
		SECCOMP_RET_LOG,	  SECCOMP_RET_ALLOW,
	};

	for (size_t a = 0; a < ARRAY_SIZE(order); a++) {
		for (size_t b = 0; b < ARRAY_SIZE(order); b++) {
			cleanup_filter_stack struct filter_stack s = { 0 };
			cleanup_cbpf_filter struct cbpf_filter one, two;
			uint32_t least = order[a < b ? a : b];

			start(&one, order[a]);
			start(&two, order[b]);
			push(&s, &one);
			push(&s, &two);
			check_number("answer", answer(&s, "read", 0), least);
			check_number("verdicts", verdicts(&s, "read"),
				     1u << filter_verdict_of(least));
		}
	}
}

static void arguments_leave_both_open(void **state)
{
	cleanup_filter_stack struct filter_stack s = { 0 };
	cleanup_cbpf_filter struct cbpf_filter f, all;

	start(&f, DENY);
	add_rule(&f, X64, "socket", ALLOW, 0, 2);
	add_rule(&f, X64, "read", ALLOW, -1, 0);
	push(&s, &f);
	assert_int_equal(answer(&s, "socket", 2), ALLOW);
	assert_int_equal(answer(&s, "socket", 3), DENY);
	assert_int_equal(verdicts(&s, "socket"), 1u << FILTER_PERMITS | 1u << FILTER_DENIES);
	assert_int_equal(verdicts(&s, "read"), 1u << FILTER_PERMITS);
	assert_int_equal(verdicts(&s, "mount"), 1u << FILTER_DENIES);
	/* A second filter that denies all leaves nothing. */
	start(&all, DENY);
	push(&s, &all);
	assert_int_equal(verdicts(&s, "socket"), 1u << FILTER_DENIES);
}

/* Random filters: what happens is among what is said to be possible; a filter does not differ from itself. */
static void verdicts_cover_answers(void **state)
{
	static const uint32_t actions[] = { ALLOW, DENY, SECCOMP_RET_LOG, SECCOMP_RET_USER_NOTIF,
					    SECCOMP_RET_KILL_PROCESS };
	struct chance c = { 4711 };

	for (int round = 0; round < 60; round++) {
		cleanup_filter_stack struct filter_stack s = { 0 };
		cleanup_cbpf_filter struct cbpf_filter f;
		cleanup_filter_difference struct filter_difference d = { 0 };

		start(&f, actions[chance_below(&c, ARRAY_SIZE(actions))]);
		for (int i = 0; i < 40; i++) {
			struct cbpf_call *call = cbpf_filter_call(&f, X64,
								  (uint32_t)chance_below(&c, 450));
			struct cbpf_rule rule = {
				.action = actions[chance_below(&c, ARRAY_SIZE(actions))],
				.count = (unsigned)chance_below(&c, 3)
			};

			for (unsigned k = 0; k < rule.count; k++)
				rule.compares[k] = (struct cbpf_compare){
					(enum cbpf_op)chance_below(&c, CBPF_OPS),
					(unsigned)chance_below(&c, 6), chance_below(&c, 64),
					chance_below(&c, 64)
				};
			assert_int_equal(cbpf_call_add(call, &rule), 0);
		}
		push(&s, &f);
		for (int i = 0; i < 2000; i++) {
			struct seccomp_data data = { .nr = (int)chance_below(&c, 460),
						     .arch = AUDIT_ARCH_X86_64 };
			uint32_t action;

			for (int k = 0; k < 6; k++)
				data.args[k] = chance_below(&c, 66);
			assert_int_equal(filter_stack_answer(&s, &data, &action), 0);
			assert_int_equal(action, cbpf_filter_decide(&f, &data));
			assert_true(filter_stack_verdicts(&s, data.arch, (uint32_t)data.nr) >>
					    filter_verdict_of(action) &
				    1);
		}
		assert_int_equal(filter_difference_find(&s, &f, &d), 0);
		vec_foreach(name, &d.looser)
			print_error("looser: %s\n", *name);
		assert_int_equal(d.looser.len, 0);
		assert_int_equal(d.stricter.len, 0);
	}
}

static void differences_are_named(void **state)
{
	cleanup_filter_stack struct filter_stack s = { 0 };
	cleanup_cbpf_filter struct cbpf_filter is, asked;
	cleanup_filter_difference struct filter_difference d;

	start(&is, DENY);
	start(&asked, DENY);
	add_rule(&is, X64, "read", ALLOW, -1, 0);
	add_rule(&asked, X64, "read", ALLOW, -1, 0);
	add_rule(&is, X64, "mount", ALLOW, -1, 0);
	add_rule(&asked, X64, "write", ALLOW, -1, 0);
	add_rule(&is, X64, "socket", ALLOW, 0, 16);
	add_rule(&asked, X64, "socket", ALLOW, 0, 2);
	add_rule(&is, X64, "clone", ALLOW, -1, 0);
	add_rule(&asked, X64, "clone", ALLOW, 0, 17);
	is.tables[SYS_ARCH_X86].open = true;
	add_rule(&is, SYS_ARCH_X86, "ptrace", ALLOW, -1, 0);
	push(&s, &is);
	assert_int_equal(filter_difference_find(&s, &asked, &d), 0);
	assert_int_equal(d.looser.len, 4);
	assert_true(string_list_has(&d.looser, "mount"));
	assert_true(string_list_has(&d.looser, "clone (some arguments)"));
	assert_true(string_list_has(&d.looser, "socket (some arguments)"));
	assert_true(string_list_has(&d.looser, "x86:ptrace"));
	assert_int_equal(d.stricter.len, 2);
	assert_true(string_list_has(&d.stricter, "write"));
	assert_true(string_list_has(&d.stricter, "socket (some arguments)"));
}

/* What the kernel would never have loaded is no filter in force: it is said, not believed. */
static void nonsense_is_refused(void **state)
{
	static const struct sock_filter bad[] = { { BPF_JMP | BPF_JA, 0, 0, 9 } };
	cleanup_filter_stack struct filter_stack s = { 0 };
	cleanup_cbpf_filter struct cbpf_filter asked;
	struct filter_difference d;
	struct cbpf_program *p = vec_add(&s.filters);
	struct seccomp_data data = { 0 };
	uint32_t action;

	*(struct sock_filter *)vec_add(&p->code) = bad[0];
	start(&asked, DENY);
	assert_int_equal(filter_stack_answer(&s, &data, &action), -EINVAL);
	assert_int_equal(filter_stack_verdicts(&s, 0, 0), (1u << FILTER_VERDICTS) - 1);
	assert_int_equal(filter_difference_find(&s, &asked, &d), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_permits_all),
		cmocka_unit_test(the_least_answer_counts),
		cmocka_unit_test(arguments_leave_both_open),
		cmocka_unit_test(verdicts_cover_answers),
		cmocka_unit_test(differences_are_named),
		cmocka_unit_test(nonsense_is_refused),
	};

	return unit_run(tests);
}
