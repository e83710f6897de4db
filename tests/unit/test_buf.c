/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "unit.h"

static void builds_text(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	buf_add_str(&b, "a");
	buf_add_char(&b, 'b');
	buf_addf(&b, "%03d%s", 7, "x");
	buf_add(&b, "yz", 1);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "ab007xy");
	assert_int_equal(b.len, 7);
	assert_false(b.failed);
}

static void keeps_nul_bytes_and_terminates(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void grows_over_every_size(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < 5000; i++) {
		buf_add_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.data[b.len], '\0');
		assert_true(b.size > b.len);
	}
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], (char)('a' + i % 26));
}

static void stops_at_the_limit(void **state)
{
	cleanup_buf struct buf b = { .limit = 4 };

	buf_add_str(&b, "abcd");
	assert_false(b.failed);
	buf_add_str(&b, "");
	assert_false(b.failed);
	buf_add_char(&b, 'e');
	assert_true(b.failed);
	assert_string_equal(b.data, "abcd");
}

/* What comes after a failed append is not added, however small: the text would have a hole. */
static void stays_failed(void **state)
{
	cleanup_buf struct buf b = { .limit = 4 };

	buf_addf(&b, "%s", "abcde");
	assert_true(b.failed);
	buf_add_char(&b, 'x');
	buf_addf(&b, "y");
	assert_int_equal(b.len, 0);
	assert_null(buf_take(&b));
}

static void huge_length_does_not_wrap(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	buf_add_char(&b, 'a');
	buf_add(&b, "", SIZE_MAX);
	assert_true(b.failed);
	assert_string_equal(b.data, "a");
}

static void limit_of_nothing(void **state)
{
	cleanup_buf struct buf b = { .limit = 0 };

	buf_add(&b, "", 0);
	assert_false(b.failed);
	assert_string_equal(b.data, "");
	buf_add_char(&b, 'a');
	assert_true(b.failed);
}

static void reset_keeps_memory_and_forgets_failure(void **state)
{
	cleanup_buf struct buf b = { .limit = 4 };
	const char *data;

	buf_add_str(&b, "abc");
	data = b.data;
	buf_add_str(&b, "de");
	buf_reset(&b);
	assert_false(b.failed);
	assert_string_equal(b.data, "");
	buf_add_str(&b, "xy");
	assert_ptr_equal(b.data, data);
	assert_string_equal(b.data, "xy");
}

static void reset_of_a_new_one(void **state)
{
	struct buf b = BUF_INIT;

	buf_reset(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

static void take_passes_ownership(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_free char *first = NULL, *second = NULL;

	buf_add_str(&b, "abc");
	first = buf_take(&b);
	assert_string_equal(first, "abc");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	second = buf_take(&b);
	assert_string_equal(second, "");
}

static void deinit_twice(void **state)
{
	struct buf b = BUF_INIT;

	buf_add_str(&b, "abc");
	buf_deinit(&b);
	buf_deinit(&b);
	assert_null(b.data);
	assert_int_equal(b.size, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_text),
		cmocka_unit_test(keeps_nul_bytes_and_terminates),
		cmocka_unit_test(grows_over_every_size),
		cmocka_unit_test(stops_at_the_limit),
		cmocka_unit_test(stays_failed),
		cmocka_unit_test(huge_length_does_not_wrap),
		cmocka_unit_test(limit_of_nothing),
		cmocka_unit_test(reset_keeps_memory_and_forgets_failure),
		cmocka_unit_test(reset_of_a_new_one),
		cmocka_unit_test(take_passes_ownership),
		cmocka_unit_test(deinit_twice),
	};

	return unit_run(tests);
}
