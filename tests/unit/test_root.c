/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system full of ways out: none of them is one. */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "static/root.h"

struct fixture {
	char *outside; /* directory with "secret" in it and the root below it */
	struct root root;
};

static void open_fixture(struct fixture *f)
{
	struct error err = ERROR_INIT;
	const char *root;

	f->outside = unit_dir();
	root = unit_path(f->outside, "root");
	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(root_open(&f->root, root, &err), 0);
	unit_file_write(unit_path(f->outside, "secret"), "secret", 6);
	unit_file_write(unit_path(f->outside, "root/inside"), "inside", 6);
	assert_int_equal(mkdir(unit_path(f->outside, "root/dir"), 0755), 0);
	assert_int_equal(mkfifo(unit_path(f->outside, "root/fifo"), 0644), 0);
}

static void close_fixture(struct fixture *f)
{
	root_close(&f->root);
	unit_dir_remove(f->outside);
}

static void link_to(const struct fixture *f, const char *name, const char *target)
{
	cleanup_free char *path = str_format("%s/root/%s", f->outside, name);

	assert_int_equal(symlink(target, path), 0);
}

static int open_path(const struct fixture *f, const char *path, char **ret)
{
	struct root_id id;

	return root_file(&f->root, path, &id, ret);
}

static void test_no_way_out(void **state)
{
	struct fixture f;
	static const char *const ways[] = { "/../secret", "../../../secret", "/up",
					    "/dir/up",	  "/absolute",	     "/magic" };
	cleanup_free char *absolute = NULL;

	(void)state;
	open_fixture(&f);
	absolute = str_format("%s/secret", f.outside);
	link_to(&f, "up", "../secret");
	link_to(&f, "dir/up", "../../secret");
	link_to(&f, "absolute", absolute);
	link_to(&f, "magic", "/proc/self/root/etc/passwd");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		cleanup_free char *name = NULL;

		check_number(ways[i], open_path(&f, ways[i], &name), -ENOENT);
		check(ways[i], !root_has(&f.root, ways[i]));
	}
	close_fixture(&f);
}

static void test_links_inside(void **state)
{
	struct fixture f;
	static const char *const ways[] = { "/inside",	  "inside",	   "/link",
					    "/../inside", "/dir/absolute", "/dir/../link" };

	(void)state;
	open_fixture(&f);
	link_to(&f, "link", "inside");
	link_to(&f, "dir/absolute", "/link"); /* of the container's root */
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		cleanup_free char *name = NULL;
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_fd int fd = open_path(&f, ways[i], &name);
		struct error err = ERROR_INIT;

		check(ways[i], fd >= 0);
		check_text(ways[i], name, "/inside");
		check_number(ways[i], root_read(&f.root, fd, &text, &err), 0);
		check_text(ways[i], text.data, "inside");
	}
	assert_int_equal(f.root.read, 6 * ARRAY_SIZE(ways));
	close_fixture(&f);
}

static void test_only_regular_files(void **state)
{
	struct fixture f;
	static const char *const others[] = { "/dir", "/fifo", "/" };

	(void)state;
	open_fixture(&f);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		cleanup_free char *name = NULL;

		check_number(others[i], open_path(&f, others[i], &name), -EINVAL);
	}
	link_to(&f, "circle", "circle");
	{
		cleanup_free char *name = NULL;

		assert_int_equal(open_path(&f, "/circle", &name), -ELOOP);
	}
	close_fixture(&f);
}

static void test_too_large(void **state)
{
	struct fixture f;
	struct error err = ERROR_INIT;
	cleanup_free char *name = NULL;
	cleanup_buf struct buf text = BUF_INIT;

	(void)state;
	open_fixture(&f);
	{
		cleanup_fd int fd = open_path(&f, "/inside", &name);

		f.root.read = ROOT_TOTAL_MAX - 3; /* as if so much had been read */
		assert_int_equal(root_read(&f.root, fd, &text, &err), -EFBIG);
	}
	close_fixture(&f);
}

static void test_list(void **state)
{
	struct fixture f;
	root_names names = { 0 };

	(void)state;
	open_fixture(&f);
	link_to(&f, "out", "../..");
	unit_file_write(unit_path(f.outside, "root/dir/b.so"), "", 0);
	unit_file_write(unit_path(f.outside, "root/dir/a.so"), "", 0);
	unit_file_write(unit_path(f.outside, "root/dir/.hidden"), "", 0);
	assert_int_equal(root_list(&f.root, "/dir", &names), 0);
	assert_int_equal(names.len, 2);
	assert_string_equal(names.items[0], "a.so");
	assert_string_equal(names.items[1], "b.so");
	root_names_deinit(&names);

	/* Out is the root itself. */
	assert_int_equal(root_list(&f.root, "/out", &names), 0);
	assert_int_equal(names.len, 4); /* dir, fifo, inside, out */
	root_names_deinit(&names);
	assert_int_equal(root_list(&f.root, "/inside", &names), 0);
	assert_int_equal(root_list(&f.root, "/absent", &names), 0);
	assert_int_equal(names.len, 0);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_way_out),
		cmocka_unit_test(test_links_inside),
		cmocka_unit_test(test_only_regular_files),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_list),
	};

	return unit_run(tests);
}
