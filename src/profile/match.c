/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/match.h"

#include <assert.h>
#include <errno.h>

static_assert(sizeof(struct policy_match) == 8 * (4 * MATCH_ARGS + 1), "compared as bytes");

static bool is_ranged(const struct policy_match *m, unsigned i)
{
	return m->ranged >> i & 1;
}

bool match_holds(const struct policy_match *m, const uint64_t args[MATCH_ARGS])
{
	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		if ((args[i] & m->mask[i]) != m->value[i])
			return false;
		if (is_ranged(m, i) && (args[i] < m->low[i] || args[i] > m->high[i]))
			return false;
	}
	return true;
}

bool match_is_any(const struct policy_match *m)
{
	for (unsigned i = 0; i < MATCH_ARGS; i++)
		if (m->mask[i])
			return false;
	return !m->ranged;
}

/* The values that argument i may have, as an interval; that of a mask is wider than its values. */
static void bounds(const struct policy_match *m, unsigned i, uint64_t *low, uint64_t *high)
{
	*low = m->value[i];
	*high = m->value[i] | ~m->mask[i];
	if (!is_ranged(m, i))
		return;
	if (m->low[i] > *low)
		*low = m->low[i];
	if (m->high[i] < *high)
		*high = m->high[i];
}

bool match_covers(const struct policy_match *a, const struct policy_match *b)
{
	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		uint64_t low, high;

		bounds(b, i, &low, &high);
		if (low != high &&
		    (a->mask[i] & ~b->mask[i] || (b->value[i] & a->mask[i]) != a->value[i]))
			return false;
		if (low == high && (low & a->mask[i]) != a->value[i])
			return false;
		if (is_ranged(a, i) && (low < a->low[i] || high > a->high[i]))
			return false;
	}
	return true;
}

bool match_list_covers(const match_list *a, const struct policy_match *b)
{
	vec_foreach(m, a)
		if (match_covers(m, b))
			return true;
	return false;
}

bool match_narrow(struct policy_match *m, unsigned i, uint64_t low, uint64_t high)
{
	uint64_t least, most;

	if (is_ranged(m, i)) {
		low = m->low[i] > low ? m->low[i] : low;
		high = m->high[i] < high ? m->high[i] : high;
	}
	if (low > high)
		return false;
	bounds(m, i, &least, &most);
	if (low > most || high < least)
		return false;
	if (low > least || high < most) {
		m->ranged |= 1ULL << i;
		m->low[i] = low;
		m->high[i] = high;
	}
	return true;
}

bool match_intersect(const struct policy_match *a, const struct policy_match *b,
		     struct policy_match *ret)
{
	struct policy_match m = *a;

	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
		m.mask[i] |= b->mask[i];
		m.value[i] |= b->value[i];
		if (is_ranged(b, i) && !match_narrow(&m, i, b->low[i], b->high[i]))
			return false;
		if (is_ranged(a, i) && !match_narrow(&m, i, a->low[i], a->high[i]))
			return false;
	}
	*ret = m;
	return true;
}

bool match_list_add(match_list *list, const struct policy_match *m)
{
	struct policy_match *slot;

	vec_foreach(known, list)
		if (!memcmp(known, m, sizeof(*m)))
			return true;
	slot = vec_add(list);
	if (slot)
		*slot = *m;
	return slot;
}

/* --- one comparison for each argument ----------------------------------------------------------- */

/* Replaces the range of argument i by masks: one for each aligned block of numbers in it. */
static int split_range(const struct policy_match *m, unsigned i, match_list *ret)
{
	uint64_t at = m->low[i], last = m->high[i];

	for (;;) {
		uint64_t block = at & -at; /* the largest that begins here: 0 for all 64 bits */
		struct policy_match one = *m, part;

		while ((block && block - 1 > last - at) || (!block && last != UINT64_MAX))
			block = block ? block >> 1 : 1ULL << 63;
		one.ranged &= ~(1ULL << i);
		one.low[i] = one.high[i] = 0;
		part = (struct policy_match){ 0 };
		part.mask[i] = block ? ~(block - 1) : 0;
		part.value[i] = at;
		if (match_intersect(&one, &part, &one) && !match_list_add(ret, &one))
			return -ENOMEM;
		if (ret->len > MATCH_SIMPLE_MAX)
			return -E2BIG;
		if (!block || at + (block - 1) == last)
			return 0;
		at += block;
	}
}

static bool is_simple(const struct policy_match *m, unsigned i)
{
	return !is_ranged(m, i) || (!m->mask[i] && (m->low[i] == 0 || m->high[i] == UINT64_MAX));
}

int match_simplify(const struct policy_match *m, match_list *ret)
{
	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		match_list parts = { 0 };
		int r;

		if (is_simple(m, i))
			continue;
		r = split_range(m, i, &parts);
		vec_foreach(part, &parts)
			r = r ? r : match_simplify(part, ret);
		vec_deinit(&parts);
		return r;
	}
	if (ret->len >= MATCH_SIMPLE_MAX)
		return -E2BIG;
	return match_list_add(ret, m) ? 0 : -ENOMEM;
}

int match_compare(const void *a, const void *b)
{
	const struct policy_match *x = a, *y = b;

	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		if (x->mask[i] != y->mask[i])
			return x->mask[i] < y->mask[i] ? -1 : 1;
		if (x->value[i] != y->value[i])
			return x->value[i] < y->value[i] ? -1 : 1;
		if (is_ranged(x, i) != is_ranged(y, i))
			return is_ranged(x, i) ? 1 : -1;
		if (x->low[i] != y->low[i])
			return x->low[i] < y->low[i] ? -1 : 1;
		if (x->high[i] != y->high[i])
			return x->high[i] < y->high[i] ? -1 : 1;
	}
	return 0;
}
