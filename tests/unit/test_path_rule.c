/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "profile/path_rule.h"
#include "unit.h"

/* --- text --------------------------------------------------------------------------------------- */

#define RAW(s) s, sizeof(s) - 1

static void escapes(void **state)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *want;
	} rows[] = {
		{ RAW("/etc/passwd"), "/etc/passwd" },
		{ RAW(""), "" },
		{ RAW("/a b"), "/a b" },
		{ RAW("/\xc3\xa9"), "/\xc3\xa9" },
		{ RAW("/\xe9"), "/\\xe9" },
		{ RAW("/a\nb"), "/a\\x0ab" },
		{ RAW("/a\033[2J"), "/a\\x1b\\x5b2J" },
		{ RAW("/a\0b"), "/a\\x00b" },
		{ RAW("/a\\b"), "/a\\x5cb" },
		{ RAW("/a\\\\"), "/a\\x5c\\x5c" },
		{ RAW("/a\\x41"), "/a\\x5cx41" },
		{ RAW("/*?[]{}@"), "/\\x2a\\x3f\\x5b\\x5d\\x7b\\x7d\\x40" },
		{ RAW("/@{pid}"), "/\\x40\\x7bpid\\x7d" },
		{ RAW("\177\x9b\xc2\x9b"), "\\x7f\\x9b\\xc2\\x9b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = profile_path_escape(rows[i].raw, rows[i].len),
				  *back = NULL;
		size_t len = 0;

		check_text(rows[i].want, text, rows[i].want);
		back = profile_path_unescape(text, &len);
		check(rows[i].want, back != NULL);
		check_bytes(rows[i].want, back, len, rows[i].raw, rows[i].len);
	}
}

static void patterns_have_no_bytes(void **state)
{
	static const char *const rows[] = { "/a*",    "/a/**", "/proc/@{pid}", "/a?",	"/[a]",
					    "/{a,b}", "@",     "\\",	       "/\\x",	"/\\x4",
					    "/\\x4g", "/\\n",  "/\\X41",       "/\\\\", "/\\x 4" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = 4711;

		check(rows[i], !profile_path_unescape(rows[i], &len));
		check_number(rows[i], len, 4711);
	}
}

static void upper_case_escapes_are_read(void **state)
{
	size_t len;
	cleanup_free char *raw = profile_path_unescape("/\\x1B\\xAf", &len);

	check_bytes("raw", raw, len, "/\033\xaf", 3);
}

static void all_bytes_come_back(void **state)
{
	struct chance c = { 9 };

	for (int round = 0; round < 5000; round++) {
		char raw[40];
		size_t len = round < 256 ? 1 : chance_below(&c, sizeof(raw) + 1), back_len = 0;
		cleanup_free char *text = NULL, *back = NULL;

		for (size_t i = 0; i < len; i++)
			raw[i] = round < 256 ? (char)round : (char)chance_next(&c);
		text = profile_path_escape(raw, len);
		assert_true(unit_is_printable(text));
		assert_null(strpbrk(text, "*?[]{}@"));
		back = profile_path_unescape(text, &back_len);
		check(text, back != NULL);
		check_bytes(text, back, back_len, raw, len);
	}
}

static void longest_path(void **state)
{
	char raw[ABI_PATH_MAX];
	cleanup_free char *text = NULL, *back = NULL;
	size_t len;

	memset(raw, 0xff, sizeof(raw));
	text = profile_path_escape(raw, sizeof(raw));
	assert_int_equal(strlen(text), PROFILE_TEXT_MAX);
	back = profile_path_unescape(text, &len);
	check_bytes("4096 bytes", back, len, raw, sizeof(raw));
}

static void normalises(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/.", "/" },
		{ "/..", "/" },
		{ "/../..", "/" },
		{ "/../../etc", "/etc" },
		{ "/a", "/a" },
		{ "/a/", "/a" },
		{ "/a//b", "/a/b" },
		{ "///a///b///", "/a/b" },
		{ "/a/./b/.", "/a/b" },
		{ "/a/../b", "/b" },
		{ "/a/..", "/" },
		{ "/a/../..", "/" },
		{ "/a/b/../../c", "/c" },
		{ "/a/b/../../../c", "/c" },
		{ "/...", "/..." },
		{ "/a/...", "/a/..." },
		{ "/.a/..b/c.", "/.a/..b/c." },
		{ "/a/.../../b", "/a/b" },
		/* relative ones stay: nobody knows relative to what */
		{ "", "" },
		{ "a/../b", "a/../b" },
		{ "..", ".." },
		{ "./a", "./a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *path = strdup(rows[i].in);

		profile_path_normalise(path);
		check_text(rows[i].in, path, rows[i].want);
	}
}

static void normalising_twice_is_once(void **state)
{
	static const char *const parts[] = { "/", "/.", "/..", "/a", "/bb", "//", "/...", "." };
	struct chance c = { 13 };

	for (int round = 0; round < 5000; round++) {
		char path[64] = "", once[64];

		for (size_t n = chance_below(&c, 12); n > 0; n--)
			strcat(path, parts[chance_below(&c, ARRAY_SIZE(parts))]);
		profile_path_normalise(path);
		strcpy(once, path);
		profile_path_normalise(path);
		assert_string_equal(path, once);
		if (path[0] == '/') {
			check(path,
			      !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
			check(path, !str_ends(path, "/..") && !str_ends(path, "/."));
		}
	}
}

static void rule_names(void **state)
{
	static const char *const rows[] = { "process",	 "volume",     "library-version",
					    "temporary", "identifier", "numbered",
					    "crowd" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i], profile_path_rule(rows[i]), rows[i]);
	assert_null(profile_path_rule(""));
	assert_null(profile_path_rule("Process"));
	assert_null(profile_path_rule("nonsense"));
}

/* --- generalising ------------------------------------------------------------------------------- */

static void add(struct profile *p, const char *path, uint32_t ops)
{
	struct profile_evidence e = { .count = 1 };

	assert_non_null(profile_add_file(p, path, ops, 0, PROFILE_APP, &e));
}

static void single_paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t ops;
		const char *want, *rule;
	} rows[] = {
		{ "/etc/passwd", ABI_FILE_READ, "/etc/passwd", NULL },
		{ "/", ABI_FILE_READ, "/", NULL },
		{ "/dir/", ABI_FILE_READ, "/dir/", NULL },
		{ "relative/123", ABI_FILE_READ, "relative/123", NULL },
		{ "", ABI_FILE_READ, "", NULL },
		/* processes */
		{ "/proc/1", ABI_FILE_READ, "/proc/@{pid}", "process" },
		{ "/proc/1234/status", ABI_FILE_READ, "/proc/@{pid}/status", "process" },
		{ "/proc/1/task/17/stat", ABI_FILE_READ, "/proc/@{pid}/task/@{tid}/stat",
		  "process" },
		{ "/proc/1/fd/3", ABI_FILE_READ, "/proc/@{pid}/fd/*", "process" },
		{ "/proc/1/task/2/fdinfo/7", ABI_FILE_READ, "/proc/@{pid}/task/@{tid}/fdinfo/*",
		  "process" },
		{ "/proc/self/status", ABI_FILE_READ, "/proc/self/status", NULL },
		{ "/proc/sys/kernel/pid_max", ABI_FILE_READ, "/proc/sys/kernel/pid_max", NULL },
		{ "/proc/1x/status", ABI_FILE_READ, "/proc/1x/status", NULL },
		{ "/procs/1/status", ABI_FILE_READ, "/procs/1/status", NULL },
		{ "/dev/pts/0", ABI_FILE_READ, "/dev/pts/*", "numbered" },
		{ "/dev/pts/ptmx", ABI_FILE_READ, "/dev/pts/ptmx", NULL },
		/* libraries */
		{ "/lib/libc.so.6", ABI_FILE_MAP_EXEC, "/lib/libc.so.*", "library-version" },
		{ "/lib/libssl.so.1.1", ABI_FILE_MAP_EXEC, "/lib/libssl.so.*", "library-version" },
		{ "/lib/libc.so", ABI_FILE_MAP_EXEC, "/lib/libc.so", NULL },
		{ "/lib/libc.so.", ABI_FILE_READ, "/lib/libc.so.", NULL },
		{ "/etc/ld.so.cache", ABI_FILE_READ, "/etc/ld.so.cache", NULL },
		{ "/lib/libc.so.6.debug", ABI_FILE_READ, "/lib/libc.so.6.debug", NULL },
		/* digests and UUIDs */
		{ "/v/0123456789abcdef", ABI_FILE_READ, "/v/*", "identifier" },
		{ "/v/0123456789abcde", ABI_FILE_READ, "/v/0123456789abcde", NULL },
		{ "/v/a1b2c3d4-e5f6-4789-90ab-cdef01234567/x", ABI_FILE_READ, "/v/*/x",
		  "identifier" },
		{ "/v/deadbeefdeadbeefdead", ABI_FILE_READ, "/v/deadbeefdeadbeefdead", NULL },
		{ "/v/0123456789abcdefg", ABI_FILE_READ, "/v/0123456789abcdefg", NULL },
		/* temporary names */
		{ "/tmp/tmpAb3dE9", ABI_FILE_READ, "/tmp/*", "temporary" },
		{ "/tmp/file.Xy12Zw", ABI_FILE_READ, "/tmp/file.*", "temporary" },
		{ "/tmp/session", ABI_FILE_READ, "/tmp/session", NULL },
		{ "/tmp/Ab3d", ABI_FILE_READ, "/tmp/Ab3d", NULL },
		{ "/run/lock.a1b2c3", ABI_FILE_READ, "/run/lock.*", "temporary" },
		{ "/srv/file.Xy12Zw", ABI_FILE_READ, "/srv/file.Xy12Zw", NULL },
		{ "/srv/file.Xy12Zw", ABI_FILE_CREATE, "/srv/file.*", "temporary" },
		{ "/srv/Xy12Zw/file", ABI_FILE_CREATE, "/srv/Xy12Zw/file", NULL },
		/* volumes */
		{ "/data/a/b", ABI_FILE_WRITE, "/data/**", "volume" },
		{ "/data", ABI_FILE_READ, "/data", NULL },
		{ "/database/a", ABI_FILE_READ, "/database/a", NULL },
	};
	static char *const volumes[] = { (char *)"/data", (char *)"/" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("x");
		const struct profile_file *f;

		add(p, rows[i].path, rows[i].ops);
		assert_int_equal(profile_generalise(p, volumes, ARRAY_SIZE(volumes)), 0);
		check_number(rows[i].path, p->files.len, 1);
		f = &p->files.items[0];
		check_text(rows[i].path, f->path, rows[i].want);
		check_text(rows[i].path, f->rule, rows[i].rule);
		check_number(rows[i].path, f->ops, rows[i].ops);
		check_number(rows[i].path, f->originals.len, rows[i].rule ? 1 : 0);
		check_number(rows[i].path, f->original_count, rows[i].rule ? 1 : 0);
		if (rows[i].rule)
			check_text(rows[i].path, f->originals.items[0], rows[i].path);
	}
}

/* --- siblings */

/* "#" in the form becomes 1, 2, 3 ... */
static void add_many(struct profile *p, const char *form, int count, uint32_t ops)
{
	for (int i = 1; i <= count; i++) {
		char path[64] = "";

		for (const char *c = form; *c; c++) {
			size_t n = strlen(path);

			if (*c == '#')
				snprintf(path + n, sizeof(path) - n, "%d", i);
			else
				snprintf(path + n, sizeof(path) - n, "%c", *c);
		}
		add(p, path, ops);
	}
}

static const struct profile_file *find(const struct profile *p, const char *path)
{
	vec_foreach(f, &p->files)
		if (str_eq(f->path, path))
			return f;
	return NULL;
}

static void numbered_siblings(void **state)
{
	static const struct {
		const char *form;
		int count;
		uint32_t ops;
		const char *want;
	} rows[] = {
		{ "/log/app-#.log", 3, ABI_FILE_WRITE, "/log/app-*.log" },
		{ "/log/app-#.log", 2, ABI_FILE_WRITE, NULL },
		{ "/log/#-of-#", 3, ABI_FILE_WRITE, "/log/*-of-*" },
		{ "/bin/tool#", 5, ABI_FILE_EXEC, NULL },
		{ "/lib/plugin#.so", 5, ABI_FILE_READ | ABI_FILE_MAP_EXEC, NULL },
		{ "/dir#/file", 5, ABI_FILE_READ, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("x");

		add_many(p, rows[i].form, rows[i].count, rows[i].ops);
		assert_int_equal(profile_generalise(p, NULL, 0), 0);
		check_number(rows[i].form, p->files.len, rows[i].want ? 1 : rows[i].count);
		if (!rows[i].want)
			continue;
		check_text(rows[i].form, p->files.items[0].path, rows[i].want);
		check_text(rows[i].form, p->files.items[0].rule, "numbered");
		check_number(rows[i].form, p->files.items[0].original_count, rows[i].count);
	}
}
static void numbers_of_one_layer(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { .count = 1 };

	add(p, "/log/1", ABI_FILE_READ);
	add(p, "/log/2", ABI_FILE_READ);
	profile_add_file(p, "/log/3", ABI_FILE_READ, 0, PROFILE_TAIL, &e);
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	assert_int_equal(p->files.len, 3);
}

/* A file that was also seen deleted is one file: two of them are not four. */
static void the_same_name_counts_once(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { .count = 1 };

	for (int i = 1; i < 3; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/log/%d", i);
		add(p, path, ABI_FILE_READ);
		profile_add_file(p, path, ABI_FILE_READ, ABI_PATH_DELETED, PROFILE_APP, &e);
	}
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	assert_non_null(find(p, "/log/1"));
	assert_null(find(p, "/log/*"));
}

static void crowds(void **state)
{
	cleanup_profile struct profile *few = profile_new("x"), *many = profile_new("x");

	for (int i = 0; i < 48; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/conf/%c%c", 'a' + i / 20, 'a' + i % 20);
		add(many, path, ABI_FILE_READ);
		if (i)
			add(few, path, ABI_FILE_READ);
	}
	add(many, "/conf/bin", ABI_FILE_EXEC);
	assert_int_equal(profile_generalise(few, NULL, 0), 0);
	assert_int_equal(few->files.len, 47);
	assert_int_equal(profile_generalise(many, NULL, 0), 0);
	assert_int_equal(many->files.len, 2);
	assert_string_equal(many->files.items[0].path, "/conf/*");
	assert_string_equal(many->files.items[0].rule, "crowd");
	assert_int_equal(many->files.items[0].original_count, 48);
	assert_int_equal(many->files.items[0].originals.len, 8); /* that many are kept */
	assert_string_equal(many->files.items[1].path, "/conf/bin");
}

static void the_root_is_no_crowd(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	for (int i = 0; i < 60; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/%c%c", 'a' + i / 20, 'a' + i % 20);
		add(p, path, ABI_FILE_READ);
	}
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	assert_int_equal(p->files.len, 60);
}

/* Opening a directory is not one of the files in it. */
static void a_directory_is_not_in_itself(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	add(p, "/conf/", ABI_FILE_READ);
	for (int i = 0; i < 48; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/conf/%c%c", 'a' + i / 20, 'a' + i % 20);
		add(p, path, ABI_FILE_READ);
	}
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	assert_non_null(find(p, "/conf/"));
	assert_non_null(find(p, "/conf/*"));
}

/* --- text in escapes must survive the rules */

static bool is_well_formed(const char *pattern)
{
	for (const char *p = pattern; *p; p++)
		if (*p == '\\') {
			if (p[1] != 'x' || !strchr("0123456789abcdef", p[2]) || !p[2] ||
			    !strchr("0123456789abcdef", p[3]) || !p[3])
				return false;
			p += 3;
		}
	return true;
}

/* A run of digits in "\x01" is no number. */
static void escapes_are_no_numbers(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	add(p, "/data/a\\x01", ABI_FILE_READ);
	add(p, "/data/a\\x02", ABI_FILE_READ);
	add(p, "/data/a\\x03", ABI_FILE_READ);
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	vec_foreach(f, &p->files)
		check(f->path, is_well_formed(f->path));
}

/* Nor is "x1bdef" in "\x1bdef" the end of a temporary name. */
static void escapes_are_no_random_letters(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	add(p, "/tmp/a\\x1bdef", ABI_FILE_READ);
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	vec_foreach(f, &p->files)
		check(f->path, is_well_formed(f->path));
}

/* Volumes come out of config.json as they are written there. */
static void volumes_as_people_write_them(void **state)
{
	static const struct {
		const char *volume, *path, *want;
	} rows[] = {
		{ "/data/", "/data/a", "/data/**" },
		{ "/data//", "/data/a", "/data/**" },
		{ "/my@data", "/my\\x40data/a", "/my\\x40data/**" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("x");
		char *const volumes[] = { (char *)rows[i].volume };

		add(p, rows[i].path, ABI_FILE_READ);
		assert_int_equal(profile_generalise(p, volumes, 1), 0);
		check_text(rows[i].volume, p->files.items[0].path, rows[i].want);
	}
}

static void evidence_is_not_lost(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence a = { 0, 3, 10, 20 }, b = { 1, 4, 5, 15 }, c = { 0, 2, 30, 40 };
	const struct profile_file *f;

	profile_add_file(p, "/proc/1/stat", ABI_FILE_READ, 0, PROFILE_APP, &a);
	profile_add_file(p, "/proc/2/stat", ABI_FILE_WRITE, 0, PROFILE_APP, &b);
	profile_add_file(p, "/proc/3/stat", ABI_FILE_READ, ABI_PATH_DELETED, PROFILE_APP, &c);
	assert_int_equal(profile_generalise(p, NULL, 0), 0);
	assert_int_equal(p->files.len, 1);
	f = &p->files.items[0];
	assert_int_equal(f->ops, ABI_FILE_READ | ABI_FILE_WRITE);
	assert_int_equal(f->flags, 0);
	assert_int_equal(f->original_count, 3);
	assert_int_equal(f->evidence.len, 2);
	assert_int_equal(f->evidence.items[0].count, 5);
	assert_int_equal(f->evidence.items[0].last_ns, 40);
}

static void generalising_twice_is_once(void **state)
{
	static const char *const dirs[] = { "/proc", "/tmp", "/etc", "/data", "/srv/a", "/run/x" };
	static const char *const names[] = { "1",
					     "22",
					     "f%d",
					     "lib%d.so.1",
					     "tmpAb%dxZ",
					     "%d.log",
					     "0123456789abcde%d",
					     "x",
					     "fd/%d",
					     "task/3/stat" };
	static char *const volumes[] = { (char *)"/data" };
	struct chance c = { 31 };

	for (int round = 0; round < 60; round++) {
		cleanup_profile struct profile *p = profile_new("x");
		char *before[400];
		size_t count;

		for (size_t n = chance_below(&c, 300); n > 0; n--) {
			const char *name = names[chance_below(&c, ARRAY_SIZE(names))];
			const char *percent = strstr(name, "%d");
			char path[128];

			snprintf(path, sizeof(path), "%s/%.*s",
				 dirs[chance_below(&c, ARRAY_SIZE(dirs))],
				 percent ? (int)(percent - name) : 99, name);
			if (percent)
				snprintf(path + strlen(path), 64, "%zu%s", chance_below(&c, 99),
					 percent + 2);
			add(p, path, chance_below(&c, 2) ? ABI_FILE_READ : ABI_FILE_CREATE);
		}
		assert_int_equal(profile_generalise(p, volumes, 1), 0);
		count = p->files.len;
		for (size_t i = 0; i < count; i++)
			before[i] = strdup(p->files.items[i].path);
		assert_int_equal(profile_generalise(p, volumes, 1), 0);
		assert_int_equal(p->files.len, count);
		for (size_t i = 0; i < count; i++) {
			check_text("second time", p->files.items[i].path, before[i]);
			free(before[i]);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(patterns_have_no_bytes),
		cmocka_unit_test(upper_case_escapes_are_read),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(longest_path),
		cmocka_unit_test(normalises),
		cmocka_unit_test(normalising_twice_is_once),
		cmocka_unit_test(rule_names),
		cmocka_unit_test(single_paths),
		cmocka_unit_test(numbered_siblings),
		cmocka_unit_test(numbers_of_one_layer),
		cmocka_unit_test(the_same_name_counts_once),
		cmocka_unit_test(crowds),
		cmocka_unit_test(the_root_is_no_crowd),
		cmocka_unit_test(a_directory_is_not_in_itself),
		cmocka_unit_test(escapes_are_no_numbers),
		cmocka_unit_test(escapes_are_no_random_letters),
		cmocka_unit_test(volumes_as_people_write_them),
		cmocka_unit_test(evidence_is_not_lost),
		cmocka_unit_test(generalising_twice_is_once),
	};

	return unit_run(tests);
}
