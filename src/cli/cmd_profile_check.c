/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/host_options.h"
#include "cli/policy_options.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "profile/check.h"
#include "profile/input.h"
#include "uapi/capability.h"

static const struct option_def options[] = {
	{ "against", 'a', "FILE", "what to hold the profile to, or it to", false, COMPLETE_FILE,
	  NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	POLICY_OPTION_ROWS,
	HOST_OPTION_ROWS,
};

/* Who did something, and what would have been in force. */
struct sides {
	const struct profile *did;
	const char *did_name, *force_name;
	const struct cbpf_filter *rules;
	const struct cbpf_program *program;
	uint64_t caps; /* capabilities refused */
};

static const struct {
	const char *name, *why; /* no reason: what the filter answers */
} verdicts[] = {
	[CHECK_PERMITTED] = { "permitted", NULL },
	[CHECK_DEPENDS] = { "depends", "an argument that was not recorded decides" },
	[CHECK_DEFLECTED] = { "deflected", "answered with ENOSYS, on which libc takes clone" },
	[CHECK_DENIED] = { "denied", NULL },
};

static void arguments_text(const struct check_finding *f, const char *name, char *out, size_t size)
{
	const struct sys_arg_plan *plan = sys_arg_plan(name);
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; f->values && plan && i < plan->count && at < size; i++)
		at += (size_t)snprintf(out + at, size - at,
				       plan->arg[i].flags ? "%s%s=0x%" PRIx64 : "%s%s=%" PRIu64,
				       at ? ", " : "", plan->arg[i].name, f->values[i]);
}

static const char *call_name(const struct profile_call *c, char room[32])
{
	const char *name = sys_call_name(c->arch, (int)c->nr);

	snprintf(room, 32, "call-%u", c->nr);
	return name ? name : room;
}

static json_t *finding_json(const struct check_finding *f)
{
	char room[32], action[64], arguments[160];
	const char *name = call_name(f->call, room);
	json_t *o = json_object();

	cbpf_action_text(f->action, action, sizeof(action));
	arguments_text(f, name, arguments, sizeof(arguments));
	json_object_set_new(o, "verdict", json_string(verdicts[f->verdict].name));
	json_object_set_new(o, "call", json_string(name));
	json_object_set_new(o, "arch", json_string(sys_archs[f->call->arch].name));
	json_object_set_new(o, "layer", json_string(profile_layer_names[f->call->layer]));
	json_object_set_new(o, "answer", json_string(action));
	json_object_set_new(o, "count", json_u64(f->count));
	if (*arguments)
		json_object_set_new(o, "arguments", json_string(arguments));
	return o;
}

static void print_as_json(const struct sides *s, const struct check *c)
{
	cleanup_json json_t *o = json_object();
	json_t *findings = json_array(), *caps = json_array();

	vec_foreach(f, &c->findings)
		json_array_append_new(findings, finding_json(f));
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (s->caps >> cap & 1)
			json_array_append_new(caps, json_string(sys_cap_name(cap)));
	json_object_set_new(o, "asked", json_u64(c->asked));
	json_object_set_new(o, "denied", json_u64(c->denied));
	json_object_set_new(o, "depends", json_u64(c->depends));
	json_object_set_new(o, "findings", findings);
	json_object_set_new(o, "capabilitiesDenied", caps);
	print_json(o);
}

static void print_text(const struct sides *s, const struct check *c)
{
	printf("What %s did, under %s:\n", shown(s->did_name), shown(s->force_name));
	vec_foreach(f, &c->findings) {
		char room[32], action[64], arguments[160];
		const char *name = call_name(f->call, room);

		cbpf_action_text(f->action, action, sizeof(action));
		arguments_text(f, name, arguments, sizeof(arguments));
		printf("  %-9s %s%s%s%s%s%s: %s, %s times\n", verdicts[f->verdict].name, name,
		       f->call->arch == SYS_ARCH_X86_64 ? "" : "/",
		       f->call->arch == SYS_ARCH_X86_64 ? "" : sys_archs[f->call->arch].name,
		       *arguments ? " (" : "", arguments, *arguments ? ")" : "",
		       verdicts[f->verdict].why ? verdicts[f->verdict].why : action,
		       str_grouped(f->count));
	}
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (s->caps >> cap & 1)
			printf("  denied    %s\n", sys_cap_name(cap));
	printf("%zu of %zu would be denied, %zu depend on what was not recorded\n", c->denied,
	       c->asked, c->depends);
}

static int compare(const struct arguments *args, struct sides *s, const struct policy_options *o,
		   struct error *err)
{
	cleanup_check struct check c = { 0 };
	int r = check_calls(&c, s->did, o, s->rules, s->program);

	if (r)
		return error_errno(err, -r, "simulation");
	if (arg_flag(args, "json"))
		print_as_json(s, &c);
	else
		print_text(s, &c);
	return c.denied || s->caps ? EXIT_NEGATIVE : EXIT_OK;
}

/* A profile's policy in force while another profile, or a trace, was done. */
static int check_policy(const struct arguments *args, const struct profile *force,
			const struct backend_options *o, struct sides *s, struct error *err)
{
	cleanup_cbpf_filter struct cbpf_filter rules = { 0 };
	cleanup_policy struct policy policy = { 0 };
	struct policy_options did = o->policy;
	int r = policy_build(&policy, force, &o->policy, err);

	if (!r)
		r = cbpf_filter_from_policy(&rules, &policy, o->default_errno, err);
	if (r)
		return r;
	s->rules = &rules;
	/* A trace, or imported rules, know nothing of capabilities. */
	if (force->caps.len || force->credentials.known)
		s->caps = policy_capabilities(s->did, &o->policy) &
			  ~policy_capabilities(force, &o->policy);
	/* Where the filter leaves the runtime out, it is not asked either; its agent has no profile. */
	did.with_listener = false;
	r = compare(args, s, &did, err);
	s->rules = NULL;
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_input struct input mine = { 0 }, other = { 0 };
	const char *against = arg_value(args, "against");
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	struct seccomp_host host;
	struct sides s;
	size_t n;
	char **files = arg_operands(args, &n);
	int r = host_options_read(args, &host, err);

	if (!r && (n != 1 || !against))
		r = error_set(err, EINVAL, "name a profile, and what to hold it to with --against");
	if (!r)
		r = policy_options_read(args, &o, &allow, err);
	if (!r)
		r = input_load(&mine, files[0], &host, err);
	if (!r)
		r = input_load(&other, against, &host, err);
	if (r)
		return r;
	notes_print(&mine.notes);
	notes_print(&other.notes);
	if (!mine.profile)
		return error_set(err, EINVAL,
				 "%s is no profile; give the profile first, and this with "
				 "--against",
				 files[0]);
	if (!other.profile) {
		s = (struct sides){ mine.profile, files[0], against, NULL, NULL, 0 };
		if (other.kind == INPUT_PROGRAM)
			s.program = &other.program;
		else
			s.rules = &other.rules;
		return compare(args, &s, &o.policy, err);
	}
	s = (struct sides){ other.profile, against, files[0], NULL, NULL, 0 };
	return check_policy(args, mine.profile, &o, &s, err);
}

const struct command cmd_profile_check = {
	.name = "check",
	.summary = "simulate: what would be denied",
	.operands = "PROFILE",
	.description =
		"With a trace or another profile after --against: what of it would this profile's filter "
		"deny? With seccomp rules (OCI, Docker, a SeccompProfile) or a finished program: what of "
		"this profile would they deny? Nothing runs; the filter is interpreted for every call and "
		"every combination of arguments.\n\n"
		"Exits with 1 if something would be denied. What depends on arguments that were not "
		"recorded is listed, and does not count.",
	.examples = "  merlon profile check web.merlon.json --against /etc/docker/seccomp.json\n"
		    "  merlon profile check web.merlon.json --against trace.strace\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
