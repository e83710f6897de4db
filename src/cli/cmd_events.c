/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static const struct command *const events_commands[] = { &cmd_events_convert, &cmd_events_types,
							 NULL };

const struct command cmd_events = {
	.name = "events",
	.summary = "convert recorded events, list what can happen",
	.subcommands = events_commands,
};
