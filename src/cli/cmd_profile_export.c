/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/fs.h"
#include "cli/commands.h"
#include "cli/policy_options.h"
#include "cli/profile_text.h"

static const struct option_def options[] = {
	{ "format", 'f', "FORMAT", "one of those below", false, COMPLETE_WORDS,
	  "seccomp capabilities cbpf cbpf-raw cbpf-listing" },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
	{ "two-phase", 0, "SOCKET",
	  "ask merlon confine agent, at this socket, about calls that belong to the start alone "
	  "(seccomp)",
	  false, COMPLETE_FILE, NULL },
	POLICY_OPTION_ROWS,
};

static int unknown_format(const char *name, struct error *err)
{
	struct buf list = BUF_INIT;
	int r;

	for (size_t i = 0; profile_backends[i]; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", profile_backends[i]->name);
	r = error_set(err, USAGE_ERROR, "%s%s%s is one of: %s", name ? "\"" : "", name ? name : "",
		      name ? "\" is no format; --format" : "--format", list.data);
	buf_deinit(&list);
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *format = arg_value(args, "format"), *path = arg_value(args, "output");
	const struct profile_backend *b = format ? profile_backend_find(format) : NULL;
	cleanup_profile struct profile *p = NULL;
	cleanup_free const char **allow = NULL;
	cleanup_buf struct buf out = BUF_INIT;
	struct backend_options o;
	int r;

	if (!b)
		return unknown_format(format, err);
	p = profile_operand(args, err);
	r = p ? policy_options_read(args, &o, &allow, err) : -err->code;
	if (!r) {
		o.agent_socket = arg_value(args, "two-phase");
		o.policy.with_listener = o.agent_socket;
	}
	if (!r)
		r = b->emit(p, &o, &out, err);
	if (!r && out.failed)
		r = error_errno(err, ENOMEM, "%s", b->name);
	if (r)
		return r;
	if (path)
		return fs_write_atomic(path, out.data, out.len, 0644, err);
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_OK;
}

const struct command cmd_profile_export = {
	.name = "export",
	.summary = "write a profile in the form that something else reads",
	.operands = "PROFILE",
	.description =
		"Formats:\n\n"
		"seccomp: the OCI dialect, for runc, crun, containerd, CRI-O and Kubernetes' "
		"Localhost profiles. Rules are grouped by why they are there. Architectures other "
		"than the native one are listed only if they were used.\n\n"
		"capabilities: what to drop and to add, as Kubernetes, OCI and docker want it.\n\n"
		"cbpf: the filter as a finished program of classic BPF, in base64, for crun's "
		"annotation run.oci.seccomp_bpf_data. Calls that were made most are asked for first; "
		"the program is proven against its rules before it is written, and never longer than "
		"the 4096 instructions that the kernel takes.\n\n"
		"cbpf-raw: the same in bytes (an array of struct sock_filter).\n\n"
		"cbpf-listing: the same to read, with the names of calls.",
	.examples = "  merlon profile export -f seccomp web.merlon.json -o web.json\n"
		    "  merlon profile export -f seccomp --arguments strict web.merlon.json\n"
		    "  merlon profile export -f cbpf-listing web.merlon.json | less\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
