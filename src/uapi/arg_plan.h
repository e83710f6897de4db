/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which arguments of which calls decide danger: what is recorded of them, and what a filter may
 * compare. Only scalars: memory behind a pointer may change after the check (clone3, openat2 and
 * the like can't be told apart by a filter at all).
 */
#pragma once
#include "uapi/syscall.h"

/* Whether a filter compares the arguments of a call unless told otherwise. */
enum sys_arg_use {
	SYS_ARG_DANGER, /* yes: they tell harmless uses from dangerous ones */
	SYS_ARG_STRICT, /* only on request: a rarely used value would break the workload */
};

struct sys_arg_plan {
	const char *call;
	enum sys_arg_use use;
	unsigned count;
	struct {
		const char *name;
		unsigned index; /* 0..5 */
		uint64_t mask;	/* the bits that decide; the others may have any value */
		bool wide; /* the kernel reads 64 bits of it; otherwise the upper half is ignored */
		bool flags;	   /* a set of bits, shown in hex */
		uint64_t harmless; /* a value of the masked bits that, like 0, is never dangerous */
	} arg[ABI_CALL_ARGS_MAX];
};

/* The plan of a call by name, or NULL: its arguments are not recorded. */
const struct sys_arg_plan *sys_arg_plan(const char *call);

/* All plans by (table, nr), as the recorder's array map wants them; the rest zero. */
void sys_arg_plans_fill(struct abi_arg_plan out[ABI_TABLES * ABI_CALL_NR_MAX]);
