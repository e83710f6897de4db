/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static const struct command *const profile_commands[] = {
	&cmd_profile_show,
	&cmd_profile_explain,
	&cmd_profile_learn,
	&cmd_profile_export,
	&cmd_profile_check,
	&cmd_profile_import,
	&cmd_profile_from_strace,
	&cmd_profile_diff,
	&cmd_profile_merge,
	&cmd_profile_intersect,
	&cmd_profile_lint,
	&cmd_profile_sweep,
	NULL,
};

const struct command cmd_profile = {
	.name = "profile",
	.summary = "look at profiles and turn them into what confines",
	.subcommands = profile_commands,
};
