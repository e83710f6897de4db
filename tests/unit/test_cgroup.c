/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/str.h"
#include "identity/cgroup.h"
#include "unit.h"

/* --- which hierarchy ---------------------------------------------------------------------------- */

/* What a machine with systemd mounts before and between its control groups. */
#define OTHER_MOUNTS                                                                    \
	"22 27 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n" \
	"23 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw\n" \
	"27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"     \
	"30 22 0:6 / /sys/kernel/security rw,relatime shared:8 - securityfs securityfs rw\n"

#define V1_MOUNTS                                                                                 \
	"31 22 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755\n" \
	"32 31 0:27 / /sys/fs/cgroup/systemd rw,nosuid shared:10 - cgroup cgroup rw,xattr,"       \
	"release_agent=/usr/lib/systemd/systemd-cgroups-agent,name=systemd\n"                     \
	"36 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:14 - cgroup cgroup "            \
	"rw,cpu,cpuacct\n"                                                                        \
	"37 31 0:32 / /sys/fs/cgroup/memory rw,nosuid shared:15 - cgroup cgroup rw,memory\n"      \
	"38 31 0:33 / /sys/fs/cgroup/pids rw,nosuid shared:16 - cgroup cgroup rw,pids\n"          \
	"39 31 0:34 / /sys/fs/cgroup/devices rw,nosuid shared:17 - cgroup cgroup rw,devices\n"

#define UNIFIED_MOUNT                                                                \
	"33 31 0:28 / /sys/fs/cgroup/unified rw,nosuid shared:11 - cgroup2 cgroup2 " \
	"rw,nsdelegate\n"

#define V2_MOUNT                                                                                  \
	"34 22 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 " \
	"rw,nsdelegate,memory_recursiveprot\n"

#define V1_CGROUPS                                                                                \
	"#subsys_name\thierarchy\tnum_cgroups\tenabled\n"                                         \
	"cpuset\t9\t1\t1\ncpu\t5\t62\t1\ncpuacct\t5\t62\t1\nblkio\t8\t62\t1\nmemory\t6\t101\t1\n" \
	"devices\t7\t62\t1\nfreezer\t3\t2\t1\nnet_cls\t2\t1\t1\npids\t11\t68\t1\n"

#define V2_CGROUPS                                        \
	"#subsys_name\thierarchy\tnum_cgroups\tenabled\n" \
	"cpuset\t0\t104\t1\ncpu\t0\t104\t1\nmemory\t0\t104\t1\npids\t0\t104\t1\n"

static void layouts(void **state)
{
	static const struct {
		const char *row, *mounts, *cgroups;
		enum cgroup_mode mode;
		const char *mount, *controller;
		uint32_t hierarchy;
	} rows[] = {
		{ "v1", OTHER_MOUNTS V1_MOUNTS, V1_CGROUPS, CGROUP_V1, "/sys/fs/cgroup/pids",
		  "pids", 11 },
		{ "hybrid", OTHER_MOUNTS V1_MOUNTS UNIFIED_MOUNT, V1_CGROUPS, CGROUP_HYBRID,
		  "/sys/fs/cgroup/pids", "pids", 11 },
		{ "hybrid, the other order", UNIFIED_MOUNT V1_MOUNTS, V1_CGROUPS, CGROUP_HYBRID,
		  "/sys/fs/cgroup/pids", "pids", 11 },
		{ "v2", OTHER_MOUNTS V2_MOUNT, V2_CGROUPS, CGROUP_V2, "/sys/fs/cgroup", "", 0 },
		{ "v2 without /proc/cgroups", V2_MOUNT, "", CGROUP_V2, "/sys/fs/cgroup", "", 0 },
		{ "v2 with systemd's named hierarchy beside it",
		  V2_MOUNT "90 22 0:50 / /mnt/systemd rw - cgroup cgroup rw,xattr,name=systemd\n",
		  V2_CGROUPS, CGROUP_V2, "/sys/fs/cgroup", "", 0 },
		{ "v2 with net_cls beside it",
		  V2_MOUNT "90 22 0:50 / /sys/fs/net_cls rw - cgroup cgroup rw,net_cls\n",
		  V2_CGROUPS "net_cls\t1\t1\t1\n", CGROUP_V2, "/sys/fs/cgroup", "", 0 },
		{ "v2 mounted twice: the first",
		  V2_MOUNT "91 22 0:29 / /run/cgroup2 rw - cgroup2 none rw\n", V2_CGROUPS,
		  CGROUP_V2, "/sys/fs/cgroup", "", 0 },
		{ "only memory", "37 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n",
		  V1_CGROUPS, CGROUP_V1, "/cg/memory", "memory", 6 },
		{ "several controllers in one",
		  "36 31 0:31 / /cg/cpu rw - cgroup cgroup rw,cpuacct,cpu\n", V1_CGROUPS, CGROUP_V1,
		  "/cg/cpu", "cpu", 5 },
		{ "no newline at the end", "37 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory",
		  V1_CGROUPS, CGROUP_V1, "/cg/memory", "memory", 6 },
		{ "optional fields are any number",
		  "37 31 0:32 / /cg/memory rw shared:1 master:2 propagate_from:3 - cgroup x rw,memory\n",
		  V1_CGROUPS, CGROUP_V1, "/cg/memory", "memory", 6 },
		{ "a controller that /proc/cgroups does not number is passed over",
		  "38 31 0:33 / /cg/pids rw - cgroup cgroup rw,pids\n"
		  "37 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n",
		  "pids\t0\t1\t1\nmemory\t6\t1\t1\n", CGROUP_V1, "/cg/memory", "memory", 6 },
		{ "words that contain a controller's name are others",
		  "38 31 0:33 / /cg/x rw - cgroup cgroup rw,cpuset,pidsx,xpids\n",
		  "cpuset\t9\t1\t1\npids\t11\t1\t1\n", CGROUP_V1, "/cg/x", "cpuset", 9 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct cgroup_layout l;

		memset(&l, 0xff, sizeof(l));
		check_number(rows[i].row,
			     cgroup_layout_parse(rows[i].mounts, rows[i].cgroups, &l, &err), 0);
		check_text(rows[i].row, cgroup_mode_names[l.mode], cgroup_mode_names[rows[i].mode]);
		check_text(rows[i].row, l.mount, rows[i].mount);
		check_text(rows[i].row, l.controller, rows[i].controller);
		check_number(rows[i].row, l.hierarchy, rows[i].hierarchy);
	}
}

#define LONG_POINT                                                                                  \
	"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" \
	"/cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char *const hopeless[] = {
	"",
	"\n",
	"\n\n\n",
	OTHER_MOUNTS,
	" - ",
	"- cgroup2 cgroup2 rw",
	"34 22 0:29 / /sys/fs/cgroup rw - cgroup2",
	"34 22 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2",
	"34 22 0:29 / /sys/fs/cgroup rw cgroup2 cgroup2 rw\n",
	"1 2 - cgroup2 x y",
	"1 2 3 4 - cgroup2 x y\n",
	"34 22 0:29 / /sys/fs/cgroup rw - cgroup3 x rw\n",
	"34 22 0:29 / /sys/fs/cgroup rw - cgroup x rw,nothing\n",
	"34 22 0:29 / " LONG_POINT " rw - cgroup2 x rw\n",
	"38 31 0:33 / /cg/pids rw - cgroup cgroup rw,pids\n", /* and no number for it */
};

static void no_hierarchy(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hopeless); i++) {
		struct error err = ERROR_INIT;
		struct cgroup_layout l;

		check_number(hopeless[i], cgroup_layout_parse(hopeless[i], "", &l, &err), -ENOENT);
		check_text(hopeless[i], err.text, "no control group hierarchy is mounted");
	}
}

static void failure_leaves_the_layout_alone(void **state)
{
	struct cgroup_layout l = { .mount = "before", .hierarchy = 7 };

	assert_int_equal(cgroup_layout_parse("", "", &l, NULL), -ENOENT);
	assert_string_equal(l.mount, "before");
	assert_int_equal(l.hierarchy, 7);
}

/* mountinfo writes blanks, tabs, newlines and backslashes as three octal digits. */
static void mount_points_are_unescaped(void **state)
{
	static const struct {
		const char *written, *want;
	} rows[] = {
		{ "/my\\040groups", "/my groups" },
		{ "/a\\011b\\012c\\134d", "/a\tb\nc\\d" },
		{ "/a\\134040", "/a\\040" },
		{ "/a\\0", "/a\\0" },
		{ "/a\\", "/a\\" },
		{ "/a\\800", "/a\\800" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = str_format("34 22 0:29 / %s rw - cgroup2 x rw\n",
						     rows[i].written);
		struct cgroup_layout l;

		check_number(rows[i].written, cgroup_layout_parse(text, "", &l, NULL), 0);
		check_text(rows[i].written, l.mount, rows[i].want);
	}
}

/* --- the group of a process --------------------------------------------------------------------- */

#define PROC_V1                                                                   \
	"12:pids:/docker/abc\n11:cpu,cpuacct:/docker/cpu\n3:memory:/docker/mem\n" \
	"1:name=systemd:/system.slice/x.service\n0::/system.slice/y.service\n"

static void groups_of_text(void **state)
{
	static const struct {
		const char *controller, *text, *want; /* NULL: it is not in there */
	} rows[] = {
		{ "pids", PROC_V1, "/docker/abc" },
		{ "cpu", PROC_V1, "/docker/cpu" },
		{ "cpuacct", PROC_V1, "/docker/cpu" },
		{ "memory", PROC_V1, "/docker/mem" },
		{ "", PROC_V1, "/system.slice/y.service" },
		{ "", "0::/\n", "/" },
		{ "", "0::/a:b:c", "/a:b:c" },
		{ "", "0::/../../x\n", "/../../x" },
		{ "", "1:pids:/x\n\n0::/y\n", "/y" },
		{ "freezer", PROC_V1, NULL },
		{ "cp", PROC_V1, NULL },
		{ "", "", NULL },
		{ "", "\n", NULL },
		{ "", "0::", NULL },
		{ "", "0::\n", NULL },
		{ "", "0:/x\n", NULL },
		{ "", "0\n:\n::\n", NULL },
		{ "", "1::/x\n", NULL },
		{ "pids", "12:pids\n", NULL },
		{ "pids", "12:pids:\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgroup_layout l = { 0 };
		char path[64] = "before";

		strcpy(l.controller, rows[i].controller);
		check_number(rows[i].text, cgroup_of_text(&l, rows[i].text, path, sizeof(path)),
			     rows[i].want != NULL);
		check_text(rows[i].text, path, rows[i].want ? rows[i].want : "before");
	}
}

static void group_paths_have_a_limit(void **state)
{
	struct cgroup_layout l = { 0 };
	char path[6] = "prev";

	assert_true(cgroup_of_text(&l, "0::/abcd\n", path, 6));
	assert_string_equal(path, "/abcd");
	assert_false(cgroup_of_text(&l, "0::/abcde\n", path, 6));
	assert_string_equal(path, "/abcd");
}

/* The kernel says so behind the path of a group that was removed under a process. */
static void removed_groups_have_their_path(void **state)
{
	struct cgroup_layout l = { 0 };
	char path[64];

	assert_true(cgroup_of_text(&l, "0::/docker/abc (deleted)\n", path, sizeof(path)));
	assert_string_equal(path, "/docker/abc");
}

/* --- walking: any directory will do ------------------------------------------------------------- */

struct visit {
	char seen[512];
	int stop_after;
};

static int visit_group(const char *path, void *arg)
{
	struct visit *v = arg;

	snprintf(v->seen + strlen(v->seen), sizeof(v->seen) - strlen(v->seen), "%s ", path);
	return v->stop_after && --v->stop_after == 0 ? 42 : 0;
}

static int visit_pid(pid_t pid, void *arg)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return visit_group(text, arg);
}

static struct cgroup_layout layout_at(const char *dir)
{
	struct cgroup_layout l = { .mode = CGROUP_V2 };

	snprintf(l.mount, sizeof(l.mount), "%s", dir);
	return l;
}

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

static void walks_parents_first(void **state)
{
	struct cgroup_layout l = layout_at(*state);
	struct visit all = { 0 }, below = { 0 }, none = { 0 }, few = { .stop_after = 2 };

	fs_mkdirs(unit_path(*state, "a/b/c"), 0755, NULL);
	fs_mkdirs(unit_path(*state, "a/.hidden"), 0755, NULL);
	unit_file_write(unit_path(*state, "a/cgroup.procs"), "", 0);
	assert_int_equal(symlink(".", unit_path(*state, "a/loop")), 0);
	assert_int_equal(cgroup_each_below(&l, "/", visit_group, &all), 0);
	assert_string_equal(all.seen, "/ /a /a/b /a/b/c ");
	assert_int_equal(cgroup_each_below(&l, "/a/b", visit_group, &below), 0);
	assert_string_equal(below.seen, "/a/b /a/b/c ");
	assert_int_equal(cgroup_each_below(&l, "/gone", visit_group, &none), 0);
	assert_int_equal(cgroup_each_below(&l, "/", visit_group, &few), 42);
	assert_string_equal(few.seen, "/ /a ");
}

/* A container nests groups as deep as it likes. */
static void walk_ends_at_some_depth(void **state)
{
	struct cgroup_layout l = layout_at(*state);
	struct visit all = { 0 };
	char path[512] = "";

	for (int i = 0; i < 100; i++)
		strcat(path, "/d");
	fs_mkdirs(unit_path(*state, path + 1), 0755, NULL);
	assert_int_equal(cgroup_each_below(&l, "/", visit_group, &all), 0);
	assert_true(strlen(all.seen) > 100);
}

static void processes_of_a_group(void **state)
{
	struct cgroup_layout l = layout_at(*state);
	struct visit all = { 0 }, first = { .stop_after = 1 }, none = { 0 };

	fs_mkdirs(unit_path(*state, "a"), 0755, NULL);
	fs_mkdirs(unit_path(*state, "empty"), 0755, NULL);
	unit_file_write(unit_path(*state, "a/cgroup.procs"), "1\n0\n4194304\n17", 14);
	unit_file_write(unit_path(*state, "empty/cgroup.procs"), "", 0);
	assert_int_equal(cgroup_each_process(&l, "/a", visit_pid, &all), 0);
	assert_string_equal(all.seen, "1 4194304 17 ");
	assert_int_equal(cgroup_each_process(&l, "/a", visit_pid, &first), 42);
	assert_string_equal(first.seen, "1 ");
	assert_int_equal(cgroup_each_process(&l, "/empty", visit_pid, &none), 0);
	assert_int_equal(cgroup_each_process(&l, "/gone", visit_pid, &none), -ENOENT);
	assert_string_equal(none.seen, "");
}

static void paths_too_long(void **state)
{
	struct cgroup_layout l = layout_at(*state);
	char path[5000];
	struct visit v = { 0 };
	uint64_t id = 7;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(cgroup_id(&l, path, &id), -ENAMETOOLONG);
	assert_int_equal(id, 7);
	assert_int_equal(cgroup_each_process(&l, path, visit_pid, &v), -ENAMETOOLONG);
	assert_int_equal(cgroup_each_below(&l, path, visit_group, &v), -ENAMETOOLONG);
	assert_int_equal(cgroup_open_procs(&l, path), -ENAMETOOLONG);
	assert_int_equal(cgroup_remove(&l, path), -ENAMETOOLONG);
}

static void entering(void **state)
{
	struct cgroup_layout l = layout_at(*state);
	cleanup_free char *text = NULL;
	int fd;

	fs_mkdirs(unit_path(*state, "a"), 0755, NULL);
	unit_file_write(unit_path(*state, "a/cgroup.procs"), "", 0);
	assert_int_equal(cgroup_open_procs(&l, "/gone"), -ENOENT);
	fd = cgroup_open_procs(&l, "/a");
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(cgroup_enter(fd), 0);
	close(fd);
	assert_int_equal(cgroup_enter(fd), -EBADF);
	text = unit_file_read(unit_path(*state, "a/cgroup.procs"), NULL);
	assert_string_equal(text, "0");
}

static void removing(void **state)
{
	struct cgroup_layout l = layout_at(*state);

	fs_mkdirs(unit_path(*state, "a/b"), 0755, NULL);
	assert_int_equal(cgroup_remove(&l, "/a"), -ENOTEMPTY);
	assert_int_equal(cgroup_remove(&l, "/a/b"), 0);
	assert_int_equal(cgroup_remove(&l, "/a/b"), -ENOENT);
}

/* --- this machine ------------------------------------------------------------------------------- */

static void this_machine(void **state)
{
	struct error err = ERROR_INIT;
	struct cgroup_layout l;
	uint64_t id = 0;
	char path[4096];
	pid_t gone;

	if (cgroup_layout_detect(&l, &err)) {
		print_message("# no control groups here: %s\n", err.text);
		skip();
	}
	assert_int_equal(cgroup_of_pid(&l, getpid(), path, sizeof(path)), 0);
	assert_int_equal(path[0], '/');
	assert_int_equal(cgroup_id(&l, "/", &id), 0);
	assert_true(id != 0);
	assert_int_equal(cgroup_id(&l, "/no/such/group/here", &id), -ENOENT);
	gone = fork();
	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	assert_int_equal(cgroup_of_pid(&l, gone, path, sizeof(path)), -ESRCH);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(no_hierarchy),
		cmocka_unit_test(failure_leaves_the_layout_alone),
		cmocka_unit_test(mount_points_are_unescaped),
		cmocka_unit_test(groups_of_text),
		cmocka_unit_test(group_paths_have_a_limit),
		cmocka_unit_test(removed_groups_have_their_path),
		cmocka_unit_test_setup_teardown(walks_parents_first, setup, teardown),
		cmocka_unit_test_setup_teardown(walk_ends_at_some_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_of_a_group, setup, teardown),
		cmocka_unit_test_setup_teardown(paths_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(entering, setup, teardown),
		cmocka_unit_test_setup_teardown(removing, setup, teardown),
		cmocka_unit_test(this_machine),
	};

	return unit_run(tests);
}
