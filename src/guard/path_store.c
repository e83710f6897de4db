/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/path_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024 };

struct stored {
	uint32_t tid; /* 0: free */
	uint32_t call;
	uint32_t len[STORED_PATHS];
	char *texts; /* one after the other; stays allocated for the next */
	size_t size;
};

struct path_store {
	struct stored slots[SLOTS]; /* by tid: a later one of the same slot takes it over */
};

int path_store_new(struct path_store **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void path_store_free(struct path_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(s->slots[i].texts);
	free(s);
}

int path_store_put(struct path_store *s, uint32_t tid, uint32_t call,
		   const struct text paths[STORED_PATHS])
{
	struct stored *p = &s->slots[tid % SLOTS];
	size_t size = (size_t)paths[0].len + paths[1].len, at = 0;

	p->tid = 0;
	if (size > p->size) {
		char *texts = realloc(p->texts, size);

		if (!texts)
			return -ENOMEM;
		p->texts = texts;
		p->size = size;
	}
	for (unsigned i = 0; i < STORED_PATHS; i++) {
		p->len[i] = paths[i].data ? paths[i].len : 0;
		if (p->len[i])
			memcpy(p->texts + at, paths[i].data, p->len[i]);
		at += p->len[i];
	}
	p->tid = tid;
	p->call = call;
	return 0;
}

bool path_store_take(struct path_store *s, uint32_t tid, uint32_t call,
		     struct text paths[STORED_PATHS])
{
	struct stored *p = &s->slots[tid % SLOTS];
	size_t at = 0;

	if (!tid || p->tid != tid)
		return false;
	p->tid = 0;
	if (p->call != call)
		return false;
	for (unsigned i = 0; i < STORED_PATHS; i++) {
		paths[i] = p->len[i] ? text_from(p->texts + at, p->len[i]) : TEXT_NONE;
		at += p->len[i];
	}
	return true;
}
