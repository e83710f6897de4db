/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a filter would have said to what was done: a simulation, call by call and combination of
 * arguments by combination. Where a filter looks at what was not recorded, the answer is that it
 * depends.
 */
#pragma once
#include "profile/cbpf/program.h"

enum check_verdict {
	CHECK_PERMITTED,
	CHECK_DEPENDS, /* on an argument that was not recorded */
	CHECK_DEFLECTED, /* clone3 answered with ENOSYS: libc takes clone, whose flags can be checked */
	CHECK_DENIED,
};

struct check_finding {
	const struct profile_call *call; /* of the profile, borrowed */
	enum check_verdict verdict;
	uint32_t action; /* SECCOMP_RET_* of one that does not permit */
	const uint64_t
		*values; /* of one combination, borrowed; NULL: the call without regard to it */
	uint64_t count;
};

struct check {
	size_t asked; /* calls, or combinations of arguments, that were tried */
	size_t denied, depends;
	VEC(struct check_finding) findings; /* those not permitted, in the profile's order */
};

/*
 * Holds rules (or a program, if rules is NULL: what was not recorded is 0 then) to what a profile's
 * layers, as the options choose them, did. -ENOMEM.
 */
int check_calls(struct check *c, const struct profile *p, const struct policy_options *o,
		const struct cbpf_filter *rules, const struct cbpf_program *program);
void check_deinit(struct check *c);
#define cleanup_check cleanup(check_deinit)

/* What is known of an argument: where it lies, and which bits are surely clear or set. */
struct check_span {
	uint64_t min, max, clear, set;
};

/* What a comparison says to such an argument: 1 it holds, 0 it does not, -1 it depends. */
int check_compare(const struct cbpf_compare *c, const struct check_span *span, bool narrow);
