/* SPDX-License-Identifier: Apache-2.0 */
/* Room of fixed size for what has to be composed while one event is looked at. Never allocates. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct scratch {
	char *data;
	uint32_t used, size;
	uint64_t refused; /* compositions that did not fit: their field counted as missing */
};

static inline void scratch_reset(struct scratch *s)
{
	s->used = 0;
}

/* Aligned for any value; NULL if it does not fit. */
static inline void *scratch_alloc(struct scratch *s, uint32_t size)
{
	uint32_t at = (s->used + 15u) & ~15u;

	if (at > s->size || size > s->size - at) {
		s->refused++;
		return NULL;
	}
	s->used = at + size;
	return s->data + at;
}

/* Composes text: begin, add, end. The composition is refused as a whole if it does not fit. */
struct scratch_text {
	struct scratch *scratch;
	uint32_t start;
	bool failed;
};

static inline struct scratch_text scratch_begin(struct scratch *s)
{
	return (struct scratch_text){ s, s->used, false };
}

static inline void scratch_add(struct scratch_text *t, struct text piece)
{
	struct scratch *s = t->scratch;

	if (t->failed || piece.len > s->size - s->used) {
		t->failed = true;
		return;
	}
	if (piece.len)
		memcpy(s->data + s->used, piece.data, piece.len);
	s->used += piece.len;
}

static inline bool scratch_end(struct scratch_text *t, struct text *ret)
{
	struct scratch *s = t->scratch;

	if (t->failed) {
		s->used = t->start;
		s->refused++;
		return false;
	}
	*ret = text_from(s->data + t->start, s->used - t->start);
	return true;
}

void scratch_add_i64(struct scratch_text *t, int64_t n);
void scratch_add_u64(struct scratch_text *t, uint64_t n);
void scratch_add_octal(struct scratch_text *t, uint64_t n);
void scratch_add_hex(struct scratch_text *t, uint64_t n);
