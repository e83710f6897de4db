/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A system call that returns: which one it was, with which arguments, however they were handed over. */
#pragma once
#include "bpf/lib/arch.bpf.h"

struct call {
	__u64 args[8]; /* six are used; so many that three bits can't be beyond them */
	__u64 address; /* message_address(): where it is, and how long */
	__u32 address_len;
	__u32 nr;
	enum abi_table table;
	__u32 pad;
};

static __always_inline void args_from_registers(struct call *c, struct pt_regs *regs)
{
	c->args[0] = call_arg(regs, c->table, 0);
	c->args[1] = call_arg(regs, c->table, 1);
	c->args[2] = call_arg(regs, c->table, 2);
	c->args[3] = call_arg(regs, c->table, 3);
	c->args[4] = call_arg(regs, c->table, 4);
	c->args[5] = call_arg(regs, c->table, 5);
}

enum { NR_SOCKETCALL = 102 }; /* i386 */

/*
 * i386 has a call of its own for what socketcall(2) multiplexes; what that one is asked for by number
 * is told as the call that it stands for. The number of that call, or none.
 */
static __always_inline __u32 socketcall_nr(__u32 what)
{
	switch (what) {
	case 1:
		return 359; /* socket */
	case 2:
		return 361; /* bind */
	case 3:
		return 362; /* connect */
	case 4:
		return 363; /* listen */
	case 5:		    /* accept */
	case 18:
		return 364; /* accept4 */
	case 8:
		return 360; /* socketpair */
	case 11:
		return 369; /* sendto */
	case 16:
		return 370; /* sendmsg */
	case 20:
		return 345; /* sendmmsg */
	default:
		return ABI_CALL_NR_MAX;
	}
}

/* The arguments of a multiplexed call, as far as they can still be read. */
static __always_inline void args_from_memory(struct call *c, __u64 user)
{
	__u32 words[6] = {};

	bpf_probe_read_user(words, sizeof(words), (const void *)user);
	for (int i = 0; i < 6; i++)
		c->args[i] = words[i];
}

/* Finds the address in the struct msghdr that argument index points to; false: there is none. */
static __always_inline bool message_address(struct call *c, __u32 index)
{
	const void *header = (const void *)c->args[index & 7];

	if (c->table == ABI_TABLE_COMPAT) {
		__u32 words[2] = {};

		bpf_probe_read_user(words, sizeof(words), header);
		c->address = words[0];
		c->address_len = words[1];
	} else {
		bpf_probe_read_user(&c->address, sizeof(c->address), header);
		bpf_probe_read_user(&c->address_len, sizeof(c->address_len), header + 8);
	}
	return c->address && c->address_len;
}

/*
 * Which call returns. Before that -1 is to be sorted out, which rt_sigreturn and tracers leave. True: its arguments are in the
 * program's memory (i386's socketcall()). The answer is not kept in *c: the verifier would walk both ways for each.
 */
static __always_inline bool call_identify(struct call *c, struct pt_regs *regs)
{
	c->nr = call_nr_on_exit(regs);
	c->table = call_table(current_task(), &c->nr);
	if (c->table != ABI_TABLE_COMPAT || c->nr != NR_SOCKETCALL)
		return false;
	c->nr = socketcall_nr(call_arg(regs, c->table, 0));
	return true;
}

/* And with which arguments. */
static __always_inline void call_read_args(struct call *c, struct pt_regs *regs, bool multiplexed)
{
	if (multiplexed)
		args_from_memory(c, call_arg(regs, c->table, 1));
	else
		args_from_registers(c, regs);
}
