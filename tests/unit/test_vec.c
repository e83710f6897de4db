/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/vec.h"

struct pair {
	int key, value;
};

static int by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void elements_start_zeroed(void **state)
{
	VEC(struct pair) v = { 0 };

	for (int i = 0; i < 100; i++) {
		struct pair *p = vec_add(&v);

		assert_non_null(p);
		assert_int_equal(p->key, 0);
		assert_int_equal(p->value, 0);
		*p = (struct pair){ i, -i };
	}
	assert_int_equal(v.len, 100);
	assert_true(v.size >= v.len);
	for (int i = 0; i < 100; i++)
		assert_int_equal(v.items[i].value, -i);
	vec_deinit(&v);
	assert_null(v.items);
	assert_int_equal(v.len, 0);
	vec_deinit(&v);
}

/* A slot that was given back with len-- is zeroed again when it is handed out. */
static void reused_slot_is_zeroed(void **state)
{
	VEC(struct pair) v = { 0 };
	struct pair *p = vec_add(&v);

	*p = (struct pair){ 1, 2 };
	v.len--;
	p = vec_add(&v);
	assert_int_equal(p->key, 0);
	assert_int_equal(p->value, 0);
	vec_deinit(&v);
}

static void growth_refuses_overflow(void **state)
{
	int one = 0;
	void *items = &one;
	size_t size = SIZE_MAX / 4;

	assert_false(vec_grow(&items, &size, size, sizeof(struct pair)));
	assert_ptr_equal(items, &one);
	assert_int_equal(size, SIZE_MAX / 4);
}

static void growth_needs_no_memory_when_there_is_room(void **state)
{
	int some[4];
	void *items = some;
	size_t size = 4;

	assert_true(vec_grow(&items, &size, 3, sizeof(int)));
	assert_ptr_equal(items, some);
	assert_int_equal(size, 4);
}

static void sorts(void **state)
{
	VEC(struct pair) v = { 0 };
	struct chance c = { 7 };
	int sum = 0;

	vec_sort(&v, by_key); /* an empty one has no memory at all */
	for (int i = 0; i < 50; i++) {
		struct pair *p = vec_add(&v);

		p->key = i;
	}
	chance_shuffle(&c, v.items, v.len, sizeof(*v.items));
	vec_sort(&v, by_key);
	for (int i = 0; i < 50; i++)
		assert_int_equal(v.items[i].key, i);
	vec_foreach(p, &v)
		sum += p->key;
	assert_int_equal(sum, 49 * 50 / 2);
	vec_deinit(&v);
}

static void foreach_of_nothing(void **state)
{
	VEC(struct pair) v = { 0 };

	vec_foreach(p, &v)
		fail();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_start_zeroed),
		cmocka_unit_test(reused_slot_is_zeroed),
		cmocka_unit_test(growth_refuses_overflow),
		cmocka_unit_test(growth_needs_no_memory_when_there_is_room),
		cmocka_unit_test(sorts),
		cmocka_unit_test(foreach_of_nothing),
	};

	return unit_run(tests);
}
