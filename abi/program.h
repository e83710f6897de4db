/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/* What the guard in the kernel keeps of the programs that processes run. abi/event.h is to be included first. */
#pragma once
#include <linux/types.h>

/*
 * Map programs: process -> what it began with: its name at its birth or exec, not one that it gave itself
 * later; the file as it was at the exec. Of those that began in watched groups while somebody looked.
 */
enum { ABI_PROGRAM_PATH = 256 };
#define ABI_ID_NONE 0xffffffffU
struct abi_program {
	char comm[ABI_EVENT_COMM];
	__u8 facts[ABI_PROGRAM_FACTS];
	__u32 len; /* of the path; 0: it is too long to be kept */
	__u32 uid; /* effective, when it began; ABI_ID_NONE: of the parent's program in a child that has run none */
	__u32 parent; /* who made it; 0: not known */
	__u32 pad;
	__u64 home; /* where rules deny: the started container's control group that it was last seen in; 0: none, or it is not looked for */
	char path[ABI_PROGRAM_PATH];
};
_Static_assert(sizeof(struct abi_program) == 304, "abi_program");

/*
 * Map descents: process -> from whom it comes. Of those that were born, or have begun a program, in watched groups. Numbers of
 * processes are given out again, so a parent is the one that is meant only if it has started when this says.
 */
struct abi_descent {
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u64 parent_start_ns;
	__u64 cgroup; /* when it was born, or began its program */
	__u32 parent; /* who made it; 0: not known */
	__u32 vpid;   /* in its own PID namespace */
};
_Static_assert(sizeof(struct abi_descent) == 32, "abi_descent");
