/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/commands.h"
#include "cli/host_options.h"
#include "cli/profile_text.h"
#include "profile/import.h"

static const struct option_def options[] = {
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
	HOST_OPTION_ROWS,
};

static int run(const struct arguments *args, struct error *err)
{
	cleanup_input struct input in = { 0 };
	struct seccomp_host host;
	size_t n;
	char **files = arg_operands(args, &n);
	int r = host_options_read(args, &host, err);

	if (r)
		return r;
	if (n != 1)
		return error_set(err, EINVAL, "name one file");
	r = input_load(&in, files[0], &host, err);
	if (!r && in.kind == INPUT_PROGRAM)
		return error_set(err, EINVAL,
				 "%s: a finished program does not say which rules it came "
				 "of; check --against takes it",
				 files[0]);
	if (!r && in.kind == INPUT_RULES)
		r = profile_from_rules(&in.profile, files[0], &in.rules, &in.notes);
	if (r)
		return err->code ? r : error_errno(err, -r, "%s", files[0]);
	notes_print(&in.notes);
	return profile_output(in.profile, arg_value(args, "output"), err);
}

const struct command cmd_profile_import = {
	.name = "import",
	.summary = "make a profile from rules that something else wrote",
	.operands = "FILE",
	.description =
		"Reads seccomp rules (the OCI dialect, Docker's and containers/common's with includes, "
		"excludes and minKernel, an OCI bundle's config.json, a SeccompProfile resource in YAML "
		"or JSON), AppArmor's text, or a trace of strace or sysdig; the file's contents tell "
		"which. What has no place in a profile is listed on standard error with its place.\n\n"
		"An imported profile allows what the rules allow; export it with --without-closure to "
		"add nothing to that.",
	.examples = "  merlon profile import docker-default.json -o docker.merlon.json\n"
		    "  merlon profile import --cap CAP_SYS_PTRACE docker-default.json | less\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
