/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which control groups are told of, and how much of each: so that one which floods the ring leaves
 * room for what the others do. What is not told is counted, for the group and for the machine.
 */
#pragma once
#include "bpf/lib/cgroup.bpf.h"

#include "abi/event.h"
#include "abi/group.h"

extern const volatile struct abi_event_settings event_settings __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct abi_group);
} groups __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct abi_budget);
} budgets __weak SEC(".maps");

/* By enum abi_drop: those of all groups together. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DROPS);
	__type(key, __u32);
	__type(value, __u64);
} dropped __weak SEC(".maps");

static __always_inline bool is_watched(const struct abi_group *g)
{
	return event_settings.everything || (g && g->watched);
}

/* The budget of a group, which user space may know nothing of. NULL never, in practice. */
static __always_inline struct abi_budget *budget_of(const struct abi_group *g, __u64 cgroup)
{
	__u64 payer = g && g->payer ? g->payer : cgroup, others = 0;
	struct abi_budget *b = bpf_map_lookup_elem(&budgets, &payer), fresh = {};

	if (b)
		return b;
	bpf_map_update_elem(&budgets, &payer, &fresh, BPF_NOEXIST);
	b = bpf_map_lookup_elem(&budgets, &payer);
	return b ? b : bpf_map_lookup_elem(&budgets, &others);
}

static __always_inline void drop_count(struct abi_budget *b, enum abi_drop why)
{
	__u32 slot = why;
	__u64 *all = bpf_map_lookup_elem(&dropped, &slot);

	if (all)
		*all += 1;
	if (b)
		__sync_fetch_and_add(&b->dropped[why], 1);
}

/* False: it has told so much that it has to wait. Another CPU may pass at the same time: it is near enough. */
static __always_inline bool budget_has_left(struct abi_budget *b, __u64 now)
{
	if (!event_settings.ns_per_byte)
		return true;
	if (b->paid_until_ns < now)
		b->paid_until_ns = now;
	return b->paid_until_ns - now <= event_settings.ahead_ns;
}

static __always_inline void budget_charge(struct abi_budget *b, __u64 bytes)
{
	__sync_fetch_and_add(&b->told, 1);
	if (bytes && event_settings.ns_per_byte)
		__sync_fetch_and_add(&b->paid_until_ns, bytes * event_settings.ns_per_byte);
}
