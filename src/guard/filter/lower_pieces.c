/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on command lines and environments: what a text that fits can't be without. Whether it fits is unknown. */
#include "guard/filter/lower.h"
#include "guard/filter/pieces.h"

/* One of these words; NULL: out of memory. */
static struct node *one_of(struct lower *l, unsigned span, const struct text *words, uint32_t count)
{
	struct text *texts = arena_array(l->arena, struct text, count + 1);
	int view = text_view_get(l->views, VIEW_PIECES, span), term;

	if (!texts || view < 0)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (!piece_any(words[i]))
			return node_constant(l->arena, true);
		texts[i] = words[i];
	}
	term = text_term_get(l->views, (uint32_t)view,
			     (struct text_term){ TEXT_HAS, texts, count });
	return term < 0 ? NULL : node_text(l->arena, (uint32_t)view, (uint32_t)term);
}

static struct node *regexes(struct lower *l, const struct check *c, unsigned span)
{
	struct node **items = arena_array(l->arena, struct node *, c->literal_count + 1);

	for (uint32_t i = 0; items && i < c->literal_count; i++) {
		struct word_needs needs;

		regex_needs(c->literals[i].text, &needs);
		items[i] = node_constant(l->arena, true);
		for (uint32_t k = 0; k < needs.count; k++)
			items[i] = node_both(l->arena, items[i],
					     one_of(l, span, needs.items[k].texts,
						    needs.items[k].count));
	}
	return items ? node_group(l->arena, NODE_OR, items, c->literal_count) : NULL;
}

static struct node *words(struct lower *l, const struct check *c, unsigned span)
{
	struct text *texts = arena_array(l->arena, struct text, c->literal_count + 1);

	for (uint32_t i = 0; texts && i < c->literal_count; i++)
		texts[i] = value_text(&c->values[i]);
	return texts ? one_of(l, span, texts, c->literal_count) : NULL;
}

/* A variable that is not set is "", which fits only what is satisfied with nothing. */
static bool fits_nothing(const struct check *c, const struct node *has)
{
	if (c->op == OP_REGEX)
		return has->kind == NODE_TRUE;
	for (uint32_t i = 0; i < c->literal_count; i++)
		if (!value_text(&c->values[i]).len)
			return true;
	return false;
}

static struct node *is_set(struct lower *l, struct text name)
{
	char *set = arena_alloc(l->arena, name.len + 1);
	struct text word = text_from(set, name.len + 1);

	if (!set)
		return NULL;
	memcpy(set, name.data, name.len);
	set[name.len] = '=';
	return one_of(l, ABI_TEXT_ENV, &word, 1);
}

struct node *lower_pieces(struct lower *l, const struct check *c, const struct field_place *p)
{
	const struct text name = c->left->field.key;
	bool equal = c->op == OP_EQ || c->op == OP_IN;
	struct node *has;

	if ((!equal && c->op != OP_CONTAINS && c->op != OP_STARTSWITH && c->op != OP_ENDSWITH &&
	     c->op != OP_REGEX) ||
	    !c->literal_count || c->literal_count > TEXT_COMPARE_MAX)
		return lower_unknown(l, c, "a long text");
	has = c->op == OP_REGEX ? regexes(l, c, p->arg) : words(l, c, p->arg);
	if (has && p->arg == ABI_TEXT_ENV && name.len && !fits_nothing(c, has))
		has = node_both(l->arena, has, is_set(l, name));
	return node_both(l->arena, has, lower_unknown(l, c, "a long text"));
}
