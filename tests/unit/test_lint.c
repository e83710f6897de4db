/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of lint, on a profile that it is about and on one that it is not; and what is out of reach. */
#include "profile/lint.h"

#include <errno.h>

#include "base/str.h"
#include "profile/surface.h"
#include "profile/vulnerability.h"
#include "sample.h"
#include "unit.h"

#define X64 SYS_ARCH_X86_64
#define X86 SYS_ARCH_X86
#define APP PROFILE_APP
#define CALL(name)                            \
	{                                     \
		name, APP, X64, false, false, \
		{                             \
			0                     \
		}                             \
	}
#define WITH(name, ...)                      \
	{                                    \
		name, APP, X64, false, true, \
		{                            \
			__VA_ARGS__          \
		}                            \
	}

/* A web server that nothing is wrong with. */
static const struct sample_call web[] = {
	CALL("read"),
	CALL("write"),
	CALL("bind"),
	CALL("listen"),
	CALL("accept4"),
	CALL("execve"),
	WITH("socket", 2, 1, 6),
	WITH("mmap", 3),
	WITH("mmap", 5),
	WITH("mprotect", 1),
	WITH("clone", 0x3d0f00),
	CALL("clone3"),
};

static struct policy_options options;
static struct lint_input input;

static void begin(const struct sample_call *more, size_t count)
{
	struct sample_call all[ARRAY_SIZE(web) + 8];

	assert_true(count <= 8);
	memcpy(all, web, sizeof(web));
	for (size_t i = 0; i < count; i++)
		all[ARRAY_SIZE(web) + i] = more[i];
	input = (struct lint_input){ .profile = sample_profile(all, ARRAY_SIZE(web) + count),
				     .policy = calloc(1, sizeof(struct policy)),
				     .default_errno = ENOSYS,
				     .kernel_major = 6 };
	assert_non_null(input.policy);
}

static struct profile *profile_(void)
{
	return (struct profile *)input.profile;
}

static bool finds(const char *id)
{
	for (size_t i = 0; i < lint_checks_count; i++) {
		cleanup_buf struct buf detail = BUF_INIT;
		bool holds;

		if (!str_eq(lint_checks[i].id, id))
			continue;
		holds = lint_checks[i].holds(&input, &detail);
		check(id, !holds || detail.len);
		return holds;
	}
	check(id, false);
	return false;
}

static void build(void)
{
	assert_int_equal(policy_build((struct policy *)input.policy, input.profile, &options, NULL),
			 0);
}

static void end(void)
{
	policy_deinit((struct policy *)input.policy);
	free((void *)input.policy);
	profile_free(profile_());
	options = (struct policy_options){ 0 };
}

static void nothing_to_say(void **state)
{
	begin(NULL, 0);
	profile_()->recording.start_seen = true;
	build();
	for (size_t i = 0; i < lint_checks_count; i++)
		check(lint_checks[i].id, !finds(lint_checks[i].id));
	end();
}

static void by_calls(void **state)
{
	static const struct {
		const char *id;
		struct sample_call call;
	} rows[] = {
		{ "io-uring-bypass", CALL("io_uring_setup") },
		{ "more-tables", { "getpid", APP, X86, false, false, { 0 } } },
		{ "socketcall-bypass", { "socketcall", APP, X86, false, true, { 1 } } },
		{ "user-namespaces", WITH("unshare", 0x10000000) },
		{ "user-namespaces", WITH("clone", 0x10000011) },
		{ "host-calls", WITH("bpf", 5) },
		{ "host-calls", CALL("finit_module") },
		{ "mounting", CALL("mount") },
		{ "other-processes", WITH("ptrace", 16) },
		{ "keyrings", WITH("keyctl", 0) },
		{ "page-faults", CALL("userfaultfd") },
		{ "odd-sockets", WITH("socket", 17, 3, 0x300) },
		{ "odd-sockets", WITH("socket", 2, 3, 1) },
		{ "odd-sockets", { "socketcall", APP, X86, false, true, { 1 } } },
		{ "writable-code", WITH("mprotect", 7) },
		{ "code-without-file", CALL("memfd_create") },
		{ "personality", WITH("personality", 0x400000) },
		{ "refused-before", { "unshare", APP, X64, true, false, { 0 } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&rows[i].call, 1);
		build();
		check(rows[i].id, finds(rows[i].id));
		end();
	}
}

static void by_options(void **state)
{
	static const struct sample_call ioctl = WITH("ioctl", 0x5412);
	static const struct sample_call ptrace = WITH("ptrace", 16);

	begin(NULL, 0);
	options.clone3 = true;
	build();
	assert_true(finds("clone3-bypass"));
	assert_true(finds("user-namespaces"));
	end();

	begin(&ioctl, 1);
	build();
	assert_false(finds("terminal-input")); /* any ioctl is open: nothing that is told apart */
	end();
	begin(&ioctl, 1);
	options.arguments = POLICY_ARGUMENTS_STRICT;
	build();
	assert_true(finds("terminal-input"));
	end();

	begin(&ptrace, 1);
	input.kernel_major = 4;
	input.kernel_minor = 7;
	build();
	assert_true(finds("tracer-bypass"));
	input.kernel_minor = 8;
	assert_false(finds("tracer-bypass"));
	end();

	begin(NULL, 0);
	build();
	input.default_errno = EPERM;
	assert_false(finds("clone3-refused")); /* it was seen, and is answered with ENOSYS */
	end();
}

static void by_facts(void **state)
{
	const struct profile_evidence e = { 0 };
	struct profile_cap admin = { .cap = 21, .layer = APP, .outcome = ABI_CAP_USED, .nr = 165 };
	struct profile_peer peer = { .op = ABI_PEER_CONNECT, .layer = APP, .family = 2 };
	static const struct sample_call mount = CALL("mount");

	begin(NULL, 0);
	profile_executable(profile_(), "/x");
	profile_add_cap(profile_(), &admin, &e);
	profile_add_peer(profile_(), &peer, &e);
	profile_add_file(profile_(), "/data/tool", ABI_FILE_WRITE | ABI_FILE_EXEC, 0, APP, &e);
	profile_()->runtime.name = strdup("runc");
	profile_()->recording.losses[ABI_LOSS_FILES] = 3;
	build();
	input.caps = policy_capabilities(input.profile, &options);
	assert_true(finds("root-capabilities"));
	assert_true(finds("capability-without-call"));
	assert_true(finds("peer-without-socket"));
	assert_true(finds("written-and-executed"));
	assert_true(finds("runtime-unknown"));
	assert_true(finds("incomplete"));
	assert_false(finds("call-without-capability"));
	assert_false(finds("file-without-exec"));
	end();

	begin(&mount, 1);
	profile_()->credentials.known = true;
	build();
	assert_true(finds("call-without-capability"));
	end();
}

static void cut_calls(void **state)
{
	static const struct sample_call few[] = { CALL("read") };
	const struct profile_evidence e = { 0 };

	input = (struct lint_input){ .profile = sample_profile(few, 1),
				     .policy = calloc(1, sizeof(struct policy)) };
	profile_executable(profile_(), "/x");
	profile_add_file(profile_(), "/bin/a", ABI_FILE_EXEC, 0, APP, &e);
	profile_add_file(profile_(), "/bin/b", ABI_FILE_EXEC, 0, APP, &e);
	build();
	assert_true(finds("file-without-exec"));
	end();
}

/* --- tables ------------------------------------------------------------------------------------- */

static void tables_are_sound(void **state)
{
	for (size_t i = 0; i < lint_checks_count; i++) {
		for (size_t k = 0; k < i; k++)
			check(lint_checks[i].id, !str_eq(lint_checks[i].id, lint_checks[k].id));
		check(lint_checks[i].id, *lint_checks[i].why && *lint_checks[i].fix);
	}
	for (size_t i = 0; i < vulnerabilities_count; i++) {
		const struct vulnerability *v = &vulnerabilities[i];
		int year, number, len = 0;

		check(v->id,
		      sscanf(v->id, "CVE-%4d-%d%n", &year, &number, &len) == 2 && !v->id[len]);
		check(v->id, year >= 2008 && year <= 2026);
		check(v->id, v->ways[0].call);
		for (size_t k = 0; k < VULNERABILITY_WAYS_MAX && v->ways[k].call; k++)
			check(v->id, sys_call_is_known(v->ways[k].call));
		for (size_t k = 0; k < i; k++)
			check(v->id, !str_eq(v->id, vulnerabilities[k].id));
	}
	for (size_t i = 0; i < surfaces_count; i++)
		for (size_t k = 0; k < SURFACE_PARTS_MAX && surfaces[i].parts[k].call; k++)
			check(surfaces[i].parts[k].call,
			      sys_call_is_known(surfaces[i].parts[k].call));
}

static bool is_cut_off(const char *id)
{
	for (size_t i = 0; i < vulnerabilities_count; i++)
		if (str_eq(vulnerabilities[i].id, id))
			return vulnerability_is_cut_off(&vulnerabilities[i], input.policy);
	check(id, false);
	return false;
}

static void what_is_cut_off(void **state)
{
	static const struct sample_call dangerous[] = { WITH("socket", 16, 3, 12), WITH("bpf", 0) };
	static const struct sample_call around = { "socketcall", APP, X86, false, true, { 1 } };

	begin(NULL, 0);
	build();
	assert_true(is_cut_off("CVE-2022-0185"));
	assert_true(is_cut_off("CVE-2024-1086"));
	assert_true(is_cut_off("CVE-2021-3490"));
	assert_true(is_cut_off("CVE-2018-18955"));
	end();

	begin(dangerous, 2);
	build();
	assert_false(is_cut_off("CVE-2024-1086")); /* netfilter's netlink */
	assert_true(is_cut_off("CVE-2013-1763"));  /* another of its protocols */
	assert_false(is_cut_off("CVE-2021-3490"));
	end();

	begin(&around, 1);
	build();
	assert_false(is_cut_off("CVE-2024-1086")); /* socketcall's arguments are out of sight */
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_say),  cmocka_unit_test(by_calls),
		cmocka_unit_test(by_options),	   cmocka_unit_test(by_facts),
		cmocka_unit_test(cut_calls),	   cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(what_is_cut_off),
	};

	return unit_run(tests);
}
