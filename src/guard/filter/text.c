/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/text.h"

void text_views_deinit(struct text_views *v)
{
	vec_foreach(view, &v->items)
		vec_deinit(&view->terms);
	vec_deinit(&v->items);
}

int text_view_get(struct text_views *v, enum view_kind kind, unsigned span)
{
	struct text_view *slot;

	vec_foreach(view, &v->items)
		if (view->kind == kind && view->span == span)
			return (int)(view - v->items.items);
	slot = vec_add(&v->items);
	if (!slot)
		return -1;
	slot->kind = kind;
	slot->span = (uint8_t)span;
	return (int)v->items.len - 1;
}

static bool same(const struct text_term *x, const struct text_term *y)
{
	if (x->op != y->op || x->count != y->count)
		return false;
	for (uint32_t i = 0; i < x->count; i++)
		if (!text_eq(x->texts[i], y->texts[i]))
			return false;
	return true;
}

int text_term_get(struct text_views *v, uint32_t view, struct text_term term)
{
	struct text_view *in = &v->items.items[view];
	struct text_term *slot;

	vec_foreach(t, &in->terms)
		if (same(t, &term))
			return (int)(t - in->terms.items);
	slot = in->terms.len < TEXT_TERMS_MAX ? vec_add(&in->terms) : NULL;
	if (!slot)
		return -1;
	*slot = term;
	return (int)in->terms.len - 1;
}
