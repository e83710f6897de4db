/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "uapi/syscall.h"
#include "unit.h"

#define X32_BIT "(__X32_SYSCALL_BIT + "

static void known_numbers(void **state)
{
	static const struct {
		enum sys_arch arch;
		int nr;
		const char *name;
	} rows[] = {
		{ SYS_ARCH_X86_64, 0, "read" },
		{ SYS_ARCH_X86_64, 9, "mmap" },
		{ SYS_ARCH_X86_64, 41, "socket" },
		{ SYS_ARCH_X86_64, 56, "clone" },
		{ SYS_ARCH_X86_64, 59, "execve" },
		{ SYS_ARCH_X86_64, 101, "ptrace" },
		{ SYS_ARCH_X86_64, 257, "openat" },
		{ SYS_ARCH_X86_64, 334, "rseq" },
		{ SYS_ARCH_X86_64, 335, "uretprobe" },
		{ SYS_ARCH_X86_64, 336, "uprobe" },
		{ SYS_ARCH_X86_64, 424, "pidfd_send_signal" },
		{ SYS_ARCH_X86_64, 435, "clone3" },
		{ SYS_ARCH_X86_64, 437, "openat2" },
		{ SYS_ARCH_X86_64, 449, "futex_waitv" },
		{ SYS_ARCH_X86_64, 452, "fchmodat2" },
		{ SYS_ARCH_X86_64, 469, "file_setattr" },
		{ SYS_ARCH_X86, 1, "exit" },
		{ SYS_ARCH_X86, 90, "mmap" },
		{ SYS_ARCH_X86, 102, "socketcall" },
		{ SYS_ARCH_X86, 192, "mmap2" },
		{ SYS_ARCH_X86, 403, "clock_gettime64" },
		{ SYS_ARCH_X86, 437, "openat2" },
		{ SYS_ARCH_X86, 452, "fchmodat2" },
		{ SYS_ARCH_X32, 0, "read" },
		{ SYS_ARCH_X32, 512, "rt_sigaction" },
		{ SYS_ARCH_X32, 520, "execve" },
		{ SYS_ARCH_X32, 541, "setsockopt" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_text(rows[i].name, sys_call_name(rows[i].arch, rows[i].nr), rows[i].name);
		check_number(rows[i].name, sys_call_nr(rows[i].arch, rows[i].name), rows[i].nr);
	}
}

/* One number for all tables since 5.1: ours, where the installed library is too old to know. */
static void newest_calls(void **state)
{
	static const char *const names[] = {
		[449 - 449] = "futex_waitv",	   [450 - 449] = "set_mempolicy_home_node",
		[451 - 449] = "cachestat",	   [452 - 449] = "fchmodat2",
		[453 - 449] = "map_shadow_stack",  [454 - 449] = "futex_wake",
		[455 - 449] = "futex_wait",	   [456 - 449] = "futex_requeue",
		[457 - 449] = "statmount",	   [458 - 449] = "listmount",
		[459 - 449] = "lsm_get_self_attr", [460 - 449] = "lsm_set_self_attr",
		[461 - 449] = "lsm_list_modules",  [462 - 449] = "mseal",
		[463 - 449] = "setxattrat",	   [464 - 449] = "getxattrat",
		[465 - 449] = "listxattrat",	   [466 - 449] = "removexattrat",
		[467 - 449] = "open_tree_attr",	   [468 - 449] = "file_getattr",
		[469 - 449] = "file_setattr",
	};

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			check_text(names[i], sys_call_name((enum sys_arch)arch, 449 + (int)i),
				   names[i]);
}

static void holes_have_no_name(void **state)
{
	static const struct {
		enum sys_arch arch;
		int nr;
	} rows[] = {
		{ SYS_ARCH_X86_64, -1 },
		{ SYS_ARCH_X86_64, INT32_MIN },
		{ SYS_ARCH_X86_64, 400 },
		{ SYS_ARCH_X86_64, 512 },
		{ SYS_ARCH_X86_64, 1023 },
		{ SYS_ARCH_X86_64, 1024 },
		{ SYS_ARCH_X86_64, 65535 },
		{ SYS_ARCH_X86_64, INT32_MAX },
		{ SYS_ARCH_X86_64, 0x40000000 },
		{ SYS_ARCH_X86, 512 },
		{ SYS_ARCH_X32, 13 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *row = str_format("%s %d", sys_archs[rows[i].arch].name,
						    rows[i].nr);

		check_text(row, sys_call_name(rows[i].arch, rows[i].nr), NULL);
	}
}

static void unknown_names_have_no_number(void **state)
{
	static const char *const rows[] = { "",	     " ",	   "Read",
					    "read ", "sys_read",   "nonsense",
					    "mmap2", "socketcall", "open\nat" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i], sys_call_nr(SYS_ARCH_X86_64, rows[i]), -1);
}

/* A profile is read by name and number: neither may stand for two of the other. */
static void names_and_numbers_are_pairs(void **state)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		size_t named = 0;

		for (int nr = 0; nr < SYS_NR_MAX; nr++) {
			const char *name = sys_call_name((enum sys_arch)arch, nr);

			if (!name)
				continue;
			named++;
			check(name, strlen(name) < SYS_NAME_MAX - 1);
			check(name, sys_call_is_known(name));
			check_number(name, sys_call_nr((enum sys_arch)arch, name), nr);
		}
		check(sys_archs[arch].name, named > 300);
	}
}

/* Every "#define __NR_name number" of one of the kernel's headers is in our table. */
static void check_header(const char *path, enum sys_arch arch)
{
	FILE *f = fopen(path, "re");
	char line[256], name[128];
	size_t seen = 0;
	int nr;

	if (!f) {
		print_message("# %s is not there: nothing to compare with\n", path);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		char *bit = strstr(line, X32_BIT);

		if (bit) /* "(__X32_SYSCALL_BIT + 9)" */
			memset(bit, ' ', strlen(X32_BIT));
		if (sscanf(line, "#define __NR_%127s %d", name, &nr) != 2)
			continue;
		check_number(name, sys_call_nr(arch, name), nr);
		seen++;
	}
	fclose(f);
	check(path, seen > 300);
}

static void the_kernel_agrees(void **state)
{
	check_header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", SYS_ARCH_X86_64);
	check_header("/usr/include/x86_64-linux-gnu/asm/unistd_32.h", SYS_ARCH_X86);
	check_header("/usr/include/x86_64-linux-gnu/asm/unistd_x32.h", SYS_ARCH_X32);
}

static void known_anywhere(void **state)
{
	assert_true(sys_call_is_known("read"));
	assert_true(sys_call_is_known("socketcall"));	    /* 32-bit only */
	assert_true(sys_call_is_known("arm_fadvise64_64")); /* not on this machine at all */
	assert_true(sys_call_is_known("file_setattr"));
	assert_false(sys_call_is_known(""));
	assert_false(sys_call_is_known("nonsense"));
	assert_false(sys_call_is_known("SYS_read"));
}

static void suggestions(void **state)
{
	static const struct {
		const char *typed, *want;
	} rows[] = {
		{ "opeant", "openat" },
		{ "openatt", "openat" },
		{ "mprotekt", "mprotect" },
		{ "claone", "clone" },
		{ "zzzzzzzz", NULL },
		{ "", NULL },
		{ "a_very_long_name_that_resembles_nothing_that_any_kernel_has_ever_called_a_call",
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].typed, sys_call_suggest(rows[i].typed), rows[i].want);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_numbers),
		cmocka_unit_test(newest_calls),
		cmocka_unit_test(holes_have_no_name),
		cmocka_unit_test(unknown_names_have_no_number),
		cmocka_unit_test(names_and_numbers_are_pairs),
		cmocka_unit_test(the_kernel_agrees),
		cmocka_unit_test(known_anywhere),
		cmocka_unit_test(suggestions),
	};

	return unit_run(tests);
}
