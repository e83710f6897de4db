/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp filters that a running task is under, as the kernel holds them: read back, and asked
 * what they would answer. Every filter runs at every call; the answer that permits least counts
 * (seccomp_run_filters(), kernel/seccomp.c).
 */
#pragma once
#include <sys/types.h>

#include "profile/cbpf/program.h"

struct filter_stack {
	VEC(struct cbpf_program) filters; /* the oldest first */
};

void filter_stack_deinit(struct filter_stack *s);
#define cleanup_filter_stack cleanup(filter_stack_deinit)

/*
 * Reads them out of a task, which is stopped for that moment (PTRACE_SEIZE, PTRACE_INTERRUPT,
 * PTRACE_SECCOMP_GET_FILTER: Linux 4.4, CONFIG_CHECKPOINT_RESTORE). A task without filters has an
 * empty stack. -EPERM without CAP_SYS_ADMIN, under a seccomp filter of our own, or while somebody
 * else traces it; -ESRCH; -ENOTSUP where the kernel can't; -ETIMEDOUT if it does not stop.
 */
int filter_stack_read(pid_t pid, struct filter_stack *ret, struct error *err);

/* What happens to a call, from what permits most to what permits least. */
enum filter_verdict {
	FILTER_PERMITS,
	FILTER_ASKS, /* a supervisor or tracer decides */
	FILTER_DENIES,
	FILTER_VERDICTS
};

enum filter_verdict filter_verdict_of(uint32_t action);

/* The answer to one call; -EINVAL if a filter is none that the kernel would have taken. */
int filter_stack_answer(const struct filter_stack *s, const struct seccomp_data *data,
			uint32_t *ret_action);

/*
 * Bits 1 << enum filter_verdict: what may be the verdict on a call, whatever its arguments. Never
 * fewer than are possible; now and then more, as comparisons are not joined to each other.
 */
unsigned filter_stack_verdicts(const struct filter_stack *s, uint32_t arch, uint32_t nr);

/*
 * The constants that the filters may compare an argument of a call with: where their answers can
 * change. Adds to *ret, each once; false when out of memory.
 */
typedef VEC(uint32_t) filter_constants;
bool filter_stack_constants(const struct filter_stack *s, uint32_t arch, uint32_t nr,
			    filter_constants *ret);
