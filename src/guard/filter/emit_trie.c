/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many beginnings, paths or networks: one look into a trie finds the longest of them that the text begins with, whatever
 * their number. It has the bits of all shorter ones too, so nothing else is looked for. A path ends with a slash there, and so
 * does the text then: what goes on otherwise is another name.
 */
#include <errno.h>
#include <stdlib.h>

#include "guard/filter/emit.h"

#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))

/* The number of bits is in front of the key, as struct bpf_lpm_trie_key has it. */
enum { BITS_SIZE = 4, BITS_AT = offsetof(struct filter_scratch, key) - BITS_SIZE };
static_assert(offsetof(struct filter_scratch, key_len) + 8 == offsetof(struct filter_scratch, key),
	      "nothing else is there");

/* What a text has to begin with. */
struct branch {
	uint8_t *bytes;
	uint32_t size, bits; /* size: as the key has, zeros at the end */
	uint32_t term, key;  /* key: which of the map's */
	int above;	     /* the number of the longest other that it begins with; -1: none */
};

struct branches {
	struct branch *items;
	uint32_t count, size; /* of the bytes of each */
};

static uint32_t count_of(const struct text_view *v, enum text_op op)
{
	uint32_t n = 0;

	vec_foreach(t, &v->terms)
		n += t->op == op ? t->count : 0;
	return n;
}

bool emit_by_trie(const struct text_view *v, enum text_op op)
{
	uint32_t n = count_of(v, op);

	return op == TEXT_NETWORK ? n > 0 : n > TEXT_BRANCHES_MAX;
}

/* How many bytes the key must have for this text. */
static uint32_t size_of(enum text_op op, struct text t)
{
	return op == TEXT_PATH ? t.len + 1 : op == TEXT_NETWORK ? t.len - 1 : t.len;
}

static void put(struct branch *b, enum text_op op, struct text t)
{
	b->bits = 8 * size_of(op, t);
	if (op == TEXT_NETWORK) {
		b->bits = (uint8_t)t.data[0];
		t = text_from(t.data + 1, t.len - 1);
	}
	memcpy(b->bytes, t.data, t.len);
	if (op == TEXT_PATH)
		b->bytes[t.len] = '/';
}

static int by_bytes(const void *a, const void *b)
{
	const struct branch *x = a, *y = b;
	int r = memcmp(x->bytes, y->bytes, x->size);

	return r ? r : x->bits < y->bits ? -1 : x->bits > y->bits;
}

/* In order: what begins with another comes behind it. */
static int collect(struct emitter *e, const struct text_view *v, enum text_op op,
		   struct branches *ret)
{
	uint32_t n = 0, longest = 0;

	vec_foreach(t, &v->terms)
		for (uint32_t i = 0; t->op == op && i < t->count; i++)
			if (size_of(op, t->texts[i]) > longest)
				longest = size_of(op, t->texts[i]);
	ret->count = count_of(v, op);
	ret->size = (longest + 7) / 8 * 8;
	ret->items = arena_array(&e->filter->arena, struct branch, ret->count);
	for (uint32_t term = 0; ret->items && term < v->terms.len; term++) {
		const struct text_term *t = &v->terms.items[term];

		for (uint32_t i = 0; t->op == op && i < t->count; i++, n++) {
			ret->items[n].term = term;
			ret->items[n].size = ret->size;
			ret->items[n].bytes = arena_alloc(&e->filter->arena, ret->size);
			if (!ret->items[n].bytes)
				return -ENOMEM;
			put(&ret->items[n], op, t->texts[i]);
		}
	}
	if (!ret->items)
		return -ENOMEM;
	qsort(ret->items, ret->count, sizeof(*ret->items), by_bytes);
	return 0;
}

static bool begins_with(const struct branch *b, const struct branch *with)
{
	uint32_t whole = with->bits / 8, rest = with->bits % 8;

	return with->bits <= b->bits && !memcmp(b->bytes, with->bytes, whole) &&
	       (!rest || !((b->bytes[whole] ^ with->bytes[whole]) >> (8 - rest)));
}

/* Keys each once, with the terms of all that they begin with. */
static void fill(struct program_map *m, const struct branches *all)
{
	for (int i = 0; i < (int)all->count; i++) {
		struct branch *b = &all->items[i];
		uint8_t *value;
		bool again;

		b->above = i - 1;
		while (b->above >= 0 && !begins_with(b, &all->items[b->above]))
			b->above = all->items[b->above].above;
		again = b->above >= 0 && all->items[b->above].bits == b->bits;
		b->key = again ? all->items[b->above].key : m->count++;
		value = m->values + (size_t)b->key * m->value_size;
		if (!again) {
			uint8_t *key = m->keys + (size_t)b->key * m->key_size;

			memcpy(key, &b->bits, BITS_SIZE);
			memcpy(key + BITS_SIZE, b->bytes, b->size);
			if (b->above >= 0)
				memcpy(value,
				       m->values + (size_t)all->items[b->above].key * m->value_size,
				       m->value_size);
		}
		((uint32_t *)(void *)value)[b->term / 32] |= 1u << (b->term % 32);
	}
}

/* The number of the map; negative: an errno. */
static int make(struct emitter *e, const struct text_view *v, enum text_op op)
{
	struct kernel_filter *f = e->filter;
	struct program_map *m = vec_add(&f->maps);
	struct branches all;

	if (!m || collect(e, v, op, &all))
		return -ENOMEM;
	m->trie = true;
	m->key_size = BITS_SIZE + all.size;
	m->value_size = ((uint32_t)v->terms.len + 31) / 32 * 4;
	m->keys = arena_alloc(&f->arena, (size_t)all.count * m->key_size);
	m->values = arena_alloc(&f->arena, (size_t)all.count * m->value_size);
	if (!m->keys || !m->values)
		return -ENOMEM;
	fill(m, &all);
	return (int)f->maps.len - 1;
}

/* Of a path the slash in front is known to be there, and left out. */
int emit_trie(struct emitter *e, const struct text_view *v, enum text_op op)
{
	struct bpf_code *c = &e->code;
	uint32_t whole = bpf_code_label(c), full = bpf_code_label(c), done = bpf_code_label(c);
	int map = make(e, v, op), size, from = op == TEXT_PATH;

	if (map < 0)
		return map;
	size = (int)e->filter->maps.items[map].key_size - BITS_SIZE;
	emit_len(e, R2);
	bpf_alu_imm(c, BPF_SUB, R2, from);
	bpf_jump_imm(c, BPF_JLE, R2, size, whole);
	bpf_alu_imm(c, BPF_MOV, R2, size); /* what is behind is longer than all of them */
	bpf_code_place(c, whole);
	emit_map_key(e, from, size);
	if (op == TEXT_PATH) {
		bpf_jump_imm(c, BPF_JGE, R2, size, full);
		bpf_alu(c, BPF_MOV, R3, REG_SCRATCH);
		bpf_alu(c, BPF_ADD, R3, R2);
		bpf_store_imm(c, 1, R3, SCRATCH(key), '/');
		bpf_alu_imm(c, BPF_ADD, R2, 1);
		bpf_code_place(c, full);
	}
	bpf_alu_imm(c, BPF_LSH, R2, 3);
	bpf_store(c, 4, REG_SCRATCH, BITS_AT, R2);
	bpf_alu(c, BPF_MOV, R2, REG_SCRATCH);
	bpf_alu_imm(c, BPF_ADD, R2, BITS_AT);
	emit_map_bits(e, v, map, done);
	bpf_code_place(c, done);
	return 0;
}
