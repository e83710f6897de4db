/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/engine.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"
#include "event/stream.h"
#include "guard/document.h"
#include "unit.h"

#define SECOND 1000000000LL

static const char first_rules[] =
	"- rule: Shell\n"
	"  desc: d\n"
	"  condition: evt.type = execve and proc.name in (sh, bash) and not proc.pname = init\n"
	"  output: \"%proc.name %proc.cmdline\"\n"
	"  priority: WARNING\n"
	"  next: look\n"
	"- rule: Any exec\n"
	"  desc: d\n"
	"  condition: evt.type = execve and proc.name = sh\n"
	"  output: \"%proc.name\"\n"
	"  priority: NOTICE\n";
static const char second_rules[] = "- rule: Deleted\n"
				   "  desc: d\n"
				   "  condition: evt.type = unlink\n"
				   "  output: \"%proc.name\"\n"
				   "  priority: ERROR\n";
static const char bad_rules[] = "- rule: Bad\n"
				"  desc: d\n"
				"  condition: no.such.field = 1\n"
				"  output: \"x\"\n"
				"  priority: ERROR\n";

struct world {
	struct engine *engine;
	struct event_reader *reader;
	json_t *documents;
	char rules[32];
};

static void keep(json_t *document, void *arg)
{
	json_array_append_new(arg, document);
}

static void write_rules(struct world *w, const char *text)
{
	int fd;

	strcpy(w->rules, "/tmp/rules-XXXXXX");
	fd = mkstemp(w->rules);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* -errno, with the rules in force unchanged. */
static int load(struct world *w, const char *text, int64_t now)
{
	struct error err = ERROR_INIT;
	cleanup_rulebook struct rulebook book = { 0 };
	char *paths[] = { w->rules };
	struct rulebook_options o = { .paths = paths, .path_count = 1, .matching = MATCHING_ALL };
	int r;

	write_rules(w, text);
	r = rulebook_load(&book, &o, &err);
	unlink(w->rules);
	return r ? r : engine_set_rules(w->engine, &book, now);
}

static void setup_with(struct world *w, uint32_t burst)
{
	struct error err = ERROR_INIT;
	struct engine_options o = {
		.hostname = TEXT("node"), .burst = burst, .interval_ns = SECOND, .fn = keep
	};

	w->documents = o.arg = json_array();
	assert_int_equal(engine_new(&w->engine, &o), 0);
	assert_int_equal(event_reader_new_empty(&w->reader, "test", true, &err), 0);
	assert_int_equal(load(w, first_rules, 0), 0);
}

static void teardown(struct world *w)
{
	engine_free(w->engine);
	event_reader_free(w->reader);
	json_decref(w->documents);
}

/* An event of the JSON form (or a definition). */
static void give(struct world *w, const char *json)
{
	struct error err = ERROR_INIT;
	struct event ev;
	int n = event_reader_json(w->reader, json_loads(json, 0, NULL), &ev, &err);

	assert_true(n >= 0);
	if (n)
		engine_take(w->engine, &ev);
}

static void define(struct world *w)
{
	give(w,
	     "{\"define\":\"container\",\"as\":\"web\",\"id\":\"c1\",\"full_id\":\"c1c1\",\"name\":\"web\","
	     "\"image\":\"nginx:1\"}");
	give(w,
	     "{\"define\":\"process\",\"as\":\"nginx\",\"name\":\"nginx\",\"pid\":10,\"container\":\"web\"}");
	give(w,
	     "{\"define\":\"process\",\"as\":\"sh\",\"name\":\"sh\",\"exe\":\"sh\",\"args\":[\"-c\",\"id\"],"
	     "\"pid\":11,\"parent\":\"nginx\",\"container\":\"web\"}");
}

static void exec_at(struct world *w, int seconds)
{
	cleanup_free char *json = str_format(
		"{\"event\":\"execve\",\"time\":%d000000000,\"process\":\"sh\"}", seconds);

	give(w, json);
}

static const json_t *document(const struct world *w, size_t n)
{
	const json_t *d = json_array_get(w->documents, n);

	assert_non_null(d);
	return d;
}

static const char *member(const json_t *d, const char *name)
{
	const char *s = json_string_value(json_object_get(d, name));

	assert_non_null(s);
	return s;
}

static void tells_who_what_why_and_next(void **state)
{
	struct world w;
	const json_t *d, *process, *why;

	setup_with(&w, 0);
	define(&w);
	exec_at(&w, 1);
	assert_int_equal(json_array_size(w.documents), 2);
	d = document(&w, 0);
	assert_string_equal(member(d, "rule"), "Shell");
	assert_string_equal(member(d, "kind"), "finding");
	assert_string_equal(member(d, "priority"), "Warning");
	assert_int_equal(strlen(member(d, "uuid")), 36);
	assert_string_equal(member(json_object_get(d, "container"), "id"), "c1c1");
	process = json_object_get(d, "process");
	assert_string_equal(member(process, "cmdline"), "sh -c id");
	assert_string_equal(
		member(json_array_get(json_object_get(process, "ancestors"), 0), "name"), "nginx");
	assert_string_equal(member(json_object_get(d, "event"), "type"), "execve");
	why = json_object_get(d, "why");
	/* What is excepted is no reason. */
	assert_int_equal(json_array_size(why), 2);
	assert_string_equal(member(json_array_get(why, 1), "term"), "proc.name in (sh, bash)");
	assert_string_equal(member(json_array_get(why, 1), "value"), "sh");
	assert_int_equal(json_array_size(json_object_get(d, "next")), 1);
	assert_string_equal(member(document(&w, 1), "rule"), "Any exec");
	teardown(&w);
}

/* What the call was given, as evt.arg shows it; what the process has is told as the process's. */
static void tells_the_arguments(void **state)
{
	struct world w;
	const json_t *args;

	setup_with(&w, 0);
	define(&w);
	assert_int_equal(load(&w,
			      "- rule: Opened\n"
			      "  desc: d\n"
			      "  condition: evt.type in (openat, execve)\n"
			      "  output: \"%fd.name\"\n"
			      "  priority: ERROR\n",
			      0),
			 0);
	give(&w, "{\"event\":\"openat\",\"time\":2000000000,\"process\":\"sh\",\"result\":5,"
		 "\"fd\":{\"num\":5,\"type\":\"file\",\"name\":\"/etc/shadow\"},"
		 "\"args\":{\"dirfd\":-100,\"name\":\"../etc/shadow\",\"flags\":\"O_RDONLY\"}}");
	give(&w, "{\"event\":\"execve\",\"time\":3000000000,\"process\":\"sh\","
		 "\"args\":{\"filename\":\"/bin/sh\"}}");
	args = json_object_get(json_object_get(document(&w, 0), "event"), "args");
	assert_string_equal(member(args, "fd"), "<f>/etc/shadow");
	assert_string_equal(member(args, "dirfd"), "AT_FDCWD");
	assert_string_equal(member(args, "name"), "../etc/shadow");
	assert_string_equal(member(args, "flags"), "O_RDONLY");
	args = json_object_get(json_object_get(document(&w, 1), "event"), "args");
	assert_string_equal(member(args, "filename"), "/bin/sh");
	assert_int_equal(json_object_size(args), 1);
	teardown(&w);
}

static void tells_what_came_before_and_after(void **state)
{
	struct world w;
	const json_t *before;

	setup_with(&w, 0);
	define(&w);
	give(&w,
	     "{\"define\":\"process\",\"as\":\"curl\",\"name\":\"curl\",\"exe\":\"curl\",\"args\":[\"http://x/\"],"
	     "\"pid\":12,\"parent\":\"nginx\",\"container\":\"web\"}");
	give(&w, "{\"event\":\"execve\",\"time\":1000000000,\"process\":\"curl\"}");
	assert_int_equal(json_array_size(w.documents), 0);
	exec_at(&w, 2);
	before = json_object_get(document(&w, 0), "before");
	assert_int_equal(json_array_size(before), 1);
	assert_string_equal(member(json_array_get(before, 0), "text"), "curl ran curl http://x/");
	give(&w, "{\"event\":\"execve\",\"time\":3000000000,\"process\":\"curl\"}");
	assert_int_equal(json_array_size(w.documents), 3);
	assert_string_equal(member(document(&w, 2), "kind"), "activity");
	assert_string_equal(member(document(&w, 2), "output"), "curl ran curl http://x/");
	/* A minute later nobody asks. */
	give(&w, "{\"event\":\"execve\",\"time\":90000000000,\"process\":\"curl\"}");
	assert_int_equal(json_array_size(w.documents), 3);
	teardown(&w);
}

static void what_is_held_back_is_told(void **state)
{
	struct engine_stats stats;
	struct world w;

	setup_with(&w, 2);
	define(&w);
	for (int i = 0; i < 5; i++)
		exec_at(&w, 1);
	assert_int_equal(json_array_size(w.documents), 4); /* two of each rule */
	engine_turn(w.engine, 2 * SECOND, false);
	assert_int_equal(json_array_size(w.documents), 4);
	exec_at(&w, 3);
	assert_int_equal(json_array_size(w.documents), 6);
	assert_int_equal(json_integer_value(json_object_get(document(&w, 4), "suppressed")), 3);
	for (int i = 0; i < 5; i++)
		exec_at(&w, 3);
	engine_turn(w.engine, 30 * SECOND, false);
	engine_statistics(w.engine, &stats);
	assert_int_equal(stats.held, 14);
	assert_int_equal(stats.alerts + stats.held, 22);
	assert_int_equal(json_array_size(w.documents), 10);
	assert_string_equal(member(document(&w, 8), "kind"), "note");
	assert_non_null(strstr(member(document(&w, 8), "output"), "4 more alerts of \"Shell\""));
	teardown(&w);
}

static void rules_are_swapped(void **state)
{
	struct world w;

	setup_with(&w, 0);
	define(&w);
	assert_int_equal(load(&w, bad_rules, SECOND), -EINVAL);
	exec_at(&w, 1);
	assert_int_equal(json_array_size(w.documents), 2);
	assert_int_equal(load(&w, second_rules, SECOND), 0);
	exec_at(&w, 2);
	give(&w, "{\"event\":\"unlink\",\"time\":2000000000,\"process\":\"sh\",\"result\":0}");
	/* Activity of what followed the alert, then the new rule. */
	assert_string_equal(member(document(&w, json_array_size(w.documents) - 1), "rule"),
			    "Deleted");
	teardown(&w);
}

static void activity_forgets_the_container_that_was_quiet_longest(void **state)
{
	struct world w;

	setup_with(&w, 0);
	for (int i = 0; i < 600; i++) {
		cleanup_free char *container = str_format(
			"{\"define\":\"container\",\"as\":\"k%d\",\"id\":\"k%d\"}", i, i);
		cleanup_free char *process = str_format(
			"{\"define\":\"process\",\"as\":\"p%d\",\"name\":\"sh\","
			"\"pid\":%d,\"container\":\"k%d\"}",
			i, 100 + i, i);
		cleanup_free char *event = str_format(
			"{\"event\":\"execve\",\"time\":%d,\"process\":\"p%d\"}", i + 1, i);

		give(&w, container);
		give(&w, process);
		give(&w, event);
		give(&w, event);
	}
	/* Each had an exec of its own before the second. */
	assert_int_equal(json_array_size(json_object_get(document(&w, 4 * 599 + 2), "before")), 1);
	teardown(&w);
}

/* Whoever starts it decides how long a document becomes, and may not decide by that whether it is told. */
static void what_programs_write_loses_no_alert(void **state)
{
	struct error err = ERROR_INIT;
	cleanup_buf struct buf args = BUF_INIT;
	cleanup_alert struct alert a;
	struct world w;

	setup_with(&w, 0);
	for (int i = 0; i < 4000; i++)
		buf_add_str(&args, "\\u0001");
	buf_add_char(&args, 0);
	give(&w, "{\"define\":\"process\",\"as\":\"p0\",\"name\":\"first\",\"pid\":100}");
	for (int i = 1; i <= DOCUMENT_ANCESTORS_MAX + 1; i++) {
		cleanup_free char *json = str_format(
			"{\"define\":\"process\",\"as\":\"p%d\",\"name\":\"sh\",\"exe\":\"sh\","
			"\"args\":[\"%s\"],\"pid\":%d,\"parent\":\"p%d\"}",
			i, args.data, 100 + i, i - 1);

		give(&w, json);
	}
	give(&w, "{\"event\":\"execve\",\"time\":1,\"process\":\"p17\"}");
	assert_int_equal(json_array_size(w.documents), 2);
	if (alert_of_json(&a, json_incref((json_t *)(uintptr_t)document(&w, 0)), &err))
		fail_msg("%s", err.text);
	assert_string_equal(a.rule, "Shell");
	assert_int_equal(a.pid, 117);
	assert_true(json_is_true(json_object_get(a.json, "cut")));
	assert_int_equal(json_array_size(
				 json_object_get(json_object_get(a.json, "process"), "ancestors")),
			 DOCUMENT_ANCESTORS_MAX);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_who_what_why_and_next),
		cmocka_unit_test(tells_the_arguments),
		cmocka_unit_test(tells_what_came_before_and_after),
		cmocka_unit_test(what_is_held_back_is_told),
		cmocka_unit_test(rules_are_swapped),
		cmocka_unit_test(activity_forgets_the_container_that_was_quiet_longest),
		cmocka_unit_test(what_programs_write_loses_no_alert),
	};

	return unit_run(tests);
}
