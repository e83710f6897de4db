/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One static program with every way to a number that a sweep follows, and some that it can't. What
 * it reaches, by name, is in test_sweep.c.
 */
#include "calls.h"

/* The number is the caller's, at two removes; noipa: the compiler must not know better. */
__attribute__((noipa)) static long inner(long a, long nr)
{
	return raw(nr, a);
}

__attribute__((noipa)) static long outer(long nr)
{
	return inner(0, nr);
}

/* The seventh argument is on the stack. */
__attribute__((noipa)) static long last(long a, long b, long c, long d, long e, long f, long nr)
{
	return raw(nr, a + b + c + d + e + f);
}

__attribute__((noipa)) static void by_pointer(void)
{
	raw(SYS_getuid, 0);
}

/* Reached through data only. */
static void (*const table[])(void) = { by_pointer };

__attribute__((noipa)) static void taken(void)
{
	raw(SYS_getgid, 0);
}

__attribute__((noipa)) static void call(void (*f)(void))
{
	f();
}

/* Nobody calls it, so it must not be found. */
__attribute__((noipa, used)) static void dead(void)
{
	raw(SYS_reboot, 0);
}

/* One of two, and one that is 0 only because a branch said so. */
__attribute__((noipa)) static void branches(long n)
{
	raw(n > 3 ? SYS_geteuid : SYS_getegid, 0);
	if (!n)
		raw(n, 0);
}

static volatile long computed = SYS_getppid;

__attribute__((noipa)) static void unresolved(void)
{
	raw(computed, 0);
}

static void compat(void)
{
	__asm__ volatile("int $0x80" : : "a"(24) : "memory"); /* getuid of the 32-bit table */
}

__attribute__((used)) void start(long n)
{
	outer(SYS_getpid);
	last(0, 0, 0, 0, 0, 0, SYS_gettid);
	table[n & 0]();
	call(taken);
	branches(n);
	unresolved();
	compat();
	raw(SYS_exit_group, 0);
}

__asm__(".globl _start\n_start: mov (%rsp), %rdi\n call start\n hlt\n");
