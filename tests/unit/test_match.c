/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/match.h"

#include "unit.h"

static bool holds(const struct policy_match *m, const uint64_t args[MATCH_ARGS])
{
	for (int i = 0; i < MATCH_ARGS; i++)
		if ((args[i] & m->mask[i]) != m->value[i])
			return false;
	return true;
}

static struct policy_match random_match(struct chance *c)
{
	struct policy_match m = { 0 };

	for (int i = 0; i < 2; i++) {
		m.mask[i] = chance_below(c, 16);
		m.value[i] = chance_below(c, 16) & m.mask[i];
	}
	return m;
}

/* The intersection holds where both hold, and nowhere else; none, if there is no such place. */
static void intersections(void **state)
{
	struct chance c = { 6 };

	for (int round = 0; round < 2000; round++) {
		struct policy_match a = random_match(&c), b = random_match(&c), both = { 0 };
		bool some = match_intersect(&a, &b, &both), found = false;

		for (uint64_t n = 0; n < 256; n++) {
			const uint64_t args[MATCH_ARGS] = { n & 15, n >> 4 };
			bool here = holds(&a, args) && holds(&b, args);

			found = found || here;
			check("both", !some || holds(&both, args) == here);
		}
		check("some", some == found);
	}
}

static void lists_are_sets(void **state)
{
	match_list list = { 0 };
	struct policy_match a = { .mask = { 7 }, .value = { 1 } }, b = { .mask = { 7 } };

	assert_true(match_list_add(&list, &a) && match_list_add(&list, &b) &&
		    match_list_add(&list, &a));
	assert_int_equal(list.len, 2);
	vec_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(intersections),
					    cmocka_unit_test(lists_are_sets) };

	return unit_run(tests);
}
