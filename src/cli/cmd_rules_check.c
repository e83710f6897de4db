/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"
#include "rules/program.h"

static const struct option_def options[] = {
	{ "strict", 0, NULL, "warnings count as errors", false, COMPLETE_NONE, NULL },
	{ "quiet", 'q', NULL, "say nothing of warnings", false, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void show_json(const struct rules_loaded *l, bool good)
{
	cleanup_json json_t *o = json_object();
	json_t *list = json_array();

	vec_foreach(d, &l->diags.items)
		json_array_append_new(list, diag_json(d));
	json_object_set_new(o, "good", json_boolean(good));
	json_object_set_new(o, "errors", json_integer((json_int_t)l->diags.errors));
	json_object_set_new(o, "warnings", json_integer((json_int_t)l->diags.warnings));
	json_object_set_new(o, "files", json_integer((json_int_t)l->set->contents.len));
	json_object_set_new(o, "rules", json_integer((json_int_t)l->set->rules.len));
	json_object_set_new(o, "macros", json_integer((json_int_t)l->set->macros.len));
	json_object_set_new(o, "lists", json_integer((json_int_t)l->set->lists.len));
	json_object_set_new(o, "diagnostics", list);
	print_json(o);
}

static void count(size_t n, const char *what, const char *before)
{
	printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static void show_text(const struct rules_loaded *l, bool quiet)
{
	rules_show_diags(l, !quiet, stdout);
	count(l->set->contents.len, "file", "");
	count(l->set->rules.len, "rule", ": ");
	count(l->set->macros.len, "macro", ", ");
	count(l->set->lists.len, "list", ", ");
	count(l->diags.errors, "error", "; ");
	count(l->diags.warnings, "warning", ", ");
	putchar('\n');
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	int r = rules_load(args, 0, &l, err);
	bool good;

	if (r)
		return r;
	good = !l.diags.errors && !(arg_flag(args, "strict") && l.diags.warnings);
	if (!l.diags.errors) {
		cleanup_program struct program *p = program_new(l.set, MATCHING_FIRST);

		if (!p)
			return error_errno(err, ENOMEM, "these rules, compiled");
	}
	if (arg_flag(args, "json"))
		show_json(&l, good);
	else
		show_text(&l, arg_flag(args, "quiet"));
	return good ? EXIT_OK : EXIT_NEGATIVE;
}

const struct command cmd_rules_check = {
	.name = "check",
	.summary = "say what is wrong with rule files",
	.operands = "FILE|DIRECTORY...",
	.description =
		"Loads the files in the order given (those of a directory by name), as they would be "
		"loaded to guard: later files may change what earlier ones define. Every problem is "
		"shown at once, with its place and, where one is known, a remedy. The exit status is "
		"1 if there are errors.",
	.examples = "  merlon rules check falco_rules.yaml my_rules.yaml\n"
		    "  merlon rules check --json rules.d # for editors\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
