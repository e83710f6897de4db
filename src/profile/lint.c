/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/lint.h"

#include <assert.h>
#include <errno.h>

#include "base/str.h"
#include "profile/multiplex.h"
#include "uapi/capability.h"

const char *const lint_severity_names[] = {
	[LINT_INFO] = "info", [LINT_LOW] = "low", [LINT_MEDIUM] = "medium", [LINT_HIGH] = "high"
};
static_assert(ARRAY_SIZE(lint_severity_names) == LINT_SEVERITIES, "a name for each");

static void mention(struct buf *detail, const char *text)
{
	buf_addf(detail, "%s%s", detail->len ? ", " : "", text);
}

/* Mentions those of a list that get through; true if there are any. */
static bool any_of(const struct lint_input *in, struct buf *detail, const struct reach *list,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (policy_reaches(in->policy, &list[i]))
			mention(detail, list[i].call);
	return detail->len > 0;
}

#define ANY_OF(...)                                         \
	static const struct reach list[] = { __VA_ARGS__ }; \
                                                            \
	return any_of(in, detail, list, ARRAY_SIZE(list))

#define CALL(name)           \
	{                    \
		.call = name \
	}
#define FAMILY(n)                                                 \
	{                                                         \
		.call = "socket", .arg = { { 0, 0xffffffff, n } } \
	}

/* --- ways around the filter --------------------------------------------------------------------- */

static bool tracing_old_kernel(const struct lint_input *in, struct buf *detail)
{
	if (in->kernel_major > 4 || (in->kernel_major == 4 && in->kernel_minor >= 8))
		return false;
	ANY_OF(CALL("ptrace"));
}

static bool socketcall_open(const struct lint_input *in, struct buf *detail)
{
	static const char *const compared[] = { "socket", "socketpair", "setsockopt" };

	for (size_t i = 0; i < ARRAY_SIZE(compared); i++) {
		const struct policy_entry *e = policy_find(in->policy, compared[i]);
		const struct multiplexed *m = multiplexed_find(SYS_ARCH_X86, compared[i]);
		struct reach around = { .call = "socketcall",
					.arg = { { 0, UINT32_MAX, m->number } } };

		if (in->policy->archs[SYS_ARCH_X86] && e && e->matches.len &&
		    policy_reaches(in->policy, &around))
			mention(detail, compared[i]);
	}
	return detail->len > 0;
}

static bool clone3_open(const struct lint_input *in, struct buf *detail)
{
	const struct policy_entry *clone = policy_find(in->policy, "clone");

	if (!clone || !clone->matches.len || !policy_reaches_call(in->policy, "clone3"))
		return false;
	mention(detail, "clone is compared, clone3 is not");
	return true;
}

/* glibc 2.34 takes clone only if clone3 is answered with ENOSYS. */
static bool clone3_refused_hard(const struct lint_input *in, struct buf *detail)
{
	const struct policy_entry *e = policy_find(in->policy, "clone3");

	if (e || in->default_errno == ENOSYS || !policy_reaches_call(in->policy, "clone"))
		return false;
	mention(detail, "clone is allowed, clone3 is answered with EPERM");
	return true;
}

static bool io_uring_open(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("io_uring_setup"), CALL("io_uring_enter"), CALL("io_uring_register"));
}

static bool other_tables(const struct lint_input *in, struct buf *detail)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		if (arch != SYS_ARCH_X86_64 && in->policy->archs[arch])
			mention(detail, sys_archs[arch].name);
	return detail->len > 0;
}

/* --- ways out ----------------------------------------------------------------------------------- */

static bool user_namespaces(const struct lint_input *in, struct buf *detail)
{
	ANY_OF({ .call = "clone", .arg = { { 0, 0x10000000, 0x10000000 } } },
	       { .call = "unshare", .arg = { { 0, 0x10000000, 0x10000000 } } }, CALL("clone3"));
}

static bool host_calls(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("bpf"), CALL("init_module"), CALL("finit_module"), CALL("delete_module"),
	       CALL("kexec_load"), CALL("kexec_file_load"), CALL("open_by_handle_at"), CALL("iopl"),
	       CALL("ioperm"), CALL("perf_event_open"), CALL("reboot"), CALL("swapon"),
	       CALL("acct"), CALL("settimeofday"), CALL("clock_settime"));
}

static bool mounting(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("mount"), CALL("umount2"), CALL("pivot_root"), CALL("move_mount"),
	       CALL("open_tree"), CALL("fsmount"), CALL("mount_setattr"), CALL("setns"));
}

static bool other_processes(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("ptrace"), CALL("process_vm_readv"), CALL("process_vm_writev"),
	       CALL("pidfd_getfd"));
}

static bool keyrings(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("keyctl"), CALL("add_key"), CALL("request_key"));
}

static bool page_faults(const struct lint_input *in, struct buf *detail)
{
	ANY_OF(CALL("userfaultfd"));
}

/* Capabilities that are, by one way or another, all of root. */
static const struct {
	unsigned cap;
	const char *why;
} roots[] = {
	{ 21, "mounts, namespaces, and a hundred other things" }, /* SYS_ADMIN */
	{ 16, "code in the kernel" },				  /* SYS_MODULE */
	{ 17, "physical memory and ports" },			  /* SYS_RAWIO */
	{ 19, "other processes' memory" },			  /* SYS_PTRACE */
	{ 2, "any file of the host by its handle" },		  /* DAC_READ_SEARCH */
	{ 22, "the machine's boot" },				  /* SYS_BOOT */
	{ 39, "programs in the kernel" },			  /* BPF */
	{ 38, "what everybody executes" },			  /* PERFMON */
	{ 33, "the security module's policy" },			  /* MAC_ADMIN */
	{ 32, "its exceptions" },				  /* MAC_OVERRIDE */
};

static bool root_capabilities(const struct lint_input *in, struct buf *detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (in->caps >> roots[i].cap & 1)
			buf_addf(detail, "%s%s (%s)", detail->len ? ", " : "",
				 sys_cap_name(roots[i].cap), roots[i].why);
	return detail->len > 0;
}

/* --- what an intruder can use ------------------------------------------------------------------- */

static bool writable_code(const struct lint_input *in, struct buf *detail)
{
	ANY_OF({ .call = "mmap", .arg = { { 2, 6, 6 } } },
	       { .call = "mprotect", .arg = { { 2, 6, 6 } } },
	       { .call = "pkey_mprotect", .arg = { { 2, 6, 6 } } });
}

static bool code_without_file(const struct lint_input *in, struct buf *detail)
{
	return policy_reaches_call(in->policy, "memfd_create") &&
	       (policy_reaches_call(in->policy, "execveat") ||
		policy_reaches_call(in->policy, "execve")) &&
	       (mention(detail, "memfd_create"), true);
}

static bool odd_sockets(const struct lint_input *in, struct buf *detail)
{
	static const struct {
		struct reach socket;
		const char *name;
	} list[] = {
		{ FAMILY(17), "AF_PACKET" },
		{ FAMILY(38), "AF_ALG" },
		{ FAMILY(40), "AF_VSOCK" },
		{ FAMILY(21), "AF_RDS" },
		{ FAMILY(30), "AF_TIPC" },
		{ FAMILY(29), "AF_CAN" },
		{ { .call = "socket", .arg = { { 0, 0xffffffff, 2 }, { 1, 0xf, 3 } } },
		  "raw IPv4" },
		{ { .call = "socket", .arg = { { 0, 0xffffffff, 10 }, { 1, 0xf, 3 } } },
		  "raw IPv6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (policy_reaches(in->policy, &list[i].socket))
			mention(detail, list[i].name);
	return detail->len > 0;
}

static bool terminal_input(const struct lint_input *in, struct buf *detail)
{
	const struct policy_entry *e = policy_find(in->policy, "ioctl");
	static const struct reach inject = { .call = "ioctl",
					     .arg = { { 1, 0xffffffff, 0x5412 } } };

	/* Only where it is known: without compared arguments every ioctl is open, which is usual. */
	if (!e || !e->matches.len || !policy_reaches(in->policy, &inject))
		return false;
	mention(detail, "TIOCSTI");
	return true;
}

static bool personality_open(const struct lint_input *in, struct buf *detail)
{
	ANY_OF({ .call = "personality", .arg = { { 0, 0xffffffff, 0x0400000 } } },
	       { .call = "personality", .arg = { { 0, 0xffffffff, 0x0040000 } } });
}

/* --- layers that contradict each other ---------------------------------------------------------- */

static bool caps_without_calls(const struct lint_input *in, struct buf *detail)
{
	uint64_t useless = 0, used = 0;

	vec_foreach(c, &in->profile->caps) {
		const char *call = sys_call_name(c->arch, (int)c->nr);

		if (!(in->caps >> c->cap & 1))
			continue;
		if (!call || policy_reaches_call(in->policy, call))
			used |= 1ULL << c->cap;
		else
			useless |= 1ULL << c->cap;
	}
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if ((useless & ~used) >> cap & 1)
			mention(detail, sys_cap_name(cap));
	return detail->len > 0;
}

/* Calls that do nothing without a capability (capabilities(7)). */
static const struct {
	const char *call;
	unsigned cap;
} needs[] = {
	{ "mount", 21 },
	{ "umount2", 21 },
	{ "pivot_root", 21 },
	{ "setns", 21 },
	{ "sethostname", 21 },
	{ "setdomainname", 21 },
	{ "swapon", 21 },
	{ "swapoff", 21 },
	{ "init_module", 16 },
	{ "finit_module", 16 },
	{ "delete_module", 16 },
	{ "reboot", 22 },
	{ "kexec_load", 22 },
	{ "settimeofday", 25 },
	{ "clock_settime", 25 },
	{ "iopl", 17 },
	{ "ioperm", 17 },
	{ "acct", 20 },
	{ "open_by_handle_at", 2 },
	{ "chroot", 18 },
	{ "vhangup", 26 },
};

static bool calls_without_caps(const struct lint_input *in, struct buf *detail)
{
	if (!in->profile->caps.len && !in->profile->credentials.known)
		return false; /* imported, or traced: its capabilities are not known */
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (policy_reaches_call(in->policy, needs[i].call) &&
		    !(in->caps >> needs[i].cap & 1))
			buf_addf(detail, "%s%s (%s)", detail->len ? ", " : "", needs[i].call,
				 sys_cap_name(needs[i].cap));
	return detail->len > 0;
}

static bool peers_without_sockets(const struct lint_input *in, struct buf *detail)
{
	static const char *const calls[] = {
		[ABI_PEER_BIND] = "bind", [ABI_PEER_LISTEN] = "listen", [ABI_PEER_CONNECT] = "connect"
	};
	bool told[ARRAY_SIZE(calls)] = { false };

	vec_foreach(peer, &in->profile->peers) {
		const char *call = (size_t)peer->op < ARRAY_SIZE(calls) ? calls[peer->op] : NULL;

		if (peer->layer != PROFILE_APP || !call || told[peer->op])
			continue;
		told[peer->op] = true;
		if (!policy_reaches_call(in->policy, call) &&
		    !policy_reaches_call(in->policy, "socketcall") &&
		    !policy_reaches_call(in->policy, "io_uring_enter"))
			mention(detail, call);
	}
	return detail->len > 0;
}

static bool executables_without_exec(const struct lint_input *in, struct buf *detail)
{
	size_t n = 0;

	if (policy_reaches_call(in->policy, "execve") ||
	    policy_reaches_call(in->policy, "execveat"))
		return false;
	vec_foreach(f, &in->profile->files)
		if (f->layer == PROFILE_APP && f->ops & ABI_FILE_EXEC && n++ < 4)
			mention(detail, f->path);
	return n > 1; /* one of them is executed from outside: the workload's own program */
}

static bool written_and_executed(const struct lint_input *in, struct buf *detail)
{
	size_t n = 0;

	vec_foreach(f, &in->profile->files) {
		bool code = f->ops & (ABI_FILE_EXEC | ABI_FILE_MAP_EXEC);
		bool written = f->ops & (ABI_FILE_WRITE | ABI_FILE_CREATE | ABI_FILE_RENAME_TO);

		if (f->layer == PROFILE_APP && code && written && n++ < 4)
			mention(detail, f->path);
	}
	return n > 0;
}

/* --- what the profile does not know ------------------------------------------------------------- */

static bool tail_unknown(const struct lint_input *in, struct buf *detail)
{
	const struct profile *p = in->profile;

	if (!p->runtime.name || p->runtime.tail != PROFILE_TAIL_NONE)
		return false;
	mention(detail, p->runtime.name);
	return true;
}

static bool incomplete(const struct lint_input *in, struct buf *detail)
{
	for (int i = 0; i < ABI_LOSSES; i++)
		if (in->profile->recording.losses[i])
			buf_addf(detail, "%s%llu %s lost", detail->len ? ", " : "",
				 (unsigned long long)in->profile->recording.losses[i],
				 profile_loss_names[i]);
	if (in->profile->recording.end_ns && !in->profile->recording.start_seen)
		mention(detail, "the start was not seen");
	return detail->len > 0;
}

static bool refused_before(const struct lint_input *in, struct buf *detail)
{
	vec_foreach(c, &in->profile->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (c->refused && c->layer == PROFILE_APP && name &&
		    !policy_reaches_call(in->policy, name))
			mention(detail, name);
	}
	return detail->len > 0;
}

static bool widened(const struct lint_input *in, struct buf *detail)
{
	vec_foreach(e, &in->policy->entries)
		if (e->widened)
			mention(detail, e->name);
	return detail->len > 0;
}

static bool unnamed(const struct lint_input *in, struct buf *detail)
{
	vec_foreach(nr, &in->policy->unnamed)
		buf_addf(detail, "%s%u", detail->len ? ", " : "", *nr);
	return detail->len > 0;
}

const struct lint_check lint_checks[] = {
	{ "tracer-bypass", LINT_HIGH,
	  "before Linux 4.8 a tracer can change a call after the filter has looked at it",
	  "deny ptrace, or update the kernel", tracing_old_kernel },
	{ "clone3-bypass", LINT_HIGH,
	  "clone3 takes its flags from memory: what clone's comparison forbids goes that way",
	  "leave --allow clone3 out: it is answered with ENOSYS, and libc takes clone",
	  clone3_open },
	{ "io-uring-bypass", LINT_HIGH,
	  "io_uring opens files, connects and sends without a system call that a filter sees",
	  "turn io_uring off in the application, or confine it by a security module as well",
	  io_uring_open },
	{ "socketcall-bypass", LINT_MEDIUM,
	  "32-bit x86's socketcall takes its arguments from memory: socket's comparisons don't hold there",
	  "record without 32-bit programs, or don't count on the comparisons", socketcall_open },
	{ "more-tables", LINT_LOW,
	  "every further table of calls multiplies what can be called, much of it rarely tested",
	  "find the program that uses it, and use its 64-bit build", other_tables },
	{ "user-namespaces", LINT_HIGH,
	  "in a user namespace of its own a process has all capabilities, against code that trusted root",
	  "find out who needs it; else drop the combination", user_namespaces },
	{ "root-capabilities", LINT_HIGH,
	  "these capabilities are all of root, by one way or another",
	  "find out which call needs it (merlon profile explain PROFILE CAPABILITY)",
	  root_capabilities },
	{ "host-calls", LINT_HIGH, "these act on the machine, not on the container",
	  "move what needs it out of the container", host_calls },
	{ "mounting", LINT_MEDIUM,
	  "who can change mounts or namespaces can take the container's walls down",
	  "mount before the start: volumes, init containers", mounting },
	{ "other-processes", LINT_MEDIUM,
	  "these read and write other processes' memory and descriptors",
	  "deny them unless it is a debugger; share no PID namespace", other_processes },
	{ "keyrings", LINT_MEDIUM,
	  "keyrings have no namespace: keys of other containers may be in reach",
	  "deny them: few programs need them", keyrings },
	{ "page-faults", LINT_MEDIUM,
	  "userfaultfd holds the kernel in the middle of a copy: races are won so", "deny it",
	  page_faults },
	{ "odd-sockets", LINT_MEDIUM,
	  "sockets of these kinds forge or read traffic, or load rare protocols",
	  "record with arguments, so that socket is compared", odd_sockets },
	{ "written-and-executed", LINT_MEDIUM,
	  "what is written is executed as well: an intruder's file would be",
	  "make the image complete, and the directory noexec", written_and_executed },
	{ "writable-code", LINT_LOW, "memory may be writable and executable: injected code runs",
	  "turn the just-in-time compiler off where it is not needed", writable_code },
	{ "code-without-file", LINT_LOW, "a program can be run out of memory, which is in no file",
	  "deny memfd_create if it was not seen", code_without_file },
	{ "terminal-input", LINT_LOW,
	  "TIOCSTI types into the terminal of who looks at the container",
	  "don't allocate a terminal", terminal_input },
	{ "personality", LINT_LOW,
	  "personality can turn address randomisation off, or reading into executing",
	  "compare its argument", personality_open },
	{ "clone3-refused", LINT_MEDIUM,
	  "glibc takes clone only if clone3 is answered with ENOSYS: no thread starts",
	  "export with --errno ENOSYS (the default)", clone3_refused_hard },
	{ "capability-without-call", LINT_LOW,
	  "the calls that these capabilities are for are denied", "drop them", caps_without_calls },
	{ "call-without-capability", LINT_INFO, "without the capability these fail anyway",
	  "leave them out, or find out why they were called", calls_without_caps },
	{ "peer-without-socket", LINT_MEDIUM, "the network part says what the calls deny",
	  "look how the profile was edited or cut", peers_without_sockets },
	{ "file-without-exec", LINT_MEDIUM, "files are executed, but no call to execute is allowed",
	  "look how the profile was edited or cut", executables_without_exec },
	{ "runtime-unknown", LINT_MEDIUM,
	  "the runtime's calls after it loaded the filter are not known: the container may not start",
	  "record again where the runtime can be calibrated", tail_unknown },
	{ "incomplete", LINT_MEDIUM, "not all of the run is in it",
	  "record again, from the start, with more --capacity", incomplete },
	{ "refused-before", LINT_INFO,
	  "a filter in force refused these while recording: the workload wanted them",
	  "--with-denied, if it needs them", refused_before },
	{ "widened", LINT_INFO, "too many combinations of arguments: more is allowed than was seen",
	  "none is needed; --arguments strict asks for more", widened },
	{ "unnamed-calls", LINT_INFO, "numbers that no table names can't be allowed",
	  "update libseccomp", unnamed },
};
const size_t lint_checks_count = ARRAY_SIZE(lint_checks);
