/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/filter_stack.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

enum {
	STACK_MAX = 64,	   /* filters of one task; the kernel stops at 32,768 instructions in all */
	STOP_TRIES = 1000, /* of a millisecond each */
};

void filter_stack_deinit(struct filter_stack *s)
{
	vec_foreach(f, &s->filters)
		cbpf_program_deinit(f);
	vec_deinit(&s->filters);
}

/* --- reading ------------------------------------------------------------------------------------ */

static int seize(pid_t pid, struct error *err)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return error_errno(err, errno, "cannot look into process %d", pid);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return error_errno(err, errno, "cannot stop process %d", pid);
	for (int i = 0; i < STOP_TRIES; i++) {
		int status;
		pid_t got = waitpid(pid, &status, __WALL | WNOHANG);

		if (got == pid)
			return WIFSTOPPED(status) ? 0 : error_errno(err, ESRCH, "process %d", pid);
		if (got < 0)
			return error_errno(err, errno, "process %d", pid);
		nanosleep(&moment, NULL);
	}
	return error_set(err, ETIMEDOUT,
			 "process %d does not stop: it is frozen, or waits in the kernel", pid);
}

static int read_failed(pid_t pid, int code, struct error *err)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return error_set(err, EPERM,
				 "process %d: only CAP_SYS_ADMIN, itself under no seccomp "
				 "filter, may read filters",
				 pid);
	case EIO:
		return error_set(err, ENOTSUP,
				 "this kernel cannot read filters back "
				 "(CONFIG_CHECKPOINT_RESTORE)");
	default:
		return error_errno(err, code, "cannot read the filters of process %d", pid);
	}
}

/* Reads filter i; 1 if there are no more. */
static int read_one(pid_t pid, unsigned long i, struct filter_stack *s, struct error *err)
{
	struct sock_filter code[CBPF_PROGRAM_MAX];
	struct cbpf_program *p;
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, NULL);

	if (n < 0 && (errno == ENOENT || errno == EINVAL)) /* EINVAL: not in filter mode */
		return 1;
	if (n < 0)
		return read_failed(pid, errno, err);
	if (n > CBPF_PROGRAM_MAX)
		return error_set(err, EINVAL, "process %d: a filter of %ld instructions", pid, n);
	n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, code);
	if (n < 0)
		return read_failed(pid, errno, err);
	p = vec_add(&s->filters);
	for (long k = 0; p && k < n; k++) {
		struct sock_filter *slot = vec_add(&p->code);

		if (!slot)
			return error_errno(err, ENOMEM, "filters");
		*slot = code[k];
	}
	return p ? 0 : error_errno(err, ENOMEM, "filters");
}

int filter_stack_read(pid_t pid, struct filter_stack *ret, struct error *err)
{
	int r = seize(pid, err);

	memset(ret, 0, sizeof(*ret));
	for (unsigned long i = 0; !r && i < STACK_MAX; i++)
		r = read_one(pid, i, ret, err);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	if (r < 0)
		filter_stack_deinit(ret);
	return r < 0 ? r : 0;
}

/* --- answers ------------------------------------------------------------------------------------ */

enum filter_verdict filter_verdict_of(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return FILTER_PERMITS;
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
		return FILTER_ASKS;
	default:
		return FILTER_DENIES;
	}
}

int filter_stack_answer(const struct filter_stack *s, const struct seccomp_data *data,
			uint32_t *ret_action)
{
	uint32_t least = SECCOMP_RET_ALLOW;

	vec_foreach(f, &s->filters) {
		uint32_t action;

		if (!cbpf_is_valid(f) || !cbpf_simulate(f, data, &action, NULL))
			return -EINVAL;
		/* ACTION_ONLY(): actions are ordered as signed numbers; data does not count. */
		if ((int32_t)(action & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(least & SECCOMP_RET_ACTION_FULL))
			least = action;
	}
	*ret_action = least;
	return 0;
}

/* What the accumulator holds when an instruction is reached, on all ways there. */
struct knowledge {
	bool reached, known;
	uint32_t a;
};

static void arrive(struct knowledge *k, bool known, uint32_t a)
{
	k->known = k->reached ? k->known && known && k->a == a : known;
	k->a = a;
	k->reached = true;
}

/* Whether a comparison with a known accumulator holds. */
static bool jump_holds(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	default:
		return a & i->k;
	}
}

static void jump(const struct sock_filter *i, const struct knowledge *from, struct knowledge *next)
{
	bool decided = from->known && BPF_SRC(i->code) == BPF_K;

	if (BPF_OP(i->code) == BPF_JA) {
		arrive(next + i->k, from->known, from->a);
		return;
	}
	if (!decided || jump_holds(i, from->a))
		arrive(next + i->jt, from->known, from->a);
	if (!decided || !jump_holds(i, from->a))
		arrive(next + i->jf, from->known, from->a);
}

/*
 * Every way through one filter that the number and the architecture leave open, instruction by
 * instruction: jumps go forwards.
 */
static void walk(const struct cbpf_program *p, uint32_t arch, uint32_t nr,
		 struct knowledge k[CBPF_PROGRAM_MAX + 1])
{
	k[0] = (struct knowledge){ .reached = true, .known = true };
	for (size_t at = 0; at < p->code.len; at++) {
		const struct sock_filter *i = &p->code.items[at];

		if (!k[at].reached || BPF_CLASS(i->code) == BPF_RET)
			continue;
		if (BPF_CLASS(i->code) == BPF_JMP) {
			jump(i, &k[at], &k[at + 1]);
		} else if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			bool is_nr = i->k == offsetof(struct seccomp_data, nr);
			bool is_arch = i->k == offsetof(struct seccomp_data, arch);

			arrive(&k[at + 1], is_nr || is_arch, is_nr ? nr : arch);
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			arrive(&k[at + 1], k[at].known, k[at].a & i->k);
		} else if (i->code == (BPF_ST) || i->code == BPF_STX ||
			   i->code == (BPF_MISC | BPF_TAX) || BPF_CLASS(i->code) == BPF_LDX) {
			arrive(&k[at + 1], k[at].known, k[at].a); /* the accumulator stays */
		} else {
			arrive(&k[at + 1], false, 0);
		}
	}
}

static unsigned program_verdicts(const struct cbpf_program *p, uint32_t arch, uint32_t nr)
{
	struct knowledge k[CBPF_PROGRAM_MAX + 1] = { 0 };
	unsigned verdicts = 0;

	walk(p, arch, nr, k);
	for (size_t at = 0; at < p->code.len; at++) {
		const struct sock_filter *i = &p->code.items[at];

		if (!k[at].reached || BPF_CLASS(i->code) != BPF_RET)
			continue;
		verdicts |= BPF_RVAL(i->code) == BPF_K ? 1u << filter_verdict_of(i->k) :
							 (1u << FILTER_VERDICTS) - 1;
	}
	return verdicts;
}

static bool add_constant(filter_constants *ret, uint32_t value)
{
	uint32_t *slot;

	vec_foreach(known, ret)
		if (*known == value)
			return true;
	slot = vec_add(ret);
	if (slot)
		*slot = value;
	return slot;
}

bool filter_stack_constants(const struct filter_stack *s, uint32_t arch, uint32_t nr,
			    filter_constants *ret)
{
	vec_foreach(f, &s->filters) {
		struct knowledge k[CBPF_PROGRAM_MAX + 1] = { 0 };

		if (!cbpf_is_valid(f))
			continue;
		walk(f, arch, nr, k);
		for (size_t at = 0; at < f->code.len; at++) {
			const struct sock_filter *i = &f->code.items[at];

			if (!k[at].reached || k[at].known || BPF_CLASS(i->code) != BPF_JMP ||
			    BPF_OP(i->code) == BPF_JA)
				continue;
			if (!add_constant(ret, i->k) || !add_constant(ret, i->k + 1) ||
			    !add_constant(ret, i->k - 1))
				return false;
		}
	}
	return true;
}

unsigned filter_stack_verdicts(const struct filter_stack *s, uint32_t arch, uint32_t nr)
{
	unsigned least = 1u << FILTER_PERMITS;

	vec_foreach(f, &s->filters) {
		unsigned of_one, both = 0;

		if (!cbpf_is_valid(f))
			return (1u << FILTER_VERDICTS) - 1;
		of_one = program_verdicts(f, arch, nr);
		for (unsigned a = 0; a < FILTER_VERDICTS; a++)
			for (unsigned b = 0; b < FILTER_VERDICTS; b++)
				if (least >> a & 1 && of_one >> b & 1)
					both |= 1u << (a > b ? a : b);
		least = both;
	}
	return least;
}
