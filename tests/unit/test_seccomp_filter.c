/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exported filters mean: the OCI text compiled as a runtime does, and our own compiler's
 * program, are run in an interpreter over architectures, numbers and arguments. Both must say what
 * the policy says: what was seen is allowed, what was not is answered with the right error.
 */
#include <errno.h>
#include <linux/audit.h>

#include "base/str.h"
#include "confine/filter.h"
#include "oci_filter.h"
#include "profile/backend.h"
#include "sample.h"
#include "uapi/syscall.h"
#include "unit.h"

#define APP PROFILE_APP
#define NATIVE SYS_ARCH_X86_64
#define X32_BIT 0x40000000
#define THREAD 0x3d0f00ULL
#define NS_USER 0x10000000ULL

static const uint32_t audit_arch[SYS_ARCH_MAX] = {
	[SYS_ARCH_X86_64] = AUDIT_ARCH_X86_64,
	[SYS_ARCH_X86] = AUDIT_ARCH_I386,
	[SYS_ARCH_X32] = AUDIT_ARCH_X86_64,
};

/* A profile's policy and both of its programs. */
struct filters {
	struct policy policy;
	struct cbpf oci, own;
	uint32_t denied;
	size_t unknown;
};

static void filters_init(struct filters *f, const struct profile *p,
			 const struct backend_options *o)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	scmp_filter_ctx ctx;

	assert_int_equal(policy_build(&f->policy, p, &o->policy, &err), 0);
	assert_int_equal(profile_backend_seccomp.emit(p, o, &text, &err), 0);
	f->oci = oci_filter_compile(text.data, text.len);
	assert_int_equal(filter_compile(&f->policy, o->default_errno, &ctx, &f->unknown, &err), 0);
	f->own = oci_filter_export(ctx);
	seccomp_release(ctx);
	f->denied = SECCOMP_RET_ERRNO | (uint32_t)o->default_errno;
}

static void filters_deinit(struct filters *f)
{
	policy_deinit(&f->policy);
	cbpf_deinit(&f->oci);
	cbpf_deinit(&f->own);
}

static struct seccomp_data data_of(enum sys_arch arch, int nr, const uint64_t args[6])
{
	struct seccomp_data d = { .nr = arch == SYS_ARCH_X32 ? nr | X32_BIT : nr,
				  .arch = audit_arch[arch],
				  .instruction_pointer = 0x7f0000001000 };

	memcpy(d.args, args, sizeof(d.args));
	return d;
}

/* The one verdict of both programs. */
static uint32_t verdict(const struct filters *f, enum sys_arch arch, int nr, const uint64_t args[6])
{
	struct seccomp_data d = data_of(arch, nr, args);
	uint32_t oci = 0, own = 0;
	char row[64];

	snprintf(row, sizeof(row), "%s %d (0x%llx, 0x%llx, 0x%llx)", sys_archs[arch].name, nr,
		 d.args[0], d.args[1], d.args[2]);
	check(row, cbpf_run(&f->oci, &d, &oci));
	check(row, cbpf_run(&f->own, &d, &own));
	check_number(row, own, oci);
	return oci;
}

static uint32_t verdict_of(const struct filters *f, const char *name, uint64_t a, uint64_t b,
			   uint64_t c)
{
	const uint64_t args[6] = { a, b, c, UINT64_MAX, 0, 0xdeadbeefdeadbeef };
	int nr = sys_call_nr(NATIVE, name);

	check(name, nr >= 0);
	return verdict(f, NATIVE, nr, args);
}

/* What the policy says, by its definition. */
static uint32_t expected(const struct filters *f, enum sys_arch arch, int nr,
			 const uint64_t args[6])
{
	const char *name = sys_call_name(arch, nr);
	const struct policy_entry *e = name ? policy_find(&f->policy, name) : NULL;

	if (!e || seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
		return f->denied;
	if (e->deflected)
		return SECCOMP_RET_ERRNO | ENOSYS;
	vec_foreach(m, &e->matches) {
		bool all = true;

		for (int i = 0; i < 6; i++)
			all = all && (args[i] & m->mask[i]) == m->value[i];
		if (all)
			return SECCOMP_RET_ALLOW;
	}
	return e->matches.len ? f->denied : SECCOMP_RET_ALLOW;
}

/* --- the interpreter itself --------------------------------------------------------------------- */

static void interpreter(void **state)
{
	static struct sock_filter good[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static struct sock_filter endless[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	static struct sock_filter outside[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64),
						BPF_STMT(BPF_RET | BPF_K, 0) };
	static struct sock_filter far[] = { BPF_STMT(BPF_JMP | BPF_JA, 5),
					    BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct cbpf bad[] = { { NULL, 0 }, { endless, 1 }, { outside, 2 }, { far, 2 } };
	struct seccomp_data d = { .nr = 7 };
	struct cbpf p = { good, ARRAY_SIZE(good) };
	uint32_t r = 0;

	assert_true(cbpf_run(&p, &d, &r) && r == SECCOMP_RET_ALLOW);
	d.nr = 0x105;
	assert_true(cbpf_run(&p, &d, &r) && r == (SECCOMP_RET_ERRNO | 5));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cbpf_run(&bad[i], &d, &r));
}

/* --- by name ------------------------------------------------------------------------------------ */

static const struct sample_call web[] = {
	{ "read", APP, NATIVE, false, false, { 0 } },
	{ "write", APP, NATIVE, false, false, { 0 } },
	{ "openat", APP, NATIVE, false, false, { 0 } },
	{ "mmap", APP, NATIVE, false, true, { 1 } },
	{ "mmap", APP, NATIVE, false, true, { 3 } },
	{ "mmap", APP, NATIVE, false, true, { 5 } },
	{ "mprotect", APP, NATIVE, false, true, { 1 } },
	{ "clone", APP, NATIVE, false, true, { THREAD } },
	{ "clone3", APP, NATIVE, false, false, { 0 } },
	{ "socket", APP, NATIVE, false, true, { 2, 0x80801, 6 } },
	{ "socket", APP, NATIVE, false, true, { 1, 1, 0 } },
	{ "socketpair", APP, NATIVE, false, true, { 1, 1, 0 } },
	{ "prctl", PROFILE_TAIL, NATIVE, false, true, { 24 } },
	{ "execve", PROFILE_TAIL, NATIVE, false, false, { 0 } },
	{ "kill", PROFILE_ENTERED, NATIVE, false, false, { 0 } },
	{ "mount", PROFILE_SETUP, NATIVE, false, false, { 0 } },
	{ "unshare", APP, NATIVE, true, false, { 0 } },
};

static void a_web_server(void **state)
{
	static const struct {
		const char *row, *name;
		uint64_t a, b, c;
		bool allowed;
	} rows[] = {
		{ "read", "read", 0, 0, 0, true },
		{ "read, any arguments", "read", UINT64_MAX, UINT64_MAX, UINT64_MAX, true },
		{ "the runtime's exec", "execve", 0, 0, 0, true },
		{ "the runtime's prctl", "prctl", 24, 0, 0, true },
		{ "implied", "exit_group", 0, 0, 0, true },
		{ "the runtime's setup", "mount", 0, 0, 0, false },
		{ "entered later", "kill", 0, 0, 0, false },
		{ "refused", "unshare", 0, 0, 0, false },
		{ "never seen", "ptrace", 0, 0, 0, false },
		{ "never seen", "bpf", 0, 0, 0, false },
		{ "never seen", "init_module", 0, 0, 0, false },
		{ "never seen", "setns", 0, 0, 0, false },
		{ "never seen", "keyctl", 0, 0, 0, false },
		{ "never seen", "execveat", 0, 0, 0, false },
		{ "another prctl", "prctl", 4, 0, 0, false },
		{ "seccomp mode off", "prctl", 25, 0, 0, false },
		{ "a thread", "clone", THREAD, 0, 0, true },
		{ "a child", "clone", 17, 0, 0, true },
		{ "a thread, upper half set", "clone", 0xffffffff00000000 | THREAD, 0, 0, true },
		{ "namespace: user", "clone", NS_USER | 17, 0, 0, false },
		{ "namespace: cgroup", "clone", 0x02000000, 0, 0, false },
		{ "namespace: uts", "clone", 0x04000000, 0, 0, false },
		{ "namespace: ipc", "clone", 0x08000000, 0, 0, false },
		{ "namespace: pid", "clone", 0x20000000, 0, 0, false },
		{ "namespace: net", "clone", 0x40000000, 0, 0, false },
		{ "namespace: mount", "clone", 0x00020000, 0, 0, false },
		{ "all namespaces", "clone", 0x7e020000, 0, 0, false },
		{ "map nothing", "mmap", 0, 0, 0, true },
		{ "map to read", "mmap", 0, 4096, 1, true },
		{ "map to write", "mmap", 0, 4096, 3, true },
		{ "map to execute", "mmap", 0, 4096, 5, true },
		{ "map to write and execute", "mmap", 0, 4096, 7, false },
		{ "map to write and execute, not read", "mmap", 0, 4096, 6, false },
		{ "write and execute, grows down", "mmap", 0, 4096, 0x01000007, false },
		{ "protect to read", "mprotect", 0, 4096, 1, true },
		{ "protect to write, not seen", "mprotect", 0, 4096, 3, false },
		{ "protect to execute, not seen", "mprotect", 0, 4096, 5, false },
		{ "protect to write and execute", "mprotect", 0, 4096, 7, false },
		{ "TCP", "socket", 2, 1, 6, true },
		{ "TCP, other flags", "socket", 2, 0x800 | 1, 6, true },
		{ "TCP, upper halves set", "socket", 0xffffffff00000002, 0xffffffff00000001,
		  0xffffffff00000006, true },
		{ "streams on one machine", "socket", 1, 1, 0, true },
		{ "UDP", "socket", 2, 2, 17, false },
		{ "raw IP", "socket", 2, 3, 255, false },
		{ "TCP over IPv6", "socket", 10, 1, 6, false },
		{ "netlink", "socket", 16, 3, 0, false },
		{ "packet", "socket", 17, 3, 0x300, false },
		{ "AF_ALG", "socket", 38, 5, 0, false },
		{ "AF_VSOCK", "socket", 40, 1, 0, false },
		{ "a mixture of two that were seen", "socket", 1, 1, 6, false },
		{ "pair", "socketpair", 1, 1, 0, true },
		{ "datagram pair", "socketpair", 1, 2, 0, false },
	};

	for (int code = 0; code < 2; code++) {
		cleanup_profile struct profile *p = sample_profile(web, ARRAY_SIZE(web));
		struct backend_options o = { .default_errno = code ? EPERM : ENOSYS };
		struct filters f;

		filters_init(&f, p, &o);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			check_number(rows[i].row,
				     verdict_of(&f, rows[i].name, rows[i].a, rows[i].b, rows[i].c),
				     rows[i].allowed ? SECCOMP_RET_ALLOW : f.denied);
		/* libc must see ENOSYS here, whatever else is answered, or it does not fall back. */
		check_number("clone3", verdict_of(&f, "clone3", 0, 0, 0),
			     SECCOMP_RET_ERRNO | ENOSYS);
		filters_deinit(&f);
	}
}

static void strict_arguments(void **state)
{
	static const struct sample_call calls[] = {
		{ "ioctl", APP, NATIVE, false, true, { 0x5401 } },
		{ "fcntl", APP, NATIVE, false, true, { 3 } },
		{ "setsockopt", APP, NATIVE, false, true, { 1, 2 } },
	};
	static const struct {
		const char *row, *name;
		uint64_t a, b, c;
		bool loose, strict;
	} rows[] = {
		{ "TCGETS", "ioctl", 7, 0x5401, 0, true, true },
		{ "TIOCSTI", "ioctl", 0, 0x5412, 0, true, false },
		{ "TIOCSTI, hidden in the upper half", "ioctl", 0, 0x100005412, 0, true, false },
		{ "F_GETFL", "fcntl", 7, 3, 0, true, true },
		{ "F_SETOWN", "fcntl", 7, 8, 0, true, false },
		{ "SO_REUSEADDR", "setsockopt", 7, 1, 2, true, true },
		{ "SO_RCVBUFFORCE", "setsockopt", 7, 1, 33, true, false },
		{ "another level", "setsockopt", 7, 0, 2, true, false },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct backend_options loose = { .default_errno = EPERM };
	struct backend_options strict = { .policy = { .arguments = POLICY_ARGUMENTS_STRICT },
					  .default_errno = EPERM };
	struct filters a, b;

	filters_init(&a, p, &loose);
	filters_init(&b, p, &strict);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_number(rows[i].row,
			     verdict_of(&a, rows[i].name, rows[i].a, rows[i].b, rows[i].c),
			     rows[i].loose ? SECCOMP_RET_ALLOW : a.denied);
		check_number(rows[i].row,
			     verdict_of(&b, rows[i].name, rows[i].a, rows[i].b, rows[i].c),
			     rows[i].strict ? SECCOMP_RET_ALLOW : b.denied);
	}
	filters_deinit(&a);
	filters_deinit(&b);
}

/* --- other tables ------------------------------------------------------------------------------- */

/* A table that was not used is shut: its numbers mean other calls. */
static void unused_tables_are_shut(void **state)
{
	cleanup_profile struct profile *p = sample_profile(web, ARRAY_SIZE(web));
	struct backend_options o = { .default_errno = EPERM };
	const uint64_t args[6] = { 0 };
	struct seccomp_data arm = { .nr = 63, .arch = AUDIT_ARCH_AARCH64 };
	struct filters f;
	uint32_t r = 0;

	filters_init(&f, p, &o);
	for (int nr = 0; nr < SYS_NR_MAX; nr++) {
		check("x86", verdict(&f, SYS_ARCH_X86, nr, args) != SECCOMP_RET_ALLOW);
		check("x32", verdict(&f, SYS_ARCH_X32, nr, args) != SECCOMP_RET_ALLOW);
	}
	assert_true(cbpf_run(&f.oci, &arm, &r) && r != SECCOMP_RET_ALLOW);
	assert_true(cbpf_run(&f.own, &arm, &r) && r != SECCOMP_RET_ALLOW);
	filters_deinit(&f);
}

static void used_tables_are_open(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "getuid32", APP, SYS_ARCH_X86, false, false, { 0 } },
		{ "mmap2", APP, SYS_ARCH_X86, false, true, { 3 } },
		{ "rt_sigaction", APP, SYS_ARCH_X32, false, false, { 0 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct backend_options o = { .default_errno = EPERM };
	const uint64_t none[6] = { 0 }, write[6] = { 0, 0, 3 }, both[6] = { 0, 0, 7 };
	struct filters f;

	filters_init(&f, p, &o);
	check_number("read", verdict(&f, NATIVE, 0, none), SECCOMP_RET_ALLOW);
	check_number("getuid32", verdict(&f, SYS_ARCH_X86, 199, none), SECCOMP_RET_ALLOW);
	check_number("mmap2", verdict(&f, SYS_ARCH_X86, 192, write), SECCOMP_RET_ALLOW);
	check_number("mmap2 W+X", verdict(&f, SYS_ARCH_X86, 192, both), f.denied);
	check_number("rt_sigaction", verdict(&f, SYS_ARCH_X32, 512, none), SECCOMP_RET_ALLOW);
	check_number("x32 ptrace", verdict(&f, SYS_ARCH_X32, 521, none), f.denied);
	check_number("x86 ptrace", verdict(&f, SYS_ARCH_X86, 26, none), f.denied);
	filters_deinit(&f);
}

/* --- laws --------------------------------------------------------------------------------------- */

/* Values at which a comparison with a mask changes its mind. */
static uint64_t boundary(struct chance *c, const struct policy_match *m, int i)
{
	uint64_t v = m ? m->value[i] : 0;

	switch (chance_below(c, 6)) {
	case 0:
		return v;
	case 1:
		return v ^ 1ULL << chance_below(c, 64);
	case 2:
		return v | (chance_next(c) & (m ? ~m->mask[i] : 0));
	case 3:
		return chance_below(c, 2) ? 0 : UINT64_MAX;
	case 4:
		return v + 1 - chance_below(c, 3);
	default:
		return chance_next(c);
	}
}

static void check_everywhere(const struct filters *f, struct chance *c, int rounds)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		/* The 32-bit table multiplexes socket and System V calls: see below. */
		if (!f->policy.archs[arch] || arch == SYS_ARCH_X86)
			continue;
		for (int nr = 0; nr < SYS_NR_MAX; nr++) {
			const char *name = sys_call_name((enum sys_arch)arch, nr);
			const struct policy_entry *e = name ? policy_find(&f->policy, name) : NULL;
			size_t n = e && e->matches.len ? e->matches.len * (size_t)rounds : 1;

			for (size_t i = 0; i < n; i++) {
				const struct policy_match *m =
					e && e->matches.len ?
						&e->matches.items[i % e->matches.len] :
						NULL;
				uint64_t args[6];

				for (int k = 0; k < 6; k++)
					args[k] = boundary(c, m, k);
				check_number(name ? name : "no name",
					     verdict(f, (enum sys_arch)arch, nr, args),
					     expected(f, (enum sys_arch)arch, nr, args));
			}
		}
	}
}

static void the_filter_is_the_policy(void **state)
{
	struct chance c = { 99 };

	for (int way = 0; way < 3; way++) {
		cleanup_profile struct profile *p = sample_profile(web, ARRAY_SIZE(web));
		struct backend_options o = { .policy = { .arguments = (enum policy_arguments)way,
							 .with_denied = way == 1,
							 .with_entered = way == 1 },
					     .default_errno = way ? EPERM : ENOSYS };
		struct filters f;

		p->runtime.name = strdup("runc");
		filters_init(&f, p, &o);
		check_everywhere(&f, &c, 50);
		filters_deinit(&f);
	}
}

static struct profile *random_profile(struct chance *c)
{
	static const char *const planned[] = { "clone",	      "socket",	 "mmap",       "prctl",
					       "unshare",     "bpf",	 "setsockopt", "ioctl",
					       "personality", "mprotect" };
	struct profile *p = profile_new("x");

	for (size_t i = 0; i < 60; i++) {
		enum sys_arch arch = chance_below(c, 4) ? NATIVE : SYS_ARCH_X32;
		const char *name = sys_call_name(arch, (int)chance_below(c, 450));
		struct sample_call call = { name,  chance_below(c, 3) ? APP : PROFILE_TAIL,
					    arch,  false,
					    false, { 0 } };

		if (name && !sys_arg_plan(name))
			sample_add(p, &call);
	}
	for (size_t i = 0; i < 80; i++) {
		const char *name = planned[chance_below(c, ARRAY_SIZE(planned))];
		const struct sys_arg_plan *plan = sys_arg_plan(name);
		struct sample_call call = { name, APP, NATIVE, false, true, { 0 } };

		for (unsigned k = 0; k < plan->count; k++)
			call.values[k] = chance_below(c, 4) ? chance_below(c, 40) :
							      chance_next(c) & INT64_MAX;
		sample_add(p, &call);
	}
	return p;
}

static void random_filters_are_their_policies(void **state)
{
	struct chance c = { 2024 };

	for (int round = 0; round < 12; round++) {
		cleanup_profile struct profile *p = random_profile(&c);
		struct backend_options o = { .policy = { .arguments = (enum policy_arguments)(
								 round % 2) },
					     .default_errno = round % 3 ? EPERM : ENOSYS };
		struct filters f;

		filters_init(&f, p, &o);
		check_everywhere(&f, &c, 8);
		filters_deinit(&f);
	}
}

/* The law that matters: nothing that was seen is denied. */
static void what_was_seen_is_allowed(void **state)
{
	struct chance c = { 4242 };

	for (int round = 0; round < 12; round++) {
		cleanup_profile struct profile *p = random_profile(&c);
		struct backend_options o = { .policy = { .arguments = (enum policy_arguments)(
								 round % 3),
							 .clone3 = true },
					     .default_errno = EPERM };
		struct filters f;

		filters_init(&f, p, &o);
		vec_foreach(call, &p->calls) {
			const char *name = sys_call_name(call->arch, (int)call->nr);
			const struct sys_arg_plan *plan = sys_arg_plan(name);
			uint64_t args[6];

			if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
				continue;
			for (size_t i = 0; i < (call->tuples.len ? call->tuples.len : 1); i++) {
				for (int k = 0; k < 6; k++)
					args[k] = chance_next(&c);
				for (unsigned k = 0; plan && call->tuples.len && k < plan->count;
				     k++)
					args[plan->arg[k].index] = call->tuples.items[i].values[k];
				check_number(name, verdict(&f, call->arch, (int)call->nr, args),
					     SECCOMP_RET_ALLOW);
			}
		}
		filters_deinit(&f);
	}
}

/* Calls of the start alone go to an agent, with the arguments that were seen; the rest as ever. */
static void two_phases(void **state)
{
	static const struct {
		const char *row, *name;
		uint64_t a, b, c;
		uint32_t want;
	} rows[] = {
		{ "both phases", "read", 0, 0, 0, SECCOMP_RET_ALLOW },
		{ "the start alone", "openat", 0, 0, 0, SECCOMP_RET_USER_NOTIF },
		{ "with the arguments seen", "socket", 2, 1, 6, SECCOMP_RET_USER_NOTIF },
		{ "with others", "socket", 2, 3, 255, SECCOMP_RET_ERRNO | EPERM },
		{ "the runtime's", "execve", 0, 0, 0, SECCOMP_RET_ALLOW },
		{ "implied", "rt_sigreturn", 0, 0, 0, SECCOMP_RET_ALLOW },
		{ "never seen", "ptrace", 0, 0, 0, SECCOMP_RET_ERRNO | EPERM },
	};
	cleanup_profile struct profile *p = sample_profile(web, ARRAY_SIZE(web));
	struct backend_options o = { .default_errno = EPERM, .agent_socket = "/run/a" };
	cleanup_buf struct buf text = BUF_INIT;
	struct cbpf program;

	p->recording.ready_seen = true;
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		bool start = str_eq(name, "openat") || str_eq(name, "socket");

		c->phases = start ? PROFILE_START : PROFILE_START | PROFILE_SERVE;
	}
	assert_int_equal(profile_backend_seccomp.emit(p, &o, &text, NULL), 0);
	program = oci_filter_compile(text.data, text.len);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t args[6] = { rows[i].a, rows[i].b, rows[i].c };
		struct seccomp_data d = data_of(NATIVE, sys_call_nr(NATIVE, rows[i].name), args);
		uint32_t got = 0;

		check(rows[i].row, cbpf_run(&program, &d, &got));
		check_number(rows[i].row, got, rows[i].want);
	}
	cbpf_deinit(&program);
}

/*
 * On 32-bit x86 socket() may also come as socketcall(1, pointer), whose arguments no filter sees.
 * A family that was not seen must not come in through that door unless socketcall itself was used.
 */
static void socketcall_is_no_back_door(void **state)
{
	static const struct sample_call calls[] = {
		{ "socket", APP, SYS_ARCH_X86, false, true, { 1, 1, 0 } },
		{ "read", APP, SYS_ARCH_X86, false, false, { 0 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct backend_options o = { .default_errno = EPERM };
	const uint64_t seen[6] = { 1, 1, 0 }, packet[6] = { 17, 3, 0 },
		       multiplexed[6] = { 1, 0x1000 };
	struct filters f;

	filters_init(&f, p, &o);
	check_number("socket, seen", verdict(&f, SYS_ARCH_X86, 359, seen), SECCOMP_RET_ALLOW);
	check_number("socket, packet", verdict(&f, SYS_ARCH_X86, 359, packet), f.denied);
	check_number("socketcall", verdict(&f, SYS_ARCH_X86, 102, multiplexed), f.denied);
	filters_deinit(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpreter),
		cmocka_unit_test(a_web_server),
		cmocka_unit_test(strict_arguments),
		cmocka_unit_test(unused_tables_are_shut),
		cmocka_unit_test(used_tables_are_open),
		cmocka_unit_test(the_filter_is_the_policy),
		cmocka_unit_test(random_filters_are_their_policies),
		cmocka_unit_test(what_was_seen_is_allowed),
		cmocka_unit_test(two_phases),
		cmocka_unit_test(socketcall_is_no_back_door),
	};

	return unit_run(tests);
}
