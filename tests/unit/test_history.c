/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "store/history.h"
#include "unit.h"

static char *dir;

static int set_up(void **state)
{
	dir = unit_dir();
	return 0;
}

static int tear_down(void **state)
{
	unit_dir_remove(dir);
	return 0;
}

/* A run whose findings are the words of a text; their severities go round. */
static struct history_run run_of(struct history *h, const char *subject, int64_t time,
				 const char *words, const char *const *unread,
				 struct history_item items[16])
{
	struct history_run run = {
		.time_ns = time, .subject = subject, .version = "1", .score = 50, .unread = unread
	};
	struct error err = ERROR_INIT;
	static char copy[4][256];
	static unsigned turn;
	char *text = copy[turn++ % 4], *save = NULL;
	size_t n = 0;

	snprintf(text, sizeof(copy[0]), "%s", words);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		items[n] = (struct history_item){ .key = word,
						  .check = "MRL-1",
						  .object = "Pod x",
						  .path = word,
						  .file = word[0] == 'f' ? "f.yaml" : "a.yaml",
						  .severity = (unsigned)n % HISTORY_LEVELS };
		run.levels[n++ % HISTORY_LEVELS]++;
	}
	check(words, history_add(h, &run, items, n, &err) == 0);
	return run;
}

static int add_word(void *context, const struct history_item *item, struct error *err)
{
	char *out = context;

	snprintf(out + strlen(out), 256 - strlen(out), "%s%s", *out ? " " : "", item->key);
	return 0;
}

static void words(struct history *h, int64_t run, enum history_change which, const char *expected)
{
	struct error err = ERROR_INIT;
	char text[256] = "";

	check(expected, history_items(h, run, which, add_word, text, &err) == 0);
	check_text(expected, text, expected);
}

static int count(void *context, const struct history_run *run, struct error *err)
{
	++*(size_t *)context;
	return 0;
}

static size_t runs(struct history *h, const char *subject, uint32_t limit)
{
	struct error err = ERROR_INIT;
	size_t n = 0;

	assert_int_equal(history_runs(h, subject, limit, count, &n, &err), 0);
	return n;
}

static struct history *open_new(void)
{
	struct error err = ERROR_INIT;
	struct history *h = NULL;

	assert_int_equal(history_open(&h, unit_path(dir, "h.db"), true, &err), 0);
	return h;
}

static void changes(void **state)
{
	struct history *h = open_new();
	struct history_item items[16];
	struct history_run run = run_of(h, "s", 10, "a b c", NULL, items);
	struct stat st;

	assert_true(run.first);
	assert_int_equal(run.added + run.mended + run.standing, 0);
	assert_false(items[0].fresh);
	run = run_of(h, "s", 20, "b d c", NULL, items);
	assert_int_equal(run.added, 1);
	assert_int_equal(run.mended, 1);
	assert_int_equal(run.standing, 2);
	assert_true(items[1].fresh && !items[0].fresh);
	assert_int_equal(items[0].since_ns, 10);
	words(h, 1, HISTORY_STANDING, "c a b");
	words(h, 2, HISTORY_ADDED, "d");
	words(h, 2, HISTORY_MENDED, "a");
	words(h, 2, HISTORY_STANDING, "c b");
	/* What comes back is new again; what was mended stays told. */
	run = run_of(h, "s", 30, "a b d c", NULL, items);
	assert_int_equal(run.added, 1);
	assert_int_equal(items[0].since_ns, 30);
	words(h, 3, HISTORY_ADDED, "a");
	words(h, 2, HISTORY_MENDED, "a");
	/* The same key twice is one finding. */
	run = run_of(h, "s", 40, "a a b d c", NULL, items);
	assert_int_equal(run.added + run.mended, 0);
	assert_int_equal(run.standing, 4);
	/* Another subject is another story. */
	run = run_of(h, "t", 50, "z", NULL, items);
	assert_true(run.first);
	assert_int_equal(runs(h, NULL, 0), 5);
	assert_int_equal(runs(h, "s", 0), 4);
	assert_int_equal(runs(h, NULL, 2), 2);
	assert_int_equal(stat(unit_path(dir, "h.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	history_close(h);
}

/* What can't be read is not mended. */
static void unread(void **state)
{
	static const char *const files[] = { "f.yaml", NULL };
	struct history *h = open_new();
	struct history_item items[16];
	struct history_run run;

	run_of(h, "s", 10, "a f1 f2", NULL, items);
	run = run_of(h, "s", 20, "f2", files, items);
	assert_int_equal(run.mended, 1);
	assert_int_equal(run.standing, 2);
	run = run_of(h, "s", 30, "f2", NULL, items);
	assert_int_equal(run.mended, 1);
	history_close(h);
}

/* The newest 500 stay, and what was mended in them. */
static void retention(void **state)
{
	struct history *h = open_new();
	struct history_item items[16];
	struct history_run run = { 0 };

	run_of(h, "t", 1, "x", NULL, items);
	for (int i = 0; i < HISTORY_RUNS + 20; i++)
		run = run_of(h, "s", i, i & 1 ? "a" : "b", NULL, items);
	assert_int_equal(runs(h, "s", 0), HISTORY_RUNS);
	assert_int_equal(runs(h, "t", 0), 1);
	words(h, run.id, HISTORY_MENDED, "b");
	words(h, 10, HISTORY_MENDED, "");
	history_close(h);
}

static void others(void **state)
{
	struct error err = ERROR_INIT;
	struct history *h = NULL;

	assert_int_equal(history_open(&h, unit_path(dir, "none.db"), false, &err), -ENOENT);
	unit_file_write(unit_path(dir, "text.db"), "this is no database at all, it is a text\n",
			41);
	assert_true(history_open(&h, unit_path(dir, "text.db"), true, &err) < 0);
	assert_int_equal(symlink("text.db", unit_path(dir, "link.db")), 0);
	assert_true(history_open(&h, unit_path(dir, "link.db"), true, &err) < 0);
	assert_null(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(retention, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others, set_up, tear_down),
	};

	return unit_run(tests);
}
