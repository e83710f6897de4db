/* SPDX-License-Identifier: Apache-2.0 */
#include <seccomp.h>

#include "base/str.h"
#include "uapi/arch.h"
#include "unit.h"

static void names(void **state)
{
	static const struct {
		enum sys_arch arch;
		const char *name, *oci, *go;
		uint32_t token;
	} rows[] = {
		{ SYS_ARCH_X86_64, "x86_64", "SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64 },
		{ SYS_ARCH_X86, "x86", "SCMP_ARCH_X86", "x86", SCMP_ARCH_X86 },
		{ SYS_ARCH_X32, "x32", "SCMP_ARCH_X32", "x32", SCMP_ARCH_X32 },
	};

	assert_int_equal(ARRAY_SIZE(rows), SYS_ARCH_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sys_arch_def *def = &sys_archs[rows[i].arch];

		check_text(rows[i].name, def->name, rows[i].name);
		check_text(rows[i].name, def->oci_name, rows[i].oci);
		check_text(rows[i].name, def->go_name, rows[i].go);
		check_number(rows[i].name, def->seccomp_token, rows[i].token);
	}
}

static void every_spelling_is_read(void **state)
{
	for (int i = 0; i < SYS_ARCH_MAX; i++) {
		const char *spellings[] = { sys_archs[i].name, sys_archs[i].oci_name,
					    sys_archs[i].go_name };

		for (size_t k = 0; k < ARRAY_SIZE(spellings); k++) {
			enum sys_arch arch = SYS_ARCH_MAX;

			check(spellings[k], sys_arch_parse(spellings[k], &arch));
			check_number(spellings[k], arch, i);
		}
	}
}

static void others_are_not(void **state)
{
	static const char *const rows[] = { "",	    "X86_64",  "x86-64",     "x86_64 ",
					    "i386", "aarch64", "SCMP_ARCH_", "SCMP_ARCH_ARM",
					    "amd",  "x8" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum sys_arch arch = SYS_ARCH_MAX;

		check(rows[i], !sys_arch_parse(rows[i], &arch));
		check_number(rows[i], arch, SYS_ARCH_MAX);
	}
}

static void tables(void **state)
{
	assert_int_equal(sys_arch_of_table(ABI_TABLE_NATIVE), SYS_ARCH_X86_64);
	assert_int_equal(sys_arch_of_table(ABI_TABLE_COMPAT), SYS_ARCH_X86);
	assert_int_equal(sys_arch_of_table(ABI_TABLE_X32), SYS_ARCH_X32);
	/* A number out of a map of the kernel is not trusted to be an index. */
	assert_int_equal(sys_arch_of_table((enum abi_table)ABI_TABLES), SYS_ARCH_X86_64);
	assert_int_equal(sys_arch_of_table((enum abi_table)255), SYS_ARCH_X86_64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(tables),
	};

	return unit_run(tests);
}
