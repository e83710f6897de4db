/* SPDX-License-Identifier: Apache-2.0 */
/* A growable byte buffer with a hard limit: text is built in it, files are read into it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

#define BUF_LIMIT_DEFAULT ((size_t)64 << 20)

/*
 * data is always NUL-terminated once anything was added (the NUL is not counted in len). After the
 * first failed append (no memory, or the limit) failed stays set and appends do nothing: check once,
 * at the end.
 */
struct buf {
	char *data;
	size_t len;
	size_t size;
	size_t limit;
	bool failed;
};

#define BUF_INIT ((struct buf){ .limit = BUF_LIMIT_DEFAULT })

void buf_deinit(struct buf *b);
void buf_reset(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The contents as a string that the caller owns; NULL if an append failed. Leaves b empty. */
char *buf_take(struct buf *b);

#define cleanup_buf cleanup(buf_deinit)
