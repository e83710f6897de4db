/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "layers.h"
#include "profile/access.h"
#include "sample.h"
#include "unit.h"

enum {
	R = ABI_FILE_READ,
	W = ABI_FILE_WRITE,
	C = ABI_FILE_CREATE,
	X = ABI_FILE_EXEC,
	U = ABI_FILE_UNLINK,
	FROM = ABI_FILE_RENAME_FROM,
	TO = ABI_FILE_RENAME_TO,
	MKDIR = ABI_FILE_MKDIR,
};

static struct access_list list_of(const struct layer_file *files, size_t count, bool exact,
				  struct profile **p)
{
	struct access_list list;

	*p = profile_new("x");
	for (size_t i = 0; i < count; i++)
		layer_add_file(*p, &files[i]);
	assert_int_equal(access_list_build(&list, *p, &(struct policy_options){ 0 }, exact, NULL),
			 0);
	return list;
}

/* One file: the path that a layer sees. NULL: none. */
static void paths(void **state)
{
	static const struct {
		struct layer_file file;
		const char *path, *exact;
	} rows[] = {
		{ { "/etc/x", R, 0, NULL, 0 }, "/etc/x", "/etc/x" },
		{ { "/etc/x11", R, 0, NULL, 0 },
		  "/etc/x11",
		  "/etc/x11" }, /* it is not its own name */
		{ { "/tmp/x11", C | W, 0, NULL, 0 }, "/tmp/x*", "/tmp/x11" },
		{ { "/tmp/1x22y333", C, 0, NULL, 0 }, "/tmp/*x*y*", "/tmp/1x22y333" },
		{ { "/tmp/a5*", C, 0, "temporary", 0 }, "/tmp/a*", "/tmp/a5*" },
		{ { "/tmp/\\x31", C, 0, NULL, 0 }, "/tmp/\\x31", "/tmp/\\x31" },
		{ { "/proc/sys/x1", W | C, 0, NULL, 0 }, "/proc/sys/x1", "/proc/sys/x1" },
		{ { "/dev/shm/r1", W | C, 0, NULL, 0 }, "/dev/shm/r1", "/dev/shm/r1" },
		{ { "/d", R, ABI_PATH_DIRECTORY, NULL, 0 }, "/d/", "/d/" },
		{ { "/d/", R, ABI_PATH_DIRECTORY, NULL, 0 }, "/d/", "/d/" },
		{ { "/d", MKDIR, 0, NULL, 0 }, "/d/", "/d/" },
		{ { "/data/**", R | MKDIR, 0, "volume", 0 }, "/data/**", "/data/**" },
		{ { "end", R, ABI_PATH_TRUNCATED, NULL, 0 }, NULL, NULL },
		{ { "/end", R, ABI_PATH_TRUNCATED, NULL, 0 }, "/**/end", "/**/end" },
		{ { "name", R, ABI_PATH_ABSTRACT, NULL, 0 }, NULL, NULL },
		{ { "/memfd:x", R, ABI_PATH_MEMORY, NULL, 0 }, NULL, NULL },
		{ { "pipe:[1]", R, 0, NULL, 0 }, NULL, NULL },
		{ { "/x", R, 0, NULL, PROFILE_TAIL }, NULL, NULL },
		{ { "/x", R, 0, NULL, PROFILE_ENTERED }, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int exact = 0; exact < 2; exact++) {
			cleanup_profile struct profile *p = NULL;
			cleanup_access_list struct access_list list = list_of(&rows[i].file, 1,
									      exact, &p);

			check_text(rows[i].file.path,
				   list.items.len ? list.items.items[0].path : NULL,
				   exact ? rows[i].exact : rows[i].path);
		}
	}
}

/* Numbers in a directory that the workload made are patterns in all paths through it. */
static void made_directories(void **state)
{
	static const struct layer_file files[] = {
		{ "/srv/16404", MKDIR, 0, NULL, 0 },
		{ "/srv/16404/PG_15", R, 0, NULL, 0 },
		{ "/srv2/16404", R, 0, NULL, 0 },
	};
	cleanup_profile struct profile *p = NULL;
	cleanup_access_list struct access_list list = list_of(files, 3, false, &p);

	assert_int_equal(list.items.len, 3);
	assert_string_equal(list.items.items[0].path, "/srv/*/");
	assert_string_equal(list.items.items[1].path, "/srv/*/PG_15");
	assert_true(list.items.items[1].widened & ACCESS_NUMBERED);
	assert_string_equal(list.items.items[2].path, "/srv2/16404");
	assert_int_equal(list.items.items[2].widened, 0);
}

static void merged(void **state)
{
	static const struct layer_file files[] = {
		{ "/tmp/a1", C | W, 0, NULL, 0 },
		{ "/tmp/a2", C | U, 0, NULL, 0 },
		{ "/etc/x", R, 0, NULL, 0 },
	};
	cleanup_profile struct profile *p = NULL;
	cleanup_access_list struct access_list list = list_of(files, 3, false, &p);

	assert_int_equal(list.items.len, 2);
	assert_string_equal(list.items.items[1].path, "/tmp/a*");
	assert_int_equal(list.items.items[1].ops, C | W | U);
}

/* What is renamed may be a file or a directory: it is both, unless nothing says that directories move. */
static void renames(void **state)
{
	static const struct layer_file files[] = {
		{ "/a", FROM, 0, NULL, 0 },
		{ "/b", TO, 0, NULL, 0 },
		{ "/f", FROM | W, 0, NULL, 0 },
		{ "/g", TO | R, 0, NULL, 0 },
	};
	cleanup_profile struct profile *p = NULL, *q = NULL;
	cleanup_access_list struct access_list both = list_of(files, 2, false, &p);
	cleanup_access_list struct access_list only_files = list_of(files + 2, 2, false, &q);

	assert_true(both.items.items[0].ambiguous && both.items.items[1].ambiguous);
	assert_false(only_files.items.items[0].ambiguous || only_files.items.items[1].ambiguous);
}

/* A program that acted was executed, even if nobody saw its exec. */
static void executables(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, 1);
	cleanup_access_list struct access_list list = { 0 };

	assert_int_equal(access_list_build(&list, p, &(struct policy_options){ 0 }, false, NULL),
			 0);
	assert_int_equal(list.items.len, 1);
	assert_string_equal(list.items.items[0].path, "/bin/app");
	assert_int_equal(list.items.items[0].ops, X);
}

static void locks(void **state)
{
	static const struct {
		struct sample_call call;
		bool locked;
	} rows[] = {
		{ { "flock", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } }, true },
		{ { "flock", PROFILE_APP, SYS_ARCH_X86_64, true, false, { 0 } }, false },
		{ { "flock", PROFILE_TAIL, SYS_ARCH_X86_64, false, false, { 0 } }, false },
		{ { "fcntl", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 6 } },
		  true }, /* F_SETLK */
		{ { "fcntl", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 37 } },
		  true }, /* F_OFD_SETLK */
		{ { "fcntl", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 2 } },
		  false }, /* F_SETFD */
		{ { "fcntl", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } },
		  true }, /* not known */
		{ { "read", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = sample_profile(&rows[i].call, 1);
		cleanup_access_list struct access_list list = { 0 };
		bool found = false;

		layer_add_file(p, &(struct layer_file){ "/f", R, 0, NULL, 0 });
		access_list_build(&list, p, &(struct policy_options){ 0 }, false, NULL);
		vec_foreach(a, &list.items)
			found = found || (str_eq(a->path, "/f") && a->locked);
		check(rows[i].call.name, found == rows[i].locked);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),       cmocka_unit_test(made_directories),
		cmocka_unit_test(merged),      cmocka_unit_test(renames),
		cmocka_unit_test(executables), cmocka_unit_test(locks),
	};

	return unit_run(tests);
}
