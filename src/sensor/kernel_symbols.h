/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of kernel functions, from /proc/kallsyms. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "abi/record.h"

/* Functions that ask for a capability without meaning it: CAP_OPT_NOAUDIT is theirs alone. */
extern const char *const kernel_noaudit_functions[ABI_NOAUDIT_MAX];

/*
 * Fills [start, end) of each function; {0, 0} for one that is not there or whose address the
 * kernel hides (kernel.kptr_restrict).
 */
void kernel_symbols_ranges(const char *const *names, size_t count, __u64 (*ret)[2]);
