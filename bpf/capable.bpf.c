// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities that watched processes ask for, told as calls (ABI_NR_CAPABILITY). cap_capable() decides; what counts is
 * said in capability.bpf.c, which the recorder has. Attached only if a rule asks for it: the kernel checks often.
 *
 * A program on a trampoline may be preempted, so nothing here works in the rooms of CPUs: the record is made in the ring.
 */
#include "bpf/lib/kept_tell.bpf.h"
#include "bpf/lib/plan.bpf.h"

#include "bpf/lib/capability.bpf.h"
#include "bpf/lib/noaudit.bpf.h"

const volatile struct abi_settings settings __weak = {};
const volatile struct abi_event_settings event_settings __weak = {};
volatile __u32 spared[ABI_SPARED_MAX] __weak = {};
volatile __u32 homeless __weak = 0;

enum { EPERM = 1, CAP_SYS_ADMIN = 21 };

/* Whether somebody may want to be told: the common case leaves after two looks into maps. */
static __always_inline bool is_of_interest(const struct cred *cred, struct user_namespace *ns,
					   int cap)
{
	struct task_struct *task = current_task();
	__u64 cgroup = home_of_current();

	return cap >= 0 && cap < 64 && plan_of(ABI_TABLE_NATIVE, ABI_NR_CAPABILITY) &&
	       is_watched(bpf_map_lookup_elem(&groups, &cgroup)) &&
	       cred == BPF_CORE_READ(task, real_cred) && ns == BPF_CORE_READ(cred, user_ns);
}

static __always_inline int tell(int cap, bool granted)
{
	__u64 cgroup = home_of_current();
	struct abi_budget *b;
	struct abi_event *ev;

	if (!capability_is_new(current_tgid(), cap, granted))
		return 0;
	b = budget_for_call(cgroup);
	if (!b)
		return 0;
	count_looked_at();
	ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
	if (!ev) {
		drop_count(b, ABI_DROP_RING);
		return 0;
	}
	event_head(ev, ABI_EVENT_CALL, current_task(), cgroup);
	ev->size = sizeof(*ev);
	ev->flags = ABI_EVENT_WATCHED;
	ev->table = ABI_TABLE_NATIVE;
	ev->nr = ABI_NR_CAPABILITY;
	ev->call.fd = -1;
	ev->call.result = granted ? 0 : -EPERM;
	ev->call.args[0] = cap;
	ev->call.args[1] = granted;
	kept_tell_call(ev);
	bpf_ringbuf_submit(ev, 0);
	budget_charge(b, sizeof(*ev));
	return 0;
}

SEC("fexit/cap_capable")
int BPF_PROG(capable_by_function, const struct cred *cred, struct user_namespace *ns, int cap,
	     unsigned int opts, int ret)
{
	return opts & CAP_OPT_NOAUDIT || !is_of_interest(cred, ns, cap) ? 0 : tell(cap, !ret);
}

/* Calls that reserve memory, for which the kernel asks whether there is some for administrators; a page fault is none. */
static __always_inline bool reserves_memory(void)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	switch ((__s32)BPF_CORE_READ(regs, orig_ax)) { /* x86-64's numbers */
	case -1:
	case 9:	 /* mmap */
	case 10: /* mprotect */
	case 12: /* brk */
	case 25: /* mremap */
	case 56: /* clone, fork, vfork, execve */
	case 57:
	case 58:
	case 59:
	case 322: /* execveat */
	case 435: /* clone3 */
		return true;
	default:
		return false;
	}
}

/* Of 6.14 and later: there are no options, and unwinding the stack takes a microsecond. */
SEC("tp_btf/cap_capable")
int BPF_PROG(capable_by_tracepoint, const struct cred *cred, struct user_namespace *ns,
	     const struct user_namespace *capable_ns, int cap, int ret)
{
	if (!is_of_interest(cred, ns, cap) || (cap == CAP_SYS_ADMIN && reserves_memory()) ||
	    is_noaudit(ctx))
		return 0;
	return tell(cap, !ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
