/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed as a whole, with a hard limit: what a parser builds lives in one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

struct arena_chunk;

/* After the first refusal (no memory, or the limit) failed stays set: check once, at the end. */
struct arena {
	struct arena_chunk *chunks;
	size_t used, limit;
	bool failed;
};

#define ARENA_INIT(max) ((struct arena){ .limit = (max) })

void arena_deinit(struct arena *a);
/* Everything in it is gone; some of the memory is kept. */
void arena_reset(struct arena *a);

/* Zeroed and aligned for any type; NULL on refusal. */
void *arena_alloc(struct arena *a, size_t size);
/* A NUL-terminated copy. */
char *arena_dup(struct arena *a, const char *data, size_t len);
struct text arena_text(struct arena *a, struct text t);

#define arena_new(a, type) ((type *)arena_alloc(a, sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc(a, (count) * sizeof(type)))

#define cleanup_arena cleanup(arena_deinit)
