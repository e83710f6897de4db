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

static struct table_slot *find(const struct table *t, struct text key, uint32_t hash)
{
	size_t at = hash & (t->size - 1);

	while (t->slots[at].value && !(t->slots[at].hash == hash &&
				       text_eq(text_from(t->slots[at].key, t->slots[at].len), key)))
		at = (at + 1) & (t->size - 1);
	return &t->slots[at];
}

static uint32_t hash_of(const struct table *t, struct text key)
{
	return (uint32_t)hash_bytes(key.data, key.len, t->seed);
}

void *table_get(const struct table *t, struct text key)
{
	return t->size ? find(t, key, hash_of(t, key))->value : NULL;
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
			*find(&bigger, text_from(t->slots[i].key, t->slots[i].len),
			      t->slots[i].hash) = t->slots[i];
	free(t->slots);
	*t = bigger;
	return true;
}

bool table_set(struct table *t, struct text key, void *value)
{
	struct table_slot *slot;
	uint32_t hash;

	if (t->used * 4 >= t->size * 3 && !grow(t))
		return false;
	hash = hash_of(t, key);
	slot = find(t, key, hash);
	t->used += !slot->value;
	*slot = (struct table_slot){ key.data, key.len, hash, value };
	return true;
}
