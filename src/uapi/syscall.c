/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/syscall.h"

#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

/*
 * Since 5.1 (number 424) a new call has the same number on every architecture, so one table serves
 * them all. Source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl up to 6.18. libseccomp is
 * asked first; this is for the calls that it is too old for.
 */
static const struct {
	int nr;
	const char *name;
} newer_calls[] = {
	{ 449, "futex_waitv" },	      { 450, "set_mempolicy_home_node" },
	{ 451, "cachestat" },	      { 452, "fchmodat2" },
	{ 453, "map_shadow_stack" },  { 454, "futex_wake" },
	{ 455, "futex_wait" },	      { 456, "futex_requeue" },
	{ 457, "statmount" },	      { 458, "listmount" },
	{ 459, "lsm_get_self_attr" }, { 460, "lsm_set_self_attr" },
	{ 461, "lsm_list_modules" },  { 462, "mseal" },
	{ 463, "setxattrat" },	      { 464, "getxattrat" },
	{ 465, "listxattrat" },	      { 466, "removexattrat" },
	{ 467, "open_tree_attr" },    { 468, "file_getattr" },
	{ 469, "file_setattr" },
};

/* On x86-64 only, and only in recent tables: uretprobe (335, 6.11) and uprobe (336, 6.18). */
static const struct {
	int nr;
	const char *name;
} x86_64_calls[] = { { 335, "uretprobe" }, { 336, "uprobe" } };

static char names[SYS_ARCH_MAX][SYS_NR_MAX][SYS_NAME_MAX];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void name_set(enum sys_arch arch, int nr, const char *name)
{
	if (!names[arch][nr][0])
		snprintf(names[arch][nr], SYS_NAME_MAX, "%s", name);
}

static int seccomp_nr(enum sys_arch arch, int nr)
{
	return arch == SYS_ARCH_X32 ? nr | 0x40000000 : nr;
}

static void names_fill(void)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		for (int nr = 0; nr < SYS_NR_MAX; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(
				sys_archs[arch].seccomp_token, seccomp_nr((enum sys_arch)arch, nr));

			if (name)
				name_set((enum sys_arch)arch, nr, name);
			free(name);
		}
		for (size_t i = 0; i < ARRAY_SIZE(newer_calls); i++)
			name_set((enum sys_arch)arch, newer_calls[i].nr, newer_calls[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(x86_64_calls); i++)
		name_set(SYS_ARCH_X86_64, x86_64_calls[i].nr, x86_64_calls[i].name);
}

const char *sys_call_name(enum sys_arch arch, int nr)
{
	pthread_once(&names_once, names_fill);
	if (nr < 0 || nr >= SYS_NR_MAX || !names[arch][nr][0])
		return NULL;
	return names[arch][nr];
}

int sys_call_nr(enum sys_arch arch, const char *name)
{
	pthread_once(&names_once, names_fill);
	for (int nr = 0; nr < SYS_NR_MAX; nr++)
		if (str_eq(names[arch][nr], name) && *name)
			return nr;
	return -1;
}

bool sys_call_is_known(const char *name)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		if (sys_call_nr((enum sys_arch)arch, name) >= 0)
			return true;
	/* Other architectures' calls: libseccomp gives them negative pseudo numbers. */
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

const char *sys_call_suggest(const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 1;

	pthread_once(&names_once, names_fill);
	for (int nr = 0; nr < SYS_NR_MAX; nr++) {
		const char *candidate = names[SYS_ARCH_X86_64][nr];
		size_t d = *candidate ? str_distance(name, candidate) : least;

		if (d < least) {
			least = d;
			best = candidate;
		}
	}
	return best;
}
