/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One static program with every way to a number that a sweep follows, and some that it can't. What
 * it reaches, by name, is in test_sweep.c.
 */
#include "calls.h"

/* A function of its own, whatever the compiler knows about it. */
#define APART __attribute__((noinline, noipa, used))

/* The number is the caller's, at two removes; the compiler must not know better. */
APART static long inner(long a, long nr)
{
	return raw(nr, a);
}

APART static long outer(long nr)
{
	return inner(0, nr);
}

/* The seventh argument is on the stack. */
APART static long last(long a, long b, long c, long d, long e, long f, long nr)
{
	return raw(nr, a + b + c + d + e + f);
}

APART static void by_pointer(void)
{
	raw(SYS_getuid, 0);
}

/* Reached through data only. */
static void (*const table[])(void) = { by_pointer };

APART static void taken(void)
{
	raw(SYS_getgid, 0);
}

APART static void call(void (*f)(void))
{
	f();
}

/* Nobody calls it, so it must not be found. */
APART static void dead(void)
{
	raw(SYS_reboot, 0);
}

/* One of two, and one that is 0 only because a branch said so. */
APART static void branches(long n)
{
	raw(n > 3 ? SYS_geteuid : SYS_getpgid, 0);
	if (!n)
		raw(n, 0);
}

static volatile long computed = SYS_getppid;

APART static void unresolved(void)
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
