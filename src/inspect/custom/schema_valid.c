/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: a function for each keyword. What is tried only (anyOf, not, if) is asked quietly. */
#include <assert.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/schema_private.h"
#include "rules/regex.h"

#define T(type) (1u << NODE_##type)
#define NUMBERS (T(NUMBER) | T(INTEGER))

static bool fails(struct schema_run *run, const struct at *at)
{
	if (!run->quiet && run->fail)
		run->fail(run->arg, at);
	return false;
}

static bool try_quietly(const struct schema *s, const struct at *at, struct schema_run *run)
{
	bool valid;

	run->quiet++;
	valid = schema_valid(s, at, run);
	run->quiet--;
	return valid;
}

static bool is_there(const struct yaml_node *n, const struct schema_run *run)
{
	return n && !(run->null_is_absent && yaml_is_null(n));
}

/* A name lives as long as the schema, or the scratch. */
static struct at member_at(const struct at *parent, const char *name, const struct yaml_node *n)
{
	return (struct at){ parent, name, strpbrk(name, "./") || !*name ? AT_KEY : AT_MEMBER, n };
}

static struct at member(const struct at *parent, const char *name, const struct schema_run *run)
{
	const struct yaml_node *n = yaml_get(parent->node, name);

	return member_at(parent, name, is_there(n, run) ? n : NULL);
}

static struct at entry(const struct at *parent, const struct yaml_entry *e, struct schema_run *run)
{
	const char *name = arena_dup(run->scratch, e->key.data, e->key.len);

	return member_at(parent, name ? name : "", e->value);
}

/* --- any value ----------------------------------------------------------------------------------- */

static bool valid_type(const struct schema *s, const struct rule *r, const struct at *at,
		       struct schema_run *run)
{
	enum node_type type = value_type(at->node);

	/* The API makes a text of each quantity, however it was written. */
	if ((1u << type & NUMBERS) &&
	    (schema_rule(s, "resourceMinimum") || schema_rule(s, "resourceMaximum")))
		type = NODE_STRING;
	return r->types & 1u << type || fails(run, at);
}

static bool same(const struct yaml_node *a, const struct yaml_node *b, struct schema_run *run)
{
	uint64_t left = run->steps < SCHEMA_STEPS_MAX ? SCHEMA_STEPS_MAX - run->steps : 0;
	bool equal = value_same(a, b, &left);

	run->steps = SCHEMA_STEPS_MAX - left;
	run->exhausted |= !left;
	return equal;
}

static bool valid_const(const struct schema *s, const struct rule *r, const struct at *at,
			struct schema_run *run)
{
	return same(r->value, at->node, run) || fails(run, at);
}

static bool valid_enum(const struct schema *s, const struct rule *r, const struct at *at,
		       struct schema_run *run)
{
	for (uint32_t i = 0; i < r->value->count; i++)
		if (same(r->value->items[i], at->node, run))
			return true;
	return fails(run, at);
}

/* --- numbers and texts --------------------------------------------------------------------------- */

enum compare { AT_LEAST, AT_MOST, ABOVE, BELOW };

static bool holds(long double value, enum compare how, long double limit)
{
	return how == AT_LEAST ? value >= limit :
	       how == AT_MOST  ? value <= limit :
	       how == ABOVE    ? value > limit :
				 value < limit;
}

static bool number(const struct rule *r, const struct at *at, struct schema_run *run,
		   enum compare how)
{
	long double value;

	return !value_number(at->node, &value) || holds(value, how, r->number) || fails(run, at);
}

static bool valid_minimum(const struct schema *s, const struct rule *r, const struct at *at,
			  struct schema_run *run)
{
	return number(r, at, run, AT_LEAST);
}

static bool valid_maximum(const struct schema *s, const struct rule *r, const struct at *at,
			  struct schema_run *run)
{
	return number(r, at, run, AT_MOST);
}

static bool valid_above(const struct schema *s, const struct rule *r, const struct at *at,
			struct schema_run *run)
{
	return number(r, at, run, ABOVE);
}

static bool valid_below(const struct schema *s, const struct rule *r, const struct at *at,
			struct schema_run *run)
{
	return number(r, at, run, BELOW);
}

static bool valid_multiple(const struct schema *s, const struct rule *r, const struct at *at,
			   struct schema_run *run)
{
	long double value, quotient;

	if (!value_number(at->node, &value) || r->number == 0)
		return true;
	quotient = value / r->number;
	return fabsl(quotient - roundl(quotient)) < 1e-9L || fails(run, at);
}

static bool quantity(const struct rule *r, const struct at *at, struct schema_run *run,
		     enum compare how)
{
	long double value;

	return (text_quantity(at->node->text, &value) && holds(value, how, r->number)) ||
	       fails(run, at);
}

static bool valid_quantity_minimum(const struct schema *s, const struct rule *r,
				   const struct at *at, struct schema_run *run)
{
	return quantity(r, at, run, AT_LEAST);
}

static bool valid_quantity_maximum(const struct schema *s, const struct rule *r,
				   const struct at *at, struct schema_run *run)
{
	return quantity(r, at, run, AT_MOST);
}

static long double characters(struct text t)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t.len; i++)
		n += ((unsigned char)t.data[i] & 0xc0) != 0x80;
	return (long double)n;
}

static bool valid_shortest(const struct schema *s, const struct rule *r, const struct at *at,
			   struct schema_run *run)
{
	return characters(at->node->text) >= r->number || fails(run, at);
}

static bool valid_longest(const struct schema *s, const struct rule *r, const struct at *at,
			  struct schema_run *run)
{
	return characters(at->node->text) <= r->number || fails(run, at);
}

static bool valid_pattern(const struct schema *s, const struct rule *r, const struct at *at,
			  struct schema_run *run)
{
	return regex_match(r->pattern, at->node->text, run->room) || fails(run, at);
}

/* --- lists --------------------------------------------------------------------------------------- */

static bool valid_items(const struct schema *s, const struct rule *r, const struct at *at,
			struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < at->node->count && (!r->is_list || i < r->count); i++) {
		struct at item = at_item(at, i);

		good &= schema_valid(r->schemas[r->is_list ? i : 0], &item, run);
	}
	return good;
}

static bool valid_more_items(const struct schema *s, const struct rule *r, const struct at *at,
			     struct schema_run *run)
{
	const struct rule *items = schema_rule(s, "items");
	bool good = true;

	for (uint32_t i = items ? items->count : 0; items && items->is_list && i < at->node->count;
	     i++) {
		struct at item = at_item(at, i);

		good &= schema_valid(r->schemas[0], &item, run);
	}
	return good;
}

static bool valid_fewest(const struct schema *s, const struct rule *r, const struct at *at,
			 struct schema_run *run)
{
	return at->node->count >= r->number || fails(run, at);
}

static bool valid_most(const struct schema *s, const struct rule *r, const struct at *at,
		       struct schema_run *run)
{
	return at->node->count <= r->number || fails(run, at);
}

static bool valid_unique(const struct schema *s, const struct rule *r, const struct at *at,
			 struct schema_run *run)
{
	for (uint32_t i = 0; r->flag && i < at->node->count; i++) {
		for (uint32_t k = 0; k < i && !run->exhausted; k++) {
			struct at item = at_item(at, i);

			if (same(at->node->items[i], at->node->items[k], run))
				return fails(run, &item);
		}
	}
	return true;
}

static bool valid_contains(const struct schema *s, const struct rule *r, const struct at *at,
			   struct schema_run *run)
{
	const struct rule *least = schema_rule(s, "minContains"),
			  *most = schema_rule(s, "maxContains");
	uint32_t found = 0;

	for (uint32_t i = 0; i < at->node->count; i++) {
		struct at item = at_item(at, i);

		found += try_quietly(r->schemas[0], &item, run);
	}
	return (found >= (least ? least->number : 1) && (!most || found <= most->number)) ||
	       fails(run, at);
}

/* --- maps ---------------------------------------------------------------------------------------- */

static bool valid_properties(const struct schema *s, const struct rule *r, const struct at *at,
			     struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < r->count; i++) {
		struct at m = member(at, r->names[i], run);

		if (m.node)
			good &= schema_valid(r->schemas[i], &m, run);
	}
	return good;
}

static bool valid_pattern_properties(const struct schema *s, const struct rule *r,
				     const struct at *at, struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < at->node->count; i++) {
		const struct yaml_entry *e = &at->node->entries[i];

		for (uint32_t k = 0; k < r->count && is_there(e->value, run); k++) {
			struct at m;

			if (!regex_match(r->patterns[k], e->key, run->room))
				continue;
			m = entry(at, e, run);
			good &= schema_valid(r->schemas[k], &m, run);
		}
	}
	return good;
}

static bool is_described(const struct schema *s, struct text key, struct schema_run *run)
{
	const struct rule *properties = schema_rule(s, "properties"),
			  *patterns = schema_rule(s, "patternProperties");

	for (uint32_t i = 0; properties && i < properties->count; i++)
		if (text_eq_str(key, properties->names[i]))
			return true;
	for (uint32_t i = 0; patterns && i < patterns->count; i++)
		if (regex_match(patterns->patterns[i], key, run->room))
			return true;
	return false;
}

static bool valid_more_properties(const struct schema *s, const struct rule *r, const struct at *at,
				  struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < at->node->count; i++) {
		const struct yaml_entry *e = &at->node->entries[i];
		struct at m;

		if (!is_there(e->value, run) || is_described(s, e->key, run))
			continue;
		m = entry(at, e, run);
		good &= schema_valid(r->schemas[0], &m, run);
	}
	return good;
}

static bool valid_names(const struct schema *s, const struct rule *r, const struct at *at,
			struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < at->node->count; i++) {
		const struct yaml_entry *e = &at->node->entries[i];
		struct yaml_node key = { .kind = YAML_SCALAR,
					 .file = at->node->file,
					 .line = e->line,
					 .column = e->column,
					 .text = e->key,
					 .size = 1 };
		struct at name = { .index = AT_MEMBER, .node = &key }, m = entry(at, e, run);

		if (is_there(e->value, run) && !try_quietly(r->schemas[0], &name, run))
			good = fails(run, &m);
	}
	return good;
}

static bool has(const struct at *at, const char *name, struct schema_run *run)
{
	struct at m = member(at, name, run);

	return m.node || fails(run, &m);
}

static bool valid_required(const struct schema *s, const struct rule *r, const struct at *at,
			   struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < r->count; i++)
		good &= has(at, r->names[i], run);
	return good;
}

static bool valid_dependencies(const struct schema *s, const struct rule *r, const struct at *at,
			       struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct yaml_node *names = r->value->entries[i].value;
		struct at m = member(at, r->names[i], run);

		if (m.node && r->schemas[i])
			good &= schema_valid(r->schemas[i], at, run);
		for (uint32_t k = 0; m.node && !r->schemas[i] && k < names->count; k++) {
			struct text name = names->items[k]->text;
			const char *copy = arena_dup(run->scratch, name.data, name.len);

			good &= copy && has(at, copy, run);
		}
	}
	return good;
}

static long double members(const struct at *at, struct schema_run *run)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < at->node->count; i++)
		n += is_there(at->node->entries[i].value, run);
	return (long double)n;
}

static bool valid_fewest_members(const struct schema *s, const struct rule *r, const struct at *at,
				 struct schema_run *run)
{
	return members(at, run) >= r->number || fails(run, at);
}

static bool valid_most_members(const struct schema *s, const struct rule *r, const struct at *at,
			       struct schema_run *run)
{
	return members(at, run) <= r->number || fails(run, at);
}

/* --- of other schemas ---------------------------------------------------------------------------- */

static bool valid_all(const struct schema *s, const struct rule *r, const struct at *at,
		      struct schema_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < r->count; i++)
		good &= schema_valid(r->schemas[i], at, run);
	return good;
}

static uint32_t count_valid(const struct rule *r, const struct at *at, uint32_t enough,
			    struct schema_run *run)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->count && n < enough; i++)
		n += try_quietly(r->schemas[i], at, run);
	return n;
}

static bool valid_any(const struct schema *s, const struct rule *r, const struct at *at,
		      struct schema_run *run)
{
	return count_valid(r, at, 1, run) || fails(run, at);
}

static bool valid_one(const struct schema *s, const struct rule *r, const struct at *at,
		      struct schema_run *run)
{
	return count_valid(r, at, 2, run) == 1 || fails(run, at);
}

static bool valid_not(const struct schema *s, const struct rule *r, const struct at *at,
		      struct schema_run *run)
{
	return !try_quietly(r->schemas[0], at, run) || fails(run, at);
}

static bool valid_if(const struct schema *s, const struct rule *r, const struct at *at,
		     struct schema_run *run)
{
	const struct rule *next = schema_rule(s, try_quietly(r->schemas[0], at, run) ? "then" :
										       "else");

	return !next || schema_valid(next->schemas[0], at, run);
}

/* --- all of them --------------------------------------------------------------------------------- */

const struct keyword schema_keywords[] = {
	{ "type", SHAPE_TYPES, 0, valid_type },
	{ "const", SHAPE_ANY, 0, valid_const },
	{ "enum", SHAPE_LIST, 0, valid_enum },
	{ "minimum", SHAPE_NUMBER, NUMBERS, valid_minimum },
	{ "maximum", SHAPE_NUMBER, NUMBERS, valid_maximum },
	{ "exclusiveMinimum", SHAPE_NUMBER, NUMBERS, valid_above },
	{ "exclusiveMaximum", SHAPE_NUMBER, NUMBERS, valid_below },
	{ "multipleOf", SHAPE_NUMBER, NUMBERS, valid_multiple },
	{ "resourceMinimum", SHAPE_QUANTITY, NUMBERS | T(STRING), valid_quantity_minimum },
	{ "resourceMaximum", SHAPE_QUANTITY, NUMBERS | T(STRING), valid_quantity_maximum },
	{ "minLength", SHAPE_COUNT, T(STRING), valid_shortest },
	{ "maxLength", SHAPE_COUNT, T(STRING), valid_longest },
	{ "pattern", SHAPE_PATTERN, T(STRING), valid_pattern },
	{ "items", SHAPE_ITEMS, T(ARRAY), valid_items },
	{ "additionalItems", SHAPE_SCHEMA, T(ARRAY), valid_more_items },
	{ "minItems", SHAPE_COUNT, T(ARRAY), valid_fewest },
	{ "maxItems", SHAPE_COUNT, T(ARRAY), valid_most },
	{ "uniqueItems", SHAPE_FLAG, T(ARRAY), valid_unique },
	{ "contains", SHAPE_SCHEMA, T(ARRAY), valid_contains },
	{ "minContains", SHAPE_COUNT, T(ARRAY), NULL },
	{ "maxContains", SHAPE_COUNT, T(ARRAY), NULL },
	{ "properties", SHAPE_SCHEMA_MAP, T(OBJECT), valid_properties },
	{ "patternProperties", SHAPE_PATTERN_MAP, T(OBJECT), valid_pattern_properties },
	{ "additionalProperties", SHAPE_SCHEMA, T(OBJECT), valid_more_properties },
	{ "propertyNames", SHAPE_SCHEMA, T(OBJECT), valid_names },
	{ "required", SHAPE_NAMES, T(OBJECT), valid_required },
	{ "dependencies", SHAPE_DEPENDENCIES, T(OBJECT), valid_dependencies },
	{ "dependentRequired", SHAPE_NAME_MAP, T(OBJECT), valid_dependencies },
	{ "dependentSchemas", SHAPE_SCHEMA_MAP, T(OBJECT), valid_dependencies },
	{ "minProperties", SHAPE_COUNT, T(OBJECT), valid_fewest_members },
	{ "maxProperties", SHAPE_COUNT, T(OBJECT), valid_most_members },
	{ "allOf", SHAPE_SCHEMAS, 0, valid_all },
	{ "anyOf", SHAPE_SCHEMAS, 0, valid_any },
	{ "oneOf", SHAPE_SCHEMAS, 0, valid_one },
	{ "not", SHAPE_SCHEMA, 0, valid_not },
	{ "if", SHAPE_SCHEMA, 0, valid_if },
	{ "then", SHAPE_SCHEMA, 0, NULL },
	{ "else", SHAPE_SCHEMA, 0, NULL },
	{ "$ref", SHAPE_REFERENCE, 0, valid_all },
	{ "$defs", SHAPE_SCHEMA_MAP, 0, NULL },
	{ "definitions", SHAPE_SCHEMA_MAP, 0, NULL },
	{ "$schema", SHAPE_NOTE, 0, NULL },
	{ "$id", SHAPE_NOTE, 0, NULL },
	{ "$comment", SHAPE_NOTE, 0, NULL },
	{ "title", SHAPE_NOTE, 0, NULL },
	{ "description", SHAPE_NOTE, 0, NULL },
	{ "default", SHAPE_NOTE, 0, NULL },
	{ "examples", SHAPE_NOTE, 0, NULL },
	{ "format", SHAPE_NOTE, 0, NULL },
	{ "deprecated", SHAPE_NOTE, 0, NULL },
	{ "readOnly", SHAPE_NOTE, 0, NULL },
	{ "writeOnly", SHAPE_NOTE, 0, NULL },
	{ "contentEncoding", SHAPE_NOTE, 0, NULL },
	{ "contentMediaType", SHAPE_NOTE, 0, NULL },
	{ "contentSchema", SHAPE_NOTE, 0, NULL },
	{ NULL, SHAPE_NOTE, 0, NULL },
};

bool schema_valid(const struct schema *s, const struct at *at, struct schema_run *run)
{
	unsigned type = 1u << value_type(at->node);
	bool good = true;

	if (s->always >= 0)
		return s->always || fails(run, at);
	if (run->depth >= SCHEMA_DEPTH_MAX || ++run->steps >= SCHEMA_STEPS_MAX) {
		run->exhausted = true;
		return false;
	}
	run->depth++;
	for (uint32_t i = 0; i < s->count && !run->exhausted; i++) {
		const struct keyword *k = s->rules[i].keyword;

		if (k->valid && (!k->types || k->types & type))
			good &= k->valid(s, &s->rules[i], at, run);
	}
	run->depth--;
	return good;
}
