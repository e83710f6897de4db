/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/fs.h"
#include "cli/commands.h"
#include "cli/export_options.h"
#include "cli/export_set.h"
#include "cli/profile_text.h"

static const struct option_def options[] = {
	{ "format", 'f', "FORMAT", "which of the formats below", false, COMPLETE_WORDS,
	  "seccomp seccomp-docker capabilities cbpf cbpf-raw cbpf-listing apparmor selinux kubernetes networkpolicy spo docker podman systemd deny deny-policy" },
	{ "all", 'a', NULL, "write every format, and a README of how to apply each, into --output",
	  false, COMPLETE_NONE, NULL },
	{ "output", 'o', "FILE",
	  "write here instead of to standard output; with --all, a directory", false, COMPLETE_FILE,
	  NULL },
	EXPORT_OPTION_ROWS,
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

static int export_one(const struct profile *p, const struct profile_backend *b,
		      const struct backend_options *o, const char *path, struct error *err)
{
	cleanup_buf struct buf out = BUF_INIT;
	int r = b->emit(p, o, &out, err);

	if (!r && out.failed)
		r = error_errno(err, ENOMEM, "%s", b->name);
	if (r)
		return r;
	if (path)
		return fs_write_atomic(path, out.data, out.len, 0644, err);
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_OK;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *format = arg_value(args, "format"), *path = arg_value(args, "output");
	const struct profile_backend *b = format ? profile_backend_find(format) : NULL;
	cleanup_export_options struct export_options o = { 0 };
	cleanup_profile struct profile *p = NULL;
	bool all = arg_flag(args, "all");
	int r;

	if (all && (format || !path))
		return error_set(err, USAGE_ERROR,
				 "--all goes with --output DIRECTORY, and without --format");
	if (!all && !b)
		return unknown_format(format, err);
	p = profile_operand(args, err);
	r = p ? export_options_read(args, &o, err) : -err->code;
	if (r)
		return r;
	return all ? export_set(p, &o.backend, path, err) : export_one(p, b, &o.backend, path, err);
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
		"seccomp-docker: the same in the dialect of Docker and containers-common; a call that was "
		"seen to use a capability, and is of no use without, is tied to that capability.\n\n"
		"capabilities: what to drop and to add, as Kubernetes, OCI and docker want it.\n\n"
		"cbpf: the filter as a finished program of classic BPF, in base64, for crun's "
		"annotation run.oci.seccomp_bpf_data. Calls that were made most are asked for first; "
		"the program is proven against its rules before it is written, and never longer than "
		"the 4096 instructions that the kernel takes.\n\n"
		"cbpf-raw: the same in bytes (an array of struct sock_filter).\n\n"
		"cbpf-listing: the same to read, with the names of calls.\n\n"
		"apparmor: a complete profile for apparmor_parser, in the language of AppArmor 3.0. Numbers "
		"in the names of files that the workload makes are patterns, unless --exact-paths.\n\n"
		"selinux: a module in CIL on the templates of container-selinux (udica's). Files of the "
		"container need no rules; a volume that keeps labels of the host's does: from what was recorded, or --label.\n\n"
		"kubernetes: a patch for the security context in a pod template: profiles, capabilities, user, "
		"privilege escalation, read-only root, in the spelling of --kubernetes-version.\n\n"
		"networkpolicy: a NetworkPolicy from what was listened on and sent to.\n\n"
		"spo: resources of the Security Profiles Operator.\n\n"
		"docker, podman: flags on one line, for docker run $(cat FILE) IMAGE.\n\n"
		"systemd: a drop-in for a service that is no container.\n\n"
		"deny: rules that deny whatever was not recorded, for merlon deny on: programs, files that are written "
		"(--files), connections (--egress), mounts and the like.\n\n"
		"deny-policy: a policy that binds those to containers of the image that was recorded, or to --container.\n\n"
		"What is written depends on the profile and the options alone, so that it can be kept under "
		"version control.",
	.examples =
		"  merlon profile export -f seccomp web.merlon.json -o web.json\n"
		"  merlon profile export -f seccomp --arguments strict web.merlon.json\n"
		"  merlon profile export -f cbpf-listing web.merlon.json | less\n"
		"  merlon profile export -f apparmor --complain web.merlon.json\n"
		"  merlon profile export -f kubernetes --kubernetes-version 1.27 web.merlon.json\n"
		"  merlon profile export -f deny --files all web.merlon.json -o web.yaml\n"
		"  merlon profile export --all -o web/ web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
