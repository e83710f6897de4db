/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions: PCRE2 with bounds. A pattern must match the whole text, unless it is to search. What takes more steps
 * than the limit counts as no match and is counted.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	REGEX_PATTERN_MAX = 4096,
	REGEX_STEPS_MAX = 100000,
	REGEX_HEAP_KIB_MAX = 512,
};

struct regex;

/* NULL with *ret_error (static room of the caller) and *ret_at filled. */
struct regex *regex_new(struct text pattern, char *ret_error, size_t size, size_t *ret_at);
/* The same for one that need only match a part, "^" and "$" being the ends of the text: what JSON Schema means. */
struct regex *regex_new_search(struct text pattern, char *ret_error, size_t size, size_t *ret_at);
void regex_free(struct regex *r);

/* What matching needs beside the pattern: one per thread of evaluation. */
struct regex_room {
	void *match_data, *context;
	char *mended;	  /* for text that is no valid UTF-8 */
	uint64_t limited; /* matches that were given up */
};
bool regex_room_init(struct regex_room *room);
void regex_room_deinit(struct regex_room *room);

bool regex_match(const struct regex *r, struct text t, struct regex_room *room);

DEFINE_CLEANUP(struct regex *, regex_free)
