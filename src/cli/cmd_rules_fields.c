/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"

static const struct option_def options[] = {
	{ "source", 's', "SOURCE", "only fields of events of this source", false, COMPLETE_WORDS,
	  "syscall k8s_audit" },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	{ "markdown", 0, NULL, "print a page of documentation", false, COMPLETE_NONE, NULL },
};

static const char *const arg_forms[] = {
	[FIELD_ARG_NONE] = "",
	[FIELD_ARG_INDEX] = "[INDEX]?",
	[FIELD_ARG_INDEX_NEEDED] = "[INDEX]",
	[FIELD_ARG_KEY] = "[KEY]?",
	[FIELD_ARG_KEY_NEEDED] = "[KEY]",
	[FIELD_ARG_EITHER] = "[INDEX|KEY]?",
	[FIELD_ARG_EITHER_NEEDED] = "[INDEX|KEY]",
	[FIELD_ARG_DOTTED] = ".NAME",
};
static_assert(ARRAY_SIZE(arg_forms) == FIELD_ARG_DOTTED + 1, "a form for each");

static const struct {
	enum field_flag flag;
	const char *word;
} flag_words[] = {
	{ FIELD_LIST, "list" },		{ FIELD_ANY, "any" },
	{ FIELD_EITHER, "either end" }, { FIELD_CONDITION_ONLY, "conditions only" },
	{ FIELD_KERNEL, "kernel" },	{ FIELD_DEPRECATED, "deprecated" },
	{ FIELD_OURS, "Merlon only" },
};

static bool is_wanted(const struct field_def *f, int source, char **patterns, size_t count)
{
	bool named = !count;

	for (size_t i = 0; i < count && !named; i++)
		named = glob_match(text_of(patterns[i]), f->name) ||
			memmem(f->name.data, f->name.len, patterns[i], strlen(patterns[i]));
	return named && (source < 0 || f->sources >> source & 1);
}

static void join_flags(const struct field_def *f, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++)
		if (f->flags & flag_words[i].flag)
			buf_addf(out, "%s%s", out->len ? ", " : "", flag_words[i].word);
	buf_add_str(out, "");
}

static json_t *field_json(const struct field_def *f)
{
	json_t *o = json_object(), *sources = json_array(), *flags = json_array();

	for (int i = 0; i < EVENT_SOURCES; i++)
		if (f->sources >> i & 1)
			json_array_append_new(sources, utf8_json(event_sources[i].name));
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++)
		if (f->flags & flag_words[i].flag)
			json_array_append_new(flags, json_string(flag_words[i].word));
	json_object_set_new(o, "field", utf8_json(f->name));
	json_object_set_new(o, "type", json_string(value_types[f->type].name));
	json_object_set_new(o, "argument", json_string(arg_forms[f->arg]));
	json_object_set_new(o, "sources", sources);
	json_object_set_new(o, "properties", flags);
	json_object_set_new(o, "meaning", json_string(f->meaning));
	json_object_set_new(o, "example", json_string(f->example));
	return o;
}

static void show_row(const struct field_def *f)
{
	cleanup_buf struct buf name = BUF_INIT;

	buf_addf(&name, "%s%s", f->name.data, arg_forms[f->arg]);
	printf("%-42s %-9s %s\n", name.data, value_types[f->type].name, f->meaning);
}

/* "|" parts the columns of a table. */
static void put_cell(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\|" : "%c", *text);
}

static void markdown_row(const struct field_def *f)
{
	cleanup_buf struct buf flags = BUF_INIT;

	join_flags(f, &flags);
	printf("| `%s", f->name.data);
	put_cell(arg_forms[f->arg]);
	printf("` | %s | %s | ", value_types[f->type].name, flags.data);
	put_cell(f->meaning);
	printf(" | ");
	if (*f->example) {
		putchar('`');
		put_cell(f->example);
		putchar('`');
	}
	puts(" |");
}

static void markdown_page(int source)
{
	puts("# Fields\n\n"
	     "Made by `merlon rules fields --markdown`; [rules.md](rules.md) says how rules use them.\n\n"
	     "A field that an event does not have makes every check on it false. Under *properties*: "
	     "**list** fields yield several values\nat once and can be compared with `exists`, `in` "
	     "and `intersects`; **any** fields have several values and a check holds if it\nholds for "
	     "one of them; **either end** is the same for the two ends of a connection, where `!=` "
	     "wants both to differ;\n**kernel** fields are known where the event happens. "
	     "`[INDEX]?` may be left out, `[INDEX]` may not.");
	for (int s = 0; s < EVENT_SOURCES; s++) {
		if (source >= 0 && source != s)
			continue;
		printf("\n## %s\n\n%s.\n\n| field | type | properties | meaning | example |\n"
		       "| --- | --- | --- | --- | --- |\n",
		       event_sources[s].name.data, event_sources[s].meaning.data);
		for (uint32_t i = 0; i < event_field_count; i++)
			if (event_fields[i].sources >> s & 1)
				markdown_row(&event_fields[i]);
	}
}

static int run(const struct arguments *args, struct error *err)
{
	const char *name = arg_value(args, "source");
	int source = name ? event_source_find(text_of(name)) : -1;
	cleanup_json json_t *list = json_array();
	bool json = arg_flag(args, "json"), any = false;
	size_t n;
	char **patterns = arg_operands(args, &n);

	if (name && source < 0)
		return error_set(err, EINVAL, "\"%s\" is no source: syscall, k8s_audit", name);
	if (arg_flag(args, "markdown")) {
		markdown_page(source);
		return EXIT_OK;
	}
	for (uint32_t i = 0; i < event_field_count; i++) {
		const struct field_def *f = &event_fields[i];

		if (!is_wanted(f, source, patterns, n))
			continue;
		any = true;
		if (json)
			json_array_append_new(list, field_json(f));
		else
			show_row(f);
	}
	if (json)
		print_json(list);
	return any ? EXIT_OK : EXIT_NEGATIVE;
}

const struct command cmd_rules_fields = {
	.name = "fields",
	.summary = "list what conditions and outputs can name",
	.operands = "[PATTERN]...",
	.description = "PATTERN is a part of a name, or a shell pattern for a whole one.",
	.examples = "  merlon rules fields proc.\n"
		    "  merlon rules fields --source k8s_audit --json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
