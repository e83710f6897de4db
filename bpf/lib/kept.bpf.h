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

/* By sizes: clang leaves types out of the description of a map in a map. */
struct kept_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ABI_KEPT_MAX);
	__uint(key_size, sizeof(struct abi_kept_key));
	__uint(value_size, sizeof(struct abi_kept));
};

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

/* True if user space lacks something of that process or of those above it, in one such map; from now on it knows them. */
static __always_inline bool kept_mark(void *map, struct abi_kept_key key)
{
	bool lacks = false;

	for (int i = 0; i < ABI_KEPT_ABOVE; i++) {
		struct abi_kept *k = bpf_map_lookup_elem(map, &key);

		if (!k)
			break;
		if (!(k->flags & ABI_KEPT_TOLD)) {
			k->flags |= ABI_KEPT_KNOWN | ABI_KEPT_TOLD;
			lacks = true;
		}
		key = k->parent;
	}
	return lacks;
}
