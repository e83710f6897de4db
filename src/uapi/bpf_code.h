/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF programs made at run time: an assembler with labels and a printer. Knows instructions, not what
 * they are for. Appending never fails at the place: after the first refusal (no memory, too long)
 * failed stays set, and bpf_code_finish() says so.
 */
#pragma once
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/vec.h"

/* Offsets of jumps have 16 bits: so every jump reaches. */
enum { BPF_CODE_MAX = 32000 };

enum bpf_reg { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP };

struct bpf_jump {
	uint32_t at, label;
};

struct bpf_code {
	VEC(struct bpf_insn) insns;
	VEC(struct bpf_jump) jumps;
	VEC(uint32_t) labels; /* where they are */
	uint32_t limit;	      /* of instructions, at most BPF_CODE_MAX */
	bool failed;
};

void bpf_code_init(struct bpf_code *c, uint32_t limit);
void bpf_code_deinit(struct bpf_code *c);

/* A label to jump to, which has no place yet. Only jumps to places that are set can be finished. */
uint32_t bpf_code_label(struct bpf_code *c);
void bpf_code_place(struct bpf_code *c, uint32_t label);

/* size: 1, 2, 4 or 8 bytes. */
void bpf_load(struct bpf_code *c, int size, enum bpf_reg to, enum bpf_reg base, int off);
void bpf_store(struct bpf_code *c, int size, enum bpf_reg base, int off, enum bpf_reg from);
void bpf_store_imm(struct bpf_code *c, int size, enum bpf_reg base, int off, int32_t imm);
/* op: BPF_ADD, BPF_AND, BPF_MOV, ...; on all 64 bits. */
void bpf_alu(struct bpf_code *c, int op, enum bpf_reg to, enum bpf_reg from);
void bpf_alu_imm(struct bpf_code *c, int op, enum bpf_reg to, int32_t imm);
/* A whole number; one instruction where that is enough. */
void bpf_number(struct bpf_code *c, enum bpf_reg to, uint64_t n);
/* The address of a map, by number until it is loaded: whoever loads puts the descriptor there. */
void bpf_map(struct bpf_code *c, enum bpf_reg to, int32_t map);
void bpf_call(struct bpf_code *c, int32_t helper);
void bpf_exit(struct bpf_code *c);
void bpf_goto(struct bpf_code *c, uint32_t label);
/* op: BPF_JEQ, BPF_JGT, ... */
void bpf_jump(struct bpf_code *c, int op, enum bpf_reg a, enum bpf_reg b, uint32_t label);
void bpf_jump_imm(struct bpf_code *c, int op, enum bpf_reg a, int32_t imm, uint32_t label);
/* On the low 32 bits. */
void bpf_jump32_imm(struct bpf_code *c, int op, enum bpf_reg a, int32_t imm, uint32_t label);

/*
 * Takes out what can't be reached (verifiers refuse such instructions) and jumps to the next one, and
 * fills in offsets. -ENOMEM; -E2BIG: more than limit.
 */
int bpf_code_finish(struct bpf_code *c);

/* One line per instruction, "   3: if r1 == 0 goto 7". */
void bpf_code_print(const struct bpf_insn *insns, uint32_t count, struct buf *out);

#define cleanup_bpf_code cleanup(bpf_code_deinit)
