/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static const struct command *const events_commands[] = { &cmd_events_convert, &cmd_events_record,
							 &cmd_events_types, NULL };

const struct command cmd_events = {
	.name = "events",
	.summary = "record events of the kernel, convert them, list what can happen",
	.subcommands = events_commands,
};
