/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of 32-bit x86 that go through another: socketcall and ipc, whose first argument says which is
 * meant. Their own arguments are in memory there, out of a filter's sight.
 */
#pragma once
#include "uapi/arch.h"

struct multiplexed {
	const char *name;
	const char *call; /* socketcall or ipc */
	unsigned number;  /* its first argument */
};

/* The way of a call through another, or NULL if it has none on that architecture. */
const struct multiplexed *multiplexed_find(enum sys_arch arch, const char *name);
