// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floor: programs on the raw system call tracepoints that do nothing. What they cost, any sensor on
 * these hooks costs. */
#include "bpf/lib/helpers.bpf.h"

SEC("tp_btf/sys_enter")
int BPF_PROG(empty_sys_enter, struct pt_regs *regs, long id)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(empty_sys_exit, struct pt_regs *regs, long ret)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
