/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "unit.h"

static json_t *parsed(const char *text)
{
	struct error err = ERROR_INIT;
	json_t *v = json_parse("f", text, strlen(text), &err);

	if (!v)
		print_error("# %s\n", err.text);
	assert_non_null(v);
	return v;
}

/* --- syntax ------------------------------------------------------------------------------------- */

static void syntax_errors_have_a_place(void **state)
{
	static const struct {
		const char *text, *want; /* the place, ours; the words behind it are jansson's */
	} rows[] = {
		{ "", "f:1:0: " },
		{ "{", "f:1:1: " },
		{ "{}x", "f:1:3: " },
		{ "{\n\"a\": 1,\n \"b\" 2}", "f:3:6: " },
		{ "{\"a\":1,\"a\":2}", "f:1:10: duplicate object key" },
		{ "[1,]", "f:1:4: " },
		{ "[01]", "f:1:2: " },
		{ "[NaN]", "f:1:4: " },
		{ "[\"\\u0000\"]", "f:1:9: " },
		{ "[\"\\ud800\"]", "f:1:9: " },
		{ "[\"\xff\"]", "f:1:2: " },
		{ "[\"\xc0\xaf\"]", "f:1:2: " },
		{ "[9223372036854775808]", "f:1:20: too big integer" },
		{ "[1e999]", "f:1:6: real number overflow" },
		{ "// comment\n{}", "f:1:1: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		json_t *v = json_parse("f", rows[i].text, strlen(rows[i].text), &err);

		check(rows[i].text, !v);
		check_number(rows[i].text, err.code, EINVAL);
		if (!str_starts(err.text, rows[i].want))
			check_text(rows[i].text, err.text, rows[i].want);
	}
}

static void nul_bytes_end_nothing(void **state)
{
	struct error err = ERROR_INIT;

	assert_null(json_parse("f", "{}\0{}", 5, &err));
	assert_int_equal(err.code, EINVAL);
}

static void nesting_has_a_limit(void **state)
{
	enum { DEPTH = 200000 };
	cleanup_free char *text = malloc(DEPTH);
	struct error err = ERROR_INIT;

	memset(text, '[', DEPTH);
	assert_null(json_parse("f", text, DEPTH, &err));
	check(err.text, strstr(err.text, "maximum parsing depth reached") != NULL);
}

/* --- typed members ------------------------------------------------------------------------------ */

enum getter {
	GET_STRING,
	GET_NEEDED_STRING,
	GET_U64,
	GET_NEEDED_U64,
	GET_BOOL,
	GET_ARRAY,
	GET_NEEDED_ARRAY,
	GET_OBJECT,
	GET_NEEDED_OBJECT
};

static bool got(struct json_reader *r, const json_t *o, enum getter which)
{
	const char *s = "unchanged";
	uint64_t n = 4711;
	bool b = true, good;

	switch (which) {
	case GET_STRING:
	case GET_NEEDED_STRING:
		good = json_get_string(r, o, "a", which == GET_NEEDED_STRING, 3, &s);
		check("a", good || str_eq(s, "unchanged"));
		return good;
	case GET_U64:
	case GET_NEEDED_U64:
		good = json_get_u64(r, o, "a", which == GET_NEEDED_U64, 1000, &n);
		check("a", good || n == 4711);
		return good;
	case GET_BOOL:
		good = json_get_bool(r, o, "a", &b);
		check("a", good || b);
		return good;
	case GET_ARRAY:
	case GET_NEEDED_ARRAY:
		json_get_array(r, o, "a", which == GET_NEEDED_ARRAY, 2);
		return !r->failed;
	case GET_OBJECT:
	case GET_NEEDED_OBJECT:
		json_get_object(r, o, "a", which == GET_NEEDED_OBJECT);
		return !r->failed;
	}
	return false;
}

static void members(void **state)
{
	static const struct {
		const char *text;
		enum getter getter;
		const char *want; /* NULL: all is well */
	} rows[] = {
		{ "{}", GET_STRING, NULL },
		{ "{}", GET_NEEDED_STRING, "f: /: \"a\" is missing" },
		{ "{\"a\":\"\"}", GET_NEEDED_STRING, NULL },
		{ "{\"a\":\"xyz\"}", GET_STRING, NULL },
		{ "{\"a\":\"wxyz\"}", GET_STRING, "f: /a: must be shorter" },
		{ "{\"a\":null}", GET_STRING, "f: /a: must be a string" },
		{ "{\"a\":7}", GET_STRING, "f: /a: must be a string" },
		{ "{\"a\":[\"x\"]}", GET_STRING, "f: /a: must be a string" },
		{ "{}", GET_U64, NULL },
		{ "{}", GET_NEEDED_U64, "f: /: \"a\" is missing" },
		{ "{\"a\":0}", GET_U64, NULL },
		{ "{\"a\":1000}", GET_U64, NULL },
		{ "{\"a\":\"0x3e8\"}", GET_U64, NULL },
		{ "{\"a\":1001}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":\"0x3e9\"}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":-1}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":1.0}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":1e2}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":\"7\"}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{\"a\":true}", GET_U64, "f: /a: must be a whole number in range" },
		{ "{}", GET_BOOL, NULL },
		{ "{\"a\":false}", GET_BOOL, NULL },
		{ "{\"a\":0}", GET_BOOL, "f: /a: must be true or false" },
		{ "{\"a\":null}", GET_BOOL, "f: /a: must be true or false" },
		{ "{}", GET_ARRAY, NULL },
		{ "{}", GET_NEEDED_ARRAY, "f: /: \"a\" is missing" },
		{ "{\"a\":[1,2]}", GET_ARRAY, NULL },
		{ "{\"a\":[1,2,3]}", GET_ARRAY, "f: /a: must be a shorter array" },
		{ "{\"a\":{}}", GET_ARRAY, "f: /a: must be an array" },
		{ "{}", GET_OBJECT, NULL },
		{ "{}", GET_NEEDED_OBJECT, "f: /: \"a\" is missing" },
		{ "{\"a\":{}}", GET_OBJECT, NULL },
		{ "{\"a\":[]}", GET_OBJECT, "f: /a: must be an object" },
		{ "[]", GET_NEEDED_STRING, "f: /: \"a\" is missing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_json json_t *o = parsed(rows[i].text);
		struct error err = ERROR_INIT;
		struct json_reader r = { .file = "f", .err = &err };

		check_number(rows[i].text, got(&r, o, rows[i].getter), !rows[i].want);
		check_text(rows[i].text, err.text, rows[i].want ? rows[i].want : "");
		check_number(rows[i].text, r.path_len, 0);
	}
}

static void values_arrive(void **state)
{
	cleanup_json json_t *o = parsed("{\"s\":\"x\",\"n\":7,\"b\":true,\"f\":false,\"a\":[1]}");
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	const char *s = NULL;
	uint64_t n = 0;
	bool b = false, f = true;

	assert_true(json_get_string(&r, o, "s", true, 1, &s));
	assert_string_equal(s, "x");
	assert_true(json_get_u64(&r, o, "n", true, 7, &n));
	assert_int_equal(n, 7);
	assert_true(json_get_bool(&r, o, "b", &b) && b);
	assert_true(json_get_bool(&r, o, "f", &f) && !f);
	assert_int_equal(json_array_size(json_get_array(&r, o, "a", true, 1)), 1);
}

static void copies_are_owned(void **state)
{
	cleanup_json json_t *o = parsed("{\"s\":\"new\"}");
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	cleanup_free char *s = strdup("old"), *kept = strdup("old");

	assert_true(json_get_copy(&r, o, "s", 10, &s));
	assert_string_equal(s, "new");
	assert_true(json_get_copy(&r, o, "none", 10, &s));
	assert_null(s);
	assert_false(json_get_copy(&r, o, "s", 2, &kept));
	assert_string_equal(kept, "old");
	assert_string_equal(err.text, "f: /s: must be shorter");
}

static void the_first_error_stays(void **state)
{
	cleanup_json json_t *o = parsed("{}");
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	const char *s = NULL;

	assert_false(json_fail(&r, "first %d", 1));
	assert_false(json_fail(&r, "second"));
	assert_string_equal(err.text, "f: /: first 1");
	assert_false(json_get_string(&r, o, "optional", false, 3, &s));
	assert_null(s);
}

/* --- the cursor --------------------------------------------------------------------------------- */

static void cursor_goes_down_and_up(void **state)
{
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	size_t outer = json_enter(&r, "syscalls"), middle = json_enter_at(&r, 3);
	size_t inner = json_enter(&r, "arch");

	assert_string_equal(r.path, "/syscalls/3/arch");
	json_leave(&r, inner);
	assert_string_equal(r.path, "/syscalls/3");
	json_leave(&r, middle);
	json_leave(&r, outer);
	assert_string_equal(r.path, "");
	assert_int_equal(r.path_len, 0);
}

static void cursor_survives_any_depth(void **state)
{
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	size_t marks[300];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		marks[i] = i % 2 ? json_enter_at(&r, SIZE_MAX) : json_enter(&r, "member");
		assert_true(r.path_len < sizeof(r.path));
		assert_int_equal(strlen(r.path), r.path_len);
	}
	for (size_t i = ARRAY_SIZE(marks); i-- > 0;) {
		json_leave(&r, marks[i]);
		assert_int_equal(strlen(r.path), r.path_len);
	}
	assert_int_equal(r.path_len, 0);
	json_fail(&r, "x");
	assert_string_equal(err.text, "f: /: x");
}

/* --- 64-bit numbers ----------------------------------------------------------------------------- */

static void numbers_come_back(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ INT64_MAX, "9223372036854775807" },
		{ (uint64_t)INT64_MAX + 1, "\"0x8000000000000000\"" },
		{ UINT64_MAX, "\"0xffffffffffffffff\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_json json_t *v = json_u64(rows[i].n);
		cleanup_free char *text = json_dumps(v, JSON_ENCODE_ANY);
		uint64_t back = 4711;

		check_text(rows[i].want, text, rows[i].want);
		check(rows[i].want, json_u64_value(v, &back));
		check_number(rows[i].want, back, rows[i].n);
	}
}

static void numbers_that_are_none(void **state)
{
	static const char *const rows[] = {
		"[-1]",	      "[1.5]",	    "[true]",	  "[null]",
		"[[]]",	      "[{}]",	    "[\"\"]",	  "[\"0x\"]",
		"[\"0\"]",    "[\"0xg\"]",  "[\"0X1\"]",  "[\"0x11111111111111111\"]",
		"[\"0x-1\"]", "[\"0x 1\"]", "[\" 0x1\"]", "[\"0x1 \"]",
		"[\"0x+1\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_json json_t *a = parsed(rows[i]);
		uint64_t n = 4711;

		check(rows[i], !json_u64_value(json_array_get(a, 0), &n));
	}
}

/* strtoull() takes a prefix of its own. */
static void a_second_prefix_is_no_number(void **state)
{
	cleanup_json json_t *v = json_string("0x0x1");
	uint64_t n = 4711;

	assert_false(json_u64_value(v, &n));
	assert_int_equal(n, 4711);
}

static void a_bad_end_leaves_the_number_alone(void **state)
{
	cleanup_json json_t *v = json_string("0x1g");
	uint64_t n = 4711;

	assert_false(json_u64_value(v, &n));
	assert_int_equal(n, 4711);
}

static void absent_strings_are_left_out(void **state)
{
	cleanup_json json_t *o = json_object();
	cleanup_free char *text = NULL;

	json_set_string(o, "none", NULL);
	json_set_string(o, "empty", "");
	text = json_dumps(o, JSON_COMPACT);
	assert_string_equal(text, "{\"empty\":\"\"}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_errors_have_a_place),
		cmocka_unit_test(nul_bytes_end_nothing),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(members),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(copies_are_owned),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(cursor_goes_down_and_up),
		cmocka_unit_test(cursor_survives_any_depth),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(a_second_prefix_is_no_number),
		cmocka_unit_test(a_bad_end_leaves_the_number_alone),
		cmocka_unit_test(absent_strings_are_left_out),
	};

	return unit_run(tests);
}
