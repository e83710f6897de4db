/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program it was: the SHA-256 of what a process executes, read when an alert asks for it and remembered. It is read
 * from the process or, as short-lived ones are gone by then, by its path from one that started it; a file that is
 * not the same inode is none. What reading takes of the time of others is limited.
 */
#pragma once
#include <stdbool.h>

#include "base/cleanup.h"
#include "event/event.h"
#include "guard/facts.h"

struct program_hashes;

int program_hashes_new(struct program_hashes **ret);
void program_hashes_free(struct program_hashes *h);
DEFINE_CLEANUP(struct program_hashes *, program_hashes_free)
#define cleanup_program_hashes cleanup(program_hashes_freep)

/* False: it is gone, too large, can't be read, or there was no time for it. */
bool program_hash(struct program_hashes *h, const struct facts *how, const struct process *p,
		  char out[SHA256_TEXT_SIZE]);
