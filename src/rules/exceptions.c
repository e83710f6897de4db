/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: "and not" clauses that are written as tables. They are put into the condition as text. */
#include "rules/load_private.h"
#include "rules/model_private.h"
#include "rules/parse.h"

/* "startswith oneof" and the like. */
static bool has_modifier(struct text comp)
{
	const char *blank = comp.len ? memchr(comp.data, ' ', comp.len) : NULL;
	struct text rest;
	int op;

	if (!blank)
		return false;
	rest = text_trim(text_from(blank, comp.len - (size_t)(blank - comp.data)));
	op = rule_op_find(text_from(comp.data, (size_t)(blank - comp.data)));
	for (int i = MODIFIER_ONEOF; i < RULE_MODIFIERS; i++)
		if (text_eq(rule_modifiers[i], rest))
			return op >= 0 && rule_ops[op].kind == OP_STRING;
	return false;
}

static bool takes_list(struct text comp)
{
	int op = rule_op_find(comp);

	return has_modifier(comp) || (op >= 0 && rule_ops[op].kind == OP_LIST);
}

static bool comp_is_good(struct ruleset *rs, const struct yaml_node *n)
{
	struct text comp = text_trim(n->text);

	if (n->kind == YAML_SCALAR && (rule_op_find(comp) >= 0 || has_modifier(comp)))
		return true;
	diag_error(rs->diags, yaml_place(n), "exception", "\"%.*s\" is no comparison operator",
		   (int)n->text.len, n->text.data);
	return false;
}

/* fields and comps fit each other. */
static bool shape_is_good(struct ruleset *rs, const struct rule_exception *e)
{
	const struct yaml_node *f = e->fields, *c = e->comps;
	bool good = true;

	if (f->kind == YAML_MAP || (f->kind == YAML_SCALAR && !f->text.len)) {
		diag_error(rs->diags, yaml_place(f), "exception",
			   "fields must be a field or a list of fields");
		return false;
	}
	if (f->kind == YAML_SCALAR) {
		struct text comp = c && c->kind == YAML_SCALAR ? text_trim(c->text) : TEXT("in");

		if ((c && c->kind != YAML_SCALAR) || !takes_list(comp)) {
			diag_error(rs->diags, yaml_place(c), "exception",
				   "with a single field, comps must be in, pmatch, intersects or an "
				   "operator with oneof, anyof or allof");
			return false;
		}
		return true;
	}
	if (c && (c->kind != YAML_LIST || c->count != f->count)) {
		diag_error(rs->diags, yaml_place(c), "exception",
			   "fields and comps must be lists of the same length");
		return false;
	}
	for (uint32_t i = 0; i < f->count; i++) {
		if (f->items[i]->kind != YAML_SCALAR) {
			diag_error(rs->diags, yaml_place(f->items[i]), "exception",
				   "a field must be text");
			good = false;
		}
		if (c && !comp_is_good(rs, c->items[i]))
			good = false;
	}
	return good;
}

static struct rule_exception *find(struct rule *r, struct text name)
{
	vec_foreach(e, &r->exceptions)
		if (text_eq(e->name, name))
			return e;
	return NULL;
}

static bool add_values(struct ruleset *rs, struct rule_exception *e, const struct yaml_node *values)
{
	if (!values || yaml_is_null(values))
		return true;
	if (values->kind != YAML_LIST) {
		diag_error(rs->diags, yaml_place(values), "exception", "values must be a list");
		return false;
	}
	for (uint32_t i = 0; i < values->count; i++) {
		const struct yaml_node **slot = vec_add(&e->values);

		if (slot)
			*slot = values->items[i];
	}
	return true;
}

static bool read_one(struct ruleset *rs, const struct yaml_node *n, bool appended, struct rule *r)
{
	static const char *const known[] = { "name", "fields", "comps", "values", NULL };
	const struct yaml_node *name = yaml_get(n, "name"), *fields = yaml_get(n, "fields"),
			       *comps = yaml_get(n, "comps"), *values = yaml_get(n, "values");
	struct rule_exception *e;

	if (n->kind != YAML_MAP || !name || name->kind != YAML_SCALAR || !name->text.len) {
		diag_error(rs->diags, yaml_place(n), "exception", "an exception must have a name");
		return false;
	}
	load_warn_keys(rs, n, known, false);
	e = find(r, name->text);
	if (e && appended) {
		if (fields || comps) {
			diag_error(rs->diags, yaml_place(fields ? fields : comps), "exception",
				   "exception \"%.*s\" exists: only values can be appended to it",
				   (int)name->text.len, name->text.data);
			return false;
		}
		if (!values)
			diag_warning(rs->diags, yaml_place(n), "exception",
				     "exception \"%.*s\" is appended to without values",
				     (int)name->text.len, name->text.data);
		return add_values(rs, e, values);
	}
	if (e)
		diag_warning(rs->diags, yaml_place(n), "exception",
			     "exception \"%.*s\" is there twice", (int)name->text.len,
			     name->text.data);
	if (!fields || (appended && !values)) {
		diag_error(rs->diags, yaml_place(n), "exception", "exception \"%.*s\" needs %s",
			   (int)name->text.len, name->text.data, fields ? "values" : "fields");
		return false;
	}
	e = vec_add(&r->exceptions);
	if (!e)
		return false;
	e->name = name->text;
	e->node = n;
	e->fields = fields;
	e->comps = comps;
	return shape_is_good(rs, e) && add_values(rs, e, values);
}

bool exceptions_read(struct ruleset *rs, const struct yaml_node *item, bool appended,
		     struct rule *r, bool replace)
{
	const struct yaml_node *list = yaml_get(item, "exceptions");
	bool good = true;

	if (replace) {
		vec_foreach(e, &r->exceptions)
			vec_deinit(&e->values);
		r->exceptions.len = 0;
	}
	if (!list || yaml_is_null(list))
		return true;
	if (list->kind != YAML_LIST) {
		diag_error(rs->diags, yaml_place(list), "exception", "exceptions must be a list");
		return false;
	}
	for (uint32_t i = 0; i < list->count; i++)
		good = read_one(rs, list->items[i], appended, r) && good;
	return good;
}

/* --- putting them in ------------------------------------------------------------------------------------ */

static void add_text(struct source_builder *b, const char *s, const struct yaml_node *n)
{
	source_add_made(b, text_of(s), n, 0);
}

static void add_quoted(struct source_builder *b, const struct yaml_node *v)
{
	bool quote = v->text.len && memchr(v->text.data, ' ', v->text.len) &&
		     v->text.data[0] != '"' && v->text.data[0] != '\'';

	if (quote)
		add_text(b, "\"", v);
	source_add_node(b, v, 0, v->text.len);
	if (quote)
		add_text(b, "\"", v);
}

/* The values of one field: a text, or a bracketed list. */
static bool add_value(struct ruleset *rs, struct source_builder *b, const struct yaml_node *v,
		      bool list_wanted)
{
	if (v->kind == YAML_SCALAR) {
		bool brackets = list_wanted && !(v->text.len && v->text.data[0] == '(');

		if (brackets)
			add_text(b, "(", v);
		if (list_wanted)
			source_add_node(b, v, 0, v->text.len);
		else
			add_quoted(b, v);
		if (brackets)
			add_text(b, ")", v);
		return true;
	}
	add_text(b, "(", v);
	for (uint32_t i = 0; v->kind == YAML_LIST && i < v->count; i++) {
		if (v->items[i]->kind != YAML_SCALAR)
			break;
		if (i)
			add_text(b, ", ", v);
		add_quoted(b, v->items[i]);
		if (i + 1 == v->count) {
			add_text(b, ")", v);
			return true;
		}
	}
	if (v->kind == YAML_LIST && !v->count) {
		add_text(b, ")", v);
		return true;
	}
	diag_error(rs->diags, yaml_place(v), "exception",
		   "a value must be text or a list of texts");
	return false;
}

/* field comp (v1, v2) */
static bool apply_single(struct ruleset *rs, struct source_builder *b,
			 const struct rule_exception *e)
{
	struct text comp = e->comps ? text_trim(e->comps->text) : TEXT("in");
	bool good = true;

	for (size_t i = 0; i < e->values.len; i++) {
		const struct yaml_node *v = e->values.items[i];

		if (v->kind != YAML_SCALAR) {
			diag_error(rs->diags, yaml_place(v), "exception",
				   "with a single field, values must be a list of texts");
			good = false;
			continue;
		}
		if (!i) {
			add_text(b, " and not (", e->node);
			source_add_node(b, e->fields, 0, e->fields->text.len);
			add_text(b, " ", e->fields);
			source_add_made(b, comp, e->comps ? e->comps : e->fields, 0);
			add_text(b, " (", v);
		} else {
			add_text(b, ", ", v);
		}
		add_quoted(b, v);
	}
	if (e->values.len)
		add_text(b, "))", e->node);
	return good;
}

/* (f1 c1 v1 and f2 c2 v2) */
static bool apply_tuple(struct ruleset *rs, struct source_builder *b,
			const struct rule_exception *e, const struct yaml_node *v)
{
	bool good = true;

	if (v->kind != YAML_LIST || v->count != e->fields->count) {
		diag_error(rs->diags, yaml_place(v), "exception",
			   "each value must be a list as long as fields: %u", e->fields->count);
		return false;
	}
	for (uint32_t k = 0; k < v->count; k++) {
		const struct yaml_node *f = e->fields->items[k];
		const struct yaml_node *c = e->comps ? e->comps->items[k] : NULL;
		struct text comp = c ? text_trim(c->text) : TEXT("=");

		add_text(b, k ? " and " : "(", v);
		source_add_node(b, f, 0, f->text.len);
		add_text(b, " ", f);
		source_add_made(b, comp, c ? c : f, 0);
		add_text(b, " ", f);
		good = add_value(rs, b, v->items[k], takes_list(comp)) && good;
	}
	add_text(b, ")", v);
	return good;
}

static bool apply_tuples(struct ruleset *rs, struct source_builder *b,
			 const struct rule_exception *e)
{
	bool good = true;

	for (size_t i = 0; i < e->values.len; i++) {
		add_text(b, i ? " or " : " and not (", e->values.items[i]);
		good = apply_tuple(rs, b, e, e->values.items[i]) && good;
	}
	if (e->values.len)
		add_text(b, ")", e->node);
	return good;
}

const struct source *exceptions_apply(struct ruleset *rs, struct rule *r)
{
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	bool good = true;

	if (!r->exceptions.len)
		return r->raw;
	add_text(&b, "(", r->condition_node);
	source_add_range(&b, r->raw, 0, r->raw->text.len);
	add_text(&b, ")", r->condition_node);
	vec_foreach(e, &r->exceptions)
		good = (e->fields->kind == YAML_SCALAR ? apply_single(rs, &b, e) :
							 apply_tuples(rs, &b, e)) &&
		       good;
	return good ? source_finish(&b, &rs->arena) : NULL;
}
