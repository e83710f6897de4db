/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which values a register may have at some instruction, found backwards over the paths of one
 * function: constants, what the function was given by its callers, and whether there is more that
 * was not understood.
 *
 * What it takes for granted: calls keep the registers that the convention says they keep, and leave
 * the caller's part of the stack alone; two different base registers don't point at the same word.
 */
#pragma once
#include "static/code.h"

enum {
	FLOW_STATES_MAX = 4096, /* of one question: beyond, the answer is "unknown" */
	FLOW_STEPS_MAX = 1 << 14,
	FLOW_VALUES_MAX = 512,
};

/* A register, or the memory at a register plus a distance; the value asked for is that plus `plus`. */
struct flow_place {
	uint8_t reg; /* enum code_register */
	bool memory;
	int64_t offset;
	int64_t plus;
};

/* A place that callers fill, as it is when control comes to an address. */
struct flow_input {
	uint64_t entry;
	struct flow_place place;
};

struct flow_answer {
	VEC(uint64_t) values;
	VEC(struct flow_input) inputs;
	bool unknown; /* there is at least one value more, which was not found */
};

/* How a function's calls treat registers. */
enum flow_convention {
	FLOW_SYSTEM_V, /* half of them survive */
	FLOW_GO,       /* none does */
};

struct flow;

/* For many questions about one function, whose code is borrowed. */
int flow_new(struct flow **ret, const struct code *code, enum flow_convention convention);
void flow_free(struct flow *f);

/* What a place may hold just before the op-th instruction; added to *answer. -ENOMEM. */
int flow_trace(struct flow *f, size_t op, const struct flow_place *place,
	       struct flow_answer *answer);
void flow_answer_deinit(struct flow_answer *a);

/* The index of the instruction at an address, or SIZE_MAX. */
size_t flow_find(const struct code *code, uint64_t address);
