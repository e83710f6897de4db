/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"
#include "event/stream.h"
#include "rules/alert.h"
#include "rules/testing.h"

static const struct option_def options[] = {
	{ "rule", 'r', "PATTERN", "only the tests of rules whose name fits this shell pattern",
	  false, COMPLETE_NONE, NULL },
	{ "events", 'e', "FILE", "instead of the tests: evaluate recorded events, print the alerts",
	  false, COMPLETE_FILE, NULL },
	{ "matching", 'm', "WHICH",
	  "with --events: of several rules that fit, alert for the first "
	  "or for all",
	  false, COMPLETE_WORDS, "first all" },
	{ "expect", 0, "RULE=NUMBER", "with --events: fail unless the rule raised so many alerts",
	  true, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

/* --- the tests beside the rules --------------------------------------------------------------------------------- */

struct tally {
	bool json;
	uint32_t passed, failed;
	json_t *results;
};

static void tell(struct tally *t, const struct rule *rule, const struct rule_test *test,
		 const struct rule_test_result *result)
{
	json_t *o;

	t->passed += result->passed;
	t->failed += !result->passed;
	if (!t->json) {
		printf("%s %u - %s: %s\n", result->passed ? "ok" : "not ok", t->passed + t->failed,
		       rules_text(rule->name), rules_text(test->name));
		if (!result->passed)
			printf("# %s:%u: %s\n", test->node->file->name, test->node->line,
			       rules_text(text_of(result->reason)));
		return;
	}
	o = json_object();
	json_object_set_new(o, "rule", utf8_json(rule->name));
	json_object_set_new(o, "test", utf8_json(test->name));
	json_object_set_new(o, "passed", json_boolean(result->passed));
	json_object_set_new(o, "events", json_integer((json_int_t)result->events));
	json_object_set_new(o, "alerts", json_integer((json_int_t)result->alerts));
	if (result->reason)
		json_object_set_new(o, "reason", utf8_json(text_of(result->reason)));
	json_array_append_new(t->results, o);
}

static int run_tests(const struct rules_loaded *l, const struct program *p, const char *pattern,
		     struct tally *t)
{
	vec_foreach(it, &l->set->rules) {
		const struct rule *rule = *it;
		const struct rule_extensions *x = rule->extensions;

		if (!x || (pattern && !glob_match(text_of(pattern), rule->name)))
			continue;
		for (uint32_t i = 0; i < x->test_count; i++) {
			cleanup_rule_test_result struct rule_test_result result = { 0 };
			int r = rule_test_run(p, rule, &x->tests[i], &result);

			if (r)
				return r;
			tell(t, rule, &x->tests[i], &result);
		}
	}
	return 0;
}

static int test_rules(const struct arguments *args, struct rules_loaded *l, struct error *err)
{
	cleanup_json json_t *o = json_object();
	struct tally t = { .json = arg_flag(args, "json"), .results = json_array() };
	cleanup_program struct program *p = NULL;
	int r;

	json_object_set_new(o, "tests", t.results);
	/* Rules that are off have tests that hold all the same. */
	ruleset_select(l->set, TEXT("*"), true);
	p = program_new(l->set, MATCHING_ALL);
	r = p ? run_tests(l, p, arg_value(args, "rule"), &t) : -ENOMEM;
	if (r)
		return error_errno(err, -r, "tests");
	if (t.json) {
		json_object_set_new(o, "passed", json_integer(t.passed));
		json_object_set_new(o, "failed", json_integer(t.failed));
		print_json(o);
	} else {
		printf("1..%u\n", t.passed + t.failed);
	}
	return t.failed ? EXIT_NEGATIVE : EXIT_OK;
}

/* --- recorded events --------------------------------------------------------------------------------------------- */

struct replay {
	const struct arguments *args;
	const struct ruleset *set;
	struct evaluator *evaluator;
	uint64_t *alerts; /* by index of the rule in the set */
};

static size_t index_of(const struct ruleset *set, const struct rule *rule)
{
	size_t i = 0;

	while (set->rules.items[i] != rule)
		i++;
	return i;
}

static void raise_alert(struct replay *x, const struct rule_match *m, const struct event *ev)
{
	struct scratch *s = evaluator_scratch(x->evaluator);

	x->alerts[index_of(x->set, m->rule)]++;
	if (arg_flag(x->args, "json")) {
		cleanup_json json_t *o = alert_json(m, ev, s);

		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		cleanup_buf struct buf line = BUF_INIT;

		alert_text(m, ev, s, &line);
		puts(line.data);
	}
}

static int replay_events(struct replay *x, const char *path, struct text content, struct error *err)
{
	cleanup_event_reader struct event_reader *reader = NULL;
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct event ev;
	int r = event_reader_new(&reader, path, content, false, err);

	while (!r && (r = event_reader_next(reader, &ev, err)) > 0) {
		size_t n = evaluator_run(x->evaluator, &ev, matches, EVAL_MATCHES_MAX);

		for (size_t i = 0; i < n; i++)
			raise_alert(x, &matches[i], &ev);
		r = 0;
	}
	for (int i = EVAL_MATCHES_DROPPED; i < EVAL_COUNTERS; i++)
		if (evaluator_counter(x->evaluator, (enum evaluator_counter)i))
			fprintf(stderr, "%s: %" PRIu64 "\n", evaluator_counters[i],
				evaluator_counter(x->evaluator, (enum evaluator_counter)i));
	return r;
}

/* "RULE=NUMBER": 1 if it is not so. */
static int check_expectation(const struct replay *x, const char *text, struct error *err)
{
	const char *equals = strrchr(text, '=');
	const struct rule *rule = equals ? ruleset_rule(x->set,
							text_from(text, (size_t)(equals - text))) :
					   NULL;
	uint64_t wanted, got;

	if (!equals || !str_to_u64(equals + 1, &wanted))
		return error_set(err, EINVAL, "--expect takes RULE=NUMBER, not \"%s\"", text);
	if (!rule)
		return error_set(err, ENOENT, "--expect: there is no rule \"%.*s\"",
				 (int)(equals - text), text);
	got = x->alerts[index_of(x->set, rule)];
	if (got == wanted)
		return 0;
	fprintf(stderr, "%s: %" PRIu64 " alerts, expected %" PRIu64 "\n", rules_text(rule->name),
		got, wanted);
	return 1;
}

static int check_expectations(const struct replay *x, struct error *err)
{
	int bad = 0;

	for (size_t i = 0; arg_value_at(x->args, "expect", i); i++) {
		int r = check_expectation(x, arg_value_at(x->args, "expect", i), err);

		if (r < 0)
			return r;
		bad += r;
	}
	return bad ? EXIT_NEGATIVE : EXIT_OK;
}

static int test_events(const struct arguments *args, const struct rules_loaded *l, const char *path,
		       struct error *err)
{
	const char *matching = arg_value(args, "matching");
	bool all = matching && str_eq(matching, "all");
	cleanup_program struct program *p = NULL;
	cleanup_evaluator struct evaluator *e = NULL;
	cleanup_free uint64_t *alerts = calloc(l->set->rules.len + 1, sizeof(*alerts));
	cleanup_buf struct buf content = BUF_INIT;
	struct replay x = { .args = args, .set = l->set, .alerts = alerts };
	int r;

	if (matching && !all && !str_eq(matching, "first"))
		return error_set(err, EINVAL, "--matching is first or all");
	content.limit = STREAM_MEMORY_MAX;
	r = fs_read(path, STREAM_MEMORY_MAX, &content, err);
	if (r)
		return r;
	p = program_new(l->set, all ? MATCHING_ALL : MATCHING_FIRST);
	e = p ? evaluator_new(p, 0) : NULL;
	if (!e || !alerts)
		return error_errno(err, ENOMEM, "rules");
	x.evaluator = e;
	r = replay_events(&x, path, text_from(content.data ? content.data : "", content.len), err);
	return r ? r : check_expectations(&x, err);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	const char *events = arg_value(args, "events");
	int r = rules_load_good(args, 0, &l, err);

	if (r)
		return r;
	return events ? test_events(args, &l, events, err) : test_rules(args, &l, err);
}

const struct command cmd_rules_test = {
	.name = "test",
	.summary = "run the tests that stand beside rules, or rules on recorded events",
	.operands = "FILE|DIRECTORY...",
	.description =
		"Each rule may have \"tests\": events, and whether they are to raise an alert. They "
		"are run against all of the rules given, each from a clean state, and reported as TAP; "
		"the exit status is 1 if one fails.\n\n"
		"With --events the rules are evaluated on a recorded stream of events (binary or JSON "
		"lines) and the alerts are printed, a line each.",
	.examples =
		"  merlon rules test my_rules.yaml\n"
		"  merlon rules test --events incident.mev --expect \"Terminal shell=1\" rules.d\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
