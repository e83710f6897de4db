/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records that are told, of processes that may have been kept (kept.bpf.h): each says whether user space lacks something. */
#pragma once
#include "bpf/lib/kept.bpf.h"

struct kept_map kept __weak SEC(".maps");

subprogram int kept_ask(__u64 start_ns, __u32 tgid)
{
	struct abi_kept_key key = { .start_ns = start_ns, .tgid = tgid };

	return kept_mark(&kept, key);
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
