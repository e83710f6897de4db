/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the functions of a file begin and end: from unwind tables and symbols, and where neither
 * says anything (hand-written code; musl's libc, stripped) from where calls go.
 */
#pragma once
#include "static/code.h"
#include "static/elf.h"

struct function_bounds {
	uint64_t start, end;
	bool described; /* by a table; else the bounds are a guess */
};
typedef VEC(struct function_bounds) function_list;

/* They cover all code; sorted, disjoint. -ENOMEM. */
int functions_find(const struct elf *e, struct code_reader *reader, struct code *scratch,
		   function_list *ret);
