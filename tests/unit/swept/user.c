/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is linked with the library, and names a directory of modules. */
#include "calls.h"
#include "library.h"

__attribute__((used)) void start(void)
{
	used();
	dlopen("/usr/lib/swept/modules", 1);
	raw(SYS_exit_group, 0);
}

__asm__(".globl _start\n_start: call start\n hlt\n");
