/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions as one graph: equal parts exist once, whatever rule or macro they came from. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/print.h"
#include "rules/program_private.h"
#include "rules/types.h"

static struct text key_of(struct program *p, const void *data, size_t len)
{
	char *copy = arena_dup(&p->arena, data, len);

	p->failed = p->failed || !copy;
	return text_from(copy, len);
}

/* Numbers are stored in tables as pointers, from 1. */
static uint32_t lookup(const struct table *t, struct text key)
{
	return (uint32_t)(uintptr_t)table_get(t, key) - 1;
}

static void store(struct program *p, struct table *t, struct text key, uint32_t number)
{
	if (!key.data || !table_set(t, key, (void *)((uintptr_t)number + 1)))
		p->failed = true;
}

/* --- inputs, terms ------------------------------------------------------------------------------------------ */

static uint32_t input_of(struct program *p, const struct operand *o)
{
	struct buf name = BUF_INIT;
	uint32_t n;
	struct input *in;

	print_operand(o, &name);
	n = lookup(&p->input_names, text_from(name.data, name.len));
	if (n == NONE) {
		in = vec_add(&p->inputs);
		if (in) {
			in->operand = o;
			n = (uint32_t)p->inputs.len - 1;
			store(p, &p->input_names, key_of(p, name.data, name.len), n);
		}
	}
	p->failed = p->failed || n == NONE;
	buf_deinit(&name);
	return n;
}

static uint32_t term_new(struct program *p, const struct check *const *checks, uint32_t count,
			 enum match_kind kind, struct text key)
{
	uint32_t left = input_of(p, checks[0]->left);
	uint32_t right = checks[0]->right ? input_of(p, checks[0]->right) : NONE;
	struct term *t = vec_add(&p->terms);

	if (!t) {
		p->failed = true;
		return NONE;
	}
	t->left = left;
	t->right = right;
	t->check_count = count;
	t->checks = arena_array(&p->arena, const struct check *, count);
	if (!t->checks ||
	    !(count > 1 ? match_init_joined(&t->match, &p->arena, checks, count, kind) :
			  match_init(&t->match, &p->arena, checks[0]))) {
		p->failed = true;
		return NONE;
	}
	memcpy(t->checks, checks, count * sizeof(*checks));
	t->cost = match_cost(&t->match);
	store(p, &p->term_names, key, (uint32_t)p->terms.len - 1);
	return (uint32_t)p->terms.len - 1;
}

static uint32_t term_of(struct program *p, struct check *c)
{
	struct buf name = BUF_INIT;
	const struct check *one = c;
	uint32_t n;

	print_check(c, &name);
	n = lookup(&p->term_names, text_from(name.data, name.len));
	if (n == NONE && !name.failed) {
		n = term_new(p, &one, 1, MATCH_GENERIC, key_of(p, name.data, name.len));
		if (n != NONE)
			p->terms.items[n].types = types_of_check(c);
	}
	buf_deinit(&name);
	return n;
}

/* --- nodes --------------------------------------------------------------------------------------------------- */

bool graph_init(struct program *p)
{
	for (int i = 0; i < 2; i++) {
		struct node *n = vec_add(&p->nodes);

		if (!n)
			return false;
		n->kind = i ? NODE_TRUE : NODE_FALSE;
		n->slot = NONE;
		memset(i ? &n->types.can_be_true : &n->types.can_be_false, 0xff,
		       sizeof(struct type_set));
	}
	return true;
}

static uint32_t node_new(struct program *p, struct node n, struct text key)
{
	struct node *slot = vec_add(&p->nodes);

	if (!slot) {
		p->failed = true;
		return 0;
	}
	*slot = n;
	slot->slot = NONE;
	store(p, &p->node_names, key, (uint32_t)p->nodes.len - 1);
	return (uint32_t)p->nodes.len - 1;
}

static uint32_t node_term(struct program *p, uint32_t term)
{
	uint32_t key[2] = { NODE_TERM, term }, n;
	struct text name = text_from((const char *)key, sizeof(key));

	if (term == NONE)
		return 0;
	n = lookup(&p->node_names, name);
	if (n != NONE)
		return n;
	return node_new(p,
			(struct node){ .kind = NODE_TERM,
				       .a = term,
				       .leaves = 1,
				       .cost = p->terms.items[term].cost,
				       .types = p->terms.items[term].types },
			key_of(p, key, sizeof(key)));
}

static uint32_t node_not(struct program *p, uint32_t child)
{
	const struct node *c = &p->nodes.items[child];
	uint32_t key[2] = { NODE_NOT, child }, n;
	struct node made;

	if (child < 2)
		return 1 - child;
	if (c->kind == NODE_NOT)
		return c->a;
	n = lookup(&p->node_names, text_from((const char *)key, sizeof(key)));
	if (n != NONE)
		return n;
	made = (struct node){ .kind = NODE_NOT,
			      .a = child,
			      .leaves = c->leaves,
			      .cost = c->cost,
			      .types = { c->types.can_be_false, c->types.can_be_true } };
	return node_new(p, made, key_of(p, key, sizeof(key)));
}

typedef VEC(uint32_t) number_list;

static void number_add(struct program *p, number_list *list, uint32_t n)
{
	uint32_t *slot = vec_add(list);

	if (slot)
		*slot = n;
	p->failed = p->failed || !slot;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Sorts the members, takes out doubles, what is neutral, and groups of the same kind that are members
 * (their members move up). Returns a node that decides the group at once, or NONE.
 */
static uint32_t tidy(struct program *p, enum node_kind kind, number_list *list)
{
	uint32_t neutral = kind == NODE_AND, ends = !neutral, n = 0;

	for (size_t i = 0; i < list->len; i++) {
		const struct node *m = &p->nodes.items[list->items[i]];

		if (m->kind != kind)
			continue;
		list->items[i] = neutral;
		for (uint32_t k = 0; k < m->count; k++)
			number_add(p, list, m->items[k]);
	}
	vec_sort(list, by_number);
	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i] == ends)
			return ends;
		if (list->items[i] != neutral && (!n || list->items[n - 1] != list->items[i]))
			list->items[n++] = list->items[i];
	}
	list->len = n;
	if (!n)
		return neutral;
	/* "a and not a", "a or not a": the "not" has the larger number. */
	for (uint32_t i = 0; i < n; i++) {
		const struct node *m = &p->nodes.items[list->items[i]];

		if (m->kind == NODE_NOT &&
		    bsearch(&m->a, list->items, n, sizeof(uint32_t), by_number))
			return ends;
	}
	return n == 1 ? list->items[0] : NONE;
}

static struct type_truth group_types(const struct program *p, enum node_kind kind,
				     const uint32_t *items, uint32_t count)
{
	struct type_truth r = p->nodes.items[items[0]].types;

	for (uint32_t i = 1; i < count; i++) {
		const struct type_truth *t = &p->nodes.items[items[i]].types;

		for (int w = 0; w < TYPE_SET_WORDS; w++) {
			uint64_t yes = t->can_be_true.bits[w], no = t->can_be_false.bits[w];

			r.can_be_true.bits[w] = kind == NODE_AND ? r.can_be_true.bits[w] & yes :
								   r.can_be_true.bits[w] | yes;
			r.can_be_false.bits[w] = kind == NODE_AND ? r.can_be_false.bits[w] | no :
								    r.can_be_false.bits[w] & no;
		}
	}
	return r;
}

static uint32_t node_group(struct program *p, enum node_kind kind, number_list *list)
{
	uint32_t decided = tidy(p, kind, list), n;
	struct node made = { .kind = kind };
	struct buf key = BUF_INIT;

	if (decided != NONE || p->failed)
		return decided == NONE ? 0 : decided;
	buf_add(&key, &kind, sizeof(kind));
	buf_add(&key, list->items, list->len * sizeof(*list->items));
	n = lookup(&p->node_names, text_from(key.data, key.len));
	if (n == NONE && !key.failed) {
		made.count = (uint32_t)list->len;
		made.items = arena_array(&p->arena, uint32_t, list->len);
		if (made.items) {
			memcpy(made.items, list->items, list->len * sizeof(*list->items));
			made.types = group_types(p, kind, made.items, made.count);
			for (uint32_t i = 0; i < made.count; i++) {
				made.cost += p->nodes.items[made.items[i]].cost;
				made.leaves += p->nodes.items[made.items[i]].leaves;
			}
			n = node_new(p, made, key_of(p, key.data, key.len));
		}
		p->failed = p->failed || !made.items;
	}
	buf_deinit(&key);
	return n == NONE ? 0 : n;
}

static uint32_t add_group(struct program *p, struct expr *e)
{
	number_list list = { 0 };
	uint32_t n;

	for (uint32_t i = 0; i < e->group.count; i++)
		number_add(p, &list, graph_add(p, e->group.items[i]));
	n = node_group(p, e->kind == EXPR_AND ? NODE_AND : NODE_OR, &list);
	vec_deinit(&list);
	return n;
}

/* A macro's body becomes a node once. */
static uint32_t add_macro(struct program *p, struct expr *e)
{
	struct expr *body = e->macro.body;
	struct text key = text_from((const char *)&body, sizeof(body));
	uint32_t n = lookup(&p->macro_nodes, key);

	if (n != NONE)
		return n;
	n = graph_add(p, body);
	store(p, &p->macro_nodes, key_of(p, &body, sizeof(body)), n);
	return n;
}

uint32_t graph_add(struct program *p, struct expr *e)
{
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		return add_group(p, e);
	case EXPR_NOT:
		return node_not(p, graph_add(p, e->child));
	case EXPR_MACRO:
		return add_macro(p, e);
	case EXPR_CHECK:
		return node_term(p, term_of(p, &e->check));
	}
	return 0;
}

/* --- for one type -------------------------------------------------------------------------------------------- */

/* One term for several of an "or": all on the same input, all of the same kind. */
static uint32_t join_terms(struct program *p, const uint32_t *terms, uint32_t count,
			   enum match_kind kind)
{
	VEC(const struct check *) checks = { 0 };
	struct buf key = BUF_INIT;
	uint32_t n;

	buf_add_str(&key, "join");
	buf_add(&key, terms, count * sizeof(*terms));
	n = lookup(&p->term_names, text_from(key.data, key.len));
	for (uint32_t i = 0; n == NONE && i < count; i++) {
		const struct check **slot = vec_add(&checks);

		if (slot)
			*slot = p->terms.items[terms[i]].checks[0];
		p->failed = p->failed || !slot;
	}
	if (n == NONE && !p->failed)
		n = term_new(p, checks.items, count, kind, key_of(p, key.data, key.len));
	if (n != NONE) {
		/* Only types that leave it open ask: it is open for all of them. */
		memset(&p->terms.items[n].types, 0xff, sizeof(p->terms.items[n].types));
	}
	vec_deinit(&checks);
	buf_deinit(&key);
	return n;
}

static bool joinable(const struct program *p, uint32_t node, enum match_kind *kind, uint32_t *input)
{
	const struct node *n = &p->nodes.items[node];
	const struct term *t;

	if (n->kind != NODE_TERM)
		return false;
	t = &p->terms.items[n->a];
	*input = t->left;
	return t->check_count == 1 && match_can_join(t->checks[0], kind);
}

struct candidate {
	enum match_kind kind;
	uint32_t input, term;
	size_t at; /* in the list */
};

static int by_kind_and_input(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return (x->term > y->term) - (x->term < y->term);
}

/* Joins the members of an "or" that can be. The list loses them and gets what they became. */
static void join_members(struct program *p, number_list *list)
{
	VEC(struct candidate) all = { 0 };
	number_list terms = { 0 };

	for (size_t i = 0; i < list->len; i++) {
		struct candidate c = { .at = i }, *slot;

		if (!joinable(p, list->items[i], &c.kind, &c.input))
			continue;
		c.term = p->nodes.items[list->items[i]].a;
		slot = vec_add(&all);
		if (slot)
			*slot = c;
	}
	vec_sort(&all, by_kind_and_input);
	for (size_t i = 0, end; i < all.len && !p->failed; i = end) {
		const struct candidate *first = &all.items[i];

		terms.len = 0;
		for (end = i; end < all.len && all.items[end].kind == first->kind &&
			      all.items[end].input == first->input;
		     end++)
			number_add(p, &terms, all.items[end].term);
		if (terms.len < 2)
			continue;
		for (size_t k = i; k < end; k++)
			list->items[all.items[k].at] = 0; /* false: neutral in an "or" */
		list->items[first->at] = node_term(p, join_terms(p, terms.items,
								 (uint32_t)terms.len, first->kind));
	}
	vec_deinit(&all);
	vec_deinit(&terms);
}

static uint32_t specialise_group(struct program *p, uint32_t node, uint32_t type, uint32_t **memo,
				 size_t *memo_size)
{
	enum node_kind kind = p->nodes.items[node].kind;
	uint32_t count = p->nodes.items[node].count, n;
	const uint32_t *items = p->nodes.items[node].items;
	number_list list = { 0 };

	for (uint32_t i = 0; i < count; i++)
		number_add(p, &list, graph_specialise(p, items[i], type, memo, memo_size));
	if (kind == NODE_OR) {
		/* First as it is: members that are groups of the same kind move up. */
		n = tidy(p, kind, &list);
		if (n == NONE)
			join_members(p, &list);
	}
	n = node_group(p, kind, &list);
	vec_deinit(&list);
	return n;
}

static bool memo_room(struct program *p, uint32_t **memo, size_t *size, size_t want)
{
	size_t bigger = *size ? *size : 1024;
	uint32_t *grown;

	while (bigger <= want)
		bigger *= 2;
	if (bigger == *size)
		return true;
	grown = realloc(*memo, bigger * sizeof(**memo));
	if (!grown) {
		p->failed = true;
		return false;
	}
	memset(grown + *size, 0xff, (bigger - *size) * sizeof(*grown));
	*memo = grown;
	*size = bigger;
	return true;
}

uint32_t graph_specialise(struct program *p, uint32_t node, uint32_t type, uint32_t **memo,
			  size_t *memo_size)
{
	const struct node *n = &p->nodes.items[node];
	uint32_t made = node;

	if (!type_set_has(&n->types.can_be_true, type))
		return 0;
	if (!type_set_has(&n->types.can_be_false, type))
		return 1;
	if (n->kind == NODE_TERM || !memo_room(p, memo, memo_size, node))
		return node;
	if ((*memo)[node] != NONE)
		return (*memo)[node];
	if (n->kind == NODE_NOT)
		made = node_not(p, graph_specialise(p, n->a, type, memo, memo_size));
	else
		made = specialise_group(p, node, type, memo, memo_size);
	(*memo)[node] = made;
	return made;
}

void graph_print(const struct program *p, uint32_t node, struct buf *out)
{
	const struct node *n = &p->nodes.items[node];

	switch (n->kind) {
	case NODE_FALSE:
		buf_add_str(out, "false");
		break;
	case NODE_TRUE:
		buf_add_str(out, "true");
		break;
	case NODE_TERM:
		for (uint32_t i = 0; i < p->terms.items[n->a].check_count; i++) {
			if (i)
				buf_add_str(out, " | ");
			print_check(p->terms.items[n->a].checks[i], out);
		}
		break;
	case NODE_NOT:
		buf_add_str(out, "not ");
		graph_print(p, n->a, out);
		break;
	case NODE_AND:
	case NODE_OR:
		buf_add_char(out, '(');
		for (uint32_t i = 0; i < n->count; i++) {
			if (i)
				buf_add_str(out, n->kind == NODE_AND ? " and " : " or ");
			graph_print(p, n->items[i], out);
		}
		buf_add_char(out, ')');
		break;
	}
}
