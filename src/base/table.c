/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"

void table_deinit(struct table *t)
{
	free(t->slots);
	t->slots = NULL;
	t->size = t->used = 0;
}

static struct table_slot *find(const struct table *t, struct text key, uint64_t hash)
{
	size_t at = hash & (t->size - 1);

	while (t->slots[at].value && !(t->slots[at].hash == hash && text_eq(t->slots[at].key, key)))
		at = (at + 1) & (t->size - 1);
	return &t->slots[at];
}

void *table_get(const struct table *t, struct text key)
{
	return t->size ? find(t, key, hash_bytes(key.data, key.len, t->seed))->value : NULL;
}

static bool grow(struct table *t)
{
	struct table bigger = { .size = t->size ? t->size * 2 : 64,
				.used = t->used,
				.seed = t->seed };

	if (!t->size && getrandom(&bigger.seed, sizeof(bigger.seed), GRND_NONBLOCK) < 0)
		bigger.seed = (uintptr_t)t;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].value)
			*find(&bigger, t->slots[i].key, t->slots[i].hash) = t->slots[i];
	free(t->slots);
	*t = bigger;
	return true;
}

bool table_set(struct table *t, struct text key, void *value)
{
	struct table_slot *slot;
	uint64_t hash;

	if (t->used * 4 >= t->size * 3 && !grow(t))
		return false;
	hash = hash_bytes(key.data, key.len, t->seed);
	slot = find(t, key, hash);
	t->used += !slot->value;
	*slot = (struct table_slot){ key, hash, value };
	return true;
}
