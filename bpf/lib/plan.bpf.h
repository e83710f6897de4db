/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which calls are told. */
#pragma once
#include "bpf/lib/home.bpf.h"
#include "bpf/lib/room.bpf.h"

extern volatile __u32 spared[ABI_SPARED_MAX] __weak; /* written while this runs; 0: free */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABI_TABLES *ABI_CALL_NR_MAX);
	__type(key, __u32);
	__type(value, struct abi_event_plan);
} event_plans __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, ABI_FILTERS);
	__type(key, __u32);
	__type(value, __u32);
} filters __weak SEC(".maps");

/* What filters work in; only user space, which makes them, knows its size. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} filter_scratch __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_LOOKS);
	__type(key, __u32);
	__type(value, __u64);
} looked_at __weak SEC(".maps");

static __always_inline void count_look(enum abi_look what)
{
	__u32 slot = what;
	__u64 *n = bpf_map_lookup_elem(&looked_at, &slot);

	if (n)
		*n += 1;
}

/* A record that was made of a call, before a filter looks at it. */
static __always_inline void count_looked_at(void)
{
	count_look(ABI_LOOKED_AT);
}

/* NULL: nobody asks for this call. */
static __always_inline const struct abi_event_plan *plan_of(enum abi_table table, __u32 nr)
{
	__u32 slot = table * ABI_CALL_NR_MAX + nr;
	const struct abi_event_plan *plan;

	if (nr >= ABI_CALL_NR_MAX)
		return NULL;
	plan = bpf_map_lookup_elem(&event_plans, &slot);
	return plan && plan->flags & ABI_PLAN_WANTED ? plan : NULL;
}

/* The guard's own processes: what they do is never told, or it would never end. */
static __always_inline bool is_spared(__u32 tgid)
{
	if (tgid == event_settings.self)
		return true;
	for (int i = 0; i < ABI_SPARED_MAX; i++)
		if (tgid == spared[i])
			return true;
	return false;
}

/* Whether calls of this group are asked for; NULL: one that user space knows nothing of. */
static __always_inline bool is_asked_about(const struct abi_group *g)
{
	return is_watched(g) && !is_spared(current_tgid());
}

/* Whose budget pays for telling of a call now; NULL: nobody's has enough left, which was counted. */
static __always_inline struct abi_budget *budget_at(const struct abi_group *g, __u64 cgroup,
						    __u64 now)
{
	struct abi_budget *b = budget_of(g, cgroup);

	if (!b)
		return NULL;
	if (!budget_has_left(b, now)) {
		drop_count(b, ABI_DROP_BUDGET);
		return NULL;
	}
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > event_settings.calls_max) {
		drop_count(b, ABI_DROP_RING);
		return NULL;
	}
	return b;
}

/* NULL: nobody asks for this group, or it may not tell of a call now. */
static __always_inline struct abi_budget *budget_for_call(__u64 cgroup)
{
	struct abi_group *g = bpf_map_lookup_elem(&groups, &cgroup);

	return is_asked_about(g) ? budget_at(g, cgroup, bpf_ktime_get_boot_ns()) : NULL;
}
