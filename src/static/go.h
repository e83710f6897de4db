/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of a Go program, from the table that its run time unwinds by (.gopclntab). Go writes no
 * .eh_frame, and stripping leaves this table.
 */
#pragma once
#include "static/elf.h"

enum { GO_FUNCTIONS_MAX = 1 << 20 };

/* Whether a file was made by Go's own linker. */
bool go_made(const struct elf *e);

/* Adds Go's functions to e->locals; what can't be read is counted. -ENOMEM. */
int go_symbols_read(struct elf *e);
