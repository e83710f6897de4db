/* SPDX-License-Identifier: Apache-2.0 */
/* System call names and numbers, per architecture. */
#pragma once
#include <stddef.h>

#include "uapi/arch.h"

enum { SYS_NR_MAX = ABI_CALL_NR_MAX, SYS_NAME_MAX = 48 };

/*
 * The name of call nr (for x32: without bit 30) in a static table, or NULL. Names come from
 * libseccomp; calls newer than the installed one from a table of ours.
 */
const char *sys_call_name(enum sys_arch arch, int nr);

/* The number, or -1 if the architecture has no such call. */
int sys_call_nr(enum sys_arch arch, const char *name);

/* True if any architecture knows the name. */
bool sys_call_is_known(const char *name);

/* The known call whose name is closest to a misspelt one, or NULL. */
const char *sys_call_suggest(const char *name);
