/* SPDX-License-Identifier: Apache-2.0 */
/* Which numbers the instructions that enter the kernel are given, in the reached part of a program. */
#pragma once
#include "static/graph.h"
#include "uapi/arch.h"

enum { NUMBER_QUESTIONS_MAX = 1 << 15, NUMBER_UNRESOLVED_MAX = 1 << 12 };

/* A number, and the function in which it is a constant. */
struct number {
	enum sys_arch arch;
	uint32_t nr;
	uint32_t visit;
};

struct number_unresolved {
	uint32_t visit;
	uint64_t at; /* the instruction that enters the kernel, or that gives an unknown number on */
};

struct number_list {
	VEC(struct number) found; /* each (arch, nr) once, with the first visit that has it */
	VEC(struct number_unresolved) unresolved;
	uint64_t dropped; /* questions and answers beyond the maxima */
};

/* -ENOMEM; -EFBIG as code_read(). */
int numbers_find(struct number_list *list, const struct graph *graph, struct store *store);
void number_list_deinit(struct number_list *list);
