/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/custom/condition.h"

#include <assert.h>
#include <ctype.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/str.h"
#include "inspect/custom/scalar.h"
#include "rules/compare.h"
#include "rules/parse.h"

/* A field, perhaps transformed. */
struct side {
	const struct view_field *field;
	const char *arg;
	enum rule_transform transform; /* RULE_TRANSFORMS: none */
};

struct condition {
	enum expr_kind kind;
	struct condition **items; /* of EXPR_AND, EXPR_OR; the one of EXPR_NOT */
	uint32_t count;
	/* EXPR_CHECK */
	enum rule_op op;
	enum rule_modifier modifier;
	struct side left, right; /* right.field NULL: texts */
	struct text *texts;
	struct regex **patterns;
	uint32_t text_count;
};

struct loader {
	struct arena *arena;
	struct schema_patterns *patterns;
	const struct source *source;
	enum view_owner owner;
	struct diags *diags;
};

static bool complain(struct loader *l, uint32_t at, const char *what, struct text name)
{
	diag_error(l->diags, source_place(l->source, at), "condition", "%s: \"%.*s\"", what,
		   (int)name.len, name.data);
	return false;
}

/* --- loading ------------------------------------------------------------------------------------- */

static bool load_field(struct loader *l, const struct operand *o, struct side *side)
{
	side->field = view_field_find(o->text);
	if (!side->field)
		return complain(l, o->at, "there is no field of this name", o->text);
	if (side->field->owner > l->owner)
		return complain(l, o->at, "the target of this check has no such field", o->text);
	if (side->field->arg != o->has_arg)
		return complain(l, o->at,
				o->has_arg ? "this field takes no argument" :
					     "this field takes an argument in brackets",
				o->text);
	side->arg = arena_dup(l->arena, o->has_arg ? o->arg.data : "", o->arg.len);
	return side->arg;
}

static bool load_side(struct loader *l, const struct operand *o, struct side *side)
{
	side->transform = RULE_TRANSFORMS;
	if (o->kind == OPERAND_FIELD)
		return load_field(l, o, side);
	if (o->kind != OPERAND_TRANSFORM || o->count != 1 || o->items[0]->kind != OPERAND_FIELD ||
	    (o->transform != TRANSFORM_TOLOWER && o->transform != TRANSFORM_TOUPPER &&
	     o->transform != TRANSFORM_BASENAME && o->transform != TRANSFORM_LEN &&
	     o->transform != TRANSFORM_VAL))
		return complain(l, o->at, "this transformer is not there for checks",
				rule_transforms[o->transform]);
	side->transform = o->transform;
	return load_field(l, o->items[0], side);
}

static bool load_text(struct loader *l, const struct check *from, uint32_t i, struct condition *c)
{
	const struct literal *literal = &from->literals[i];
	char why[160];
	size_t at;
	struct regex **slot;

	c->texts[i] = arena_text(l->arena, literal->text);
	if (from->op != OP_REGEX)
		return true;
	c->patterns[i] = regex_new(literal->text, why, sizeof(why), &at);
	if (!c->patterns[i])
		return complain(l, literal->at, why, literal->text);
	slot = vec_add(&l->patterns->items);
	if (!slot) {
		regex_free(c->patterns[i]);
		return false;
	}
	*slot = c->patterns[i];
	return true;
}

static bool load_check(struct loader *l, const struct check *from, struct condition *c)
{
	c->op = from->op;
	c->modifier = from->modifier;
	if (c->op == OP_BCONTAINS || c->op == OP_BSTARTSWITH)
		return complain(l, from->left->at, "there are no bytes to compare with",
				rule_ops[c->op].name);
	if (!load_side(l, from->left, &c->left))
		return false;
	if (from->right)
		return load_side(l, from->right, &c->right);
	c->texts = arena_array(l->arena, struct text, from->literal_count + 1);
	c->patterns = arena_array(l->arena, struct regex *, from->literal_count + 1);
	c->text_count = from->literal_count;
	for (uint32_t i = 0; c->texts && c->patterns && i < c->text_count; i++)
		if (!load_text(l, from, i, c))
			return false;
	return c->texts && c->patterns;
}

static struct condition *load(struct loader *l, struct expr *e)
{
	struct condition *c = arena_new(l->arena, struct condition);
	struct expr **items = e->kind == EXPR_NOT ? &e->child : e->group.items;

	if (!c)
		return NULL;
	c->kind = e->kind;
	if (e->kind == EXPR_CHECK)
		return load_check(l, &e->check, c) ? c : NULL;
	if (e->kind == EXPR_MACRO) {
		complain(l, e->at, "there are no macros here, and a check needs a field",
			 e->macro.name);
		return NULL;
	}
	c->count = e->kind == EXPR_NOT ? 1 : e->group.count;
	c->items = arena_array(l->arena, struct condition *, c->count);
	for (uint32_t i = 0; c->items && i < c->count; i++) {
		c->items[i] = load(l, items[i]);
		if (!c->items[i])
			return NULL;
	}
	return c->items ? c : NULL;
}

struct condition *condition_load(struct arena *a, struct schema_patterns *patterns,
				 const struct yaml_node *text, enum view_owner owner,
				 struct diags *d)
{
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	struct loader l = { .arena = a, .patterns = patterns, .owner = owner, .diags = d };
	struct parse_error err;
	struct expr *e;

	if (text->kind != YAML_SCALAR) {
		diag_error(d, yaml_place(text), "condition", "a condition was expected");
		return NULL;
	}
	source_add_node(&b, text, 0, text->text.len);
	l.source = source_finish(&b, a);
	e = l.source ? parse_condition(a, l.source, &err) : NULL;
	if (e)
		return load(&l, e);
	if (!l.source) {
		diag_error(d, yaml_place(text), "condition", "this is too long");
		return NULL;
	}
	diag_error(d, source_place(l.source, err.at), "condition", "%s", err.text);
	if (err.hint)
		diag_hint(d, "%s", err.hint);
	return NULL;
}

/* --- asking -------------------------------------------------------------------------------------- */

struct asking {
	const struct view_subject *subject;
	struct regex_room *room;
	struct arena *scratch;
	struct at at;
	bool placed;
};

static struct text fold(struct asking *k, struct text t, bool upper)
{
	char *copy = arena_dup(k->scratch, t.data ? t.data : "", t.len);

	for (uint32_t i = 0; copy && i < t.len; i++)
		copy[i] = (char)(upper ? toupper((unsigned char)copy[i]) :
					 tolower((unsigned char)copy[i]));
	return copy ? text_from(copy, t.len) : t;
}

static struct text transform(struct asking *k, enum rule_transform how, struct text t)
{
	char number[16];

	switch (how) {
	case TRANSFORM_TOLOWER:
		return fold(k, t, false);
	case TRANSFORM_TOUPPER:
		return fold(k, t, true);
	case TRANSFORM_BASENAME:
		return text_basename(t);
	case TRANSFORM_LEN:
		snprintf(number, sizeof(number), "%u", t.len);
		return text_of(arena_dup(k->scratch, number, strlen(number)));
	case TRANSFORM_B64:
	case TRANSFORM_JOIN:
	case TRANSFORM_CONCAT:
	case TRANSFORM_GETOPT:
	case TRANSFORM_VAL:
	case RULE_TRANSFORMS:
		break;
	}
	return t;
}

static struct view_values values_of(struct asking *k, const struct side *side)
{
	struct view_values v = { 0 };

	side->field->get(side->field, k->subject, side->arg, k->scratch, &v);
	/* Of a list the number of items, as in rules. */
	if (side->field->list && side->transform == TRANSFORM_LEN) {
		char number[16];

		snprintf(number, sizeof(number), "%u", v.count);
		v.items = arena_new(k->scratch, struct text);
		v.count = v.items ? 1 : 0;
		if (v.items)
			v.items[0] = text_of(arena_dup(k->scratch, number, strlen(number)));
		return v;
	}
	for (uint32_t i = 0; i < v.count; i++)
		v.items[i] = transform(k, side->transform, v.items[i]);
	return v;
}

static bool ordered(enum rule_op op, struct text a, struct text b)
{
	long double x, y;

	if (!text_quantity(a, &x) || !text_quantity(b, &y))
		return false;
	return op == OP_LT ? x < y : op == OP_LE ? x <= y : op == OP_GT ? x > y : x >= y;
}

static bool equal(bool number, struct text a, struct text b)
{
	long double x, y;

	return text_eq(a, b) || (number && text_quantity(a, &x) && text_quantity(b, &y) && x == y);
}

static bool compare(struct asking *k, const struct condition *c, struct text value,
		    struct text text, const struct regex *pattern)
{
	bool number = c->left.field->number || c->left.transform == TRANSFORM_LEN;

	switch (c->op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return equal(number, value, text);
	case OP_NE:
		return !equal(number, value, text);
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		return ordered(c->op, value, text);
	case OP_CONTAINS:
		return text.len == 0 ||
		       (value.len && memmem(value.data, value.len, text.data, text.len));
	case OP_ICONTAINS:
		return compare_icontains(value, text);
	case OP_STARTSWITH:
		return text_starts(value, text);
	case OP_ENDSWITH:
		return text_ends(value, text);
	case OP_GLOB:
		return glob_match(text, value);
	case OP_IGLOB:
		return glob_match_nocase(text, value);
	case OP_REGEX:
		return pattern && regex_match(pattern, value, k->room);
	case OP_PMATCH:
		return compare_path(text, value);
	case OP_EXISTS:
	case OP_BCONTAINS:
	case OP_BSTARTSWITH:
	case RULE_OPS:
		break;
	}
	return false;
}

/* How many of the texts fit a value. */
static bool fits(struct asking *k, const struct condition *c, struct text value,
		 const struct text *texts, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += compare(k, c, value, texts[i], c->patterns ? c->patterns[i] : NULL);
	return c->modifier == MODIFIER_ALLOF ? n == count :
	       c->modifier == MODIFIER_ONEOF ? n == 1 :
					       n > 0;
}

static bool check_holds(struct asking *k, const struct condition *c)
{
	struct view_values left = values_of(k, &c->left),
			   right = { .items = c->texts, .count = c->text_count };
	uint32_t n = 0;
	bool holds;

	if (c->right.field)
		right = values_of(k, &c->right);
	for (uint32_t i = 0; c->op != OP_EXISTS && i < left.count; i++)
		n += fits(k, c, left.items[i], right.items, right.count);
	/* "in" is of all values of a list, the rest of one of them. */
	holds = c->op == OP_EXISTS ? left.count > 0 :
		c->op == OP_IN	   ? n > 0 && n == left.count :
				     n > 0;
	if (!k->placed || (holds && !k->at.node)) {
		k->at = left.at;
		k->placed = true;
	}
	return holds;
}

static bool holds(struct asking *k, const struct condition *c)
{
	switch (c->kind) {
	case EXPR_AND:
		for (uint32_t i = 0; i < c->count; i++)
			if (!holds(k, c->items[i]))
				return false;
		return true;
	case EXPR_OR:
		for (uint32_t i = 0; i < c->count; i++)
			if (holds(k, c->items[i]))
				return true;
		return false;
	case EXPR_NOT:
		return !holds(k, c->items[0]);
	case EXPR_CHECK:
		return check_holds(k, c);
	case EXPR_MACRO:
		break;
	}
	return false;
}

bool condition_holds(const struct condition *c, const struct view_subject *s,
		     struct regex_room *room, struct arena *scratch, struct at *ret_at)
{
	struct asking k = { .subject = s, .room = room, .scratch = scratch };
	bool true_here = holds(&k, c);

	*ret_at = k.at;
	return true_here;
}
