/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/path_pattern.h"
#include "unit.h"

/* Tokens as letters: b byte, e escaped byte, s star, d deep, n number. */
static void tokens(void **state)
{
	static const struct {
		const char *path, *kinds;
	} rows[] = {
		{ "", "" },
		{ "/a", "bb" },
		{ "/*", "bs" },
		{ "/**", "bd" },
		{ "/***x", "bdb" },
		{ "/proc/@{pid}/fd", "bbbbbbnbbb" },
		{ "@{tid}@{pid}", "nn" },
		{ "@{PROC}", "bbbbbbb" },
		{ "\\x2a*", "es" },
		{ "\\x0A\\xff", "ee" },
		{ "\\x2", "bbb" },
		{ "\\xg0\\", "bbbbb" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = rows[i].path;
		char kinds[32] = "";
		size_t n = 0;

		for (struct path_token t; (t = path_token_next(&at)).kind != PATH_TOKEN_END;)
			kinds[n++] = t.kind == PATH_TOKEN_STAR	 ? 's' :
				     t.kind == PATH_TOKEN_DEEP	 ? 'd' :
				     t.kind == PATH_TOKEN_NUMBER ? 'n' :
				     t.escaped			 ? 'e' :
								   'b';
		check_text(rows[i].path, kinds, rows[i].kinds);
		check("end", !*at && path_token_next(&at).kind == PATH_TOKEN_END);
	}
}

static void bytes(void **state)
{
	const char *at = "\\x2a\\xFf\xc3";

	assert_int_equal(path_token_next(&at).byte, '*');
	assert_int_equal(path_token_next(&at).byte, 0xff);
	assert_int_equal(path_token_next(&at).byte, 0xc3);
}

static void prefixes(void **state)
{
	static const struct {
		const char *path, *prefix;
		bool exact;
	} rows[] = {
		{ "", "", true },
		{ "/a/b", "/a/b", true },
		{ "/a*", "/a", false },
		{ "**", "", false },
		{ "/a\\x2ab", "/a*b", true },
		{ "/proc/@{pid}/x", "/proc/", false },
		{ "/a\\x20\\x5c/*", "/a \\/", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *prefix = path_literal_prefix(rows[i].path);

		check_text(rows[i].path, prefix, rows[i].prefix);
		check(rows[i].path, path_is_exact(rows[i].path) == rows[i].exact);
	}
}

static void below(void **state)
{
	assert_true(path_is_below("/a/b", "/a"));
	assert_true(path_is_below("/a", "/a"));
	assert_true(path_is_below("/a/", "/a"));
	assert_false(path_is_below("/ab", "/a"));
	assert_false(path_is_below("/", "/a"));
}

static void suffixes(void **state)
{
	static const char *const rows[][2] = {
		{ "/a", "/a" },	 { "/a*", "" },	       { "/**/b\\x20c", "/b c" },
		{ "*a*b", "b" }, { "@{pid}/x", "/x" }, { "", "" }
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *suffix = path_literal_suffix(rows[i][0]);

		check_text(rows[i][0], suffix, rows[i][1]);
	}
}

static void meetings(void **state)
{
	static const struct {
		const char *a, *b;
		bool meet;
	} rows[] = {
		{ "/a", "/a", true },
		{ "/a", "/b", false },
		{ "/a", "/a/b", false },
		{ "/a*", "/ab", true },
		{ "/a*", "/b", false },
		{ "/**", "/x/y", true },
		{ "/**/x.txt", "/a/x.txt", true },
		{ "/**/x.txt", "/a/y.txt", false },
		{ "/a*.log", "/ab*", true },
		{ "/a*.log", "/a*.txt", false },
		{ "*", "", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_number(rows[i].a, path_may_meet(rows[i].a, rows[i].b), rows[i].meet);
		check_number(rows[i].b, path_may_meet(rows[i].b, rows[i].a), rows[i].meet);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),   cmocka_unit_test(bytes),	cmocka_unit_test(prefixes),
		cmocka_unit_test(suffixes), cmocka_unit_test(meetings), cmocka_unit_test(below),
	};

	return unit_run(tests);
}
