// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls: which ones, with which arguments, and which were refused.
 *
 * Both raw tracepoints tax every call on the machine, so they are attached while something is being
 * recorded and not longer. A task that nobody watches leaves after one look-up (two for a thread
 * that is not its process's leader).
 *
 * seccomp runs before sys_enter (syscall_trace_enter()), sys_exit fires all the same: a sys_exit
 * whose sys_enter we did not see is a call that a filter in force refused, with the errno it chose.
 */
#include "bpf/lib/track.bpf.h"

#include "bpf/lib/arch.bpf.h"
#include "bpf/lib/bits.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* sys_enter continues here for a task that was there before us. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} enter_handlers __weak SEC(".maps");

/* sys_exit continues in one of these, by enum abi_exit_handler: see exit.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, ABI_EXIT_HANDLERS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} exit_handlers __weak SEC(".maps");

/* Folds values that are not kept one by one into what they have in common. */
static __always_inline void range_widen(const struct abi_call_key *call, __u64 cell,
					const struct abi_args_key *args)
{
	struct abi_arg_range *range = bpf_map_lookup_elem(&arg_ranges, call), fresh = {};

	if (!range) {
		bpf_map_update_elem(&arg_ranges, call, &fresh, BPF_NOEXIST);
		range = bpf_map_lookup_elem(&arg_ranges, call);
	}
	if (!range) {
		loss_count(cell, ABI_LOSS_ARGS);
		return;
	}
	range->count++;
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++) {
		__u64 v = args->values[i];

		range->arg[i].any_bits |= v;
		range->arg[i].not_all_bits |= ~v;
		if (range->arg[i].max < v)
			range->arg[i].max = v;
		if (range->arg[i].not_min < ~v)
			range->arg[i].not_min = ~v;
	}
}

static __always_inline __u64 planned_value(const struct pt_regs *regs, enum abi_table table,
					   const struct abi_arg_plan *plan, int i)
{
	__u64 v = call_arg(regs, table, plan->index[i]);

	return plan->wide[i] ? v : (__u32)v;
}

static __always_inline void args_learn(const struct pt_regs *regs, const struct abi_task *t,
				       const struct abi_call_key *call,
				       const struct abi_arg_plan *plan)
{
	struct abi_args_key key = { .actor = call->actor, .nr = call->nr, .table = call->table };
	struct abi_fact fresh = {}, *known;
	struct abi_call *value;

	key.values[0] = planned_value(regs, call->table, plan, 0);
	if (plan->count > 1)
		key.values[1] = planned_value(regs, call->table, plan, 1);
	if (plan->count > 2)
		key.values[2] = planned_value(regs, call->table, plan, 2);
	known = bpf_map_lookup_elem(&args, &key);
	if (known) {
		fact_touch(known, now_ns());
		return;
	}
	value = bpf_map_lookup_elem(&calls, call);
	if (!value)
		return; /* lost, and counted, just before */
	if (value->tuples >= ABI_ARG_TUPLES_MAX)
		range_widen(call, t->cell, &key);
	else if (fact_learn(&args, &key, &fresh, t->cell, ABI_LOSS_ARGS))
		__sync_fetch_and_add(&value->tuples, 1);
}

static __always_inline __u32 plan_slot(__u32 table, __u32 nr)
{
	return table * ABI_CALL_NR_MAX + nr;
}

/* Counts the call that t has entered. */
static __always_inline void call_entered(const struct pt_regs *regs, struct abi_task *t)
{
	struct abi_call_key key = { .actor = t->actor, .nr = t->nr, .table = t->table };
	__u32 slot = plan_slot(key.table, key.nr);
	struct abi_arg_plan *plan;

	call_learn(t, &key);
	plan = bpf_map_lookup_elem(&arg_plans, &slot);
	if (plan && plan->count)
		args_learn(regs, t, &key, plan);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, long id)
{
	struct abi_task *t = task_find();
	__u32 nr = id;

	if (!t)
		return 0;
	t->table = call_table(current_task(), &nr);
	t->nr = nr < ABI_CALL_NR_MAX ? nr : ABI_CALL_NR_MAX; /* no such call: counted together */
	t->in_call = ABI_CALL_ENTERED;
	if (t->stage == ABI_STAGE_SETUP &&
	    t->filter != (__u64)BPF_CORE_READ(current_task(), seccomp.filter)) {
		t->stage = ABI_STAGE_TAIL;
		t->actor = 0;
	}
	if (task_resolve(t))
		call_entered(regs, t);
	else if (!t->exe)
		bpf_tail_call(ctx, &enter_handlers, 0);
	return 0;
}

/* The first call we see of a task: who is it? */
SEC("tp_btf/sys_enter")
int BPF_PROG(enter_first, struct pt_regs *regs, long id)
{
	struct file *file = BPF_CORE_READ(current_task(), mm, exe_file);
	struct abi_task *t = task_find();

	if (!t || !file)
		return 0;
	t->exe = exe_number((__u64)file, t->cell);
	if (task_resolve(t))
		call_entered(regs, t);
	return 0;
}

enum { CAPS_PER_CALL_MAX = 8 };

/* The capabilities asked for during the call were used if it succeeded, else merely probed. */
static __always_inline void caps_settle(struct abi_task *t, bool success)
{
	struct abi_cap_key key = { .actor = t->actor, .nr = t->nr, .table = t->table };
	__u64 granted = t->caps_granted, rest = granted | t->caps_refused;

	t->caps_granted = t->caps_refused = 0;
	for (int i = 0; i < CAPS_PER_CALL_MAX && rest; i++) {
		struct abi_fact fresh = {};

		key.cap = lowest_bit(rest);
		rest &= rest - 1;
		key.outcome = !(granted >> (key.cap & 63) & 1) ? ABI_CAP_REFUSED :
			      success			       ? ABI_CAP_USED :
								 ABI_CAP_PROBED;
		fact_learn(&caps, &key, &fresh, t->cell, ABI_LOSS_CAPS);
	}
	if (rest)
		loss_count(t->cell, ABI_LOSS_CAPS);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	struct abi_task *t = task_find();
	struct abi_exit_plan *plan;
	__u32 slot, nr;

	if (!t)
		return 0;
	if (t->in_call == ABI_CALL_NONE) {
		struct abi_call_key key = { .refused = 1 };

		nr = call_nr_on_exit(regs);
		if ((__s32)nr == -1)
			return 0; /* rt_sigreturn and tracers leave no number */
		key.table = call_table(current_task(), &nr);
		key.nr = nr > ABI_CALL_NR_MAX ? ABI_CALL_NR_MAX : nr;
		if (!task_resolve(t))
			return 0;
		key.actor = t->actor;
		call_learn(t, &key);
		return 0;
	}
	slot = t->in_call == ABI_CALL_ENTERED ? plan_slot(t->table, t->nr) : ~0U;
	t->in_call = ABI_CALL_NONE;
	if (t->caps_granted | t->caps_refused && task_resolve(t))
		caps_settle(t, ret >= 0 || ret == -EINPROGRESS);
	if (ret < 0 && ret != -EINPROGRESS)
		return 0;
	plan = bpf_map_lookup_elem(&exit_plans, &slot);
	if (plan && plan->handler)
		bpf_tail_call(ctx, &exit_handlers, plan->handler);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
