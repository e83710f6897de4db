/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who may be denied something: tasks in the control group of a container that has started, but for those
 * that came in from outside and have not begun a program of the container yet, which is what a
 * runtime does to start one more command. So nothing of the host is ever asked, and no runtime's name or habit is
 * known here.
 */
#pragma once
#include "bpf/lib/cgroup.bpf.h"

#include "abi/event.h"

#include "abi/deny.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct abi_deny_place);
} deny_places __weak SEC(".maps");

/*
 * Processes that came in from outside. One that finds no room is treated as the container's: its command
 * may fail then, but nothing gets around a denial by filling the map.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32); /* tgid */
	__type(value, __u8);
} deny_outsiders __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_deny_state_now);
} deny_state __weak SEC(".maps");

/* Of the set of rules that these programs are of: what is in another set is another's business. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} deny_members __weak SEC(".maps");

/*
 * Processes that were put out of their container's control group, by clone3(CLONE_INTO_CGROUP) or by a group's cgroup.procs, and all that
 * come from them: asked as those of the group that they come from, wherever they are, until they end. How many there are is
 * counted, so that nobody pays for a look-up while there is none.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ABI_DENY_STRAYS);
	__type(key, __u32); /* tgid */
	__type(value, struct abi_deny_stray);
} deny_strays __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABI_DENY_STRAYED);
	__type(key, __u32);
	__type(value, __u64);
} deny_strayed __weak SEC(".maps");

/* Whom user space is to look at: control groups in which a container's program has begun. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} deny_begun __weak SEC(".maps");

static __always_inline struct abi_deny_state_now *state_now(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&deny_state, &zero);
}

static __always_inline struct abi_deny_place *place_started(__u64 cgroup)
{
	struct abi_deny_place *p = bpf_map_lookup_elem(&deny_places, &cgroup);

	return p && p->state == ABI_DENY_STARTED ? p : NULL;
}

static __always_inline __u64 *stray_count(enum abi_deny_strayed which)
{
	__u32 slot = which;

	return bpf_map_lookup_elem(&deny_strayed, &slot);
}

/* NULL: the process is where it belongs. */
static __always_inline struct abi_deny_stray *stray_of(__u32 tgid)
{
	__u64 *count = stray_count(ABI_DENY_STRAYED_NOW);

	return count && *count ? bpf_map_lookup_elem(&deny_strays, &tgid) : NULL;
}

/* ABI_DENY_OBSERVE: nothing is asked of current. The common case leaves after one look-up. */
static __always_inline enum abi_deny_mode mode_of_current(__u64 *ret_cgroup)
{
	__u64 cgroup = current_cgroup_id();
	__u32 tgid = current_tgid();
	struct abi_deny_stray *s = stray_of(tgid);
	struct abi_deny_place *p;
	struct abi_deny_state_now *now;
	__u8 mode;

	if (s)
		cgroup = s->cgroup;
	p = place_started(cgroup);
	if (!p && !s)
		return ABI_DENY_OBSERVE;
	*ret_cgroup = cgroup;
	mode = p ? p->mode : ABI_DENY_DEFAULT; /* its container's group has been removed */
	if (mode == ABI_DENY_DEFAULT) {
		now = state_now();
		mode = now ? now->mode : ABI_DENY_OBSERVE;
	}
	if (mode < ABI_DENY_DRY_RUN)
		return ABI_DENY_OBSERVE;
	return bpf_map_lookup_elem(&deny_outsiders, &tgid) ? ABI_DENY_OBSERVE : mode;
}
