/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/compare.h"

#include "base/glob.h"

bool compare_equal(const struct value *a, const struct value *b)
{
	switch ((enum value_type)a->type) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return text_eq(value_text(a), value_text(b));
	case VALUE_ADDRESS:
		return address_eq(a->address, b->address);
	case VALUE_NETWORK:
		return network_has(b->network, a->address);
	default:
		return compare_numbers(a, b) == 0;
	}
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool compare_icontains(struct text s, struct text piece)
{
	if (!piece.len)
		return true;
	for (uint32_t i = 0; i + piece.len <= s.len; i++) {
		uint32_t k = 0;

		while (k < piece.len && lower(s.data[i + k]) == lower(piece.data[k]))
			k++;
		if (k == piece.len)
			return true;
	}
	return false;
}

static bool contains(struct text s, struct text piece)
{
	return !piece.len || (s.len >= piece.len && memmem(s.data, s.len, piece.data, piece.len));
}

static int order(const struct value *a, const struct value *b)
{
	return a->type == VALUE_STRING ? text_compare(value_text(a), value_text(b)) :
					 compare_numbers(a, b);
}

bool compare_values(enum rule_op op, const struct value *a, const struct value *b)
{
	switch (op) {
	case OP_EXISTS:
		return true;
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return compare_equal(a, b);
	case OP_NE:
		return !compare_equal(a, b);
	case OP_LT:
		return order(a, b) < 0;
	case OP_LE:
		return order(a, b) <= 0;
	case OP_GT:
		return order(a, b) > 0;
	case OP_GE:
		return order(a, b) >= 0;
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return contains(value_text(a), value_text(b));
	case OP_ICONTAINS:
		return compare_icontains(value_text(a), value_text(b));
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return text_starts(value_text(a), value_text(b));
	case OP_ENDSWITH:
		return text_ends(value_text(a), value_text(b));
	case OP_GLOB:
		return glob_match(value_text(b), value_text(a));
	case OP_IGLOB:
		return glob_match_nocase(value_text(b), value_text(a));
	default:
		return false;
	}
}

/* The next component of a path, slashes passed over; len 0: there is none. */
static struct text next_component(struct text *path)
{
	struct text c;
	uint32_t n = 0;

	while (n < path->len && path->data[n] == '/')
		n++;
	c = text_from(path->data + n, path->len - n);
	for (n = 0; n < c.len && c.data[n] != '/'; n++)
		;
	*path = text_from(c.data + n, c.len - n);
	return text_from(c.data, n);
}

bool compare_path(struct text pattern, struct text path)
{
	for (;;) {
		struct text wanted = pattern.len ? next_component(&pattern) : TEXT(""), have;

		if (!wanted.len)
			return true;
		have = path.len ? next_component(&path) : TEXT("");
		if (!have.len)
			return false;
		if (!text_eq(wanted, have) &&
		    !(glob_is_pattern(wanted) && glob_match(wanted, have)))
			return false;
	}
}
