/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/closure.h"

#include "base/cleanup.h"

#define KERNEL "the kernel makes a program call it: no source calls it"
#define VDSO "answered in user space by the vDSO, unless the clock source can't be read there"
#define STARTUP "libc calls it at the start of every program, depending on its version"
#define STAT_TWIN "the same to a program: which one libc takes depends on its version (glibc 2.33)"
#define ACCESS_TWIN "the same to a program: glibc 2.33 asks faccessat2 first, then faccessat"
#define CLONE_TWIN "glibc 2.34 asks clone3 first and falls back to clone"
#define SLEEP_TWIN "the same to a program: which one libc takes depends on its version (glibc 2.31)"
#define VECTOR_TWIN "the same with several buffers: which one is taken depends on the data at hand"
#define TIME64 "32-bit libc asks the 64-bit time call first (5.1) and falls back"

/*
 * Sources: glibc's NEWS and sysdeps/unix/sysv/linux, musl's src/, vdso(7), restart_syscall(2).
 * Every entry must be harmless in itself: nothing here opens, executes or changes anything that
 * its trigger does not.
 */
const struct closure_rule closure_rules[] = {
	{ "exit", { NULL }, "how a thread ends", false },
	{ "exit_group", { NULL }, "how a program ends", false },
	{ "rt_sigreturn", { NULL }, KERNEL " (return from a signal handler)", false },
	{ "restart_syscall", { NULL }, KERNEL " (after a stop and continue)", false },

	{ "clock_gettime", { NULL }, VDSO, false },
	{ "gettimeofday", { NULL }, VDSO, false },
	{ "time", { NULL }, VDSO, false },
	{ "getcpu", { NULL }, VDSO, false },

	{ "rseq", { "set_robust_list" }, STARTUP, false },
	{ "getrandom", { "set_robust_list" }, STARTUP, false },
	{ "prlimit64", { "set_robust_list" }, STARTUP, false },

	{ "clone", { "clone3", "fork", "vfork" }, CLONE_TWIN, false },
	{ "fstat", { "newfstatat", "statx" }, STAT_TWIN, false },
	{ "newfstatat", { "stat", "fstat", "lstat", "statx" }, STAT_TWIN, false },
	{ "faccessat", { "faccessat2" }, ACCESS_TWIN, false },
	{ "faccessat2", { "faccessat" }, ACCESS_TWIN, false },
	{ "nanosleep", { "clock_nanosleep" }, SLEEP_TWIN, false },
	{ "clock_nanosleep", { "nanosleep" }, SLEEP_TWIN, false },

	{ "readv", { "read" }, VECTOR_TWIN, false },
	{ "writev", { "write" }, VECTOR_TWIN, false },
	{ "preadv", { "pread64" }, VECTOR_TWIN, false },
	{ "pwritev", { "pwrite64" }, VECTOR_TWIN, false },

	{ "clock_gettime64", { "clock_gettime" }, TIME64, true },
	{ "clock_nanosleep_time64", { "nanosleep", "clock_nanosleep" }, TIME64, true },
	{ "futex_time64", { "futex" }, TIME64, true },
};
const size_t closure_rules_count = ARRAY_SIZE(closure_rules);

/* Source: src/runtime of Go (sys_linux_amd64.s, os_linux.go): what its scheduler, network poller,
 * preemption signals and memory allocator call on their own. */
static const char *const go_calls[] = { "brk",
					"clone",
					"epoll_ctl",
					"epoll_pwait",
					"epoll_wait",
					"futex",
					"getpid",
					"gettid",
					"madvise",
					"mmap",
					"munmap",
					"nanosleep",
					"rt_sigprocmask",
					"rt_sigreturn",
					"sched_yield",
					"sigaltstack",
					"tgkill",
					"write",
					NULL };

const struct closure_runtime closure_runtimes[] = {
	{ "runc", go_calls,
	  "Go's scheduler, signals and allocator may make it while runc prepares the exec" },
};
const size_t closure_runtimes_count = ARRAY_SIZE(closure_runtimes);
