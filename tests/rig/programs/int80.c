/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 64-bit program that enters the kernel by the 32-bit gate too. A recorder that looks only at the number takes these
 * for other calls (i386 20 is getpid, x86-64 20 is writev), and a filter without the 32-bit architecture kills it.
 *
 * i386:   getpid getuid32 uname open read close write
 * x86-64: getppid write exit_group
 */
#include "raw.h"

enum {
        I386_READ = 3,
        I386_WRITE = 4,
        I386_OPEN = 5,
        I386_CLOSE = 6,
        I386_GETPID = 20,
        I386_UNAME = 122,
        I386_GETUID32 = 199,
};

static char buffer[512];
static const char path[] = "/etc/hostname";
static const char greeting[] = "int80: written by the 32-bit gate\n";

static int start(int argc, char **argv)
{
        long fd;

        (void)argc, (void)argv;
        int80(I386_GETPID, 0, 0, 0);
        int80(I386_GETUID32, 0, 0, 0);
        if (int80(I386_UNAME, (long)buffer, 0, 0) < 0)
                return 1;
        fd = int80(I386_OPEN, (long)path, 0, 0);
        if (fd >= 0) {
                int80(I386_READ, fd, (long)buffer, sizeof(buffer));
                int80(I386_CLOSE, fd, 0, 0);
        }
        if (int80(I386_WRITE, 1, (long)greeting, sizeof(greeting) - 1) < 0)
                return 1;
        raw0(__NR_getppid);
        SAY("int80: ok\n");
        return 0;
}
