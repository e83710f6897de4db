/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/privilege.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * Numbers that neither systemd nor Debian (Policy, 9.2.2) give to anybody. Not nobody's: containers that share the
 * host's process numbers run as nobody, and could stop whoever does, too.
 */
enum { OUTPUTS_ID = 65530, ENGINE_ID = 65531, READER_ID = 65529, RESOLVER_ID = 65528 };

/* Of bpf(2), which the kernel lets anybody do to a map whose descriptor they hold from 5.19 on (c8644cd0efe7). */
enum {
	MAP_COMMANDS_FIRST = 1 /* BPF_MAP_LOOKUP_ELEM */,
	MAP_COMMANDS_LAST = 4 /* ..._GET_NEXT_KEY */
};
enum { MAPS_FREE_MAJOR = 5, MAPS_FREE_MINOR = 19 };

static const cap_value_t engine_caps[] = { CAP_BPF };

static const cap_value_t reader_caps[] = {
	CAP_DAC_READ_SEARCH, /* the state of runtimes; rules; directories that containers closed */
	CAP_SYS_PTRACE,	     /* /proc/PID/{exe,cwd,environ,root} of others */
};

static const cap_value_t keeper_caps[] = {
	CAP_DAC_READ_SEARCH, /* the state of runtimes */
	CAP_SYS_PTRACE,	     /* /proc/PID/ns of others */
	CAP_BPF,	     /* maps that are pinned */
};

/* Without the last one: ROLE_HAND. */
static const cap_value_t hand_caps[] = {
	CAP_KILL,	  /* who runs as somebody else */
	CAP_DAC_OVERRIDE, /* files of containers, to take them away */
	CAP_FOWNER,	  /* out of sticky directories */
	CAP_SYS_PTRACE,	  /* /proc/PID/{exe,root,environ,maps,fd} of others */
	CAP_BPF,	  /* programs that isolate */
	CAP_NET_ADMIN,	  /* their types, and attaching them */
	CAP_PERFMON,	  /* before 5.19 instructions need it that every compiler writes */
	CAP_SYS_ADMIN,	  /* setns() */
};

/* --- system calls ---------------------------------------------------------------------------------------- */

/* What both have; without conditions, which are below. */
/* clang-format off */
static const char *const common_calls[] = {
	"brk",		 "clock_gettime", "clock_nanosleep", "close",	       "exit",	       "exit_group",
	"fcntl",	 "fstat",	  "futex",	     "getegid",	       "geteuid",      "getgid",
	"getpid",	 "getrandom",	  "gettid",	     "gettimeofday",   "getuid",       "lseek",
	"madvise",	 "mmap",	  "mprotect",	     "mremap",	       "munmap",       "nanosleep",
	"poll",		 "ppoll",	  "read",	     "readv",	       "recvfrom",     "recvmsg",
	"restart_syscall", "rseq",	  "rt_sigaction",    "rt_sigpending",  "rt_sigprocmask", "rt_sigreturn",
	"sched_getaffinity", "sched_yield", "sendmsg",	     "sendto",	       "set_robust_list", "sigaltstack",
	"sysinfo",	 "uname",	  "write",	     "writev",
};
/* clang-format on */

/* The ring, signals, timers. It opens nothing: files are the reader's. */
static const char *const engine_calls[] = {
	"dup", "epoll_ctl", "epoll_pwait", "epoll_wait", "signalfd4", "timerfd_settime",
};

/* Files, and what others have open. */
static const char *const reader_calls[] = {
	"access",  "dup2",     "dup3",	     "faccessat",	  "faccessat2", "fadvise64",
	"fstatfs", "getcwd",   "getdents64", "getsockopt",	  "lstat",	"newfstatat",
	"pread64", "readlink", "readlinkat", "name_to_handle_at", "pidfd_open", "pidfd_getfd",
	"stat",	   "statfs",   "statx",
};

/* Those of reader_calls that it needs, maps, and the directory of pins. */
static const char *const keeper_calls[] = {
	"access",      "bpf",	     "dup",	  "epoll_create1", "epoll_ctl",
	"epoll_pwait", "epoll_wait", "faccessat", "faccessat2",	   "fstatfs",
	"getdents64",  "lstat",	     "mkdir",	  "mkdirat",	   "name_to_handle_at",
	"newfstatat",  "pread64",    "readlink",  "readlinkat",	   "stat",
	"statfs",      "statx",
};

/* What the C library looks names up with, whatever nsswitch.conf says, in a process for each. */
static const char *const resolver_calls[] = {
	"access",   "alarm",	     "bind",	    "clone",	  "clone3",	 "connect",
	"dup",	    "epoll_create1", "epoll_ctl",   "epoll_wait", "faccessat",	 "faccessat2",
	"fstatfs",  "getdents64",    "getpeername", "getppid",	  "getsockname", "getsockopt",
	"ioctl",    "lstat",	     "newfstatat",  "pread64",	  "readlink",	 "readlinkat",
	"recvmmsg", "sendmmsg",	     "setsockopt",  "shutdown",	  "socket",	 "stat",
	"statfs",   "statx",	     "wait4",
};

/* Files too, to write and to take away; signals; programs. */
static const char *const hand_calls[] = {
	"access",
	"bpf",
	"dup",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fchmod",
	"fdatasync",
	"fgetxattr",
	"flistxattr",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents64",
	"lstat",
	"mkdir",
	"mkdirat",
	"name_to_handle_at",
	"newfstatat",
	"open",
	"openat",
	"openat2",
	"pidfd_open",
	"pidfd_send_signal",
	"pread64",
	"prlimit64",
	"readlink",
	"readlinkat",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"signalfd4",
	"stat",
	"statfs",
	"statx",
	"sync_file_range",
	"unlink",
	"unlinkat",
	/* ROLE_HAND_V1 only: */
	"setns",
	"socket",
	"getsockopt",
};
enum { HAND_V1_CALLS = 3 };

static int add(scmp_filter_ctx f, const char *call, unsigned count, const struct scmp_arg_cmp *args)
{
	int nr = seccomp_syscall_resolve_name(call);

	return nr < 0 ? 0 : seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, count, args);
}

static int add_engine(scmp_filter_ctx f)
{
	/* fstat(), as the C library has it. */
	const struct scmp_arg_cmp by_descriptor = SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH);
	/* Whether somebody is there. */
	const struct scmp_arg_cmp no_signal = SCMP_A1(SCMP_CMP_EQ, 0);
	int r = add(f, "newfstatat", 1, &by_descriptor);

	r = r ? r : add(f, "kill", 1, &no_signal);
	for (int command = MAP_COMMANDS_FIRST; !r && command <= MAP_COMMANDS_LAST; command++) {
		const struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)command);

		r = add(f, "bpf", 1, &is);
	}
	return r;
}

static int add_reader(scmp_filter_ctx f)
{
	const int written = O_ACCMODE | O_CREAT | O_TRUNC;
	const struct scmp_arg_cmp read_only = SCMP_A1(SCMP_CMP_MASKED_EQ, (scmp_datum_t)written,
						      O_RDONLY);
	const struct scmp_arg_cmp read_only_at = SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)written,
							 O_RDONLY);
	int r = add(f, "open", 1, &read_only);

	r = r ? r : add(f, "openat", 1, &read_only_at);
	/* Its flags are in memory: what it opens can't be checked here, but no capability lets it write, and no file is its. */
	return r ? r : add(f, "openat2", 0, NULL);
}

static int add_resolver(scmp_filter_ctx f)
{
	const int written = O_ACCMODE | O_CREAT | O_TRUNC;
	const struct scmp_arg_cmp read_only_at = SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)written,
							 O_RDONLY);
	const struct scmp_arg_cmp dies_with = SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG);
	int r = add(f, "openat", 1, &read_only_at);

	return r ? r : add(f, "prctl", 1, &dies_with);
}

struct role {
	const char *name;
	uint32_t id; /* user and group; 0: as privilege_user() says */
	const cap_value_t *caps;
	int cap_count;
	const char *const *calls; /* beside common_calls; NULL: any */
	size_t call_count;
	int (*add)(scmp_filter_ctx f); /* those with conditions; NULL: there are none */
	bool stays_root;
};

static const struct role roles[] = {
	[ROLE_ENGINE] = { "engine", ENGINE_ID, engine_caps, ARRAY_SIZE(engine_caps), engine_calls,
			  ARRAY_SIZE(engine_calls), add_engine },
	[ROLE_READER] = { "reader", READER_ID, reader_caps, ARRAY_SIZE(reader_caps), reader_calls,
			  ARRAY_SIZE(reader_calls), add_reader },
	[ROLE_OUTPUTS] = { .name = "outputs" },
	[ROLE_RESOLVER] = { "resolver", RESOLVER_ID, NULL, 0, resolver_calls,
			    ARRAY_SIZE(resolver_calls), add_resolver },
	[ROLE_HAND] = { "hand", 0, hand_caps, ARRAY_SIZE(hand_caps) - 1, hand_calls,
			ARRAY_SIZE(hand_calls) - HAND_V1_CALLS, NULL, true },
	[ROLE_HAND_V1] = { "hand", 0, hand_caps, ARRAY_SIZE(hand_caps), hand_calls,
			   ARRAY_SIZE(hand_calls), NULL, true },
	[ROLE_KEEPER] = { "keeper", 0, keeper_caps, ARRAY_SIZE(keeper_caps), keeper_calls,
			  ARRAY_SIZE(keeper_calls), add_reader, true },
};
static_assert(ARRAY_SIZE(roles) == PRIVILEGE_ROLES, "a row for each");

static int add_all(scmp_filter_ctx f, const char *const *calls, size_t count)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = add(f, calls[i], 0, NULL);
	return r;
}

static int filter(const struct role *role, struct error *err)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = f ? 0 : -ENOMEM;

	r = r ? r : add_all(f, common_calls, ARRAY_SIZE(common_calls));
	r = r ? r : add_all(f, role->calls, role->call_count);
	r = r || !role->add ? r : role->add(f);
	r = r ? r : seccomp_load(f);
	if (f)
		seccomp_release(f);
	return r ? error_errno(err, -r, "the %s's filter of system calls", role->name) : 0;
}

/* --- users and capabilities -------------------------------------------------------------------------------- */

int privilege_user(const char *name, uint32_t *uid, uint32_t *gid, struct error *err)
{
	const struct passwd *p = getpwnam(name ? name : "merlon");

	if (name && !p)
		return error_set(err, ENOENT, "there is no user \"%s\"", name);
	*uid = p ? p->pw_uid : OUTPUTS_ID;
	*gid = p ? p->pw_gid : OUTPUTS_ID;
	return 0;
}

bool privilege_is_nobodys(uint32_t uid)
{
	return uid == OUTPUTS_ID;
}

static int keep_caps(const cap_value_t *caps, int count)
{
	cap_t set = cap_init();
	int r = set ? 0 : -ENOMEM;

	if (!r && count &&
	    (cap_set_flag(set, CAP_PERMITTED, count, caps, CAP_SET) ||
	     cap_set_flag(set, CAP_EFFECTIVE, count, caps, CAP_SET)))
		r = -errno;
	if (!r)
		r = cap_set_proc(set) ? -errno : 0;
	cap_free(set);
	return r;
}

/* Root is not to be looked into either. */
static int become(const struct role *role, const char *user, struct error *err)
{
	uint32_t uid = role->id,
		 gid = role->id; /* whatever is the outputs', as the store, they can't touch */
	int r = uid || role->stays_root ? 0 : privilege_user(user, &uid, &gid, err);

	if (r)
		return r;
	if (setgroups(0, NULL) ||
	    (!role->stays_root &&
	     (prctl(PR_SET_KEEPCAPS, 1) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0))
		return error_errno(err, errno, "cannot give up privileges");
	return 0;
}

/* Whoever holds a map may change it. */
static bool maps_are_free(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	return !uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major > MAPS_FREE_MAJOR || (major == MAPS_FREE_MAJOR && minor >= MAPS_FREE_MINOR));
}

int privilege_drop(enum privilege_role which, const char *user, pid_t parent, struct error *err)
{
	const struct role *role = &roles[which];
	int r = become(role, user, err);

	if (r)
		return r;
	r = keep_caps(role->caps, which == ROLE_ENGINE && maps_are_free() ? 0 : role->cap_count);
	if (r)
		return error_errno(err, -r, "cannot give up privileges");
	/* Last: a change of credentials clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	return role->calls ? filter(role, err) : 0;
}
