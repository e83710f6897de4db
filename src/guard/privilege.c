/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * Numbers that neither systemd nor Debian (Policy, 9.2.2) give to anybody. Not nobody's: containers that share the
 * host's process numbers run as nobody, and could stop whoever does, too.
 */
enum { OUTPUTS_ID = 65530, ENGINE_ID = 65531 };

/* Of bpf(2), which the kernel lets anybody do to a map whose descriptor they hold from 5.19 on (c8644cd0efe7). */
enum { MAP_COMMANDS_FIRST = 1 /* BPF_MAP_LOOKUP_ELEM */, MAP_COMMANDS_LAST = 4 /* ..._GET_NEXT_KEY */ };

static const cap_value_t engine_caps[] = {
	CAP_DAC_READ_SEARCH, /* the state of runtimes; rules */
	CAP_SYS_PTRACE,	     /* /proc/PID/{exe,cwd,environ,root} of others */
	CAP_BPF,	     /* maps, before 5.19 */
};

/* Without conditions; what has some is in add_conditional(). */
static const char *const engine_calls[] = {
	"access",	"brk",		 "clock_gettime",  "clock_nanosleep", "close",
	"dup",		"epoll_ctl",	 "epoll_pwait",	   "epoll_wait",      "exit",
	"exit_group",	"faccessat",	 "faccessat2",	   "fcntl",	      "fstat",
	"fstatfs",	"futex",	 "getcwd",	   "getdents64",      "getegid",
	"geteuid",	"getgid",	 "getpid",	   "getrandom",	      "gettid",
	"gettimeofday", "getuid",	 "lseek",	   "lstat",	      "madvise",
	"mmap",		"mprotect",	 "mremap",	   "munmap",	      "nanosleep",
	"newfstatat",	"poll",		 "ppoll",	   "pread64",	      "read",
	"readlink",	"readlinkat",	 "readv",	   "restart_syscall", "rt_sigaction",
	"rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield",
	"set_robust_list", "sigaltstack", "signalfd4",	   "stat",	      "statfs",
	"statx",	"sysinfo",	 "uname",	   "write",	      "writev",
	"name_to_handle_at", "rseq",	 "timerfd_settime", "fadvise64",
};

static int add(scmp_filter_ctx f, const char *call, unsigned count, const struct scmp_arg_cmp *args)
{
	int nr = seccomp_syscall_resolve_name(call);

	return nr < 0 ? 0 : seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, count, args);
}

static int add_conditional(scmp_filter_ctx f)
{
	const int written = O_ACCMODE | O_CREAT | O_TRUNC;
	const struct scmp_arg_cmp read_only = SCMP_A1(SCMP_CMP_MASKED_EQ, (scmp_datum_t)written, O_RDONLY);
	const struct scmp_arg_cmp read_only_at = SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)written, O_RDONLY);
	/* Whether somebody is there. */
	const struct scmp_arg_cmp no_signal = SCMP_A1(SCMP_CMP_EQ, 0);
	int r = add(f, "open", 1, &read_only);

	r = r ? r : add(f, "openat", 1, &read_only_at);
	/* Its flags are in memory: what it opens can't be checked here, but no capability lets it write, and no file is its. */
	r = r ? r : add(f, "openat2", 0, NULL);
	r = r ? r : add(f, "kill", 1, &no_signal);
	for (int command = MAP_COMMANDS_FIRST; !r && command <= MAP_COMMANDS_LAST; command++) {
		const struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)command);

		r = add(f, "bpf", 1, &is);
	}
	return r;
}

static int filter_engine(struct error *err)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = f ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < ARRAY_SIZE(engine_calls); i++)
		r = add(f, engine_calls[i], 0, NULL);
	r = r ? r : add_conditional(f);
	r = r ? r : seccomp_load(f);
	if (f)
		seccomp_release(f);
	return r ? error_errno(err, -r, "the engine's filter of system calls") : 0;
}

int privilege_user(const char *name, uint32_t *uid, uint32_t *gid, struct error *err)
{
	const struct passwd *p = getpwnam(name ? name : "merlon");

	if (name && !p)
		return error_set(err, ENOENT, "there is no user \"%s\"", name);
	*uid = p ? p->pw_uid : OUTPUTS_ID;
	*gid = p ? p->pw_gid : OUTPUTS_ID;
	return 0;
}

static int keep_caps(const cap_value_t *caps, int count)
{
	cap_t set = cap_init();
	int r = set ? 0 : -ENOMEM;

	if (!r && count && (cap_set_flag(set, CAP_PERMITTED, count, caps, CAP_SET) ||
			    cap_set_flag(set, CAP_EFFECTIVE, count, caps, CAP_SET)))
		r = -errno;
	if (!r)
		r = cap_set_proc(set) ? -errno : 0;
	cap_free(set);
	return r;
}

static int become(uint32_t uid, uint32_t gid)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}

int privilege_drop(enum privilege_role role, const char *user, pid_t parent, struct error *err)
{
	uint32_t uid, gid;
	int r = privilege_user(user, &uid, &gid, err);

	if (r)
		return r;
	if (role == ROLE_ENGINE) /* whatever is the outputs', as the store, it can't touch */
		uid = gid = ENGINE_ID;
	r = become(uid, gid);
	if (!r)
		r = keep_caps(engine_caps, role == ROLE_ENGINE ? ARRAY_SIZE(engine_caps) : 0);
	if (r)
		return error_errno(err, -r, "cannot give up privileges");
	/* Last: a change of credentials clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	return role == ROLE_ENGINE ? filter_engine(err) : 0;
}
