/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/domain_table.h"

#include "unit.h"

#define S (1000000000LL)

static struct address parsed(const char *text)
{
	struct address a;

	assert_true(address_parse(text_of(text), &a));
	return a;
}

static void take(struct domain_table *t, const char *name, const char *const *texts, size_t count,
		 int64_t now_ns)
{
	struct address a[DOMAIN_ADDRESSES_MAX + 8];

	for (size_t i = 0; i < count; i++)
		a[i] = parsed(texts[i]);
	assert_int_equal(domain_table_take(t, name, a, count, now_ns), 0);
}

/* Names of the address, joined by blanks. */
static void check_names(const struct domain_table *t, const char *address, const char *want)
{
	struct address a = parsed(address);
	struct texts found = domain_table_find(t, &a);
	char all[256] = "";

	for (uint32_t i = 0; i < found.count; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.*s", i ? " " : "",
			 (int)found.items[i].len, found.items[i].data);
	assert_string_equal(all, want);
}

#define WANT(t, ...)                                                                             \
	do {                                                                                     \
		const struct text wanted_[] = { __VA_ARGS__ };                                   \
		size_t left_;                                                                    \
		assert_int_equal(domain_table_want(t, wanted_, ARRAY_SIZE(wanted_), &left_), 0); \
		assert_int_equal(left_, 0);                                                      \
	} while (0)
#define TAKE(t, name, now, ...)                                 \
	do {                                                    \
		const char *const taken_[] = { __VA_ARGS__ };   \
		take(t, name, taken_, ARRAY_SIZE(taken_), now); \
	} while (0)

static void addresses_have_names(void **state)
{
	cleanup_domain_table struct domain_table *t = NULL;

	(void)state;
	assert_int_equal(domain_table_new(&t), 0);
	check_names(t, "10.0.0.1", "");
	assert_true(domain_table_is_settled(t));
	WANT(t, TEXT("b.example"), TEXT("a.example"), TEXT("b.example"));
	assert_false(domain_table_is_settled(t));
	TAKE(t, "b.example", S, "10.0.0.1", "::1", "10.0.0.2");
	TAKE(t, "a.example", S, "10.0.0.1");
	TAKE(t, "nobody.asked", S, "10.0.0.1");
	assert_true(domain_table_is_settled(t));
	check_names(t, "10.0.0.1", "a.example b.example");
	check_names(t, "10.0.0.2", "b.example");
	check_names(t, "::1", "b.example");
	check_names(t, "::ffff:10.0.0.2", "b.example");
	check_names(t, "10.0.0.3", "");
	/* The same bytes, but of another family. */
	check_names(t, "a00:1::", "");
}

static void what_stays_wanted_stays_known(void **state)
{
	cleanup_domain_table struct domain_table *t = NULL;

	(void)state;
	assert_int_equal(domain_table_new(&t), 0);
	WANT(t, TEXT("a.example"), TEXT("b.example"));
	TAKE(t, "a.example", S, "10.0.0.1");
	TAKE(t, "b.example", S, "10.0.0.1");
	WANT(t, TEXT("c.example"), TEXT("b.example"));
	check_names(t, "10.0.0.1", "b.example");
	assert_string_equal(domain_table_next(t, S), "c.example");
	assert_null(domain_table_next(t, S));
}

static void looked_up_again(void **state)
{
	cleanup_domain_table struct domain_table *t = NULL;

	(void)state;
	assert_int_equal(domain_table_new(&t), 0);
	WANT(t, TEXT("a.example"), TEXT("b.example"));
	assert_string_equal(domain_table_next(t, S), "a.example");
	assert_string_equal(domain_table_next(t, S), "b.example");
	assert_null(domain_table_next(t, S));
	TAKE(t, "a.example", 2 * S, "10.0.0.1");
	assert_int_equal(domain_table_take(t, "b.example", NULL, 0, 2 * S), 0);
	assert_string_equal(domain_table_unknown(t), "b.example");
	assert_null(domain_table_unknown(t));
	/* Nothing was found: sooner. */
	assert_null(domain_table_next(t, 2 * S + DOMAIN_RETRY_NS - 1));
	assert_string_equal(domain_table_next(t, 2 * S + DOMAIN_RETRY_NS), "b.example");
	assert_string_equal(domain_table_next(t, 2 * S + DOMAIN_AGAIN_NS), "a.example");
	/* A part at a time: those of before stay for a while. */
	TAKE(t, "a.example", 2 * S + DOMAIN_AGAIN_NS, "10.0.0.2");
	check_names(t, "10.0.0.1", "a.example");
	assert_int_equal(domain_table_take(t, "a.example", NULL, 0, 3 * S + DOMAIN_STALE_NS), 0);
	check_names(t, "10.0.0.1", "");
	check_names(t, "10.0.0.2", "a.example");
}

static void is_bounded(void **state)
{
	cleanup_domain_table struct domain_table *t = NULL;
	static char names[3 * DOMAINS_MAX][16], longest[DOMAIN_NAME_MAX + 1];
	static struct text wanted[3 * DOMAINS_MAX];
	char address[32];
	size_t left;

	(void)state;
	assert_int_equal(domain_table_new(&t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		wanted[i] = text_of(names[i]);
	}
	assert_int_equal(domain_table_want(t, wanted, ARRAY_SIZE(wanted), &left), 0);
	assert_int_equal(left, 2 * DOMAINS_MAX);
	memset(longest, 'x', sizeof(longest));
	wanted[0] = text_from(longest, sizeof(longest));
	wanted[1] = TEXT("");
	wanted[2] = TEXT("a\0b");
	wanted[3] = text_from(longest, DOMAIN_NAME_MAX);
	assert_int_equal(domain_table_want(t, wanted, 4, &left), 0);
	assert_int_equal(left, 3);
	WANT(t, TEXT("n"));
	/* More addresses than there is room for: the latest are known. */
	for (int i = 0; i < 3 * DOMAIN_ADDRESSES_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.0.%d", i);
		TAKE(t, "n", (i + 1) * S, address);
	}
	check_names(t, "10.0.0.0", "");
	check_names(t, address, "n");
	check_names(t, "10.0.0.128", "n");
	check_names(t, "10.0.0.127", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_names),
		cmocka_unit_test(what_stays_wanted_stays_known),
		cmocka_unit_test(looked_up_again),
		cmocka_unit_test(is_bounded),
	};

	return unit_run(tests);
}
