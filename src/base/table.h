/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from borrowed texts to pointers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Without holes: there may be many. */
struct table_slot {
	const char *key;
	uint32_t len, hash;
	void *value; /* NULL: free */
};

struct table {
	struct table_slot *slots;
	size_t size, used; /* size is a power of two */
	uint64_t seed;
};

#define TABLE_INIT ((struct table){ 0 })

void table_deinit(struct table *t);
/* NULL: no such key. */
void *table_get(const struct table *t, struct text key);
/* Sets or replaces; the key must live as long as the entry. False when out of memory. */
bool table_set(struct table *t, struct text key, void *value);

#define cleanup_table cleanup(table_deinit)
