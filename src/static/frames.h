/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where functions begin and end, from the tables that exceptions are unwound by (.eh_frame). On
 * x86-64 compilers write them for every function, and stripping leaves them in place.
 */
#pragma once
#include "static/elf.h"

enum { FRAMES_MAX = 1 << 21 };

/* Adds a range for every function that has unwind information; -ENOMEM. Sorted, disjoint. */
int frames_read(const struct elf *e, elf_range_list *functions);
