/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From whom processes come, so that a rule which asks for the programs above one can be decided where something happens. As
 * guard/process_table.c has it, a parent stays one when others have taken its children over; only that it is not found then.
 */
#pragma once
#include "bpf/lib/home.bpf.h"
#include "bpf/lib/kept.bpf.h"
#include "bpf/lib/process.bpf.h"

#include "abi/program.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32); /* tgid */
	__type(value, struct abi_descent);
} descents __weak SEC(".maps");

static __always_inline void descent_forget(__u32 tgid)
{
	bpf_map_delete_elem(&descents, &tgid);
}

/* One that finds no room is not known. */
static __always_inline void descent_keep(__u32 tgid, struct abi_descent *d)
{
	if (!d->start_ns || bpf_map_update_elem(&descents, &tgid, d, BPF_ANY))
		descent_forget(tgid);
}

static __always_inline void descent_describe(struct abi_descent *d, struct task_struct *task)
{
	d->vpid = pid_number(BPF_CORE_READ(task, group_leader, thread_pid), true);
}

static __always_inline void descent_begin(struct task_struct *parent, struct task_struct *child)
{
	struct abi_descent d = { .start_ns = start_of(child),
				 .parent_start_ns = start_of(BPF_CORE_READ(parent, group_leader)),
				 .cgroup = home_of_task(child),
				 .parent = BPF_CORE_READ(parent, tgid) };
	__u32 tgid = BPF_CORE_READ(child, tgid);

	if (!is_watched(bpf_map_lookup_elem(&groups, &d.cgroup))) {
		descent_forget(tgid);
		return;
	}
	descent_describe(&d, child);
	descent_keep(tgid, &d);
}

/*
 * The process has been moved into that group. If nobody watches it, and where it was is watched, it belongs there still; one of which
 * it is not known where it was has come in from outside, or was there before the guard.
 */
static __always_inline void descent_move(__u32 tgid, __u64 cgroup)
{
	struct abi_descent *d = bpf_map_lookup_elem(&descents, &tgid);

	if (!d)
		return;
	home_keep(tgid, d->cgroup, cgroup);
	d->cgroup = home_of(tgid, cgroup);
}

/* task begins a program in a watched group. */
static __always_inline void descent_exec(struct task_struct *task, __u64 cgroup)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct abi_descent *before = bpf_map_lookup_elem(&descents, &tgid);
	struct abi_descent d = { .start_ns = start_of(BPF_CORE_READ(task, group_leader)),
				 .cgroup = cgroup };

	if (before && before->start_ns == d.start_ns) {
		d.parent = before->parent;
		d.parent_start_ns = before->parent_start_ns;
	}
	descent_describe(&d, task);
	descent_keep(tgid, &d);
}
