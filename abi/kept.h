/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guard in the kernel keeps of processes instead of telling it (abi/event.h): births, execs and ends that no rule can
 * want.
 *
 * Rules for this file: as abi/event.h, to be included first.
 */
#pragma once
#include <linux/types.h>

/*
 * Map kept: process -> what its last exec told, or would have told, as a record (of the kind EXEC, with the ids of the process if
 * it is a child that has run nothing since its birth), and whose child it is. An exec or a birth that no rule can want is
 * told to the map only; user space looks there when a record says ABI_EVENT_UNTOLD. A process that ended
 * stays while it has children there, or if user space knows of it, until user space removes it.
 *
 * Only processes of watched groups, and not those whose exec does not fit: these are told of at once.
 */
enum {
	ABI_KEPT_MAX = 4096,
	ABI_KEPT_SIZE =
		3968, /* with what the kernel has in front of it, and the key, 4 KiB at most */
	ABI_KEPT_RECORD = ABI_KEPT_SIZE - 48,
	ABI_KEPT_ABOVE = 16, /* generations that are looked up at once */
	ABI_KEPT_EARLIER =
		4, /* programs of a process that have been asked for and are no longer what it runs */
};

struct abi_kept_key {
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u32 tgid;	/* 0: none */
	/*
	 * 0: what the process is. Else, counted in turn, what it was when something was told of it, before it ran another program: whoever
	 * reads that late finds it so. Its end is when the next began; nobody's parent has such a key.
	 */
	__u32 earlier;
};

/*
 * Map kept_numbers: who of those that are kept has a number, in its own PID namespace or (pidns 0) in the first one, and who had it
 * before. Who has ended has it until another gets it, or it is removed itself.
 */
struct abi_kept_number {
	__u32 pidns;
	__u32 number;
};
struct abi_kept_owners {
	struct abi_kept_key now, before; /* of tgid 0: nobody */
};

enum abi_kept_flag {
	ABI_KEPT_KNOWN = 1 << 0, /* user space knows the process: it was told of, or asked for */
	ABI_KEPT_TOLD = 1 << 1,	 /* and what is kept */
	ABI_KEPT_OLD =
		1
		<< 2, /* it has become something else, which was told: children don't inherit this */
};

struct abi_kept {
	__u8 record[ABI_KEPT_RECORD]; /* struct abi_event */
	struct abi_kept_key parent;   /* who made it, if that one is kept too */
	__u64 exit_ns;		      /* 0: it lives */
	__u32 children;		      /* that are kept */
	__u32 threads;		      /* beside the first, since the record */
	__u32 flags;		      /* enum abi_kept_flag */
	__u32 epoch;		      /* of struct abi_keeping when it was made */
	__u32 earlier; /* how many programs of it have been put aside so; the last ABI_KEPT_EARLIER may be there */
	__u32 pad;
};

struct abi_keeping {
	__u32 on; /* 0: whatever happens is told */
	__u32 epoch; /* user space knows all processes from before it was last changed: it has looked at /proc */
};

/*
 * Map ran: of each group that pays (struct abi_group) what was run last in it and kept, so that an alert can say what was before; and
 * map outspoken: group that pays -> until when (CLOCK_BOOTTIME) whatever is run in it is told, as after an alert.
 */
enum { ABI_RAN_LINES = 16, ABI_RAN_ARGS = 208, ABI_RAN_GROUPS = 256 };
struct abi_ran_key {
	__u64 payer;
	__u32 line; /* below ABI_RAN_LINES, in turn */
	__u32 pad;
};
struct abi_ran {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u32 tgid;
	__u32 len; /* of args */
	char comm[ABI_EVENT_COMM];
	char args[ABI_RAN_ARGS]; /* each with its NUL, as far as there is room */
};

/* Why a birth or an exec was told that could have been kept. */
enum abi_keep {
	ABI_KEEP_FULL,	/* the map has no room */
	ABI_KEEP_LARGE, /* it is larger than what is kept */
	ABI_KEEPS
};

/*
 * Program array exec_filters: what looks at the record of an execve and of an execveat; they call the last one, which sends
 * it. None for either: all are sent.
 */
enum { ABI_EXEC_FILTER_AT = 1, ABI_EXEC_FILTER_SEND, ABI_EXEC_FILTERS };

_Static_assert(sizeof(struct abi_ran) == 240, "abi_ran");
_Static_assert(sizeof(struct abi_kept) == ABI_KEPT_SIZE, "abi_kept");
