/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/custom/scalar.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "inspect/at.h"

enum { NUMBER_MAX = 64 };

const char *const value_type_names[] = {
	[NODE_NULL] = "null",	  [NODE_BOOLEAN] = "boolean", [NODE_INTEGER] = "integer",
	[NODE_NUMBER] = "number", [NODE_STRING] = "string",   [NODE_ARRAY] = "array",
	[NODE_OBJECT] = "object",
};
static_assert(ARRAY_SIZE(value_type_names) == NODE_TYPES, "a name for each");

static size_t digits(struct text t, size_t at)
{
	size_t start = at;

	while (at < t.len && isdigit((unsigned char)t.data[at]))
		at++;
	return at - start;
}

/* Bytes of a decimal number at the beginning, without an exponent; 0: there is none. */
static size_t mantissa(struct text t)
{
	size_t at = t.len && (t.data[0] == '-' || t.data[0] == '+'), whole = digits(t, at),
	       fraction = 0;

	at += whole;
	if (at < t.len && t.data[at] == '.') {
		fraction = digits(t, at + 1);
		at += fraction || whole ? fraction + 1 : 0;
	}
	return whole || fraction ? at : 0;
}

static size_t exponent(struct text t, size_t at)
{
	size_t start = at, n;

	if (at >= t.len || (t.data[at] | 32) != 'e')
		return 0;
	at++;
	at += at < t.len && (t.data[at] == '-' || t.data[at] == '+');
	n = digits(t, at);
	return n ? at + n - start : 0;
}

static bool convert(struct text t, size_t len, long double *ret)
{
	char copy[NUMBER_MAX];

	if (!len || len >= sizeof(copy))
		return false;
	memcpy(copy, t.data, len);
	copy[len] = '\0';
	*ret = strtold(copy, NULL);
	return *ret - *ret == 0; /* "1e9999" is no number */
}

bool text_number(struct text t, long double *ret)
{
	size_t len = mantissa(t);

	len += len ? exponent(t, len) : 0;
	return len && len == t.len && convert(t, len, ret);
}

bool text_quantity(struct text t, long double *ret)
{
	static const struct {
		const char *suffix;
		long double factor;
	} units[] = {
		{ "", 1 },	   { "m", 1e-3L },    { "u", 1e-6L },	 { "n", 1e-9L },
		{ "k", 1e3L },	   { "M", 1e6L },     { "G", 1e9L },	 { "T", 1e12L },
		{ "P", 1e15L },	   { "E", 1e18L },    { "Ki", 0x1p10L }, { "Mi", 0x1p20L },
		{ "Gi", 0x1p30L }, { "Ti", 0x1p40L }, { "Pi", 0x1p50L }, { "Ei", 0x1p60L },
	};
	size_t len = mantissa(t);

	if (text_number(t, ret))
		return true;
	for (size_t i = 0; len && i < ARRAY_SIZE(units); i++) {
		if (!text_eq_str(text_from(t.data + len, t.len - len), units[i].suffix) ||
		    !convert(t, len, ret))
			continue;
		*ret *= units[i].factor;
		return true;
	}
	return false;
}

bool value_number(const struct yaml_node *n, long double *ret)
{
	return n->kind == YAML_SCALAR && n->plain && text_number(n->text, ret);
}

enum node_type value_type(const struct yaml_node *n)
{
	struct at at = { .index = AT_MEMBER, .node = n };
	long double number;

	if (n->kind != YAML_SCALAR)
		return n->kind == YAML_LIST ? NODE_ARRAY : NODE_OBJECT;
	if (yaml_is_null(n))
		return NODE_NULL;
	if (at_is_true(&at) || at_is_false(&at))
		return NODE_BOOLEAN;
	if (!value_number(n, &number))
		return NODE_STRING;
	/* Beyond 64 bits there are no fractions left. */
	return number > (long double)INT64_MIN && number < (long double)INT64_MAX &&
			       number != (long double)(int64_t)number ?
		       NODE_NUMBER :
		       NODE_INTEGER;
}

static const struct yaml_node *member(const struct yaml_node *map, struct text key, uint64_t *steps)
{
	for (uint32_t i = 0; i < map->count && *steps; i++, --*steps)
		if (text_eq(map->entries[i].key, key))
			return map->entries[i].value;
	return NULL;
}

static bool same_scalars(const struct yaml_node *a, const struct yaml_node *b)
{
	struct at at_a = { .index = AT_MEMBER, .node = a };
	struct at at_b = { .index = AT_MEMBER, .node = b };
	enum node_type type = value_type(a), other = value_type(b);
	long double x, y;

	if (value_number(a, &x) && value_number(b, &y))
		return x == y;
	if (type != other)
		return false;
	return type == NODE_NULL    ? true :
	       type == NODE_BOOLEAN ? at_is_true(&at_a) == at_is_true(&at_b) :
				      text_eq(a->text, b->text);
}

bool value_same(const struct yaml_node *a, const struct yaml_node *b, uint64_t *steps)
{
	if (!*steps)
		return false;
	--*steps;
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return same_scalars(a, b);
	for (uint32_t i = 0; i < a->count; i++) {
		const struct yaml_node *x = a->kind == YAML_MAP ? a->entries[i].value : a->items[i];
		const struct yaml_node *y = a->kind == YAML_MAP ?
						    member(b, a->entries[i].key, steps) :
						    b->items[i];

		if (!y || !value_same(x, y, steps))
			return false;
	}
	return true;
}
