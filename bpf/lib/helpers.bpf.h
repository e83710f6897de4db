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
 * A read of kernel memory by bpf_probe_read_kernel() is a call, and looks at several things before it reads. Where the
 * verifier knows the type of a pointer it lets a program load through it, which is one instruction; and since Linux 6.2
 * (a35b9af4ec2c) a program may say of any address what is there. Nothing is trusted by that: what can't be read is zero.
 * The helper came with the same release and is easily asked for.
 */
#ifdef KERNEL_LOADS
enum bpf_func_id___6_2 {
	BPF_FUNC_cgrp_storage_get___6_2 = 210,
};
extern void *bpf_rdonly_cast(void *address, __u32 type) __weak __ksym;
#define HAS_LOADS \
	bpf_core_enum_value_exists(enum bpf_func_id___6_2, BPF_FUNC_cgrp_storage_get___6_2)
#define TYPED(address)                                       \
	((typeof(address))bpf_rdonly_cast((void *)(address), \
					  bpf_core_type_id_kernel(typeof(({ *(address); })))))

/* libbpf's, with loads where the kernel has them. */
#define PROBE_READ(address, ...)                                     \
	({                                                           \
		___type((address), __VA_ARGS__) _value;              \
		BPF_CORE_READ_INTO(&_value, (address), __VA_ARGS__); \
		_value;                                              \
	})
#undef BPF_CORE_READ
#define BPF_CORE_READ(address, ...)                                                               \
	({                                                                                        \
		typeof(address) _from = (address);                                                \
		HAS_LOADS ? ___arrow(TYPED(_from), __VA_ARGS__) : PROBE_READ(_from, __VA_ARGS__); \
	})
#else
#define HAS_LOADS 0
#endif

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
		if (!HAS_LOADS &&                                                               \
		    bpf_core_field_offset(type, b) == bpf_core_field_offset(type, a) + 4) {     \
			bpf_probe_read_kernel((to), sizeof(struct pair),                        \
					      (void *)(base) + bpf_core_field_offset(type, a)); \
		} else {                                                                        \
			(to)->first = BPF_CORE_READ(base, a);                                   \
			(to)->second = BPF_CORE_READ(base, b);                                  \
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
