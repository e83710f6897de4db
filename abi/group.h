/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of control groups, and counted for them. Rules for this file: as abi/record.h.
 */
#pragma once
#include <linux/types.h>

/* Map groups: control group id -> ; groups made below it begin with the same. */
struct abi_group {
	__u64 payer;  /* the group whose budget its calls use: a container's own. 0: itself */
	__u8 watched; /* its calls are told */
	__u8 pad[3];
	/*
	 * What rules ask of the container that it is in (src/guard/filter/container_terms.h), a bit for each question of that numbering:
	 * the answer is yes, or it is no; neither: it is not known.
	 */
	__u32 numbering;
	__u64 yes, no;
};

/* Why something was not told. */
enum abi_drop {
	ABI_DROP_RING,	 /* the ring was full, or as full as calls may make it */
	ABI_DROP_BUDGET, /* of a call: its group had told too much */
	ABI_DROP_LIFE,	 /* a birth, an exec or a death found the ring full */
	ABI_DROPS
};

/*
 * Map budgets: id of the group that pays -> what it may tell. Calls are paid for by the byte; births,
 * execs and deaths are told for nothing. 0 is for groups that found no room here.
 */
struct abi_budget {
	__u64 paid_until_ns; /* CLOCK_BOOTTIME; in the future by what was told ahead of the rate */
	__u64 told;	     /* records */
	__u64 dropped[ABI_DROPS];
	__u64 ran; /* execs that were kept */
};

/* Per-CPU array looked_at: calls that somebody may want. */
enum abi_look {
	ABI_LOOKED_AT,
	ABI_LOOK_REMEMBERED, /* of these, what was not looked at again: ABI_PLAN_REMEMBER */
	ABI_LOOKS
};

_Static_assert(sizeof(struct abi_group) == 32, "abi_group");
_Static_assert(sizeof(struct abi_budget) == 48, "abi_budget");
