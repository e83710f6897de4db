/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema: rows of our own, and where MERLON_JSON_SCHEMA_TESTS names a folder of the official
 * JSON-Schema-Test-Suite (tests/draft2019-09) every case of it whose schema is of the part that is understood.
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "inspect/custom/scalar.h"
#include "inspect/custom/schema.h"
#include "rules/regex.h"
#include "unit.h"

struct places {
	char text[512];
};

static void note(void *arg, const struct at *at)
{
	struct places *p = arg;
	cleanup_buf struct buf path = BUF_INIT;
	size_t len = strlen(p->text);

	at_add_path(at, &path);
	snprintf(p->text + len, sizeof(p->text) - len, "%s%s", len ? " " : "",
		 path.data ? path.data : ".");
}

static struct yaml_node *tree(struct arena *a, const char *text)
{
	struct diags d = { 0 };
	struct yaml_file *f = NULL;

	assert_true(yaml_read(a, "s", text_of(text), &d, &f));
	diags_deinit(&d);
	return f->documents[0];
}

static void rows_of_ours(void **state)
{
	static const struct {
		const char *schema, *value, *places; /* NULL: valid */
	} rows[] = {
		{ "{}", "1", NULL },
		{ "false", "1", "." },
		{ "{type: string}", "a", NULL },
		{ "{type: string}", "1", "." },
		{ "{type: string}", "'1'", NULL },
		{ "{type: integer}", "1.0", NULL },
		{ "{type: integer}", "1.5", "." },
		{ "{type: [integer, 'null']}", "~", NULL },
		{ "{type: boolean}", "no", NULL },
		{ "{type: boolean}", "'no'", "." },
		{ "{required: [a, b.c]}", "{}", "a [\"b.c\"]" },
		{ "{properties: {a: {minimum: 2}}}", "{a: 1}", "a" },
		{ "{properties: {a: {minimum: 2}}}", "{a: 2}", NULL },
		{ "{properties: {a: {items: {pattern: '^x'}}}}", "{a: [x, b, xy, z]}",
		  "a[1] a[3]" },
		{ "{pattern: '^(?i)ALL$'}", "all", NULL },
		{ "{pattern: 'b'}", "abc", NULL },
		{ "{pattern: '^a$'}", "\"a\\n\"", "." },
		{ "{not: {pattern: '^quay.io'}}", "quay.io/a", "." },
		{ "{contains: {const: 1}}", "[3, 2, 1.0]", NULL },
		{ "{contains: {const: 1}}", "[]", "." },
		{ "{contains: {const: 1}, minContains: 2}", "[1, 2]", "." },
		{ "{additionalProperties: false, properties: {a: {}}}", "{a: 1, b: 2}", "b" },
		{ "{propertyNames: {maxLength: 1}}", "{a: 1, bc: 2}", "bc" },
		{ "{enum: [{a: 1, b: 2}]}", "{b: 2, a: 1}", NULL },
		{ "{uniqueItems: true}", "[{a: 1}, 2, {a: 1}]", "[2]" },
		{ "{resourceMinimum: 100m, resourceMaximum: '2'}", "0.1", NULL },
		{ "{resourceMinimum: 100m}", "99m", "." },
		{ "{resourceMaximum: 6G}", "6Gi", "." },
		{ "{resourceMaximum: 6G}", "lots", "." },
		{ "{type: string, resourceMaximum: 2}", "1", NULL },
		{ "{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}", "{a: 1}",
		  "b" },
		{ "{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}", "{}",
		  "c" },
		{ "{$defs: {n: {properties: {n: {$ref: '#/$defs/n'}, v: {type: integer}}}}, $ref: '#/$defs/n'}",
		  "{n: {n: {v: x}}}", "n.n.v" },
		{ "{$defs: {a~b: {type: integer}}, properties: {x: {$ref: '#/$defs/a~0b'}}}",
		  "{x: y}", "x" },
		{ "{dependencies: {a: [b], c: {required: [d]}}}", "{a: 1, c: 1}", "b d" },
		{ "{oneOf: [{type: integer}, {minimum: 2}]}", "3", "." },
		{ "{multipleOf: 0.01}", "0.07", NULL },
	};
	struct regex_room room;

	assert_true(regex_room_init(&room));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		struct schema_patterns patterns = { 0 };
		struct places places = { 0 };
		struct diags d = { 0 };
		struct schema_run run = {
			.room = &room, .scratch = &a, .fail = note, .arg = &places
		};
		struct at at = { .index = AT_MEMBER, .node = tree(&a, rows[i].value) };
		struct schema *s = schema_load(&a, &patterns, tree(&a, rows[i].schema), &d);

		check(rows[i].schema, s);
		check(rows[i].schema, schema_valid(s, &at, &run) == !rows[i].places);
		check_text(rows[i].schema, places.text, rows[i].places ? rows[i].places : "");
		schema_patterns_deinit(&patterns);
		diags_deinit(&d);
	}
	regex_room_deinit(&room);
}

static void refused(void **state)
{
	static const struct {
		const char *schema;
		uint32_t line, column;
	} rows[] = {
		{ "{typo: string}", 1, 2 },
		{ "type: object\nproperties:\n  a:\n    pattrn: x\n", 4, 5 },
		{ "type: strin", 1, 7 },
		{ "pattern: (", 1, 10 },
		{ "minimum: much", 1, 10 },
		{ "minItems: -1", 1, 11 },
		{ "resourceMinimum: much", 1, 18 },
		{ "required: name", 1, 11 },
		{ "properties: [a]", 1, 13 },
		{ "items: 3", 1, 8 },
		{ "$ref: http://example.com/schema", 1, 7 },
		{ "$ref: '#/nowhere'", 1, 8 },
		{ "uniqueItems: 3", 1, 14 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		struct schema_patterns patterns = { 0 };
		struct diags d = { 0 };

		check(rows[i].schema, !schema_load(&a, &patterns, tree(&a, rows[i].schema), &d));
		check(rows[i].schema, d.items.len >= 1);
		check(rows[i].schema, d.items.items[0].place.line == rows[i].line);
		check(rows[i].schema, d.items.items[0].place.column == rows[i].column);
		schema_patterns_deinit(&patterns);
		diags_deinit(&d);
	}
}

/* What would take for ever is given up. */
static void bounded(void **state)
{
	static const char *const rows[] = {
		"{$ref: '#'}",
		"{allOf: [{$ref: '#'}, {$ref: '#'}]}",
	};
	struct regex_room room;

	assert_true(regex_room_init(&room));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		struct schema_patterns patterns = { 0 };
		struct diags d = { 0 };
		struct schema_run run = { .room = &room, .scratch = &a };
		struct at at = { .index = AT_MEMBER, .node = tree(&a, "{}") };
		struct schema *s = schema_load(&a, &patterns, tree(&a, rows[i]), &d);

		check(rows[i], s && !schema_valid(s, &at, &run) && run.exhausted);
		schema_patterns_deinit(&patterns);
		diags_deinit(&d);
	}
	regex_room_deinit(&room);
}

/* --- the official suite -------------------------------------------------------------------------- */

struct suite {
	struct regex_room room;
	unsigned asked, wrong, beyond;
};

/* Cases that ask for what is deliberately not so here. */
static bool is_ours(const char *file, struct text group, struct text test)
{
	static const struct {
		const char *file, *begin;
	} rows[] = {
		/* a double would overflow; what numbers are here does not */
		{ "multipleOf.json", "float division" },
		/* nobody may change here what a keyword means */
		{ "vocabulary.json", "schema that uses custom metaschema" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(file, rows[i].file) && text_starts(group, text_of(rows[i].begin)))
			return true;
	return false;
}

static void run_group(struct suite *u, const char *file, const struct yaml_node *group)
{
	cleanup_arena struct arena a = ARENA_INIT(8 << 20);
	struct schema_patterns patterns = { 0 };
	struct diags d = { 0 };
	const struct yaml_node *tests = yaml_get(group, "tests");
	struct schema *s = schema_load(&a, &patterns, yaml_get(group, "schema"), &d);

	for (uint32_t i = 0; i < tests->count; i++) {
		const struct yaml_node *t = tests->items[i];
		struct at data = { .index = AT_MEMBER, .node = yaml_get(t, "data") };
		struct at valid = { .index = AT_MEMBER, .node = yaml_get(t, "valid") };
		struct schema_run run = { .room = &u->room, .scratch = &a };

		if (!s || is_ours(file, yaml_get(group, "description")->text,
				  yaml_get(t, "description")->text)) {
			u->beyond++;
			continue;
		}
		u->asked++;
		if (schema_valid(s, &data, &run) == at_is_true(&valid))
			continue;
		u->wrong++;
		print_error("# %s:%u: %.*s: %.*s\n", file, t->line,
			    (int)yaml_get(group, "description")->text.len,
			    yaml_get(group, "description")->text.data,
			    (int)yaml_get(t, "description")->text.len,
			    yaml_get(t, "description")->text.data);
	}
	schema_patterns_deinit(&patterns);
	diags_deinit(&d);
}

static void run_file(struct suite *u, const char *folder, const char *name)
{
	cleanup_arena struct arena a = ARENA_INIT(64 << 20);
	cleanup_free char *path = str_format("%s/%s", folder, name);
	cleanup_buf struct buf content = BUF_INIT;
	struct diags d = { 0 };
	struct yaml_limits limits = yaml_limits_rules;
	struct yaml_stream *s;
	struct yaml_node *root;
	struct error err = ERROR_INIT;

	if (fs_read(path, 1 << 20, &content, &err))
		return;
	/* No text of a manifest has a NUL in it: the reader refuses those. */
	for (char *nul = content.data; (nul = strstr(nul, "\\u0000"));)
		nul[5] = '1';
	limits.keys = 1 << 16;
	s = yaml_stream_new(name, text_from(content.data, content.len), &limits, NULL, &d);
	check(name, yaml_stream_next(s, &root) == YAML_DOCUMENT);
	for (uint32_t i = 0; i < root->count; i++)
		run_group(u, name, root->items[i]);
	yaml_stream_free(s);
	diags_deinit(&d);
}

static void official(void **state)
{
	const char *folder = getenv("MERLON_JSON_SCHEMA_TESTS");
	struct suite u = { 0 };
	const struct dirent *e;
	DIR *dir;

	if (!folder) {
		print_message("# MERLON_JSON_SCHEMA_TESTS names no copy of the suite\n");
		return;
	}
	dir = opendir(folder);
	assert_non_null(dir);
	assert_true(regex_room_init(&u.room));
	while ((e = readdir(dir)))
		if (str_ends(e->d_name, ".json"))
			run_file(&u, folder, e->d_name);
	closedir(dir);
	regex_room_deinit(&u.room);
	print_message("# %u asked, %u wrong, %u of what is not understood here\n", u.asked, u.wrong,
		      u.beyond);
	assert_true(u.asked > 500);
	assert_int_equal(u.wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_ours),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounded),
		cmocka_unit_test(official),
	};

	return unit_run(tests);
}
