/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "profile/closure.h"
#include "uapi/syscall.h"
#include "unit.h"

static void names_are_calls(void **state)
{
	for (size_t i = 0; i < closure_rules_count; i++) {
		const struct closure_rule *r = &closure_rules[i];
		bool over = false;

		check(r->call, sys_call_is_known(r->call));
		check(r->call, r->why && *r->why && !str_ends(r->why, "."));
		for (int k = 0; k < CLOSURE_TRIGGERS_MAX; k++) {
			if (!r->when[k]) {
				over = true;
				continue;
			}
			check(r->call, !over);
			check(r->when[k], sys_call_is_known(r->when[k]));
			check(r->call, !str_eq(r->when[k], r->call));
		}
	}
}

static void one_rule_a_call(void **state)
{
	for (size_t i = 0; i < closure_rules_count; i++)
		for (size_t k = 0; k < i; k++)
			check(closure_rules[i].call,
			      !str_eq(closure_rules[i].call, closure_rules[k].call));
}

/* Nothing that opens, executes, changes or reaches anything comes in unseen. */
static void nothing_dangerous_is_implied(void **state)
{
	static const char *const never[] = {
		"execve",
		"execveat",
		"open",
		"openat",
		"openat2",
		"open_by_handle_at",
		"creat",
		"socket",
		"connect",
		"bind",
		"sendto",
		"sendmsg",
		"ptrace",
		"process_vm_writev",
		"mount",
		"umount2",
		"pivot_root",
		"chroot",
		"setns",
		"unshare",
		"clone3",
		"bpf",
		"perf_event_open",
		"userfaultfd",
		"io_uring_setup",
		"io_uring_enter",
		"keyctl",
		"init_module",
		"finit_module",
		"kexec_load",
		"reboot",
		"setuid",
		"setgid",
		"capset",
		"prctl",
		"seccomp",
		"personality",
		"mknod",
		"unlink",
		"rename",
		"chmod",
		"chown",
		"kill",
		"mprotect",
		"memfd_create",
		"shmat",
		"ioctl",
		"fork",
		"vfork",
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		for (size_t k = 0; k < closure_rules_count; k++)
			check(never[i], !str_eq(closure_rules[k].call, never[i]));
		for (size_t k = 0; k < closure_runtimes_count; k++)
			for (const char *const *c = closure_runtimes[k].calls; *c; c++)
				check(never[i], !str_eq(*c, never[i]));
	}
}

static void runtimes(void **state)
{
	assert_true(closure_runtimes_count >= 1);
	for (size_t i = 0; i < closure_runtimes_count; i++) {
		const struct closure_runtime *r = &closure_runtimes[i];

		check(r->runtime, r->why && *r->why);
		check(r->runtime, r->calls[0] != NULL);
		for (const char *const *c = r->calls; *c; c++) {
			check(*c, sys_call_nr(SYS_ARCH_X86_64, *c) >= 0);
			check(*c, c == r->calls || strcmp(c[-1], *c) < 0); /* sorted, so: once */
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_calls),
		cmocka_unit_test(one_rule_a_call),
		cmocka_unit_test(nothing_dangerous_is_implied),
		cmocka_unit_test(runtimes),
	};

	return unit_run(tests);
}
