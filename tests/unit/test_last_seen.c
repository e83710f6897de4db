/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/last_seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

#define SECOND 1000000000LL

static char path[] = "/tmp/merlon-last-seen-XXXXXX";

static void begin(struct last_seen *s)
{
	struct error err = ERROR_INIT;

	assert_int_equal(last_seen_open(s, path, getuid(), getgid(), &err), 0);
}

static int fresh_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* A guard that watches until then, and is no more. */
static bool watch(int64_t from, int64_t until, bool ended, struct gap *gap)
{
	const struct watched w = {
		.from_ns = from, .until_ns = until, .ended = ended, .waiting = 3
	};
	struct last_seen s;
	bool found;

	begin(&s);
	found = last_seen_gap(&s, &w, gap);
	last_seen_keep(&s, &w);
	assert_false(last_seen_gap(&s, &w, gap)); /* it is told once */
	last_seen_close(&s);
	return found;
}

static void what_nobody_has_seen_is_known(void **state)
{
	int64_t now = clock_wall_ns();
	struct gap gap;

	(void)state;
	assert_false(watch(now, now + SECOND, false, &gap)); /* the first of all */
	assert_true(watch(now + 4 * SECOND, now + 5 * SECOND, true, &gap));
	assert_int_equal(gap.from_ns, now + SECOND);
	assert_int_equal(gap.to_ns, now + 4 * SECOND);
	assert_false(gap.ended);
	assert_int_equal(gap.waiting, 3);
	assert_true(watch(now + 6 * SECOND, now + 7 * SECOND, false, &gap));
	assert_true(gap.ended);
	assert_false(watch(now + 7 * SECOND, now + 8 * SECOND, false, &gap));
}

/* Killed between its beginning and its first word. */
static void who_never_watched_leaves_a_gap(void **state)
{
	int64_t now = clock_wall_ns();
	struct last_seen s;
	struct gap gap;

	(void)state;
	begin(&s);
	last_seen_close(&s);
	assert_true(watch(now + SECOND, now + SECOND, false, &gap));
	assert_true(gap.from_ns >= now && gap.from_ns < now + SECOND);
}

static void one_guard_keeps_it(void **state)
{
	int64_t now = clock_wall_ns();
	const struct watched first = { .from_ns = now, .until_ns = now + 9 * SECOND },
			     second = { .from_ns = now + SECOND, .until_ns = now + 2 * SECOND };
	struct last_seen one, two;
	struct gap gap;

	(void)state;
	begin(&one);
	begin(&two);
	assert_false(last_seen_gap(&one, &first, &gap));
	last_seen_keep(&one, &first);
	assert_false(last_seen_gap(&two, &second, &gap));
	last_seen_keep(&two, &second); /* says nothing: it is not its file */
	last_seen_close(&one);
	assert_false(last_seen_gap(&two, &second, &gap)); /* the other watched until later */
	last_seen_keep(&two, &second);
	last_seen_close(&two);
	assert_true(watch(now + 3 * SECOND, now + 4 * SECOND, false, &gap));
	assert_int_equal(gap.from_ns, now + 2 * SECOND);
}

static void what_others_wrote_is_not_believed(void **state)
{
	static const char *const texts[] = { "x",
					     "{",
					     "[1]",
					     "{\"until\":-5}",
					     "{\"until\":\"1\"}",
					     "{\"until\":1e300}",
					     "{\"until\":99999999999999999999}",
					     "\0\0\0",
					     "null" };
	int64_t now = clock_wall_ns();
	struct gap gap;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(texts[i], 1, strlen(texts[i]) + 1, f),
				 strlen(texts[i]) + 1);
		fclose(f);
		assert_false(watch(now, now, false, &gap));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nobody_has_seen_is_known, fresh_file,
						remove_file),
		cmocka_unit_test_setup_teardown(who_never_watched_leaves_a_gap, fresh_file,
						remove_file),
		cmocka_unit_test_setup_teardown(one_guard_keeps_it, fresh_file, remove_file),
		cmocka_unit_test_setup_teardown(what_others_wrote_is_not_believed, fresh_file,
						remove_file),
	};

	return unit_run(tests);
}
