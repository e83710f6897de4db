/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of templates. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/template_private.h"

typedef struct template_value value;

static void set_flag(value *ret, bool flag)
{
	*ret = (value){ .type = NODE_BOOLEAN,
			.text = flag ? TEXT("true") : TEXT("false"),
			.flag = flag };
}

static bool is_number(const value *v)
{
	return v->type == NODE_INTEGER || v->type == NODE_NUMBER;
}

/* --- comparing ----------------------------------------------------------------------------------- */

static bool can_compare(struct template_run *r, const value *a, const value *b)
{
	if (a->type == NODE_NULL || b->type == NODE_NULL || (is_number(a) && is_number(b)))
		return true;
	if (a->type == b->type && a->type != NODE_ARRAY && a->type != NODE_OBJECT)
		return true;
	return template_fail(r, r->at, "a value of type %s can't be compared with one of type %s",
			     value_type_names[a->type], value_type_names[b->type]);
}

static bool is_same(const value *a, const value *b)
{
	if (a->type == NODE_NULL || b->type == NODE_NULL)
		return a->type == b->type;
	return is_number(a) ? a->number == b->number : text_eq(a->text, b->text);
}

/* Of the first with any of the others. */
static bool call_eq(struct template_run *r, const value *args, unsigned count, value *ret)
{
	bool same = false;

	for (unsigned i = 1; i < count && !same; i++) {
		if (!can_compare(r, &args[0], &args[i]))
			return false;
		same = is_same(&args[0], &args[i]);
	}
	set_flag(ret, same);
	return true;
}

static bool call_ne(struct template_run *r, const value *args, unsigned count, value *ret)
{
	if (!can_compare(r, &args[0], &args[1]))
		return false;
	set_flag(ret, !is_same(&args[0], &args[1]));
	return true;
}

static bool order(struct template_run *r, const value *args, int *ret)
{
	const value *a = &args[0], *b = &args[1];

	if (is_number(a) && is_number(b))
		*ret = (a->number > b->number) - (a->number < b->number);
	else if (a->type == NODE_STRING && b->type == NODE_STRING)
		*ret = text_compare(a->text, b->text);
	else
		return template_fail(r, r->at, "there is no order of %s and %s",
				     value_type_names[a->type], value_type_names[b->type]);
	return true;
}

static bool call_lt(struct template_run *r, const value *args, unsigned count, value *ret)
{
	int o = 0;

	if (!order(r, args, &o))
		return false;
	set_flag(ret, o < 0);
	return true;
}

static bool call_le(struct template_run *r, const value *args, unsigned count, value *ret)
{
	int o = 0;

	if (!order(r, args, &o))
		return false;
	set_flag(ret, o <= 0);
	return true;
}

static bool call_gt(struct template_run *r, const value *args, unsigned count, value *ret)
{
	bool good = call_le(r, args, count, ret);

	if (good)
		set_flag(ret, !ret->flag);
	return good;
}

static bool call_ge(struct template_run *r, const value *args, unsigned count, value *ret)
{
	bool good = call_lt(r, args, count, ret);

	if (good)
		set_flag(ret, !ret->flag);
	return good;
}

static bool call_not(struct template_run *r, const value *args, unsigned count, value *ret)
{
	set_flag(ret, !template_is_true(&args[0]));
	return true;
}

/* --- looking inside ------------------------------------------------------------------------------ */

/* A key of a map that is not there leads to nothing; an item that is not there is a mistake. */
static bool call_index(struct template_run *r, const value *args, unsigned count, value *ret)
{
	value v = args[0];

	for (unsigned i = 1; i < count && v.type != NODE_NULL; i++) {
		const value *key = &args[i];

		if (v.type == NODE_OBJECT && key->type == NODE_STRING) {
			const struct yaml_node *found = NULL;

			for (uint32_t k = 0; k < v.node->count; k++)
				if (text_eq(v.node->entries[k].key, key->text))
					found = v.node->entries[k].value;
			v = template_value_of(found);
		} else if (v.type == NODE_ARRAY && key->type == NODE_INTEGER && key->number >= 0 &&
			   key->number < v.node->count) {
			v = template_value_of(v.node->items[(uint32_t)key->number]);
		} else {
			return template_fail(r, r->at,
					     "index: there is no such item in a value of type %s",
					     value_type_names[v.type]);
		}
		if (!template_step(r, 1))
			return false;
	}
	*ret = v;
	return true;
}

static bool set_number(struct template_run *r, uint32_t n, value *ret)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	*ret = (value){ .type = NODE_INTEGER,
			.number = n,
			.text = text_from(arena_dup(r->arena, text, (size_t)len), (size_t)len) };
	return ret->text.data || template_step(r, 1);
}

static bool call_len(struct template_run *r, const value *args, unsigned count, value *ret)
{
	switch (args[0].type) {
	case NODE_STRING:
		return set_number(r, args[0].text.len, ret);
	case NODE_ARRAY:
	case NODE_OBJECT:
		return set_number(r, args[0].node->count, ret);
	default:
		return template_fail(r, r->at, "len: a value of type %s has no length",
				     value_type_names[args[0].type]);
	}
}

/* --- texts --------------------------------------------------------------------------------------- */

static bool are_texts(struct template_run *r, const value *args)
{
	return (args[0].type == NODE_STRING && args[1].type == NODE_STRING) ||
	       template_fail(r, r->at, "two texts were expected, not %s and %s",
			     value_type_names[args[0].type], value_type_names[args[1].type]);
}

static bool call_has_prefix(struct template_run *r, const value *args, unsigned count, value *ret)
{
	if (!are_texts(r, args))
		return false;
	set_flag(ret, text_starts(args[0].text, args[1].text));
	return true;
}

static bool call_has_suffix(struct template_run *r, const value *args, unsigned count, value *ret)
{
	if (!are_texts(r, args))
		return false;
	set_flag(ret, text_ends(args[0].text, args[1].text));
	return true;
}

static bool set_text(struct template_run *r, struct buf *b, value *ret)
{
	char *kept = b->failed ? NULL : arena_dup(r->arena, b->data ? b->data : "", b->len);

	*ret = template_value_of_text(text_from(kept, kept ? b->len : 0));
	return kept || template_fail(r, r->at, "this becomes too long");
}

/* A blank between two that are no texts. */
static bool call_print(struct template_run *r, const value *args, unsigned count, value *ret)
{
	cleanup_buf struct buf b = { .limit = TEMPLATE_OUTPUT_MAX };
	struct text t;

	for (unsigned i = 0; i < count; i++) {
		if (!template_text(r, &args[i], &t))
			return false;
		if (i && args[i].type != NODE_STRING && args[i - 1].type != NODE_STRING)
			buf_add_char(&b, ' ');
		buf_add(&b, t.data, t.len);
	}
	return set_text(r, &b, ret);
}

/* %s, %v and %d, which are the same here, and %%. */
static bool call_printf(struct template_run *r, const value *args, unsigned count, value *ret)
{
	cleanup_buf struct buf b = { .limit = TEMPLATE_OUTPUT_MAX };
	struct text format = args[0].text, t;
	unsigned next = 1;

	if (args[0].type != NODE_STRING)
		return template_fail(r, r->at, "printf: a text was expected first");
	for (uint32_t i = 0; i < format.len; i++) {
		if (format.data[i] != '%') {
			buf_add_char(&b, format.data[i]);
			continue;
		}
		i++;
		if (i < format.len && format.data[i] == '%') {
			buf_add_char(&b, '%');
			continue;
		}
		if (i >= format.len || !format.data[i] || !strchr("svd", format.data[i]) ||
		    next >= count)
			return template_fail(r, r->at,
					     "printf: %%s, %%v, %%d or %%%% was expected, and a "
					     "value for each");
		if (!template_text(r, &args[next++], &t))
			return false;
		buf_add(&b, t.data, t.len);
	}
	return set_text(r, &b, ret);
}

const struct function template_functions[] = {
	{ "and", 1, ARGUMENTS_MAX, UNTIL_FALSE, NULL },
	{ "or", 1, ARGUMENTS_MAX, UNTIL_TRUE, NULL },
	{ "not", 1, 1, EAGER, call_not },
	{ "eq", 2, ARGUMENTS_MAX, EAGER, call_eq },
	{ "ne", 2, 2, EAGER, call_ne },
	{ "lt", 2, 2, EAGER, call_lt },
	{ "le", 2, 2, EAGER, call_le },
	{ "gt", 2, 2, EAGER, call_gt },
	{ "ge", 2, 2, EAGER, call_ge },
	{ "index", 1, ARGUMENTS_MAX, EAGER, call_index },
	{ "len", 1, 1, EAGER, call_len },
	{ "print", 1, ARGUMENTS_MAX, EAGER, call_print },
	{ "printf", 1, ARGUMENTS_MAX, EAGER, call_printf },
	{ "hasPrefix", 2, 2, EAGER, call_has_prefix },
	{ "hasSuffix", 2, 2, EAGER, call_has_suffix },
	{ NULL, 0, 0, EAGER, NULL },
};
