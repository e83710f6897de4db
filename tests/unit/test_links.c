/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "record/links.h"
#include "unit.h"

/* A root with the links that images have, and some that want out. */
struct root {
	char *dir;
	int fd;
};

static int setup(void **state)
{
	static const struct {
		const char *to, *from;
	} links[] = {
		{ "usr/bin", "bin" },	      { "/run", "var/run" },
		{ "../../../../etc", "out" }, { "/etc", "absolute" },
		{ "self", "self" },	      { "nowhere", "broken" },
		{ "/var/run/app", "chain" },  { "/proc/self/root", "magic" },
	};
	static const char *const dirs[] = { "usr/bin", "run/app", "var", "etc", "home" };
	struct root *root = calloc(1, sizeof(*root));

	root->dir = unit_dir();
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		assert_int_equal(fs_mkdirs(unit_path(root->dir, dirs[i]), 0755, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		assert_int_equal(symlink(links[i].to, unit_path(root->dir, links[i].from)), 0);
	root->fd = open(root->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root->fd >= 0);
	*state = root;
	return 0;
}

static int teardown(void **state)
{
	struct root *root = *state;

	close(root->fd);
	unit_dir_remove(root->dir);
	free(root);
	return 0;
}

struct row {
	const char *path, *want;
};

static void check_rows(const link_list *list, int fd, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *got = links_resolve(list, fd, rows[i].path);

		check_text(rows[i].path, got, rows[i].want);
	}
}

/* Inside the root, and of the directory only: what the name itself is was the program's business. */
static void through_the_root(void **state)
{
	static const struct row rows[] = {
		{ "/bin/sh", "/usr/bin/sh" },
		{ "/var/run/x.pid", "/run/x.pid" },
		{ "/usr/bin/sh", "/usr/bin/sh" },
		{ "/out/passwd", "/etc/passwd" },
		{ "/absolute/x", "/etc/x" },
		{ "/chain/x", "/run/app/x" },
		{ "/bin", "/bin" },
		{ "/", "/" },
		{ "/file", "/file" },
		{ "/../../x", "/x" },
		{ "/gone/x", "/gone/x" },
		{ "/self/x", "/self/x" },
		{ "/broken/x", "/broken/x" },
		{ "/magic/etc/x", "/magic/etc/x" },
		{ "/etc/", "/etc/" },
		{ "relative/x", "relative/x" },
		{ "", "" },
	};
	struct root *root = *state;
	link_list none = { 0 };

	check_rows(&none, root->fd, rows, ARRAY_SIZE(rows));
}

static void by_the_list(void **state)
{
	static const struct row rows[] = {
		{ "/bin/sh", "/usr/bin/sh" },	  { "/var/run/x", "/run/x" },
		{ "/var/run", "/var/run" },	  { "/var/running/x", "/var/running/x" },
		{ "/binary/x", "/binary/x" },	  { "/home/x", "/home/x" },
		{ "/out/passwd", "/out/passwd" }, { "bin/sh", "bin/sh" },
	};
	struct root *root = *state;
	link_list list = { 0 };

	links_learn(&list, root->fd);
	assert_int_equal(list.len, 2);
	check_rows(&list, -1, rows, ARRAY_SIZE(rows));
	link_list_deinit(&list);
	link_list_deinit(&list);
}

static void nothing_known(void **state)
{
	static const struct row rows[] = { { "/bin/sh", "/bin/sh" }, { "/", "/" }, { "x", "x" } };
	link_list none = { 0 };

	check_rows(&none, -1, rows, ARRAY_SIZE(rows));
	links_learn(&none, -1);
	assert_int_equal(none.len, 0);
}

static void our_own_root(void **state)
{
	cleanup_fd int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *got = NULL;
	link_list none = { 0 };

	got = links_resolve(&none, fd, "/proc/sys/x");
	assert_string_equal(got, "/proc/sys/x");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(through_the_root, setup, teardown),
		cmocka_unit_test_setup_teardown(by_the_list, setup, teardown),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(our_own_root),
	};

	return unit_run(tests);
}
