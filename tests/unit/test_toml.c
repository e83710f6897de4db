/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "base/toml_tree.h"
#include "unit.h"

static void as_json(const char *row, const char *content, const char *expected)
{
	struct arena a = ARENA_INIT(1 << 20);
	cleanup_diags struct diags d = { 0 };
	struct yaml_node *n = toml_read(&a, "t.toml", text_of(content), &d);
	json_t *v = n ? yaml_json(n) : NULL;
	char *text = v ? json_dumps(v, JSON_COMPACT) : strdup("null");

	check_text(row, text, expected);
	free(text);
	json_decref(v);
	arena_deinit(&a);
}

static void values(void **state)
{
	static const struct {
		const char *content, *json;
	} rows[] = {
		{ "", "{}" },
		{ "# nothing\n\n", "{}" },
		{ "a = 1\nb = true\nc = \"x\"\nd = 'y\\n'\n",
		  "{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":\"y\\\\n\"}" },
		{ "a = \"\\u00e9\\t\\\"\"", "{\"a\":\"\xc3\xa9\\t\\\"\"}" },
		{ "a = \"\"\"\nx\n  y\\\n   z\"\"\"\n", "{\"a\":\"x\\n  yz\"}" },
		{ "a = '''x''y'''\r\nb=2", "{\"a\":\"x''y\",\"b\":2}" },
		{ "a.b.\"c.d\" = 1", "{\"a\":{\"b\":{\"c.d\":1}}}" },
		{ "[a]\nb = 1\n[a.c]\nd = 2\n[e]\n", "{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":{}}" },
		{ "[plugins.\"io.containerd.grpc.v1.cri\"]\nx = 1",
		  "{\"plugins\":{\"io.containerd.grpc.v1.cri\":{\"x\":1}}}" },
		{ "[[r]]\na = 1\n[[r]]\na = 2\n[r.b]\nc = 3",
		  "{\"r\":[{\"a\":1},{\"a\":2,\"b\":{\"c\":3}}]}" },
		{ "a = [1, # one\n 2,\n]\nb = { c = [], d = {} }",
		  "{\"a\":[1,2],\"b\":{\"c\":[],\"d\":{}}}" },
		{ "a = 1979-05-27 07:32:00Z", "{\"a\":\"1979-05-27 07:32:00Z\"}" },
		{ "a = [[1], [\"x\"]]", "{\"a\":[[1],[\"x\"]]}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		as_json(rows[i].content, rows[i].content, rows[i].json);
}

static void errors(void **state)
{
	static const struct {
		const char *content;
		unsigned line, column;
	} rows[] = {
		{ "a", 1, 2 },
		{ "a = ", 1, 5 },
		{ "a = 1 b = 2", 1, 7 },
		{ "a = \"x", 1, 7 },
		{ "a = \"x\ny\"", 1, 7 },
		{ "a = [1", 1, 7 },
		{ "[a", 1, 3 },
		{ "a = 1\na = 2", 2, 5 },
		{ "a = 1\n[a]\n", 2, 4 },
		{ "= 1", 1, 1 },
		{ "a = \"\\q\"", 1, 8 },
		{ "a = \"\\ud800\"", 1, 12 },
		{ "a = '''x", 1, 9 },
		{ "a = \xff", 1, 1 },
		{ "[[a]\n", 1, 5 },
		{ "a = {b = 1", 1, 11 },
		{ "a.b = 1\n[[a]]\n", 2, 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena a = ARENA_INIT(1 << 20);
		cleanup_diags struct diags d = { 0 };

		check(rows[i].content, !toml_read(&a, "t.toml", text_of(rows[i].content), &d));
		check_number(rows[i].content, d.errors, 1);
		check_number(rows[i].content, d.items.items[0].place.line, rows[i].line);
		check_number(rows[i].content, d.items.items[0].place.column, rows[i].column);
		arena_deinit(&a);
	}
}

static char *repeated(const char *s, size_t n)
{
	char *out = malloc(strlen(s) * n + 1), *at = out;

	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, s);
	return out;
}

/* Deep, wide and too much of it: refused, and quickly. */
static void limits(void **state)
{
	static const struct {
		const char *head, *part;
		size_t times;
	} rows[] = {
		{ "a = ", "[", 100000 }, { "a = ", "{a=", 100000 }, { "a", ".a", 100000 },
		{ "[a", ".a", 100000 },	 { "", "[[a]]\n", 400000 }, { "a = \"", "x", 8 << 20 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena a = ARENA_INIT(8 << 20);
		cleanup_diags struct diags d = { 0 };
		char *tail = repeated(rows[i].part, rows[i].times);
		char *content = str_format("%s%s", rows[i].head, tail);

		check(rows[i].part, !toml_read(&a, "t.toml", text_of(content), &d));
		check(rows[i].part, d.errors == 1 || a.failed);
		free(content);
		free(tail);
		arena_deinit(&a);
	}
}

static void places(void **state)
{
	struct arena a = ARENA_INIT(1 << 20);
	cleanup_diags struct diags d = { 0 };
	struct yaml_node *n = toml_read(&a, "t.toml", TEXT("# x\n[a]\n  b = 'c'\n"), &d);

	assert_non_null(n);
	n = yaml_get(yaml_get(n, "a"), "b");
	assert_int_equal(n->line, 3);
	assert_int_equal(n->column, 7);
	assert_string_equal(yaml_place(n).file, "t.toml");
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(errors),
		cmocka_unit_test(limits),
		cmocka_unit_test(places),
	};

	return unit_run(tests);
}
