/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "unit.h"

#define S 1000000000LL

static void formats(void **state)
{
	static const struct {
		int64_t ns;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ S - 1, "1970-01-01T00:00:00.999999999Z" },
		{ 951782400 * S, "2000-02-29T00:00:00.000000000Z" },
		{ 1795311108 * S + 123456789, "2026-11-22T01:31:48.123456789Z" },
		{ 4102444799 * S, "2099-12-31T23:59:59.000000000Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
		{ -1, "1970-01-01T00:00:00.000000000Z" }, /* before there were clocks of ours */
		{ INT64_MIN, "1970-01-01T00:00:00.000000000Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[CLOCK_TEXT_MAX];

		clock_format(rows[i].ns, out);
		check_text(rows[i].want, out, rows[i].want);
	}
}

static void parses(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "1970-01-01T00:00:00.1Z", S / 10 },
		{ "1970-01-01T00:00:00.123Z", 123000000 },
		{ "1970-01-01T00:00:00.999999999Z", S - 1 },
		{ "2000-02-29T12:00:00Z", 951825600 * S },
		{ "2026-11-22T01:31:48.123456789Z", 1795311108 * S + 123456789 },
		{ "2200-12-31T23:59:59Z", 7289654399 * S },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ns = -1;

		check(rows[i].text, clock_parse(rows[i].text, &ns));
		check_number(rows[i].text, ns, rows[i].want);
	}
}

static void check_refused(const char *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t ns = 4711;

		check(rows[i], !clock_parse(rows[i], &ns));
		check_number(rows[i], ns, 4711);
	}
}

static void refuses_other_forms(void **state)
{
	static const char *const rows[] = {
		"",
		"Z",
		"now",
		"2026-11-22",
		"2026-11-22T01:31:48",
		"2026-11-22T01:31:48z",
		"2026-11-22T01:31:48+00:00",
		"2026-11-22 01:31:48Z",
		"2026-11-22T01:31:48ZZ",
		"2026-11-22T01:31:48Z ",
		" 2026-11-22T01:31:48Z",
		"+2026-11-22T01:31:48Z",
		"-2026-11-22T01:31:48Z",
		"20261-11-22T01:31:48Z",
		"2026-13-22T01:31:48Z",
		"2026-00-22T01:31:48Z",
		"2026-11-00T01:31:48Z",
		"2026-11-32T01:31:48Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T23:60:00Z",
		"2026-11-22T01:31:48.1234567890Z",
		"2026-11-22T01:31:48,5Z",
		"2026-11-22T01:31:48.-5Z",
		"1969-12-31T23:59:59Z",
		"2262-04-12T00:00:00Z",
		"9999-12-31T23:59:59Z",
		"2026-11-22T01:31:48.123456789Z\n",
	};

	check_refused(rows, ARRAY_SIZE(rows));
}

/* RFC 3339 has fixed widths, a digit behind the point, and days that exist. */
static void refuses_what_no_clock_shows(void **state)
{
	static const char *const rows[] = {
		"2026-11-22T01:31:48.Z", "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",	 "2026- 1- 2T 1: 1: 1Z", "2026-1-2T1:1:1.000000Z",
	};

	check_refused(rows, ARRAY_SIZE(rows));
}

static void comes_back(void **state)
{
	struct chance c = { 3 };

	for (int i = 0; i < 5000; i++) {
		int64_t ns = (int64_t)(chance_next(&c) % (7289654400ULL * S)), back = -1;
		char text[CLOCK_TEXT_MAX];

		clock_format(ns, text);
		check(text, clock_parse(text, &back));
		check_number(text, back, ns);
	}
}

static void ages(void **state)
{
	static const struct {
		int64_t ns;
		const char *want;
	} rows[] = {
		{ 0, "0 s" },
		{ S - 1, "0 s" },
		{ S, "1 s" },
		{ 119 * S, "119 s" },
		{ 120 * S, "2 min" },
		{ 7199 * S, "119 min" },
		{ 7200 * S, "2 h" },
		{ 172799 * S, "47 h" },
		{ 172800 * S, "2 days" },
		{ INT64_MAX, "106751 days" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[CLOCK_TEXT_MAX];

		clock_format_age(rows[i].ns, out);
		check_text(rows[i].want, out, rows[i].want);
	}
}

static void clocks_agree(void **state)
{
	int64_t wall = clock_wall_ns(), offset = clock_boot_offset_ns();

	assert_true(wall > 1700000000 * S);
	assert_true(offset > 0 && offset <= clock_wall_ns());
	assert_true(clock_wall_ns() - wall < 60 * S);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses_other_forms),
		cmocka_unit_test(refuses_what_no_clock_shows),
		cmocka_unit_test(comes_back),
		cmocka_unit_test(ages),
		cmocka_unit_test(clocks_agree),
	};

	return unit_run(tests);
}
