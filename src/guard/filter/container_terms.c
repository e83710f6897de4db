/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/container_terms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "rules/eval.h"
#include "rules/extend.h"
#include "rules/match.h"
#include "rules/operand_value.h"
#include "rules/partial.h"
#include "rules/print.h"

/* --- which they are ----------------------------------------------------------------------------------- */

static void note_field(const struct operand *field, void *context)
{
	bool *all = context;

	*all = *all && field->field.def && field->field.def->flags & FIELD_CONTAINER;
}

static bool has_field(const struct operand *o)
{
	if (o->kind == OPERAND_FIELD)
		return true;
	for (uint32_t i = 0; i < o->count; i++)
		if (has_field(o->items[i]))
			return true;
	return false;
}

/* Whether it is one at all is known in the kernel as soon as user space has found it, whatever else there is to know. */
static bool asks_for_host(const struct check *c)
{
	if (c->left->kind != OPERAND_FIELD || c->right || c->op == OP_EXISTS ||
	    !text_eq_str(c->left->field.def->name, "container.id"))
		return false;
	for (uint32_t i = 0; i < c->literal_count; i++)
		if (!text_eq_str(value_text(&c->values[i]), "host"))
			return false;
	return true;
}

static bool is_check_of_container(const struct check *c)
{
	bool all = c->state == CHECK_GOOD && has_field(c->left);

	operand_fields(c->left, note_field, &all);
	if (c->right)
		operand_fields(c->right, note_field, &all);
	return all && !asks_for_host(c);
}

/* A "not" is looked behind, so that a term and its contrary are one. */
static bool is_term(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (!is_term(e->group.items[i]))
				return false;
		return e->group.count > 0;
	case EXPR_NOT:
		return is_term(e->child);
	case EXPR_MACRO:
		return is_term(e->macro.body);
	case EXPR_CHECK:
		return is_check_of_container(&e->check);
	}
	return false;
}

/* --- their numbers ------------------------------------------------------------------------------------ */

/* Of the text, which is taken over; -1: there is no room, -ENOMEM. */
static int number_of(struct container_terms *t, char *text, const struct expr *e)
{
	struct container_term *slot;

	for (size_t i = 0; i < t->terms.len; i++) {
		if (!str_eq(t->terms.items[i].text, text))
			continue;
		free(text);
		t->terms.items[i].expr = e;
		return (int)i;
	}
	slot = t->terms.len < CONTAINER_TERMS_MAX ? vec_add(&t->terms) : NULL;
	if (!slot) {
		free(text);
		return t->terms.len < CONTAINER_TERMS_MAX ? -ENOMEM : -1;
	}
	*slot = (struct container_term){ text, e };
	return (int)t->terms.len - 1;
}

/* *full: there was one without room. */
static int add_term(struct container_terms *t, const struct expr *e, bool *full)
{
	struct container_place *place;
	struct buf text = BUF_INIT;
	int n;

	if (container_terms_find(t, e) >= 0) /* a macro of several rules */
		return 0;
	print_condition(e, true, &text);
	if (text.failed || !text.data) {
		buf_deinit(&text);
		return -ENOMEM;
	}
	n = number_of(t, text.data, e);
	if (n == -1)
		*full = true;
	if (n < 0)
		return n == -1 ? 0 : n;
	place = vec_add(&t->places);
	if (!place)
		return -ENOMEM;
	*place = (struct container_place){ e, (uint32_t)n };
	return 0;
}

static int add_terms(struct container_terms *t, const struct expr *e, bool *full)
{
	int r = 0;

	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		if (is_term(e))
			return add_term(t, e, full);
		for (uint32_t i = 0; !r && i < e->group.count; i++)
			r = add_terms(t, e->group.items[i], full);
		return r;
	case EXPR_NOT:
		return add_terms(t, e->child, full);
	case EXPR_MACRO:
		return add_terms(t, e->macro.body, full);
	case EXPR_CHECK:
		return is_term(e) ? add_term(t, e, full) : 0;
	}
	return 0;
}

static int add_rule(struct container_terms *t, const struct rule *r, bool *full)
{
	const struct rule_sequence *s = r->extensions ? r->extensions->sequence : NULL;
	int e;

	if (!r->enabled || r->skipped || !r->condition || r->event_source != EVENT_SYSCALL)
		return 0;
	e = add_terms(t, r->condition, full);
	for (uint32_t i = 0; !e && s && i < s->step_count; i++)
		e = add_terms(t, s->steps[i].condition, full);
	return e;
}

void container_terms_forget(struct container_terms *t)
{
	t->places.len = 0;
	vec_foreach(term, &t->terms)
		term->expr = NULL;
}

/* Another guard's numbers may be in the map still: not even the first numbering is that one's. */
static void begin(struct container_terms *t)
{
	container_terms_forget(t);
	vec_foreach(term, &t->terms)
		free(term->text);
	t->terms.len = 0;
	t->numbering = t->numbering ? t->numbering + 1 : (uint32_t)clock_passed_ns();
	t->numbering += !t->numbering;
}

static int number_all(struct container_terms *t, const struct ruleset *rs, const struct rule *only,
		      bool *full)
{
	int r = 0;

	*full = false;
	if (only)
		return add_rule(t, only, full);
	for (size_t i = 0; !r && i < rs->rules.len; i++)
		r = add_rule(t, rs->rules.items[i], full);
	return r;
}

static int number(struct container_terms *t, const struct ruleset *rs, const struct rule *only)
{
	bool full;
	int r;

	container_terms_forget(t);
	if (!t->numbering)
		begin(t);
	r = number_all(t, rs, only, &full);
	if (!r && full) {
		begin(t);
		r = number_all(t, rs, only, &full);
	}
	if (r)
		begin(t);
	return r;
}

int container_terms_number(struct container_terms *t, const struct ruleset *rs)
{
	return number(t, rs, NULL);
}

int container_terms_number_rule(struct container_terms *t, const struct rule *r)
{
	return number(t, NULL, r);
}

void container_terms_deinit(struct container_terms *t)
{
	vec_foreach(term, &t->terms)
		free(term->text);
	vec_deinit(&t->terms);
	vec_deinit(&t->places);
}

int container_terms_find(const struct container_terms *t, const struct expr *e)
{
	if (t)
		vec_foreach(p, &t->places)
			if (p->expr == e)
				return (int)p->term;
	return -1;
}

/* --- their answers ------------------------------------------------------------------------------------ */

/* What is composed has to fit into what the evaluator has for all that an event's rules ask, or is missing there. */
enum { ANSWER_MEMORY = 64 << 20, SCRATCH_USED_MAX = EVAL_SCRATCH_DEFAULT / 16 };

struct asking {
	struct event ev;
	struct scratch scratch;
	struct regex_room regex;
};

static enum truth answer_check(const struct check *c, void *context)
{
	cleanup_arena struct arena a = ARENA_INIT(ANSWER_MEMORY);
	struct asking *q = context;
	struct value left = { 0 }, right = { 0 };
	enum truth answer = TRUTH_UNKNOWN;
	struct match m = { 0 };

	bool there;

	q->scratch.used = 0;
	there = operand_read(c->left, &q->ev, &q->scratch, &left) &&
		(!c->right || operand_read(c->right, &q->ev, &q->scratch, &right));
	if (q->scratch.refused || q->scratch.used > SCRATCH_USED_MAX)
		return TRUTH_UNKNOWN;
	if (!there)
		return TRUTH_FALSE;
	if (match_init(&m, &a, c))
		answer = match_run(&m, c->left, &left, c->right ? &right : NULL, &q->regex) ?
				 TRUTH_TRUE :
				 TRUTH_FALSE;
	match_deinit(&m);
	return answer;
}

/* Those that rules in force ask, and that are not answered yet. */
static uint64_t left_to_ask(const struct container_terms *t, const struct container_answers *a)
{
	uint64_t asked = 0;

	for (size_t i = 0; i < t->terms.len; i++)
		asked |= (uint64_t)(t->terms.items[i].expr != NULL) << i;
	return asked & ~(a->yes | a->no);
}

void container_terms_answer(const struct container_terms *t, const struct event_container *c,
			    struct container_answers *answers)
{
	const struct process p = { .container = c };
	struct asking q = { .scratch = { .size = EVAL_SCRATCH_DEFAULT } };
	uint64_t left;

	if (answers->numbering != t->numbering)
		*answers = (struct container_answers){ .numbering = t->numbering };
	left = left_to_ask(t, answers);
	if (!left)
		return;
	event_init(&q.ev, event_type_find(TEXT("open")));
	q.ev.process = &p;
	q.scratch.data = malloc(EVAL_SCRATCH_DEFAULT);
	if (q.scratch.data && regex_room_init(&q.regex)) {
		for (size_t i = 0; i < t->terms.len; i++) {
			enum truth answer = TRUTH_UNKNOWN;

			if (left >> i & 1)
				answer = partial_eval(t->terms.items[i].expr, answer_check, &q);
			answers->yes |= (uint64_t)(answer == TRUTH_TRUE) << i;
			answers->no |= (uint64_t)(answer == TRUTH_FALSE) << i;
		}
	}
	regex_room_deinit(&q.regex);
	free(q.scratch.data);
}
