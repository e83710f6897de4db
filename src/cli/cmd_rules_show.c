/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"
#include "rules/extend.h"
#include "rules/print.h"

static const struct option_def options[] = {
	{ "expand", 'x', NULL, "show the condition with its macros put in", false, COMPLETE_NONE,
	  NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void condition_text(const struct rule *r, bool expand, struct buf *out)
{
	if (!r->condition)
		buf_addf(out, "%.*s", (int)r->raw->text.len, r->raw->text.data);
	else if (expand)
		print_condition(r->condition, true, out);
	else
		print_condition_wrapped(r->condition, 4, out);
}

/* Indented by four, or more where the text is. */
static void show_lines(const char *title, const struct buf *text)
{
	const char *at = text->data ? text->data : "";

	printf("%s\n", title);
	while (*at) {
		size_t n = strcspn(at, "\n"), blanks = strspn(at, " ");

		printf("%*s%s\n", blanks < 4 ? 4 : (int)blanks, "",
		       rules_text(text_from(at + blanks, n - blanks)));
		at += n + (at[n] == '\n');
	}
}

static void show_texts(const char *title, const struct text *items, size_t count)
{
	printf("%s", title);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? ", " : "", rules_text(items[i]));
	putchar('\n');
}

struct macros {
	VEC(struct text) names;
};

static bool note_macro(struct expr *e, void *context)
{
	struct macros *m = context;
	struct text *slot;

	if (e->kind != EXPR_MACRO)
		return true;
	vec_foreach(known, &m->names)
		if (text_eq(*known, e->macro.name))
			return true;
	slot = vec_add(&m->names);
	if (slot)
		*slot = e->macro.name;
	return true;
}

static void show_rule(const struct rule *r, bool expand)
{
	const struct rule_extensions *x = r->extensions;
	cleanup_buf struct buf text = BUF_INIT;
	struct macros macros = { 0 };

	printf("%s\n", rules_text(r->name));
	printf("  %s, source %s, %s%s\n", rule_priorities[r->priority].data,
	       rules_text(r->event_source_name), r->enabled ? "on" : "off",
	       r->skipped ? ", skipped" : "");
	printf("  %s:%u\n", r->place.file, r->place.line);
	if (r->tags.len)
		show_texts("  tags: ", r->tags.items, r->tags.len);
	printf("\n  %s\n\n", rules_text(text_trim(r->description)));
	condition_text(r, expand, &text);
	show_lines("  condition:", &text);
	printf("  output:\n    %s\n",
	       rules_text(r->output_node ? text_trim(r->output_node->text) : TEXT_NONE));
	if (r->condition)
		expr_walk(r->condition, note_macro, &macros);
	if (macros.names.len)
		show_texts("  macros: ", macros.names.items, macros.names.len);
	vec_deinit(&macros.names);
	vec_foreach(e, &r->exceptions)
		printf("  exception %s: %zu value%s\n", rules_text(e->name), e->values.len,
		       e->values.len == 1 ? "" : "s");
	for (uint32_t i = 0; x && i < x->responses.count; i++)
		printf("  response: %s\n", x->responses.items[i].def->name);
	for (uint32_t i = 0; x && i < x->next_count; i++)
		printf("  next: %s\n", rules_text(x->next[i]));
	if (x && x->test_count)
		printf("  tests: %u\n", x->test_count);
}

static json_t *condition_json(const struct rule *r, bool expand)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (!r->condition)
		return json_null();
	print_condition(r->condition, expand, &text);
	return utf8_json(text_from(text.data, text.len));
}

static json_t *texts_json(const struct text *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, utf8_json(items[i]));
	return list;
}

static void show_json(const struct rule *r)
{
	cleanup_json json_t *o = json_object();
	const struct rule_extensions *x = r->extensions;
	struct macros macros = { 0 };

	if (r->condition)
		expr_walk(r->condition, note_macro, &macros);
	json_object_set_new(o, "rule", utf8_json(r->name));
	json_object_set_new(o, "description", utf8_json(text_trim(r->description)));
	json_object_set_new(o, "priority", utf8_json(rule_priorities[r->priority]));
	json_object_set_new(o, "source", utf8_json(r->event_source_name));
	json_object_set_new(o, "enabled", json_boolean(r->enabled));
	json_object_set_new(o, "skipped", json_boolean(r->skipped));
	json_object_set_new(o, "file", utf8_json(text_of(r->place.file)));
	json_object_set_new(o, "line", json_integer(r->place.line));
	json_object_set_new(o, "tags", texts_json(r->tags.items, r->tags.len));
	json_object_set_new(o, "condition", condition_json(r, false));
	json_object_set_new(o, "expanded", condition_json(r, true));
	if (r->output_node)
		json_object_set_new(o, "output", utf8_json(text_trim(r->output_node->text)));
	json_object_set_new(o, "macros", texts_json(macros.names.items, macros.names.len));
	if (x && x->next_count)
		json_object_set_new(o, "next", texts_json(x->next, x->next_count));
	vec_deinit(&macros.names);
	print_json(o);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	size_t n;
	char **operands = arg_operands(args, &n);
	const struct rule *rule;
	int r;

	if (n < 2)
		return error_set(err, EINVAL, "name a rule, and the files to read");
	r = rules_load(args, 1, &l, err);
	if (r)
		return r;
	rule = rules_find(&l, operands[0], err);
	if (!rule)
		return -err->code;
	if (arg_flag(args, "json"))
		show_json(rule);
	else
		show_rule(rule, arg_flag(args, "expand"));
	return EXIT_OK;
}

const struct command cmd_rules_show = {
	.name = "show",
	.summary = "print one rule, as it is once all files are loaded",
	.operands = "RULE FILE|DIRECTORY...",
	.description = "Appended and overridden parts are put in. RULE may be a part of the name "
		       "that no other rule has.",
	.examples = "  merlon rules show \"Terminal shell\" rules.d\n"
		    "  merlon rules show --expand \"Terminal shell\" rules.d # without macros\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
