/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side: which programs it takes (kernel/seccomp.c, seccomp_check_filter(); net/core/filter.c,
 * bpf_check_classic()), and what they answer.
 */
#include <string.h>

#include "base/cleanup.h"
#include "profile/cbpf/program.h"

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
};

/* Every instruction that seccomp lets through. */
static const uint16_t known_codes[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_MEM,
	BPF_ST,
	BPF_STX,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	/* NOLINTNEXTLINE(misc-redundant-expression): some of the kernel's words are 0 */
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_X,
	BPF_ALU | BPF_NEG,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JSET | BPF_X,
};

static bool code_is_known(uint16_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_codes); i++)
		if (known_codes[i] == code)
			return true;
	return false;
}

static bool operand_is_valid(const struct sock_filter *i)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k % 4 == 0 && i->k < sizeof(struct seccomp_data);
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return i->k < BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
		return i->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return i->k < 32;
	default:
		return true;
	}
}

static bool jump_is_valid(const struct sock_filter *i, size_t left)
{
	if (BPF_CLASS(i->code) != BPF_JMP)
		return true;
	if (BPF_OP(i->code) == BPF_JA)
		return i->k < left;
	return i->jt < left && i->jf < left;
}

bool cbpf_is_valid(const struct cbpf_program *p)
{
	size_t len = p->code.len;

	if (!len || len > CBPF_PROGRAM_MAX || BPF_CLASS(p->code.items[len - 1].code) != BPF_RET)
		return false;
	vec_foreach(i, &p->code)
		if (!code_is_known(i->code) || !operand_is_valid(i) ||
		    !jump_is_valid(i, (size_t)(p->code.items + len - 1 - i)))
			return false;
	return true;
}

static bool compute(struct machine *m, uint16_t op, uint32_t n)
{
	switch (op) {
	case BPF_ADD:
		m->a += n;
		return true;
	case BPF_SUB:
		m->a -= n;
		return true;
	case BPF_MUL:
		m->a *= n;
		return true;
	case BPF_DIV:
		m->a = n ? m->a / n : 0;
		return n != 0;
	case BPF_AND:
		m->a &= n;
		return true;
	case BPF_OR:
		m->a |= n;
		return true;
	case BPF_XOR:
		m->a ^= n;
		return true;
	case BPF_LSH:
		m->a <<= n & 31;
		return true;
	case BPF_RSH:
		m->a >>= n & 31;
		return true;
	default: /* BPF_NEG */
		m->a = -m->a;
		return true;
	}
}

static size_t jump(const struct machine *m, const struct sock_filter *i)
{
	uint32_t n = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		return m->a == n ? i->jt : i->jf;
	case BPF_JGT:
		return m->a > n ? i->jt : i->jf;
	case BPF_JGE:
		return m->a >= n ? i->jt : i->jf;
	default: /* BPF_JSET */
		return m->a & n ? i->jt : i->jf;
	}
}

static void load(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data)
{
	uint32_t *to = BPF_CLASS(i->code) == BPF_LDX ? &m->x : &m->a;

	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		memcpy(to, (const char *)data + i->k, sizeof(*to));
		break;
	case BPF_LEN:
		*to = sizeof(*data);
		break;
	case BPF_MEM:
		*to = m->memory[i->k];
		break;
	default: /* BPF_IMM */
		*to = i->k;
		break;
	}
}

bool cbpf_simulate(const struct cbpf_program *p, const struct seccomp_data *data,
		   uint32_t *ret_action, unsigned *ret_steps)
{
	struct machine m = { 0 };
	unsigned steps = 0;

	/* Jumps only go forwards: this ends. */
	for (const struct sock_filter *i = p->code.items;; i++) {
		steps++;
		switch (BPF_CLASS(i->code)) {
		case BPF_RET:
			*ret_action = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
			if (ret_steps)
				*ret_steps = steps;
			return true;
		case BPF_JMP:
			i += jump(&m, i);
			break;
		case BPF_ALU:
			if (!compute(&m, BPF_OP(i->code), BPF_SRC(i->code) == BPF_X ? m.x : i->k))
				return false;
			break;
		case BPF_ST:
		case BPF_STX:
			m.memory[i->k] = BPF_CLASS(i->code) == BPF_ST ? m.a : m.x;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
			break;
		default:
			load(&m, i, data);
		}
	}
}

/* As the kernel finds it out (seccomp_is_const_allow()): it runs what depends on nothing else. */
bool cbpf_is_constant(const struct cbpf_program *p, uint32_t arch, uint32_t nr)
{
	const struct seccomp_data data = { .nr = (int)nr, .arch = arch };
	struct machine m = { 0 };

	for (const struct sock_filter *i = p->code.items;; i++) {
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k > 4)
				return false;
			load(&m, i, &data);
			break;
		case BPF_RET | BPF_K:
			return i->k == SECCOMP_RET_ALLOW;
		case BPF_ALU | BPF_AND | BPF_K:
			m.a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			i += jump(&m, i);
			break;
		default:
			return false;
		}
	}
}
