/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader process does all day: answers questions, of which it decides only whether they may be asked. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader_serve_options {
	int socket;
	uint32_t *at; /* told the number of the question that is being answered, 0 between them */
	const char *groups; /* where control groups are mounted */
	char *const *trees; /* what may be read with all below */
	size_t tree_count;
};

/* Until the other end of the socket is closed. */
void reader_serve(const struct reader_serve_options *o);

/* May this be asked of this path? Pure. */
bool reader_allows(const struct reader_serve_options *o, unsigned ask, const char *path);
