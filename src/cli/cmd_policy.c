/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static const struct command *const policy_commands[] = { &cmd_policy_check, &cmd_policy_explain,
							 &cmd_policy_confirm, NULL };

const struct command cmd_policy = {
	.name = "policy",
	.summary = "check, read and confirm what is to be done about alerts",
	.subcommands = policy_commands,
};
