/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_tree.h"

#include "base/json.h"
#include "base/str.h"
#include "unit.h"

static const struct yaml_limits limits = {
	.bytes = 1 << 20,
	.line = 4096,
	.depth = 16,
	.nodes = 1000,
	.keys = 100,
	.merge = true,
	.strict = true,
};

/* Everything that a stream gives, in one line: documents as JSON, "item" before items, "!" for failures. */
static void read_all(const char *content, char *out, size_t size, struct diags *d)
{
	cleanup_yaml_stream struct yaml_stream *s = yaml_stream_new("f", text_of(content), &limits,
								    "items", d);
	enum yaml_given given;
	struct yaml_node *n;
	size_t len = 0;

	out[0] = '\0';
	while ((given = yaml_stream_next(s, &n)) != YAML_END && len < size) {
		cleanup_json json_t *v = given == YAML_FAILED ? NULL : yaml_json(n);
		cleanup_free char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

		len += (size_t)snprintf(out + len, size - len, "%s%s%s", len ? " " : "",
					given == YAML_ITEM ? "item " : "", text ? text : "!");
	}
}

static void values(void **state)
{
	static const struct {
		const char *content, *want;
	} rows[] = {
		{ "a: 1\n---\nb: [x, true]\n", "{\"a\":1} {\"b\":[\"x\",true]}" },
		{ "{\"a\": [1, 2.5, \"x\", null, {}], \"b\": {}}",
		  "{\"a\":[1,\"2.5\",\"x\",null,{}],\"b\":{}}" },
		{ "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1} {\"a\":2}" },
		{ "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\\/\"}", "{\"a\":\"\u00e9\U0001F600\\n/\"}" },
		{ "kind: List\nitems:\n- a: 1\n- b: [2]\nz: 1\n",
		  "item {\"a\":1} item {\"b\":[2]} {\"kind\":\"List\",\"items\":[],\"z\":1}" },
		{ "{\"items\":[{\"a\":1},{\"items\":[3]}],\"kind\":\"List\"}",
		  "item {\"a\":1} item {\"items\":[3]} {\"items\":[],\"kind\":\"List\"}" },
		{ "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
		  "{\"a\":{\"b\":1},\"c\":{\"<<\":{\"b\":1},\"d\":2,\"b\":1}}" },
		{ "items:\n- a: &x [1]\n- b: *x\n",
		  "item {\"a\":[1]} item {\"b\":[1]} {\"items\":[]}" },
		{ "a: 1\n---\n\tb: 1\n---\nc: 1\n", "{\"a\":1} ! {\"c\":1}" },
		{ "{{ template }}\n", "!" },
		{ "", "" },
		{ "# nothing\n---\n", "null" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_diags struct diags d = { 0 };
		char out[512];

		read_all(rows[i].content, out, sizeof(out), &d);
		check_text(rows[i].content, out, rows[i].want);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *content;
		uint32_t line, column;
		const char *text;
	} rows[] = {
		{ "{\"a\":1,}", 1, 8, "not valid JSON: a key in quotes was expected" },
		{ "{\"a\":[1 2]}", 1, 9, "not valid JSON: a comma was expected" },
		{ "{\"a\":\n  tru}", 2, 3, "not valid JSON: no value" },
		{ "{\"a\":01e}", 1, 6, "not valid JSON: no value" },
		{ "{\"a\":\"x", 1, 8, "not valid JSON: a string that does not end" },
		{ "{\"a\":\"\\ud800\"}", 1, 7, "not valid JSON: an escape that says nothing" },
		{ "{\"a\":{\"b\":1}", 1, 13, "not valid JSON: it ends too early" },
		{ "a: 1\na: 2\n", 2, 1, "\"a\" is there twice: the last one counts" },
		{ "a: *x\n", 1, 5, "an alias without its anchor" },
		{ "a: &x [*x]\n", 1, 9, "an alias inside of what it stands for" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 1, 17, "nested too deeply" },
		{ "a: \xff\n", 1, 1, "this is not UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_diags struct diags d = { 0 };
		char out[512];

		read_all(rows[i].content, out, sizeof(out), &d);
		check_number(rows[i].content, d.errors, 1);
		check_text(rows[i].content, d.items.items[0].text, rows[i].text);
		check_number(rows[i].content, d.items.items[0].place.line, rows[i].line);
		check_number(rows[i].content, d.items.items[0].place.column, rows[i].column);
	}
}

/* Aliases count each time that they are used: ten lines stand for 10^9 texts. */
static void aliases_are_counted(void **state)
{
	cleanup_diags struct diags d = { 0 };
	char content[2048] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n", out[64];
	size_t len = strlen(content);

	for (int i = 1; i < 10; i++)
		len += (size_t)snprintf(content + len, sizeof(content) - len,
					"a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
					i - 1, i - 1, i - 1, i - 1, i - 1);
	read_all(content, out, sizeof(out), &d);
	check_text("bomb", out, "!");
	check_text("bomb", d.items.items[0].text,
		   "this is too large once its aliases are followed");
}

/* What was read is gone, and places, and the document behind a broken one, are still right. */
static void is_used_up(void **state)
{
	enum { ITEMS = 60000, PAGE = 4096 };
	static const struct yaml_limits large = {
		.bytes = 16 << 20, .line = 4096, .depth = 16, .nodes = 1000, .keys = 100
	};
	cleanup_buf struct buf b = { .limit = 16 << 20 };
	cleanup_diags struct diags d = { 0 };
	struct yaml_stream *s;
	struct yaml_node *n;
	unsigned items = 0;

	buf_add_str(&b, "kind: List\nitems:\n");
	for (unsigned i = 0; i < ITEMS; i++)
		buf_addf(&b, "- name: item-%u\n  text: >\n    what is\n    folded %u\n", i, i);
	buf_add_str(&b, "- [\n---\nlast: one\n");
	s = yaml_stream_new("f", text_from(b.data, b.len), &large, "items", &d);
	yaml_stream_consume(s);
	while (yaml_stream_next(s, &n) == YAML_ITEM) {
		struct diag_place p = yaml_place_in(yaml_get(n, "text"), 8);

		assert_int_equal(n->line, 3 + 4 * items);
		assert_int_equal(p.line, 6 + 4 * items);
		assert_int_equal(p.column, 5);
		items++;
	}
	assert_int_equal(items, ITEMS);
	assert_int_equal(d.errors, 1);
	assert_memory_equal(b.data, "kind: List", 10); /* the page may be somebody else's too */
	for (size_t i = PAGE; i < b.len / 2; i++)
		assert_int_equal(b.data[i], 0);
	assert_int_equal(yaml_stream_next(s, &n), YAML_DOCUMENT);
	assert_int_equal(n->line, 5 + 4 * ITEMS);
	assert_non_null(yaml_get(n, "last"));
	assert_int_equal(yaml_stream_next(s, &n), YAML_END);
	yaml_stream_free(s);
}

/* What an alias stands for has its place where it was written first. */
static void is_kept_for_aliases(void **state)
{
	cleanup_buf struct buf b = { .limit = 16 << 20 };
	static const struct yaml_limits large = {
		.bytes = 16 << 20, .line = 4096, .depth = 16, .nodes = 1000, .keys = 100
	};
	cleanup_diags struct diags d = { 0 };
	struct yaml_stream *s;
	struct yaml_node *n, *last = NULL;

	buf_add_str(&b, "items:\n- text: &a >\n    what is\n    folded\n");
	for (unsigned i = 0; i < 30000; i++)
		buf_addf(&b, "- name: %0100u\n", i);
	buf_add_str(&b, "- text: *a\n");
	s = yaml_stream_new("f", text_from(b.data, b.len), &large, "items", &d);
	yaml_stream_consume(s);
	while (yaml_stream_next(s, &n) == YAML_ITEM)
		if ((last = yaml_get(n, "text")))
			assert_int_equal(yaml_place_in(last, 8).line, 4);
	assert_non_null(last);
	yaml_stream_free(s);
}

/* Texts with quotes in single quotes are read by us: as libfyaml reads them with another letter in their place. */
static void quotes_in_quotes(void **state)
{
	static const char *const parts[] = { "''",     "x",  " ",      "\t", "\n  ", "\n\n   ",
					     "\u00e9", "\"", "\r\n  ", ": ", "# " };
	unsigned seed = 7;

	for (unsigned i = 0; i < 3000; i++) {
		cleanup_buf struct buf ours = BUF_INIT, theirs = BUF_INIT;
		cleanup_diags struct diags d = { 0 };
		char got[2][400];

		buf_add_str(&ours, "- '''");
		buf_add_str(&theirs, "- 'Q");
		for (unsigned k = 0; k < i % 12; k++) {
			const char *part;

			seed = seed * 1103515245 + 12345;
			part = parts[seed / 65536 % ARRAY_SIZE(parts)];
			buf_add_str(&ours, part);
			buf_add_str(&theirs, str_eq(part, "''") ? "Q" : part);
		}
		/* libfyaml has an opinion of its own on an end of a line before the last quote. */
		buf_add_str(&ours, "z'\n");
		buf_add_str(&theirs, "z'\n");
		read_all(ours.data, got[0], sizeof(got[0]), &d);
		read_all(theirs.data, got[1], sizeof(got[1]), &d);
		for (char *c = got[1]; *c; c++)
			*c = *c == 'Q' ? '\'' : *c;
		check_text(ours.data, got[0], got[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),     cmocka_unit_test(quotes_in_quotes),
		cmocka_unit_test(is_used_up), cmocka_unit_test(is_kept_for_aliases),
		cmocka_unit_test(refused),    cmocka_unit_test(aliases_are_counted),
	};

	return unit_run(tests);
}
