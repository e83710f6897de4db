/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "unit.h"

#define S 1000000000ULL

static void ends(void **state)
{
	static const struct {
		const char *s, *suffix;
		bool want;
	} rows[] = {
		{ "a.scope", ".scope", true },
		{ ".scope", ".scope", true },
		{ "scope", ".scope", false },
		{ "a", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "a.scopeX", ".scope", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].s, str_ends(rows[i].s, rows[i].suffix), rows[i].want);
}

static void starts(void **state)
{
	assert_true(str_starts("abc", ""));
	assert_true(str_starts("abc", "abc"));
	assert_false(str_starts("ab", "abc"));
	assert_false(str_starts("", "a"));
	assert_true(str_eq("", ""));
	assert_false(str_eq("a", "A"));
}

static void duplicates(void **state)
{
	cleanup_free char *some = str_dup_n("abcdef", 3), *more = str_dup_n("abc", 10);
	cleanup_free char *none = str_dup_n("abc", 0), *made = str_format("%s-%d", "x", 7);

	assert_string_equal(some, "abc");
	assert_string_equal(more, "abc");
	assert_string_equal(none, "");
	assert_string_equal(made, "x-7");
}

static void whole_numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t want;
	} rows[] = {
		{ "0", true, 0 },
		{ "7", true, 7 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "+1", false, 0 },
		{ "-1", false, 0 },
		{ "0x10", false, 0 },
		{ "1e3", false, 0 },
		{ "1.0", false, 0 },
		{ "\xd9\xa1", false, 0 }, /* ARABIC-INDIC DIGIT ONE */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t n = 4711;

		check_number(rows[i].text, str_to_u64(rows[i].text, &n), rows[i].good);
		check_number(rows[i].text, n, rows[i].good ? rows[i].want : 4711);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t want;
	} rows[] = {
		{ "0", true, 0 },
		{ "10", true, 10 * S },
		{ "10s", true, 10 * S },
		{ "250ms", true, S / 4 },
		{ "5m", true, 300 * S },
		{ "1h30m", true, 5400 * S },
		{ "2d", true, 172800 * S },
		{ "1d1h1m1s1ms", true, 90061 * S + 1000000 },
		{ "18446744073s", true, 18446744073ULL * S },
		{ "18446744074s", false, 0 }, /* one second more than 64 bits of nanoseconds */
		{ "18446744073s999ms", false, 0 },
		{ "99999999999999999999s", false, 0 },
		{ "213504d", false, 0 },
		{ "", false, 0 },
		{ "s", false, 0 },
		{ "1S", false, 0 },
		{ "1 s", false, 0 },
		{ " 1s", false, 0 },
		{ "-1s", false, 0 },
		{ "+1s", false, 0 },
		{ "1.5h", false, 0 },
		{ "1s ", false, 0 },
		{ "1ss", false, 0 },
		{ "1sec", false, 0 },
		{ "1us", false, 0 },
		{ "1s,2s", false, 0 },
		{ "0x10s", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t ns = 4711;

		check_number(rows[i].text, str_to_duration(rows[i].text, &ns), rows[i].good);
		check_number(rows[i].text, ns, rows[i].good ? rows[i].want : 4711);
	}
}

static void grouped(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} rows[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 1234567, "1,234,567" },
		{ 100000000, "100,000,000" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].want, str_grouped(rows[i].n), rows[i].want);
}

static void grouped_keeps_eight(void **state)
{
	const char *kept[8];

	for (uint64_t i = 0; i < 8; i++)
		kept[i] = str_grouped(i * 1000);
	assert_string_equal(kept[0], "0");
	assert_string_equal(kept[1], "1,000");
	assert_string_equal(kept[7], "7,000");
}

static void distances(void **state)
{
	static const char long_name[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct {
		const char *a, *b;
		size_t want;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "openat", "openat", 0 },
		{ "opnat", "openat", 1 },
		{ "opemat", "openat", 1 },
		{ "opeant", "openat", 1 },
		{ "openatt", "openat", 1 },
		{ "ab", "ba", 1 },
		{ "abc", "xyz", 3 },
		{ "kitten", "sitting", 3 },
		{ long_name, "a", 64 },
		{ long_name, long_name, 64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_number(rows[i].a, str_distance(rows[i].a, rows[i].b), rows[i].want);
		check_number(rows[i].b, str_distance(rows[i].b, rows[i].a), rows[i].want);
	}
}

/* --- text for terminals ------------------------------------------------------------------------- */

#define IN(s) s, sizeof(s) - 1

static void printable_text(void **state)
{
	static const struct {
		const char *row, *in;
		size_t len;
		const char *want;
	} rows[] = {
		{ "plain", IN("plain text"), "plain text" },
		{ "empty", IN(""), "" },
		{ "escape sequence", IN("a\033[2Jb"), "a\\x1b[2Jb" },
		{ "newline", IN("a\nb"), "a\\x0ab" },
		{ "tab", IN("\t"), "\\x09" },
		{ "NUL inside", IN("a\0b"), "a\\x00b" },
		{ "DEL", IN("\177"), "\\x7f" },
		{ "backslash", IN("a\\b"), "a\\\\b" },
		{ "forged escape", IN("\\x1b"), "\\\\x1b" },
		{ "two bytes", IN("\xc3\xa9"), "\xc3\xa9" },
		{ "three bytes", IN("\xe2\x82\xac"), "\xe2\x82\xac" },
		{ "four bytes", IN("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
		{ "last code point", IN("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
		{ "C1 control CSI", IN("\xc2\x9b"), "\\xc2\\x9b" },
		{ "no-break space, just above C1", IN("\xc2\xa0"), "\xc2\xa0" },
		{ "8-bit CSI", IN("\x9b"), "\\x9b" },
		{ "Latin-1", IN("\xe9t\xe9"), "\\xe9t\\xe9" },
		{ "overlong slash, 2", IN("\xc0\xaf"), "\\xc0\\xaf" },
		{ "overlong slash, 3", IN("\xe0\x80\xaf"), "\\xe0\\x80\\xaf" },
		{ "overlong slash, 4", IN("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf" },
		{ "overlong escape", IN("\xc0\x9b"), "\\xc0\\x9b" },
		{ "surrogate", IN("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
		{ "beyond Unicode", IN("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
		{ "five bytes", IN("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80" },
		{ "truncated at the end", IN("\xe2\x82"), "\\xe2\\x82" },
		{ "truncated in the middle", IN("\xe2\x82x"), "\\xe2\\x82x" },
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): this is what is tested */
		{ "right-to-left override", IN("\xe2\x80\xae"), "\\xe2\\x80\\xae" },
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): as above */
		{ "isolate", IN("\xe2\x81\xa6"), "\\xe2\\x81\\xa6" },
		{ "no width", IN("a\xe2\x80\x8b"), "a\\xe2\\x80\\x8b" },
		{ "next to it", IN("\xe2\x80\x8a\xe2\x80\x90"), "\xe2\x80\x8a\xe2\x80\x90" },
		{ "line separator", IN("\xe2\x80\xa8"), "\\xe2\\x80\\xa8" },
		{ "byte order mark", IN("\xef\xbb\xbf"), "\\xef\\xbb\\xbf" },
		{ "soft hyphen", IN("\xc2\xad"), "\\xc2\\xad" },
		{ "tag", IN("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81" },
		{ "variant", IN("\xef\xb8\x8f"), "\\xef\\xb8\\x8f" },
		{ "Persian and Arabic", IN("\xd9\xbe\xd8\xa7"), "\xd9\xbe\xd8\xa7" },
		{ "0xff", IN("\xff\xfe"), "\\xff\\xfe" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[64];

		str_printable(out, sizeof(out), rows[i].in, rows[i].len);
		check_text(rows[i].row, out, rows[i].want);
	}
}

/* Room for the dots is kept, and neither a sequence nor an escape is cut in two. */
static void printable_cut(void **state)
{
	static const struct {
		const char *row, *in;
		size_t size;
		const char *want;
	} rows[] = {
		{ "one too long", "abcdefgh", 8, "abcd..." },
		{ "much too long", "abcdefghijklmnop", 8, "abcd..." },
		{ "only dots", "abcdefgh", 4, "..." },
		{ "no room for dots", "abcdefgh", 3, "" },
		{ "only the NUL", "abcdefgh", 1, "" },
		{ "an escape does not fit", "abc\033efgh", 10, "abc..." },
		{ "a sequence does not fit", "abc\xe2\x82\xac\xe2\x82\xac", 8, "abc..." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[16];

		memset(out, '#', sizeof(out));
		str_printable(out, rows[i].size, rows[i].in, strlen(rows[i].in));
		check_text(rows[i].row, out, rows[i].want);
		check_number(rows[i].row, out[rows[i].size], '#');
	}
}

static void is_printable(void **state)
{
	static const char rlo[] = { '\xe2', '\x80', '\xae', '\0' }; /* right-to-left override */
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "", true },	       { "/a b\\x1b", true }, { "\xe2\x82\xac", true },
		{ "a\n", false },      { "\033[2J", false },  { "\x7f", false },
		{ "\xc2\x9b", false }, { "\xff", false },     { "\xe2\x82", false },
		{ rlo, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].text, str_is_printable(rows[i].text), rows[i].want);
}

static void printable_exact_fit_is_whole(void **state)
{
	char out[8];

	str_printable(out, 8, "abcdefg", 7);
	check_text("7 of 8 bytes", out, "abcdefg");
	str_printable(out, 4, "abc", 3);
	check_text("3 of 4 bytes", out, "abc");
	str_printable(out, 2, "a", 1);
	check_text("1 of 2 bytes", out, "a");
}

static void printable_without_room(void **state)
{
	char out[1] = { '#' };

	str_printable(out, 0, "abc", 3);
	assert_int_equal(out[0], '#');
}

static void printable_is_always_safe(void **state)
{
	struct chance c = { 1 };

	for (int round = 0; round < 20000; round++) {
		char in[24], out[40];
		size_t len = chance_below(&c, sizeof(in) + 1), size = 1 + chance_below(&c, 40);

		for (size_t i = 0; i < len; i++)
			in[i] = (char)chance_next(&c);
		memset(out, '#', sizeof(out));
		str_printable(out, size, in, len);
		assert_non_null(memchr(out, '\0', size));
		assert_true(unit_is_printable(out));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(starts),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(durations),
		cmocka_unit_test(grouped),
		cmocka_unit_test(grouped_keeps_eight),
		cmocka_unit_test(distances),
		cmocka_unit_test(printable_text),
		cmocka_unit_test(printable_cut),
		cmocka_unit_test(is_printable),
		cmocka_unit_test(printable_exact_fit_is_whole),
		cmocka_unit_test(printable_without_room),
		cmocka_unit_test(printable_is_always_safe),
	};

	return unit_run(tests);
}
