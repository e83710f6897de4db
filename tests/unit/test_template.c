/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of schemas: what they make of an object, and what is refused where. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/template.h"
#include "unit.h"

static const char object[] =
	"metadata: {name: web, labels: {b: '2', a: x}, annotations: {}}\n"
	"spec: {replicas: 2, zero: 0, on: true, off: false, nothing: ~, ports: [80, 443]}\n"
	"roleRef: {kind: Role, name: 'system:x'}\n";

static struct yaml_node *tree(struct arena *a, const char *text)
{
	struct diags d = { 0 };
	struct yaml_file *f = NULL;

	assert_true(yaml_read(a, "t", text_of(text), &d, &f));
	diags_deinit(&d);
	return f->documents[0];
}

static struct yaml_node *scalar(struct arena *a, const char *text)
{
	struct yaml_file *f = arena_new(a, struct yaml_file);
	struct yaml_node *n = arena_new(a, struct yaml_node);

	f->cursor = arena_new(a, struct yaml_cursor);
	f->name = "t";
	f->content = text_of(text);
	*n = (struct yaml_node){
		.file = f, .line = 1, .column = 1, .text = text_of(text), .size = 1
	};
	return n;
}

/* With the values in the place of their marks. */
static void show(const struct template_result *r, struct buf *out)
{
	struct text t = text_from(r->text.data ? r->text.data : "", r->text.len), before;
	const struct template_value *v;
	uint32_t at = 0;

	while ((v = template_next(r, t, &at, &before))) {
		buf_add(out, before.data, before.len);
		buf_add(out, v->text.data, v->text.len);
	}
	buf_add(out, before.data, before.len);
}

static void filled_in(void **state)
{
	static const struct {
		const char *template, *made;
	} rows[] = {
		{ "plain", "plain" },
		{ "a {{ .metadata.name }} b", "a web b" },
		{ "{{.metadata.name}}", "web" },
		{ "a {{- .metadata.name -}} \n b", "awebb" },
		{ "{{ -1 }}", "-1" },
		{ "a{{/* no }} here */}}b {{- /* c */ -}} d", "ab"
							      "d" },
		{ "{{ .not.there.at.all }}", "<no value>" },
		{ "{{ .spec.nothing }}", "<no value>" },
		{ "{{ .spec.replicas }} {{ .spec.on }}", "2 true" },
		{ "{{ if .spec.zero }}a{{ else }}b{{ end }}", "b" },
		{ "{{ if .spec.replicas }}a{{ else }}b{{ end }}", "a" },
		{ "{{ if .metadata.annotations }}a{{ end }}", "" },
		{ "{{ if .x }}a{{ else if .spec.on }}b{{ else }}c{{ end }}", "b" },
		{ "{{ if .x }}a{{ else if .y }}b{{ else }}c{{ end }}d", "cd" },
		{ "{{ with .metadata }}{{ .name }}{{ $.roleRef.kind }}{{ end }}", "webRole" },
		{ "{{ with .x }}a{{ else with .spec }}{{ .replicas }}{{ end }}", "2" },
		{ "{{ with $n := .metadata.name }}{{ $n }}{{ . }}{{ end }}", "webweb" },
		{ "{{ range $k, $v := .metadata.labels }}{{ $k }}={{ $v }};{{ end }}", "a=x;b=2;" },
		{ "{{ range $v := .metadata.labels }}{{ $v }}{{ . }};{{ end }}", "xx;22;" },
		{ "{{ range $i, $p := .spec.ports }}{{ $i }}:{{ $p }} {{ end }}", "0:80 1:443 " },
		{ "{{ range .spec.ports }}{{ . }},{{ end }}{{ .metadata.name }}", "80,443,web" },
		{ "{{ range .x }}a{{ else }}none{{ end }}", "none" },
		{ "{{ range .metadata.annotations }}a{{ else }}none{{ end }}", "none" },
		{ "{{ $a := 1 }}{{ if true }}{{ $a = 2 }}{{ end }}{{ $a }}", "2" },
		{ "{{ $a := 1 }}{{ if true }}{{ $a := 2 }}{{ $a }}{{ end }}{{ $a }}", "21" },
		{ "{{ $a := .metadata }}{{ $a.name }}", "web" },
		{ "{{ eq .metadata.name \"web\" }} {{ eq .metadata.name `a` `web` }}",
		  "true true" },
		{ "{{ eq .x false }} {{ ne .x \"a\" }} {{ eq .x nil }}", "false true true" },
		{ "{{ eq .spec.replicas 2 }} {{ eq .spec.replicas 2.0 }}", "true true" },
		{ "{{ not (eq .spec.off false) }}", "false" },
		{ "{{ and .metadata.name .x }} {{ or .x .metadata.name }}", "<no value> web" },
		{ "{{ and true (not false) 1 }}", "1" },
		{ "{{ or true (hasPrefix .spec \"a\") }}", "true" },
		{ "{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge \"b\" \"a\" }}", "truetruefalsetrue" },
		{ "{{ if and (not (hasPrefix .roleRef.name \"system:\")) true }}a{{ else }}b{{end}}",
		  "b" },
		{ "{{ hasSuffix .roleRef.name \":x\" }}", "true" },
		{ "{{ index .metadata \"labels\" \"a\" }} {{ index .spec.ports 1 }}", "x 443" },
		{ "{{ index .metadata \"x\" \"y\" }}", "<no value>" },
		{ "{{ (index .metadata \"labels\").b }}", "2" },
		{ "{{ len .spec.ports }} {{ .metadata.name | len }}", "2 3" },
		{ "{{ .metadata.name | eq \"web\" | not }}", "false" },
		{ "{{ print \"a/\" .metadata.name 1 2 }}", "a/web1 2" },
		{ "{{ printf \"%s-%d%%\" .metadata.name 3 }}", "web-3%" },
		{ "{{ \"a\\\"\\n\" }}", "a\"\n" },
		{ "{{ \"}}\" }}", "}}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(4 << 20);
		cleanup_template_result struct template_result r = TEMPLATE_RESULT_INIT;
		cleanup_buf struct buf out = BUF_INIT;
		cleanup_diags struct diags d = { 0 };
		struct template *t = template_load(&a, scalar(&a, rows[i].template), &d);

		if (!t)
			fail_msg("%s: %s", rows[i].template, d.items.items[0].text);
		if (!template_fill(t, tree(&a, object), &a, &r))
			fail_msg("%s: %s", rows[i].template, r.why);
		show(&r, &out);
		assert_string_equal(out.data ? out.data : "", rows[i].made);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *template, *why;
		uint32_t column;
	} rows[] = {
		{ "{{ .a", "the end of the action was expected: }}", 6 },
		{ "{{ }}", "a value was expected", 4 },
		{ "{{ if .a }}b", "there is no {{ end }} for this", 4 },
		{ "a{{ end }}", "there is nothing that this could be of", 10 },
		{ "{{ if .a }}{{ else }}{{ else }}{{ end }}", "there is no {{ end }} for this", 4 },
		{ "{{ $a }}", "there is no variable $a", 4 },
		{ "{{ if $a := 1 }}{{ end }}{{ $a }}", "there is no variable $a", 29 },
		{ "{{ $a := $a }}", "there is no variable $a", 10 },
		{ "{{ lookup \"v1\" }}", "\"lookup\" is no function that is known here", 4 },
		{ "{{ template \"x\" }}", "\"template\" is no function that is known here", 4 },
		{ "{{ range .a }}{{ break }}{{ end }}",
		  "\"break\" is no function that is known here", 18 },
		{ "{{ not }}", "not takes 1 to 1 arguments", 4 },
		{ "{{ .a .b }}", "a value takes no arguments", 4 },
		{ "{{ eq not .a }}", "a function with arguments stands in parentheses", 7 },
		{ "{{ \"a }}", "this text has no end", 4 },
		{ "{{ .a. }}", "a name was expected behind the dot", 6 },
		{ "{{ 1x }}", "this is no number", 4 },
		{ "{{ (.a }}", "\")\" was expected", 8 },
		{ "{{ $a, $b := .a }}", "two variables are for range only", 4 },
		{ "{{/* a }}", "this comment has no end", 3 },
		{ "\xee\x80\x80", "there are letters in this template that none may have", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(4 << 20);
		cleanup_diags struct diags d = { 0 };

		assert_null(template_load(&a, scalar(&a, rows[i].template), &d));
		assert_int_equal(d.items.items[0].place.line, 1);
		if (!str_eq(d.items.items[0].text, rows[i].why) ||
		    d.items.items[0].place.column != rows[i].column)
			fail_msg("%s: %u: %s", rows[i].template, d.items.items[0].place.column,
				 d.items.items[0].text);
	}
}

static void stopped(void **state)
{
	static const struct {
		const char *template, *why;
	} rows[] = {
		{ "{{ .metadata }}", "a list or a map has no text" },
		{ "{{ .metadata.name.x }}", "there is no .x in what is no map" },
		{ "{{ eq .metadata.name 1 }}",
		  "a value of type string can't be compared with one of type integer" },
		{ "{{ lt .x 1 }}", "there is no order of null and integer" },
		{ "{{ range .metadata.name }}{{ end }}", "range is for lists and maps" },
		{ "{{ index .spec.ports 2 }}",
		  "index: there is no such item in a value of type array" },
		{ "{{ hasPrefix .x \"a\" }}", "two texts were expected, not null and string" },
		{ "{{ printf \"%q\" 1 }}",
		  "printf: %s, %v, %d or %% was expected, and a value for each" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(4 << 20);
		cleanup_template_result struct template_result r = TEMPLATE_RESULT_INIT;
		cleanup_diags struct diags d = { 0 };
		struct template *t = template_load(&a, scalar(&a, rows[i].template), &d);

		assert_non_null(t);
		assert_false(template_fill(t, tree(&a, object), &a, &r));
		assert_string_equal(r.why, rows[i].why);
		assert_int_equal(r.place.line, 1);
	}
}

/* What grows with every round, and rounds in rounds. */
static void limits(void **state)
{
	static const char *const rows[] = {
		"{{ $x := \"aaaaaaaa\" }}{{ range .l }}{{ $x = print $x $x }}{{ end }}",
		"{{ range .l }}{{ range $.l }}{{ range $.l }}{{ range $.l }}{{ end }}{{ end }}{{ end }}{{ end }}",
		"{{ range .l }}{{ range $.l }}{{ range $.l }}{{ . }}{{ end }}{{ end }}{{ end }}",
		"{{ range .l }}{{ range $.l }}{{ range $.l }}                {{ end }}{{ end }}{{ end }}",
	};
	cleanup_buf struct buf list = BUF_INIT, deep = BUF_INIT;
	cleanup_diags struct diags d = { 0 };
	cleanup_arena struct arena all = ARENA_INIT(4 << 20);

	buf_add_str(&list, "l: [0");
	for (int i = 0; i < 200; i++)
		buf_addf(&list, ", %d", i);
	buf_add_str(&list, "]");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_arena struct arena a = ARENA_INIT(8 << 20);
		cleanup_template_result struct template_result r = TEMPLATE_RESULT_INIT;
		struct template *t = template_load(&a, scalar(&a, rows[i]), &d);

		assert_non_null(t);
		assert_false(template_fill(t, tree(&a, list.data), &a, &r));
		assert_true(strlen(r.why));
	}
	for (int i = 0; i < 50; i++)
		buf_add_str(&deep, "{{ if (((.a))) }}");
	assert_null(template_load(&all, scalar(&all, deep.data), &d));
	assert_string_equal(d.items.items[0].text, "this is nested too deep");
}

/* An escape in the YAML that was made is no mark. */
static void no_mark(void **state)
{
	struct template_result r = TEMPLATE_RESULT_INIT;
	struct text t = TEXT("\xee\x80\x80"
			     "7\xee\x80\x81 \xee\x80"),
		    before;
	uint32_t at = 0;

	assert_null(template_next(&r, t, &at, &before));
	assert_true(text_eq(t, before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filled_in), cmocka_unit_test(refused), cmocka_unit_test(stopped),
		cmocka_unit_test(limits),    cmocka_unit_test(no_mark),
	};

	return unit_run(tests);
}
