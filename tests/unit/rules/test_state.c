/* SPDX-License-Identifier: Apache-2.0 */
/* What rules remember: counts, sequences, values seen, suppression; and what it costs at most. */
#include "base/str.h"
#include "rig.h"
#include "rules/extend.h"

#define BEGIN(condition) \
	"- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: " condition "\n"

enum { START = 1800000000 }; /* seconds since 1970 */

/* An event of TYPE at a second by process PID called NAME in container C ("" for the host). */
struct happening {
	double at;
	const char *type, *name;
	int pid;
	const char *container, *file;
	int alerts;
};

static size_t give(struct rig *r, const struct happening *h)
{
	cleanup_buf struct buf json = BUF_INIT;

	buf_addf(&json,
		 "{'event': '%s', 'time': %lld, 'process': {'name': '%s', 'pid': %d, "
		 "'start': %d, 'uid': %d",
		 h->type, (long long)((START + h->at) * 1e9), h->name, h->pid, h->pid, h->pid % 7);
	if (*h->container)
		buf_addf(&json, ", 'container': {'id': '%s', 'repository': 'image-%s'}",
			 h->container, h->container);
	buf_add_str(&json, "}");
	if (h->file)
		buf_addf(&json, ", 'fd': {'num': 3, 'type': 'file', 'name': '%s'}", h->file);
	buf_add_str(&json, "}");
	rig_event(r, json.data);
	return r->match_count;
}

static void run(const char *yaml, const struct happening *rows, size_t count)
{
	cleanup_rig struct rig r;

	rig_init(&r);
	rig_load(&r, yaml);
	rig_start(&r, MATCHING_ALL);
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *row = str_format("%.40s..., event %zu", strstr(yaml, "  c"), i);

		check_number(row, give(&r, &rows[i]), rows[i].alerts);
	}
}

#define RUN(yaml, rows) run(yaml, rows, ARRAY_SIZE(rows))

/* --- counts ------------------------------------------------------------------------------------ */

static void test_count(void **state)
{
	static const struct happening rows[] = {
		{ 0, "openat", "a", 1, "", "/x", 0 },	 { 1, "openat", "a", 1, "", "/x", 0 },
		{ 2, "unlink", "a", 1, "", "/x", 0 }, /* another event does not count */
		{ 3, "openat", "b", 2, "", "/x", 0 }, /* nor does another key */
		{ 9.9, "openat", "a", 1, "", "/x", 1 },	 { 10, "openat", "a", 1, "", "/x", 0 },
		{ 10.5, "openat", "a", 1, "", "/x", 0 }, /* counted anew after the alert */
		{ 11, "openat", "a", 1, "", "/x", 1 },	 { 20, "openat", "a", 1, "", "/x", 0 },
		{ 21, "openat", "a", 1, "", "/x", 0 },	 { 30.5, "openat", "a", 1, "", "/x", 0 },
		{ 31.5, "openat", "a", 1, "", "/x", 0 }, /* 21 is too long ago */
		{ 32, "openat", "a", 1, "", "/x", 1 },
	};

	RUN(BEGIN("evt.type = openat") "  count: {at_least: 3, within: 10s, by: proc.pid}\n", rows);
	RUN(BEGIN("evt.type = openat") "  count: {more_than: 2, within: 10s, by: [proc.pid]}\n",
	    rows);
	RUN(BEGIN("evt.type = openat") "  count: {rate: 18/1m, within: 10s, by: [proc.pid]}\n",
	    rows);
}

static void test_distinct(void **state)
{
	static const struct happening rows[] = {
		{ 0, "openat", "a", 1, "", "/a", 0 },  { 1, "openat", "a", 1, "", "/b", 0 },
		{ 2, "openat", "a", 1, "", "/a", 0 },  { 3, "openat", "a", 1, "", "/b", 0 },
		{ 4, "openat", "b", 2, "", "/c", 0 },  { 5, "openat", "a", 1, "", "/c", 1 },
		{ 6, "openat", "a", 1, "", "/d", 0 },  { 20, "openat", "a", 1, "", "/e", 0 },
		{ 21, "openat", "a", 1, "", "/f", 0 }, { 22, "openat", "a", 1, "", "/f", 0 },
		{ 23, "openat", "a", 1, "", "/g", 1 },
	};

	RUN(BEGIN("evt.type = openat") "  count: {at_least: 3, within: 10s, by: proc.pid, distinct: fd.name}\n",
	    rows);
}

/* Beyond EXTEND_EXACT_MAX events, counts in 64ths of the window: never more than one off. */
static void test_many(void **state)
{
	cleanup_rig struct rig r;
	struct happening h = { 0, "openat", "a", 1, "", "/x", 0 };
	size_t alerts = 0;

	rig_init(&r);
	rig_load(&r, BEGIN("evt.type = openat") "  count: {at_least: 1000, within: 64s}\n");
	rig_start(&r, MATCHING_ALL);
	for (int i = 0; i < 999; i++) {
		h.at = i * 0.03;
		alerts += give(&r, &h);
	}
	assert_int_equal(alerts, 0);
	h.at = 30;
	assert_int_equal(give(&r, &h), 1);
	/* 10 a second are 640 in a window: never enough. */
	for (int i = 0; i < 3000; i++) {
		h.at = 200 + i * 0.1;
		alerts += give(&r, &h);
	}
	assert_int_equal(alerts, 0);
	/* 20 a second are 1280: every 50 seconds one. */
	for (int i = 0; i < 4000; i++) {
		h.at = 1000 + i * 0.05;
		alerts += give(&r, &h);
	}
	assert_int_equal(alerts, 4);
}

/* --- sequences --------------------------------------------------------------------------------- */

static void test_sequence(void **state)
{
	static const struct happening rows[] = {
		{ 0, "connect", "a", 1, "c1", NULL, 0 }, /* the end without its beginning */
		{ 1, "execve", "curl", 1, "c1", NULL, 0 },
		{ 2, "connect", "a", 1, "c1", NULL, 0 }, /* the second step is missing */
		{ 3, "chmod", "a", 1, "c2", NULL, 0 },	 /* in another container */
		{ 4, "connect", "a", 1, "c1", NULL, 0 },
		{ 5, "chmod", "a", 1, "c1", NULL, 0 },
		{ 6, "connect", "a", 9, "c2", NULL, 0 },
		{ 7, "connect", "a", 9, "c1", NULL, 1 },
		{ 8, "connect", "a", 9, "c1", NULL, 0 }, /* told once */
		{ 20, "execve", "curl", 1, "c1", NULL, 0 },
		{ 21, "chmod", "a", 1, "c1", NULL, 0 },
		{ 81, "connect", "a", 1, "c1", NULL, 0 }, /* 61 s after it began */
		{ 90, "chmod", "a", 1, "c1", NULL, 0 },
		{ 91, "execve", "curl", 1, "c1", NULL, 0 }, /* in the wrong order */
		{ 92, "connect", "a", 1, "c1", NULL, 0 },
		{ 93, "chmod", "a", 1, "c1", NULL, 0 },
		{ 94, "connect", "a", 1, "c1", NULL, 1 },
	};

	RUN(BEGIN("evt.type = connect") "  sequence:\n    within: 1m\n    by: container\n    steps:\n"
					"    - evt.type = execve and proc.name = curl\n"
					"    - {name: x, condition: evt.type = chmod}\n",
	    rows);
}

/* init (1) has a shell (10) with two children (11, 12), and a daemon (20). */
static void define_processes(struct rig *r)
{
	static const char *const records[] = {
		"{'define': 'process', 'as': 'init', 'name': 'init', 'pid': 1, 'uid': 0}",
		"{'define': 'process', 'as': '10', 'name': 'sh', 'pid': 10, 'uid': 5, "
		"'parent': 'init'}",
		"{'define': 'process', 'as': '11', 'name': 'curl', 'pid': 11, 'uid': 5, "
		"'parent': '10'}",
		"{'define': 'process', 'as': '12', 'name': 'cat', 'pid': 12, 'uid': 6, "
		"'parent': '10'}",
		"{'define': 'process', 'as': '20', 'name': 'sshd', 'pid': 20, 'uid': 5, "
		"'parent': 'init'}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		rig_record(r, records[i]);
}

static void test_scopes(void **state)
{
	/* After a step by 11: does the end of the sequence fit when it comes from...? */
	static const struct {
		const char *by;
		bool from_11, from_12, from_10, from_20;
	} rows[] = {
		{ "process_tree", true, true, true, false },
		{ "process", true, false, false, false },
		{ "user", true, false, true, true },
		{ "container", true, true, true, true },
		{ "[proc.name]", true, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const bool wanted[] = { rows[i].from_11, rows[i].from_12, rows[i].from_10,
					rows[i].from_20 };
		static const char *const ends[] = { "11", "12", "10", "20" };
		cleanup_free char *yaml = str_format(
			BEGIN("evt.type = connect") "  sequence: {within: 1m, by: %s, "
						    "steps: [evt.type = execve]}\n",
			rows[i].by);

		for (size_t k = 0; k < ARRAY_SIZE(ends); k++) {
			cleanup_free char *end = str_format("{'event': 'connect', 'process': '%s'}",
							    ends[k]);
			cleanup_rig struct rig r;

			rig_init(&r);
			rig_load(&r, yaml);
			rig_start(&r, MATCHING_ALL);
			define_processes(&r);
			rig_event(&r, "{'event': 'execve', 'process': '11'}");
			rig_event(&r, end);
			check_number(rows[i].by, r.match_count, wanted[k]);
		}
	}
}

/* One event that is a step and the end of the sequence does not follow itself. */
static void test_same_event(void **state)
{
	static const struct happening once[] = {
		{ 0, "execve", "a", 1, "c1", NULL, 0 },
		{ 1, "execve", "a", 1, "c1", NULL, 1 },
		{ 2, "execve", "a", 1, "c1", NULL, 1 },
	};
	static const struct happening twice[] = {
		{ 0, "execve", "a", 1, "c1", NULL, 0 },
		{ 1, "execve", "a", 1, "c1", NULL, 0 },
		{ 2, "execve", "a", 1, "c1", NULL, 1 },
	};

	RUN(BEGIN("evt.type = execve") "  sequence: {within: 1m, steps: [evt.type = execve]}\n",
	    once);
	RUN(BEGIN("evt.type = execve") "  sequence: {within: 1m, steps: [evt.type = execve, "
				       "evt.type = execve]}\n",
	    twice);
}

/* --- first seen ---------------------------------------------------------------------------------- */

static void test_first_seen(void **state)
{
	static const struct happening at_once[] = {
		{ 0, "execve", "a", 1, "c1", NULL, 1 }, { 1, "execve", "a", 1, "c1", NULL, 0 },
		{ 2, "execve", "b", 1, "c1", NULL, 1 }, { 3, "execve", "a", 1, "c2", NULL, 1 },
		{ 4, "execve", "b", 2, "c1", NULL, 0 },
	};
	static const struct happening learnt[] = {
		{ 0, "execve", "a", 1, "c1", NULL, 0 },
		{ 10, "execve", "b", 1, "c1", NULL, 0 },
		{ 3500, "execve", "c", 1, "c1", NULL, 0 },
		{ 3590, "execve", "a", 1, "c2", NULL, 0 },
		{ 3601, "execve", "b", 1, "c1", NULL, 0 },
		{ 3602, "execve", "d", 1, "c1", NULL, 1 },
		{ 3603, "execve", "d", 1, "c1", NULL, 0 },
		{ 3604, "execve", "d", 1, "c2", NULL, 0 },
		{ 7191, "execve", "e", 1, "c2", NULL, 1 },
	};
	static const struct happening kept[] = {
		{ 0, "execve", "a", 1, "c1", NULL, 1 },
		{ 50, "execve", "a", 1, "c1", NULL, 0 },
		{ 100, "execve", "a", 1, "c1", NULL, 0 },
		{ 161, "execve", "a", 1, "c1", NULL, 1 },
	};

	RUN(BEGIN("evt.type = execve") "  first_seen: {value: proc.name, per: container.image.repository}\n",
	    at_once);
	RUN(BEGIN("evt.type = execve") "  first_seen: {value: [proc.name], per: container.id, learn: 1h}\n",
	    learnt);
	RUN(BEGIN("evt.type = execve") "  first_seen: {value: proc.name, keep: 1m}\n", kept);
}

/* --- suppression --------------------------------------------------------------------------------- */

static void test_suppress(void **state)
{
	cleanup_rig struct rig r;
	struct happening h = { 0, "execve", "a", 1, "c1", NULL, 0 };

	rig_init(&r);
	rig_load(&r, BEGIN("evt.type = execve") "  suppress: {for: 10s, by: proc.name}\n");
	rig_start(&r, MATCHING_ALL);
	assert_int_equal(give(&r, &h), 1);
	assert_int_equal(r.matches[0].suppressed, 0);
	for (int i = 1; i < 10; i++) {
		h.at = i;
		assert_int_equal(give(&r, &h), 0);
	}
	h.name = "b";
	assert_int_equal(give(&r, &h), 1); /* another key */
	h.name = "a";
	h.at = 10;
	assert_int_equal(give(&r, &h), 1);
	assert_int_equal(r.matches[0].suppressed, 9);
	assert_int_equal(evaluator_counter(r.evaluator, EVAL_SUPPRESSED), 9);
	h.at = 11;
	assert_int_equal(give(&r, &h), 0);
}

/* A rule that holds its alert back lets the next rule have the event; "first" is the first that says it. */
static void test_first_matching(void **state)
{
	static const char second[] =
		"- rule: s\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = execve\n";
	cleanup_rig struct rig r;

	rig_init(&r);
	rig_add(&r, "a.yaml", BEGIN("evt.type = execve") "  count: {at_least: 2, within: 1m}\n");
	rig_add(&r, "b.yaml", second);
	assert_true(rig_compile(&r));
	rig_start(&r, MATCHING_FIRST);
	assert_string_equal(rig_event(&r, "{'event': 'execve'}"), "s");
	assert_string_equal(rig_event(&r, "{'event': 'execve'}"), "r");
	assert_string_equal(rig_event(&r, "{'event': 'execve'}"), "s");
}

/* --- bounds -------------------------------------------------------------------------------------- */

/* Whatever is done, no more keys than the rule says; what goes is what was used longest ago, counted. */
static void test_eviction(void **state)
{
	static const struct {
		const char *yaml;
		enum evaluator_counter counter;
		uint64_t evicted; /* by 1000 events of 1000 processes, with 100 keys */
	} rows[] = {
		{ BEGIN("evt.type = execve") "  count: {at_least: 2, within: 1h, by: proc.pid, "
					     "keys: 100}\n",
		  EVAL_COUNT_EVICTED, 900 },
		{ BEGIN("evt.type = connect") "  sequence: {within: 1h, by: process, keys: 100, "
					      "steps: [evt.type = execve]}\n",
		  EVAL_SEQUENCE_EVICTED, 900 },
		{ BEGIN("evt.type = execve") "  first_seen: {value: proc.pid, keys: 100}\n",
		  EVAL_FIRST_SEEN_EVICTED, 900 },
		{ BEGIN("evt.type = execve") "  suppress: {for: 1h, by: proc.pid, keys: 100}\n",
		  EVAL_SUPPRESS_EVICTED, 900 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct happening h = { 0, "execve", "a", 1, "c1", NULL, 0 };
		cleanup_rig struct rig r;

		rig_init(&r);
		rig_load(&r, rows[i].yaml);
		rig_start(&r, MATCHING_ALL);
		for (h.pid = 1; h.pid <= 1000; h.pid++)
			give(&r, &h);
		check_number(rows[i].yaml, evaluator_counter(r.evaluator, rows[i].counter),
			     rows[i].evicted);
		for (int c = EVAL_COUNT_EVICTED; c < EVAL_COUNTERS; c++)
			if (c != (int)rows[i].counter)
				check_number(rows[i].yaml,
					     evaluator_counter(r.evaluator,
							       (enum evaluator_counter)c),
					     0);
		/* The newest keys are there still, the oldest are not. */
		h.pid = 1000;
		h.type = i == 1 ? "connect" : "execve";
		check_number(rows[i].yaml, give(&r, &h), i < 2);
		h.pid = 1;
		check_number(rows[i].yaml, give(&r, &h), i >= 2);
	}
}

/* All rules together have a bound too; those below it are good. */
static void test_together(void **state)
{
	cleanup_buf struct buf yaml = BUF_INIT;
	cleanup_rig struct rig r;
	size_t skipped = 0;

	for (int i = 0; i < 40; i++)
		buf_addf(&yaml,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  condition: evt.type = execve\n"
			 "  first_seen: {value: proc.name, keys: 400000}\n",
			 i);
	rig_init(&r);
	rig_add(&r, "a.yaml", yaml.data);
	assert_false(rig_compile(&r));
	assert_non_null(strstr(rig_diag(&r, "limit")->text, "1024 MiB together"));
	vec_foreach(rule, &r.rules->rules)
		skipped += (*rule)->skipped;
	assert_true(skipped > 0 && skipped < 40);
	assert_int_equal(skipped, r.diags.errors);
	assert_true(r.rules->state_bytes <= RULES_STATE_MAX);
}

/* Time never goes back: an event that comes late counts as of now, and nothing overflows. */
static void test_odd_times(void **state)
{
	cleanup_rig struct rig r;

	rig_init(&r);
	rig_load(&r, BEGIN("evt.type = execve") "  count: {at_least: 3, within: 10s}\n");
	rig_start(&r, MATCHING_ALL);
	rig_event(&r, "{'event': 'execve', 'time': 9223372036854775807}");
	assert_int_equal(r.match_count, 0);
	rig_event(&r, "{'event': 'execve', 'time': 0}");
	assert_int_equal(r.match_count, 0);
	rig_event(&r, "{'event': 'execve', 'time': 5}");
	assert_int_equal(r.match_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),	       cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_many),	       cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_scopes),	       cmocka_unit_test(test_same_event),
		cmocka_unit_test(test_first_seen),     cmocka_unit_test(test_suppress),
		cmocka_unit_test(test_first_matching), cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_odd_times),      cmocka_unit_test(test_together),
	};

	return unit_run(tests);
}
