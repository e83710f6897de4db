/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/bpf_code.h"

#include <assert.h>
#include <errno.h>

#define NOWHERE UINT32_MAX

void bpf_code_init(struct bpf_code *c, uint32_t limit)
{
	assert(limit <= BPF_CODE_MAX);
	*c = (struct bpf_code){ .limit = limit };
}

void bpf_code_deinit(struct bpf_code *c)
{
	vec_deinit(&c->insns);
	vec_deinit(&c->jumps);
	vec_deinit(&c->labels);
}

uint32_t bpf_code_label(struct bpf_code *c)
{
	uint32_t *slot = vec_add(&c->labels);

	if (!slot) {
		c->failed = true;
		return 0;
	}
	*slot = NOWHERE;
	return (uint32_t)c->labels.len - 1;
}

void bpf_code_place(struct bpf_code *c, uint32_t label)
{
	if (!c->failed)
		c->labels.items[label] = (uint32_t)c->insns.len;
}

static void put(struct bpf_code *c, struct bpf_insn insn)
{
	/* Twice the limit: what can't be reached is not known yet. */
	struct bpf_insn *slot = c->failed || c->insns.len >= 2 * (size_t)c->limit ?
					NULL :
					vec_add(&c->insns);

	if (slot)
		*slot = insn;
	else
		c->failed = true;
}

static void put_jump(struct bpf_code *c, struct bpf_insn insn, uint32_t label)
{
	struct bpf_jump *slot = c->failed ? NULL : vec_add(&c->jumps);

	if (slot)
		*slot = (struct bpf_jump){ (uint32_t)c->insns.len, label };
	else
		c->failed = true;
	put(c, insn);
}

static uint8_t size_bits(int size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

#define INSN(code_, dst, src, off_, imm_)             \
	((struct bpf_insn){ .code = (uint8_t)(code_), \
			    .dst_reg = (dst)&15,      \
			    .src_reg = (src)&15,      \
			    .off = (int16_t)(off_),   \
			    .imm = (imm_) })

void bpf_load(struct bpf_code *c, int size, enum bpf_reg to, enum bpf_reg base, int off)
{
	put(c, INSN(BPF_LDX | BPF_MEM | size_bits(size), to, base, off, 0));
}

void bpf_store(struct bpf_code *c, int size, enum bpf_reg base, int off, enum bpf_reg from)
{
	put(c, INSN(BPF_STX | BPF_MEM | size_bits(size), base, from, off, 0));
}

void bpf_store_imm(struct bpf_code *c, int size, enum bpf_reg base, int off, int32_t imm)
{
	put(c, INSN(BPF_ST | BPF_MEM | size_bits(size), base, 0, off, imm));
}

void bpf_alu(struct bpf_code *c, int op, enum bpf_reg to, enum bpf_reg from)
{
	put(c, INSN(BPF_ALU64 | BPF_X | op, to, from, 0, 0));
}

void bpf_alu_imm(struct bpf_code *c, int op, enum bpf_reg to, int32_t imm)
{
	put(c, INSN(BPF_ALU64 | BPF_K | op, to, 0, 0, imm));
}

static void put_wide(struct bpf_code *c, enum bpf_reg to, int kind, uint64_t n)
{
	put(c, INSN(BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, (int32_t)(uint32_t)n));
	put(c, INSN(0, 0, 0, 0, (int32_t)(uint32_t)(n >> 32)));
}

void bpf_number(struct bpf_code *c, enum bpf_reg to, uint64_t n)
{
	if ((int64_t)n == (int32_t)n)
		bpf_alu_imm(c, BPF_MOV, to, (int32_t)n);
	else
		put_wide(c, to, 0, n);
}

void bpf_map(struct bpf_code *c, enum bpf_reg to, int32_t map)
{
	put_wide(c, to, BPF_PSEUDO_MAP_FD, (uint32_t)map);
}

void bpf_call(struct bpf_code *c, int32_t helper)
{
	put(c, INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper));
}

void bpf_exit(struct bpf_code *c)
{
	put(c, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

void bpf_goto(struct bpf_code *c, uint32_t label)
{
	put_jump(c, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0), label);
}

void bpf_jump(struct bpf_code *c, int op, enum bpf_reg a, enum bpf_reg b, uint32_t label)
{
	put_jump(c, INSN(BPF_JMP | BPF_X | op, a, b, 0, 0), label);
}

void bpf_jump_imm(struct bpf_code *c, int op, enum bpf_reg a, int32_t imm, uint32_t label)
{
	put_jump(c, INSN(BPF_JMP | BPF_K | op, a, 0, 0, imm), label);
}

void bpf_jump32_imm(struct bpf_code *c, int op, enum bpf_reg a, int32_t imm, uint32_t label)
{
	put_jump(c, INSN(BPF_JMP32 | BPF_K | op, a, 0, 0, imm), label);
}

/* --- finishing ------------------------------------------------------------------------------------ */

static bool is_wide(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_goto(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA);
}

static bool ends_here(const struct bpf_insn *i)
{
	return is_goto(i) || i->code == (BPF_JMP | BPF_EXIT);
}

/* target[i]: where the jump at i goes, NOWHERE: it is none. A goto's own target is followed. */
static void find_targets(const struct bpf_code *c, uint32_t *target)
{
	for (size_t i = 0; i < c->insns.len; i++)
		target[i] = NOWHERE;
	vec_foreach(j, &c->jumps) {
		assert(c->labels.items[j->label] != NOWHERE);
		target[j->at] = c->labels.items[j->label];
	}
	vec_foreach(j, &c->jumps) {
		for (int hops = 0; hops < 64; hops++) {
			uint32_t to = target[j->at];

			if (to >= c->insns.len || !is_goto(&c->insns.items[to]))
				break;
			target[j->at] = target[to];
		}
	}
}

/* Marks what can be reached; todo has room for every instruction. */
static void find_reached(const struct bpf_code *c, const uint32_t *target, bool *reached,
			 uint32_t *todo)
{
	uint32_t n = 0;

	todo[n++] = 0;
	while (n) {
		uint32_t at = todo[--n];

		while (at < c->insns.len && !reached[at]) {
			const struct bpf_insn *insn = &c->insns.items[at];

			reached[at] = true;
			if (target[at] != NOWHERE && !reached[target[at]])
				todo[n++] = target[at];
			if (is_wide(insn))
				reached[++at] = true;
			if (ends_here(insn))
				break;
			at++;
		}
	}
}

/* A goto to what follows it once everything between is gone is left out. */
static void drop_empty_gotos(const struct bpf_code *c, const uint32_t *target, bool *reached)
{
	for (uint32_t i = (uint32_t)c->insns.len; i--;) {
		uint32_t next = i + 1;

		if (!reached[i] || !is_goto(&c->insns.items[i]) || target[i] < i)
			continue;
		while (next < target[i] && !reached[next])
			next++;
		if (next == target[i])
			reached[i] = false;
	}
}

int bpf_code_finish(struct bpf_code *c)
{
	size_t len = c->insns.len;
	cleanup_free uint32_t *target = calloc(2 * len + 1, sizeof(*target));
	cleanup_free uint32_t *place = calloc(len + 1, sizeof(*place));
	cleanup_free bool *reached = calloc(len + 1, sizeof(*reached));
	uint32_t n = 0;

	if (!target || !place || !reached)
		return -ENOMEM;
	if (c->failed)
		return c->insns.len >= 2 * (size_t)c->limit ? -E2BIG : -ENOMEM;
	find_targets(c, target);
	find_reached(c, target, reached, target + len);
	drop_empty_gotos(c, target, reached);
	for (size_t i = 0; i < len; i++) {
		place[i] = n;
		n += reached[i];
	}
	if (n > c->limit)
		return -E2BIG;
	for (size_t i = 0; i < len; i++) {
		struct bpf_insn insn = c->insns.items[i];

		if (!reached[i])
			continue;
		if (target[i] != NOWHERE)
			insn.off = (int16_t)((int64_t)place[target[i]] - place[i] - 1);
		c->insns.items[place[i]] = insn;
	}
	c->insns.len = n;
	c->jumps.len = c->labels.len = 0;
	return 0;
}
