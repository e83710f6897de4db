// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities that were asked for, and what the kernel answered.
 *
 * cap_capable() decides. A check counts if it was meant to be noticed (not CAP_OPT_NOAUDIT: those
 * only ask whether a privilege could be had, e.g. for the memory reserve on every mmap), was made
 * against the task's own user namespace, and with its own credentials (not those of a mounter that
 * overlayfs borrows). Whether it was *used* is settled at sys_exit: the call must have succeeded.
 *
 * Variants, best first: fexit (arguments and result at once), kprobe + kretprobe, and the
 * tracepoint of 6.14 and later, which has no options: there the call chain is searched for the
 * kernel's unaudited entry points instead.
 */
#include "bpf/lib/track.bpf.h"

#include "bpf/lib/noaudit.bpf.h"

const volatile struct abi_settings settings __weak = {};

static __always_inline int on_capable(const struct cred *cred, struct user_namespace *ns, int cap,
				      bool granted)
{
	struct task_struct *task = current_task();
	struct abi_task *t = task_find();

	if (!t || cap < 0 || cap > 63)
		return 0;
	if (cred != BPF_CORE_READ(task, real_cred) || ns != BPF_CORE_READ(cred, user_ns))
		return 0;
	if (granted)
		t->caps_granted |= 1ULL << cap;
	else
		t->caps_refused |= 1ULL << cap;
	return 0;
}

SEC("fexit/cap_capable")
int BPF_PROG(capable_fexit, const struct cred *cred, struct user_namespace *ns, int cap,
	     unsigned int opts, int ret)
{
	return opts & CAP_OPT_NOAUDIT ? 0 : on_capable(cred, ns, cap, !ret);
}

/* The arguments wait in the task's entry: a thread is in one check at a time. */
struct check {
	const struct cred *cred;
	struct user_namespace *ns;
	int cap;
	unsigned int opts;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct check);
} checks __weak SEC(".maps");

SEC("kprobe/cap_capable")
int BPF_KPROBE(capable_kprobe, const struct cred *cred, struct user_namespace *ns, int cap,
	       unsigned int opts)
{
	struct check check = { .cred = cred, .ns = ns, .cap = cap, .opts = opts };
	__u32 tid = current_tid();

	if (!(opts & CAP_OPT_NOAUDIT) && task_find())
		bpf_map_update_elem(&checks, &tid, &check, BPF_ANY);
	return 0;
}

SEC("kretprobe/cap_capable")
int BPF_KRETPROBE(capable_kretprobe, int ret)
{
	__u32 tid = current_tid();
	struct check *check = bpf_map_lookup_elem(&checks, &tid);

	if (!check)
		return 0;
	on_capable(check->cred, check->ns, check->cap, !ret);
	bpf_map_delete_elem(&checks, &tid);
	return 0;
}

enum { CAP_SYS_ADMIN = 21 };

/* Unwinding the stack takes a microsecond: not for the check on every mmap of which we know what it is. */
static __always_inline bool is_memory_reserve(const struct abi_task *t, int cap)
{
	__u32 slot = t->table * ABI_CALL_NR_MAX + t->nr;
	struct abi_arg_plan *plan;

	if (cap != CAP_SYS_ADMIN)
		return false;
	if (t->in_call == ABI_CALL_NONE) /* a page fault */
		return true;
	plan = bpf_map_lookup_elem(&arg_plans, &slot);
	return plan && plan->memory;
}

SEC("tp_btf/cap_capable")
int BPF_PROG(capable_tracepoint, const struct cred *cred, struct user_namespace *ns,
	     const struct user_namespace *capable_ns, int cap, int ret)
{
	struct abi_task *t = task_find();

	if (!t || is_memory_reserve(t, cap) || is_noaudit(ctx))
		return 0;
	return on_capable(cred, ns, cap, !ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
