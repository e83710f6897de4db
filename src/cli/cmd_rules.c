/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static const struct command *const rules_commands[] = {
	&cmd_rules_check,  &cmd_rules_list, &cmd_rules_show, &cmd_rules_explain,
	&cmd_rules_fields, &cmd_rules_test, &cmd_rules_fmt,  NULL,
};

const struct command cmd_rules = {
	.name = "rules",
	.summary = "check, read, test and format detection rules",
	.subcommands = rules_commands,
};
