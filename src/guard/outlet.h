/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents on their way from one process to another: lines of JSON through a pipe, with room for a
 * while. Writing never waits; what finds no room is counted.
 */
#pragma once
#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

enum { OUTLET_ROOM = 16 << 20 };

struct outlet {
	int fd; /* owned */
	struct buf queue;
	size_t sent;	  /* bytes of queue */
	uint64_t refused; /* documents that found no room */
};
#define OUTLET_INIT ((struct outlet){ .fd = -1, .queue = { .limit = OUTLET_ROOM } })

void outlet_deinit(struct outlet *o);
/* Takes over the document. */
void outlet_put(struct outlet *o, json_t *document);
/* Hands on what the other side takes now; wait: all of it, unless the other side is gone. -EPIPE then. */
int outlet_flush(struct outlet *o, bool wait);
static inline bool outlet_has_more(const struct outlet *o)
{
	return o->sent < o->queue.len;
}

struct inlet {
	int fd; /* owned */
	struct buf line;
};
#define INLET_INIT ((struct inlet){ .fd = -1, .line = { .limit = 4 << 20 } })

void inlet_deinit(struct inlet *i);
/* Takes over every document that is there; NULL: a line that is none. 0; -EPIPE: the other side has ended, after the last. */
typedef void (*inlet_fn)(json_t *document, void *arg);
int inlet_take(struct inlet *i, inlet_fn fn, void *arg);
