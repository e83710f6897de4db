/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter [COUNT]: what a filter as wide as container engines' defaults costs, compiled by us and by
 * libseccomp as a binary tree (SCMP_FLTATR_CTL_OPTIMIZE=2). Prints a line for each measure:
 * NAME OURS THEIRS. Instructions are counted by simulation, times are of COUNT real calls each.
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "profile/cbpf/program.h"

/*
 * What a default filter denies: calls that need a capability that containers don't have, or that are
 * no container's business. Everything else that the tables know is allowed.
 */
static const char *const denied[] = {
	"_sysctl",
	"acct",
	"add_key",
	"afs_syscall",
	"bpf",
	"clock_adjtime",
	"clock_settime",
	"create_module",
	"delete_module",
	"fanotify_init",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"get_kernel_syms",
	"get_mempolicy",
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
	"mbind",
	"migrate_pages",
	"mount",
	"mount_setattr",
	"move_mount",
	"move_pages",
	"name_to_handle_at",
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
	"set_mempolicy",
	"setdomainname",
	"sethostname",
	"setns",
	"settimeofday",
	"stime",
	"swapoff",
	"swapon",
	"sysfs",
	"syslog",
	"umount",
	"umount2",
	"unshare",
	"uselib",
	"userfaultfd",
	"ustat",
	"vhangup",
	"vm86",
	"vm86old",
	"clone3",
};

/* A server's mix of calls, in parts of a hundred. */
static const struct {
	const char *name;
	unsigned part;
} mix[] = {
	{ "epoll_wait", 20 }, { "read", 18 },	 { "write", 12 },     { "recvfrom", 12 },
	{ "sendto", 12 },     { "accept4", 4 },	 { "close", 5 },      { "writev", 4 },
	{ "epoll_ctl", 4 },   { "openat", 2 },	 { "newfstatat", 2 }, { "setsockopt", 2 },
	{ "futex", 2 },	      { "sendfile", 1 },
};

/* Rules that look at an argument, as those defaults have them. */
static const struct {
	const char *name;
	struct cbpf_compare compare;
} compares[] = {
	{ "clone", { CBPF_MASKED_EQ, 0, 0x7e020000, 0 } },
	{ "personality", { CBPF_EQ, 0, 0, 0 } },
	{ "personality", { CBPF_EQ, 0, 8, 0 } },
	{ "personality", { CBPF_EQ, 0, 0x20000, 0 } },
	{ "personality", { CBPF_EQ, 0, 0x20008, 0 } },
	{ "personality", { CBPF_EQ, 0, 0xffffffff, 0 } },
	{ "socket", { CBPF_LT, 0, 38, 0 } },
	{ "socket", { CBPF_EQ, 0, 39, 0 } },
	{ "socket", { CBPF_GT, 0, 40, 0 } },
};

static void fail(const char *what)
{
	fprintf(stderr, "filter: %s\n", what);
	exit(1);
}

static bool is_denied(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (str_eq(denied[i], name))
			return true;
	return false;
}

static bool is_compared(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(compares); i++)
		if (str_eq(compares[i].name, name))
			return true;
	return false;
}

static uint64_t weight_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(mix); i++)
		if (str_eq(mix[i].name, name))
			return mix[i].part * 1000;
	return 0;
}

/* The calls of a table that are decided, all of which libseccomp knows. */
static bool is_decided(enum sys_arch arch, int nr, const char **name)
{
	*name = sys_call_name(arch, nr);
	return *name && !is_denied(*name) && seccomp_syscall_resolve_name(*name) >= 0;
}

static void our_program(struct cbpf_program *p, bool weighted)
{
	struct cbpf_filter f = { .otherwise = SECCOMP_RET_ERRNO | EPERM,
				 .foreign = SECCOMP_RET_KILL_THREAD };
	struct error err = ERROR_INIT;
	const char *name;

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		f.tables[arch].open = true;
		for (int nr = 0; nr < SYS_NR_MAX; nr++) {
			struct cbpf_rule rule = { .action = SECCOMP_RET_ALLOW };
			struct cbpf_call *call;

			if (!is_decided((enum sys_arch)arch, nr, &name))
				continue;
			call = cbpf_filter_call(&f, (enum sys_arch)arch, (uint32_t)nr);
			if (!call)
				fail("out of memory");
			call->weight = weighted && arch == SYS_ARCH_X86_64 ? weight_of(name) : 0;
			if (!is_compared(name) && cbpf_call_add(call, &rule))
				fail("out of memory");
			rule.count = 1;
			for (size_t i = 0; i < ARRAY_SIZE(compares); i++) {
				rule.compares[0] = compares[i].compare;
				if (str_eq(compares[i].name, name) && cbpf_call_add(call, &rule))
					fail("out of memory");
			}
		}
	}
	if (cbpf_compile(p, &f, &err))
		fail(err.text);
	cbpf_filter_deinit(&f);
}

static void add_theirs(scmp_filter_ctx ctx, const char *name)
{
	static const enum scmp_compare ops[] = {
		[CBPF_LT] = SCMP_CMP_LT,
		[CBPF_EQ] = SCMP_CMP_EQ,
		[CBPF_GT] = SCMP_CMP_GT,
		[CBPF_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	int nr = seccomp_syscall_resolve_name(name);

	if (!is_compared(name))
		seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(compares); i++) {
		const struct cbpf_compare *c = &compares[i].compare;

		if (str_eq(compares[i].name, name))
			seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1,
					 SCMP_CMP(c->index, ops[c->op], c->value, c->value_two));
	}
}

static void their_program(struct cbpf_program *p)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int fd = memfd_create("filter", 0);
	const char *name;
	off_t size;

	if (!ctx || fd < 0 || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) ||
	    seccomp_arch_add(ctx, SCMP_ARCH_X86) || seccomp_arch_add(ctx, SCMP_ARCH_X32))
		fail("libseccomp");
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		for (int nr = 0; nr < SYS_NR_MAX; nr++)
			if (is_decided((enum sys_arch)arch, nr, &name))
				add_theirs(ctx, name);
	if (seccomp_export_bpf(ctx, fd))
		fail("libseccomp's export");
	size = lseek(fd, 0, SEEK_END);
	p->code.items = malloc((size_t)size);
	p->code.len = (size_t)size / sizeof(struct sock_filter);
	if (!p->code.items || pread(fd, p->code.items, (size_t)size, 0) != size)
		fail("libseccomp's program");
	close(fd);
	seccomp_release(ctx);
}

/* --- instructions ------------------------------------------------------------------------------- */

static unsigned steps(const struct cbpf_program *p, int nr, uint64_t arg)
{
	struct seccomp_data d = { .nr = nr, .arch = AUDIT_ARCH_X86_64, .args = { arg } };
	unsigned n = 0;
	uint32_t action;

	if (!cbpf_simulate(p, &d, &action, &n))
		fail("a program that does not run");
	return n;
}

/* Means over native calls: of all that are decided, of the mix, of all that are denied; and the worst. */
static void count_steps(const struct cbpf_program *p, double out[4])
{
	double all = 0, of_mix = 0, of_denied = 0, worst = 0;
	unsigned n = 0, no = 0;
	const char *name;

	for (int nr = 0; nr < SYS_NR_MAX; nr++) {
		unsigned s = steps(p, nr, 0);

		worst = s > worst ? s : worst;
		if (is_decided(SYS_ARCH_X86_64, nr, &name)) {
			all += s;
			n++;
		} else {
			of_denied += s;
			no++;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(mix); i++)
		of_mix += steps(p, sys_call_nr(SYS_ARCH_X86_64, mix[i].name), 0) * mix[i].part /
			  100.0;
	out[0] = all / n;
	out[1] = of_mix;
	out[2] = of_denied / no;
	out[3] = worst;
}

/* --- time --------------------------------------------------------------------------------------- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of a call in a child under the program. */
static double time_calls(const struct cbpf_program *p, long nr, uint64_t arg, long count)
{
	int ends[2];
	double ns = -1;
	pid_t pid;

	if (pipe(ends) || (pid = fork()) < 0)
		fail("fork");
	if (!pid) {
		struct sock_fprog program = { (unsigned short)p->code.len, p->code.items };

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(1);
		ns = now_ns();
		for (long i = 0; i < count; i++)
			syscall(nr, arg, -1, -1);
		ns = (now_ns() - ns) / (double)count;
		_exit(write(ends[1], &ns, sizeof(ns)) != sizeof(ns));
	}
	close(ends[1]);
	if (read(ends[0], &ns, sizeof(ns)) != sizeof(ns))
		fail("a filter that the kernel refuses");
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return ns;
}

static int double_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A call's whole cost: the median of rounds in which the arms take turns, and who is first in one. */
static void time_both(const char *name, const struct cbpf_program *ours,
		      const struct cbpf_program *theirs, long nr, uint64_t arg, long count)
{
	enum { ROUNDS = 9 };
	double a[ROUNDS], b[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		if (i % 2)
			a[i] = time_calls(ours, nr, arg, count);
		b[i] = time_calls(theirs, nr, arg, count);
		if (i % 2 == 0)
			a[i] = time_calls(ours, nr, arg, count);
	}
	qsort(a, ROUNDS, sizeof(*a), double_compare);
	qsort(b, ROUNDS, sizeof(*b), double_compare);
	printf("%s %.2f %.2f\n", name, a[ROUNDS / 2], b[ROUNDS / 2]);
}

static double build_us(void (*build)(struct cbpf_program *), struct cbpf_program *p)
{
	double start = now_ns();

	build(p);
	return (now_ns() - start) / 1000;
}

static void build_weighted(struct cbpf_program *p)
{
	our_program(p, true);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "steps-mean", "steps-mix", "steps-denied",
					     "steps-worst" };
	struct cbpf_program ours = { 0 }, plain = { 0 }, theirs = { 0 };
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	double a[4], b[4], their_us;
	unsigned calls = 0;
	const char *name;

	for (int nr = 0; nr < SYS_NR_MAX; nr++)
		calls += is_decided(SYS_ARCH_X86_64, nr, &name);
	their_us = build_us(their_program, &theirs);
	printf("build-us %.0f %.0f\n", build_us(build_weighted, &ours), their_us);
	our_program(&plain, false);
	printf("calls %u %u\n", calls, calls);
	printf("instructions %zu %zu\n", ours.code.len, theirs.code.len);
	count_steps(&theirs, b);
	count_steps(&plain, a);
	for (size_t i = 0; i < 4; i++)
		printf("unweighted-%s %.2f %.2f\n", names[i], a[i], b[i]);
	count_steps(&ours, a);
	for (size_t i = 0; i < 4; i++)
		printf("%s %.2f %.2f\n", names[i], a[i], b[i]);
	printf("steps-personality %u %u\n", steps(&ours, SYS_personality, 0xffffffff),
	       steps(&theirs, SYS_personality, 0xffffffff));
	printf("steps-socket %u %u\n", steps(&ours, SYS_socket, 37),
	       steps(&theirs, SYS_socket, 37));
	/* Since 5.11 the kernel answers calls that are allowed whatever their arguments without the program. */
	time_both("ns-read", &ours, &theirs, SYS_read, UINT64_MAX, count);
	time_both("ns-personality", &ours, &theirs, SYS_personality, 0xffffffff, count);
	time_both("ns-socket", &ours, &theirs, SYS_socket, 37, count);
	time_both("ns-denied", &ours, &theirs, SYS_keyctl, 0, count);
	cbpf_program_deinit(&ours);
	cbpf_program_deinit(&plain);
	cbpf_program_deinit(&theirs);
	return 0;
}
