/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sinks/spool.h"
#include "sinks/spool_record.h"
#include "unit.h"

struct fixture {
	char *dir;
	const char *path;
	struct spool *spool;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = unit_dir();
	f->path = strdup(unit_path(f->dir, "a/b"));
	assert_int_equal(spool_open(&f->spool, f->path, 8 << 20, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	spool_close(f->spool);
	unit_dir_remove(f->dir);
	free((void *)(uintptr_t)f->path);
	free(f);
	return 0;
}

/* As a process that is killed and started again: nothing is told to the spool. */
static void reopen(struct fixture *f, uint64_t max)
{
	struct error err = ERROR_INIT;

	spool_close(f->spool);
	f->spool = NULL;
	if (spool_open(&f->spool, f->path, max, &err))
		print_error("# %s\n", err.text);
	assert_non_null(f->spool);
}

static void add(struct fixture *f, int from, int to, size_t size)
{
	char *text = malloc(size + 32);

	for (int i = from; i <= to; i++) {
		int n = snprintf(text, 32, "%d:", i);

		memset(text + n, 'x', size);
		assert_int_equal(spool_add(f->spool, text_from(text, (size_t)n + size)), 0);
	}
	free(text);
}

/* Reads all that waits; the numbers in the payloads must go up by one. Returns the first; *count of them. */
static int read_all(struct fixture *f, int *count)
{
	uint64_t seq = spool_first(f->spool);
	int first = 0, last = 0;

	for (*count = 0;; ++*count, seq++) {
		struct buf out = BUF_INIT;
		int n;

		if (spool_read(f->spool, &seq, &out)) {
			buf_deinit(&out);
			return first;
		}
		n = atoi(out.data);
		buf_deinit(&out);
		if (!first)
			first = n;
		else
			assert_int_equal(n, last + 1);
		last = n;
	}
}

static void in_order(void **state)
{
	struct fixture *f = *state;
	int count;

	add(f, 1, 5000, 500); /* several segments */
	assert_int_equal(read_all(f, &count), 1);
	assert_int_equal(count, 5000);
	spool_done(f->spool, spool_first(f->spool) + 1234);
	assert_int_equal(read_all(f, &count), 1235);
	assert_int_equal(count, 5000 - 1234);
	assert_int_equal(spool_end(f->spool) - spool_first(f->spool), 5000 - 1234);
}

static void one_by_one(void **state)
{
	struct fixture *f = *state;
	int count;

	for (int i = 1; i <= 400; i++) {
		add(f, i, i, 1000);
		assert_int_equal(read_all(f, &count), i);
		assert_int_equal(count, 1);
		spool_done(f->spool, spool_end(f->spool));
		assert_int_equal(read_all(f, &count), 0);
		assert_int_equal(spool_bytes(f->spool), 0);
	}
}

static void survives_its_process(void **state)
{
	struct fixture *f = *state;
	int count;

	add(f, 1, 3000, 1000);
	spool_done(f->spool, spool_first(f->spool) + 2000);
	reopen(f, 8 << 20);
	assert_int_equal(read_all(f, &count), 2001);
	assert_int_equal(count, 1000);
	add(f, 3001, 3010, 10);
	reopen(f, 8 << 20);
	assert_int_equal(read_all(f, &count), 2001);
	assert_int_equal(count, 1010);
	spool_done(f->spool, spool_end(f->spool));
	reopen(f, 8 << 20);
	assert_int_equal(read_all(f, &count), 0);
	add(f, 1, 2, 1); /* numbers go on: a receiver's old ones are not taken for new */
	assert_int_equal(spool_first(f->spool), 3011);
}

static void the_oldest_is_given_up(void **state)
{
	struct fixture *f = *state;
	int count, first;

	reopen(f, 3 << 20);
	add(f, 1, 10000, 1000);
	first = read_all(f, &count);
	assert_int_equal(first + count, 10001);
	assert_int_equal(spool_given_up(f->spool) + (uint64_t)count, 10000);
	assert_true(count > 1500 && count < 3200);
	assert_true(spool_bytes(f->spool) <= 3 << 20);
}

static void too_much_for_a_record(void **state)
{
	struct fixture *f = *state;
	char *big = calloc(1, SPOOL_PAYLOAD_MAX + 1);
	int count;

	assert_int_equal(spool_add(f->spool, text_from(big, SPOOL_PAYLOAD_MAX + 1)), -EMSGSIZE);
	assert_int_equal(spool_add(f->spool, TEXT("")), -EMSGSIZE);
	assert_int_equal(spool_add(f->spool, text_from(big, SPOOL_PAYLOAD_MAX)), 0);
	read_all(f, &count);
	assert_int_equal(count, 1);
	free(big);
}

static void one_process_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct spool *second = NULL;

	assert_int_equal(spool_open(&second, f->path, 1 << 20, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another process"));
}

/* The last file of the spool. */
static const char *last_file(const struct fixture *f)
{
	struct dirent **all;
	const char *path = NULL;
	int n = scandir(f->path, &all, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (str_ends(all[i]->d_name, ".spool"))
			path = unit_path(f->path, all[i]->d_name);
		free(all[i]);
	}
	free(all);
	assert_non_null(path);
	return path;
}

static void a_torn_end_is_cut_off(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int count;

	for (int cut = 1; cut < 120; cut += 7) {
		int from;

		read_all(f, &count);
		from = count + 1;
		add(f, from, from + 1, 100);
		spool_close(f->spool);
		f->spool = NULL;
		assert_int_equal(stat(last_file(f), &st), 0);
		assert_int_equal(truncate(last_file(f), st.st_size - cut), 0);
		reopen(f, 8 << 20);
		assert_true(spool_damaged(f->spool) == 1);
		assert_true(read_all(f, &count) == 1);
		assert_int_equal(count, from);
	}
}

static void a_changed_byte_is_seen(void **state)
{
	struct fixture *f = *state;
	char byte;
	int count, fd;

	add(f, 1, 10, 100);
	spool_close(f->spool);
	f->spool = NULL;
	fd = open(last_file(f), O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 700), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, 700), 1);
	close(fd);
	reopen(f, 8 << 20);
	assert_int_equal(read_all(f, &count), 1);
	assert_int_equal(count, 5); /* a record has 24 + 2 + 100 bytes */
	assert_int_equal(spool_damaged(f->spool), 1);
	add(f, 6, 8, 100); /* and it goes on */
	assert_int_equal(read_all(f, &count), 1);
	assert_int_equal(count, 8);
}

/* A cursor that is not whole makes some be sent again, and none be lost. */
static void a_bad_cursor_loses_nothing(void **state)
{
	struct fixture *f = *state;
	static const char *const cursors[] = { "", "short", "sixteen bytes of",
					       "\377\377\377\377\377\377\377\377........" };
	int count;

	add(f, 1, 20, 100);
	spool_done(f->spool, spool_first(f->spool) + 5);
	for (size_t i = 0; i < ARRAY_SIZE(cursors); i++) {
		spool_close(f->spool);
		f->spool = NULL;
		unit_file_write(unit_path(f->path, "cursor"), cursors[i], strlen(cursors[i]));
		reopen(f, 8 << 20);
		assert_int_equal(read_all(f, &count), 1);
		assert_int_equal(count, 20);
	}
}

static void strange_files_are_left_alone(void **state)
{
	struct fixture *f = *state;
	int count;

	add(f, 1, 3, 10);
	unit_file_write(unit_path(f->path, "notes.txt"), "mine", 4);
	unit_file_write(unit_path(f->path, "00000000000000000000.spool"), "zero", 4);
	unit_file_write(unit_path(f->path, "99999999999999999999.spool"), "too much", 8);
	reopen(f, 8 << 20);
	assert_int_equal(read_all(f, &count), 1);
	assert_int_equal(count, 3);
	assert_int_equal(access(unit_path(f->path, "notes.txt"), F_OK), 0);
}

/* A process that is killed in the middle: what it had synced is there, in order, each once. */
static void killed_at_any_moment(void **state)
{
	struct fixture *f = *state;
	int told[2], status, count, n, last = 0;
	pid_t pid;

	spool_close(f->spool);
	f->spool = NULL;
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (!pid) {
		spool_open(&f->spool, f->path, 64 << 20, NULL);
		for (int i = 1;; i++) {
			add(f, i, i, 300);
			if (i % 3 == 0 &&
			    (spool_sync(f->spool) || write(told[1], &i, sizeof(i)) < 0))
				_exit(1);
		}
	}
	close(told[1]);
	usleep(150000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	while (read(told[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(told[0]);
	assert_true(last > 0);
	reopen(f, 64 << 20);
	assert_int_equal(read_all(f, &count), 1);
	assert_true(count >= last && count <= last + 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(in_order),
		TEST(one_by_one),
		TEST(survives_its_process),
		TEST(the_oldest_is_given_up),
		TEST(too_much_for_a_record),
		TEST(one_process_at_a_time),
		TEST(a_torn_end_is_cut_off),
		TEST(a_changed_byte_is_seen),
		TEST(a_bad_cursor_loses_nothing),
		TEST(strange_files_are_left_alone),
		TEST(killed_at_any_moment),
	};

	return unit_run(tests);
}
