/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of classic BPF for seccomp: made from a filter, run in an interpreter, printed, proven.
 */
#pragma once
#include <assert.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/buf.h"
#include "profile/cbpf/filter.h"

enum { CBPF_PROGRAM_MAX = 4096 }; /* BPF_MAXINSNS: what the kernel takes */

struct cbpf_program {
	VEC(struct sock_filter) code;
};

void cbpf_program_deinit(struct cbpf_program *p);
#define cleanup_cbpf_program cleanup(cbpf_program_deinit)

/*
 * Compiles a filter, and proves the program against it. -E2BIG if the rules do not fit a program
 * (too many different ones); -EINVAL never, unless the proof finds the compiler wrong.
 */
int cbpf_compile(struct cbpf_program *p, const struct cbpf_filter *f, struct error *err);

/* A program that was read, in bytes or in base64; -EINVAL if the kernel would not load it. */
int cbpf_decode(struct cbpf_program *p, const char *name, const char *text, size_t len,
		struct error *err);

/* Whether the kernel would load it (seccomp_check_filter(), bpf_check_classic()). */
bool cbpf_is_valid(const struct cbpf_program *p);

/*
 * What the kernel would answer, and how many instructions that takes (ret_steps may be NULL). The
 * program must be valid; false if it divides by zero.
 */
bool cbpf_simulate(const struct cbpf_program *p, const struct seccomp_data *data,
		   uint32_t *ret_action, unsigned *ret_steps);

/*
 * Whether the kernel (5.11 and later) need not run it for a call, because the answer is "allow"
 * whatever the arguments.
 */
bool cbpf_is_constant(const struct cbpf_program *p, uint32_t arch, uint32_t nr);

/* One line for each instruction, with the names of calls. */
void cbpf_list(const struct cbpf_program *p, struct buf *out);

/*
 * Compares a program with the filter's definition at every place where an answer can change: foreign
 * architectures, all numbers and those at the edges, and arguments around every value compared. -EINVAL
 * with the place if they differ.
 */
int cbpf_prove(const struct cbpf_program *p, const struct cbpf_filter *f, struct error *err);

/*
 * Calls visit for the arguments that prove() tries on a call: those that satisfy each rule and their
 * neighbours. Ends when visit returns non-zero, and returns that.
 */
int cbpf_each_boundary(const struct cbpf_call *call,
		       int (*visit)(const uint64_t args[6], void *context), void *context);
