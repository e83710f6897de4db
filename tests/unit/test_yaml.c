/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/yaml.h"
#include "unit.h"

static void check_yaml(const char *json, const char *want)
{
	cleanup_json json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
	cleanup_buf struct buf out = BUF_INIT;

	check(json, v != NULL);
	yaml_add(&out, v);
	check_text(json, out.data, want);
}

static void shapes(void **state)
{
	static const struct {
		const char *json, *yaml;
	} rows[] = {
		{ "{}", "{}\n" },
		{ "[]", "[]\n" },
		{ "7", "7\n" },
		{ "-7", "-7\n" },
		{ "null", "null\n" },
		{ "true", "true\n" },
		{ "{\"a\":1}", "a: 1\n" },
		{ "{\"b\":{\"c\":false},\"a\":{}}", "b:\n  c: false\na: {}\n" },
		{ "{\"a\":[]}", "a: []\n" },
		{ "{\"a\":[1,2]}", "a:\n- 1\n- 2\n" },
		{ "[[1,2],[3]]", "- - 1\n  - 2\n- - 3\n" },
		{ "{\"a\":[{\"b\":1,\"c\":[{\"d\":2}]},{}]}",
		  "a:\n- b: 1\n  c:\n  - d: 2\n- {}\n" },
		{ "{\"a\":{\"b\":{\"c\":[[{\"d\":1}]]}}}", "a:\n  b:\n    c:\n    - - d: 1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_yaml(rows[i].json, rows[i].yaml);
}

/* Plain only what every reader takes for a text: not what YAML 1.1 takes for a boolean or a number. */
static void texts(void **state)
{
	static const char *const plain[] = { "\"web\"",	    "\"/usr/lib/x.so\"",
					     "\"a-b_c.d\"", "\"v1\"",
					     "\"a+b@c\"",   "\"k8s:x\"",
					     "\"nothing\"", "\"networking.k8s.io/v1\"" };
	static const char *const quoted[] = {
		"\"\"",	       "\"true\"",	 "\"Yes\"",   "\"NO\"",	    "\"on\"",
		"\"y\"",       "\"null\"",	 "\"~\"",     "\"1.5\"",    "\"0x1f\"",
		"\"10:20\"",   "\"-a\"",	 "\".5\"",    "\"a: b\"",   "\"a:\"",
		"\"# c\"",     "\"a #b\"",	 "\"*x\"",    "\"&x\"",	    "\"@x\"",
		"\"a*\"",      "\"{a}\"",	 "\"a\\nb\"", "\"a\\\"b\"", "\"a\\\\b\"",
		"\"\\u0001\"", "\"f\xc3\xbcr\"", "\"a,b\"",   "\"a b\"",    "\"'\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		char want[64];

		snprintf(want, sizeof(want), "%.*s\n", (int)strlen(plain[i]) - 2, plain[i] + 1);
		check_yaml(plain[i], want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
		char want[64];

		snprintf(want, sizeof(want), "%s\n", quoted[i]);
		check_yaml(quoted[i], want);
	}
	check_yaml("{\"@self\":{\"on\":\"off\"}}", "\"@self\":\n  \"on\": \"off\"\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(texts),
	};

	return unit_run(tests);
}
