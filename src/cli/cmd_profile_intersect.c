/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/commands.h"
#include "cli/host_options.h"
#include "cli/profile_list.h"
#include "cli/profile_text.h"
#include "profile/algebra.h"

static const struct option_def options[] = {
	{ "baseline", 'b', "FILE", "seccomp rules of the node: what they deny is taken out", false,
	  COMPLETE_FILE, NULL },
	{ "name", 'n', "NAME", "of the profile (default: intersection)", false, COMPLETE_NONE,
	  NULL },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
	HOST_OPTION_ROWS,
};

static int restrict_to(struct profile *p, const char *baseline, const struct seccomp_host *host,
		       struct error *err)
{
	cleanup_input struct input in = { 0 };
	cleanup_buf struct buf dropped = BUF_INIT;
	int r = input_load(&in, baseline, host, err);

	if (r)
		return r;
	if (in.kind != INPUT_RULES)
		return error_set(err, EINVAL, "%s: these are no seccomp rules", baseline);
	notes_print(&in.notes);
	r = profile_restrict(p, &in.rules, &dropped);
	if (r)
		return error_errno(err, -r, "%s", baseline);
	if (dropped.len)
		fprintf(stderr, "The baseline denies, and these were taken out:\n%s", dropped.data);
	return 0;
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile_list struct profile_list list = { 0 };
	const char *name = arg_value(args, "name"), *baseline = arg_value(args, "baseline");
	cleanup_profile struct profile *p = NULL;
	struct seccomp_host host;
	int r = host_options_read(args, &host, err);

	if (!r)
		r = profile_list_load(&list, args, baseline ? 1 : 2, err);
	if (r)
		return r;
	p = profile_join((const struct profile *const *)list.items.items, list.items.len,
			 list.items.len, name ? name : "intersection");
	if (!p)
		return error_errno(err, ENOMEM, "profile");
	r = baseline ? restrict_to(p, baseline, &host, err) : 0;
	return r ? r : profile_output(p, arg_value(args, "output"), err);
}

const struct command cmd_profile_intersect = {
	.name = "intersect",
	.summary = "make a profile of what all of several have, and a baseline allows",
	.operands = "PROFILE...",
	.description =
		"What every profile has. With --baseline also within seccomp rules (OCI, Docker, a "
		"SeccompProfile), as a node's own policy would cut a workload's: what those deny "
		"is listed on standard error, as the workload will miss it.",
	.examples = "  merlon profile intersect --baseline /usr/share/containers/seccomp.json "
		    "web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
