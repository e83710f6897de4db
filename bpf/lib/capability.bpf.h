/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of capabilities that were told already: a process that uses one in a loop is told of once. */
#pragma once
#include "bpf/lib/helpers.bpf.h"

/* Bit by capability. */
struct capabilities {
	__u64 granted, refused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32); /* tgid */
	__type(value, struct capabilities);
} capabilities_told __weak SEC(".maps");

/* It runs another program now, or none. */
static __always_inline void capabilities_forget(__u32 tgid)
{
	bpf_map_delete_elem(&capabilities_told, &tgid);
}

static __always_inline bool capability_is_new(__u32 tgid, int cap, bool granted)
{
	struct capabilities *told = bpf_map_lookup_elem(&capabilities_told, &tgid), fresh = {};
	__u64 bit = 1ULL << (cap & 63), *set;

	if (!told) {
		if (granted)
			fresh.granted = bit;
		else
			fresh.refused = bit;
		bpf_map_update_elem(&capabilities_told, &tgid, &fresh, BPF_ANY);
		return true;
	}
	set = granted ? &told->granted : &told->refused;
	if (*set & bit)
		return false;
	*set |= bit;
	return true;
}
