/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 64-bit program that makes calls with the x32 bit set. Where the kernel has no x32 they all fail with ENOSYS, yet
 * each is a call that was asked for, and a filter must not take it for the 64-bit call of the same low bits.
 *
 * x32:    getpid getuid write, and ioctl with its own x32 number
 * x86-64: getppid write exit_group
 */
#include "raw.h"

enum { X32_BIT = 0x40000000, X32_IOCTL = 514 };

static const char greeting[] = "x32: written by the x32 gate\n";

static int start(int argc, char **argv)
{
        static const struct {
                const char *name;
                long number, a, b, c;
        } calls[] = {
                {"getpid", __NR_getpid, 0, 0, 0},
                {"getuid", __NR_getuid, 0, 0, 0},
                {"write", __NR_write, 1, (long)greeting, sizeof(greeting) - 1},
                {"ioctl", X32_IOCTL, 1, 0, 0},
        };

        (void)argc, (void)argv;
        for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); ++i) {
                long result = raw3(X32_BIT | calls[i].number, calls[i].a, calls[i].b, calls[i].c);

                SAY("x32: ", calls[i].name, " ", result < 0 ? error_name(result) : "ok", "\n");
        }
        raw0(__NR_getppid);
        SAY("x32: ok\n");
        return 0;
}
