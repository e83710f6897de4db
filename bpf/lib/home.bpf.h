/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To which control group a process belongs: that which it is in, but for one that a watched container has put into a group that
 * nobody watches, by clone3(CLONE_INTO_CGROUP) or by the group's cgroup.procs, and for all that come from such a one. Those are told of
 * as of the group that they come from, as long as that is watched.
 */
#pragma once
#include "bpf/lib/budget.bpf.h"
#include "bpf/lib/helpers.bpf.h"

/* How many there are: while there are none nobody pays for a look-up. */
extern volatile __u32 homeless __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32); /* tgid */
	__type(value, __u64);
} homes __weak SEC(".maps");

static __always_inline void home_forget(__u32 tgid)
{
	if (homeless && !bpf_map_delete_elem(&homes, &tgid))
		__sync_fetch_and_add(&homeless, -1);
}

static __always_inline bool is_watched_group(__u64 cgroup)
{
	return is_watched(bpf_map_lookup_elem(&groups, &cgroup));
}

/* Where a process belongs that is in that group, if there is anybody astray. */
subprogram __u64 home_known(__u32 tgid, __u64 cgroup)
{
	__u64 *home = bpf_map_lookup_elem(&homes, &tgid);

	return home && is_watched_group(*home) ? *home : cgroup;
}

static __always_inline __u64 home_of(__u32 tgid, __u64 cgroup)
{
	return homeless ? home_known(tgid, cgroup) : cgroup;
}

static __always_inline __u64 home_of_task(struct task_struct *task)
{
	return home_of(BPF_CORE_READ(task, tgid), task_cgroup_id(task));
}

static __always_inline __u64 home_of_current(void)
{
	return homeless ? home_of(current_tgid(), current_cgroup_id()) : current_cgroup_id();
}

/* A process that belongs to a group is in another one now. */
subprogram int home_keep(__u32 tgid, __u64 home, __u64 now_in)
{
	if (home != now_in && is_watched_group(home) && !is_watched_group(now_in) &&
	    !bpf_map_update_elem(&homes, &tgid, &home, BPF_NOEXIST))
		__sync_fetch_and_add(&homeless, 1);
	return 0;
}
