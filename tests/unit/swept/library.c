/* SPDX-License-Identifier: Apache-2.0 */
/* A library of which one function is used. */
#include "library.h"
#include "calls.h"

long used(void)
{
	return raw(SYS_getppid, 0);
}

long unused(void)
{
	return raw(SYS_mount, 0);
}

/* Not the real one: what matters is that somebody calls a function of this name. */
void *dlopen(const char *path, int flags)
{
	return path && flags ? (void *)path : 0;
}

/* Called by the dynamic linker. */
__attribute__((constructor)) static void construct(void)
{
	raw(SYS_sched_yield, 0);
}
