/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/profile_text.h"
#include "profile/diff.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	{ "setup", 0, NULL, "also what the runtime did before it loaded the container's filter",
	  false, COMPLETE_NONE, NULL },
};

static void print_json(const struct diff *d)
{
	cleanup_json json_t *list = json_array();

	vec_foreach(e, &d->entries) {
		const char sign[2] = { e->sign, '\0' };
		json_t *o = json_object();

		json_object_set_new(o, "kind", json_string(diff_kind_names[e->kind]));
		json_object_set_new(o, "sign", json_string(sign));
		json_object_set_new(o, "layer", json_string(profile_layer_names[e->layer]));
		json_object_set_new(o, "what", json_string(e->what));
		json_set_string(o, "how", e->how);
		json_array_append_new(list, o);
	}
	json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
}

static void print_text(const struct diff *d)
{
	vec_foreach(e, &d->entries) {
		printf("%c %-10s %s", e->sign, diff_kind_names[e->kind], shown_path(e->what));
		if (e->how && *e->how)
			printf(": %s", e->how);
		if (e->layer != PROFILE_APP)
			printf("  [%s]", profile_layer_names[e->layer]);
		putchar('\n');
	}
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *a = NULL, *b = NULL;
	cleanup_diff struct diff d = { 0 };
	size_t n;
	char **files = arg_operands(args, &n);
	int r;

	if (n != 2)
		return error_set(err, EINVAL, "name two profiles");
	a = profile_load(files[0], err);
	b = a ? profile_load(files[1], err) : NULL;
	if (!b)
		return -err->code;
	r = diff_build(&d, a, b, arg_flag(args, "setup"));
	if (r)
		return error_errno(err, -r, "differences");
	if (arg_flag(args, "json"))
		print_json(&d);
	else
		print_text(&d);
	return d.entries.len ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_profile_diff = {
	.name = "diff",
	.summary = "compare two profiles",
	.operands = "PROFILE PROFILE",
	.description =
		"Prints what only the first has (-), what only the second has (+), and what both "
		"have but not alike (~): system calls with their arguments, capabilities, files, "
		"network, executables. Counts and times are no differences. Exits with 1 if there "
		"is one.",
	.examples = "  merlon profile diff web-1.merlon.json web-2.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
