/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "unit.h"

static void is_of_version_7_and_sorted_by_time(void **state)
{
	char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE], c[UUID_TEXT_SIZE];

	/* The time of the example in RFC 9562, appendix A.6: 0x017F22E279B0 ms. */
	uuid_make(0x017F22E279B0LL * 1000000, a);
	assert_int_equal(strlen(a), 36);
	assert_memory_equal(a, "017f22e2-79b0-7", 15);
	assert_non_null(strchr("89ab", a[19]));
	uuid_make(0x017F22E279B0LL * 1000000, b);
	assert_string_not_equal(a, b);
	uuid_make(0x017F22E279B1LL * 1000000, c);
	assert_true(strcmp(a, c) < 0 && strcmp(b, c) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_of_version_7_and_sorted_by_time) };

	return unit_run(tests);
}
