/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel made of the paths of calls that are under way, by thread, until the call itself is
 * told. Bounded: a call that never returns costs a place until another thread needs it.
 */
#pragma once
#include <stdint.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { STORED_PATHS = 2 };

struct path_store;

int path_store_new(struct path_store **ret);
void path_store_free(struct path_store *s);
DEFINE_CLEANUP(struct path_store *, path_store_free)
#define cleanup_path_store cleanup(path_store_freep)

/* Keeps copies; what was there of the thread is forgotten. call says which call it is, by any number. */
int path_store_put(struct path_store *s, uint32_t tid, uint32_t call,
		   const struct text paths[STORED_PATHS]);
/* Takes what is there of the thread: false if nothing, or of another call. Valid until the next put. */
bool path_store_take(struct path_store *s, uint32_t tid, uint32_t call,
		     struct text paths[STORED_PATHS]);
