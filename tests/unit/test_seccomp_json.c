/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in the dialects of the OCI, Docker and the operator's resources: what they mean, and what is refused. */
#include "profile/seccomp_json.h"

#include <errno.h>

#include "base/str.h"
#include "profile/import.h"
#include "profile/input.h"
#include "unit.h"

#define CAP_PTRACE (1ULL << 19)
#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

static int load(struct input *in, const char *text, const struct seccomp_host *host,
		struct error *err)
{
	memset(in, 0, sizeof(*in));
	return input_read(in, "f", text, strlen(text), host, err);
}

static uint32_t ask(const struct input *in, enum sys_arch arch, const char *name, uint64_t a)
{
	struct seccomp_data d = { .nr = sys_call_nr(arch, name) | (int)sys_archs[arch].nr_flag,
				  .arch = sys_archs[arch].audit_arch,
				  .args = { a } };

	return cbpf_filter_decide(&in->rules, &d);
}

#define OCI(rules) "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" rules "]}"
#define ALL "\"action\": \"SCMP_ACT_ALLOW\""

static const struct {
	const char *row, *text;
	const char *call;
	uint64_t arg;
	uint32_t answer;
} meaning_rows[] = {
	{ "nothing", OCI(""), "read", 0, ERRNO(EPERM) },
	{ "a default error", "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38}",
	  "read", 0, ERRNO(38) },
	{ "by name", "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"ENOSYS\"}",
	  "read", 0, ERRNO(38) },
	{ "kill", "{\"defaultAction\": \"SCMP_ACT_KILL\"}", "read", 0, SECCOMP_RET_KILL_THREAD },
	{ "allow", OCI("{\"names\": [\"read\"], " ALL "}"), "read", 0, SECCOMP_RET_ALLOW },
	{ "the old word", OCI("{\"name\": \"read\", " ALL "}"), "read", 0, SECCOMP_RET_ALLOW },
	{ "nulls of Go",
	  OCI("{\"name\": \"\", \"names\": [\"read\"], \"args\": null, "
	      "\"includes\": {\"caps\": null}, \"excludes\": null, " ALL "}"),
	  "read", 0, SECCOMP_RET_ALLOW },
	{ "an error",
	  OCI("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": "
	      "38}"),
	  "read", 0, ERRNO(38) },
	{ "as the default: skipped",
	  OCI("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\"}, "
	      "{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": 1, \"op\": "
	      "\"SCMP_CMP_EQ\"}], " ALL "}"),
	  "read", 1, SECCOMP_RET_ALLOW },
	{ "an argument",
	  OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": 1, "
	      "\"op\": \"SCMP_CMP_EQ\"}], " ALL "}"),
	  "read", 2, ERRNO(EPERM) },
	{ "a number of 64 bits",
	  OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": "
	      "18446744073709551615, \"op\": \"SCMP_CMP_EQ\"}], " ALL "}"),
	  "read", UINT64_MAX, SECCOMP_RET_ALLOW },
	{ "big digits in a text stay",
	  OCI("{\"comment\": \"\\\"18446744073709551615\", \"names\": [\"read\"], " ALL "}"),
	  "read", 0, SECCOMP_RET_ALLOW },
	{ "one argument twice is either",
	  OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": 1, \"op\": "
	      "\"SCMP_CMP_EQ\"}, {\"index\": 0, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}], " ALL "}"),
	  "read", 2, SECCOMP_RET_ALLOW },
	{ "includes what is there",
	  OCI("{\"names\": [\"ptrace\"], \"includes\": {\"caps\": [\"CAP_SYS_PTRACE\"], \"arches\": "
	      "[\"amd64\"], \"minKernel\": \"4.8\"}, " ALL "}"),
	  "ptrace", 0, SECCOMP_RET_ALLOW },
	{ "includes a capability that is not",
	  OCI("{\"names\": [\"bpf\"], \"includes\": {\"caps\": [\"CAP_BPF\"]}, " ALL "}"), "bpf", 0,
	  ERRNO(EPERM) },
	{ "includes both, one is missing",
	  OCI("{\"names\": [\"bpf\"], \"includes\": {\"caps\": [\"CAP_SYS_PTRACE\", \"CAP_BPF\"]}, " ALL
	      "}"),
	  "bpf", 0, ERRNO(EPERM) },
	{ "includes a newer kernel",
	  OCI("{\"names\": [\"bpf\"], \"includes\": {\"minKernel\": \"6.13\"}, " ALL "}"), "bpf", 0,
	  ERRNO(EPERM) },
	{ "includes another machine",
	  OCI("{\"names\": [\"bpf\"], \"includes\": {\"arches\": [\"s390x\"]}, " ALL "}"), "bpf", 0,
	  ERRNO(EPERM) },
	{ "excludes one of two",
	  OCI("{\"names\": [\"bpf\"], \"excludes\": {\"caps\": [\"CAP_BPF\", \"CAP_SYS_PTRACE\"]}, " ALL
	      "}"),
	  "bpf", 0, ERRNO(EPERM) },
	{ "excludes what is not there",
	  OCI("{\"names\": [\"bpf\"], \"excludes\": {\"caps\": [\"CAP_BPF\"]}, " ALL "}"), "bpf", 0,
	  SECCOMP_RET_ALLOW },
	{ "excludes nothing", OCI("{\"names\": [\"bpf\"], \"excludes\": {}, " ALL "}"), "bpf", 0,
	  SECCOMP_RET_ALLOW },
	{ "a bundle",
	  "{\"ociVersion\": \"1.0.2\", \"linux\": {\"seccomp\": " OCI("{\"names\": [\"read\"], " ALL
								      "}") "}}",
	  "read", 0, SECCOMP_RET_ALLOW },
	{ "a resource",
	  "apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata:\n  "
	  "name: x\nspec:\n  defaultAction: SCMP_ACT_LOG\n  syscalls:\n  - action: SCMP_ACT_ERRNO\n"
	  "    names: [read]\n    errnoRet: 13\n    args:\n    - {index: 0, value: 5, op: "
	  "SCMP_CMP_GT}\n",
	  "read", 6, ERRNO(13) },
	{ "a resource's default",
	  "kind: ConfigMap\n---\nkind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LOG\n",
	  "read", 6, SECCOMP_RET_LOG },
};

static void meanings(void **state)
{
	static const struct seccomp_host host = { CAP_PTRACE, 6, 12 };

	for (size_t i = 0; i < ARRAY_SIZE(meaning_rows); i++) {
		struct error err = ERROR_INIT;
		struct input in;
		int r = load(&in, meaning_rows[i].text, &host, &err);

		check(*err.text ? err.text : meaning_rows[i].row, r == 0);
		check_number(meaning_rows[i].row, in.kind, INPUT_RULES);
		check_number(meaning_rows[i].row,
			     ask(&in, SYS_ARCH_X86_64, meaning_rows[i].call, meaning_rows[i].arg),
			     meaning_rows[i].answer);
		input_deinit(&in);
	}
}

/* Resources of the operator that are not of seccomp: files and capabilities. */
static void other_resources(void **state)
{
	static const struct {
		const char *text;
		size_t files, caps;
		const char *note; /* NULL: nothing is left out */
	} rows[] = {
		{ "kind: AppArmorProfile\nspec:\n  abstract:\n    executable: {allowedExecutables: [/bin/a], "
		  "allowedLibraries: [/lib/**]}\n    filesystem: {readOnlyPaths: [/etc/x], readWritePaths: [/tmp/*]}\n"
		  "    capability: {allowedCapabilities: [chown, kill]}\n",
		  4, 2, NULL },
		{ "kind: AppArmorProfile\nspec:\n  policy: |\n    profile x {\n      /etc/y r,\n    }\n",
		  1, 0, NULL },
		{ "kind: AppArmorProfile\nspec:\n  abstract:\n    network: {allowRaw: true}\n    filesystem: "
		  "{readOnlyPaths: [\"/a\\\"b\", relative, /ok]}\n",
		  1, 0, "families of sockets are not kept" },
		{ "{\"kind\": \"SelinuxProfile\", \"spec\": {\"allow\": {\"@self\": {\"capability\": "
		  "[\"chown\", \"Bad Name\"]}, \"http_port_t\": {\"tcp_socket\": [\"name_bind\"]}}}}",
		  0, 1, "a profile has no types" },
		{ "kind: SelinuxProfile\nspec: {allow: null}\n", 0, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static const struct seccomp_host host = { 0, 6, 12 };
		struct error err = ERROR_INIT;
		struct input in;
		int r = load(&in, rows[i].text, &host, &err);

		check(*err.text ? err.text : rows[i].text, r == 0);
		check_number(rows[i].text, in.kind, INPUT_APPARMOR);
		check_number(rows[i].text, in.profile->files.len, rows[i].files);
		check_number(rows[i].text, in.profile->caps.len, rows[i].caps);
		check(rows[i].text, !rows[i].note == !in.notes.len);
		if (rows[i].note)
			check(rows[i].text, strstr(in.notes.data, rows[i].note) != NULL);
		input_deinit(&in);
	}
}

static void tables(void **state)
{
	static const char map[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"archMap\": [{\"architecture\": "
		"\"SCMP_ARCH_AARCH64\", \"subArchitectures\": [\"SCMP_ARCH_ARM\"]}, {\"architecture\": "
		"\"SCMP_ARCH_X86_64\", \"subArchitectures\": [\"SCMP_ARCH_X86\"]}], \"syscalls\": ["
		"{\"names\": [\"bind\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
	static const struct seccomp_host host = { 0 };
	struct input in;

	assert_int_equal(load(&in, map, &host, NULL), 0);
	assert_true(in.rules.tables[SYS_ARCH_X86].open);
	assert_false(in.rules.tables[SYS_ARCH_X32].open);
	/* What libseccomp does: the 32-bit way around is open too, for bind (2) only. */
	assert_int_equal(ask(&in, SYS_ARCH_X86, "bind", 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&in, SYS_ARCH_X86, "socketcall", 2), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&in, SYS_ARCH_X86, "socketcall", 1), ERRNO(EPERM));
	assert_int_equal(ask(&in, SYS_ARCH_X32, "bind", 0), SECCOMP_RET_KILL_THREAD);
	input_deinit(&in);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{}", "f: neither a profile nor seccomp rules" },
		{ "{\"defaultAction\": 3}", "f: neither" },
		{ "{\"defaultAction\": \"SCMP_ACT_NOSUCH\"}",
		  "f: /: \"SCMP_ACT_NOSUCH\" is no action" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_PDP11\"]}",
		  "f: /architectures/0: \"SCMP_ARCH_PDP11\" is no architecture" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86\"], "
		  "\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\"}]}",
		  "f: /archMap: stands beside" },
		{ OCI("3"), "f: /syscalls/0: must be an object" },
		{ OCI("{" ALL "}"), "f: /syscalls/0: \"names\" is missing" },
		{ OCI("{\"name\": \"read\", \"names\": [\"read\"], " ALL "}"),
		  "f: /syscalls/0: has \"name\"" },
		{ OCI("{\"names\": [3], " ALL "}"), "f: /syscalls/0/names: 0 is no name" },
		{ OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 6, \"value\": 1, \"op\": "
		      "\"SCMP_CMP_EQ\"}], " ALL "}"),
		  "f: /syscalls/0/args/0/index: must be a whole number" },
		{ OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": -1, \"op\": "
		      "\"SCMP_CMP_EQ\"}], " ALL "}"),
		  "f: /syscalls/0/args/0/value" },
		{ OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": 1, \"op\": \"EQ\"}], " ALL
		      "}"),
		  "f: /syscalls/0/args/0: \"EQ\" compares nothing" },
		{ OCI("{\"names\": [\"read\"], \"includes\": {\"caps\": [\"CAP_NOSUCH\"]}, " ALL
		      "}"),
		  "f: /syscalls/0/includes: capability 0 is none" },
		{ OCI("{\"names\": [\"read\"], \"includes\": {\"minKernel\": \"new\"}, " ALL "}"),
		  "f: /syscalls/0/includes: \"new\" is no kernel version" },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"EWHAT\"}",
		  "f: /: \"EWHAT\" is no error" },
		{ "{\"defaultAction\":\n \"SCMP", "f:2:" },
		{ OCI("{\"names\": [\"read\"], \"args\": [{\"index\": 0, \"value\": 18446744073709551616, "
		      "\"op\": \"SCMP_CMP_EQ\"}], " ALL "}"),
		  "f:1:" },
		{ "kind: SeccompProfile\nspec: {}\n",
		  "f: there is no SeccompProfile, AppArmorProfile or SelinuxProfile in it" },
	};
	static const struct seccomp_host host = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct input in;

		check_number(rows[i].text, load(&in, rows[i].text, &host, &err), -EINVAL);
		check(err.text, str_starts(err.text, rows[i].error));
		input_deinit(&in);
	}
}

/* --- as a profile ------------------------------------------------------------------------------- */

static const struct profile_call *call_of(const struct profile *p, const char *name)
{
	vec_foreach(c, &p->calls)
		if (c->arch == SYS_ARCH_X86_64 && str_eq(sys_call_name(c->arch, (int)c->nr), name))
			return c;
	return NULL;
}

static void imported(void **state)
{
	static const char text[] = OCI(
		"{\"names\": [\"read\", \"nosuchcall\"], " ALL "},"
		"{\"names\": [\"clone\"], \"args\": [{\"index\": 0, \"value\": 2114060288, \"valueTwo\": 0, "
		"\"op\": \"SCMP_CMP_MASKED_EQ\"}], " ALL "},"
		"{\"names\": [\"personality\"], \"args\": [{\"index\": 0, \"value\": 8, \"op\": "
		"\"SCMP_CMP_EQ\"}], " ALL "},"
		"{\"names\": [\"socket\"], \"args\": [{\"index\": 0, \"value\": 38, \"op\": \"SCMP_CMP_LT\"}], " ALL
		"},"
		"{\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38},"
		"{\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_LOG\"}");
	static const struct seccomp_host host = { 0 };
	cleanup_profile struct profile *p = NULL;
	struct input in;

	assert_int_equal(load(&in, text, &host, NULL), 0);
	assert_int_equal(profile_from_rules(&p, "x", &in.rules, &in.notes), 0);
	assert_int_equal(p->calls.len, 5);
	assert_non_null(call_of(p, "read"));
	assert_non_null(call_of(p, "fcntl"));
	assert_null(call_of(p, "clone3"));
	assert_int_equal(call_of(p, "clone")->tuples.len, 1);
	assert_int_equal(call_of(p, "clone")->tuples.items[0].values[0], 0);
	assert_int_equal(call_of(p, "personality")->tuples.items[0].values[0], 8);
	assert_int_equal(call_of(p, "socket")->tuples.len, 0);
	assert_non_null(strstr(in.notes.data,
			       "/syscalls/0/names: no system call is called \"nosuchcall\""));
	assert_non_null(strstr(in.notes.data, "socket (x86_64): its comparisons have no place"));
	input_deinit(&in);
}

static void a_list_of_what_is_denied(void **state)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"ptrace\"], \"action\": "
		"\"SCMP_ACT_ERRNO\"}, {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": "
		"[{\"index\": 0, \"value\": 38, \"op\": \"SCMP_CMP_EQ\"}]}]}";
	static const struct seccomp_host host = { 0 };
	cleanup_profile struct profile *p = NULL;
	struct input in;

	assert_int_equal(load(&in, text, &host, NULL), 0);
	assert_int_equal(profile_from_rules(&p, "x", &in.rules, &in.notes), 0);
	assert_null(call_of(p, "ptrace"));
	assert_non_null(call_of(p, "socket"));
	assert_non_null(call_of(p, "read"));
	assert_true(p->calls.len > 300);
	input_deinit(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meanings), cmocka_unit_test(other_resources),
		cmocka_unit_test(tables),   cmocka_unit_test(refused),
		cmocka_unit_test(imported), cmocka_unit_test(a_list_of_what_is_denied),
	};

	return unit_run(tests);
}
