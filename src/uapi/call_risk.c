/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/call_risk.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

const char *const sys_risk_level_names[SYS_RISK_LEVELS] = { "low", "medium", "high" };

/*
 * High is what the container engines' default profiles refuse without a capability (moby/profiles,
 * June 2026), sorted by what it leads to; ptrace and its like too, which they allow since 4.8.
 */
static const struct {
	struct sys_risk risk;
	const char *calls; /* separated, begun and ended by blanks */
} classes[] = {
	{ { "escape", SYS_RISK_HIGH, "mounts and namespaces: the walls of the container" },
	  " mount umount umount2 pivot_root chroot setns unshare move_mount open_tree open_tree_attr "
	  "mount_setattr fsopen fsconfig fsmount fspick statmount listmount open_by_handle_at "
	  "name_to_handle_at quotactl quotactl_fd " },
	{ { "kernel", SYS_RISK_HIGH, "code of the kernel that has given attackers the machine" },
	  " init_module finit_module delete_module create_module query_module kexec_load "
	  "kexec_file_load bpf perf_event_open userfaultfd io_uring_setup io_uring_enter "
	  "io_uring_register add_key request_key keyctl ioperm iopl lookup_dcookie nfsservctl "
	  "fanotify_init uselib ustat sysfs _sysctl vmsplice modify_ldt " },
	{ { "processes", SYS_RISK_HIGH, "reads and changes other processes" },
	  " ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd "
	  "move_pages migrate_pages " },
	{ { "machine", SYS_RISK_HIGH, "settings of the whole machine" },
	  " reboot settimeofday clock_settime clock_adjtime adjtimex stime swapon swapoff acct "
	  "sethostname setdomainname syslog vhangup " },
	{ { "identity", SYS_RISK_MEDIUM, "another user, group or set of capabilities" },
	  " setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset "
	  "setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 setfsuid32 setfsgid32 "
	  "setgroups32 " },
	{ { "execution", SYS_RISK_MEDIUM, "runs another program, or code out of memory" },
	  " execve execveat memfd_create memfd_secret personality seccomp prctl " },
	{ { "network", SYS_RISK_MEDIUM, "a new peer" },
	  " socket connect bind listen socketcall sendto sendmsg sendmmsg accept accept4 " },
	{ { "ownership", SYS_RISK_MEDIUM, "who may do what to a file, and files that are devices" },
	  " chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat chown32 fchown32 lchown32 "
	  "mknod mknodat setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr "
	  "fremovexattr " },
	{ { "others", SYS_RISK_MEDIUM, "signals, priorities and limits of other processes" },
	  " kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal "
	  "prlimit64 setpriority sched_setaffinity sched_setattr sched_setscheduler sched_setparam "
	  "ioprio_set mbind set_mempolicy set_mempolicy_home_node " },
};

static const struct sys_risk ordinary = { "ordinary", SYS_RISK_LOW, "what every program does" };

const struct sys_risk *sys_call_risk(const char *call)
{
	size_t n = strlen(call);

	for (size_t i = 0; n && i < ARRAY_SIZE(classes); i++)
		for (const char *at = classes[i].calls; (at = strstr(at, call)); at += n)
			if (at[-1] == ' ' && at[n] == ' ')
				return &classes[i].risk;
	return &ordinary;
}
