/* SPDX-License-Identifier: Apache-2.0 */
#include "oci_filter.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "unit.h"

struct cbpf oci_filter_export(scmp_filter_ctx ctx)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct cbpf p = { 0 };
	off_t size;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	assert_true(size > 0 && size % (off_t)sizeof(*p.code) == 0);
	p.code = malloc((size_t)size);
	p.len = (size_t)size / sizeof(*p.code);
	assert_int_equal(pread(fd, p.code, (size_t)size, 0), size);
	close(fd);
	return p;
}

static uint32_t action_of(const json_t *o, const char *action, const char *errno_ret)
{
	const char *name = json_string_value(json_object_get(o, action));
	const json_t *code = json_object_get(o, errno_ret);

	assert_non_null(name);
	if (str_eq(name, "SCMP_ACT_ALLOW"))
		return SCMP_ACT_ALLOW;
	if (str_eq(name, "SCMP_ACT_NOTIFY"))
		return SCMP_ACT_NOTIFY;
	check(name, str_eq(name, "SCMP_ACT_ERRNO"));
	return SCMP_ACT_ERRNO((unsigned)(code ? json_integer_value(code) : 1));
}

static struct scmp_arg_cmp argument_of(const json_t *a)
{
	const char *op = json_string_value(json_object_get(a, "op"));
	json_int_t index = json_integer_value(json_object_get(a, "index"));
	json_int_t value = json_integer_value(json_object_get(a, "value"));
	json_int_t second = json_integer_value(json_object_get(a, "valueTwo"));

	assert_non_null(op);
	check("a runtime reads unsigned numbers", index >= 0 && value >= 0 && second >= 0);
	if (str_eq(op, "SCMP_CMP_EQ"))
		return SCMP_CMP((unsigned)index, SCMP_CMP_EQ, (scmp_datum_t)value, 0);
	check(op, str_eq(op, "SCMP_CMP_MASKED_EQ"));
	return SCMP_CMP((unsigned)index, SCMP_CMP_MASKED_EQ, (scmp_datum_t)value,
			(scmp_datum_t)second);
}

static void add_rule(scmp_filter_ctx ctx, const json_t *rule, int nr)
{
	uint32_t action = action_of(rule, "action", "errnoRet");
	struct scmp_arg_cmp args[6];
	bool used[6] = { false }, twice = false;
	const json_t *arg;
	size_t n = 0, i;

	json_array_foreach (json_object_get(rule, "args"), i, arg) {
		assert_true(n < ARRAY_SIZE(args));
		args[n] = argument_of(arg);
		twice = twice || used[args[n].arg];
		used[args[n++].arg] = true;
	}
	if (!twice) {
		assert_int_equal(seccomp_rule_add_array(ctx, action, nr, (unsigned)n, args), 0);
		return;
	}
	for (i = 0; i < n; i++)
		assert_int_equal(seccomp_rule_add_array(ctx, action, nr, 1, &args[i]), 0);
}

static void add_arch(scmp_filter_ctx ctx, const char *name)
{
	static const struct {
		const char *name;
		uint32_t token;
	} archs[] = { { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
		      { "SCMP_ARCH_X86", SCMP_ARCH_X86 },
		      { "SCMP_ARCH_X32", SCMP_ARCH_X32 } };

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (!str_eq(name, archs[i].name))
			continue;
		if (seccomp_arch_exist(ctx, archs[i].token) != 0)
			assert_int_equal(seccomp_arch_add(ctx, archs[i].token), 0);
		return;
	}
	check(name, false);
}

struct cbpf oci_filter_compile(const char *text, size_t len)
{
	struct error err = ERROR_INIT;
	cleanup_json json_t *root = json_parse("seccomp", text, len, &err);
	const json_t *item, *name;
	scmp_filter_ctx ctx;
	struct cbpf p;
	size_t i, k;

	check(err.text, root != NULL);
	ctx = seccomp_init(action_of(root, "defaultAction", "defaultErrnoRet"));
	assert_non_null(ctx);
	json_array_foreach (json_object_get(root, "architectures"), i, item)
		add_arch(ctx, json_string_value(item));
	json_array_foreach (json_object_get(root, "syscalls"), i, item) {
		json_array_foreach (json_object_get(item, "names"), k, name) {
			int nr = seccomp_syscall_resolve_name(json_string_value(name));

			if (nr != __NR_SCMP_ERROR)
				add_rule(ctx, item, nr);
		}
	}
	p = oci_filter_export(ctx);
	seccomp_release(ctx);
	return p;
}
