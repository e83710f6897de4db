/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of schemas. Up to a line "%%%" the input is a template, behind it the object that fills it in: as JSON, since
 * libfyaml leaks of broken YAML. What is refused has a place; what is made stays in its limits, and every mark in it is
 * found again.
 */
#include "base/str.h"
#include "fuzz.h"
#include "inspect/custom/template.h"

static const char rule[] = "%%%\n";

static void fill(const struct template *t, const struct yaml_node *data, struct arena *a)
{
	cleanup_template_result struct template_result r = TEMPLATE_RESULT_INIT;
	struct text made, before;
	uint32_t at = 0;
	size_t found = 0;

	if (!template_fill(t, data, a, &r)) {
		fuzz_check(*r.why && r.place.line);
		return;
	}
	fuzz_check(r.text.len <= TEMPLATE_OUTPUT_MAX && r.values.len <= TEMPLATE_VALUES_MAX);
	made = text_from(r.text.data ? r.text.data : "", r.text.len);
	while (template_next(&r, made, &at, &before))
		found++;
	fuzz_check(found == r.values.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memmem(data, size, rule, sizeof(rule) - 1);
	struct text t = text_from((const char *)data, end ? (size_t)(end - data) : size);
	cleanup_arena struct arena a = ARENA_INIT(16 << 20);
	cleanup_diags struct diags d = { 0 };
	struct yaml_cursor cursor = { 0 };
	struct yaml_file file = { .cursor = &cursor, .name = "t", .content = t };
	struct yaml_node node = {
		.kind = YAML_SCALAR, .file = &file, .line = 1, .column = 1, .text = t, .size = 1
	};
	struct template *loaded = template_load(&a, &node, &d);
	struct text rest = end ? text_from((const char *)end + 4, size - t.len - 4) : TEXT("{}");
	cleanup_yaml_stream struct yaml_stream *s = NULL;
	struct yaml_node *object;

	fuzz_check(loaded ? !d.errors : d.errors > 0);
	if (!loaded || !yaml_looks_like_json(rest))
		return 0;
	s = yaml_stream_new("o", rest, &yaml_limits_rules, NULL, &d);
	if (s && yaml_stream_next(s, &object) == YAML_DOCUMENT)
		fill(loaded, object, &a);
	return 0;
}
