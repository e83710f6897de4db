/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "respond/ledger.h"

static const struct option_def options[] = {
	{ "responses", 0, "DIR", "where responses are noted, instead of in " LEDGER_PATH, false,
	  COMPLETE_DIR, NULL },
};

static int run(const struct arguments *args, struct error *err)
{
	const char *directory = arg_value(args, "responses");
	uint64_t policy;
	struct ledger l;
	int r;

	if (geteuid() != 0)
		return error_set(err, EPERM, "confirming needs root");
	r = ledger_open(&l, directory ? directory : LEDGER_PATH, err);
	if (r)
		return r;
	policy = ledger_pending(&l);
	if (!policy || policy == ledger_confirmed(&l))
		return error_set(err, ENOENT, "no policy waits to be confirmed");
	return ledger_confirm(&l, policy, err);
}

const struct command cmd_policy_confirm = {
	.name = "confirm",
	.summary = "keep the policy that a guard with --confirm-within has loaded",
	.description =
		"Without it, what the policy did is undone when the time is up, and from then on it only says what it "
		"would do. A policy that was confirmed stays so, until a file of it changes.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
