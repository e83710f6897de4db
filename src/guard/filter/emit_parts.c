/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts may still hold, a bit for each. A part is what it asks all of, its clauses; a clause that several parts have
 * (rules of a file share their macros) is asked once for all of them, in the first stage in which its texts are known, and
 * takes away the bits of those that it rules out. What is left at the end are the candidates.
 */
#include <errno.h>
#include <stdlib.h>

#include "guard/filter/emit.h"

#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))

enum {
	PART_WORDS = FILTER_CANDIDATES / 32,
	CHEAP = 2 /* terms: asked sooner than whether it matters */
};

struct clause {
	enum emit_stage stage;
	uint32_t order; /* in which they were found */
	struct node *node;
	uint32_t parts[PART_WORDS], part_count;
};

static uint32_t slot_count(const struct emitter *e)
{
	size_t parts = e->filter->parts.len;

	return parts > FILTER_CANDIDATES ? 1 : (uint32_t)parts;
}

/* --- finding them ------------------------------------------------------------------------------------- */

static bool is_of_group(const struct node *n)
{
	return n->kind == NODE_TERM ||
	       (n->kind == NODE_NUMBER && n->number.at == LOOKED(contained, false).at);
}

static bool is_looked_up(const struct node *n)
{
	return is_of_group(n) || (n->kind == NODE_NUMBER && n->number.at & LOOKED_UP);
}

static unsigned looks_of(const struct node *n)
{
	unsigned looks = n->kind == NODE_TERM ? LOOK_GROUP | LOOK_TERMS :
			 is_of_group(n)	      ? LOOK_GROUP :
			 is_looked_up(n)      ? LOOK_PROCESS :
						0;

	for (uint32_t i = 0; (n->kind == NODE_AND || n->kind == NODE_OR) && i < n->group.count; i++)
		looks |= looks_of(n->group.items[i]);
	return looks;
}

unsigned emit_looks(const struct emitter *e)
{
	unsigned looks = 0;

	vec_foreach(c, &e->clauses)
		looks |= looks_of(c->node);
	return looks;
}

/* That it waits for what is looked at last, whatever it is. */
static bool is_late(const struct emitter *e, const struct node *n)
{
	return is_looked_up(n) || (e->remembers && !emit_is_of_open(n));
}

/* The last stage that any of its terms needs. */
static enum emit_stage stage_of(const struct emitter *e, const struct node *n)
{
	enum emit_stage last = STAGE_NUMBERS;

	if (n->kind == NODE_TEXT)
		return emit_stage_of(&e->filter->views.items.items[n->text.view]);
	if (is_late(e, n))
		return STAGE_ALL;
	for (uint32_t i = 0; (n->kind == NODE_AND || n->kind == NODE_OR) && i < n->group.count;
	     i++) {
		enum emit_stage s = stage_of(e, n->group.items[i]);

		last = s > last ? s : last;
	}
	return last;
}

/* What can be said of it in that stage already: texts that come later may be what they like. */
static struct node *known_by(struct emitter *e, struct node *n, enum emit_stage stage)
{
	struct arena *a = &e->filter->arena;
	struct node **items;

	if (stage_of(e, n) <= stage)
		return n;
	if (n->kind == NODE_TEXT || is_late(e, n))
		return node_constant(a, true);
	items = arena_array(a, struct node *, n->group.count + 1);
	for (uint32_t i = 0; items && i < n->group.count; i++)
		items[i] = known_by(e, n->group.items[i], stage);
	return items ? node_group(a, n->kind, items, n->group.count) : NULL;
}

static int add_clause(struct emitter *e, struct node *n, enum emit_stage stage, uint32_t part)
{
	struct clause *slot = NULL;

	if (!n)
		return -ENOMEM;
	if (n->kind == NODE_TRUE)
		return 0;
	vec_foreach(c, &e->clauses)
		if (c->stage == stage && node_equal(c->node, n))
			slot = c;
	if (!slot)
		slot = vec_add(&e->clauses);
	if (!slot)
		return -ENOMEM;
	if (!slot->node)
		*slot = (struct clause){ .stage = stage,
					 .order = (uint32_t)e->clauses.len,
					 .node = n };
	slot->part_count += !(slot->parts[part / 32] >> (part % 32) & 1);
	slot->parts[part / 32] |= 1u << (part % 32);
	return 0;
}

/* Of one that has to wait for texts, what is known sooner is asked sooner. */
static int add_clauses(struct emitter *e, struct node *n, uint32_t part)
{
	enum emit_stage last;
	int r = 0;

	if (n->kind == NODE_AND) {
		for (uint32_t i = 0; !r && i < n->group.count; i++)
			r = add_clauses(e, n->group.items[i], part);
		return r;
	}
	last = stage_of(e, n);
	for (enum emit_stage s = STAGE_NUMBERS; !r && s < last; s++)
		r = add_clause(e, known_by(e, n, s), s, part);
	return r ? r : add_clause(e, n, last, part);
}

/* More parts than bits: they are one. */
static struct node *all_parts(struct emitter *e)
{
	struct kernel_filter *f = e->filter;
	struct node **items = arena_array(&f->arena, struct node *, f->parts.len + 1);

	for (size_t i = 0; items && i < f->parts.len; i++)
		items[i] = f->parts.items[i].weak;
	return items ? node_group(&f->arena, NODE_OR, items, (uint32_t)f->parts.len) : NULL;
}

/* Clauses of the same parts become one. */
static int join(struct emitter *e)
{
	struct clause *c = e->clauses.items;
	size_t kept = 0;

	for (size_t i = 0; i < e->clauses.len; i++) {
		size_t k = 0;

		while (k < kept && (c[k].stage != c[i].stage ||
				    memcmp(c[k].parts, c[i].parts, sizeof(c[k].parts)) != 0))
			k++;
		if (k == kept)
			c[kept++] = c[i];
		else
			c[k].node = node_both(&e->filter->arena, c[k].node, c[i].node);
		if (!c[k].node)
			return -ENOMEM;
	}
	e->clauses.len = kept;
	return 0;
}

/* Those that rule most out come first. */
static int by_use(const void *a, const void *b)
{
	const struct clause *x = a, *y = b;

	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	if (x->part_count != y->part_count)
		return x->part_count > y->part_count ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

int emit_split_parts(struct emitter *e)
{
	struct kernel_filter *f = e->filter;
	struct node *all;
	int r = 0;

	e->clauses.len = 0;
	if (f->parts.len > FILTER_CANDIDATES) {
		all = all_parts(e);
		r = all ? add_clauses(e, all, 0) : -ENOMEM;
	} else {
		for (uint32_t i = 0; !r && i < f->parts.len; i++)
			r = add_clauses(e, f->parts.items[i].weak, i);
	}
	r = r ? r : join(e);
	if (!r && e->clauses.len)
		qsort(e->clauses.items, e->clauses.len, sizeof(*e->clauses.items), by_use);
	return r;
}

bool emit_each_clause(const struct emitter *e, enum emit_stage last,
		      bool (*fn)(const struct emitter *e, const struct node *n,
				 struct filter_early *ret),
		      struct filter_early *ret)
{
	vec_foreach(c, &e->clauses)
		if (c->stage <= last && !fn(e, c->node, ret))
			return false;
	return true;
}

bool emit_has_clauses(const struct emitter *e, enum emit_stage stage)
{
	vec_foreach(c, &e->clauses)
		if (c->stage == stage)
			return true;
	return false;
}

/* --- asking them -------------------------------------------------------------------------------------- */

static int word_at(uint32_t w)
{
	return SCRATCH(candidates) + (int)(4 * w);
}

void emit_all_parts(struct emitter *e)
{
	uint32_t left = slot_count(e);

	for (uint32_t w = 0; left; w++) {
		uint32_t n = left < 32 ? left : 32;

		bpf_store_imm(&e->code, 4, REG_SCRATCH, word_at(w),
			      n == 32 ? -1 : (int32_t)((1u << n) - 1));
		left -= n;
	}
}

/* Goes to yes if one of them may still hold. */
static void emit_any_of(struct emitter *e, const uint32_t parts[PART_WORDS], uint32_t yes)
{
	for (uint32_t w = 0; w < PART_WORDS; w++) {
		if (!parts[w])
			continue;
		bpf_load(&e->code, 4, R1, REG_SCRATCH, word_at(w));
		bpf_jump32_imm(&e->code, BPF_JSET, R1, (int32_t)parts[w], yes);
	}
}

static void rule_out(struct emitter *e, const uint32_t parts[PART_WORDS])
{
	for (uint32_t w = 0; w < PART_WORDS; w++) {
		if (!parts[w])
			continue;
		bpf_load(&e->code, 4, R1, REG_SCRATCH, word_at(w));
		bpf_alu_imm(&e->code, BPF_AND, R1, (int32_t)~parts[w]);
		bpf_store(&e->code, 4, REG_SCRATCH, word_at(w), R1);
	}
}

static uint32_t count_terms(const struct node *n)
{
	uint32_t terms = 0;

	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return 1;
	for (uint32_t i = 0; i < n->group.count; i++)
		terms += count_terms(n->group.items[i]);
	return terms;
}

static void emit_clause(struct emitter *e, const struct clause *c, uint32_t none)
{
	uint32_t ask = bpf_code_label(&e->code), no = bpf_code_label(&e->code),
		 next = bpf_code_label(&e->code);

	if (c->part_count == slot_count(e)) {
		emit_tree(e, c->node, next, none);
	} else {
		if (count_terms(c->node) > CHEAP) {
			emit_any_of(e, c->parts, ask);
			bpf_goto(&e->code, next);
		}
		bpf_code_place(&e->code, ask);
		emit_tree(e, c->node, next, no);
		bpf_code_place(&e->code, no);
		rule_out(e, c->parts);
	}
	bpf_code_place(&e->code, next);
}

void emit_clauses(struct emitter *e, enum emit_stage stage, uint32_t some, uint32_t none)
{
	uint32_t all[PART_WORDS] = { 0 }, slots = slot_count(e), asked = 0;

	vec_foreach(c, &e->clauses) {
		if (c->stage != stage)
			continue;
		emit_clause(e, c, none);
		asked++;
	}
	for (uint32_t i = 0; i < slots; i++)
		all[i / 32] |= 1u << (i % 32);
	if (!asked && slots)
		bpf_goto(&e->code, some);
	emit_any_of(e, all, some);
	bpf_goto(&e->code, none);
}
