/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/error.h"
#include "unit.h"

static void set_returns_the_code_negated(void **state)
{
	struct error err = ERROR_INIT;

	assert_int_equal(error_set(&err, EINVAL, "%s is %d", "x", 7), -EINVAL);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.text, "x is 7");
}

static void nobody_has_to_listen(void **state)
{
	assert_int_equal(error_set(NULL, ENOENT, "x"), -ENOENT);
	assert_int_equal(error_errno(NULL, EACCES, "x"), -EACCES);
}

static void errno_adds_the_words(void **state)
{
	struct error err = ERROR_INIT;

	assert_int_equal(error_errno(&err, ENOENT, "%s", "/a"), -ENOENT);
	assert_string_equal(err.text, "/a: No such file or directory");
}

static void prefix_goes_in_front(void **state)
{
	struct error err = ERROR_INIT;

	error_set(&err, EIO, "100%% of it");
	assert_int_equal(error_prefix(&err, "%s/%d", "x", 3), -EIO);
	assert_string_equal(err.text, "x/3: 100% of it");
	assert_int_equal(err.code, EIO);
}

static void later_errors_replace(void **state)
{
	struct error err = ERROR_INIT;

	error_set(&err, EIO, "a long first text");
	error_set(&err, EPERM, "second");
	assert_int_equal(err.code, EPERM);
	assert_string_equal(err.text, "second");
}

/* A text that is too long is cut, terminated, and still has its code. */
static void long_texts_are_cut(void **state)
{
	struct error err = ERROR_INIT;
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(error_set(&err, EIO, "%s", text), -EIO);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(error_errno(&err, EIO, "%s", text), -EIO);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(error_prefix(&err, "in front"), -EIO);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_true(strncmp(err.text, "in front: xxx", 13) == 0);
	assert_int_equal(error_prefix(&err, "%s", text), -EIO);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_the_code_negated),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(errno_adds_the_words),
		cmocka_unit_test(prefix_goes_in_front),
		cmocka_unit_test(later_errors_replace),
		cmocka_unit_test(long_texts_are_cut),
	};

	return unit_run(tests);
}
