/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rooms for programs on trampolines. Such a program stays on its CPU but may be preempted there by
 * another task that runs the same one, so one room per CPU would be written by two. There are
 * ABI_DENY_ROOMS of them, each with a scratch, and a task takes one, tells the programs that it tail-calls
 * by its address in it, and gives it back. (Not by its number: 5.10 has no helper for that in all programs
 * of control groups.)
 *
 * What must hold: a room has one owner. Taking is the insertion of a new key, which a hash map does under
 * its lock: kernels before 5.12 give programs no atomic that returns the old value. `owner` is written
 * only by who holds the key; it is cleared before the key is removed. Every way through the programs
 * ends with pool_leave().
 *
 * If all rooms of a CPU are in use, nothing can be decided: that is counted, and what was asked is
 * allowed. It takes as many tasks preempted within microseconds of each other on one CPU, and an error that no rule
 * asks for would be worse than a call that is still told when it returns.
 */
#pragma once
#include "bpf/lib/helpers.bpf.h"

static __always_inline unsigned int pool_slot(void);
#define SCRATCH_SLOT() pool_slot()
#include "bpf/lib/room.bpf.h"

#include "abi/deny.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* CPU * ABI_DENY_ROOMS + room */
	__type(value, __u64);
} room_claims __weak SEC(".maps");

static __always_inline __u32 claim_key(__u32 slot)
{
	return bpf_get_smp_processor_id() * ABI_DENY_ROOMS + slot;
}

/* NULL: all are in use. */
static __always_inline struct room *pool_take(void)
{
	__u64 task = bpf_get_current_task();

	for (__u32 i = 0; i < ABI_DENY_ROOMS; i++) {
		__u32 key = claim_key(i), slot = i;
		struct room *r;

		if (bpf_map_update_elem(&room_claims, &key, &task, BPF_NOEXIST))
			continue;
		r = bpf_map_lookup_elem(&rooms, &slot);
		if (r)
			r->owner = task;
		return r;
	}
	return NULL;
}

/*
 * The number of the room that current has taken; ABI_DENY_ROOMS: none. Verified once, and what it returns is any number: else the
 * verifier would go every way on from here as often as there are rooms.
 */
subprogram __u32 pool_number(void)
{
	__u64 task = bpf_get_current_task();

	for (__u32 i = 0; i < ABI_DENY_ROOMS; i++) {
		__u32 slot = i;
		struct room *r = bpf_map_lookup_elem(&rooms, &slot);

		if (r && r->owner == task)
			return i;
	}
	return ABI_DENY_ROOMS;
}

/* That room; NULL: none. */
static __always_inline struct room *pool_own(__u32 *ret_slot)
{
	__u32 slot = pool_number();

	if (slot >= ABI_DENY_ROOMS)
		return NULL;
	*ret_slot = slot;
	return bpf_map_lookup_elem(&rooms, &slot);
}

static __always_inline unsigned int pool_slot(void)
{
	__u32 slot = 0;

	pool_own(&slot);
	return slot;
}

static __always_inline void pool_leave(void)
{
	__u32 slot = 0, key;
	struct room *r = pool_own(&slot);

	if (!r)
		return;
	r->owner = 0;
	key = claim_key(slot);
	bpf_map_delete_elem(&room_claims, &key);
}
