/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls without a C library, for programs whose every call is known: what such a program calls is what its
 * source says, and nothing more. Numbers are the kernel's, results are the kernel's: negative errno on failure.
 *
 * The including file defines `int start(int argc, char **argv)`; its result is the exit status.
 */
#pragma once

#include <asm/unistd.h>
#include <stddef.h>

static int start(int argc, char **argv);

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        register long r9 __asm__("r9") = f;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return result;
}

#define raw0(n) raw6((n), 0, 0, 0, 0, 0, 0)
#define raw1(n, a) raw6((n), (long)(a), 0, 0, 0, 0, 0)
#define raw2(n, a, b) raw6((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define raw3(n, a, b, c) raw6((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define raw4(n, a, b, c, d) raw6((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define raw5(n, a, b, c, d, e) raw6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

/* The 32-bit gate, with i386 numbers, from 64-bit code. Pointers must fit 32 bits, as those to static data do. */
static inline long int80(long number, long a, long b, long c)
{
        long result;

        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(number), "b"(a), "c"(b), "d"(c)
                         : "r8", "r9", "r10", "r11", "memory");
        return result;
}

/* The compiler may call it, library or not. */
__attribute__((used)) void *memset(void *to, int byte, size_t size)
{
        for (volatile char *p = to; size; --size)
                *p++ = (char)byte;
        return to;
}

static inline size_t length(const char *s)
{
        size_t n = 0;

        while (s[n])
                ++n;
        return n;
}

static inline int same(const char *a, const char *b)
{
        for (; *a && *a == *b; ++a, ++b)
                ;
        return *a == *b;
}

/* All in one write, so that lines of several programs do not mix. */
static inline void say(const char *const *words)
{
        char line[128];
        size_t n = 0;

        for (; *words; ++words)
                for (size_t i = 0; i < length(*words) && n < sizeof(line); ++i)
                        line[n++] = (*words)[i];
        raw3(__NR_write, 1, line, n);
}

#define SAY(...) say((const char *const[]){__VA_ARGS__, NULL})

static inline const char *error_name(long result)
{
        static const char *const names[] = {
                [1] = "EPERM", [2] = "ENOENT", [3] = "ESRCH", [4] = "EINTR", [5] = "EIO", [6] = "ENXIO", [7] = "E2BIG",
                [8] = "ENOEXEC", [9] = "EBADF", [10] = "ECHILD", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES",
                [14] = "EFAULT", [15] = "ENOTBLK", [16] = "EBUSY", [17] = "EEXIST", [18] = "EXDEV", [19] = "ENODEV",
                [20] = "ENOTDIR", [21] = "EISDIR", [22] = "EINVAL", [23] = "ENFILE", [24] = "EMFILE", [25] = "ENOTTY",
                [28] = "ENOSPC", [30] = "EROFS", [38] = "ENOSYS", [40] = "ELOOP", [93] = "EPROTONOSUPPORT",
                [94] = "ESOCKTNOSUPPORT", [95] = "EOPNOTSUPP", [97] = "EAFNOSUPPORT", [116] = "ESTALE",
                [126] = "ENOKEY", [129] = "EKEYREJECTED",
        };
        size_t number = (size_t)-result;

        return number < sizeof(names) / sizeof(*names) && names[number] ? names[number] : "E???";
}

__attribute__((used)) static void enter(long *stack)
{
        int status = start((int)stack[0], (char **)(stack + 1));

        for (;;)
                raw1(__NR_exit_group, status);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call enter\n");
