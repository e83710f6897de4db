/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/policy_options.h"
#include "confine/bundle.h"
#include "confine/process.h"
#include "profile/json.h"

static const struct option_def options[] = {
	{ "profile", 'p', "FILE", "the profile (NAME.merlon.json)", false, COMPLETE_FILE, NULL },
	{ "bundle", 'b', "DIR", "write the profile into this OCI bundle's config.json", false,
	  COMPLETE_DIR, NULL },
	POLICY_OPTION_ROWS,
};

static int run(const struct arguments *args, struct error *err)
{
	const char *path = arg_value(args, "profile"), *bundle = arg_value(args, "bundle");
	cleanup_profile struct profile *p = NULL;
	cleanup_policy struct policy policy = { 0 };
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	size_t n;
	char **command = arg_operands(args, &n);
	int r;

	if (!path || (!bundle && !n) || (bundle && n))
		return error_set(err, USAGE_ERROR,
				 "give --profile, and either --bundle or a command after --");
	r = policy_options_read(args, &o, &allow, err);
	if (r)
		return r;
	p = profile_load(path, err);
	if (!p)
		return -err->code;
	if (bundle)
		return bundle_confine(bundle, p, &o, err);
	r = policy_build(&policy, p, &o.policy, err);
	if (r)
		return r;
	return process_confine_and_exec(&policy, o.default_errno, policy_capabilities(p, &o.policy),
					command, err);
}

static const struct command *const subcommands[] = { &cmd_confine_agent, &cmd_confine_verify,
						     &cmd_confine_watch, NULL };

const struct command cmd_confine = {
	.name = "confine",
	.summary = "run a command, or set up a container, under a profile",
	.operands = "[-- COMMAND [ARGUMENT]...]",
	.description =
		"With a command: drops every capability that the profile does not use, sets "
		"no_new_privs, loads the seccomp filter and executes the command. If that fails, "
		"nothing was executed.\n\n"
		"With --bundle: replaces linux.seccomp and process.capabilities in the bundle's "
		"config.json; the file as it was is kept as config.json.before-merlon.",
	.examples = "  merlon confine -p web.merlon.json -- nginx -g 'daemon off;'\n"
		    "  merlon confine -p web.merlon.json --bundle /srv/web\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.subcommands = subcommands,
	.command_follows = true,
};
