/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files that are meant to take all memory or time. Each is refused with "limit" or "yaml", or
 * compiled; all of them together in seconds (the runner's timeout is the judge).
 */
#include "base/str.h"
#include "rig.h"

#define RULE "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: "

/* What fn makes; code: the first error's, or NULL: it is good. */
static void run(const char *what, void (*fn)(struct buf *out), const char *code)
{
	struct buf yaml = BUF_INIT;
	cleanup_rig struct rig r;
	bool good;

	fn(&yaml);
	assert_false(yaml.failed);
	rig_init(&r);
	rig_add(&r, "big.yaml", yaml.data);
	good = rig_compile(&r);
	buf_deinit(&yaml);
	check(what, good == !code);
	if (code)
		rig_diag(&r, code);
	if (!good)
		return;
	r.program = program_new(r.rules, MATCHING_ALL);
	check(what, r.program);
}

static void nested_lists(struct buf *out)
{
	for (int i = 0; i < 1000; i++)
		buf_add_char(out, '[');
}

/* Each alias stands for ten of the one before. */
static void aliases(struct buf *out)
{
	buf_add_str(out, "- list: l0\n  items: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		buf_addf(out, "- list: l%d\n  items: &a%d [*a%d", i, i, i - 1);
		for (int k = 1; k < 10; k++)
			buf_addf(out, ", *a%d", i - 1);
		buf_add_str(out, "]\n");
	}
}

static void keys(struct buf *out)
{
	buf_add_str(out, "- {list: x, items: []");
	for (int i = 0; i < 100000; i++)
		buf_addf(out, ", k%d: v", i);
	buf_add_str(out, "}\n");
}

/* Each macro doubles the one before. */
static void macros(struct buf *out)
{
	buf_add_str(out, "- macro: m0\n  condition: proc.name = a\n");
	for (int i = 1; i < 64; i++)
		buf_addf(out, "- macro: m%d\n  condition: m%d or (m%d and proc.pname = b)\n", i,
			 i - 1, i - 1);
	buf_add_str(out, RULE "m63\n");
}

static void deep_macros(struct buf *out)
{
	buf_add_str(out, "- macro: m0\n  condition: proc.name = a\n");
	for (int i = 1; i < 5000; i++)
		buf_addf(out, "- macro: m%d\n  condition: not m%d\n", i, i - 1);
	buf_add_str(out, RULE "m4999\n");
}

/* A list put into conditions as text, again and again. */
static void lists(struct buf *out)
{
	buf_add_str(out, "- list: l0\n  items: [x");
	for (int i = 0; i < 20000; i++)
		buf_addf(out, ", name%d", i);
	buf_add_str(out, "]\n" RULE "evt.type = open and (proc.name in (l0)");
	for (int i = 0; i < 100; i++)
		buf_add_str(out, " or proc.name in (l0, l0)");
	buf_add_str(out, ")\n");
}

static void brackets(struct buf *out)
{
	buf_add_str(out, RULE);
	for (int i = 0; i < 100000; i++)
		buf_add_char(out, '(');
	buf_add_str(out, "m\n");
}

static void many_checks(struct buf *out)
{
	buf_add_str(out, RULE);
	for (int i = 0; i < 40000; i++)
		buf_addf(out, "%s(proc.name = a%d and fd.name startswith /x%d)", i ? " or " : "", i,
			 i);
	buf_add_char(out, '\n');
}

static void many_errors(struct buf *out)
{
	buf_add_str(out, RULE);
	for (int i = 0; i < 90000; i++)
		buf_addf(out, "%sno.such%d = 1", i ? " or " : "", i);
	buf_add_char(out, '\n');
}

static void many_rules(struct buf *out)
{
	for (int i = 0; i < 20001; i++)
		buf_addf(out,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n  condition: "
			 "evt.type = open\n",
			 i);
}

static void regexes(struct buf *out)
{
	buf_add_str(out, RULE "evt.type = open and proc.name regex \"");
	for (int i = 0; i < 5000; i++)
		buf_add_char(out, 'x');
	buf_add_str(out, "\"\n");
}

static void exceptions(struct buf *out)
{
	buf_add_str(out,
		    RULE "evt.type = open\n  exceptions:\n  - name: e\n    fields: [proc.name, "
			 "fd.name]\n    values:\n");
	for (int i = 0; i < 40000; i++)
		buf_addf(out, "    - [a%d, b%d]\n", i, i);
}

static void test_bounds(void **state)
{
	static const struct {
		const char *what;
		void (*fn)(struct buf *out);
		const char *code;
	} rows[] = {
		{ "nested lists", nested_lists, "yaml" },
		{ "aliases", aliases, "yaml" },
		{ "keys", keys, "yaml" },
		{ "macros", macros, "limit" },
		{ "deep macros", deep_macros, "limit" },
		{ "lists", lists, "limit" },
		{ "brackets", brackets, "condition" },
		{ "many checks", many_checks, NULL },
		{ "many errors", many_errors, "unknown-field" },
		{ "many rules", many_rules, "limit" },
		{ "regexes", regexes, "regex" },
		{ "exceptions", exceptions, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(rows[i].what, rows[i].fn, rows[i].code);
}

/* Matching takes no more steps than it may: given up, and counted. */
static void test_regex(void **state)
{
	cleanup_rig struct rig r;
	struct buf event = BUF_INIT;

	rig_init(&r);
	rig_load(&r,
		 RULE "evt.type = openat and proc.name regex \"(a|aa|aaa)*(a|aa|aaa)*(a|aa)*b\"\n");
	rig_start(&r, MATCHING_ALL);
	buf_add_str(&event, "{'event': 'openat', 'process': {'name': '");
	for (int i = 0; i < 200; i++)
		buf_add_char(&event, 'a');
	buf_add_str(&event, "bc'}}"); /* without a "b" nothing would be tried */
	assert_string_equal(rig_event(&r, event.data), "");
	assert_int_equal(evaluator_counter(r.evaluator, EVAL_REGEX_LIMITED), 1);
	buf_deinit(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_regex),
	};

	return unit_run(tests);
}
