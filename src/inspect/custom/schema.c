/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: each keyword's value is brought into the form that its function wants, references last. */
#include "inspect/custom/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/table.h"
#include "inspect/custom/schema_private.h"
#include "rules/regex.h"

enum { TARGETS_MAX = 4096, POINTER_MAX = 1024 };

/* What a reference leads to: loaded once, before what it leads to itself is. */
struct target {
	const struct yaml_node *node;
	struct schema *schema;
};

struct loader {
	struct arena *arena;
	struct schema_patterns *patterns;
	struct diags *diags;
	const struct yaml_node *root;
	VEC(struct target) targets;
};

static bool complain(struct loader *l, const struct yaml_node *n, const char *what)
{
	diag_error(l->diags, yaml_place(n), "schema", "%s", what);
	return false;
}

static bool load_into(struct loader *l, const struct yaml_node *n, struct schema *s);

static struct schema *load(struct loader *l, const struct yaml_node *n)
{
	struct schema *s = arena_new(l->arena, struct schema);

	return s && load_into(l, n, s) ? s : NULL;
}

/* --- values -------------------------------------------------------------------------------------- */

static struct regex *load_pattern(struct loader *l, const struct yaml_node *n, struct text t)
{
	char why[160];
	size_t at;
	struct regex *made = regex_new_search(t, why, sizeof(why), &at), **slot;

	if (!made) {
		diag_error(l->diags, yaml_place(n), "schema", "this is no pattern: %s", why);
		return NULL;
	}
	slot = vec_add(&l->patterns->items);
	if (!slot) {
		regex_free(made);
		return NULL;
	}
	return *slot = made;
}

static bool add_type(struct loader *l, const struct yaml_node *n, struct rule *r)
{
	for (unsigned t = 0; t < NODE_TYPES; t++) {
		if (!text_eq_str(n->text, value_type_names[t]))
			continue;
		r->types |= 1u << t;
		if (t == NODE_NUMBER)
			r->types |= 1u << NODE_INTEGER;
		return true;
	}
	return complain(l, n,
			"this is no type: null, boolean, integer, number, string, array, "
			"object");
}

static bool load_types(struct loader *l, struct rule *r)
{
	const struct yaml_node *n = r->value;

	if (n->kind == YAML_SCALAR)
		return add_type(l, n, r);
	if (n->kind != YAML_LIST)
		return complain(l, n, "a type or a list of types was expected");
	for (uint32_t i = 0; i < n->count; i++)
		if (n->items[i]->kind != YAML_SCALAR || !add_type(l, n->items[i], r))
			return false;
	return true;
}

static bool load_number(struct loader *l, struct rule *r)
{
	bool good = value_number(r->value, &r->number);

	if (r->keyword->shape == SHAPE_QUANTITY)
		good = r->value->kind == YAML_SCALAR && text_quantity(r->value->text, &r->number);
	if (r->keyword->shape == SHAPE_COUNT)
		good = good && r->number >= 0 && value_type(r->value) == NODE_INTEGER;
	return good ||
	       complain(l, r->value,
			r->keyword->shape == SHAPE_QUANTITY ? "a quantity was expected: 100m, 2Gi" :
							      "a number was expected");
}

static bool make_room(struct loader *l, struct rule *r)
{
	r->count = r->value->count;
	r->names = arena_array(l->arena, const char *, r->count + 1);
	r->schemas = arena_array(l->arena, struct schema *, r->count + 1);
	r->patterns = arena_array(l->arena, struct regex *, r->count + 1);
	return r->names && r->schemas && r->patterns;
}

static bool load_names(struct loader *l, struct rule *r, const struct yaml_node *list)
{
	/* "required:" with nothing behind it: of none, as others read it. */
	if (r && yaml_is_null(list))
		return true;
	if (list->kind != YAML_LIST)
		return complain(l, list, "a list of names was expected");
	for (uint32_t i = 0; i < list->count; i++) {
		const struct yaml_node *n = list->items[i];

		if (n->kind != YAML_SCALAR)
			return complain(l, n, "a name was expected");
		if (r)
			r->names[i] = arena_dup(l->arena, n->text.data, n->text.len);
	}
	return true;
}

static bool load_list(struct loader *l, struct rule *r)
{
	if (r->value->kind != YAML_LIST)
		return complain(l, r->value, "a list was expected");
	r->is_list = true;
	for (uint32_t i = 0; i < r->count; i++) {
		r->schemas[i] = load(l, r->value->items[i]);
		if (!r->schemas[i])
			return false;
	}
	return true;
}

/* Maps whose values are schemas, or lists of names. */
static bool load_map(struct loader *l, struct rule *r)
{
	enum keyword_shape shape = r->keyword->shape;

	if (r->value->kind != YAML_MAP)
		return complain(l, r->value, "a map was expected");
	for (uint32_t i = 0; i < r->count; i++) {
		const struct yaml_entry *e = &r->value->entries[i];
		bool names = shape == SHAPE_NAME_MAP ||
			     (shape == SHAPE_DEPENDENCIES && e->value->kind == YAML_LIST);

		r->names[i] = arena_dup(l->arena, e->key.data, e->key.len);
		if (shape == SHAPE_PATTERN_MAP)
			r->patterns[i] = load_pattern(l, e->value, e->key);
		if (shape == SHAPE_PATTERN_MAP && !r->patterns[i])
			return false;
		if (names && !load_names(l, NULL, e->value))
			return false;
		r->schemas[i] = names ? NULL : load(l, e->value);
		if (!names && !r->schemas[i])
			return false;
	}
	return true;
}

static bool load_one(struct loader *l, struct rule *r)
{
	r->count = 1;
	r->schemas[0] = load(l, r->value);
	return r->schemas[0];
}

/* --- references ---------------------------------------------------------------------------------- */

static int hex(char c)
{
	return isdigit((unsigned char)c)  ? c - '0' :
	       isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 :
					    -1;
}

/* "%25" and "~1" undone in place; the length that is left. */
static size_t unescape(char *s, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && i + 2 < len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			s[out++] = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else {
			s[out++] = s[i];
		}
	}
	len = out;
	out = 0;
	for (size_t i = 0; i < len; i++) {
		bool tilde = s[i] == '~' && i + 1 < len && (s[i + 1] == '0' || s[i + 1] == '1');

		s[out++] = (char)(!tilde ? s[i] : s[i + 1] == '0' ? '~' : '/');
		i += tilde;
	}
	return out;
}

static const struct yaml_node *step(const struct yaml_node *n, struct text token)
{
	char number[16];
	uint64_t index;

	if (n->kind == YAML_MAP) {
		for (uint32_t i = 0; i < n->count; i++)
			if (text_eq(n->entries[i].key, token))
				return n->entries[i].value;
		return NULL;
	}
	if (n->kind != YAML_LIST || !token.len || token.len >= sizeof(number))
		return NULL;
	memcpy(number, token.data, token.len);
	number[token.len] = '\0';
	return str_to_u64(number, &index) && index < n->count ? n->items[index] : NULL;
}

static const struct yaml_node *find(const struct yaml_node *n, struct text pointer)
{
	char token[POINTER_MAX];

	while (n && pointer.len) {
		const char *end;
		size_t len;

		if (pointer.data[0] != '/')
			return NULL;
		pointer = text_from(pointer.data + 1, pointer.len - 1);
		end = pointer.len ? memchr(pointer.data, '/', pointer.len) : NULL;
		len = end ? (size_t)(end - pointer.data) : pointer.len;
		if (len >= sizeof(token))
			return NULL;
		if (len)
			memcpy(token, pointer.data, len);
		n = step(n, text_from(token, unescape(token, len)));
		pointer = text_from(pointer.data + len, pointer.len - len);
	}
	return n;
}

static struct schema *load_target(struct loader *l, const struct yaml_node *from,
				  const struct yaml_node *n)
{
	struct target *slot;
	struct schema *s;

	vec_foreach(t, &l->targets)
		if (t->node == n)
			return t->schema;
	if (l->targets.len >= TARGETS_MAX) {
		complain(l, from, "there are too many references");
		return NULL;
	}
	slot = vec_add(&l->targets);
	s = slot ? arena_new(l->arena, struct schema) : NULL;
	if (!s)
		return NULL;
	*slot = (struct target){ n, s };
	return load_into(l, n, s) ? s : NULL;
}

static bool load_reference(struct loader *l, struct rule *r)
{
	struct text t = r->value->text;
	const struct yaml_node *n;

	if (r->value->kind != YAML_SCALAR || !t.len || t.data[0] != '#')
		return complain(l, r->value,
				"a reference inside of this schema was expected: \"#/$defs/NAME\"");
	n = find(l->root, text_from(t.data + 1, t.len - 1));
	if (!n)
		return complain(l, r->value, "there is nothing in this schema that is called so");
	r->count = 1;
	r->schemas[0] = load_target(l, r->value, n);
	return r->schemas[0];
}

/* --- schemas ------------------------------------------------------------------------------------- */

static bool load_rule(struct loader *l, struct rule *r)
{
	struct at at = { .index = AT_MEMBER, .node = r->value };

	switch (r->keyword->shape) {
	case SHAPE_NOTE:
	case SHAPE_ANY:
		return true;
	case SHAPE_NUMBER:
	case SHAPE_COUNT:
	case SHAPE_QUANTITY:
		return load_number(l, r);
	case SHAPE_FLAG:
		r->flag = at_is_true(&at);
		return r->flag || at_is_false(&at) ||
		       complain(l, r->value, "true or false was expected");
	case SHAPE_PATTERN:
		r->pattern = r->value->kind == YAML_SCALAR ?
				     load_pattern(l, r->value, r->value->text) :
				     NULL;
		return r->pattern || complain(l, r->value, "a pattern was expected");
	case SHAPE_TYPES:
		return load_types(l, r);
	case SHAPE_LIST:
		return r->value->kind == YAML_LIST ||
		       complain(l, r->value, "a list of values was expected");
	case SHAPE_NAMES:
		return make_room(l, r) && load_names(l, r, r->value);
	case SHAPE_SCHEMA:
		return make_room(l, r) && load_one(l, r);
	case SHAPE_SCHEMAS:
		return make_room(l, r) && load_list(l, r);
	case SHAPE_ITEMS:
		return make_room(l, r) &&
		       (r->value->kind == YAML_LIST ? load_list(l, r) : load_one(l, r));
	case SHAPE_NAME_MAP:
	case SHAPE_SCHEMA_MAP:
	case SHAPE_PATTERN_MAP:
	case SHAPE_DEPENDENCIES:
		return make_room(l, r) && load_map(l, r);
	case SHAPE_REFERENCE:
		return make_room(l, r) && load_reference(l, r);
	}
	return false;
}

static const struct keyword *find_keyword(struct text name)
{
	for (const struct keyword *k = schema_keywords; k->name; k++)
		if (text_eq_str(name, k->name))
			return k;
	return NULL;
}

static bool load_into(struct loader *l, const struct yaml_node *n, struct schema *s)
{
	struct at at = { .index = AT_MEMBER, .node = n };

	s->always = at_is_true(&at) ? 1 : at_is_false(&at) ? 0 : -1;
	if (s->always >= 0)
		return true;
	if (n->kind != YAML_MAP)
		return complain(l, n, "a schema was expected: a map, true or false");
	s->rules = arena_array(l->arena, struct rule, n->count + 1);
	for (uint32_t i = 0; s->rules && i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		const struct keyword *k = find_keyword(e->key);
		struct rule *r = &s->rules[s->count];

		if (!k) {
			diag_error(l->diags,
				   (struct diag_place){ n->file->name, e->line, e->column },
				   "schema", "\"%.*s\" is no keyword that is known here",
				   (int)e->key.len, e->key.data);
			return false;
		}
		r->keyword = k;
		r->value = e->value;
		if (!load_rule(l, r))
			return false;
		s->count++;
	}
	return s->rules;
}

struct schema *schema_load(struct arena *a, struct schema_patterns *patterns,
			   const struct yaml_node *root, struct diags *d)
{
	struct loader l = { .arena = a, .patterns = patterns, .diags = d, .root = root };
	struct schema *s = load_target(&l, root, root);

	vec_deinit(&l.targets);
	if (a->failed) {
		complain(&l, root, "this schema takes more memory than it may");
		return NULL;
	}
	return s;
}

void schema_patterns_deinit(struct schema_patterns *patterns)
{
	vec_foreach(r, &patterns->items)
		regex_free(*r);
	vec_deinit(&patterns->items);
}

const struct rule *schema_rule(const struct schema *s, const char *name)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (str_eq(s->rules[i].keyword->name, name))
			return &s->rules[i];
	return NULL;
}
