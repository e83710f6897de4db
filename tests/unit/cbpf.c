/* SPDX-License-Identifier: Apache-2.0 */
#include "cbpf.h"

#include <stdlib.h>
#include <string.h>

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
};

static bool load_word(const struct seccomp_data *data, uint32_t at, uint32_t *ret)
{
	if (at % 4 || at + 4 > sizeof(*data))
		return false;
	memcpy(ret, (const char *)data + at, 4);
	return true;
}

static bool alu(struct machine *m, uint16_t op, uint32_t n)
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
		m->a = n < 32 ? m->a << n : 0;
		return n < 32;
	case BPF_RSH:
		m->a = n < 32 ? m->a >> n : 0;
		return n < 32;
	case BPF_NEG:
		m->a = -m->a;
		return true;
	}
	return false;
}

static bool jump(const struct machine *m, const struct sock_filter *i, size_t *skip)
{
	uint32_t n = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool taken;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		*skip = i->k;
		return true;
	case BPF_JEQ:
		taken = m->a == n;
		break;
	case BPF_JGT:
		taken = m->a > n;
		break;
	case BPF_JGE:
		taken = m->a >= n;
		break;
	case BPF_JSET:
		taken = m->a & n;
		break;
	default:
		return false;
	}
	*skip = taken ? i->jt : i->jf;
	return true;
}

static bool load(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data)
{
	bool into_x = BPF_CLASS(i->code) == BPF_LDX;
	uint32_t *to = into_x ? &m->x : &m->a;

	if (BPF_SIZE(i->code) != BPF_W)
		return false;
	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		return !into_x && load_word(data, i->k, to);
	case BPF_IMM:
		*to = i->k;
		return true;
	case BPF_LEN:
		*to = sizeof(*data);
		return true;
	case BPF_MEM:
		if (i->k >= BPF_MEMWORDS)
			return false;
		*to = m->memory[i->k];
		return true;
	}
	return false;
}

static bool step(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data,
		 size_t *skip)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load(m, i, data);
	case BPF_ST:
	case BPF_STX:
		if (i->k >= BPF_MEMWORDS)
			return false;
		m->memory[i->k] = BPF_CLASS(i->code) == BPF_ST ? m->a : m->x;
		return true;
	case BPF_ALU:
		return alu(m, BPF_OP(i->code), BPF_SRC(i->code) == BPF_X ? m->x : i->k);
	case BPF_JMP:
		return jump(m, i, skip);
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	}
	return false;
}

bool cbpf_run(const struct cbpf *program, const struct seccomp_data *data, uint32_t *ret_action)
{
	struct machine m = { 0 };

	if (!program->len || program->len > BPF_MAXINSNS)
		return false;
	/* Jumps only go forwards: this ends. */
	for (size_t at = 0; at < program->len; at++) {
		const struct sock_filter *i = &program->code[at];
		size_t skip = 0;

		if (BPF_CLASS(i->code) == BPF_RET) {
			*ret_action = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
			return true;
		}
		if (!step(&m, i, data, &skip))
			return false;
		at += skip;
	}
	return false; /* ran off the end */
}

void cbpf_deinit(struct cbpf *program)
{
	free(program->code);
	program->code = NULL;
	program->len = 0;
}
