/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include "base/str.h"
#include "uapi/syscall.h"
#include "unit.h"

#define S 1000000000LL
#define NOON (1795348800 * S)

void sample_add(struct profile *p, const struct sample_call *call)
{
	int nr = sys_call_nr(call->arch, call->name);
	struct profile_evidence e = { 0, 1, NOON, NOON + S };
	struct profile_call *c;

	check(call->name, nr >= 0);
	if (!p->executables.len)
		profile_executable(p, "/bin/app");
	c = profile_add_call(p, call->arch, (uint32_t)nr, call->layer, call->refused, &e);
	assert_non_null(c);
	if (call->args)
		assert_int_equal(profile_call_add_tuple(c, call->values, 1), 0);
}

struct profile *sample_profile(const struct sample_call *calls, size_t count)
{
	struct profile *p = profile_new("sample");

	assert_non_null(p);
	for (size_t i = 0; i < count; i++)
		sample_add(p, &calls[i]);
	profile_sort(p);
	return p;
}

static void rich_calls(struct profile *p)
{
	static const struct sample_call calls[] = {
		{ "read", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "execve", PROFILE_SETUP, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "close", PROFILE_TAIL, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "kill", PROFILE_ENTERED, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "mount", PROFILE_APP, SYS_ARCH_X86_64, true, false, { 0 } },
		{ "mmap", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 2 } },
		{ "mmap", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 4 } },
		{ "ptrace", PROFILE_APP, SYS_ARCH_X86_64, false, true, { UINT64_MAX } },
		{ "socket", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 1, 1, 0 } },
		{ "socketcall", PROFILE_APP, SYS_ARCH_X86, false, true, { 1 } },
		{ "rt_sigaction", PROFILE_APP, SYS_ARCH_X32, false, false, { 0 } },
	};
	const struct profile_range beyond = {
		.count = 3, .arg = { { 0x1f, 1, 1, 17 }, { UINT64_MAX, 0, 0, UINT64_MAX } }
	};
	struct profile_evidence e = { 1, UINT64_MAX, 0, NOON };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		sample_add(p, &calls[i]);
	profile_add_call(p, SYS_ARCH_X86_64, SYS_NR_MAX, PROFILE_APP, false, &e);
	profile_add_call(p, SYS_ARCH_X86_64, 777, PROFILE_APP, false, &e);
	vec_foreach(c, &p->calls) {
		c->phases = c->nr % 8; /* not known, and every combination */
		if (c->nr == (uint32_t)sys_call_nr(SYS_ARCH_X86_64, "socket"))
			profile_call_widen(c, &beyond);
	}
}

static void rich_files(struct profile *p)
{
	struct profile_evidence e = { 1, 2, NOON, NOON + 1 };
	struct profile_file *f;

	profile_add_file(p, "/etc/passwd", ABI_FILE_READ, 0, PROFILE_APP, &e);
	f = profile_add_file(p, "/data/x", ABI_FILE_READ, 0, PROFILE_APP, &e);
	f->label = strdup("shop_data_t");
	profile_add_file(p, "/all", (1u << 23) - 1, 0x7f, PROFILE_ENTERED_SETUP, &e);
	profile_add_file(p, "/a\\x0ab\xc3\xa9", ABI_FILE_WRITE, ABI_PATH_DELETED, PROFILE_APP, &e);
	profile_add_file(p, "", 0, ABI_PATH_ABSTRACT, PROFILE_ENTERED_TAIL, &e);
	f = profile_add_file(p, "/tmp/*", ABI_FILE_CREATE, 0, PROFILE_APP, &e);
	f->rule = "temporary";
	f->original_count = 1;
	*(char **)vec_add(&f->originals) = strdup("/tmp/tmpAb3dE9");
}

static void rich_peers(struct profile *p)
{
	static const struct profile_peer peers[] = {
		{ .op = ABI_PEER_CONNECT,
		  .layer = PROFILE_APP,
		  .family = 2,
		  .port = 53,
		  .protocol = 17,
		  .address = { 192, 0, 2, 1 } },
		{ .op = ABI_PEER_LISTEN,
		  .layer = PROFILE_APP,
		  .family = 10,
		  .port = 65535,
		  .protocol = 6,
		  .address = { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
		{ .op = ABI_PEER_SEND,
		  .layer = PROFILE_APP,
		  .family = 2,
		  .port = 0,
		  .protocol = 17,
		  .many = true },
		{ .op = ABI_PEER_BIND, .layer = PROFILE_APP, .family = 16, .protocol = 200 },
		{ .op = ABI_PEER_ACCEPT, .layer = PROFILE_APP, .family = 65535, .protocol = 255 },
	};
	struct profile_evidence e = { 0, 1, NOON, NOON };

	for (size_t i = 0; i < ARRAY_SIZE(peers); i++)
		profile_add_peer(p, &peers[i], &e);
}

static void rich_head(struct profile *p)
{
	p->merlon = strdup("0.1.0");
	p->kernel = strdup("6.1.0 x86_64");
	p->subject.id = strdup("0123456789ab");
	p->subject.name = strdup("web");
	p->subject.engine = strdup("docker");
	p->subject.image = strdup("nginx:1");
	p->subject.image_digest = strdup("sha256:0");
	p->subject.pod_namespace = strdup("shop");
	p->subject.pod_name = strdup("web-0");
	p->subject.cgroup = strdup("/docker/0123456789ab");
	*(char **)vec_add(&p->subject.command) = strdup("nginx");
	p->runtime.name = strdup("runc");
	p->runtime.path = strdup("/usr/sbin/runc");
	p->runtime.version = strdup("1.1.5");
	p->runtime.no_new_privileges = p->runtime.filtered = true;
	p->runtime.tail = PROFILE_TAIL_CALIBRATED;
	p->recording.start_ns = NOON;
	p->recording.end_ns = NOON + 60 * S;
	p->recording.quiet_ns = 12345;
	p->recording.start_seen = p->recording.ready_seen = true;
	p->recording.losses[ABI_LOSS_FILES] = 7;
	p->recording.losses[ABI_LOSS_CELLS] = UINT64_MAX;
	p->recording.file_hook = strdup("tracepoint");
	p->recording.cap_hook = strdup("fentry");
	p->credentials.known = true;
	p->credentials.uid = UINT32_MAX;
	p->credentials.gid = 33;
	p->credentials.effective = 1;
	p->credentials.permitted = 1ULL << 40 | 1;
	p->credentials.bounding = UINT64_MAX;
}

struct profile *sample_rich(void)
{
	const struct profile_cap caps[] = {
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_USED, .nr = 49 },
		{ .cap = 63, .layer = PROFILE_TAIL, .outcome = ABI_CAP_PROBED, .nr = SYS_NR_MAX },
		{ .cap = 21, .layer = PROFILE_APP, .outcome = ABI_CAP_REFUSED, .nr = 165 },
	};
	struct profile_evidence e = { 0, 9, NOON, NOON };
	struct profile *p = profile_new("sample");

	profile_executable(p, "/bin/app");
	profile_executable(p, "/bin/other");
	rich_head(p);
	rich_calls(p);
	rich_files(p);
	rich_peers(p);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		profile_add_cap(p, &caps[i], &e);
	profile_add_note(p, "A sentence.");
	profile_sort(p);
	return p;
}
