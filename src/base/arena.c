/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 << 10 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

void arena_deinit(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->used = 0;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *kept = a->chunks;

	if (kept) {
		a->chunks = kept->next;
		arena_deinit(a);
		kept->next = NULL;
		kept->used = 0;
		a->chunks = kept;
	}
	a->used = 0;
	a->failed = false;
}

static struct arena_chunk *chunk_for(struct arena *a, size_t size)
{
	size_t want = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct arena_chunk *c = a->chunks;

	if (c && c->size - c->used >= size)
		return c;
	c = malloc(sizeof(*c) + want);
	if (!c)
		return NULL;
	c->used = 0;
	c->size = want;
	/* What does not fit a chunk goes behind the current one, which may have room left. */
	if (size > CHUNK_SIZE && a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c;
	void *p;

	if (size > SIZE_MAX - alignof(max_align_t)) {
		a->failed = true;
		return NULL;
	}
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (a->failed || size > a->limit || a->used > a->limit - size) {
		a->failed = true;
		return NULL;
	}
	c = chunk_for(a, size);
	if (!c) {
		a->failed = true;
		return NULL;
	}
	p = c->data + c->used;
	c->used += size;
	a->used += size;
	return memset(p, 0, size);
}

char *arena_dup(struct arena *a, const char *data, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

struct text arena_text(struct arena *a, struct text t)
{
	char *copy = t.data ? arena_dup(a, t.data, t.len) : NULL;

	return copy ? text_from(copy, t.len) : TEXT_NONE;
}
