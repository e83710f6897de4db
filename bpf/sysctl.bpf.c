// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Parameters of the kernel that watched processes write, told as calls (ABI_NR_SYSCTL): by the kernel's own name and with the value,
 * whichever file led there. Every kernel has this, if a unified hierarchy is mounted: the program hangs on its root, in which
 * every process is, wherever its container is kept. Attached only if a rule asks for it.
 *
 * Such a program may be preempted, so nothing here works in the rooms of CPUs: the record is made in the ring.
 */
#define CURRENT_BY_TASK
#include "bpf/lib/kept_tell.bpf.h"
#include "bpf/lib/plan.bpf.h"

const volatile struct abi_settings settings __weak = {};
const volatile struct abi_event_settings event_settings __weak = {};
volatile __u32 spared[ABI_SPARED_MAX] __weak = {};
volatile __u32 homeless __weak = 0;

enum { ALLOWED = 1, NAME_MAX = 128, VALUE_MAX = 256, E2BIG = 7 };

struct sysctl_record {
	struct abi_event ev;
	char name[NAME_MAX];
	char old[VALUE_MAX];
	char fresh[VALUE_MAX];
};

/* n: as helpers have it, the length or why there is none; a text that is too long is there as far as it goes. */
static __always_inline void span_put(struct abi_event *ev, __u32 which, __u32 at, long n,
				     __u32 size)
{
	if (n == -E2BIG) {
		ev->flags |= ABI_EVENT_CUT;
		n = size - 1;
	}
	ev->text[which].at = at;
	ev->text[which].len = n > 0 ? n : 0;
}

/* Without the end of a line behind it. */
static __always_inline long trimmed(const char *value, long n)
{
	return n > 0 && n <= VALUE_MAX && value[(n - 1) & (VALUE_MAX - 1)] == '\n' ? n - 1 : n;
}

static __always_inline void tell(struct bpf_sysctl *ctx, struct abi_budget *b, __u64 cgroup)
{
	struct sysctl_record *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);

	if (!r) {
		drop_count(b, ABI_DROP_RING);
		return;
	}
	event_head(&r->ev, ABI_EVENT_CALL, current_task(), cgroup);
	r->ev.size = sizeof(*r);
	r->ev.flags = ABI_EVENT_WATCHED;
	r->ev.table = ABI_TABLE_NATIVE;
	r->ev.nr = ABI_NR_SYSCTL;
	r->ev.call.fd = -1;
	r->ev.call.args[0] = 1; /* it is written */
	kept_tell_call(&r->ev);
	span_put(&r->ev, ABI_TEXT_PATH1, offsetof(struct sysctl_record, name),
		 bpf_sysctl_get_name(ctx, r->name, sizeof(r->name), 0), sizeof(r->name));
	span_put(&r->ev, ABI_TEXT_BYTES, offsetof(struct sysctl_record, old),
		 trimmed(r->old, bpf_sysctl_get_current_value(ctx, r->old, sizeof(r->old))),
		 sizeof(r->old));
	span_put(&r->ev, ABI_TEXT_PATH2, offsetof(struct sysctl_record, fresh),
		 trimmed(r->fresh, bpf_sysctl_get_new_value(ctx, r->fresh, sizeof(r->fresh))),
		 sizeof(r->fresh));
	bpf_ringbuf_submit(r, 0);
	budget_charge(b, sizeof(*r));
}

SEC("cgroup/sysctl")
int sysctl_written(struct bpf_sysctl *ctx)
{
	__u64 cgroup = home_of_current();
	struct abi_budget *b;

	if (!ctx->write || !plan_of(ABI_TABLE_NATIVE, ABI_NR_SYSCTL) ||
	    !is_watched(bpf_map_lookup_elem(&groups, &cgroup)))
		return ALLOWED;
	b = budget_for_call(cgroup);
	if (!b)
		return ALLOWED;
	count_looked_at();
	tell(ctx, b, cgroup);
	return ALLOWED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
