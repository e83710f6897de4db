/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/match.h"

#include <stdlib.h>

#include "base/glob.h"
#include "rules/operand_value.h"

/* --- value by value -------------------------------------------------------------------------------------- */

/* One value of the left side against value i of the right. */
static bool fits(const struct match *m, const struct value *left, uint32_t i,
		 struct regex_room *room)
{
	const struct check *c = m->check;

	if (c->op == OP_REGEX)
		return regex_match(m->regexes[i], value_text(left), room);
	if (c->op == OP_PMATCH)
		return compare_path(value_text(&c->values[i]), value_text(left));
	return compare_values(c->op, left, &c->values[i]);
}

/* A single value, as the operator and its modifier want it. */
static bool generic_single(const struct match *m, const struct value *left, struct regex_room *room)
{
	const struct check *c = m->check;
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->literal_count; i++)
		count += fits(m, left, i, room);
	switch (c->modifier) {
	case MODIFIER_ONEOF:
		return count == 1;
	case MODIFIER_ALLOF:
		return c->literal_count && count == c->literal_count;
	default:
		return count > 0;
	}
}

/* --- forms ------------------------------------------------------------------------------------------------ */

static bool number_in(const struct match *m, const struct value *v)
{
	uint32_t low = 0, high = m->number_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (m->numbers[middle] == v->u)
			return true;
		if (m->numbers[middle] < v->u)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool contains_one(const struct match *m, struct text t)
{
	for (uint32_t i = 0; i < m->piece_count; i++)
		if (!m->pieces[i].len ||
		    (t.len >= m->pieces[i].len &&
		     memmem(t.data, t.len, m->pieces[i].data, m->pieces[i].len)))
			return true;
	return false;
}

/*
 * Paths without wildcards are kept as "a/b/c": if the value begins with one and ends or goes on with
 * a slash there, it matches.
 */
static bool path_prefix(const struct match *m, struct text path)
{
	const struct text_set *s = m->set;

	if (path.len && path.data[0] == '/')
		path = text_from(path.data + 1, path.len - 1);
	for (uint32_t i = 0; i < s->length_count && s->lengths[i] <= path.len; i++) {
		uint32_t len = s->lengths[i];

		if ((len == 0 || len == path.len || path.data[len] == '/') &&
		    text_set_part(s, path, i))
			return true;
	}
	return false;
}

static bool path_matches(const struct match *m, struct text path)
{
	if (path.len && memmem(path.data, path.len, "//", 2)) {
		/* Rare: taken apart component by component. */
		for (uint32_t i = 0; i < m->check->literal_count; i++)
			if (compare_path(m->check->literals[i].text, path))
				return true;
		return false;
	}
	if (path_prefix(m, path))
		return true;
	for (uint32_t i = 0; i < m->piece_count; i++)
		if (compare_path(m->pieces[i], path))
			return true;
	return false;
}

/* What an address set is keyed with: the family and as many bytes as it has. */
static struct text address_key(const struct address *a)
{
	return text_from((const char *)a, a->family == 4 ? 5 : 17);
}

/* A network, or an address cut to the same number of bits. */
struct network_key {
	uint8_t family, prefix, bytes[16];
};

static struct network_key cut(const struct address *a, uint8_t prefix)
{
	struct network_key k = { a->family, prefix, { 0 } };
	unsigned whole = prefix / 8, rest = prefix % 8;

	memcpy(k.bytes, a->bytes, whole);
	if (rest)
		k.bytes[whole] = a->bytes[whole] & (uint8_t)(0xff00 >> rest);
	return k;
}

static bool in_network(const struct match *m, const struct value *v)
{
	if (!m->set) {
		for (uint32_t i = 0; i < m->network_count; i++)
			if (network_has(m->networks[i], v->address))
				return true;
		return false;
	}
	/* One look per prefix length that occurs. */
	for (uint32_t i = 0; i < m->number_count; i++) {
		uint8_t family = (uint8_t)(m->numbers[i] >> 8), prefix = (uint8_t)m->numbers[i];
		struct network_key k;

		if (family != v->address->family)
			continue;
		k = cut(v->address, prefix);
		if (text_set_find(m->set, text_from((const char *)&k, sizeof(k))))
			return true;
	}
	return false;
}

static bool single(const struct match *m, const struct value *v, struct regex_room *room)
{
	switch (m->kind) {
	case MATCH_EXISTS:
		return true;
	case MATCH_TEXT_EQ:
		return text_eq(value_text(v), m->text) != m->negate;
	case MATCH_TEXT_SET:
		return text_set_find(m->set, value_text(v)) != NULL;
	case MATCH_PREFIXES:
	case MATCH_SUFFIXES:
		return text_set_has_part(m->set, value_text(v));
	case MATCH_CONTAINS:
		return contains_one(m, value_text(v));
	case MATCH_NUMBER:
		return compare_values(m->op, v, &m->number);
	case MATCH_NUMBERS:
		return number_in(m, v);
	case MATCH_ADDRESSES:
		return text_set_find(m->set, address_key(v->address)) != NULL;
	case MATCH_NETWORKS:
		return in_network(m, v) != m->negate;
	case MATCH_PATHS:
		return path_matches(m, value_text(v));
	case MATCH_REGEX:
		return regex_match(m->regexes[0], value_text(v), room);
	default:
		return generic_single(m, v, room);
	}
}

/* --- lists ------------------------------------------------------------------------------------------------ */

static bool in_list(const struct value *list, const struct value *v)
{
	for (uint32_t i = 0; i < list->len; i++)
		if (compare_equal(v, &list->items[i]))
			return true;
	return false;
}

/* Another field on the right side. */
static bool run_right(const struct check *c, const struct value *left, const struct value *right)
{
	uint32_t hits = 0;

	if (!left->list)
		return compare_values(c->op, left, right);
	for (uint32_t i = 0; i < left->len; i++)
		hits += in_list(right, &left->items[i]);
	return c->op == OP_EXISTS || (c->op == OP_IN ? hits == left->len : hits > 0);
}

/* Several values: whether one has to fit, or all. */
static bool run_list(const struct match *m, const struct operand *o, const struct value *left,
		     struct regex_room *room)
{
	bool either = o->kind == OPERAND_FIELD && o->field.def->flags & FIELD_EITHER;
	bool all = o->list ? m->op == OP_IN : either && m->op == OP_NE;

	if (m->kind == MATCH_EXISTS)
		return true;
	for (uint32_t i = 0; i < left->len; i++)
		if (single(m, &left->items[i], room) != all)
			return !all;
	return all;
}

bool match_run(const struct match *m, const struct operand *left_operand, const struct value *left,
	       const struct value *right, struct regex_room *room)
{
	if (right)
		return run_right(m->check, left, right);
	if (left->list)
		return run_list(m, left_operand, left, room);
	return single(m, left, room);
}

/* --- preparing -------------------------------------------------------------------------------------------- */

static bool is_number(uint8_t type)
{
	return value_types[type].number || type == VALUE_BOOL;
}

static enum match_kind kind_of(const struct check *c)
{
	uint8_t type = c->left->type;
	bool text = type == VALUE_STRING || type == VALUE_BYTES;
	bool member = c->op == OP_IN || c->op == OP_INTERSECTS;

	if (c->op == OP_EXISTS)
		return MATCH_EXISTS;
	if (c->right || c->modifier || !c->literal_count)
		return MATCH_GENERIC;
	if (text && (c->op == OP_EQ || c->op == OP_NE || (member && c->literal_count == 1)))
		return MATCH_TEXT_EQ;
	if (text && member)
		return MATCH_TEXT_SET;
	if (c->op == OP_STARTSWITH || c->op == OP_BSTARTSWITH)
		return MATCH_PREFIXES;
	if (c->op == OP_ENDSWITH)
		return MATCH_SUFFIXES;
	if (c->op == OP_CONTAINS || c->op == OP_BCONTAINS)
		return MATCH_CONTAINS;
	if (is_number(type) && !member)
		return MATCH_NUMBER;
	if (is_number(type))
		return MATCH_NUMBERS;
	if (type == VALUE_NETWORK)
		return MATCH_NETWORKS;
	if (type == VALUE_ADDRESS && c->op != OP_NE)
		return MATCH_ADDRESSES;
	if (c->op == OP_PMATCH)
		return MATCH_PATHS;
	return c->op == OP_REGEX ? MATCH_REGEX : MATCH_GENERIC;
}

uint32_t match_cost(const struct match *m)
{
	static const uint16_t costs[MATCH_KINDS] = {
		[MATCH_EXISTS] = 1,    [MATCH_GENERIC] = 60,  [MATCH_TEXT_EQ] = 3,
		[MATCH_TEXT_SET] = 8,  [MATCH_PREFIXES] = 12, [MATCH_SUFFIXES] = 12,
		[MATCH_CONTAINS] = 20, [MATCH_NUMBER] = 2,    [MATCH_NUMBERS] = 4,
		[MATCH_ADDRESSES] = 8, [MATCH_NETWORKS] = 8,  [MATCH_PATHS] = 20,
		[MATCH_REGEX] = 300,
	};
	uint32_t more = m->kind == MATCH_CONTAINS ? m->piece_count :
			m->kind == MATCH_NETWORKS ? (m->set ? m->number_count : m->network_count) :
			m->kind == MATCH_PATHS	  ? m->piece_count * 4 :
			m->set && m->kind != MATCH_TEXT_SET ? m->set->length_count :
							      0;

	return costs[m->kind] + more * (m->kind == MATCH_CONTAINS ? 20 : 4);
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The values of several checks, one behind the other. */
static uint32_t total(const struct check *const *checks, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += checks[i]->literal_count;
	return n;
}

#define FOR_EACH_VALUE(v, checks, count)                           \
	for (uint32_t c_ = 0; c_ < (count); c_++)                  \
		for (const struct value *v = (checks)[c_]->values; \
		     v < (checks)[c_]->values + (checks)[c_]->literal_count; v++)

static bool init_set(struct match *m, struct arena *a, const struct check *const *checks,
		     uint32_t count)
{
	m->set = text_set_new(a, total(checks, count), m->kind == MATCH_SUFFIXES);
	if (!m->set)
		return false;
	FOR_EACH_VALUE(v, checks, count)
	text_set_add(m->set, value_text(v));
	return text_set_finish(m->set, a);
}

static bool init_pieces(struct match *m, struct arena *a, const struct check *const *checks,
			uint32_t count)
{
	m->pieces = arena_array(a, struct text, total(checks, count));
	if (!m->pieces)
		return false;
	FOR_EACH_VALUE(v, checks, count)
	m->pieces[m->piece_count++] = value_text(v);
	return true;
}

static bool init_numbers(struct match *m, struct arena *a, const struct check *const *checks,
			 uint32_t count)
{
	m->numbers = arena_array(a, uint64_t, total(checks, count));
	if (!m->numbers)
		return false;
	FOR_EACH_VALUE(v, checks, count)
	m->numbers[m->number_count++] = v->u;
	qsort(m->numbers, m->number_count, sizeof(*m->numbers), compare_u64);
	return true;
}

static bool init_addresses(struct match *m, struct arena *a, const struct check *const *checks,
			   uint32_t count)
{
	m->set = text_set_new(a, total(checks, count), false);
	if (!m->set)
		return false;
	FOR_EACH_VALUE(v, checks, count)
	text_set_add(m->set, address_key(v->address));
	return text_set_finish(m->set, a);
}

enum { NETWORKS_LINEAR_MAX = 8 };

static bool index_networks(struct match *m, struct arena *a)
{
	m->set = text_set_new(a, m->network_count, false);
	m->numbers = arena_array(a, uint64_t, 33 + 129);
	if (!m->set || !m->numbers)
		return false;
	for (uint32_t i = 0; i < m->network_count; i++) {
		const struct network *n = m->networks[i];
		struct network_key k = cut(&n->address, n->prefix);
		char *copy = arena_dup(a, (const char *)&k, sizeof(k));
		uint64_t number = (uint64_t)k.family << 8 | k.prefix;
		uint32_t at = 0;

		if (!copy)
			return false;
		text_set_add(m->set, text_from(copy, sizeof(k)));
		while (at < m->number_count && m->numbers[at] != number)
			at++;
		if (at == m->number_count)
			m->numbers[m->number_count++] = number;
	}
	return text_set_finish(m->set, a);
}

static bool init_networks(struct match *m, struct arena *a, const struct check *const *checks,
			  uint32_t count)
{
	m->networks = arena_array(a, const struct network *, total(checks, count));
	if (!m->networks)
		return false;
	FOR_EACH_VALUE(v, checks, count)
	m->networks[m->network_count++] = v->network;
	return m->network_count <= NETWORKS_LINEAR_MAX || index_networks(m, a);
}

/* A pattern as "a/b" (root: ""), slashes at both ends and doubled ones left out. */
static struct text normal_path(struct arena *a, struct text p)
{
	char *out = arena_alloc(a, p.len + 2);
	uint32_t n = 0, i = 0;

	if (!out)
		return TEXT_NONE;
	while (i < p.len) {
		uint32_t start;

		while (i < p.len && p.data[i] == '/')
			i++;
		start = i;
		while (i < p.len && p.data[i] != '/')
			i++;
		if (i == start)
			break;
		if (n)
			out[n++] = '/';
		memcpy(out + n, p.data + start, i - start);
		n += i - start;
	}
	return text_from(out, n);
}

static bool init_paths(struct match *m, struct arena *a)
{
	const struct check *c = m->check;

	m->set = text_set_new(a, c->literal_count, false);
	m->pieces = arena_array(a, struct text, c->literal_count);
	if (!m->set || !m->pieces)
		return false;
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text p = value_text(&c->values[i]);

		if (glob_is_pattern(p))
			m->pieces[m->piece_count++] = p;
		else
			text_set_add(m->set, normal_path(a, p));
	}
	return text_set_finish(m->set, a);
}

static bool init_regexes(struct match *m, struct arena *a)
{
	const struct check *c = m->check;
	char error[128];
	size_t at;

	m->regexes = arena_array(a, struct regex *, c->literal_count + 1);
	for (uint32_t i = 0; m->regexes && i < c->literal_count; i++) {
		m->regexes[i] = regex_new(c->literals[i].text, error, sizeof(error), &at);
		if (!m->regexes[i])
			return false;
		m->regex_count++;
	}
	return m->regexes;
}

bool match_init_joined(struct match *m, struct arena *a, const struct check *const *checks,
		       uint32_t count, enum match_kind kind)
{
	const struct check *c = checks[0];

	*m = (struct match){ .kind = kind, .op = c->op, .negate = c->op == OP_NE, .check = c };
	switch (kind) {
	case MATCH_TEXT_EQ:
		m->text = value_text(&c->values[0]);
		return true;
	case MATCH_TEXT_SET:
	case MATCH_PREFIXES:
	case MATCH_SUFFIXES:
		return init_set(m, a, checks, count);
	case MATCH_CONTAINS:
		return init_pieces(m, a, checks, count);
	case MATCH_NUMBER:
		m->number = c->values[0];
		return true;
	case MATCH_NUMBERS:
		return init_numbers(m, a, checks, count);
	case MATCH_ADDRESSES:
		return init_addresses(m, a, checks, count);
	case MATCH_NETWORKS:
		return init_networks(m, a, checks, count);
	case MATCH_PATHS:
		return init_paths(m, a);
	case MATCH_REGEX:
		return init_regexes(m, a);
	case MATCH_GENERIC:
		return c->op != OP_REGEX || c->right || init_regexes(m, a);
	default:
		return true;
	}
}

bool match_init(struct match *m, struct arena *a, const struct check *c)
{
	return match_init_joined(m, a, &c, 1, kind_of(c));
}

void match_deinit(struct match *m)
{
	for (uint32_t i = 0; i < m->regex_count; i++)
		regex_free(m->regexes[i]);
	m->regex_count = 0;
}

bool match_can_join(const struct check *c, enum match_kind *ret_kind)
{
	enum match_kind kind = kind_of(c);
	/* With lists "every value is in x, or every value is in y" is not "every value is in x or y". */
	bool lists = c->left->list || (c->left->kind == OPERAND_FIELD &&
				       c->left->field.def->flags & (FIELD_ANY | FIELD_EITHER));

	if (lists || c->op == OP_NE)
		return false;
	switch (kind) {
	case MATCH_TEXT_EQ:
	case MATCH_TEXT_SET:
		*ret_kind = MATCH_TEXT_SET;
		return true;
	case MATCH_PREFIXES:
	case MATCH_SUFFIXES:
	case MATCH_CONTAINS:
	case MATCH_ADDRESSES:
	case MATCH_NETWORKS:
		*ret_kind = kind;
		return true;
	case MATCH_NUMBER:
		*ret_kind = MATCH_NUMBERS;
		return c->op == OP_EQ;
	case MATCH_NUMBERS:
		*ret_kind = MATCH_NUMBERS;
		return true;
	default:
		return false;
	}
}

bool match_check_once(const struct check *c, const struct event *ev)
{
	char room[4096] __attribute__((aligned(16)));
	struct scratch s = { .data = room, .size = sizeof(room) };
	struct arena a = ARENA_INIT(1 << 20);
	struct value left = { 0 }, right = { 0 };
	struct regex_room regex_room = { 0 };
	struct match m = { 0 };
	bool result = false;

	if (!operand_read(c->left, ev, &s, &left) ||
	    (c->right && !operand_read(c->right, ev, &s, &right)))
		return false;
	if ((c->op != OP_REGEX || regex_room_init(&regex_room)) && match_init(&m, &a, c))
		result = match_run(&m, c->left, &left, c->right ? &right : NULL, &regex_room);
	match_deinit(&m);
	regex_room_deinit(&regex_room);
	arena_deinit(&a);
	return result;
}
