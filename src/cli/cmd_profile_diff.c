/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/diff_text.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "profile/diff.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	{ "setup", 0, NULL, "also what the runtime did before it loaded the container's filter",
	  false, COMPLETE_NONE, NULL },
};

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
	if (arg_flag(args, "json")) {
		cleanup_json json_t *list = diff_to_json(&d);

		print_json(list);
	} else {
		diff_print(&d, "");
	}
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
