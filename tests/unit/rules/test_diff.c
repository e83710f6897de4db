/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluator against the reference: random rule sets, random events. Each rule on each event is a
 * pair. 400,000 pairs by default; MERLON_DIFF_PAIRS in the environment asks for more, and
 * MERLON_DIFF_SEED for others.
 */
#include "base/str.h"
#include "random.h"
#include "reference.h"
#include "rig.h"

enum { RULES = 16, EVENTS = 250 };

#if defined(__SANITIZE_ADDRESS__)
enum { PAIRS = 40000 }; /* ten times as slow */
#else
enum { PAIRS = 400000 };
#endif

static uint64_t from_environment(const char *name, uint64_t standard)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && str_to_u64(text, &n) ? n : standard;
}

static void random_rules(struct chance *c, struct buf *yaml)
{
	buf_add_str(yaml, random_prelude);
	for (int i = 0; i < RULES; i++) {
		buf_addf(yaml,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  warn_evttypes: false\n  condition: |\n    ",
			 i);
		random_condition(c, (int)chance_below(c, 4), yaml);
		buf_add_char(yaml, '\n');
	}
}

static void show(const struct rig *r, const struct rule *rule, bool want)
{
	struct event_writer *w;
	struct buf json = BUF_INIT;

	event_writer_new(&w, STREAM_JSON, TEXT_NONE);
	event_writer_add(w, &r->event, &json);
	print_error("# rule %.*s: %.*s\n# should %s\n# %s\n", (int)rule->name.len, rule->name.data,
		    (int)rule->raw->text.len, rule->raw->text.data, want ? "fit" : "not fit",
		    json.data);
	event_writer_free(w);
	buf_deinit(&json);
}

static void compare_event(struct rig *r, struct evaluator *first)
{
	struct rule_match one[1];
	const struct rule *expected_first = NULL;
	size_t n, at = 0;

	r->match_count = evaluator_run(r->evaluator, &r->event, r->matches, EVAL_MATCHES_MAX);
	vec_foreach(it, &r->rules->rules) {
		const struct rule *rule = *it;
		bool want = reference_holds(rule->condition, &r->event);
		bool got = at < r->match_count && r->matches[at].rule == rule;

		at += got;
		if (want && !expected_first)
			expected_first = rule;
		if (got != want) {
			show(r, rule, want);
			fail_msg("the evaluators differ");
		}
	}
	assert_int_equal(at, r->match_count);
	n = evaluator_run(first, &r->event, one, 1);
	assert_int_equal(n, expected_first != NULL);
	if (n)
		assert_ptr_equal(one[0].rule, expected_first);
}

static void test_pairs(void **state)
{
	uint64_t wanted = from_environment("MERLON_DIFF_PAIRS", PAIRS), pairs = 0, matches = 0;
	struct chance c = { .state = from_environment("MERLON_DIFF_SEED", 4711) };
	struct random_world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	while (pairs < wanted) {
		cleanup_rig struct rig r;
		cleanup_program struct program *program = NULL;
		cleanup_evaluator struct evaluator *first = NULL;
		struct buf yaml = BUF_INIT;

		rig_init(&r);
		random_rules(&c, &yaml);
		rig_add(&r, "random.yaml", yaml.data);
		if (!rig_compile(&r)) {
			diags_print(&r.diags, false, stderr);
			fail_msg("random rules have errors");
		}
		rig_start(&r, MATCHING_ALL);
		program = program_new(r.rules, MATCHING_FIRST);
		first = evaluator_new(program, 0);
		assert_non_null(first);
		random_world(&c, world);
		for (int i = 0; i < EVENTS; i++) {
			random_event(&c, world, &r.event);
			compare_event(&r, first);
			pairs += RULES;
			matches += r.match_count;
		}
		buf_deinit(&yaml);
	}
	free(world);
	print_message("# %llu pairs agree, %llu of them fit\n", (unsigned long long)pairs,
		      (unsigned long long)matches);
	assert_true(matches > pairs / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };

	return unit_run(tests);
}
