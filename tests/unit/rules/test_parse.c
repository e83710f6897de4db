/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: the grammar, what is printed again, and what is said of what is no condition. */
#include "base/str.h"
#include "rules/parse.h"
#include "rules/print.h"
#include "unit/unit.h"

static const struct source *source_from(struct arena *a, const char *text)
{
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;

	source_add_made(&b, text_of(text), NULL, 0);
	return source_finish(&b, a);
}

static struct expr *parse(struct arena *a, const char *text, struct parse_error *err)
{
	const struct source *s = source_from(a, text);

	assert_non_null(s);
	return parse_condition(a, s, err);
}

/* Printed in one line; NULL if it is no condition. */
static char *printed(struct arena *a, const char *text, struct parse_error *err)
{
	struct expr *e = parse(a, text, err);
	struct buf out = BUF_INIT;

	if (!e)
		return NULL;
	print_condition(e, false, &out);
	return buf_take(&out);
}

static const struct {
	const char *text, *want; /* NULL: the same */
} good_rows[] = {
	{ "a.b = c", NULL },
	{ "a.b=c", "a.b = c" },
	{ "a.b == c", "a.b = c" },
	{ "  a.b   =\tc \n", "a.b = c" },
	{ "a.b != \"c d\"", NULL },
	{ "a.b = 'x\"y'", "a.b = \"x\\\"y\"" },
	{ "a.b = \"x\\\"y\"", NULL },
	{ "a.b = \"x\\ny\"", "a.b = \"x\\x0ay\"" },
	{ "a.b = \"\\x41\"", "a.b = \"A\"" },
	{ "a.b = \"x\\\\y\"", NULL },
	/* A backslash in front of the closing quote keeps it open, even a second one. */
	{ "a.b = \"x\\\\\\x5c\"", NULL },
	{ "a.b = x\\y", NULL },
	{ "a.b = x#y;z[0]{}", NULL },
	{ "a.b = c.d", NULL }, /* a text, not a field */
	{ "a.b = \"\"", NULL },
	{ "a.b = ''", "a.b = \"\"" },
	{ "a.b.c_2.d = e", NULL },
	{ "A.b = c", NULL },
	{ "a.b[0] = x", NULL },
	{ "a.b[x/y*] = x", NULL },
	{ "a.b[\"x y\"] = x", NULL },
	{ "a.b['x'] = x", "a.b[x] = x" },
	{ "a.b['x]'] = x", "a.b[\"x]\"] = x" },
	{ "a.b exists", NULL },
	{ "a.b exists and c.d exists", NULL },
	{ "a.b < 5", NULL },
	{ "a.b <= -5", NULL },
	{ "a.b > 0x1f", NULL },
	{ "a.b >= +3", NULL },
	{ "a.b > 1.5", NULL },
	{ "a.b contains x", NULL },
	{ "a.b icontains x", NULL },
	{ "a.b bcontains cafe", NULL },
	{ "a.b startswith /x", NULL },
	{ "a.b bstartswith cafe", NULL },
	{ "a.b endswith .x", NULL },
	{ "a.b glob /x/*", NULL },
	{ "a.b iglob /x/*", NULL },
	{ "a.b regex \"(a|b)\"", NULL },
	{ "a.b in (x, y)", NULL },
	{ "a.b in(x,y)", "a.b in (x, y)" },
	{ "a.b in ( x , \"y z\" )", "a.b in (x, \"y z\")" },
	{ "a.b in ()", NULL },
	{ "a.b in name", NULL },
	{ "a.b intersects (x)", NULL },
	{ "a.b pmatch (/a/b, \"/c d\")", NULL },
	{ "a.b startswith oneof (x, y)", NULL },
	{ "a.b = anyof (x)", NULL },
	{ "a.b = allof name", NULL },
	{ "a.b = oneof", "a.b = \"oneof\"" },
	{ "a.b = oneof and m", "a.b = \"oneof\" and m" },
	{ "tolower(a.b) = x", NULL },
	{ "toupper( a.b ) = X", "toupper(a.b) = X" },
	{ "tolower(toupper(b64(basename(a.b)))) = x", NULL },
	{ "len(a.b) >= 3", NULL },
	{ "join(\",\", (a.b, c.d)) = x", NULL },
	{ "join(\",\", a.b) = x", NULL },
	{ "concat(a.b, \"x\", c.d[1]) = x", NULL },
	{ "getopt(a.b, \"x:y\", \"x\") = y", NULL },
	{ "getopt(a.b, \"x:y\")[x] = y", NULL },
	{ "a.b = val(c.d)", NULL },
	{ "a.b = val( c.d[x] )", "a.b = val(c.d[x])" },
	{ "a.b < val(c.d)", NULL },
	{ "a.b in val(c.d)", NULL },
	{ "a.b = tolower(c.d)", NULL },
	{ "a.b < len(c.d)", NULL },
	{ "m", NULL },
	{ "((m))", "m" },
	{ "not m", NULL },
	{ "not not m", "m" },
	{ "not not not m", "not m" },
	{ "not (not m)", "m" },
	{ "not (not (not m and n))", "not m and n" },
	{ "not(m)", "not m" },
	{ "not (m)", "not m" },
	{ "not(m and n)", "not (m and n)" },
	{ "not a.b = c", NULL },
	{ "m and n", NULL },
	{ "m and(n)", "m and n" },
	{ "m or(n)or(o)", "m or n or o" },
	{ "(m)and n", "m and n" },
	{ "m or n and o", "m or (n and o)" },
	{ "m and n or o", "(m and n) or o" },
	{ "(m or n) and o", NULL },
	{ "m and (n and o)", "m and n and o" },
	{ "m or (n or (o or p))", "m or n or o or p" },
	{ "not m and n", NULL },
	{ "not (m or n) or o", NULL },
	{ "m\nand\r\n\tn", "m and n" },
	/* Keywords begin and end at blanks and brackets only. */
	{ "android and orange or nothing", "(android and orange) or nothing" },
	{ "not_m", NULL },
	{ "a.b = and", NULL },
	{ "a.b = x or or", NULL },
	{ "in", NULL },
	/* Operators need no blank behind a sign, words do. */
	{ "a.b exists or m", NULL },
	{ "a.b=-1", "a.b = -1" },
	{ "a.b=x\\ny", "a.b = x\\ny" },
};

/* What comes out is checked to be the same once it is read again. */
static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		struct parse_error err;
		cleanup_free char *once = printed(&a, good_rows[i].text, &err);
		cleanup_free char *twice = NULL;

		if (!once)
			fail_msg("%s: %u: %s", good_rows[i].text, err.at, err.text);
		check_text(good_rows[i].text, once,
			   good_rows[i].want ? good_rows[i].want : good_rows[i].text);
		twice = printed(&a, once, &err);
		check_text(good_rows[i].text, twice, once);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		uint32_t at;
		const char *message, *hint; /* parts of them */
	} rows[] = {
		{ "", 0, "the condition is empty", NULL },
		{ "   ", 3, "expected a check at the end", NULL },
		{ "a.b", 3, "expected an operator behind the field", NULL },
		{ "a.b x", 4, "expected an operator, not \"x\"", "operators: " },
		{ "a.b exist", 4, "not \"exist\"", "\"exists\"" },
		{ "a.b startwith x", 4, "not \"startwith\"", "\"startswith\"" },
		{ "a.b starts with x", 4, "not \"starts\"", "\"startswith\"" },
		{ "a.b like x", 4, "not \"like\"", "\"glob\"" },
		{ "a.b =~ x", 7, "not \"x\"", NULL },
		{ "a.b contains", 4, "not \"contains\"", "a value must follow" },
		{ "a.b = ", 6, "expected a value", NULL },
		{ "a.b = (x)", 6, "expected a value", "behind \"in\"" },
		{ "a.b = x(y)", 7, "not \"(\"", "needs quotes" },
		{ "a.b in", 6, "expected a list", "in brackets" },
		{ "a.b in \"x\"", 7, "expected a list", "in brackets" },
		{ "a.b in (x y)", 10, "in this list, not \"y\"", "need quotes" },
		{ "a.b in (x,", 10, "expected a value behind the comma", NULL },
		{ "a.b in (x", 9, "expected \",\" or \")\"", NULL },
		{ "a.b in (,)", 8, "expected \",\" or \")\"", NULL },
		{ "a.b < abc", 6, "expected a number", NULL },
		{ "a.b < \"5\"", 6, "expected a number", NULL },
		{ "a.b = \"abc", 6, "this quote is never closed", NULL },
		{ "a.b = 'abc\\'", 6, "this quote is never closed", NULL },
		{ "a.b = \"a\\qb\"", 8, "unknown escape \"\\q\"", "known escapes" },
		{ "a.b[] = x", 4, "closing \"]\"", NULL },
		{ "a.b[x = y", 5, "closing \"]\"", NULL },
		{ "a.b[x y] = z", 5, "closing \"]\"", NULL },
		{ "a = b", 2, "not \"=\"", "has a dot" },
		{ "a in (b)", 2, "not \"in\"", "has a dot" },
		{ ".a = b", 0, "expected a check, a macro or a bracket", NULL },
		{ "9a.b = c", 0, "expected a check, a macro or a bracket", NULL },
		{ "\"a.b\" = c", 0, "expected a check", "begins with a field" },
		{ "%a.b = c", 0, "expected a check", "without a sign" },
		{ "!m", 0, "expected a check", "\"not\"" },
		{ "m AND n", 2, "not \"AND\"", "small letters" },
		{ "m && n", 2, "not \"&&\"", "\"and\"" },
		{ "m || n", 2, "not \"||\"", "\"or\"" },
		{ "m n", 2, "expected \"and\" or \"or\"", NULL },
		{ "m and", 5, "behind \"and\"", NULL },
		{ "m and ", 6, "expected a check at the end", NULL },
		{ "m andn", 5, "behind \"and\"", NULL },
		{ "m and not", 9, "", NULL },
		{ "m)", 1, "not \")\"", "no bracket" },
		{ "(m", 0, "this bracket is never closed", NULL },
		{ "m and (n or (o)", 6, "this bracket is never closed", NULL },
		{ "(m n)", 3, "expected \"and\", \"or\" or \")\"", NULL },
		{ "m # note", 2, "not \"#\"", "no comments" },
		{ "foo(a.b) = x", 3, "not \"(\"", "transformers" },
		{ "tolower(a.b = x", 12, "expected \",\" or \")\"", NULL },
		{ "tolower() = x", 8, "", NULL },
		{ "a.b = val(tolower(c.d))", 10, "expected a field within val()", NULL },
		{ "a.b = val(c.d", 13, "expected \")\"", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		struct parse_error err;
		struct expr *e = parse(&a, rows[i].text, &err);

		/* "not" at the end is a macro of that name. */
		if (!*rows[i].message)
			continue;
		check(rows[i].text, !e);
		if (!strstr(err.text, rows[i].message))
			fail_msg("%s: says \"%s\"", rows[i].text, err.text);
		check_number(rows[i].text, err.at, rows[i].at);
		if (rows[i].hint && (!err.hint || !strstr(err.hint, rows[i].hint)))
			fail_msg("%s: hint \"%s\"", rows[i].text, err.hint ? err.hint : "");
	}
}

/* n times "open", then m, then n times "close". */
static char *nested(const char *open, const char *close, int n)
{
	struct buf out = BUF_INIT;

	for (int i = 0; i < n; i++)
		buf_add_str(&out, open);
	buf_add_str(&out, "a.b");
	for (int i = 0; i < n; i++)
		buf_add_str(&out, close);
	buf_add_str(&out, *close == ')' && open[1] ? " = x" : "");
	return buf_take(&out);
}

static void test_depth(void **state)
{
	for (int i = 0; i < 2; i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 24);
		const char *open = i ? "tolower(" : "(";
		cleanup_free char *deepest = nested(open, ")", PARSE_DEPTH_MAX);
		cleanup_free char *deeper = nested(open, ")", PARSE_DEPTH_MAX + 1);
		cleanup_free char *deep = nested(open, ")", 100000);
		struct parse_error err;

		if (!i) /* "((( a.b" is no check: it must be the name of a macro */
			for (char *p = deepest; *p; p++)
				*p = *p == '.' ? '_' : *p;
		assert_non_null(parse(&a, deepest, &err));
		assert_null(parse(&a, deeper, &err));
		assert_string_equal(err.text, "nested too deeply");
		assert_null(parse(&a, deep, &err));
		assert_string_equal(err.text, "nested too deeply");
	}
}

static void test_long(void **state)
{
	cleanup_arena struct arena a = ARENA_INIT(64 << 20);
	cleanup_buf struct buf text = BUF_INIT;
	struct parse_error err;
	struct expr *e;

	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, i ? " or not not not m" : "not m");
	e = parse(&a, text.data, &err);
	assert_non_null(e);
	assert_int_equal(e->group.count, 100000);
}

/* No memory at any point is an error, not a crash. */
static void test_no_memory(void **state)
{
	static const char text[] = "a.b in (x, y) and not (m or concat(a.b, \"x\", c.d) = val(e.f))";
	struct parse_error err;
	struct expr *e = NULL;

	for (size_t limit = 0; !e && limit < 1 << 20; limit += 64) {
		cleanup_arena struct arena a = ARENA_INIT(limit);
		cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
		const struct source *s;

		source_add_made(&b, TEXT(text), NULL, 0);
		s = source_finish(&b, &a);
		if (!s)
			continue;
		e = parse_condition(&a, s, &err);
		assert_true(e || strstr(err.text, "memory"));
	}
	assert_non_null(e);
}

static char *wrapped(struct arena *a, const char *text)
{
	struct parse_error err;
	struct expr *e = parse(a, text, &err);
	struct buf out = BUF_INIT;

	assert_non_null(e);
	print_condition_wrapped(e, 2, &out);
	return buf_take(&out);
}

static void test_wrapped(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "m and n", "m and n" },
		{ "first_of_the_macros and second_of_the_macros and not third_of_the_macros and "
		  "fourth_of_the_macros",
		  "first_of_the_macros\n  and second_of_the_macros\n  and not "
		  "third_of_the_macros\n  and fourth_of_the_macros" },
		{ "first_of_the_macros and not (second_of_the_macros or third_of_the_macros or "
		  "(fourth_of_the_macros and fifth_of_the_macros) or sixth_of_the_macros)",
		  "first_of_the_macros\n  and not (second_of_the_macros\n      or "
		  "third_of_the_macros\n      or (fourth_of_the_macros and "
		  "fifth_of_the_macros)\n      or sixth_of_the_macros)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		cleanup_free char *got = wrapped(&a, rows[i].text);

		check_text(rows[i].text, got, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_depth),	  cmocka_unit_test(test_long),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_wrapped),
	};

	return unit_run(tests);
}
