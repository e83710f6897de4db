/* SPDX-License-Identifier: Apache-2.0 */
/* System calls without a libc, for the programs that test_sweep looks into. */
#pragma once
#include <sys/syscall.h>

static inline long raw(long nr, long a)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(0L), "d"(0L)
			 : "rcx", "r11", "memory");
	return result;
}
