/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/clock.h"
#include "cli/alert_options.h"
#include "cli/commands.h"

static const struct option_def options[] = {
	{ "reason", 0, "TEXT", "why nothing more needs to be done", false, COMPLETE_NONE, NULL },
	ALERT_STORE_OPTION,
};

static int acknowledge(struct store *s, const char *name, const char *reason, struct error *err)
{
	int64_t id;
	int r = store_find(s, name, &id, err);

	if (!r)
		r = store_acknowledge(s, id, clock_wall_ns(), alert_who(), reason, err);
	if (r >= 0)
		printf("%" PRId64 ": %s\n", id, r ? "was acknowledged before" : "acknowledged");
	return r < 0 ? r : 0;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *reason = arg_value(args, "reason");
	cleanup_store struct store *s = NULL;
	size_t n;
	char **ids = arg_operands(args, &n);
	int r;

	if (!n)
		return error_set(err, USAGE_ERROR,
				 "which alert? merlon alerts list shows their numbers");
	if (!reason || !*reason)
		return error_set(err, USAGE_ERROR,
				 "--reason is missing: who reads it later wants to know");
	r = alert_store(args, true, &s, err);
	for (size_t i = 0; i < n && !r; i++)
		r = acknowledge(s, ids[i], reason, err);
	return r ? r : EXIT_OK;
}

const struct command cmd_alerts_ack = {
	.name = "ack",
	.summary = "acknowledge alerts: somebody has looked at them",
	.operands = "ID...",
	.description =
		"ID is the number of an alert, or the beginning of its uuid. An acknowledged alert "
		"stays in the list, and is left out by --unacknowledged. Who did it, and why, is kept.",
	.examples = "  merlon alerts ack 17 18 --reason \"a drill, ticket 4711\"\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
