/* SPDX-License-Identifier: Apache-2.0 */
/* A long text gone through once: which pieces it has, then which words it may have (pieces.h). */
#include "guard/filter/emit.h"
#include "guard/filter/pieces.h"

#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))

enum {
	AT_ONCE = 8,   /* pieces in a round: a round costs the verifier two branches */
	CLEARED = 128, /* bytes in a round */
	ASKED_MAX = 8, /* pieces of a word: more would hardly rule out more */
};

static void clear_slots(struct bpf_code *c)
{
	uint32_t again = bpf_code_label(c);

	bpf_alu_imm(c, BPF_MOV, REG_INDEX, 0);
	bpf_code_place(c, again);
	bpf_alu(c, BPF_MOV, R4, REG_SCRATCH);
	bpf_alu(c, BPF_ADD, R4, REG_INDEX);
	for (int at = 0; at < CLEARED; at += 8)
		bpf_store_imm(c, 8, R4, SCRATCH(pieces) + at, 0);
	bpf_alu_imm(c, BPF_ADD, REG_INDEX, CLEARED);
	bpf_jump_imm(c, BPF_JLT, REG_INDEX, PIECE_SLOTS, again);
}

/* The piece that begins at R4 + off. */
static void mark_slot(struct bpf_code *c, int off)
{
	bpf_load(c, 4, R1, R4, off);
	bpf_alu_imm(c, BPF_AND, R1, (1 << 8 * PIECE_LEN) - 1);
	bpf_alu_imm(c, BPF_MUL, R1, PIECE_FACTOR);
	bpf_alu_imm(c, BPF_RSH, R1, PIECE_SHIFT);
	bpf_alu_imm(c, BPF_AND, R1, PIECE_SLOTS - 1);
	bpf_alu(c, BPF_ADD, R1, REG_SCRATCH);
	bpf_store_imm(c, 1, R1, SCRATCH(pieces), 1);
}

void emit_mark_pieces(struct emitter *e, uint32_t size)
{
	struct bpf_code *c = &e->code;
	uint32_t again = bpf_code_label(c), end = bpf_code_label(c);

	bpf_alu_imm(c, BPF_MOV, REG_INDEX, 0);
	bpf_code_place(c, again);
	emit_len(e, R1);
	bpf_jump(c, BPF_JGE, REG_INDEX, R1, end);
	bpf_jump_imm(c, BPF_JGE, REG_INDEX, (int32_t)size, end);
	bpf_alu(c, BPF_MOV, R4, REG_TEXT);
	bpf_alu(c, BPF_ADD, R4, REG_INDEX);
	for (int i = 0; i < AT_ONCE;
	     i++) /* what is behind its end is more than it has: that does no harm */
		mark_slot(c, i);
	bpf_alu_imm(c, BPF_ADD, REG_INDEX, AT_ONCE);
	bpf_goto(c, again);
	bpf_code_place(c, end);
}

/* Goes to no if the text lacks a piece of the word. */
static void ask_for_word(struct emitter *e, struct text word, uint32_t no)
{
	uint32_t asked = 0;

	for (uint32_t at = 0; at < word.len && asked < ASKED_MAX; at++) {
		if (!piece_is_known(word, at))
			continue;
		bpf_load(&e->code, 1, R1, REG_SCRATCH, SCRATCH(pieces) + (int)piece_slot(word, at));
		bpf_jump_imm(&e->code, BPF_JEQ, R1, 0, no);
		asked++;
	}
}

void emit_clear_pieces(struct emitter *e)
{
	clear_slots(&e->code);
}

void emit_ask_pieces(struct emitter *e, const struct text_view *v)
{
	struct bpf_code *c = &e->code;

	for (uint32_t n = 0; n < v->terms.len; n++) {
		const struct text_term *t = &v->terms.items[n];
		uint32_t next = bpf_code_label(c), has = bpf_code_label(c);
		uint32_t word = v->word + n / 32;

		for (uint32_t i = 0; i < t->count; i++) {
			uint32_t other = bpf_code_label(c);

			ask_for_word(e, t->texts[i], other);
			bpf_goto(c, has);
			bpf_code_place(c, other);
		}
		bpf_goto(c, next);
		bpf_code_place(c, has);
		bpf_load(c, 4, R1, REG_SCRATCH, scratch_may(word));
		bpf_alu_imm(c, BPF_OR, R1, (int32_t)(1u << (n % 32)));
		bpf_store(c, 4, REG_SCRATCH, scratch_may(word), R1);
		bpf_code_place(c, next);
	}
}
