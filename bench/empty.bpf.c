// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floor: programs that do nothing, on the tracepoints of the recorder or of the guard. What they
 * cost, any sensor on these hooks costs. */
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

SEC("tp_btf/sched_process_fork")
int BPF_PROG(empty_fork, struct task_struct *parent, struct task_struct *child)
{
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(empty_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(empty_exit, struct task_struct *task)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
