/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/node.h"

#include <string.h>

static struct node *node_new(struct arena *a, enum node_kind kind)
{
	struct node *n = arena_new(a, struct node);

	if (n)
		n->kind = kind;
	return n;
}

struct node *node_constant(struct arena *a, bool value)
{
	return node_new(a, value ? NODE_TRUE : NODE_FALSE);
}

struct node *node_unknown(struct arena *a, const struct check *c, const char *reason)
{
	struct node *n = node_new(a, NODE_UNKNOWN);

	if (n) {
		n->unknown.check = c;
		n->unknown.reason = reason;
	}
	return n;
}

struct node *node_number(struct arena *a, struct number_test t)
{
	struct node *n = node_new(a, NODE_NUMBER);

	if (n)
		n->number = t;
	return n;
}

struct node *node_text(struct arena *a, uint32_t view, uint32_t term)
{
	struct node *n = node_new(a, NODE_TEXT);

	if (n) {
		n->text.view = (uint16_t)view;
		n->text.term = (uint16_t)term;
	}
	return n;
}

struct node *node_fact(struct arena *a, uint16_t at)
{
	struct node *n = node_new(a, NODE_FACT);

	if (n)
		n->fact = at;
	return n;
}

struct node *node_term(struct arena *a, uint32_t term)
{
	struct node *n = node_new(a, NODE_TERM);

	if (n)
		n->term = term;
	return n;
}

struct node *node_not(struct arena *a, struct node *n)
{
	struct node * not ;

	if (!n)
		return NULL;
	if (n->kind == NODE_TRUE || n->kind == NODE_FALSE)
		return node_constant(a, n->kind == NODE_FALSE);
	if (n->kind == NODE_UNKNOWN)
		return n;
	if (n->kind == NODE_NOT)
		return n->child;
	not = node_new(a, NODE_NOT);
	if (not )
		not ->child = n;
	return not ;
}

static bool has_item(struct node *const *items, uint32_t count, const struct node *n)
{
	for (uint32_t i = 0; i < count; i++)
		if (node_equal(items[i], n))
			return true;
	return false;
}

struct node *node_group(struct arena *a, enum node_kind kind, struct node **items, uint32_t count)
{
	const enum node_kind ends = kind == NODE_AND ? NODE_FALSE : NODE_TRUE;
	const enum node_kind nothing = kind == NODE_AND ? NODE_TRUE : NODE_FALSE;
	struct node *n = node_new(a, kind);

	if (!n)
		return NULL;
	n->group.items = arena_array(a, struct node *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		if (!items[i] || !n->group.items)
			return NULL;
		if (items[i]->kind == ends)
			return items[i];
		if (items[i]->kind == nothing || has_item(n->group.items, n->group.count, items[i]))
			continue;
		n->group.items[n->group.count++] = items[i];
	}
	if (n->group.count == 1)
		return n->group.items[0];
	return n->group.count ? n : node_constant(a, kind == NODE_AND);
}

struct node *node_both(struct arena *a, struct node *x, struct node *y)
{
	return node_group(a, NODE_AND, (struct node *[]){ x, y }, 2);
}

struct node *node_either(struct arena *a, struct node *x, struct node *y)
{
	return node_group(a, NODE_OR, (struct node *[]){ x, y }, 2);
}

static struct node *weaken_group(struct arena *a, const struct node *n, bool negated)
{
	enum node_kind kind = (n->kind == NODE_AND) != negated ? NODE_AND : NODE_OR;
	struct node **items = arena_array(a, struct node *, n->group.count + 1);

	if (!items)
		return NULL;
	for (uint32_t i = 0; i < n->group.count; i++)
		items[i] = node_weaken(a, n->group.items[i], negated);
	return node_group(a, kind, items, n->group.count);
}

struct node *node_weaken(struct arena *a, const struct node *n, bool negated)
{
	struct node *leaf;

	if (!n)
		return NULL;
	switch (n->kind) {
	case NODE_FALSE:
	case NODE_TRUE:
		return node_constant(a, (n->kind == NODE_TRUE) != negated);
	case NODE_UNKNOWN:
		return node_constant(a, true);
	case NODE_NOT:
		return node_weaken(a, n->child, !negated);
	case NODE_AND:
	case NODE_OR:
		return weaken_group(a, n, negated);
	default:
		leaf = arena_new(a, struct node);
		if (!leaf)
			return NULL;
		*leaf = *n;
		leaf->negated = n->negated != negated;
		return leaf;
	}
}

static bool number_equal(const struct number_test *x, const struct number_test *y)
{
	return x->at == y->at && x->size == y->size && x->extend == y->extend && x->op == y->op &&
	       x->mask == y->mask && x->number == y->number;
}

bool node_equal(const struct node *x, const struct node *y)
{
	if (x == y)
		return true;
	if (x->kind != y->kind || x->negated != y->negated)
		return false;
	switch (x->kind) {
	case NODE_FALSE:
	case NODE_TRUE:
		return true;
	case NODE_UNKNOWN:
		return x->unknown.check == y->unknown.check;
	case NODE_NUMBER:
		return number_equal(&x->number, &y->number);
	case NODE_TEXT:
		return x->text.view == y->text.view && x->text.term == y->text.term;
	case NODE_FACT:
		return x->fact == y->fact;
	case NODE_TERM:
		return x->term == y->term;
	case NODE_NOT:
		return node_equal(x->child, y->child);
	case NODE_AND:
	case NODE_OR:
		if (x->group.count != y->group.count)
			return false;
		for (uint32_t i = 0; i < x->group.count; i++)
			if (!node_equal(x->group.items[i], y->group.items[i]))
				return false;
		return true;
	}
	return false;
}

static void note_first(const struct node *n, void *context)
{
	*(bool *)context = true;
}

bool node_has_unknown(const struct node *n)
{
	bool has = false;

	node_unknowns(n, note_first, &has);
	return has;
}

void node_unknowns(const struct node *n, void (*fn)(const struct node *n, void *context),
		   void *context)
{
	switch (n->kind) {
	case NODE_UNKNOWN:
		fn(n, context);
		break;
	case NODE_NOT:
		node_unknowns(n->child, fn, context);
		break;
	case NODE_AND:
	case NODE_OR:
		for (uint32_t i = 0; i < n->group.count; i++)
			node_unknowns(n->group.items[i], fn, context);
		break;
	default:
		break;
	}
}
