/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls as the entry code leaves them: which table, which number, which arguments. */
#pragma once
#include "bpf/lib/helpers.bpf.h"

#ifndef __TARGET_ARCH_x86
#error "bpf/lib/arch.bpf.h: add this architecture's system call convention"
#endif

#define X32_BIT 0x40000000

/*
 * The number of the call in *nr, the table it indexes as the result. TS_COMPAT is what the kernel's
 * own syscall_get_arch() looks at: int 0x80 from 64-bit code counts as 32-bit, which neither the
 * code segment nor the task's personality would tell. x32 is a bit of the number, and reaches us
 * even on kernels built without it (the call then fails with ENOSYS).
 */
static __always_inline enum abi_table call_table(const struct task_struct *task, __u32 *nr)
{
	if (BPF_CORE_READ(task, thread_info.status) & TS_COMPAT)
		return ABI_TABLE_COMPAT;
	if (*nr & X32_BIT) {
		*nr &= ~X32_BIT;
		return ABI_TABLE_X32;
	}
	return ABI_TABLE_NATIVE;
}

/* Argument 0..5 of the call. pt_regs keeps them until the call returns, except across execve. */
static __always_inline __u64 call_arg(const struct pt_regs *regs, enum abi_table table, __u32 index)
{
	if (table == ABI_TABLE_COMPAT) {
		switch (index) {
		case 0:
			return (__u32)regs->bx;
		case 1:
			return (__u32)regs->cx;
		case 2:
			return (__u32)regs->dx;
		case 3:
			return (__u32)regs->si;
		case 4:
			return (__u32)regs->di;
		default:
			return (__u32)regs->bp;
		}
	}
	switch (index) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

static __always_inline __u32 call_nr_on_exit(const struct pt_regs *regs)
{
	return (__u32)regs->orig_ax;
}
