/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What processes are, kept here until somebody asks (struct abi_kept): so that the birth, the exec and the end of one that does
 * nothing a rule wants need not be told.
 *
 * What must hold: an entry has everything that user space will ever need of its process, for it may be asked for when its
 * parent is another program, or has ended. Entries are allocated when they are made, so an idle machine has few; tracepoints
 * of processes are no place where that could deadlock.
 */
#pragma once
#include "bpf/lib/helpers.bpf.h"

#include "abi/event.h"
#include "abi/kept.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ABI_KEPT_MAX);
	__type(key, struct abi_kept_key);
	__type(value, struct abi_kept);
} kept __weak SEC(".maps");

static __always_inline __u64 start_of(struct task_struct *leader)
{
	if (bpf_core_field_exists(leader->start_boottime))
		return BPF_CORE_READ(leader, start_boottime);
	return 0;
}

static __always_inline struct abi_kept_key kept_key(struct task_struct *task)
{
	return (struct abi_kept_key){ .start_ns = start_of(BPF_CORE_READ(task, group_leader)),
				      .tgid = BPF_CORE_READ(task, tgid) };
}

/* True if user space lacks something of that process or of those above it; from now on it knows them. */
subprogram int kept_ask(__u64 start_ns, __u32 tgid)
{
	struct abi_kept_key key = { .start_ns = start_ns, .tgid = tgid };
	int lacks = 0;

	for (int i = 0; i < ABI_KEPT_ABOVE; i++) {
		struct abi_kept *k = bpf_map_lookup_elem(&kept, &key);

		if (!k)
			break;
		if (!(k->flags & ABI_KEPT_TOLD)) {
			k->flags |= ABI_KEPT_KNOWN | ABI_KEPT_TOLD;
			lacks = 1;
		}
		key = k->parent;
	}
	return lacks;
}

/* A record of that process, or of a child of it, is about to be told. */
static __always_inline void kept_tell(struct abi_event *ev, __u64 start_ns, __u32 tgid)
{
	if (kept_ask(start_ns, tgid))
		ev->flags |= ABI_EVENT_UNTOLD;
}

/* The same, of a record of a call that current makes. */
static __always_inline void kept_tell_call(struct abi_event *ev)
{
	ev->call.start_ns = start_of(BPF_CORE_READ(current_task(), group_leader));
	kept_tell(ev, ev->call.start_ns, ev->tgid);
}
