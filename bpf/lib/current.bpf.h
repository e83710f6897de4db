/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system call that current is in, for whoever is asked somewhere within it. */
#pragma once
#include "bpf/lib/arch.bpf.h"

enum { THREAD_SIZE = 16384 };

/* The registers that current entered the kernel with: at the end of its stack. */
static __always_inline struct pt_regs *current_regs(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return BPF_CORE_READ(current_task(), stack) + THREAD_SIZE -
	       bpf_core_type_size(struct pt_regs);
}

/* The number of the call that current is in, and its table. */
static __always_inline __u32 current_call(enum abi_table *table)
{
	struct pt_regs *regs = current_regs();
	__u32 nr = BPF_CORE_READ(regs, orig_ax);

	*table = call_table(current_task(), &nr);
	return nr;
}

/* Whether it came by the table of 32-bit programs; where the kernel has typed pointers without calling a helper that reads. */
static __always_inline bool current_is_compat(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
	return BPF_CORE_READ(current_task(), thread_info.status) & TS_COMPAT;
}
