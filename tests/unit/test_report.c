/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "base/str.h"
#include "static/report.h"

static int read_text(const char *text, report_names *names, struct error *err)
{
	*err = ERROR_INIT;
	return report_read_names("web.sweep.json", text, strlen(text), names, err);
}

static void test_names(void **state)
{
	report_names names = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(read_text("{\"sweep\": 1, \"calls\": ["
				   "{\"name\": \"mount\", \"arch\": \"x86_64\"},"
				   "{\"name\": \"read\", \"arch\": \"x86_64\", \"observed\": true},"
				   "{\"name\": \"bpf\", \"arch\": \"x86_64\", \"observed\": false},"
				   "{\"name\": \"mount\", \"arch\": \"x86\"}]}",
				   &names, &err),
			 0);
	assert_int_equal(names.len, 2);
	assert_string_equal(names.items[0], "mount");
	assert_string_equal(names.items[1], "bpf");
	vec_deinit(&names);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "web.sweep.json" },
		{ "[]", "sweep" },
		{ "{\"calls\": []}", "sweep" },
		{ "{\"sweep\": 2, \"calls\": []}", "version 2" },
		{ "{\"sweep\": \"1\", \"calls\": []}", "sweep" },
		{ "{\"sweep\": 1}", "calls" },
		{ "{\"sweep\": 1, \"calls\": {}}", "calls" },
		{ "{\"sweep\": 1, \"calls\": [1]}", "/calls/0" },
		{ "{\"sweep\": 1, \"calls\": [{\"name\": \"mount\"}]}", "/calls/0" },
		{ "{\"sweep\": 1, \"calls\": [{\"name\": \"mount\", \"arch\": \"vax\"}]}", "vax" },
		{ "{\"sweep\": 1, \"calls\": [{\"name\": \"mountt\", \"arch\": \"x86\"}]}",
		  "mountt" },
		{ "{\"sweep\": 1, \"calls\": [{\"name\": \"bpf\", \"arch\": \"x86\", \"observed\": "
		  "1}]}",
		  "observed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		report_names names = { 0 };
		struct error err;
		int r = read_text(rows[i].text, &names, &err);

		check(rows[i].text, r < 0 && r == -err.code);
		check(rows[i].text, strstr(err.text, rows[i].says));
		vec_deinit(&names);
	}
}

/* What is written is read back, with names that would drive a terminal made harmless. */
static void test_round_trip(void **state)
{
	static struct sweep_step steps[] = {
		{ "/bin/\033[2Jevil", NULL, 0x401000 },
		{ "/lib/libc.so.6", "\xff\xfename", 0x1234 },
	};
	struct sweep_call calls[] = {
		{ .arch = SYS_ARCH_X86_64,
		  .nr = 165,
		  .programs = 1,
		  .program = "/bin/\033[2Jevil",
		  .chain = { steps, 2, 2 } },
		{ .arch = SYS_ARCH_X86_64,
		  .nr = 0,
		  .programs = 2,
		  .program = "/bin/b",
		  .observed = true,
		  .chain = { steps, 1, 1 } },
	};
	struct sweep_missed missed[] = { { SYS_ARCH_X86_64, 39 } };
	struct sweep s = { .calls = { calls, 2, 2 },
			   .compared = true,
			   .missed = { missed, 1, 1 },
			   .observed = 2 };
	cleanup_json json_t *o = report_to_json(&s);
	cleanup_free char *text = json_dumps(o, 0);
	report_names names = { 0 };
	struct error err;
	const json_t *call, *step;

	(void)state;
	assert_non_null(text);
	assert_true(unit_is_printable(text));
	assert_int_equal(read_text(text, &names, &err), 0);
	assert_int_equal(names.len, 1);
	assert_string_equal(names.items[0], "mount");
	vec_deinit(&names);

	call = json_array_get(json_object_get(o, "calls"), 0);
	assert_string_equal(json_string_value(json_object_get(call, "risk")), "high");
	assert_string_equal(json_string_value(json_object_get(call, "class")), "escape");
	assert_string_equal(json_string_value(json_object_get(call, "program")),
			    "/bin/\\x1b[2Jevil");
	step = json_array_get(json_object_get(call, "chain"), 1);
	assert_string_equal(json_string_value(json_object_get(step, "address")), "0x1234");
	assert_string_equal(json_string_value(json_object_get(step, "function")), "\\xff\\xfename");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_round_trip),
	};

	return unit_run(tests);
}
