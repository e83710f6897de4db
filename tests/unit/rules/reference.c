/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "reference.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fnmatch.h>
#include <pcre2.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* Every value is copied into memory of its own, with a NUL behind it. */
struct plain {
	struct arena *arena;
	struct scratch scratch;
};

/* --- values ------------------------------------------------------------------------------------------------ */

static char *copy(struct plain *p, const struct value *v)
{
	return arena_dup(p->arena, v->string, v->len);
}

static bool read_operand(struct plain *p, const struct operand *o, const struct event *ev,
			 struct value *ret);

static void change_case(struct value *v, int (*fn)(int))
{
	char *s = (char *)(uintptr_t)v->string;

	for (uint32_t i = 0; i < v->len; i++)
		if (!(s[i] & 0x80))
			s[i] = (char)fn(s[i]);
}

static bool decode(struct plain *p, struct value *v)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_alloc(p->arena, v->len + 1);
	uint32_t n = 0, len = v->len;
	unsigned bits = 0, have = 0;

	while (len && v->string[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		const char *d = v->string[i] ? strchr(digits, v->string[i]) : NULL;

		if (!d)
			return false;
		bits = bits << 6 | (unsigned)(d - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have);
	}
	v->string = out;
	v->len = n;
	return true;
}

static bool transform_one(struct plain *p, enum rule_transform t, struct value *v)
{
	const char *slash;

	v->string = copy(p, v);
	switch (t) {
	case TRANSFORM_TOLOWER:
		change_case(v, tolower);
		return true;
	case TRANSFORM_TOUPPER:
		change_case(v, toupper);
		return true;
	case TRANSFORM_BASENAME:
		slash = strrchr(v->string, '/');
		if (slash) {
			v->len -= (uint32_t)(slash + 1 - v->string);
			v->string = slash + 1;
		}
		return true;
	default:
		return decode(p, v);
	}
}

static bool read_list(struct plain *p, const struct operand *o, const struct event *ev,
		      struct value *ret)
{
	struct value *items = arena_array(p->arena, struct value, o->count + 1);

	for (uint32_t i = 0; i < o->count; i++)
		if (!read_operand(p, o->items[i], ev, &items[i]))
			return false;
	*ret = (struct value){ .items = items, .len = o->count, .type = VALUE_STRING, .list = true };
	return true;
}

/* All of a list as one string, with the separator between the members. */
static void glue(struct plain *p, const struct value *list, const char *separator,
		 struct value *ret)
{
	char *out = arena_alloc(p->arena, 1 << 16);

	for (uint32_t i = 0; i < list->len; i++) {
		if (i)
			strcat(out, separator);
		strncat(out, list->items[i].string, list->items[i].len);
	}
	*ret = value_of_text(text_of(out));
}

static bool read_transform(struct plain *p, const struct operand *o, const struct event *ev,
			   struct value *ret)
{
	struct value separator, list, *items;

	switch (o->transform) {
	case TRANSFORM_VAL:
		return read_operand(p, o->items[0], ev, ret);
	case TRANSFORM_JOIN:
		if (!read_operand(p, o->items[0], ev, &separator) ||
		    !read_operand(p, o->items[1], ev, &list))
			return false;
		glue(p, &list, copy(p, &separator), ret);
		return true;
	case TRANSFORM_CONCAT:
		if (!read_list(p, o, ev, &list))
			return false;
		glue(p, &list, "", ret);
		return true;
	case TRANSFORM_LEN:
		if (!read_operand(p, o->items[0], ev, &list))
			return false;
		*ret = (struct value){ .u = list.len, .type = VALUE_UINT };
		return true;
	default:
		break;
	}
	if (!read_operand(p, o->items[0], ev, ret))
		return false;
	if (!ret->list)
		return transform_one(p, o->transform, ret);
	items = arena_array(p->arena, struct value, ret->len + 1);
	for (uint32_t i = 0; i < ret->len; i++) {
		items[i] = ret->items[i];
		if (!transform_one(p, o->transform, &items[i]))
			return false;
	}
	ret->items = items;
	return true;
}

static bool read_operand(struct plain *p, const struct operand *o, const struct event *ev,
			 struct value *ret)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		return field_read(&o->field, ev, &p->scratch, ret);
	case OPERAND_TEXT:
		*ret = value_of_text(o->text);
		return true;
	case OPERAND_LIST:
		return read_list(p, o, ev, ret);
	case OPERAND_TRANSFORM:
		return read_transform(p, o, ev, ret);
	}
	return false;
}

/* --- comparisons ----------------------------------------------------------------------------------------------- */

static int order_of(struct plain *p, const struct value *a, const struct value *b)
{
	__int128 x, y;

	if (a->type == VALUE_STRING)
		return strcmp(copy(p, a), copy(p, b));
	x = a->type == VALUE_INT ? (__int128)a->i : (__int128)a->u;
	y = b->type == VALUE_INT ? (__int128)b->i : (__int128)b->u;
	return x < y ? -1 : x > y;
}

/* Bit by bit. */
static bool in_network(const struct address *a, const struct network *n)
{
	if (a->family != n->address.family)
		return false;
	for (unsigned bit = 0; bit < n->prefix; bit++) {
		unsigned char mask = (unsigned char)(0x80 >> bit % 8);

		if ((a->bytes[bit / 8] & mask) != (n->address.bytes[bit / 8] & mask))
			return false;
	}
	return true;
}

static bool equal(struct plain *p, const struct value *a, const struct value *b)
{
	switch ((enum value_type)a->type) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return a->len == b->len && !memcmp(copy(p, a), copy(p, b), a->len);
	case VALUE_ADDRESS:
		return a->address->family == b->address->family &&
		       !memcmp(a->address->bytes, b->address->bytes,
			       a->address->family == 4 ? 4 : 16);
	case VALUE_NETWORK:
		return in_network(a->address, b->network);
	default:
		return order_of(p, a, b) == 0;
	}
}

/* Components one by one; an empty one does not count. */
static bool path_matches(struct plain *p, const struct value *path, const struct value *pattern)
{
	char *have = copy(p, path), *want = copy(p, pattern), *save_have, *save_want;
	char *h = strtok_r(have, "/", &save_have), *w = strtok_r(want, "/", &save_want);

	while (w) {
		bool wild = strpbrk(w, "?*[");

		if (!h || (wild ? fnmatch(w, h, 0) != 0 : strcmp(w, h) != 0))
			return false;
		w = strtok_r(NULL, "/", &save_want);
		h = strtok_r(NULL, "/", &save_have);
	}
	return true;
}

static bool regex_matches(const struct value *v, struct text pattern)
{
	int code;
	PCRE2_SIZE at;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len,
				       PCRE2_UTF | PCRE2_MULTILINE | PCRE2_DOTALL, &code, &at,
				       NULL);
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	cleanup_buf struct buf subject = BUF_INIT; /* what is no UTF-8 was mended before */
	int n;

	utf8_mend(&subject, value_text(v));
	n = pcre2_match(re, (PCRE2_SPTR)(subject.len ? subject.data : ""), subject.len, 0,
			PCRE2_ANCHORED | PCRE2_ENDANCHORED, m, NULL);

	pcre2_match_data_free(m);
	pcre2_code_free(re);
	return n >= 0;
}

static bool contains(const char *a, size_t n, const char *b, size_t m)
{
	for (size_t i = 0; i + m <= n; i++)
		if (!memcmp(a + i, b, m))
			return true;
	return m == 0;
}

static bool compare_one(struct plain *p, enum rule_op op, const struct value *a,
			const struct value *b)
{
	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return equal(p, a, b);
	case OP_NE:
		return !equal(p, a, b);
	case OP_LT:
		return order_of(p, a, b) < 0;
	case OP_LE:
		return order_of(p, a, b) <= 0;
	case OP_GT:
		return order_of(p, a, b) > 0;
	case OP_GE:
		return order_of(p, a, b) >= 0;
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return contains(copy(p, a), a->len, copy(p, b), b->len);
	case OP_ICONTAINS:
		return strcasestr(copy(p, a), copy(p, b)) != NULL;
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return a->len >= b->len && !memcmp(copy(p, a), copy(p, b), b->len);
	case OP_ENDSWITH:
		return a->len >= b->len &&
		       !memcmp(copy(p, a) + a->len - b->len, copy(p, b), b->len);
	case OP_GLOB:
		return fnmatch(copy(p, b), copy(p, a), 0) == 0;
	case OP_IGLOB:
		return fnmatch(copy(p, b), copy(p, a), FNM_CASEFOLD) == 0;
	case OP_PMATCH:
		return path_matches(p, a, b);
	case OP_REGEX:
		return regex_matches(a, value_text(b));
	default:
		return false;
	}
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

/* One value against everything on the right side. */
static bool value_fits(struct plain *p, const struct check *c, const struct value *v,
		       const struct value *right)
{
	uint32_t fit = 0, count = right ? 1 : c->literal_count;

	for (uint32_t i = 0; i < count; i++)
		fit += compare_one(p, c->op, v, right ? right : &c->values[i]);
	if (c->modifier == MODIFIER_ONEOF)
		return fit == 1;
	if (c->modifier == MODIFIER_ALLOF)
		return count > 0 && fit == count;
	return fit > 0;
}

static bool member_of(struct plain *p, const struct value *v, const struct check *c,
		      const struct value *right)
{
	uint32_t count = right ? right->len : c->literal_count;

	for (uint32_t i = 0; i < count; i++)
		if (equal(p, v, right ? &right->items[i] : &c->values[i]))
			return true;
	return false;
}

/* A field that is a list: "in" wants all of its values, "intersects" one. */
static bool list_fits(struct plain *p, const struct check *c, const struct value *list,
		      const struct value *right)
{
	bool all = true, any = false;

	for (uint32_t i = 0; i < list->len; i++) {
		bool one = member_of(p, &list->items[i], c, right);

		all = all && one;
		any = any || one;
	}
	return c->op == OP_IN ? all : any;
}

/* A field that stands for several values: one must fit; of either end "!=" wants both. */
static bool any_fits(struct plain *p, const struct check *c, const struct value *list)
{
	bool all = true, any = false;

	for (uint32_t i = 0; i < list->len; i++) {
		bool one = value_fits(p, c, &list->items[i], NULL);

		all = all && one;
		any = any || one;
	}
	return c->op == OP_NE && c->left->field.def->flags & FIELD_EITHER ? all : any;
}

static bool check_holds(struct plain *p, const struct check *c, const struct event *ev)
{
	struct value left, right;

	if (!read_operand(p, c->left, ev, &left))
		return false;
	if (c->right && !read_operand(p, c->right, ev, &right))
		return false;
	if (c->op == OP_EXISTS)
		return true;
	if (c->left->list)
		return list_fits(p, c, &left, c->right ? &right : NULL);
	if (left.list)
		return any_fits(p, c, &left);
	return value_fits(p, c, &left, c->right ? &right : NULL);
}

static bool holds(struct plain *p, const struct expr *e, const struct event *ev)
{
	switch (e->kind) {
	case EXPR_AND:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (!holds(p, e->group.items[i], ev))
				return false;
		return true;
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (holds(p, e->group.items[i], ev))
				return true;
		return false;
	case EXPR_NOT:
		return !holds(p, e->child, ev);
	case EXPR_MACRO:
		return holds(p, e->macro.body, ev);
	case EXPR_CHECK:
		return check_holds(p, &e->check, ev);
	}
	return false;
}

bool reference_holds(const struct expr *e, const struct event *ev)
{
	struct arena arena = ARENA_INIT(256 << 20);
	struct plain p = { .arena = &arena };
	bool r;

	p.scratch.size = 1 << 18;
	p.scratch.data = arena_alloc(&arena, p.scratch.size);
	r = holds(&p, e, ev);
	arena_deinit(&arena);
	return r;
}
