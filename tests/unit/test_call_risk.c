/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "uapi/call_risk.h"
#include "uapi/syscall.h"

static void test_classes(void **state)
{
	static const struct {
		const char *call, *class;
		enum sys_risk_level level;
	} rows[] = {
		{ "mount", "escape", SYS_RISK_HIGH },
		{ "setns", "escape", SYS_RISK_HIGH },
		{ "bpf", "kernel", SYS_RISK_HIGH },
		{ "ptrace", "processes", SYS_RISK_HIGH },
		{ "io_uring_setup", "kernel", SYS_RISK_HIGH },
		{ "reboot", "machine", SYS_RISK_HIGH },
		{ "setuid", "identity", SYS_RISK_MEDIUM },
		{ "execve", "execution", SYS_RISK_MEDIUM },
		{ "socket", "network", SYS_RISK_MEDIUM },
		{ "chmod", "ownership", SYS_RISK_MEDIUM },
		{ "kill", "others", SYS_RISK_MEDIUM },
		{ "read", "ordinary", SYS_RISK_LOW },
		{ "mount_", "ordinary", SYS_RISK_LOW },
		{ "ount", "ordinary", SYS_RISK_LOW },
		{ "", "ordinary", SYS_RISK_LOW },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sys_risk *risk = sys_call_risk(rows[i].call);

		check_text(rows[i].call, risk->name, rows[i].class);
		check_number(rows[i].call, risk->level, rows[i].level);
		check(rows[i].call, risk->why && *risk->why);
	}
}

/* Whatever the engines refuse by default must not be called ordinary. */
static void test_what_engines_refuse(void **state)
{
	static const char *const refused[] = {
		"acct",
		"add_key",
		"bpf",
		"clock_settime",
		"create_module",
		"delete_module",
		"fanotify_init",
		"finit_module",
		"fsconfig",
		"fsmount",
		"fsopen",
		"fspick",
		"init_module",
		"io_uring_enter",
		"io_uring_register",
		"io_uring_setup",
		"ioperm",
		"iopl",
		"kcmp",
		"kexec_file_load",
		"kexec_load",
		"keyctl",
		"lookup_dcookie",
		"mount",
		"mount_setattr",
		"move_mount",
		"move_pages",
		"nfsservctl",
		"open_by_handle_at",
		"open_tree",
		"perf_event_open",
		"pidfd_getfd",
		"pivot_root",
		"process_madvise",
		"query_module",
		"quotactl",
		"quotactl_fd",
		"reboot",
		"request_key",
		"setdomainname",
		"sethostname",
		"setns",
		"settimeofday",
		"swapoff",
		"swapon",
		"sysfs",
		"syslog",
		"umount2",
		"unshare",
		"uselib",
		"userfaultfd",
		"ustat",
		"vhangup",
		"process_vm_readv",
		"process_vm_writev",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		check(refused[i], sys_call_is_known(refused[i]));
		check_number(refused[i], sys_call_risk(refused[i])->level, SYS_RISK_HIGH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_what_engines_refuse),
	};

	return unit_run(tests);
}
