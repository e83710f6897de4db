/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter as a finished program of classic BPF, by our own compiler: for runtimes that take one in
 * place of rules (crun: annotation run.oci.seccomp_bpf_data), and for people who want to read it.
 * Every program is proven against its rules before it is written.
 */
#include "profile/backend.h"

#include <errno.h>

#include "base/base64.h"
#include "profile/cbpf/program.h"

static int build(struct cbpf_program *program, struct policy *policy, const struct profile *p,
		 const struct backend_options *o, struct error *err)
{
	cleanup_cbpf_filter struct cbpf_filter filter = { 0 };
	int r = policy_build(policy, p, &o->policy, err);

	if (!r)
		r = cbpf_filter_from_policy(&filter, policy, o->default_errno, err);
	if (o->complain)
		filter.otherwise = filter.foreign = SECCOMP_RET_LOG;
	return r ? r : cbpf_compile(program, &filter, err);
}

static int emit_base64(const struct profile *p, const struct backend_options *o, struct buf *out,
		       struct error *err)
{
	cleanup_policy struct policy policy = { 0 };
	cleanup_cbpf_program struct cbpf_program program = { 0 };
	int r = build(&program, &policy, p, o, err);

	if (r)
		return r;
	base64_encode(out, program.code.items, program.code.len * sizeof(*program.code.items));
	buf_add_char(out, '\n');
	return 0;
}

static int emit_raw(const struct profile *p, const struct backend_options *o, struct buf *out,
		    struct error *err)
{
	cleanup_policy struct policy policy = { 0 };
	cleanup_cbpf_program struct cbpf_program program = { 0 };
	int r = build(&program, &policy, p, o, err);

	if (!r)
		buf_add(out, program.code.items, program.code.len * sizeof(*program.code.items));
	return r;
}

static int emit_listing(const struct profile *p, const struct backend_options *o, struct buf *out,
			struct error *err)
{
	cleanup_policy struct policy policy = { 0 };
	cleanup_cbpf_program struct cbpf_program program = { 0 };
	size_t constant = 0;
	int r = build(&program, &policy, p, o, err);

	if (r)
		return r;
	vec_foreach(e, &policy.entries)
		constant += !e->matches.len && !e->deflected && !e->logged;
	buf_addf(out, "; %zu instructions of at most %d; %zu calls are decided\n", program.code.len,
		 CBPF_PROGRAM_MAX, policy.entries.len);
	buf_addf(out,
		 "; %zu of them are allowed whatever the arguments: since 5.11 the kernel does "
		 "not run the program for these\n",
		 constant);
	cbpf_list(&program, out);
	return out->failed ? error_errno(err, ENOMEM, "listing") : 0;
}

const struct profile_backend profile_backend_cbpf = {
	.name = "cbpf",
	.suffix = "seccomp.cbpf",
	.summary = "seccomp filter as a program, in base64 (crun: run.oci.seccomp_bpf_data)",
	.apply = "With crun, in a container's annotations: `run.oci.seccomp_bpf_data` is what @FILE@ says. It takes the place of "
		 "the seccomp rules.",
	.emit = emit_base64,
};

const struct profile_backend profile_backend_cbpf_raw = {
	.name = "cbpf-raw",
	.suffix = "seccomp.bpf",
	.summary = "seccomp filter as a program, in bytes (an array of struct sock_filter)",
	.apply =
		"For programs that load a filter themselves: `prctl(PR_SET_SECCOMP)` takes these bytes as they are.",
	.emit = emit_raw,
};

const struct profile_backend profile_backend_cbpf_listing = {
	.name = "cbpf-listing",
	.suffix = "seccomp.bpf.txt",
	.summary = "seccomp filter as a program, to read",
	.apply = "Nothing to apply: the same program to read.",
	.emit = emit_listing,
};
