/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/match.h"

#include <assert.h>

static_assert(sizeof(struct policy_match) == 8 * (2 * MATCH_ARGS), "compared as bytes");

bool match_intersect(const struct policy_match *a, const struct policy_match *b,
		     struct policy_match *ret)
{
	struct policy_match m = *a;

	for (unsigned i = 0; i < MATCH_ARGS; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
		m.mask[i] |= b->mask[i];
		m.value[i] |= b->value[i];
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
