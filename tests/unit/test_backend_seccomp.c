/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "profile/backend.h"
#include "sample.h"
#include "unit.h"

#define APP PROFILE_APP
#define NATIVE SYS_ARCH_X86_64

static json_t *emitted(const struct sample_call *calls, size_t count,
		       const struct backend_options *o)
{
	cleanup_profile struct profile *p = sample_profile(calls, count);
	cleanup_buf struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	json_t *v;

	assert_int_equal(profile_backend_seccomp.emit(p, o, &out, &err), 0);
	assert_false(out.failed);
	assert_int_equal(out.data[out.len - 1], '\n');
	v = json_parse("seccomp", out.data, out.len, &err);
	check(err.text, v != NULL);
	return v;
}

/* The n-th rule that names the call, or NULL. */
static const json_t *rule_of(const json_t *root, const char *call, size_t n)
{
	const json_t *rule, *name;
	size_t i, k;

	json_array_foreach (json_object_get(root, "syscalls"), i, rule)
		json_array_foreach (json_object_get(rule, "names"), k, name)
			if (str_eq(json_string_value(name), call) && n-- == 0)
				return rule;
	return NULL;
}

static const char *text_at(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

static void found_by_name(void **state)
{
	assert_ptr_equal(profile_backend_find("seccomp"), &profile_backend_seccomp);
	assert_ptr_equal(profile_backend_find("capabilities"), &profile_backend_capabilities);
	assert_null(profile_backend_find(""));
	assert_null(profile_backend_find("Seccomp"));
	for (size_t i = 0; profile_backends[i]; i++) {
		check("name", profile_backends[i]->name && profile_backends[i]->suffix &&
				      profile_backends[i]->summary && profile_backends[i]->emit);
		for (size_t k = 0; k < i; k++)
			check("once",
			      !str_eq(profile_backends[i]->name, profile_backends[k]->name));
	}
}

static void head(void **state)
{
	static const struct sample_call native[] = { { "read", APP, NATIVE, false, false, { 0 } } };
	static const struct sample_call compat[] = {
		{ "read", APP, SYS_ARCH_X86, false, false, { 0 } },
		{ "read", APP, SYS_ARCH_X32, false, false, { 0 } },
	};
	cleanup_json json_t *a = emitted(native, 1,
					 &(struct backend_options){ .default_errno = EPERM });
	cleanup_json json_t *b = emitted(compat, 2,
					 &(struct backend_options){ .default_errno = ENOSYS });

	assert_string_equal(text_at(a, "defaultAction"), "SCMP_ACT_ERRNO");
	assert_int_equal(json_integer_value(json_object_get(a, "defaultErrnoRet")), EPERM);
	assert_int_equal(json_integer_value(json_object_get(b, "defaultErrnoRet")), ENOSYS);
	assert_int_equal(json_array_size(json_object_get(a, "architectures")), 1);
	assert_string_equal(json_string_value(
				    json_array_get(json_object_get(a, "architectures"), 0)),
			    "SCMP_ARCH_X86_64");
	assert_int_equal(json_array_size(json_object_get(b, "architectures")), 3);
}

/* Every call once as a plain name, or once per alternative; each rule says why it is there. */
static void groups(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "write", PROFILE_TAIL, NATIVE, false, false, { 0 } },
		{ "read", PROFILE_TAIL, NATIVE, false, false, { 0 } },
		{ "kill", PROFILE_ENTERED, NATIVE, false, false, { 0 } },
		{ "mount", APP, NATIVE, true, false, { 0 } },
	};
	static const char *const allow[] = { "ptrace", "read", NULL };
	static const struct {
		const char *call, *comment;
	} rows[] = {
		{ "read", "the workload" },
		{ "write", "container runtime, after it has loaded the filter" },
		{ "kill", "entered later: exec, probes" },
		{ "mount", "refused by a filter in force while recording" },
		{ "ptrace", "asked for by name" },
		{ "exit_group",
		  "not seen, but the same program makes these on another kernel, libc or machine" },
	};
	struct backend_options o = {
		.policy = { .with_entered = true, .with_denied = true, .allow = allow },
		.default_errno = ENOSYS
	};
	cleanup_json json_t *root = emitted(calls, ARRAY_SIZE(calls), &o);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const json_t *rule = rule_of(root, rows[i].call, 0);

		check(rows[i].call, rule != NULL);
		check_text(rows[i].call, text_at(rule, "action"), "SCMP_ACT_ALLOW");
		check_text(rows[i].call, text_at(rule, "comment"), rows[i].comment);
		check(rows[i].call, !json_object_get(rule, "args"));
		check(rows[i].call, !rule_of(root, rows[i].call, 1));
	}
}

static void check_arg(const json_t *rule, size_t n, int64_t index, int64_t value, int64_t second,
		      const char *op)
{
	const json_t *a = json_array_get(json_object_get(rule, "args"), n);

	check_number(op, json_integer_value(json_object_get(a, "index")), index);
	check_number(op, json_integer_value(json_object_get(a, "value")), value);
	check_number(op, json_integer_value(json_object_get(a, "valueTwo")), second);
	check_text(op, text_at(a, "op"), op);
}

static void arguments(void **state)
{
	static const struct sample_call calls[] = {
		{ "socket", APP, NATIVE, false, true, { 2, 0x80802, 17 } },
		{ "socket", APP, NATIVE, false, true, { 1, 1, 0 } },
		{ "clone", APP, NATIVE, false, true, { 0x10000011 } },
	};
	cleanup_json json_t *root = emitted(calls, ARRAY_SIZE(calls),
					    &(struct backend_options){ .default_errno = ENOSYS });
	const json_t *first = rule_of(root, "socket", 0), *second = rule_of(root, "socket", 1);

	assert_non_null(first);
	assert_non_null(second);
	assert_null(rule_of(root, "socket", 2));
	check_arg(first, 0, 0, 0xffffffff, 1, "SCMP_CMP_MASKED_EQ");
	check_arg(first, 1, 1, 15, 1, "SCMP_CMP_MASKED_EQ");
	check_arg(first, 2, 2, 0xffffffff, 0, "SCMP_CMP_MASKED_EQ");
	check_arg(second, 0, 0, 0xffffffff, 2, "SCMP_CMP_MASKED_EQ");
	check_arg(second, 1, 1, 15, 2, "SCMP_CMP_MASKED_EQ");
	check_arg(second, 2, 2, 0xffffffff, 17, "SCMP_CMP_MASKED_EQ");
	check_arg(rule_of(root, "clone", 0), 0, 0, 0x7e020000, 0x10000000, "SCMP_CMP_MASKED_EQ");
}

/* runc takes two comparisons of one argument in one rule for alternatives, not for conditions. */
static void no_argument_twice_in_a_rule(void **state)
{
	cleanup_profile struct profile *p = sample_rich();
	struct backend_options o = { .policy = { .arguments = POLICY_ARGUMENTS_STRICT,
						 .with_entered = true,
						 .with_denied = true },
				     .default_errno = EPERM };
	cleanup_buf struct buf out = BUF_INIT;
	cleanup_json json_t *root = NULL;
	struct error err = ERROR_INIT;
	const json_t *rule, *arg;
	size_t i, k;

	assert_int_equal(profile_backend_seccomp.emit(p, &o, &out, &err), 0);
	root = json_parse("seccomp", out.data, out.len, &err);
	json_array_foreach (json_object_get(root, "syscalls"), i, rule) {
		unsigned used = 0;

		assert_true(json_array_size(json_object_get(rule, "names")) > 0);
		json_array_foreach (json_object_get(rule, "args"), k, arg) {
			json_int_t index = json_integer_value(json_object_get(arg, "index"));

			assert_true(index >= 0 && index < 6);
			assert_false(used >> index & 1);
			used |= 1u << index;
		}
	}
}

/* The specification's values are unsigned: a reader in Go refuses the whole file for one minus. */
static void values_are_unsigned(void **state)
{
	static const struct sample_call calls[] = {
		{ "ptrace", APP, NATIVE, false, true, { UINT64_MAX } },
		{ "ptrace", APP, NATIVE, false, true, { 1ULL << 63 } },
	};
	cleanup_json json_t *root = emitted(calls, ARRAY_SIZE(calls),
					    &(struct backend_options){ .default_errno = ENOSYS });
	const json_t *rule, *arg;
	size_t i, k;

	json_array_foreach (json_object_get(root, "syscalls"), i, rule) {
		json_array_foreach (json_object_get(rule, "args"), k, arg) {
			check("value", json_integer_value(json_object_get(arg, "value")) >= 0);
			check("valueTwo",
			      json_integer_value(json_object_get(arg, "valueTwo")) >= 0);
		}
	}
}

static void deflected_calls(void **state)
{
	static const struct sample_call calls[] = { { "clone3", APP, NATIVE, false, false, { 0 } } };
	cleanup_json json_t *with = emitted(calls, 1,
					    &(struct backend_options){ .default_errno = EPERM });
	cleanup_json json_t *same = emitted(calls, 1,
					    &(struct backend_options){ .default_errno = ENOSYS });
	const json_t *rule = rule_of(with, "clone3", 0);

	assert_string_equal(text_at(rule, "action"), "SCMP_ACT_ERRNO");
	assert_int_equal(json_integer_value(json_object_get(rule, "errnoRet")), ENOSYS);
	assert_non_null(text_at(rule, "comment"));
	assert_null(rule_of(with, "clone3", 1));
	assert_null(rule_of(same, "clone3", 0)); /* a rule equal to the default */
}

/* Calls of the start alone are left to an agent, with the arguments that were seen. */
static void two_phases(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "bind", APP, NATIVE, false, false, { 0 } },
		{ "socket", APP, NATIVE, false, true, { 2, 1, 0 } },
	};
	static const struct {
		const char *call, *action, *action_alone;
	} rows[] = {
		{ "read", "SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW" },
		{ "bind", "SCMP_ACT_NOTIFY", "SCMP_ACT_ALLOW" },
		{ "socket", "SCMP_ACT_NOTIFY", "SCMP_ACT_ALLOW" },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct backend_options with = { .default_errno = ENOSYS, .agent_socket = "/run/a.sock" };
	struct backend_options without = { .default_errno = ENOSYS };
	cleanup_buf struct buf a = BUF_INIT, b = BUF_INIT;
	cleanup_json json_t *asking = NULL, *alone = NULL;

	p->recording.ready_seen = true;
	vec_foreach(c, &p->calls)
		c->phases = c->nr ? PROFILE_START : PROFILE_START | PROFILE_SERVE; /* 0: read */
	assert_int_equal(profile_backend_seccomp.emit(p, &with, &a, NULL), 0);
	assert_int_equal(profile_backend_seccomp.emit(p, &without, &b, NULL), 0);
	asking = json_parse("a", a.data, a.len, NULL);
	alone = json_parse("b", b.data, b.len, NULL);
	assert_string_equal(text_at(asking, "listenerPath"), "/run/a.sock");
	assert_null(json_object_get(alone, "listenerPath"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_text(rows[i].call, text_at(rule_of(asking, rows[i].call, 0), "action"),
			   rows[i].action);
		check_text(rows[i].call, text_at(rule_of(alone, rows[i].call, 0), "action"),
			   rows[i].action_alone);
		check(rows[i].call, !rule_of(asking, rows[i].call, 1));
	}
	assert_int_equal(json_array_size(json_object_get(rule_of(asking, "socket", 0), "args")), 3);
}

static void predicted_calls(void **state)
{
	static const char *const predicted[] = { "read", "getsid", NULL };
	static const struct sample_call calls[] = { { "read", APP, NATIVE, false, false, { 0 } } };
	struct backend_options o = { .policy = { .predicted = predicted, .log_predicted = true } };
	cleanup_json json_t *logged = emitted(calls, 1, &o), *allowed = NULL, *complaining = NULL;

	assert_string_equal(text_at(rule_of(logged, "getsid", 0), "action"), "SCMP_ACT_LOG");
	assert_string_equal(text_at(rule_of(logged, "read", 0), "action"), "SCMP_ACT_ALLOW");
	assert_null(rule_of(logged, "read", 1));
	o.policy.log_predicted = false;
	allowed = emitted(calls, 1, &o);
	assert_string_equal(text_at(rule_of(allowed, "getsid", 0), "action"), "SCMP_ACT_ALLOW");

	/* A filter that complains logs by default: runtimes want no rule that says the same. */
	o.policy.log_predicted = o.complain = true;
	complaining = emitted(calls, 1, &o);
	assert_null(rule_of(complaining, "getsid", 0));
}

static void errors_are_passed_up(void **state)
{
	static const char *const allow[] = { "nonsense!", NULL };
	struct backend_options o = { .policy = { .allow = allow } };
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_buf struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(profile_backend_seccomp.emit(p, &o, &out, &err), -EINVAL);
	assert_string_equal(err.text, "no system call is called \"nonsense!\"");
	assert_int_equal(out.len, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_name),
		cmocka_unit_test(head),
		cmocka_unit_test(groups),
		cmocka_unit_test(arguments),
		cmocka_unit_test(no_argument_twice_in_a_rule),
		cmocka_unit_test(values_are_unsigned),
		cmocka_unit_test(deflected_calls),
		cmocka_unit_test(two_phases),
		cmocka_unit_test(predicted_calls),
		cmocka_unit_test(errors_are_passed_up),
	};

	return unit_run(tests);
}
