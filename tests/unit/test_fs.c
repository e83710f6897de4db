/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "unit.h"

static int setup(void **state)
{
	*state = unit_dir();
	return 0;
}

static int teardown(void **state)
{
	unit_dir_remove(*state);
	return 0;
}

static size_t entries(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.' || !(str_eq(e->d_name, ".") || str_eq(e->d_name, ".."));
	return n;
}

/* --- reading ------------------------------------------------------------------------------------ */

static void reads_all(void **state)
{
	const char *path = unit_path(*state, "f");
	cleanup_buf struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;

	unit_file_write(path, "a\0b\n", 4);
	buf_add_str(&b, "before ");
	assert_int_equal(fs_read(path, 100, &b, &err), 0);
	check_bytes("appended", b.data, b.len, "before a\0b\n", 11);
	assert_int_equal(err.code, 0);
}

static void reads_an_empty_file(void **state)
{
	const char *path = unit_path(*state, "empty");
	cleanup_buf struct buf b = BUF_INIT;

	unit_file_write(path, "", 0);
	assert_int_equal(fs_read(path, 0, &b, NULL), 0);
	assert_string_equal(b.data, "");
}

static void reads_proc(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	assert_int_equal(fs_read("/proc/self/status", 1 << 16, &b, NULL), 0);
	assert_true(str_starts(b.data, "Name:"));
}

static void reads_below_a_directory(void **state)
{
	cleanup_fd int fd = open(*state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_buf struct buf b = BUF_INIT;

	unit_file_write(unit_path(*state, "f"), "x", 1);
	assert_int_equal(fs_read_at(fd, "f", 10, &b, NULL), 0);
	assert_string_equal(b.data, "x");
}

static void read_limit(void **state)
{
	const char *path = unit_path(*state, "big");
	cleanup_free char *data = calloc(1, 40000), *want = NULL;

	unit_file_write(path, data, 40000);
	want = str_format("%s: larger than the limit of 39999 bytes", path);
	for (size_t limit = 39999; limit <= 40000; limit++) {
		cleanup_buf struct buf b = BUF_INIT;
		struct error err = ERROR_INIT;
		int r = fs_read(path, limit, &b, &err);

		assert_int_equal(r, limit == 40000 ? 0 : -EFBIG);
		assert_int_equal(err.code, -r);
		assert_string_equal(err.text, r ? want : "");
		assert_true(b.len <= limit);
	}
}

static void read_refuses(void **state)
{
	const struct {
		const char *path;
		int want;
		const char *words;
	} rows[] = {
		{ unit_path(*state, "none"), ENOENT, "No such file or directory" },
		{ *state, EISDIR, "Is a directory" },
		{ unit_path(*state, "fifo"), EINVAL, "Invalid argument" },
		{ "/dev/null", EINVAL, "Invalid argument" },
	};

	assert_int_equal(mkfifo(rows[2].path, 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *want = str_format("%s: %s", rows[i].path, rows[i].words);
		cleanup_buf struct buf b = BUF_INIT;
		struct error err = ERROR_INIT;

		check_number(rows[i].path, fs_read(rows[i].path, 100, &b, &err), -rows[i].want);
		check_text(rows[i].path, err.text, want);
		check_number(rows[i].path, b.len, 0);
	}
}

static void reads_one_line(void **state)
{
	static const struct {
		const char *data, *want;
		size_t len, size;
	} rows[] = {
		{ "39\n", "39", 3, 16 },  { "39", "39", 2, 16 },    { "", "", 0, 16 },
		{ "\n", "", 1, 16 },	  { "a\nb\n", "a", 4, 16 }, { "abcdef\n", "abc", 7, 4 },
		{ "a\0b\n", "a", 4, 16 }, { "abc\n", "", 4, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *path = unit_path(*state, "line");
		char out[16];

		memset(out, '#', sizeof(out));
		unit_file_write(path, rows[i].data, rows[i].len);
		check_number(rows[i].data, fs_read_line(path, out, rows[i].size), 0);
		check_text(rows[i].data, out, rows[i].want);
	}
}

static void line_of_nothing(void **state)
{
	char out[4] = "abc";

	assert_int_equal(fs_read_line(unit_path(*state, "none"), out, 4), -ENOENT);
	assert_int_equal(fs_read_line(*state, out, 4), -EISDIR);
	assert_string_equal(out, "abc");
}

/* --- writing ------------------------------------------------------------------------------------ */

static void writes_and_replaces(void **state)
{
	const char *path = unit_path(*state, "f");
	cleanup_free char *text = NULL;
	struct error err = ERROR_INIT;
	struct stat st;

	assert_int_equal(fs_write_atomic(path, "first, longer", 13, 0600, &err), 0);
	assert_int_equal(fs_write_atomic(path, "second", 6, 0644, &err), 0);
	text = unit_file_read(path, NULL);
	assert_string_equal(text, "second");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(entries(*state), 1);
}

static void write_keeps_links_apart(void **state)
{
	const char *path = unit_path(*state, "f"), *other = unit_path(*state, "other");
	cleanup_free char *text = NULL;

	unit_file_write(other, "untouched", 9);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(fs_write_atomic(path, "new", 3, 0600, NULL), 0);
	text = unit_file_read(other, NULL);
	assert_string_equal(text, "untouched");
}

static void write_into_no_directory(void **state)
{
	const char *path = unit_path(*state, "none/f");
	cleanup_free char *want = str_format("%s: cannot create a file beside it: No such file or "
					     "directory",
					     path);
	struct error err = ERROR_INIT;

	assert_int_equal(fs_write_atomic(path, "x", 1, 0600, &err), -ENOENT);
	assert_string_equal(err.text, want);
}

static void write_over_a_directory(void **state)
{
	const char *path = unit_path(*state, "d");
	cleanup_free char *want = str_format("%s: not written, the old file is as it was: Is a "
					     "directory",
					     path);
	struct error err = ERROR_INIT;

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(fs_write_atomic(path, "x", 1, 0600, &err), -EISDIR);
	assert_string_equal(err.text, want);
	assert_int_equal(entries(*state), 1);
	assert_true(fs_is_dir(path));
}

/* In a child: a limit on file sizes stands for a full disk. */
static int write_beyond(const char *path)
{
	static char data[8192];
	struct rlimit limit = { 4096, 4096 };
	struct error err = ERROR_INIT;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 2;
	if (fs_write_atomic(path, data, sizeof(data), 0600, &err) != -EFBIG)
		return 3;
	return strstr(err.text, ": not written, the old file is as it was: File too large") ? 0 : 4;
}

static void full_disk_leaves_the_old_file(void **state)
{
	const char *path = unit_path(*state, "f");
	cleanup_free char *text = NULL;
	int status;
	pid_t pid;

	unit_file_write(path, "old", 3);
	pid = fork();
	if (pid == 0)
		_exit(write_beyond(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	text = unit_file_read(path, NULL);
	assert_string_equal(text, "old");
	assert_int_equal(entries(*state), 1);
}

/* --- directories -------------------------------------------------------------------------------- */

static void makes_directories(void **state)
{
	static const char *const rows[] = { "a/b/c", "a/b/c", "a//d/", "a/b/c/", "x" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		const char *path = unit_path(*state, rows[i]);

		check_number(rows[i], fs_mkdirs(path, 0755, &err), 0);
		check(rows[i], fs_is_dir(path));
		check_text(rows[i], err.text, "");
	}
	assert_int_equal(fs_mkdirs("/", 0755, NULL), 0);
}

static void a_file_in_the_way(void **state)
{
	const char *file = unit_path(*state, "f"), *below = unit_path(*state, "f/x");
	struct error err = ERROR_INIT;

	unit_file_write(file, "", 0);
	assert_int_equal(fs_mkdirs(below, 0755, &err), -ENOTDIR);
	check(below, str_ends(err.text, "f/x: Not a directory"));
	assert_int_equal(fs_mkdirs(file, 0755, &err), -ENOTDIR);
	check(file, str_ends(err.text, "/f: Not a directory"));
}

static void path_lengths(void **state)
{
	cleanup_free char *path = malloc(PATH_MAX + 2);
	struct error err = ERROR_INIT;

	memset(path, 'x', PATH_MAX + 1);
	path[PATH_MAX] = '\0';
	assert_int_equal(fs_mkdirs(path, 0755, &err), -ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0'; /* fits, but no file system takes such a name */
	assert_int_equal(fs_mkdirs(path, 0755, &err), -ENAMETOOLONG);
	assert_int_equal(fs_mkdirs("", 0755, &err), -ENOENT);
}

static void looks(void **state)
{
	const char *file = unit_path(*state, "f"), *link = unit_path(*state, "l");

	unit_file_write(file, "", 0);
	assert_int_equal(symlink("nowhere", link), 0);
	assert_true(fs_exists(file));
	assert_false(fs_is_dir(file));
	assert_true(fs_is_dir(*state));
	assert_false(fs_exists(link));
	assert_false(fs_exists(unit_path(*state, "none")));
	assert_false(fs_is_dir(unit_path(*state, "none")));
}

static void stays_in_a_root(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_fd int fd = -1;

	assert_int_equal(mkdir(unit_path(*state, "root"), 0755), 0);
	unit_file_write(unit_path(*state, "root/file"), "inside", 6);
	unit_file_write(unit_path(*state, "outside"), "outside", 7);
	assert_int_equal(symlink("../outside", unit_path(*state, "root/up")), 0);
	assert_int_equal(symlink("/file", unit_path(*state, "root/absolute")), 0);
	assert_int_equal(symlink("/proc/self/exe", unit_path(*state, "root/magic")), 0);
	assert_int_equal(mkfifo(unit_path(*state, "root/fifo"), 0644), 0);
	fd = open(unit_path(*state, "root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fs_read_in_root(fd, "absolute", 100, &b), 0);
	assert_string_equal(b.data, "inside");
	assert_int_equal(fs_read_in_root(fd, "../outside", 100, &b), -ENOENT);
	assert_int_equal(fs_read_in_root(fd, "up", 100, &b), -ENOENT);
	assert_int_equal(fs_read_in_root(fd, "magic", 100, &b), -ENOENT);
	assert_int_equal(fs_read_in_root(fd, "fifo", 100, &b), -EINVAL);
	assert_int_equal(fs_read_in_root(fd, ".", 100, &b), -EINVAL);
	buf_reset(&b);
	assert_int_equal(fs_read_in_root(fd, "file", 5, &b), -EFBIG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_all, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_an_empty_file, setup, teardown),
		cmocka_unit_test(reads_proc),
		cmocka_unit_test_setup_teardown(reads_below_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(read_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(read_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(line_of_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_and_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(write_keeps_links_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(write_into_no_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(write_over_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_leaves_the_old_file, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_in_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(path_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(looks, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_in_a_root, setup, teardown),
	};

	return unit_run(tests);
}
