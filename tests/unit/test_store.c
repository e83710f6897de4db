/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sample_alert.h"
#include "store/store.h"
#include "unit.h"

#define HOUR 3600000000000LL

struct fixture {
	char *dir;
	char path[512];
	struct store *store;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = unit_dir();
	snprintf(f->path, sizeof(f->path), "%s/deep/er/alerts.db", f->dir);
	assert_int_equal(store_open(&f->store, &(struct store_config){ .path = f->path }, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	unit_dir_remove(f->dir);
	free(f);
	return 0;
}

static void reopen(struct fixture *f, const struct store_config *more)
{
	struct store_config config = *more;
	struct error err = ERROR_INIT;

	store_close(f->store);
	f->store = NULL;
	config.path = f->path;
	if (store_open(&f->store, &config, &err))
		print_error("# %s\n", err.text);
	assert_non_null(f->store);
}

static void add(struct fixture *f, int n, const char *rule, const char *container)
{
	cleanup_alert struct alert a = sample_alert(n, rule, container);

	assert_int_equal(store_add(f->store, &a, 0, NULL), 0);
}

static void turn(struct fixture *f)
{
	assert_true(store_turn(f->store, SAMPLE_NS, NULL) >= 0);
}

struct seen {
	int64_t ids[4096];
	size_t count;
	char text[1024];
};

static int note(void *context, const struct store_row *row, struct error *err)
{
	struct seen *seen = context;

	seen->ids[seen->count++ % 4096] = row->id;
	snprintf(seen->text, sizeof(seen->text), "%s", row->alert.rule);
	return 0;
}

static struct seen list(struct store *s, struct store_query q)
{
	struct seen seen = { .count = 0 };
	struct error err = ERROR_INIT;

	if (!q.priority)
		q.priority = ALERT_DEBUG;
	if (store_list(s, &q, note, &seen, &err))
		print_error("# %s\n", err.text);
	assert_int_equal(err.code, 0);
	return seen;
}

/* --- writing and reading ------------------------------------------------------------------------ */

static void what_was_added_is_there(void **state)
{
	struct fixture *f = *state;
	struct seen seen;
	struct stat st;

	for (int i = 1; i <= 1500; i++)
		add(f, i, "Shell", "web");
	turn(f);
	seen = list(f->store, (struct store_query){ .limit = 10 });
	assert_int_equal(seen.count, 10);
	assert_int_equal(seen.ids[0], 1500);
	assert_int_equal(seen.ids[9], 1491);
	assert_int_equal(store_counter(f->store, STORE_STORED), 1500);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void an_alert_is_stored_once(void **state)
{
	struct fixture *f = *state;
	cleanup_alert struct alert a = sample_alert(1, "Shell", "web");

	assert_int_equal(store_add(f->store, &a, 0, NULL), 0);
	assert_int_equal(store_add(f->store, &a, 0, NULL), 1);
	turn(f);
	assert_int_equal(store_add(f->store, &a, 0, NULL), 1);
	turn(f);
	assert_int_equal(store_counter(f->store, STORE_DUPLICATES), 2);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 1);
}

static void a_reader_reads_while_the_writer_writes(void **state)
{
	struct fixture *f = *state;
	cleanup_store struct store *reader = NULL;

	add(f, 1, "Shell", "web");
	turn(f);
	assert_int_equal(store_open_existing(&reader, f->path, false, NULL), 0);
	add(f, 2, "Shell", "web"); /* not committed */
	assert_int_equal(list(reader, (struct store_query){ 0 }).count, 1);
	turn(f);
	assert_int_equal(list(reader, (struct store_query){ 0 }).count, 2);
	assert_true(store_acknowledge(reader, 1, 1, "me", "x", NULL) < 0); /* read only */
}

static void questions(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		struct store_query q;
		size_t want;
	} rows[] = {
		{ "all", { 0 }, 6 },
		{ "rule", { .rule = "Shell*" }, 4 },
		{ "rule, whole", { .rule = "shell in" }, 3 },
		{ "rule, none", { .rule = "Nothing" }, 0 },
		{ "container", { .container = "w?b" }, 3 },
		{ "container's ID", { .container = "0123" }, 5 },
		{ "too short", { .container = "012" }, 0 },
		{ "pod", { .pod = "web-*" }, 5 },
		{ "namespace", { .namespace = "shop" }, 5 },
		{ "source", { .source = "k8s_audit" }, 0 },
		{ "priority", { .priority = ALERT_ERROR }, 0 },
		{ "priority and worse", { .priority = ALERT_WARNING }, 6 },
		{ "since", { .since_ns = SAMPLE_NS + 3000000 }, 4 },
		{ "until", { .until_ns = SAMPLE_NS + 3000000 }, 3 },
		{ "after", { .after_id = 4 }, 2 },
		{ "limit", { .limit = 2 }, 2 },
		{ "hostile", { .rule = "'; DROP TABLE alert; --" }, 0 },
	};

	add(f, 1, "Shell in", "web");
	add(f, 2, "Shell in", "web");
	add(f, 3, "Shell in", "db");
	add(f, 4, "Shell out", "db");
	add(f, 5, "Miner", "web");
	add(f, 6, "Miner", NULL);
	turn(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].name, list(f->store, rows[i].q).count, rows[i].want);
	assert_int_equal(list(f->store, (struct store_query){ .after_id = 1 }).ids[0], 2);
}

static void found_by_name(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct seen seen = { 0 };
	int64_t id = 0;

	add(f, 1, "A", NULL);
	add(f, 2, "B", NULL);
	turn(f);
	assert_int_equal(store_find(f->store, "2", &id, NULL), 0);
	assert_int_equal(id, 2);
	assert_int_equal(store_find(f->store, "019ab0c4-0000-7000-8000-000000000001", &id, NULL),
			 0);
	assert_int_equal(id, 1);
	assert_int_equal(store_find(f->store, "019a", &id, &err), -EINVAL);
	assert_non_null(strstr(err.text, "several"));
	assert_int_equal(store_find(f->store, "99", &id, NULL), -ENOENT);
	assert_int_equal(store_find(f->store, "019b", &id, NULL), -ENOENT);
	assert_int_equal(store_find(f->store, "%", &id, NULL), -ENOENT);
	assert_int_equal(store_find(f->store, "", &id, NULL), -ENOENT);
	assert_int_equal(store_get(f->store, 2, note, &seen, NULL), 0);
	assert_string_equal(seen.text, "B");
}

static void activity_is_apart(void **state)
{
	struct fixture *f = *state;
	cleanup_alert struct alert a = { .pid = 0 };
	json_t *json = sample_document(1, "activity", "web");
	struct seen seen = { 0 };

	json_object_set_new(json, "kind", json_string("activity"));
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	assert_int_equal(store_add(f->store, &a, 0, NULL), 0);
	turn(f);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 0);
	assert_int_equal(
		store_activity(f->store, "0123456789abcdef", 0, INT64_MAX, note, &seen, NULL), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(store_activity(f->store, "other", 0, INT64_MAX, note, &seen, NULL), 0);
	assert_int_equal(seen.count, 1);
}

/* --- people ------------------------------------------------------------------------------------- */

static void acknowledged_alerts(void **state)
{
	struct fixture *f = *state;
	cleanup_store struct store *person = NULL;

	add(f, 1, "A", NULL);
	add(f, 2, "A", NULL);
	turn(f);
	assert_int_equal(store_open_existing(&person, f->path, true, NULL), 0);
	assert_int_equal(store_acknowledge(person, 1, SAMPLE_NS, "ann", "a test", NULL), 0);
	assert_int_equal(store_acknowledge(person, 1, SAMPLE_NS, "bob", "mine", NULL), 1);
	assert_int_equal(store_acknowledge(person, 77, SAMPLE_NS, "bob", "x", NULL), -ENOENT);
	assert_int_equal(list(f->store, (struct store_query){ .unacknowledged = true }).count, 1);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 2);
}

static void what_a_suppression_fits(void **state)
{
	cleanup_alert struct alert a = sample_alert(1, "Shell in a container", "web");
	cleanup_alert struct alert loss = sample_alert(2, "Loss", "web");
	static const struct {
		const char *name;
		struct suppression p;
		bool want;
	} rows[] = {
		{ "rule", { .rule = "Shell*" }, true },
		{ "rule, other case", { .rule = "shell in a container" }, true },
		{ "part of a rule", { .rule = "Shell" }, false },
		{ "container", { .container = "web" }, true },
		{ "beginning of an ID", { .container = "01234567" }, true },
		{ "too short a beginning", { .container = "0123" }, false },
		{ "other container", { .container = "db" }, false },
		{ "image", { .image = "nginx:*" }, true },
		{ "namespace", { .namespace = "shop" }, true },
		{ "process", { .process = "bash" }, true },
		{ "both fit", { .rule = "*", .process = "ba*" }, true },
		{ "one does not", { .rule = "*", .process = "sh" }, false },
		{ "expired", { .rule = "*", .expires_ns = SAMPLE_NS }, false },
		{ "not yet", { .rule = "*", .expires_ns = SAMPLE_NS + 1 }, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].name, suppression_fits(&rows[i].p, &a, SAMPLE_NS),
			     rows[i].want);
	loss.kind = ALERT_LOSS;
	assert_false(suppression_fits(&(struct suppression){ .rule = "*" }, &loss, SAMPLE_NS));
}

static int64_t suppress(struct store *s, const char *rule)
{
	struct suppression p = {
		.rule = rule, .reason = "known", .who = "ann", .created_ns = SAMPLE_NS
	};
	int64_t id = 0;

	assert_int_equal(store_suppress(s, &p, &id, NULL), 0);
	return id;
}

static int count_hits(void *context, const struct suppression *p, struct error *err)
{
	*(uint64_t *)context += p->hits;
	return 0;
}

static void a_suppression_is_seen_at_once(void **state)
{
	struct fixture *f = *state;
	cleanup_alert struct alert a = sample_alert(1, "Shell", "web");
	cleanup_store struct store *person = NULL;
	uint64_t hits = 0;
	int64_t id;

	assert_int_equal(store_suppressed_by(f->store, &a, SAMPLE_NS), 0);
	assert_int_equal(store_open_existing(&person, f->path, true, NULL), 0);
	id = suppress(person, "Sh*");
	assert_int_equal(store_suppressed_by(f->store, &a, SAMPLE_NS), id);
	assert_int_equal(store_add(f->store, &a, id, NULL), 0);
	turn(f);
	assert_int_equal(store_suppressions(person, count_hits, &hits, NULL), 0);
	assert_int_equal(hits, 1);
	assert_int_equal(store_counter(f->store, STORE_SUPPRESSED), 1);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 0);
	assert_int_equal(list(f->store, (struct store_query){ .suppressed = true }).count, 1);
	assert_int_equal(list(f->store, (struct store_query){ .everything = true }).count, 1);
	assert_int_equal(store_unsuppress(person, id, NULL), 0);
	assert_int_equal(store_unsuppress(person, id, NULL), -ENOENT);
	assert_int_equal(store_suppressed_by(f->store, &a, SAMPLE_NS), 0);
}

static void a_suppression_says_why_and_what(void **state)
{
	struct fixture *f = *state;
	int64_t id;

	assert_int_equal(store_suppress(f->store, &(struct suppression){ .rule = "*", .who = "x" },
					&id, NULL),
			 -EINVAL);
	assert_int_equal(store_suppress(f->store,
					&(struct suppression){
						.rule = "*", .reason = "", .who = "x" },
					&id, NULL),
			 -EINVAL);
	assert_int_equal(store_suppress(f->store,
					&(struct suppression){ .reason = "y", .who = "x" }, &id,
					NULL),
			 -EINVAL);
}

static int sum(void *context, const struct store_group *g, struct error *err)
{
	char *line = context;
	size_t n = strlen(line);

	snprintf(line + n, 512 - n, "%s=%u;", g->key ? g->key : "-", (unsigned)g->count);
	return 0;
}

static void counted(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *by, *want;
	} rows[] = {
		{ "rule", "A=2;B=1;" },	       { "container", "web=2;-=1;" },
		{ "image", "nginx:1=2;-=1;" }, { "hour", "2026-11-22T09:00Z=3;" },
		{ "priority", "Warning=3;" },
	};

	add(f, 1, "A", "web");
	add(f, 2, "A", "web");
	add(f, 3, "B", NULL);
	turn(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[512] = "";

		check_number(rows[i].by, store_stats(f->store, rows[i].by, 0, sum, line, NULL), 0);
		check_text(rows[i].by, line, rows[i].want);
	}
	assert_int_equal(store_stats(f->store, "nothing", 0, sum, NULL, NULL), -EINVAL);
}

/* --- retention ---------------------------------------------------------------------------------- */

static void the_old_goes(void **state)
{
	struct fixture *f = *state;
	int turns = 0;

	reopen(f, &(struct store_config){ .keep_ns = HOUR });
	for (int i = 1; i <= 1000; i++)
		add(f, i, "A", "web");
	assert_int_equal(store_turn(f->store, SAMPLE_NS, NULL), 0);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 1000);
	while (store_turn(f->store, SAMPLE_NS + HOUR + 500 * 1000000LL, NULL) == 1)
		turns++;
	assert_int_equal(turns, 2); /* a bounded number at a time */
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 501);
	assert_int_equal(store_counter(f->store, STORE_EXPIRED), 499);
	assert_int_equal(store_deleted(f->store, STORE_EXPIRED), 499);
}

static void the_file_stays_small(void **state)
{
	struct fixture *f = *state;
	const uint64_t limit = 400 << 10;
	size_t left;

	reopen(f, &(struct store_config){ .max_bytes = limit });
	for (int i = 1; i <= 4000; i++) {
		add(f, i, "A", "web");
		if (i % 100 == 0)
			turn(f);
	}
	for (int i = 0; i < 10; i++)
		turn(f);
	left = list(f->store, (struct store_query){ 0 }).count;
	assert_true(store_bytes(f->store) <= limit);
	assert_true(left > 50 && left < 1000);
	assert_int_equal(left + store_deleted(f->store, STORE_EVICTED), 4000);
	assert_int_equal(list(f->store, (struct store_query){ .limit = 1 }).ids[0], 4000);
}

/* --- what goes wrong ---------------------------------------------------------------------------- */

static void a_damaged_file_is_moved_aside(void **state)
{
	struct fixture *f = *state;
	const char *aside;
	size_t len;

	store_close(f->store);
	f->store = NULL;
	unit_file_write(f->path, "this is no database, whatever it says, but it is long enough",
			60);
	reopen(f, &(struct store_config){ 0 });
	aside = store_moved_aside(f->store);
	assert_non_null(aside);
	assert_int_equal(access(aside, R_OK), 0);
	assert_int_equal(store_counter(f->store, STORE_MOVED), 1);
	add(f, 1, "A", NULL);
	turn(f);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 1);
	free(unit_file_read(aside, &len));
	assert_int_equal(len, 60);
}

/* Pages in the middle, not the header. */
static void a_damaged_page_is_found(void **state)
{
	struct fixture *f = *state;
	char junk[8192];
	int fd;

	for (int i = 1; i <= 500; i++)
		add(f, i, "A", "web");
	store_close(f->store);
	f->store = NULL;
	memset(junk, 0xa5, sizeof(junk));
	fd = open(f->path, O_RDWR);
	assert_true(fd >= 0);
	for (off_t at = 4096; at < 200000; at += 16384)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
	close(fd);
	reopen(f, &(struct store_config){ 0 });
	assert_non_null(store_moved_aside(f->store));
	add(f, 1, "A", NULL);
	turn(f);
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 1);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void files_of_others_are_left_alone(void **state)
{
	struct fixture *f = *state;
	const char *path = unit_path(f->dir, "other.db");
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	run_sql(path, "CREATE TABLE mine (x)");
	assert_int_equal(store_open(&s, &(struct store_config){ .path = path }, &err), -EINVAL);
	assert_non_null(strstr(err.text, "something else"));
	run_sql(f->path, "PRAGMA user_version = 99");
	assert_int_equal(store_open(&s, &(struct store_config){ .path = f->path }, &err), -EINVAL);
	assert_non_null(strstr(err.text, "newer"));
	assert_int_equal(store_open_existing(&s, unit_path(f->dir, "none.db"), false, &err),
			 -ENOENT);
	assert_int_equal(store_open(&s, &(struct store_config){ .path = f->dir }, &err), -EISDIR);
}

static void rows_that_are_no_alerts_are_counted(void **state)
{
	struct fixture *f = *state;

	add(f, 1, "A", NULL);
	add(f, 2, "A", NULL);
	turn(f);
	run_sql(f->path, "UPDATE alert SET document = '{\"x\":' WHERE id = 1");
	assert_int_equal(list(f->store, (struct store_query){ 0 }).count, 1);
	assert_int_equal(store_counter(f->store, STORE_BROKEN), 1);
}

/* The writer is killed in the middle of it: what turns have committed is there, and the file is sound. */
static void killed_at_any_moment(void **state)
{
	struct fixture *f = *state;
	int told[2], status, last = 0, n;
	struct seen seen;
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	store_close(f->store);
	f->store = NULL;
	pid = fork();
	if (!pid) {
		struct store *s;

		store_open(&s, &(struct store_config){ .path = f->path }, NULL);
		for (int i = 1; i < 1000000; i++) {
			struct alert a = sample_alert(i, "A", "web");

			store_add(s, &a, 0, NULL);
			alert_deinit(&a);
			if (i % 7 == 0 && store_turn(s, SAMPLE_NS, NULL) == 0 &&
			    write(told[1], &i, sizeof(i)) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(told[1]);
	usleep(120000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	while (read(told[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(told[0]);
	assert_true(last > 0);
	reopen(f, &(struct store_config){ 0 });
	assert_null(store_moved_aside(f->store));
	seen = list(f->store, (struct store_query){ 0 });
	assert_true(seen.count >= (size_t)last && seen.count <= (size_t)last + 14);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(what_was_added_is_there),
		TEST(an_alert_is_stored_once),
		TEST(a_reader_reads_while_the_writer_writes),
		TEST(questions),
		TEST(found_by_name),
		TEST(activity_is_apart),
		TEST(acknowledged_alerts),
		cmocka_unit_test(what_a_suppression_fits),
		TEST(a_suppression_is_seen_at_once),
		TEST(a_suppression_says_why_and_what),
		TEST(counted),
		TEST(the_old_goes),
		TEST(the_file_stays_small),
		TEST(a_damaged_file_is_moved_aside),
		TEST(a_damaged_page_is_found),
		TEST(files_of_others_are_left_alone),
		TEST(rows_that_are_no_alerts_are_counted),
		TEST(killed_at_any_moment),
	};

	return unit_run(tests);
}
