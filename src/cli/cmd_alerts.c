/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_alerts.h"

#include "base/cleanup.h"
#include "cli/commands.h"

static const struct command *const alerts_commands[] = {
	&cmd_alerts_list,	&cmd_alerts_show,
	&cmd_alerts_stats,	&cmd_alerts_ack,
	&cmd_alerts_suppress,	&cmd_alerts_suppressions,
	&cmd_alerts_unsuppress, &cmd_alerts_import,
	&cmd_alerts_forward,	NULL,
};

static const struct option_def options[] = { ALERTS_LIST_OPTIONS };

const struct command cmd_alerts = {
	.name = "alerts",
	.summary = "list alerts, tell the story of one, acknowledge and suppress",
	.description = ALERTS_LIST_DESCRIPTION,
	.examples = "  merlon alerts --since 1h --priority warning\n"
		    "  merlon alerts --container web --follow\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = alerts_list,
	.subcommands = alerts_commands,
};
