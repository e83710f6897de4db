/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container_table.h"

#include "unit.h"

static const struct cgroup_layout nowhere = { .hierarchy = 0 };
static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void groups_in_a_container_are_its_own(void **state)
{
	cleanup_container_table struct container_table *t;
	const struct event_container *c;
	char path[128];

	(void)state;
	assert_int_equal(container_table_new(&t, &nowhere, NULL, NULL), 0);
	assert_int_equal(container_table_add(t, 1, 0, TEXT("/")), 0);
	snprintf(path, sizeof(path), "/docker/%s", id);
	assert_int_equal(container_table_add(t, 10, 1, text_of(path)), 0);
	snprintf(path, sizeof(path), "/docker/%s/a.service", id);
	assert_int_equal(container_table_add(t, 11, 10, text_of(path)), 0);
	assert_int_equal(container_table_add(t, 20, 1, TEXT("/system.slice/cron.service")), 0);
	c = container_table_find(10, NULL, t);
	assert_non_null(c);
	check_bytes("id", c->full_id.data, c->full_id.len, id, strlen(id));
	/* Nor is one of another's name that other. */
	snprintf(path, sizeof(path), "/docker/%s/docker/f%s", id, id + 1);
	assert_int_equal(container_table_add(t, 12, 10, text_of(path)), 0);
	c = container_table_find(12, NULL, t);
	assert_non_null(c);
	check_bytes("as another", c->full_id.data, c->full_id.len, id, strlen(id));
	/* Another name changes nothing. */
	container_table_presume(t, 11);
	c = container_table_find(11, NULL, t);
	assert_non_null(c);
	check_bytes("inner", c->full_id.data, c->full_id.len, id, strlen(id));
	assert_null(container_table_find(20, c, t));
}

static void a_group_that_is_not_known_changes_nothing(void **state)
{
	static const struct event_container before = { .version = 1 };
	cleanup_container_table struct container_table *t;

	(void)state;
	assert_int_equal(container_table_new(&t, &nowhere, NULL, NULL), 0);
	assert_ptr_equal(container_table_find(7, &before, t), &before);
	assert_null(container_table_find(7, NULL, t));
	/* Nor one in it. */
	assert_int_equal(container_table_add(t, 8, 7, TEXT("/lost/told")), 0);
	assert_ptr_equal(container_table_find(8, &before, t), &before);
}

static void count_told(uint64_t cgroup, const struct container_answers *a, void *arg)
{
	*(unsigned *)arg += 1;
}

/* What its runtime has not written yet may be an image that rules except. */
static void nobody_answers_before_it_is_known_who_it_is(void **state)
{
	cleanup_container_table struct container_table *t;
	const struct container_terms terms = { .numbering = 1 };
	unsigned told = 0;
	char path[128];

	(void)state;
	assert_int_equal(container_table_new(&t, &nowhere, NULL, NULL), 0);
	container_table_answer(t, &terms, count_told, &told);
	assert_int_equal(container_table_add(t, 1, 0, TEXT("/")), 0);
	snprintf(path, sizeof(path), "/docker/%s", id);
	assert_int_equal(container_table_add(t, 10, 1, text_of(path)), 0);
	for (int i = 0; i < 3; i++) {
		container_table_ask_again(t, 10);
		assert_non_null(container_table_find(10, NULL, t));
	}
	container_table_look_again(t);
	assert_int_equal(told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_in_a_container_are_its_own),
		cmocka_unit_test(a_group_that_is_not_known_changes_nothing),
		cmocka_unit_test(nobody_answers_before_it_is_known_who_it_is),
	};

	return unit_run(tests);
}
