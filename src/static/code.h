/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine code as the few things that matter here: where control goes, what is put where, and which
 * addresses are mentioned. The only user of the disassembler.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

/* General registers, as the processor numbers them. */
enum code_register {
	CODE_RAX,
	CODE_RCX,
	CODE_RDX,
	CODE_RBX,
	CODE_RSP,
	CODE_RBP,
	CODE_RSI,
	CODE_RDI,
	CODE_R8,
	CODE_R15 = 15,
	CODE_REGISTERS,
	CODE_NO_REGISTER = CODE_REGISTERS,
};

enum code_kind {
	CODE_OTHER,	/* only what it writes is known */
	CODE_NOTHING,	/* no effect: nop and the like */
	CODE_LANDING,	/* no effect, but a jump or call through a pointer may lead here */
	CODE_SET,	/* to = value */
	CODE_SET_BYTE,	/* the lowest byte of to = value */
	CODE_COPY,	/* to = from + value */
	CODE_MAYBE,	/* to = from, or unchanged */
	CODE_LOAD,	/* to = memory at from + value */
	CODE_STORE,	/* memory at to + value = from */
	CODE_STORE_SET, /* memory at to + value = number */
	CODE_SPOIL,	/* memory at to + value is changed, and what writes tells */
	CODE_PUSH,	/* from */
	CODE_PUSH_SET,	/* value */
	CODE_POP,	/* to */
	CODE_CALL,
	CODE_JUMP,
	CODE_BRANCH, /* a jump that may not be taken */
	CODE_END,    /* control does not go on: return, halt, trap */
	CODE_SYSCALL,
	CODE_INT80, /* int $0x80 or sysenter: a call of the 32-bit table */
};

struct code_op {
	uint64_t at;
	uint64_t target;  /* of CALL, JUMP, BRANCH; 0: through a register or memory */
	uint64_t address; /* mentioned: read, written, called through, or (SET) taken; 0: none */
	int64_t value, number;
	uint16_t writes; /* registers changed, a bit each; CALL: none, the convention tells */
	uint8_t kind, size;
	uint8_t to, from; /* enum code_register */
	uint8_t width;	  /* bytes of memory that LOAD, STORE and SPOIL touch */
	bool flags;	  /* changes the zero flag */
	uint8_t zero;	  /* the register of which that flag then tells whether it is 0, if any */
	int8_t taken; /* of BRANCH: it is taken if that is so (1), if not (-1), for other reasons (0) */
};

struct code {
	uint64_t start, end;
	VEC(struct code_op) ops; /* in the order of their addresses */
};

/* Of one reader, in its life: ten times what a large server has, and less than a minute's work. */
enum { CODE_INSTRUCTIONS_MAX = 1 << 26 };

struct code_reader;

int code_reader_new(struct code_reader **ret, struct error *err);
void code_reader_free(struct code_reader *r);

/*
 * Takes n bytes that are loaded at an address to pieces, into c (whose memory is used again). Bytes
 * that are no instruction are passed over, one by one. -ENOMEM; -EFBIG beyond the limit.
 */
int code_read(struct code_reader *r, const uint8_t *bytes, size_t n, uint64_t address,
	      struct code *c);
void code_deinit(struct code *c);

/* What was read so far: the measure of work, and of its limit. */
uint64_t code_reader_instructions(const struct code_reader *r);
uint64_t code_reader_undecoded(const struct code_reader *r); /* bytes */
void code_reader_reset(struct code_reader *r);

/* If a stub begins here that only jumps through a word of memory (a PLT entry): that word; else 0. */
uint64_t code_stub(struct code_reader *r, const uint8_t *bytes, size_t n, uint64_t address);
