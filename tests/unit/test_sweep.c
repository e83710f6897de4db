/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps of small programs (tests/unit/swept), of which it is known what they can call. */
#include "unit.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "static/sweep.h"
#include "uapi/syscall.h"

static const char *direct, *bare, *user, *library, *plugin;

static void put(const char *dir, const char *path, const char *from)
{
	cleanup_free char *full = str_format("%s%s", dir, path);
	cleanup_free char *parent = str_dup_n(full, (size_t)(strrchr(full, '/') - full));
	struct error err = ERROR_INIT;
	size_t n;
	cleanup_free char *data = unit_file_read(from, &n);

	assert_int_equal(fs_mkdirs(parent, 0755, &err), 0);
	unit_file_write(full, data, n);
}

/* Names of the calls that were found, "ARCH/" in front of foreign ones, in the order of the tables. */
static char *names(const struct sweep *s)
{
	struct buf b = BUF_INIT;

	vec_foreach(c, &s->calls)
		buf_addf(&b, "%s%s%s%s", b.len ? " " : "",
			 c->arch == SYS_ARCH_X86_64 ? "" : sys_archs[c->arch].name,
			 c->arch == SYS_ARCH_X86_64 ? "" : "/", sys_call_name(c->arch, (int)c->nr));
	buf_add_str(&b, "");
	return buf_take(&b);
}

struct fixture {
	char *dir;
	struct root root;
	struct sweep sweep;
	struct error err;
};

static void open_fixture(struct fixture *f)
{
	*f = (struct fixture){ .dir = unit_dir() };
	assert_int_equal(root_open(&f->root, f->dir, &f->err), 0);
}

/* After the files are there: directories of libraries are looked up once. */
static void begin(struct fixture *f)
{
	assert_int_equal(sweep_init(&f->sweep, &f->root, &f->err), 0);
}

static void close_fixture(struct fixture *f)
{
	sweep_deinit(&f->sweep);
	root_close(&f->root);
	unit_dir_remove(f->dir);
}

static const struct sweep_call *find(const struct sweep *s, const char *name)
{
	vec_foreach(c, &s->calls)
		if (str_eq(sys_call_name(c->arch, (int)c->nr), name))
			return c;
	return NULL;
}

static void test_direct(void **state)
{
	struct fixture f;
	cleanup_free char *got = NULL;
	const struct sweep_call *c;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/direct", direct);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/direct", &f.err), 0);
	sweep_finish(&f.sweep);
	got = names(&f.sweep);
	/* read is number 0; reboot is in the file, but nobody calls it; getppid is only computed. */
	assert_string_equal(got, "read getpid getuid getgid geteuid getpgid gettid exit_group "
				 "x86/getuid");
	assert_int_equal(f.sweep.unresolved.len, 1);
	assert_string_equal(f.sweep.unresolved.items[0].at.function, "unresolved");

	/* The way there is told from the entry to where the number is. */
	c = find(&f.sweep, "getgid");
	assert_non_null(c);
	assert_string_equal(c->chain.items[0].function ? c->chain.items[0].function : "_start",
			    "_start");
	assert_string_equal(c->chain.items[c->chain.len - 1].function, "taken");
	c = find(&f.sweep, "getpid");
	assert_string_equal(c->chain.items[c->chain.len - 1].function, "start");
	assert_string_equal(c->chain.items[0].file, "/bin/direct");
	close_fixture(&f);
}

/* Without symbols and unwind tables bounds are guesses: more may be found, but never less. */
static void test_bare(void **state)
{
	static const char *const wanted[] = { "read",	 "getpid",  "getuid", "getgid",
					      "geteuid", "getpgid", "gettid", "exit_group" };
	struct fixture f;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/bare", bare);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/bare", &f.err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		check(wanted[i], find(&f.sweep, wanted[i]));
	close_fixture(&f);
}

static void test_library(void **state)
{
	struct fixture f;
	cleanup_free char *got = NULL;
	const struct sweep_call *c;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/user", user);
	put(f.dir, "/usr/lib/libswept.so", library);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/user", &f.err), 0);
	sweep_finish(&f.sweep);
	got = names(&f.sweep);
	/* mount is in a function of the library that nobody calls. */
	assert_string_equal(got, "sched_yield getppid exit_group");
	c = find(&f.sweep, "getppid");
	assert_int_equal(c->chain.len, 3);
	assert_string_equal(c->chain.items[1].function, "start");
	assert_string_equal(c->chain.items[2].file, "/usr/lib/libswept.so");
	assert_string_equal(c->chain.items[2].function, "used");
	close_fixture(&f);
}

static void test_module(void **state)
{
	struct fixture f;
	cleanup_free char *got = NULL;
	const struct program *p;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/user", user);
	put(f.dir, "/usr/lib/libswept.so", library);
	put(f.dir, "/usr/lib/swept/modules/one.so", plugin);
	put(f.dir, "/usr/lib/other/modules/two.so", library); /* nobody names it */
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/user", &f.err), 0);
	sweep_finish(&f.sweep);
	got = names(&f.sweep);
	assert_string_equal(got, "sched_yield getppid sethostname exit_group");
	p = f.sweep.programs.items[0];
	assert_int_equal(p->images.len, 3);
	assert_int_equal(p->images.items[2].reason, PROGRAM_MODULE);
	assert_string_equal(p->images.items[2].image->path, "/usr/lib/swept/modules/one.so");
	close_fixture(&f);
}

static void test_missing_library(void **state)
{
	struct fixture f;
	cleanup_free char *got = NULL;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/user", user);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/user", &f.err), 0);
	sweep_finish(&f.sweep);
	got = names(&f.sweep);
	assert_string_equal(got, "exit_group");
	assert_int_equal(f.sweep.programs.items[0]->missing.len, 2); /* and the dynamic linker */
	close_fixture(&f);
}

static void test_script(void **state)
{
	static const char script[] = "#! /bin/direct -x\n",
			  env[] = "#!/usr/bin/env -S A=b direct\n";
	struct fixture f;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/direct", direct);
	put(f.dir, "/usr/bin/direct", direct);
	unit_file_write(unit_path(f.dir, "script"), script, sizeof(script) - 1);
	unit_file_write(unit_path(f.dir, "env"), env, sizeof(env) - 1);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/script", &f.err), 0);
	assert_string_equal(f.sweep.programs.items[0]->script, "/script");
	assert_string_equal(f.sweep.programs.items[0]->images.items[0].image->path, "/bin/direct");
	assert_int_equal(sweep_program(&f.sweep, "/env", &f.err), 0);
	assert_string_equal(f.sweep.programs.items[1]->images.items[0].image->path,
			    "/usr/bin/direct");

	/* The same file again is not swept twice. */
	assert_int_equal(sweep_program(&f.sweep, "/bin/direct", &f.err), 0);
	assert_int_equal(f.sweep.programs.len, 2);
	assert_int_equal(find(&f.sweep, "getpid")->programs, 2);
	close_fixture(&f);
}

static void test_refused(void **state)
{
	static const char self[] = "#!/self\n", text[] = "just words\n", broken[] = "\177ELF\2\1\1";
	static const struct {
		const char *name, *data;
		int code;
	} rows[] = {
		{ "self", self, EINVAL },
		{ "text", text, EINVAL },
		{ "broken", broken, EINVAL },
		{ "absent", NULL, ENOENT },
	};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *path = str_format("/%s", rows[i].name);

		if (rows[i].data)
			unit_file_write(unit_path(f.dir, rows[i].name), rows[i].data,
					strlen(rows[i].data));
		f.err = ERROR_INIT;
		check_number(rows[i].name, sweep_program(&f.sweep, path, &f.err), -rows[i].code);
		check(rows[i].name, strstr(f.err.text, path));
	}
	assert_int_equal(f.sweep.programs.len, 0);
	close_fixture(&f);
}

static void test_observed(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	put(f.dir, "/bin/direct", direct);
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/bin/direct", &f.err), 0);
	sweep_finish(&f.sweep);
	assert_false(f.sweep.compared);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(sweep_observe(&f.sweep, SYS_ARCH_X86_64, 39), 0);  /* getpid */
		assert_int_equal(sweep_observe(&f.sweep, SYS_ARCH_X86_64, 169), 0); /* reboot */
	}
	assert_true(f.sweep.compared);
	assert_true(find(&f.sweep, "getpid")->observed);
	assert_false(find(&f.sweep, "getuid")->observed);
	assert_int_equal(f.sweep.observed, 2);
	assert_int_equal(f.sweep.missed.len, 1);
	assert_int_equal(f.sweep.missed.items[0].nr, 169);
	close_fixture(&f);
}

/* However a file is cut or changed, a sweep ends, with an error or with what it could read. */
static void test_damaged(void **state)
{
	struct chance chance = { 7 };
	struct fixture f;
	size_t n;
	cleanup_free char *whole = unit_file_read(direct, &n);

	(void)state;
	open_fixture(&f);
	for (int round = 0; round < 300; round++) {
		cleanup_free char *data = malloc(n);
		size_t length = round % 3 ? n : chance_below(&chance, n);

		assert_non_null(data);
		memcpy(data, whole, n);
		for (size_t i = 0; i < (size_t)round % 40; i++)
			data[chance_below(&chance, round % 2 ? 1024 : n)] = (char)chance_next(
				&chance);
		unit_file_write(unit_path(f.dir, "program"), data, length);
		begin(&f);
		f.err = ERROR_INIT;
		if (sweep_program(&f.sweep, "/program", &f.err))
			assert_int_not_equal(f.err.code, 0);
		sweep_deinit(&f.sweep);
	}
	begin(&f);
	close_fixture(&f);
}

/* A file that is nothing but ways into the kernel: what is beyond the limits is counted. */
static void test_too_much(void **state)
{
	enum { HEAD = 120, SITES = IMAGE_SITES_MAX + 1000 };
	static uint8_t file[HEAD + SITES * 2];
	Elf64_Ehdr header = { .e_type = ET_EXEC,
			      .e_machine = EM_X86_64,
			      .e_version = EV_CURRENT,
			      .e_entry = 0x400000 + HEAD,
			      .e_phoff = sizeof(header),
			      .e_ehsize = sizeof(header),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = 1 };
	Elf64_Phdr segment = { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_offset = HEAD,
			       .p_vaddr = 0x400000 + HEAD,
			       .p_filesz = SITES * 2,
			       .p_memsz = SITES * 2 };
	struct fixture f;

	(void)state;
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
	for (size_t i = 0; i < SITES; i++) { /* syscall */
		file[HEAD + i * 2] = 0x0f;
		file[HEAD + i * 2 + 1] = 0x05;
	}
	open_fixture(&f);
	unit_file_write(unit_path(f.dir, "much"), file, sizeof(file));
	begin(&f);
	assert_int_equal(sweep_program(&f.sweep, "/much", &f.err), 0);
	assert_int_equal(f.sweep.calls.len, 0);
	assert_int_equal(f.sweep.unresolved.len, SWEEP_UNRESOLVED_MAX);
	assert_true(f.sweep.unresolved_dropped > 0);
	assert_true(f.sweep.programs.items[0]->images.items[0].image->dropped >= 1000);
	close_fixture(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direct),		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_library),		cmocka_unit_test(test_module),
		cmocka_unit_test(test_missing_library), cmocka_unit_test(test_script),
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_observed),
		cmocka_unit_test(test_damaged),		cmocka_unit_test(test_too_much),
	};

	if (argc != 6)
		return 2;
	direct = argv[1];
	bare = argv[2];
	user = argv[3];
	library = argv[4];
	plugin = argv[5];
	return unit_run(tests);
}
