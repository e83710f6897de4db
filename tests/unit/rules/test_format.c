/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatting: what comes of files, that doing it twice changes nothing more, and that the rules are
 * the same afterwards. Arguments: the case files of test_load, whose rule files are formatted too.
 */
#include "base/fs.h"
#include "base/str.h"
#include "rig.h"

static const char *const *case_files;
static size_t case_count;

#define RULE(condition) \
	"- rule: R\n  desc: d\n  condition: " condition "\n  output: o\n  priority: INFO\n"

static void test_table(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "# only a remark\n", "# only a remark\n" },
		{ "- list:  a\n  items: [ x,y , 'z' ]\n", "- list: a\n  items: [x, y, z]\n" },
		{ "-   list: a\n    items:\n    - x\n    - y\n", "- list: a\n  items: [x, y]\n" },
		{ "- list: a\n  items: []\n- list: b\n  items: [x]\n\n\n\n- list: c\n  items: [y]",
		  "- list: a\n  items: []\n\n- list: b\n  items: [x]\n\n- list: c\n  items: [y]\n" },
		/* What has quotes keeps them where it would be something else without. */
		{ "- list: a\n  items: ['1', \"true\", 'a b', \"/x\", '', \"a: b\", 'q\"q', x]\n",
		  "- list: a\n  items: [\"1\", \"true\", a b, /x, \"\", \"a: b\", 'q\"q', x]\n" },
		{ RULE("(evt.type=open)"), RULE("evt.type = open") },
		{ RULE("\"proc.name = 'x'\""), RULE("proc.name = \"x\"") },
		{ RULE("not  (a.b=c  and d)"), RULE("not (a.b = c and d)") },
		/* Brackets around everything matter to what is appended. */
		{ "- macro: m\n  condition: (a or b)\n", "- macro: m\n  condition: (a or b)\n" },
		{ "- macro: m\n  condition: ((a or b))\n", "- macro: m\n  condition: (a or b)\n" },
		{ "- macro: m\n  condition: (a and b)\n", "- macro: m\n  condition: a and b\n" },
		{ "- macro: m\n  condition: and   x\n  append: true\n",
		  "- macro: m\n  condition: and x\n  append: true\n" },
		{ "- macro: m\n  condition: or (x  or y)\n  append: true\n",
		  "- macro: m\n  condition: or (x or y)\n  append: true\n" },
		/* What is no condition by itself stays. */
		{ "- macro: m\n  condition: and and\n", "- macro: m\n  condition: and and\n" },
		{ "# a\n\n\n# b\n- list: a\n  # c\n\n  items: [x] # d\n  # e\n# f\n\n\n",
		  "# a\n\n# b\n- list: a\n  # c\n  items: [x] # d\n\n  # e\n# f\n" },
		{ "- list: a\n  items: [x,\n    # why\n    y]\n",
		  "- list: a\n  items: [x,\n    # why\n    y]\n" },
		{ "---\n- list: a\n  items: [x]\n---\n- list: b\n  items: [y]\n",
		  "---\n- list: a\n  items: [x]\n\n---\n- list: b\n  items: [y]\n" },
		{ "- rule: R\n  desc: >\n    some\n    words\n\n  condition: >\n    a.b = c\n    "
		  "and d\n  output: >\n    x\n    y\n  priority: INFO\n  tags:\n  - t\n",
		  "- rule: R\n  desc: some words\n  condition: a.b = c and d\n  output: x y\n  "
		  "priority: INFO\n  tags: [t]\n" },
		{ "- rule: R\n  desc: |\n    some\n      words\n  enabled:   false\n",
		  "- rule: R\n  desc: |-\n    some\n      words\n  enabled: false\n" },
		{ "- rule: R\n  output: \"%proc.name x\"\n",
		  "- rule: R\n  output: \"%proc.name x\"\n" },
		{ "- rule: R\n  override: {condition: append}\n  condition: and x\n",
		  "- rule: R\n  override:\n    condition: append\n  condition: and x\n" },
		{ "- rule: R\n  exceptions:\n  - {name: e, fields: [a.b, c.d], values: [[x, [y, z]]]}\n",
		  "- rule: R\n  exceptions:\n    - name: e\n      fields: [a.b, c.d]\n      "
		  "values: [[x, [y, z]]]\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err;
		cleanup_free char *once = rig_format(rows[i].text, &err), *twice = NULL;

		if (!once)
			fail_msg("%s: %s", rows[i].text, err.text);
		check_text(rows[i].text, once, rows[i].want);
		twice = rig_format(once, &err);
		check_text(rows[i].text, twice, once);
	}
}

static void test_wide(void **state)
{
	struct error err;
	cleanup_free char *got = rig_format(
		"- macro: m\n  condition: (first_of_the_macros and second_of_the_macros and (third or "
		"fourth) and another_one_of_those_macros)\n- list: l\n  items: [aaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccccccc, dddddddddd]\n",
		&err);

	assert_string_equal(got, "- macro: m\n  condition: >\n    first_of_the_macros\n"
				 "    and second_of_the_macros\n    and (third or fourth)\n"
				 "    and another_one_of_those_macros\n\n- list: l\n"
				 "  items: [aaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
				 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n"
				 "    cccccccccccccccccccccccccccc, dddddddddd]\n");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "- list: [a", "f.yaml:" },
		{ "rule: x\n", "f.yaml:1: left as it is: it is no list of objects" },
		{ "[{list: a, items: [x]}]\n", "f.yaml:1: left as it is: an object must begin" },
		{ "- {list: a, items: [x]}\n", "f.yaml:1: left as it is: an object must begin" },
		{ "-\n  list: a\n  items: [x]\n", "f.yaml:2: left as it is: an object must begin" },
		{ "- list: a\n  items: [x]\n  items: [y]\n",
		  "f.yaml:3: left as it is: \"items\" is there twice" },
		{ "- list: a\n  items: &x [y] # z\n- list: b\n  items: *x\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err;
		cleanup_free char *got = rig_format(rows[i].text, &err);

		check(rows[i].text, !got == (rows[i].message != NULL));
		if (rows[i].message)
			check(err.text, strstr(err.text, rows[i].message));
	}
}

/* --- the same rules ------------------------------------------------------------------------------ */

/* The rule files of the cases: from behind a title, or a name, to the next mark. */
static size_t check_cases(char *text)
{
	size_t good = 0;

	for (char *line = text, *start = NULL; line && *line;) {
		char *next = strchr(line, '\n');
		bool mark = str_starts(line, "=== ") || str_starts(line, "+++ ") ||
			    str_starts(line, ">>>");

		if (mark && start) {
			char kept = *line;

			*line = '\0';
			good += rig_check_format(start, start);
			*line = kept;
			start = NULL;
		}
		if (mark && *line != '>')
			start = next ? next + 1 : NULL;
		line = next ? next + 1 : NULL;
	}
	return good;
}

static void test_cases(void **state)
{
	size_t good = 0;

	for (size_t i = 0; i < case_count; i++) {
		cleanup_buf struct buf text = BUF_INIT;
		struct error err = ERROR_INIT;

		if (fs_read(case_files[i], BUF_LIMIT_DEFAULT, &text, &err))
			fail_msg("%s", err.text);
		buf_add_char(&text, '\0');
		good += check_cases(text.data);
	}
	print_message("# %zu files\n", good);
	assert_true(good > 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cases),
	};

	case_files = (const char *const *)argv + 1;
	case_count = (size_t)argc - 1;
	return unit_run(tests);
}
