/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/arch.h"

#include <assert.h>
#include <linux/audit.h>
#include <seccomp.h>

#include "base/str.h"

#ifndef __x86_64__
#error "uapi/arch.c: add this machine's tables"
#endif

const struct sys_arch_def sys_archs[] = {
	[SYS_ARCH_X86_64] = { "x86_64", "SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64,
			      AUDIT_ARCH_X86_64, 0, false },
	[SYS_ARCH_X86] = { "x86", "SCMP_ARCH_X86", "x86", SCMP_ARCH_X86, AUDIT_ARCH_I386, 0, true },
	[SYS_ARCH_X32] = { "x32", "SCMP_ARCH_X32", "x32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64,
			   SYS_X32_BIT, true },
};
static_assert(sizeof(sys_archs) / sizeof(*sys_archs) == SYS_ARCH_MAX, "a row for each");

enum sys_arch sys_arch_of_table(enum abi_table table)
{
	static const enum sys_arch of[] = {
		[ABI_TABLE_NATIVE] = SYS_ARCH_X86_64,
		[ABI_TABLE_COMPAT] = SYS_ARCH_X86,
		[ABI_TABLE_X32] = SYS_ARCH_X32,
	};
	static_assert(sizeof(of) / sizeof(*of) == ABI_TABLES, "a row for each");

	return of[table < ABI_TABLES ? table : ABI_TABLE_NATIVE];
}

bool sys_arch_parse(const char *name, enum sys_arch *ret)
{
	for (int i = 0; i < SYS_ARCH_MAX; i++) {
		if (str_eq(name, sys_archs[i].name) || str_eq(name, sys_archs[i].oci_name) ||
		    str_eq(name, sys_archs[i].go_name)) {
			*ret = (enum sys_arch)i;
			return true;
		}
	}
	return false;
}
