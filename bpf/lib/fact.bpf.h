/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Learning a fact: counting it, or losing it under a name. */
#pragma once
#include "bpf/lib/maps.bpf.h"

/*
 * The time that facts are stamped with (CLOCK_BOOTTIME). To the tick of the timer is enough: so the clock
 * is read once a tick and not on every system call.
 */
static __always_inline __u64 now_ns(void)
{
	__u32 zero = 0;
	struct tick *last = bpf_map_lookup_elem(&ticks, &zero);
	__u64 jiffies = bpf_jiffies64();

	if (!last)
		return bpf_ktime_get_boot_ns();
	if (last->jiffies != jiffies) {
		last->ns = bpf_ktime_get_boot_ns();
		last->jiffies = jiffies;
	}
	return last->ns;
}

static __always_inline void loss_count(__u64 cell_id, enum abi_loss why)
{
	struct abi_cell *cell = bpf_map_lookup_elem(&cells, &cell_id);
	__u32 slot = why;
	__u64 *n;

	if (cell) {
		__sync_fetch_and_add(&cell->losses[why], 1);
		return;
	}
	n = bpf_map_lookup_elem(&losses, &slot);
	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline void fact_touch(struct abi_fact *fact, __u64 now)
{
	__sync_fetch_and_add(&fact->count, 1);
	fact->last_ns = now;
}

/* Tells the cell that something new was learned: this is what "quiet for 5 minutes" is about. */
static __always_inline void cell_learned(__u64 cell_id, __u64 now)
{
	struct abi_cell *cell = bpf_map_lookup_elem(&cells, &cell_id);

	if (cell) {
		__sync_fetch_and_add(&cell->facts, 1);
		cell->last_fact_ns = now;
	}
}

/*
 * Counts the fact under key. fresh points to a value (it begins with a struct abi_fact) to insert
 * if there is none. True if it was new. The map is preallocated: a full one is a counted loss.
 */
static __always_inline bool fact_learn(void *map, const void *key, struct abi_fact *fresh,
				       __u64 cell_id, enum abi_loss loss)
{
	struct abi_fact *known = bpf_map_lookup_elem(map, key);
	__u64 now;

	if (known) {
		fact_touch(known, now_ns());
		return false;
	}
	now = bpf_ktime_get_boot_ns(); /* exact: what came before what matters for first times */
	fresh->count = 1;
	fresh->first_ns = fresh->last_ns = now;
	if (!bpf_map_update_elem(map, key, fresh, BPF_NOEXIST)) {
		cell_learned(cell_id, now);
		return true;
	}
	known = bpf_map_lookup_elem(map, key); /* another CPU was first, or the map is full */
	if (known)
		fact_touch(known, now);
	else
		loss_count(cell_id, loss);
	return false;
}
