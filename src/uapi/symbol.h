/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants of the kernel's interface by name: those that strace writes for the arguments that
 * arg_plan.h cares about.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a name of len bytes; false if it is not known here. */
bool sys_symbol_value(const char *name, size_t len, uint64_t *ret);
