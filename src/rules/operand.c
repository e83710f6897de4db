/* SPDX-License-Identifier: Apache-2.0 */
/* Fields with their arguments, and transformers. */
#include "rules/parse_private.h"

static struct operand *operand_new(struct parser *p, enum operand_kind kind, uint32_t at)
{
	struct operand *o = arena_new(p->arena, struct operand);

	if (!o)
		return parse_no_memory(p);
	o->kind = kind;
	o->at = at;
	return o;
}

/* "[...]" right behind a name; in an output only if it is whole. */
static bool parse_arg(struct parser *p, struct operand *o)
{
	uint32_t open = p->at, start;
	int quoted;

	if (!scan_take(p, "["))
		return true;
	start = p->at;
	quoted = scan_quoted(p, &o->arg);
	if (quoted < 0)
		return false;
	if (!quoted) {
		while (p->at < p->end && !scan_is_space(p->text[p->at]) &&
		       !strchr("][\"'", p->text[p->at]))
			p->at++;
		o->arg = scan_taken(p, start);
	}
	if ((quoted || o->arg.len) && scan_take(p, "]")) {
		o->has_arg = true;
		return true;
	}
	if (p->output) { /* text that begins with a bracket */
		p->at = open;
		o->arg = TEXT_NONE;
		return true;
	}
	parse_fail(p, p->at, NULL, "expected an argument and a closing \"]\"");
	return false;
}

/* In an output the longest beginning that is a field's name counts. */
static void shorten_name(struct parser *p, struct text *name, uint32_t start)
{
	struct field_ref ref;

	for (uint32_t len = name->len; len; len--) {
		enum field_problem r = field_bind(text_from(name->data, len), false, TEXT_NONE,
						  &ref);

		if (r != FIELD_OK && r != FIELD_ARG_MISSING)
			continue;
		*name = text_from(name->data, len);
		p->at = start + len;
		return;
	}
}

static struct operand *parse_field(struct parser *p)
{
	uint32_t start = p->at;
	struct operand *o;
	struct text name;

	if (!scan_field_name(p, &name))
		return NULL;
	if (p->output)
		shorten_name(p, &name, start);
	o = operand_new(p, OPERAND_FIELD, start);
	if (!o)
		return NULL;
	o->text = name;
	return parse_arg(p, o) ? o : NULL;
}

/* "tolower(" and so on, with the bracket; "val(" only where it may stand. */
static int take_transform(struct parser *p, bool with_val)
{
	for (int i = 0; i < (with_val ? RULE_TRANSFORMS : TRANSFORM_VAL); i++) {
		struct text name = rule_transforms[i];

		if (p->end - p->at > name.len && !memcmp(p->text + p->at, name.data, name.len) &&
		    p->text[p->at + name.len] == '(') {
			p->at += name.len + 1;
			return i;
		}
	}
	return -1;
}

typedef VEC(struct operand *) operand_list;

static bool operand_list_finish(struct parser *p, operand_list *list, struct operand *o)
{
	o->count = (uint32_t)list->len;
	o->items = arena_array(p->arena, struct operand *, list->len + 1);
	if (o->items && list->len)
		memcpy(o->items, list->items, list->len * sizeof(*o->items));
	vec_deinit(list);
	return o->items || parse_no_memory(p);
}

static struct operand *parse_text(struct parser *p)
{
	uint32_t start = p->at;
	struct operand *o;
	struct text text;
	int quoted;

	if (!scan_number(p, &text)) {
		quoted = scan_quoted(p, &text);
		if (quoted <= 0)
			return NULL;
	}
	o = operand_new(p, OPERAND_TEXT, start);
	if (o)
		o->text = text;
	return o;
}

static struct operand *parse_transform(struct parser *p, enum rule_transform transform,
				       uint32_t start);

/* An argument of a transformer, or an element of a list among them. */
static struct operand *parse_transform_arg(struct parser *p, bool lists);

/* Elements with commas between them up to the closing bracket, into o. */
static struct operand *parse_elements(struct parser *p, struct operand *o, bool lists)
{
	operand_list list = { 0 };

	scan_blank(p);
	while (!p->err->text[0]) {
		struct operand *item = parse_transform_arg(p, lists), **slot;

		slot = item ? vec_add(&list) : NULL;
		if (!slot)
			break;
		*slot = item;
		scan_blank(p);
		if (!scan_take(p, ","))
			break;
		scan_blank(p);
	}
	if (!p->err->text[0] && !scan_take(p, ")"))
		parse_fail(p, p->at, NULL, "expected \",\" or \")\"");
	if (p->err->text[0]) {
		vec_deinit(&list);
		return NULL;
	}
	return operand_list_finish(p, &list, o) ? o : NULL;
}

static struct operand *parse_transform_arg(struct parser *p, bool lists)
{
	uint32_t start = p->at;
	struct operand *o = parse_text(p);
	int transform;

	if (o || p->err->text[0])
		return o;
	if (lists && scan_take(p, "(")) {
		o = operand_new(p, OPERAND_LIST, start);
		scan_blank(p);
		if (o && scan_take(p, ")"))
			return o;
		return o ? parse_elements(p, o, false) : NULL;
	}
	transform = take_transform(p, false);
	if (transform >= 0)
		return parse_transform(p, (enum rule_transform)transform, start);
	o = parse_field(p);
	if (o || p->err->text[0])
		return o;
	return parse_fail(p, p->at, NULL,
			  "expected a field, a transformer, a number or a quoted text");
}

static struct operand *parse_transform(struct parser *p, enum rule_transform transform,
				       uint32_t start)
{
	struct operand *o;

	if (++p->depth > PARSE_DEPTH_MAX)
		return parse_fail(p, p->at, NULL, "nested too deeply");
	o = operand_new(p, OPERAND_TRANSFORM, start);
	if (!o)
		return NULL;
	o->transform = transform;
	if (!parse_elements(p, o, true) || !parse_arg(p, o))
		return NULL;
	p->depth--;
	return o;
}

struct operand *parse_left_operand(struct parser *p)
{
	uint32_t start = p->at;
	struct operand *o = parse_field(p);
	int transform;

	if (o || p->err->text[0])
		return o;
	transform = take_transform(p, false);
	return transform >= 0 ? parse_transform(p, (enum rule_transform)transform, start) : NULL;
}

/* val(field): the field itself. */
static struct operand *parse_val(struct parser *p, uint32_t start)
{
	struct operand *o = operand_new(p, OPERAND_TRANSFORM, start);

	if (!o)
		return NULL;
	scan_blank(p);
	o->transform = TRANSFORM_VAL;
	o->count = 1;
	o->items = arena_array(p->arena, struct operand *, 1);
	if (!o->items)
		return parse_no_memory(p);
	o->items[0] = parse_field(p);
	if (!o->items[0])
		return parse_fail(p, p->at, NULL, "expected a field within val()");
	scan_blank(p);
	if (!scan_take(p, ")"))
		return parse_fail(p, p->at, NULL, "expected \")\" behind the field of val()");
	return o;
}

struct operand *parse_right_operand(struct parser *p)
{
	uint32_t start = p->at;
	int transform = take_transform(p, true);

	if (transform < 0)
		return NULL;
	return transform == TRANSFORM_VAL ?
		       parse_val(p, start) :
		       parse_transform(p, (enum rule_transform)transform, start);
}
