/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in: text as it is, values as marks. What is not there is nothing, and all that would be in it too. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "inspect/at.h"
#include "inspect/custom/template_private.h"

bool template_fail(struct template_run *r, uint32_t at, const char *fmt, ...)
{
	va_list ap;

	if (*r->result->why)
		return false;
	va_start(ap, fmt);
	vsnprintf(r->result->why, sizeof(r->result->why), fmt, ap);
	va_end(ap);
	r->result->place = yaml_place_in(r->template->node, at);
	return false;
}

bool template_step(struct template_run *r, uint64_t steps)
{
	r->steps += steps;
	if (r->steps > TEMPLATE_STEPS_MAX)
		return template_fail(r, r->at, "this takes too many steps");
	return !r->arena->failed || template_fail(r, r->at, "this takes too much memory");
}

/* --- values -------------------------------------------------------------------------------------- */

struct template_value template_value_of(const struct yaml_node *n)
{
	struct template_value v = { .type = n ? value_type(n) : NODE_NULL, .node = n };
	struct at at = { .index = AT_MEMBER, .node = n };

	if (!n)
		return v;
	v.text = n->kind == YAML_SCALAR ? n->text : TEXT_NONE;
	if (v.type == NODE_BOOLEAN) {
		v.flag = at_is_true(&at);
		v.text = v.flag ? TEXT("true") : TEXT("false");
	}
	if (v.type == NODE_INTEGER || v.type == NODE_NUMBER)
		value_number(n, &v.number);
	return v;
}

struct template_value template_value_of_text(struct text t)
{
	return (struct template_value){ .type = NODE_STRING, .text = t };
}

bool template_is_true(const struct template_value *v)
{
	switch (v->type) {
	case NODE_BOOLEAN:
		return v->flag;
	case NODE_INTEGER:
	case NODE_NUMBER:
		return v->number != 0;
	case NODE_STRING:
		return v->text.len;
	case NODE_ARRAY:
	case NODE_OBJECT:
		return v->node->count;
	default:
		return false;
	}
}

bool template_text(struct template_run *r, const struct template_value *v, struct text *ret)
{
	if (v->type == NODE_ARRAY || v->type == NODE_OBJECT)
		return template_fail(r, r->at, "a list or a map has no text");
	*ret = v->type == NODE_NULL ? TEXT("<no value>") : v->text;
	return true;
}

/* --- terms --------------------------------------------------------------------------------------- */

static bool run_pipe(struct template_run *r, const struct pipe *p, struct template_value *ret);

static bool run_fields(struct template_run *r, const struct term *t, struct template_value *v)
{
	for (const struct field *f = t->fields; f && v->type != NODE_NULL; f = f->next) {
		if (v->type != NODE_OBJECT)
			return template_fail(r, t->at, "there is no .%s in what is no map",
					     f->name);
		if (!template_step(r, 1))
			return false;
		*v = template_value_of(yaml_get(v->node, f->name));
	}
	return true;
}

static bool run_term(struct template_run *r, const struct term *t, struct template_value *ret)
{
	bool good = template_step(r, 1);

	*ret = (struct template_value){ 0 };
	switch (t->kind) {
	case TERM_DOT:
		*ret = r->dot;
		break;
	case TERM_VARIABLE:
		*ret = r->variables[t->number];
		break;
	case TERM_CONSTANT:
		*ret = t->constant;
		break;
	case TERM_PIPE:
		good = good && run_pipe(r, t->pipe, ret);
		break;
	case TERM_FUNCTION:
		return template_fail(r, t->at, "a function can't stand here");
	}
	return good && run_fields(r, t, ret);
}

/* last is what came through the pipe; NULL: this is its begin. */
static bool run_call(struct template_run *r, const struct command *c,
		     const struct template_value *last, struct template_value *ret)
{
	struct template_value args[ARGUMENTS_MAX + 1];
	const struct function *f = c->terms->function;
	unsigned n = 0;

	for (const struct term *t = c->terms->next; t || last; t = t ? t->next : NULL) {
		if (!t) {
			args[n] = *last;
			last = NULL;
		} else if (!run_term(r, t, &args[n])) {
			return false;
		}
		if (!template_step(r, 1 + args[n].text.len / 256))
			return false;
		*ret = args[n++];
		if (f->lazy != EAGER && template_is_true(ret) == (f->lazy == UNTIL_TRUE))
			return true;
		if (!t)
			break;
	}
	r->at = c->terms->at;
	return f->lazy != EAGER || f->call(r, args, n, ret);
}

static bool run_pipe(struct template_run *r, const struct pipe *p, struct template_value *ret)
{
	struct template_value last = { 0 };

	for (const struct command *c = p->commands; c; c = c->next) {
		struct template_value now = { 0 };

		r->at = c->terms->at;
		if (!(c->terms->function ? run_call(r, c, c == p->commands ? NULL : &last, &now) :
					   run_term(r, c->terms, &now)))
			return false;
		last = now;
	}
	*ret = last;
	return true;
}

/* --- items --------------------------------------------------------------------------------------- */

static bool run_items(struct template_run *r, const struct item *i);

static bool print(struct template_run *r, const struct pipe *p, const struct template_value *v)
{
	struct template_result *result = r->result;
	struct template_value *slot;
	struct text t;

	r->at = p->at;
	if (!template_text(r, v, &t))
		return false;
	if (result->values.len >= TEMPLATE_VALUES_MAX)
		return template_fail(r, p->at, "there are too many values");
	slot = vec_add(&result->values);
	if (!slot)
		return template_fail(r, p->at, "there is no memory");
	*slot = *v;
	slot->text = t;
	buf_addf(&result->text, MARK_BEGIN "%zu" MARK_END, result->values.len - 1);
	return true;
}

static int compare_entries(const void *a, const void *b)
{
	return text_compare((*(const struct yaml_entry *const *)a)->key,
			    (*(const struct yaml_entry *const *)b)->key);
}

static bool run_one(struct template_run *r, const struct item *i, struct template_value key,
		    const struct yaml_node *n)
{
	const struct pipe *p = i->pipe;

	r->dot = template_value_of(n);
	if (p->variable_count == 2)
		r->variables[p->variables[0]] = key;
	if (p->variable_count)
		r->variables[p->variables[p->variable_count - 1]] = r->dot;
	return template_step(r, 1) && run_items(r, i->body);
}

/* Maps in the order of their keys. */
static bool run_map(struct template_run *r, const struct item *i, const struct yaml_node *map)
{
	const struct yaml_entry **sorted = arena_array(r->arena, const struct yaml_entry *,
						       map->count);
	bool good = true;

	if (!sorted)
		return template_step(r, 1);
	for (uint32_t k = 0; k < map->count; k++)
		sorted[k] = &map->entries[k];
	qsort(sorted, map->count, sizeof(*sorted), compare_entries);
	for (uint32_t k = 0; k < map->count && good; k++)
		good = run_one(r, i, template_value_of_text(sorted[k]->key), sorted[k]->value);
	return good;
}

static bool run_list(struct template_run *r, const struct item *i, const struct yaml_node *list)
{
	bool good = true;

	for (uint32_t k = 0; k < list->count && good; k++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "%u", k);
		struct template_value key = { .type = NODE_INTEGER, .number = k };

		key.text = text_from(arena_dup(r->arena, text, (size_t)len), (size_t)len);
		good = key.text.data ? run_one(r, i, key, list->items[k]) : template_step(r, 1);
	}
	return good;
}

static bool run_range(struct template_run *r, const struct item *i, const struct template_value *v)
{
	if (v->type != NODE_NULL && v->type != NODE_ARRAY && v->type != NODE_OBJECT)
		return template_fail(r, i->pipe->at, "range is for lists and maps");
	if (v->type == NODE_NULL || !v->node->count)
		return run_items(r, i->otherwise);
	return v->type == NODE_OBJECT ? run_map(r, i, v->node) : run_list(r, i, v->node);
}

static bool run_block(struct template_run *r, const struct item *i, const struct template_value *v)
{
	struct template_value dot = r->dot;
	bool good;

	if (i->kind == ITEM_RANGE) {
		good = run_range(r, i, v);
	} else {
		bool is = template_is_true(v);

		if (i->kind == ITEM_WITH && is)
			r->dot = *v;
		good = run_items(r, is ? i->body : i->otherwise);
	}
	r->dot = dot;
	return good;
}

static bool run_item(struct template_run *r, const struct item *i)
{
	struct template_value v = { 0 };

	if (i->kind == ITEM_TEXT) {
		buf_add(&r->result->text, i->text.data, i->text.len);
		return template_step(r, 1);
	}
	if (!run_pipe(r, i->pipe, &v))
		return false;
	if (i->kind == ITEM_PRINT)
		return print(r, i->pipe, &v);
	if (i->kind != ITEM_RANGE && i->pipe->variable_count)
		r->variables[i->pipe->variables[0]] = v;
	return i->kind == ITEM_SET || run_block(r, i, &v);
}

static bool run_items(struct template_run *r, const struct item *i)
{
	for (; i; i = i->next)
		if (!run_item(r, i))
			return false;
	return !r->result->text.failed || template_fail(r, r->at, "this becomes too long");
}

bool template_fill(const struct template *t, const struct yaml_node *data, struct arena *a,
		   struct template_result *result)
{
	struct template_run r = { .template = t, .result = result, .arena = a };

	result->text.limit = TEMPLATE_OUTPUT_MAX;
	r.dot = r.variables[0] = template_value_of(data);
	return run_items(&r, t->items);
}

void template_result_deinit(struct template_result *r)
{
	buf_deinit(&r->text);
	vec_deinit(&r->values);
}

/* A number between the letters of a mark; an escape in YAML can make them where no value was printed. */
static const struct template_value *read_mark(const struct template_result *r, struct text t,
					      uint32_t *at)
{
	size_t number = 0;
	uint32_t i = *at + 3;

	for (; i < t.len && isdigit((unsigned char)t.data[i]) && number < r->values.len; i++)
		number = number * 10 + (size_t)(t.data[i] - '0');
	if (number >= r->values.len ||
	    !text_starts(text_from(t.data + i, t.len - i), TEXT(MARK_END)))
		return NULL;
	*at = i + 3;
	return &r->values.items[number];
}

const struct template_value *template_next(const struct template_result *r, struct text t,
					   uint32_t *at, struct text *ret_before)
{
	uint32_t from = *at;

	for (; *at + 3 <= t.len; (*at)++) {
		const struct template_value *v;

		*ret_before = text_from(t.data + from, *at - from);
		if (memcmp(t.data + *at, MARK_BEGIN, 3) != 0)
			continue;
		v = read_mark(r, t, at);
		if (v)
			return v;
	}
	*ret_before = text_from(t.data + from, t.len - from);
	*at = t.len;
	return NULL;
}
