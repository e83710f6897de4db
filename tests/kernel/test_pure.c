/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the recorder's BPF helpers in the kernel and compares what they say with what libc says. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "abi/record.h"
#include "base/cleanup.h"

#include "pure.skel.h"

static struct pure_bpf *skel;
static char scratch_dir[] = "/tmp/merlon-pure.XXXXXX";

static int load(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0; /* each test says so */
	libbpf_set_print(NULL);
	skel = pure_bpf__open();
	if (!skel)
		return -1;
	bpf_map__set_max_entries(skel->maps.scratches, 1);
	bpf_map__set_max_entries(skel->maps.numbers, 1);
	bpf_map__set_max_entries(skel->maps.ticks, 1);
	return pure_bpf__load(skel) || !mkdtemp(scratch_dir) ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	pure_bpf__destroy(skel);
	if (chdir("/") == 0)
		rmdir(scratch_dir);
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("BPF programs need root\n");
		skip();
	}
}

static void run(struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
}

static void lowest_bit_is_counted(void **state)
{
	(void)state;
	need_root();
	for (int bit = 0; bit < 64; bit++) {
		const uint64_t sets[] = { 1ULL << bit, ~0ULL << bit, 1ULL << bit | 1ULL << 63 };

		for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
			skel->bss->number = sets[i];
			run(skel->progs.run_lowest_bit);
			assert_int_equal(skel->bss->answer, bit);
		}
	}
}

static void assert_path(const char *expected, uint32_t flags)
{
	assert_int_equal(skel->bss->path_len, strlen(expected));
	assert_memory_equal(skel->bss->path_text, expected, strlen(expected));
	assert_int_equal(skel->bss->path_flags, flags);
}

static void path_of_fd(int fd)
{
	skel->bss->number = (uint64_t)fd;
	run(skel->progs.run_path_of_fd);
}

static void cwd_is_what_libc_says(void **state)
{
	char cwd[PATH_MAX];

	(void)state;
	need_root();
	static const char *const dirs[] = { "/usr/lib", "/proc/self/fd", "/sys/kernel", "/dev" };
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		assert_int_equal(chdir(dirs[i]), 0);
		assert_non_null(getcwd(cwd, sizeof(cwd)));
		run(skel->progs.run_path_of_cwd);
		assert_path(cwd, 0);
	}
}

static void root_is_a_slash(void **state)
{
	cleanup_fd int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	need_root();
	path_of_fd(fd);
	assert_path("/", ABI_PATH_DIRECTORY);
}

/* Components of 255 bytes, down to a path of nearly 4096. */
static void long_paths_are_whole(void **state)
{
	char name[256], cwd[PATH_MAX];
	int depth = 0;

	(void)state;
	need_root();
	memset(name, 'x', 255);
	name[255] = '\0';
	assert_int_equal(chdir(scratch_dir), 0);
	for (; depth < 15; depth++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(chdir(name), 0);
		assert_non_null(getcwd(cwd, sizeof(cwd)));
		run(skel->progs.run_path_of_cwd);
		assert_path(cwd, 0);
	}
	while (depth--) {
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(rmdir(name), 0);
	}
}

/* More components than a walk has steps: what is left of the path is said to be cut. */
static void deep_paths_are_cut_and_say_so(void **state)
{
	int depth = 0;

	(void)state;
	need_root();
	assert_int_equal(chdir(scratch_dir), 0);
	for (; depth < 120; depth++) {
		assert_int_equal(mkdir("d", 0700), 0);
		assert_int_equal(chdir("d"), 0);
	}
	run(skel->progs.run_path_of_cwd);
	assert_int_equal(skel->bss->path_flags, ABI_PATH_TRUNCATED);
	assert_memory_equal(skel->bss->path_text, "/d/d/d/d/d", 10);
	while (depth--) {
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(rmdir("d"), 0);
	}
}

static void deleted_files_say_so(void **state)
{
	char path[64];

	(void)state;
	need_root();
	snprintf(path, sizeof(path), "%s/file", scratch_dir);
	cleanup_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	path_of_fd(fd);
	assert_path(path, 0);
	assert_int_equal(unlink(path), 0);
	path_of_fd(fd);
	assert_path(path, ABI_PATH_DELETED);
}

static void memory_files_have_no_slash(void **state)
{
	cleanup_fd int fd = memfd_create("merlon", MFD_CLOEXEC);

	(void)state;
	need_root();
	path_of_fd(fd);
	assert_path("memfd:merlon", ABI_PATH_MEMORY);
}

static void mounts_are_crossed(void **state)
{
	char inner[64], path[96];

	(void)state;
	need_root();
	snprintf(inner, sizeof(inner), "%s/mnt", scratch_dir);
	snprintf(path, sizeof(path), "%s/on/it", inner);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(mount("merlon", inner, "tmpfs", 0, NULL), 0);
	assert_int_equal(chdir(inner), 0);
	assert_int_equal(mkdir("on", 0700), 0);
	cleanup_fd int fd = open("on/it", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	path_of_fd(fd);
	assert_path(path, 0);
	close(TAKE_FD(fd));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(umount(inner), 0);
	assert_int_equal(rmdir(inner), 0);
}

/* A file mounted on its own and detached, as container runtimes execute themselves. */
static void detached_files_keep_their_name(void **state)
{
	char file[64], target[64];

	(void)state;
	need_root();
	snprintf(file, sizeof(file), "%s/runtime", scratch_dir);
	snprintf(target, sizeof(target), "%s/target", scratch_dir);
	close(open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	close(open(target, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(mount(file, target, NULL, MS_BIND, NULL), 0);
	cleanup_fd int fd = open(target, O_PATH | O_CLOEXEC);
	assert_int_equal(umount2(target, MNT_DETACH), 0);
	path_of_fd(fd);
	assert_int_equal(skel->bss->path_flags, ABI_PATH_DETACHED);
	/* From the root of its file system, which need not be ours. */
	assert_true(skel->bss->path_len >= strlen("/runtime"));
	assert_memory_equal(skel->bss->path_text + skel->bss->path_len - strlen("/runtime"),
			    "/runtime", strlen("/runtime"));
	unlink(file);
	unlink(target);
}

static void hashes_follow_the_path(void **state)
{
	uint64_t first, second;

	(void)state;
	need_root();
	assert_int_equal(chdir("/usr/lib"), 0);
	run(skel->progs.run_path_of_cwd);
	first = skel->bss->answer;
	assert_int_equal(chdir("/usr/bin"), 0);
	run(skel->progs.run_path_of_cwd);
	second = skel->bss->answer;
	assert_int_not_equal(first, second);
	assert_int_equal(chdir("/usr/lib"), 0);
	run(skel->progs.run_path_of_cwd);
	assert_int_equal(skel->bss->answer, first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_bit_is_counted),
		cmocka_unit_test(cwd_is_what_libc_says),
		cmocka_unit_test(root_is_a_slash),
		cmocka_unit_test(long_paths_are_whole),
		cmocka_unit_test(deep_paths_are_cut_and_say_so),
		cmocka_unit_test(deleted_files_say_so),
		cmocka_unit_test(memory_files_have_no_slash),
		cmocka_unit_test(mounts_are_crossed),
		cmocka_unit_test(detached_files_keep_their_name),
		cmocka_unit_test(hashes_follow_the_path),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
