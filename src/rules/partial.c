/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/partial.h"

#include <assert.h>

#include "rules/compare.h"
#include "rules/match.h"
#include "rules/operand_value.h"
#include "rules/types.h"

enum truth partial_eval(const struct expr *e, partial_decide *decide, void *context)
{
	enum truth t, result;

	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		/* One false ends an "and", one true ends an "or"; else one unknown makes it unknown. */
		result = e->kind == EXPR_AND ? TRUTH_TRUE : TRUTH_FALSE;
		for (uint32_t i = 0; i < e->group.count; i++) {
			t = partial_eval(e->group.items[i], decide, context);
			if (t == TRUTH_UNKNOWN)
				result = TRUTH_UNKNOWN;
			else if (t == (e->kind == EXPR_AND ? TRUTH_FALSE : TRUTH_TRUE))
				return t;
		}
		return result;
	case EXPR_NOT:
		t = partial_eval(e->child, decide, context);
		return t == TRUTH_UNKNOWN ? t : t == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	case EXPR_MACRO:
		return partial_eval(e->macro.body, decide, context);
	case EXPR_CHECK:
		return decide(&e->check, context);
	}
	return TRUTH_UNKNOWN;
}

/* The presence of an operand: that of the field that is rarest in it. */
static enum field_presence presence(const struct operand *o, const struct event_type *t)
{
	enum field_presence all = FIELD_FIXED;

	if (o->kind == OPERAND_FIELD)
		return field_presence_in(&o->field, t);
	for (uint32_t i = 0; i < o->count; i++) {
		enum field_presence p = presence(o->items[i], t);

		if (p == FIELD_NEVER)
			return FIELD_NEVER;
		if (p == FIELD_VARIES)
			all = FIELD_VARIES;
	}
	return all;
}

enum truth partial_check_for_type(const struct check *c, const struct event_type *t)
{
	enum field_presence left = presence(c->left, t),
			    right = c->right ? presence(c->right, t) : FIELD_FIXED;
	struct event ev;

	if (left == FIELD_NEVER || right == FIELD_NEVER)
		return TRUTH_FALSE;
	if (left == FIELD_VARIES || right == FIELD_VARIES)
		return TRUTH_UNKNOWN;
	event_init(&ev, t);
	return match_check_once(c, &ev) ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth decide_by_type(const struct check *c, void *context)
{
	return partial_check_for_type(c, context);
}

enum truth partial_for_type(const struct expr *e, const struct event_type *t)
{
	return partial_eval(e, decide_by_type, (void *)(uintptr_t)t);
}

/* --- all types at once ----------------------------------------------------------------------------------- */

struct type_truth types_of_check(struct check *c)
{
	struct type_truth r = { 0 };

	if (c->types_known)
		return c->types;
	assert(event_type_count <= TYPE_SET_MAX);
	for (uint32_t i = 0; i < event_type_count; i++) {
		enum truth t = partial_check_for_type(c, &event_types[i]);

		if (t != TRUTH_FALSE)
			r.can_be_true.bits[i / 64] |= 1ULL << (i % 64);
		if (t != TRUTH_TRUE)
			r.can_be_false.bits[i / 64] |= 1ULL << (i % 64);
	}
	c->types = r;
	c->types_known = true;
	return r;
}

static struct type_truth group_types(struct expr *e)
{
	struct type_truth r = types_of_condition(e->group.items[0]);

	for (uint32_t i = 1; i < e->group.count; i++) {
		struct type_truth t = types_of_condition(e->group.items[i]);

		for (int w = 0; w < TYPE_SET_WORDS; w++) {
			if (e->kind == EXPR_AND) {
				r.can_be_true.bits[w] &= t.can_be_true.bits[w];
				r.can_be_false.bits[w] |= t.can_be_false.bits[w];
			} else {
				r.can_be_true.bits[w] |= t.can_be_true.bits[w];
				r.can_be_false.bits[w] &= t.can_be_false.bits[w];
			}
		}
	}
	return r;
}

struct type_truth types_of_condition(struct expr *e)
{
	struct type_truth t;

	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		return group_types(e);
	case EXPR_NOT:
		t = types_of_condition(e->child);
		return (struct type_truth){ t.can_be_false, t.can_be_true };
	case EXPR_MACRO:
		return types_of_condition(e->macro.body);
	case EXPR_CHECK:
		return types_of_check(&e->check);
	}
	return (struct type_truth){ 0 };
}

uint32_t type_set_count(const struct type_set *s)
{
	uint32_t n = 0;

	for (int w = 0; w < TYPE_SET_WORDS; w++)
		n += (uint32_t)__builtin_popcountll(s->bits[w]);
	return n;
}
