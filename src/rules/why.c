/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/why.h"

#include "base/utf8.h"
#include "rules/match.h"
#include "rules/operand_value.h"
#include "rules/output.h"
#include "rules/print.h"

struct why {
	const struct event *ev;
	struct scratch *scratch;
	json_t *terms;
};

static bool holds(const struct expr *e, const struct event *ev)
{
	switch (e->kind) {
	case EXPR_AND:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (!holds(e->group.items[i], ev))
				return false;
		return true;
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (holds(e->group.items[i], ev))
				return true;
		return false;
	case EXPR_NOT:
		return !holds(e->child, ev);
	case EXPR_MACRO:
		return e->macro.body && holds(e->macro.body, ev);
	case EXPR_CHECK:
		return match_check_once(&e->check, ev);
	}
	return false;
}

/* A text that is shown, not read back: cut where it becomes long. */
static json_t *shown(const struct buf *b)
{
	size_t len = b->data ? b->len : 0;

	if (len > WHY_TEXT_MAX) {
		cleanup_buf struct buf cut = BUF_INIT;

		buf_add(&cut, b->data, WHY_TEXT_MAX);
		buf_add_str(&cut, "...");
		return utf8_json(text_from(cut.data ? cut.data : "", (uint32_t)cut.len));
	}
	return utf8_json(text_from(len ? b->data : "", (uint32_t)len));
}

static void add_term(struct why *w, const struct check *c)
{
	cleanup_buf struct buf term = BUF_INIT, raw = BUF_INIT, safe = BUF_INIT;
	json_t *o = json_object();
	struct value v;

	if (json_array_size(w->terms) >= WHY_TERMS_MAX)
		return json_decref(o);
	print_check(c, &term);
	json_object_set_new(o, "term", shown(&term));
	scratch_reset(w->scratch);
	if (operand_read(c->left, w->ev, w->scratch, &v)) {
		value_render(&v, &raw);
		utf8_show(&safe, text_from(raw.data ? raw.data : "", (uint32_t)raw.len));
		json_object_set_new(o, "value", shown(&safe));
	}
	json_array_append_new(w->terms, o);
}

static void collect(struct why *w, const struct expr *e)
{
	if (e->kind == EXPR_MACRO && e->macro.body)
		collect(w, e->macro.body);
	if (e->kind == EXPR_CHECK)
		add_term(w, &e->check);
	if (e->kind != EXPR_AND && e->kind != EXPR_OR)
		return;
	for (uint32_t i = 0; i < e->group.count; i++) {
		if (e->kind == EXPR_AND) {
			collect(w, e->group.items[i]);
		} else if (holds(e->group.items[i], w->ev)) {
			collect(w, e->group.items[i]);
			return;
		}
	}
}

json_t *why_json(const struct rule *r, const struct event *ev, struct scratch *s)
{
	struct why w = { .ev = ev, .scratch = s, .terms = json_array() };

	if (r->condition && w.terms)
		collect(&w, r->condition);
	return w.terms;
}
