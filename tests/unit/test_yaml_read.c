/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_read.h"

#include <errno.h>

#include "unit.h"

static void values(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "a: 1\nb: [x, \"2\", true, ~, -7]\n",
		  "[{\"a\": 1, \"b\": [\"x\", \"2\", true, null, -7]}]" },
		{ "a: 1\n---\nb: {c: d}\n", "[{\"a\": 1}, {\"b\": {\"c\": \"d\"}}]" },
		{ "- a\n- b: |\n    x\n    y\n", "[[\"a\", {\"b\": \"x\\ny\\n\"}]]" },
		{ "n: 0x10\nf: 1.5\nbig: 99999999999999999999\nneg: -0\n",
		  "[{\"n\": \"0x10\", \"f\": \"1.5\", \"big\": \"99999999999999999999\", \"neg\": 0}]" },
		{ "", "[]" },
		{ "# nothing\n", "[]" },
		{ "a:\n", "[{\"a\": null}]" },
		{ "\"1\": 'true'\n", "[{\"1\": \"true\"}]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		cleanup_json json_t *v = yaml_parse("f", rows[i].text, strlen(rows[i].text), &err);
		cleanup_free char *text = NULL;

		check(err.text, v != NULL);
		text = json_dumps(v, 0);
		check_text(rows[i].text, text, rows[i].json);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "a: &x 1\nb: *x\n", "f:1:7: anchors are not understood" },
		{ "a: *x\n", "f:1:" },
		{ "a: [\n", "f:2:1: flow sequence without a closing bracket" },
		{ "a: 1\na: 2\n", "f:2:1: a key that is there already" },
		{ "? [a]\n: 1\n", "f:1:3: a key that is no text" },
		{ "a: \xff b\n", "f: this is not UTF-8" },
		{ "a: \"\\xZ\"\n", "f:1:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;

		check(rows[i].text, !yaml_parse("f", rows[i].text, strlen(rows[i].text), &err));
		check(err.text, !strncmp(err.text, rows[i].error, strlen(rows[i].error)));
		check_number(rows[i].text, err.code, EINVAL);
	}
	assert_null(yaml_parse("f", "a\0b", 3, NULL));
}

static void bounds(void **state)
{
	char deep[2 * YAML_DEPTH_MAX + 16];
	struct error err = ERROR_INIT;
	size_t n = 0;
	json_t *v;

	for (; n < YAML_DEPTH_MAX + 1; n++)
		deep[n] = '[';
	memset(deep + n, ']', n);
	assert_null(yaml_parse("f", deep, 2 * n, &err));
	assert_non_null(strstr(err.text, "too deep"));
	v = yaml_parse("f", deep + 2, 2 * n - 4, NULL);
	assert_non_null(v);
	json_decref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values), cmocka_unit_test(refused),
					    cmocka_unit_test(bounds) };

	return unit_run(tests);
}
