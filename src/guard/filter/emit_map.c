/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many texts for equality: one look into a hash map says which terms of the view the text is in,
 * whatever their number. Keys are the length and the text, filled up with zeros.
 */
#include <errno.h>

#include "guard/filter/emit.h"
#include "rules/text_set.h"

#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))
enum { KEY_HEAD = sizeof(((struct filter_scratch *)0)->key_len) };

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "the first bytes of a word are its low ones");

static uint32_t words_of(const struct text_view *v)
{
	return ((uint32_t)v->terms.len + 31) / 32;
}

static void put_text(struct program_map *m, uint32_t n, struct text t, uint32_t term)
{
	uint64_t len = t.len;
	uint8_t *key = m->keys + (size_t)n * m->key_size;
	uint32_t *words = (uint32_t *)(void *)(m->values + (size_t)n * m->value_size);

	memcpy(key, &len, sizeof(len));
	memcpy(key + KEY_HEAD, t.data, t.len);
	words[term / 32] |= 1u << (term % 32);
}

/* All texts of the view's terms for equality, each once. */
static struct text_set *texts_of(struct emitter *e, const struct text_view *v,
				 uint32_t *ret_longest)
{
	struct text_set *set;
	uint32_t count = 0;

	vec_foreach(t, &v->terms)
		count += t->op == TEXT_EQUAL ? t->count : 0;
	set = text_set_new(&e->filter->arena, count, false);
	*ret_longest = 0;
	vec_foreach(t, &v->terms) {
		for (uint32_t i = 0; set && t->op == TEXT_EQUAL && i < t->count; i++) {
			text_set_add(set, t->texts[i]);
			if (t->texts[i].len > *ret_longest)
				*ret_longest = t->texts[i].len;
		}
	}
	return set && text_set_finish(set, &e->filter->arena) ? set : NULL;
}

int emit_map_make(struct emitter *e, struct text_view *v)
{
	struct kernel_filter *f = e->filter;
	struct program_map *m = vec_add(&f->maps);
	struct text_set *set;
	uint32_t longest;

	set = m ? texts_of(e, v, &longest) : NULL;
	if (!set)
		return -ENOMEM;
	m->key_size = KEY_HEAD + (longest + 7) / 8 * 8;
	m->value_size = words_of(v) * 4;
	m->count = set->count;
	m->keys = arena_alloc(&f->arena, (size_t)m->count * m->key_size + 1);
	m->values = arena_alloc(&f->arena, (size_t)m->count * m->value_size + 1);
	if (!m->keys || !m->values)
		return -ENOMEM;
	for (uint32_t n = 0; n < v->terms.len; n++) {
		const struct text_term *t = &v->terms.items[n];

		for (uint32_t i = 0; t->op == TEXT_EQUAL && i < t->count; i++)
			put_text(m, text_set_find(set, t->texts[i])->value, t->texts[i], n);
	}
	return (int)f->maps.len - 1;
}

/*
 * Eight bytes at a time, which may go beyond the end of the text: what is behind is shifted out of the last ones. No
 * helper: with one that reads any memory of the kernel, whoever may ask for filters could read it too.
 */
void emit_map_key(struct emitter *e, int from, int room)
{
	struct bpf_code *c = &e->code;
	uint32_t copied = bpf_code_label(c);

	for (int at = 0; at < room; at += 8)
		bpf_store_imm(c, 8, REG_SCRATCH, SCRATCH(key) + at, 0);
	for (int at = 0; at < room; at += 8) {
		uint32_t whole = bpf_code_label(c);

		bpf_jump_imm(c, BPF_JLE, R2, at, copied);
		bpf_load(c, 8, R3, REG_TEXT, from + at);
		bpf_jump_imm(c, BPF_JGE, R2, at + 8, whole);
		bpf_alu_imm(c, BPF_MOV, R4, at + 8);
		bpf_alu(c, BPF_SUB, R4, R2);
		bpf_alu_imm(c, BPF_LSH, R4, 3);
		bpf_alu(c, BPF_LSH, R3, R4);
		bpf_alu(c, BPF_RSH, R3, R4);
		bpf_code_place(c, whole);
		bpf_store(c, 8, REG_SCRATCH, SCRATCH(key) + at, R3);
	}
	bpf_code_place(c, copied);
}

void emit_map_bits(struct emitter *e, const struct text_view *v, int map, uint32_t done)
{
	struct bpf_code *c = &e->code;

	bpf_map(c, R1, FILTER_MAP_SETS + map);
	bpf_call(c, BPF_FUNC_map_lookup_elem);
	bpf_jump_imm(c, BPF_JEQ, R0, 0, done);
	for (uint32_t w = 0; w < words_of(v); w++) {
		bpf_load(c, 4, R1, R0, (int)(4 * w));
		bpf_load(c, 4, R2, REG_SCRATCH, scratch_may(v->word + w));
		bpf_alu(c, BPF_OR, R2, R1);
		bpf_store(c, 4, REG_SCRATCH, scratch_may(v->word + w), R2);
	}
}

/* done: nothing more to do with it */
void emit_map_look(struct emitter *e, const struct text_view *v, int map, uint32_t done)
{
	const struct program_map *m = &e->filter->maps.items[map];
	struct bpf_code *c = &e->code;
	int room = (int)m->key_size - KEY_HEAD;

	bpf_load(c, 4, R2, REG_SCRATCH, SCRATCH(len));
	bpf_jump_imm(c, BPF_JGT, R2, room, done); /* longer than all of them */
	bpf_store(c, 8, REG_SCRATCH, SCRATCH(key_len), R2);
	emit_map_key(e, 0, room);
	bpf_alu(c, BPF_MOV, R2, REG_SCRATCH);
	bpf_alu_imm(c, BPF_ADD, R2, SCRATCH(key_len));
	emit_map_bits(e, v, map, done);
}
