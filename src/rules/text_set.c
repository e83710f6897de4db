/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/text_set.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"

struct text_set *text_set_new(struct arena *a, uint32_t count, bool by_end)
{
	struct text_set *s = arena_new(a, struct text_set);

	if (!s)
		return NULL;
	for (s->size = 4; s->size < count * 2; s->size *= 2)
		;
	s->slots = arena_array(a, struct text_set_slot, s->size);
	s->by_end = by_end;
	if (getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK) < 0)
		s->seed = (uintptr_t)s;
	return s->slots ? s : NULL;
}

static uint32_t hash_of(const struct text_set *s, struct text t)
{
	return (uint32_t)hash_bytes(t.data, t.len, s->seed);
}

static struct text_set_slot *slot_for(const struct text_set *s, struct text t, uint32_t hash)
{
	uint32_t at = hash & (s->size - 1);

	while (s->slots[at].key.data &&
	       !(s->slots[at].hash == hash && text_eq(s->slots[at].key, t)))
		at = (at + 1) & (s->size - 1);
	return &s->slots[at];
}

struct text_set_slot *text_set_add(struct text_set *s, struct text t)
{
	uint32_t hash = hash_of(s, t);
	struct text_set_slot *slot = slot_for(s, t, hash);

	if (!slot->key.data) {
		*slot = (struct text_set_slot){ t.data ? t : TEXT(""), hash, s->count };
		s->count++;
	}
	return slot;
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool text_set_finish(struct text_set *s, struct arena *a)
{
	uint32_t n = 0;

	s->lengths = arena_array(a, uint32_t, s->count + 1);
	if (!s->lengths)
		return false;
	for (uint32_t i = 0; i < s->size; i++)
		if (s->slots[i].key.data)
			s->lengths[n++] = s->slots[i].key.len;
	qsort(s->lengths, n, sizeof(*s->lengths), compare_u32);
	for (uint32_t i = 0; i < n; i++)
		if (!i || s->lengths[i] != s->lengths[s->length_count - 1])
			s->lengths[s->length_count++] = s->lengths[i];
	return true;
}

const struct text_set_slot *text_set_find(const struct text_set *s, struct text t)
{
	const struct text_set_slot *slot;

	if (!s->length_count || t.len < s->lengths[0] || t.len > s->lengths[s->length_count - 1])
		return NULL;
	slot = slot_for(s, t, hash_of(s, t));
	return slot->key.data ? slot : NULL;
}

const struct text_set_slot *text_set_part(const struct text_set *s, struct text t, uint32_t which)
{
	uint32_t len = s->lengths[which];
	const struct text_set_slot *slot;
	struct text part;

	if (len > t.len)
		return NULL;
	part = text_from(s->by_end ? t.data + (t.len - len) : t.data, len);
	slot = slot_for(s, part, hash_of(s, part));
	return slot->key.data ? slot : NULL;
}

bool text_set_has_part(const struct text_set *s, struct text t)
{
	for (uint32_t i = 0; i < s->length_count && s->lengths[i] <= t.len; i++)
		if (text_set_part(s, t, i))
			return true;
	return false;
}
