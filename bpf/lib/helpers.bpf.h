/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The base of every program here: types, helpers, and what one kernel has and another lacks. */
#pragma once
#include "bpf/lib/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi/record.h"

/*
 * A function that the verifier checks once for each program that calls it, however often and from
 * whatever state: that is what keeps long walks affordable. The price (5.10): arguments and result
 * are plain numbers, so it looks its own map entries up.
 */
#define subprogram __weak __noinline

/* One that is verified with its caller, and may have pointers; not every family that includes it has a use for it. */
#define subroutine static __noinline __attribute__((unused))

/*
 * current as a pointer that can be followed without a helper call per step. The helper that
 * returns it typed came with 5.11 (3ca1032ab7ab); before, reads through the untyped one go through
 * bpf_probe_read_kernel(). Both spellings below are BPF_CORE_READ, so callers need not care.
 */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * Two members of 32 bits at base, by one read where they follow each other: a read is a call, and most of what
 * a look at an object of the kernel costs.
 */
struct pair {
	__u32 first, second;
};
#define PAIR_READ(to, base, type, a, b)                                                         \
	({                                                                                      \
		if (bpf_core_field_offset(type, b) == bpf_core_field_offset(type, a) + 4) {     \
			bpf_probe_read_kernel((to), sizeof(struct pair),                        \
					      (void *)(base) + bpf_core_field_offset(type, a)); \
		} else {                                                                        \
			bpf_core_read(&(to)->first, 4, &(base)->a);                             \
			bpf_core_read(&(to)->second, 4, &(base)->b);                            \
		}                                                                               \
	})

/*
 * Programs of control groups say CURRENT_BY_TASK: on 5.10 not all of them have helpers for who current is, but all
 * have one for its task.
 */
#ifdef CURRENT_BY_TASK
static __always_inline __u32 current_tid(void)
{
	return BPF_CORE_READ(current_task(), pid);
}

static __always_inline __u32 current_tgid(void)
{
	return BPF_CORE_READ(current_task(), tgid);
}
#else
static __always_inline __u32 current_tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}
#endif
