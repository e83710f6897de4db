/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/commands.h"
#include "version.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static int run(const struct arguments *args, struct error *err)
{
	(void)err;
	if (arg_flag(args, "json"))
		printf("{\"version\": \"%s\"}\n", MERLON_VERSION);
	else
		printf("merlon %s\n", MERLON_VERSION);
	return EXIT_OK;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "print the version",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
