/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/path_store.h"

#include "unit.h"

static void gives_back_once(void **state)
{
	const struct text put[STORED_PATHS] = { TEXT("/a"), TEXT("/bb") };
	cleanup_path_store struct path_store *s = NULL;
	struct text got[STORED_PATHS];

	(void)state;
	assert_int_equal(path_store_new(&s), 0);
	assert_false(path_store_take(s, 5, 1, got));
	assert_int_equal(path_store_put(s, 5, 1, put), 0);
	assert_false(path_store_take(s, 6, 1, got));
	assert_true(path_store_take(s, 5, 1, got));
	check_bytes("first", got[0].data, got[0].len, "/a", 2);
	check_bytes("second", got[1].data, got[1].len, "/bb", 3);
	assert_false(path_store_take(s, 5, 1, got));
}

static void of_another_call_or_thread(void **state)
{
	const struct text put[STORED_PATHS] = { TEXT("/long enough"), TEXT_NONE };
	const struct text less[STORED_PATHS] = { TEXT_NONE, TEXT("/x") };
	cleanup_path_store struct path_store *s = NULL;
	struct text got[STORED_PATHS];

	(void)state;
	assert_int_equal(path_store_new(&s), 0);
	assert_int_equal(path_store_put(s, 5, 1, put), 0);
	assert_false(path_store_take(s, 5, 2, got)); /* it was interrupted, and another one made */
	assert_false(path_store_take(s, 5, 1, got));
	assert_int_equal(path_store_put(s, 5, 1, put), 0);
	assert_int_equal(path_store_put(s, 5 + 1024, 1, less), 0); /* of the same slot */
	assert_false(path_store_take(s, 5, 1, got));
	assert_true(path_store_take(s, 5 + 1024, 1, got));
	assert_null(got[0].data);
	check_bytes("second", got[1].data, got[1].len, "/x", 2);
	assert_false(path_store_take(s, 0, 0, got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_once),
		cmocka_unit_test(of_another_call_or_thread),
	};

	return unit_run(tests);
}
