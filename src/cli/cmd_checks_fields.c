/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "inspect/custom/field.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static int run(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *list = json_array();
	bool json = arg_flag(args, "json");

	for (const struct view_field *f = view_fields; f->name; f++) {
		if (json)
			json_array_append_new(list,
					      json_pack("{ss ss sb sb sb}", "name", f->name, "help",
							f->help, "list", (int)f->list, "number",
							(int)f->number, "argument", (int)f->arg));
		else
			printf("%-27s %-7s %s\n", f->name,
			       f->list	 ? "list" :
			       f->number ? "number" :
					   "text",
			       f->help);
	}
	if (json)
		json_dumpf(list, stdout, JSON_INDENT(2));
	return EXIT_OK;
}

const struct command cmd_checks_fields = {
	.name = "fields",
	.summary = "list what conditions of your own checks may name",
	.operands = "",
	.description =
		"One line for each field of the workload view: its name, whether it yields a text, a number or a list "
		"of texts, and what it says. Fields of the container, its pod and the object can be named by a check "
		"with the target container, those of the pod and the object by one with the target pod.",
	.examples = "  merlon checks fields\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
