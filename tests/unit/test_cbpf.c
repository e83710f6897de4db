/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our compiler of classic BPF. Its programs are run in two interpreters (the product's, and the one of
 * these tests) and in the kernel, over all tables, all numbers, and arguments on both sides of every
 * edge, and must say what the filter's definition says, what the exported JSON says, and what
 * libseccomp makes of the same rules.
 */
#include <errno.h>
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cbpf.h"
#include "oci_filter.h"
#include "profile/backend.h"
#include "profile/cbpf/program.h"
#include "profile/seccomp_json.h"
#include "sample.h"
#include "unit.h"

#define X64 SYS_ARCH_X86_64
#define ALLOW SECCOMP_RET_ALLOW
#define DENY (SECCOMP_RET_ERRNO | EPERM)

/* --- what all programs are held to -------------------------------------------------------------- */

struct compared {
	const struct cbpf_program *program;
	const struct cbpf_filter *filter; /* the definition */
	const struct cbpf *other;	  /* a program by somebody else, or NULL */
	struct seccomp_data data;
	size_t tried;
};

static void compare(struct compared *c)
{
	struct cbpf same = { c->program->code.items, c->program->code.len };
	uint32_t ours = 1, theirs = 2, want = cbpf_filter_decide(c->filter, &c->data);
	char row[128];

	snprintf(row, sizeof(row), "call %#x of %#x (%#llx, %#llx, %#llx, %#llx)",
		 (unsigned)c->data.nr, c->data.arch, c->data.args[0], c->data.args[1],
		 c->data.args[2], c->data.args[3]);
	c->tried++;
	check(row, cbpf_simulate(c->program, &c->data, &ours, NULL));
	check_number(row, ours, want);
	check(row, cbpf_run(&same, &c->data, &theirs));
	check_number(row, theirs, want);
	if (!c->other)
		return;
	check(row, cbpf_run(c->other, &c->data, &theirs));
	check_number(row, theirs, want);
}

static int compare_arguments(const uint64_t args[6], void *context)
{
	struct compared *c = context;

	memcpy(c->data.args, args, sizeof(c->data.args));
	compare(c);
	return 0;
}

/* All tables, all numbers, all edges of arguments. */
static size_t compare_all(const struct cbpf_program *program, const struct cbpf_filter *filter,
			  const struct cbpf *other)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM, 0 };
	static const uint32_t flags[] = { 0, SYS_X32_BIT };
	struct compared c = { program, filter, other, { 0 }, 0 };

	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		for (size_t flag = 0; flag < ARRAY_SIZE(flags); flag++) {
			for (uint32_t nr = 0; nr < SYS_NR_MAX; nr++) {
				memset(&c.data, 0, sizeof(c.data));
				c.data.arch = archs[a];
				c.data.nr = (int)(nr | flags[flag]);
				compare(&c);
			}
		}
		c.data.nr = -1;
		compare(&c);
		c.data.nr = INT32_MIN;
		compare(&c);
	}
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		vec_foreach(call, &filter->tables[arch].calls) {
			memset(&c.data, 0, sizeof(c.data));
			c.data.arch = sys_archs[arch].audit_arch;
			c.data.nr = (int)(call->nr | sys_archs[arch].nr_flag);
			assert_int_equal(cbpf_each_boundary(call, compare_arguments, &c), 0);
		}
	}
	return c.tried;
}

static void compile(struct cbpf_program *p, const struct cbpf_filter *f)
{
	struct error err = ERROR_INIT;
	int r = cbpf_compile(p, f, &err);

	check(err.text, r == 0);
	check("the kernel takes it", cbpf_is_valid(p));
	check("its length", p->code.len <= CBPF_PROGRAM_MAX);
}

static void read_rules(struct cbpf_filter *f, const char *text)
{
	static const struct seccomp_host host = { .kernel_major = 6 };
	struct error err = ERROR_INIT;
	cleanup_json json_t *root = json_parse("rules", text, strlen(text), &err);

	check(err.text, root != NULL);
	assert_int_equal(seccomp_json_read(f, "rules", root, &host, NULL, &err), 0);
}

/* --- exported profiles -------------------------------------------------------------------------- */

static const struct sample_call server[] = {
	{ "read", PROFILE_APP, X64, false, false, { 0 } },
	{ "write", PROFILE_APP, X64, false, false, { 0 } },
	{ "mmap", PROFILE_APP, X64, false, true, { 3 } },
	{ "mmap", PROFILE_APP, X64, false, true, { 5 } },
	{ "mprotect", PROFILE_APP, X64, false, true, { 1 } },
	{ "clone", PROFILE_APP, X64, false, true, { 0x3d0f00 } },
	{ "clone3", PROFILE_APP, X64, false, false, { 0 } },
	{ "socket", PROFILE_APP, X64, false, true, { 2, 1, 6 } },
	{ "socket", PROFILE_APP, X64, false, true, { 1, 1, 0 } },
	{ "socket", PROFILE_APP, X64, false, true, { 16, 3, 15 } },
	{ "ioctl", PROFILE_APP, X64, false, true, { 0x5401 } },
	{ "prctl", PROFILE_TAIL, X64, false, true, { 24 } },
	{ "setsockopt", PROFILE_APP, X64, false, true, { 1, 2 } },
	{ "execve", PROFILE_TAIL, X64, false, false, { 0 } },
	{ "read", PROFILE_APP, SYS_ARCH_X32, false, false, { 0 } },
	{ "ioctl", PROFILE_APP, SYS_ARCH_X32, false, true, { 0x5401 } },
	{ "getuid32", PROFILE_APP, SYS_ARCH_X86, false, false, { 0 } },
	{ "mmap2", PROFILE_APP, SYS_ARCH_X86, false, true, { 3 } },
};

/* The filter of a policy and of its JSON, which opens 32-bit multiplexers besides. */
static void an_exported_profile(void **state)
{
	for (int way = 0; way < 6; way++) {
		/* Without the 32-bit table the JSON's meaning is the same to the last call. */
		cleanup_profile struct profile *p = sample_profile(
			server, ARRAY_SIZE(server) - (way % 2 ? 2 : 0));
		struct backend_options o = {
			.policy.arguments = (enum policy_arguments)(way / 2),
			.default_errno = way % 3 ? EPERM : ENOSYS,
		};
		cleanup_buf struct buf json = BUF_INIT;
		cleanup_policy struct policy policy = { 0 };
		cleanup_cbpf_filter struct cbpf_filter of_policy = { 0 }, of_json = { 0 };
		cleanup_cbpf_program struct cbpf_program a = { 0 }, b = { 0 };

		assert_int_equal(policy_build(&policy, p, &o.policy, NULL), 0);
		assert_int_equal(
			cbpf_filter_from_policy(&of_policy, &policy, o.default_errno, NULL), 0);
		compile(&a, &of_policy);
		assert_true(compare_all(&a, &of_policy, NULL) > 10000);
		assert_int_equal(profile_backend_seccomp.emit(p, &o, &json, NULL), 0);
		read_rules(&of_json, json.data);
		compile(&b, &of_json);
		compare_all(&b, &of_json, NULL);
		if (way % 2)
			compare_all(&a, &of_json, NULL);
	}
}

static void backends_agree(void **state)
{
	cleanup_profile struct profile *p = sample_profile(server, 14); /* native calls */
	struct backend_options o = { .default_errno = EPERM };
	cleanup_buf struct buf raw = BUF_INIT, base64 = BUF_INIT, list = BUF_INIT;

	assert_int_equal(profile_backend_cbpf_raw.emit(p, &o, &raw, NULL), 0);
	assert_int_equal(profile_backend_cbpf.emit(p, &o, &base64, NULL), 0);
	assert_int_equal(profile_backend_cbpf_listing.emit(p, &o, &list, NULL), 0);
	assert_int_equal(raw.len % sizeof(struct sock_filter), 0);
	assert_int_equal(base64.len, (raw.len + 2) / 3 * 4 + 1);
	assert_non_null(strstr(list.data, "; x86_64"));
	assert_non_null(strstr(list.data, "x32 begins"));
}

/* --- against libseccomp ------------------------------------------------------------------------- */

static const char *const texts[] = {
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, \"syscalls\": []}",
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
	" {\"names\": [\"read\", \"write\", \"close\", \"nosuchcall\"], \"action\": \"SCMP_ACT_ALLOW\"}]}",
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\", "
	"\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"], \"syscalls\": ["
	" {\"names\": [\"read\", \"write\", \"bind\", \"socket\", \"semop\"], \"action\": \"SCMP_ACT_ALLOW\"},"
	" {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": "
	"2114060288, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]}]}",
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
	" {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}]},"
	" {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}]},"
	" {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 131072, \"op\": \"SCMP_CMP_EQ\"}]},"
	" {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 4294967295, \"op\": \"SCMP_CMP_EQ\"}]},"
	" {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 38, \"op\": \"SCMP_CMP_LT\"}]},"
	" {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 39, \"op\": \"SCMP_CMP_EQ\"}]},"
	" {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 40, \"op\": \"SCMP_CMP_GT\"}]}]}",
	"{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\", \"syscalls\": ["
	" {\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
	"  {\"index\": 1, \"value\": 21505, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 2, \"value\": 4294967296, \"op\": \"SCMP_CMP_GE\"},"
	"  {\"index\": 3, \"value\": 81985529216486895, \"op\": \"SCMP_CMP_LE\"}]},"
	" {\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 1, \"value\": 4, \"op\": \"SCMP_CMP_NE\"}]},"
	" {\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_TRAP\"}, {\"names\": [\"open\"], \"action\": \"SCMP_ACT_TRACE\", \"errnoRet\": 7}]}",
};

/* The same rules, given to libseccomp by hand: the tests' own runtime knows the common words only. */
static struct cbpf by_libseccomp(const char *text, unsigned optimize)
{
	static const char *const ops[] = { "SCMP_CMP_NE",	"SCMP_CMP_LT", "SCMP_CMP_LE",
					   "SCMP_CMP_EQ",	"SCMP_CMP_GE", "SCMP_CMP_GT",
					   "SCMP_CMP_MASKED_EQ" };
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = { { "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
			{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
			{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
			{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(7) },
			{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS } };
	cleanup_json json_t *root = json_loads(text, 0, NULL);
	const char *otherwise = json_string_value(json_object_get(root, "defaultAction"));
	json_t *rule, *name, *arg;
	scmp_filter_ctx ctx;
	struct cbpf p;
	size_t i, k, n;

	ctx = seccomp_init(
		str_eq(otherwise, "SCMP_ACT_ERRNO") ?
			SCMP_ACT_ERRNO(json_object_get(root, "defaultErrnoRet") ? 38 : 1) :
			SCMP_ACT_KILL_PROCESS);
	assert_non_null(ctx);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize);
	if (json_object_get(root, "architectures")) {
		assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
		assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X32), 0);
	}
	json_array_foreach (json_object_get(root, "syscalls"), i, rule) {
		struct scmp_arg_cmp args[6];
		uint32_t action = 0;
		unsigned count = 0;

		for (k = 0; k < ARRAY_SIZE(actions); k++)
			if (str_eq(actions[k].name,
				   json_string_value(json_object_get(rule, "action"))))
				action = actions[k].action;
		json_array_foreach (json_object_get(rule, "args"), k, arg) {
			const char *op = json_string_value(json_object_get(arg, "op"));

			for (n = 0; n < ARRAY_SIZE(ops) && !str_eq(ops[n], op); n++)
				;
			args[count++] = (struct scmp_arg_cmp){
				(unsigned)json_integer_value(json_object_get(arg, "index")),
				(enum scmp_compare)(n + 1),
				(scmp_datum_t)json_integer_value(json_object_get(arg, "value")),
				(scmp_datum_t)json_integer_value(json_object_get(arg, "valueTwo"))
			};
		}
		json_array_foreach (json_object_get(rule, "names"), k, name) {
			int nr = seccomp_syscall_resolve_name(json_string_value(name));

			if (nr != __NR_SCMP_ERROR)
				assert_int_equal(
					seccomp_rule_add_array(ctx, action, nr, count, args), 0);
		}
	}
	p = oci_filter_export(ctx);
	seccomp_release(ctx);
	return p;
}

static void libseccomp_agrees(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_cbpf_filter struct cbpf_filter f = { 0 };
		cleanup_cbpf_program struct cbpf_program p = { 0 };

		read_rules(&f, texts[i]);
		compile(&p, &f);
		for (unsigned optimize = 1; optimize <= 2; optimize++) {
			struct cbpf theirs = by_libseccomp(texts[i], optimize);

			compare_all(&p, &f, &theirs);
			cbpf_deinit(&theirs);
		}
	}
}

/* --- by chance ---------------------------------------------------------------------------------- */

static struct cbpf_compare random_compare(struct chance *c)
{
	static const uint64_t values[] = { 0,	       1,	   2,
					   7,	       0x20000,	   0x7e020000,
					   UINT32_MAX, 1ULL << 32, (1ULL << 32) + 1,
					   INT64_MAX,  1ULL << 63, UINT64_MAX };
	struct cbpf_compare compare = {
		.op = (enum cbpf_op)chance_below(c, CBPF_OPS),
		.index = (unsigned)chance_below(c, 3),
		.value = chance_below(c, 3) ? values[chance_below(c, ARRAY_SIZE(values))] :
					      chance_next(c),
		.value_two = values[chance_below(c, ARRAY_SIZE(values))],
	};

	if (chance_below(c, 4))
		compare.value_two &= compare.value; /* else it never holds */
	return compare;
}

static void random_filter(struct cbpf_filter *f, struct chance *c)
{
	static const uint32_t actions[] = { ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_ERRNO | ENOSYS,
					    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_USER_NOTIF };
	size_t calls = 1 + chance_below(c, 60);

	f->otherwise = actions[chance_below(c, ARRAY_SIZE(actions))];
	f->foreign = SECCOMP_RET_KILL_THREAD;
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		f->tables[arch].open = chance_below(c, 2);
	for (size_t i = 0; i < calls; i++) {
		enum sys_arch arch = (enum sys_arch)chance_below(c, SYS_ARCH_MAX);
		struct cbpf_call *call = cbpf_filter_call(f, arch, (uint32_t)chance_below(c, 460));
		size_t rules = chance_below(c, 8);

		call->weight = chance_below(c, 2) ? chance_next(c) : chance_below(c, 1000);
		for (size_t k = 0; k < rules; k++) {
			struct cbpf_rule rule = {
				.action = actions[chance_below(c, ARRAY_SIZE(actions))],
				.count = (unsigned)chance_below(c, 5)
			};

			for (unsigned n = 0; n < rule.count; n++)
				rule.compares[n] = random_compare(c);
			assert_int_equal(cbpf_call_add(call, &rule), 0);
		}
	}
}

static void random_filters(void **state)
{
	struct chance c = { 71 };

	for (int round = 0; round < 12; round++) {
		cleanup_cbpf_filter struct cbpf_filter f = { 0 };
		cleanup_cbpf_program struct cbpf_program p = { 0 };

		random_filter(&f, &c);
		compile(&p, &f);
		compare_all(&p, &f, NULL);
	}
}

/* --- what a runtime's JSON has no words for ----------------------------------------------------- */

static void one_argument_twice(void **state)
{
	static const char json[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"dup3\"], \"action\": "
		"\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, \"value\": 10, \"op\": \"SCMP_CMP_GE\"}, "
		"{\"index\": 1, \"value\": 20, \"op\": \"SCMP_CMP_LE\"}]}]}";
	static const struct {
		uint64_t value;
		bool both;
	} rows[] = {
		{ 9, false },  { 10, true }, { 15, true },	    { 20, true },
		{ 21, false }, { 0, false }, { UINT64_MAX, false }, { 1ULL << 32 | 15, false }
	};
	struct cbpf_rule rule = { ALLOW, 2, { { CBPF_GE, 1, 10, 0 }, { CBPF_LE, 1, 20, 0 } } };
	cleanup_cbpf_filter struct cbpf_filter f = { .otherwise = DENY }, runc = { 0 };
	cleanup_cbpf_program struct cbpf_program p = { 0 };

	f.tables[X64].open = true;
	assert_int_equal(cbpf_call_add(cbpf_filter_call(&f, X64, SYS_dup3), &rule), 0);
	compile(&p, &f);
	compare_all(&p, &f, NULL);
	read_rules(&runc, json);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seccomp_data d = { .nr = SYS_dup3,
					  .arch = AUDIT_ARCH_X86_64,
					  .args = { 0, rows[i].value } };
		uint32_t got = 0;

		assert_true(cbpf_simulate(&p, &d, &got, NULL));
		check_number("and", got, rows[i].both ? ALLOW : DENY);
		check_number("or", cbpf_filter_decide(&runc, &d), ALLOW);
	}
}

static void what_is_frequent_comes_first(void **state)
{
	cleanup_cbpf_filter struct cbpf_filter f = { .otherwise = DENY };
	cleanup_cbpf_program struct cbpf_program p = { 0 };
	struct cbpf_rule rule = { .action = ALLOW };
	unsigned most = 0;

	f.tables[X64].open = true;
	for (uint32_t nr = 0; nr < 440; nr += 2) {
		struct cbpf_call *call = cbpf_filter_call(&f, X64, nr);

		call->weight = nr == 232 ? 1000000 : 1;
		assert_int_equal(cbpf_call_add(call, &rule), 0);
	}
	compile(&p, &f);
	for (uint32_t nr = 0; nr < 440; nr += 2) {
		struct seccomp_data d = { .nr = (int)nr, .arch = AUDIT_ARCH_X86_64 };
		unsigned steps;
		uint32_t got;

		assert_true(cbpf_simulate(&p, &d, &got, &steps));
		assert_true(cbpf_is_constant(&p, AUDIT_ARCH_X86_64, nr));
		most = steps > most ? steps : most;
		if (nr == 232)
			assert_int_equal(steps, 5); /* two loads, two tests, a return */
	}
	assert_true(most <= 16);
}

static void too_much(void **state)
{
	cleanup_cbpf_filter struct cbpf_filter f = { .otherwise = DENY };
	cleanup_cbpf_program struct cbpf_program p = { 0 };
	struct error err = ERROR_INIT;
	struct chance c = { 5 };

	f.tables[X64].open = true;
	for (uint32_t nr = 0; nr < 40; nr++) {
		struct cbpf_call *call = cbpf_filter_call(&f, X64, nr);

		for (int i = 0; i < 100; i++) {
			struct cbpf_rule rule = { ALLOW,
						  2,
						  { { CBPF_EQ, 0, chance_next(&c), 0 },
						    { CBPF_EQ, 1, chance_next(&c), 0 } } };

			assert_int_equal(cbpf_call_add(call, &rule), 0);
		}
	}
	assert_int_equal(cbpf_compile(&p, &f, &err), -EFBIG);
	assert_non_null(strstr(err.text, "4096"));
}

/* A proof that can't fail proves nothing. */
static void the_proof_finds_a_wrong_instruction(void **state)
{
	cleanup_cbpf_filter struct cbpf_filter f = { 0 };
	cleanup_cbpf_program struct cbpf_program p = { 0 };
	struct error err = ERROR_INIT;
	size_t found = 0, tried = 0;

	read_rules(&f, texts[3]);
	compile(&p, &f);
	vec_foreach(i, &p.code) {
		struct sock_filter kept = *i;

		if (BPF_CLASS(i->code) == BPF_LD)
			continue;
		i->k ^= BPF_CLASS(i->code) == BPF_RET ? SECCOMP_RET_ALLOW : 1;
		tried++;
		found += cbpf_prove(&p, &f, &err) != 0;
		*i = kept;
	}
	assert_true(tried > 10);
	assert_int_equal(found, tried);
}

/* --- the kernel --------------------------------------------------------------------------------- */

/* In a child under the filter: the errno of each call, 0 if it succeeded; -1: could not be tried. */
static int in_the_kernel(const struct cbpf_program *p, int (*body)(void))
{
	struct sock_fprog program = { (unsigned short)p->code.len, p->code.items };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(99);
		syscall(SYS_exit_group, body()); /* sanitizers hook _exit(), and make calls there */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool answers(long r, int code)
{
	return code ? r < 0 && errno == code : r >= 0;
}

static int make_calls(void)
{
	int failed = 0;

	failed += !answers(syscall(SYS_getpid), 0);
	failed += !answers(syscall(SYS_getppid), EPERM);
	failed += !answers(syscall(SYS_personality, 0xffffffffUL), 0);
	failed += !answers(syscall(SYS_personality, 0x0400000UL), EPERM);
	failed += !answers(syscall(SYS_socket, 1, 1, 0), 0);
	failed += !answers(syscall(SYS_socket, 38, 5, 0), EPERM);
	failed += !answers(syscall(SYS_socket, 1 | 1ULL << 32, 1, 0), EPERM);
	failed += !answers(syscall(SYS_clone3, 0, 0), ENOSYS);
	failed += !answers(syscall(SYS_dup, 0), EPERM);
	return failed;
}

static void the_kernel_takes_it(void **state)
{
	cleanup_cbpf_filter struct cbpf_filter f = { 0 };
	cleanup_cbpf_program struct cbpf_program p = { 0 };

	read_rules(
		&f,
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
		" {\"names\": [\"getpid\", \"exit_group\", \"exit\", \"write\", \"read\", \"rt_sigprocmask\"], "
		"\"action\": \"SCMP_ACT_ALLOW\"},"
		" {\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38},"
		" {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
		"[{\"index\": 0, \"value\": 4294967295, \"op\": \"SCMP_CMP_EQ\"}]},"
		" {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
		"[{\"index\": 0, \"value\": 38, \"op\": \"SCMP_CMP_LT\"}]}]}");
	compile(&p, &f);
	assert_int_equal(in_the_kernel(&p, make_calls), 0);
}

static int nothing(void)
{
	return 0;
}

/* Everything the compiler makes is loaded; the wide ones, with the exit that they leave, run too. */
static void the_kernel_takes_random_ones(void **state)
{
	struct chance c = { 99 };

	for (int round = 0; round < 30; round++) {
		cleanup_cbpf_filter struct cbpf_filter f = { 0 };
		cleanup_cbpf_program struct cbpf_program p = { 0 };
		struct cbpf_rule allow = { .action = ALLOW };

		random_filter(&f, &c);
		f.tables[X64].open = true;
		vec_deinit(&cbpf_filter_call(&f, X64, SYS_exit_group)->rules);
		assert_int_equal(cbpf_call_add(cbpf_filter_call(&f, X64, SYS_exit_group), &allow),
				 0);
		compile(&p, &f);
		assert_int_equal(in_the_kernel(&p, nothing), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exported_profile),
		cmocka_unit_test(backends_agree),
		cmocka_unit_test(libseccomp_agrees),
		cmocka_unit_test(random_filters),
		cmocka_unit_test(one_argument_twice),
		cmocka_unit_test(what_is_frequent_comes_first),
		cmocka_unit_test(too_much),
		cmocka_unit_test(the_proof_finds_a_wrong_instruction),
		cmocka_unit_test(the_kernel_takes_it),
		cmocka_unit_test(the_kernel_takes_random_ones),
	};

	return unit_run(tests);
}
