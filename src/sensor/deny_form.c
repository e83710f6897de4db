/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny_form.h"

#include "base/str.h"
#include "sensor/deny.h"
#include "sensor/probe.h"

const char *const sensor_deny_form_names[DENY_FORMS] = {
	[DENY_FORM_NONE] = "none",     [DENY_FORM_LSM] = "lsm",	  [DENY_FORM_MODIFY] = "fmod_ret",
	[DENY_FORM_CGROUP] = "cgroup", [DENY_FORM_STOP] = "stop",
};

static const enum probe_feature needs[DENY_FORMS] = {
	[DENY_FORM_LSM] = PROBE_LSM,
	[DENY_FORM_MODIFY] = PROBE_FMOD_RET,
	[DENY_FORM_CGROUP] = PROBE_CGROUP_CONNECT,
	[DENY_FORM_STOP] = PROBE_TP_BTF,
};

/*
 * A line for each point. LSM and MODIFY are both at the function that asks; what has happened is seen when the call
 * returns, when a program begins, or where a signal is made.
 */
#define ASKED(function, tracepoint)                                        \
	{                                                                  \
		[DENY_FORM_LSM] = function, [DENY_FORM_MODIFY] = function, \
		[DENY_FORM_STOP] = tracepoint                              \
	}
/* clang-format off */
static const char *const table[ABI_DENY_HOOKS][DENY_FORMS] = {
	[ABI_DENY_OPEN] = ASKED("file_open", "sys_exit"),
	[ABI_DENY_EXEC] = ASKED("bprm_check_security", "sched_process_exec"),
	[ABI_DENY_UNLINK] = ASKED("path_unlink", "sys_exit"),
	[ABI_DENY_RENAME] = ASKED("path_rename", "sys_exit"),
	[ABI_DENY_MKNOD] = ASKED("path_mknod", "sys_exit"),
	[ABI_DENY_CHMOD] = ASKED("path_chmod", "sys_exit"),
	[ABI_DENY_CHROOT] = ASKED("path_chroot", "sys_exit"),
	[ABI_DENY_MOUNT] = ASKED("sb_mount", "sys_exit"),
	[ABI_DENY_MOVE_MOUNT] = ASKED("move_mount", "sys_exit"),
	[ABI_DENY_PIVOT_ROOT] = ASKED("sb_pivotroot", "sys_exit"),
	[ABI_DENY_CONNECT] = ASKED("socket_connect", "sys_exit"),
	[ABI_DENY_CONNECT_UNIX] = ASKED("unix_stream_connect", "sys_exit"),
	[ABI_DENY_PTRACE] = ASKED("ptrace_access_check", "sys_exit"),
	[ABI_DENY_KILL] = ASKED("task_kill", "signal_generate"),
	[ABI_DENY_BPF] = ASKED("bpf", "sys_exit"),
	[ABI_DENY_PERF] = ASKED("perf_event_open", "sys_exit"),
	[ABI_DENY_MODULE_FILE] = ASKED("kernel_read_file", "sys_exit"),
	[ABI_DENY_MODULE_DATA] = ASKED("kernel_load_data", "sys_exit"),
	[ABI_DENY_USERNS] = ASKED("userns_create", "sys_exit"),
	[ABI_DENY_USERFAULT] = ASKED("inode_init_security_anon", "sys_exit"),
	[ABI_DENY_LINK] = ASKED("path_link", "sys_exit"),
	[ABI_DENY_SYMLINK] = ASKED("path_symlink", "sys_exit"),
	[ABI_DENY_MKDIR] = ASKED("path_mkdir", "sys_exit"),
	[ABI_DENY_RMDIR] = ASKED("path_rmdir", "sys_exit"),
	[ABI_DENY_TRUNCATE] = ASKED("path_truncate", "sys_exit"),
	[ABI_DENY_MMAP] = ASKED("mmap_file", "sys_exit"),
	[ABI_DENY_MPROTECT] = ASKED("file_mprotect", NULL),
	[ABI_DENY_SETNS] = ASKED("capable", "sys_exit"),
	[ABI_DENY_BY_HANDLE] = ASKED("capable", "sys_exit"),
	[ABI_DENY_FSMOUNT] = ASKED("capable", "sys_exit"),
	[ABI_DENY_CAPABILITY] = ASKED("capable", NULL),
	[ABI_DENY_CONNECT4] = { [DENY_FORM_CGROUP] = "connect4" },
	[ABI_DENY_CONNECT6] = { [DENY_FORM_CGROUP] = "connect6" },
	[ABI_DENY_SENDMSG4] = { [DENY_FORM_CGROUP] = "sendmsg4" },
	[ABI_DENY_SENDMSG6] = { [DENY_FORM_CGROUP] = "sendmsg6" },
	[ABI_DENY_BIND4] = { [DENY_FORM_CGROUP] = "bind4" },
	[ABI_DENY_BIND6] = { [DENY_FORM_CGROUP] = "bind6" },
	[ABI_DENY_SYSCTL] = { [DENY_FORM_CGROUP] = "sysctl" },
	[ABI_DENY_DEVICE_MAKE] = { [DENY_FORM_CGROUP] = "device" },
	[ABI_DENY_URING] = ASKED("file_alloc_security", "sys_exit"),
	[ABI_DENY_CHOWN] = ASKED("path_chown", "sys_exit"),
	[ABI_DENY_UMOUNT] = ASKED("sb_umount", "sys_exit"),
};
/* clang-format on */

unsigned sensor_deny_forms(unsigned allowed)
{
	unsigned ret = 0;

	for (unsigned form = DENY_FORM_NONE + 1; form < DENY_FORMS; form++)
		if (allowed >> form & 1 && probe_has(needs[form]))
			ret |= 1U << form;
	/* Of these one, beside control groups: who can deny does not stop, and where BPF is a security module its hooks are asked. */
	if (ret & 1U << DENY_FORM_LSM)
		return ret & ~(1U << DENY_FORM_MODIFY | 1U << DENY_FORM_STOP);
	return ret & 1U << DENY_FORM_MODIFY ? ret & ~(1U << DENY_FORM_STOP) : ret;
}

enum sensor_deny_form sensor_deny_form_of(enum abi_deny_hook hook, unsigned forms)
{
	for (unsigned form = DENY_FORM_NONE + 1; form < DENY_FORMS; form++)
		if (forms >> form & 1 && table[hook][form])
			return form;
	return DENY_FORM_NONE;
}

uint64_t sensor_deny_covered(unsigned forms, bool rings_are_asked)
{
	if (!(forms & (1U << DENY_FORM_LSM | 1U << DENY_FORM_MODIFY)))
		return 0;
	return 1ULL << ABI_DENY_DEVICE_MAKE | (rings_are_asked ? 1ULL << ABI_DENY_URING : 0);
}

const char *sensor_deny_served_by(enum abi_deny_hook hook, enum sensor_deny_form form)
{
	return table[hook][form];
}

enum abi_deny_hook sensor_deny_lead(enum abi_deny_hook hook, enum sensor_deny_form form)
{
	unsigned lead = 0;

	while (lead < hook && (!table[lead][form] || !str_eq(table[lead][form], table[hook][form])))
		lead++;
	return lead;
}
