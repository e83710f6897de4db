/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/custom_load.h"
#include "cli/print_json.h"
#include "inspect/check.h"

static const struct option_def options[] = {
	{ "severity", 's', "SEVERITY", "only checks at least that severe", false, COMPLETE_WORDS,
	  "low medium high critical" },
	CUSTOM_CHECKS_OPTION,
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static json_t *words_json(const char *words)
{
	json_t *list = json_array();

	while (words && *words) {
		size_t len = strcspn(words, " ");

		json_array_append_new(list, json_stringn(words, len));
		words += len + strspn(words + len, " ");
	}
	return list;
}

static json_t *kinds_json(uint64_t bits)
{
	json_t *list = json_array();

	for (int k = 0; k < KINDS; k++)
		if (bits & KIND_BIT(k))
			json_array_append_new(list, json_string(kinds[k].name));
	return list;
}

static json_t *fix_json(const struct fix *f)
{
	static const char *const ops[] = { "none", "set", "add", "remove" };

	if (f->op == FIX_NONE)
		return json_null();
	return json_pack("{ss sb ss*  ss* ss}", "operation", ops[f->op], "aggressive",
			 (int)f->aggressive, "path", f->path, "value", f->value, "why", f->why);
}

static json_t *check_json(const struct check *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(c->id));
	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "title", json_string(c->title));
	json_object_set_new(o, "severity", json_string(severity_names[c->severity]));
	json_object_set_new(o, "category", json_string(category_names[c->category]));
	json_object_set_new(o, "attack", json_string(c->attack));
	json_object_set_new(o, "suggestion", json_string(c->suggest));
	json_object_set_new(o, "fix", fix_json(&c->fix));
	json_object_set_new(o, "aliases", words_json(c->aliases));
	json_object_set_new(o, "links", words_json(c->links));
	json_object_set_new(o, "kinds", kinds_json(c->kinds));
	json_object_set_new(o, "since", c->since ? json_sprintf("1.%u", c->since) : json_null());
	json_object_set_new(o, "until", c->until ? json_sprintf("1.%u", c->until) : json_null());
	json_object_set_new(o, "optional", json_boolean(c->optional));
	return o;
}

static void show(const struct check *c)
{
	printf("%s %s: %s\n\n  severity   %s%s\n  category   %s\n", c->id, c->name, c->title,
	       severity_names[c->severity], c->optional ? ", optional" : "",
	       category_names[c->category]);
	if (c->since || c->until)
		printf("  versions   1.%u to %s%.0u\n", c->since, c->until ? "1." : "now",
		       c->until);
	printf("  attack     %s\n  suggestion %s\n", c->attack, c->suggest);
	if (c->fix.op != FIX_NONE)
		printf("  --fix      %s: %s\n", c->fix.aggressive ? "aggressive" : "harmless",
		       c->fix.why);
	if (*c->aliases)
		printf("  elsewhere  %s\n", c->aliases);
	if (c->links)
		printf("  more       %s\n", c->links);
	putchar('\n');
}

static bool is_wanted(const struct check *c, char **names, size_t n, enum severity least)
{
	bool named = !n;

	for (size_t i = 0; i < n && !named; i++)
		named = check_is_called(c, text_of(names[i]));
	return named && c->severity >= least;
}

struct listing {
	char **names;
	size_t count, found;
	enum severity least;
	json_t *json; /* NULL: text */
};

static void list_check(struct listing *l, const struct check *c)
{
	if (!is_wanted(c, l->names, l->count, l->least))
		return;
	l->found++;
	if (l->json)
		json_array_append_new(l->json, check_json(c));
	else if (l->count)
		show(c);
	else
		printf("%-8s  %-8s  %-12s  %s%s\n", c->id, severity_names[c->severity],
		       category_names[c->category], c->title, c->optional ? " (optional)" : "");
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *list = json_array();
	const char *severity = arg_value(args, "severity");
	struct listing l = { .json = arg_flag(args, "json") ? list : NULL };
	struct custom_checks custom = { 0 };
	int r;

	l.names = arg_operands(args, &l.count);
	if (severity && !severity_parse(severity, &l.least))
		return error_set(err, USAGE_ERROR, "\"%s\" is no severity", severity);
	r = custom_load(&custom, args, err);
	if (!r && !arg_value(args, "checks"))
		check_foreach (c)
			list_check(&l, c);
	if (!r)
		check_group_foreach(c, &custom.group) list_check(&l, c);
	if (!r && !l.found && l.count)
		r = error_set(err, ENOENT, "\"%s\" is no check, here or in a tool that is known",
			      l.names[0]);
	if (!r && l.json)
		print_json(list);
	custom_checks_deinit(&custom);
	return r ? r : EXIT_OK;
}

static const struct command *const subcommands[] = { &cmd_checks_fields, &cmd_checks_test, NULL };

const struct command cmd_checks = {
	.name = "checks",
	.summary = "list what merlon inspect looks for",
	.operands = "[CHECK]...",
	.description =
		"Without a name, one line for each check; with names, all that there is to say about them. A "
		"check's name in another tool will do: KSV-0017, CKV_K8S_16, runAsPrivileged. With --checks, those of "
		"these files instead.",
	.examples = "  merlon checks\n"
		    "  merlon checks KSV-0017 hostPIDSet\n"
		    "  merlon checks --json --severity high\n"
		    "  merlon checks --checks checks/\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.subcommands = subcommands,
};
