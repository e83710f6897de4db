/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/explain_blocked.h"
#include "cli/policy_options.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	{ "blocked", 0, NULL,
	  "what is blocked instead: by part of the kernel, and vulnerabilities that are cut off",
	  false, COMPLETE_NONE, NULL },
	POLICY_OPTION_ROWS,
};

static void reasons_text(unsigned reasons, char *out, size_t size)
{
	static const struct {
		enum policy_reason reason;
		const char *text;
	} texts[] = {
		{ POLICY_OBSERVED, "the workload made it" },
		{ POLICY_RUNTIME, "the container runtime makes it under the filter" },
		{ POLICY_ENTERED, "an exec session or probe made it" },
		{ POLICY_DENIED, "a filter in force refused it" },
		{ POLICY_ASKED, "asked for with --allow" },
		{ POLICY_CLOSURE, "implied" },
		{ POLICY_PREDICTED, "its code can make it, says the sweep" },
	};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && at < size; i++)
		if (reasons & texts[i].reason)
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? "; " : "",
					       texts[i].text);
}

static void explain_arguments(const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;

	if (!plan)
		return;
	vec_foreach(t, &c->tuples) {
		printf("      %9s times with", str_grouped(t->count));
		for (unsigned i = 0; i < plan->count; i++) {
			const char *family = NULL;

			if (str_eq(plan->arg[i].name, "domain"))
				family = sys_family_name((unsigned)t->values[i]);
			if (family)
				printf(" %s=%s", plan->arg[i].name, family);
			else
				printf(plan->arg[i].flags ? " %s=0x%" PRIx64 : " %s=%" PRIu64,
				       plan->arg[i].name, t->values[i]);
		}
		putchar('\n');
	}
	if (c->range.count)
		printf("      %9s times with values that were too many to list\n",
		       str_grouped(c->range.count));
}

static void explain_evidence(const struct profile *p, const profile_evidence_list *list)
{
	vec_foreach(e, list) {
		char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];

		clock_format(e->first_ns, first);
		clock_format(e->last_ns, last);
		printf("      %9s times by %s, first %.23sZ, last %.23sZ\n", str_grouped(e->count),
		       shown_path(p->executables.items[e->exe]), first, last);
	}
}

static void explain_call(const struct profile *p, const struct policy_entry *e)
{
	char reasons[256];

	reasons_text(e->reasons, reasons, sizeof(reasons));
	printf("%s: %s\n", e->name,
	       e->deflected ? "answered with ENOSYS" :
	       e->logged    ? "allowed and logged" :
			      "allowed");
	printf("    because %s\n", reasons);
	if (e->why)
		printf("    %s\n", e->why);
	if (e->widened)
		printf("    %s\n", e->widened);
	if (e->matches.len)
		printf("    only with %zu combination%s of arguments\n", e->matches.len,
		       e->matches.len == 1 ? "" : "s");
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (!name || !str_eq(name, e->name))
			continue;
		printf("    %s%s%s%s\n", profile_layer_names[c->layer],
		       c->arch == SYS_ARCH_X86_64 ? "" : ", as ",
		       c->arch == SYS_ARCH_X86_64 ? "" : sys_archs[c->arch].name,
		       c->refused ? ", refused" : "");
		explain_evidence(p, &c->evidence);
		explain_arguments(c);
	}
}

static void explain_cap(const struct profile *p, unsigned cap, uint64_t allowed)
{
	printf("%s: %s\n", sys_cap_name(cap), allowed >> cap & 1 ? "kept" : "dropped");
	vec_foreach(c, &p->caps) {
		const char *call = sys_call_name(c->arch, (int)c->nr);

		if (c->cap != cap)
			continue;
		printf("    %s, %s, in %s\n", profile_layer_names[c->layer],
		       profile_cap_outcome_names[c->outcome], call ? call : "no system call");
		explain_evidence(p, &c->evidence);
	}
}

static json_t *explain_json(const struct policy_entry *e)
{
	json_t *o = json_object();
	char reasons[256] = "";

	reasons_text(e->reasons, reasons, sizeof(reasons));
	json_object_set_new(o, "name", json_string(e->name));
	json_object_set_new(o, "allowed", json_boolean(!e->deflected));
	json_object_set_new(o, "because", json_string(reasons));
	json_set_string(o, "why", e->why);
	json_set_string(o, "widened", e->widened);
	json_object_set_new(o, "count", json_u64(e->count));
	json_object_set_new(o, "argumentCombinations", json_integer((json_int_t)e->matches.len));
	return o;
}

static int explain_named(const struct profile *p, const struct policy *policy, uint64_t caps,
			 const char *what, struct error *err)
{
	const struct policy_entry *e = policy_find(policy, what);
	unsigned cap;

	if (e) {
		explain_call(p, e);
		return EXIT_OK;
	}
	if (sys_cap_parse(what, &cap)) {
		explain_cap(p, cap, caps);
		return EXIT_OK;
	}
	if (sys_call_is_known(what)) {
		printf("%s: denied\n    it was not seen, and nothing that was seen implies it\n",
		       what);
		return EXIT_NEGATIVE;
	}
	return error_set(err, ENOENT, "\"%s\" is neither a system call nor a capability%s%s%s",
			 what, sys_call_suggest(what) ? " (did you mean " : "",
			 sys_call_suggest(what) ? sys_call_suggest(what) : "",
			 sys_call_suggest(what) ? "?)" : "");
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *p = profile_operand(args, err);
	cleanup_policy struct policy policy = { 0 };
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	size_t n;
	char **words = arg_operands(args, &n);
	int r = p ? policy_options_read(args, &o, &allow, err) : -err->code;
	uint64_t caps;

	if (!r)
		r = policy_build(&policy, p, &o.policy, err);
	if (r)
		return r;
	if (arg_flag(args, "blocked")) {
		explain_blocked(&policy, arg_flag(args, "json"));
		return EXIT_OK;
	}
	caps = policy_capabilities(p, &o.policy);
	if (arg_flag(args, "json")) {
		cleanup_json json_t *list = json_array();

		vec_foreach(e, &policy.entries)
			if (n < 2 || str_eq(e->name, words[1]))
				json_array_append_new(list, explain_json(e));
		print_json(list);
		return EXIT_OK;
	}
	for (size_t i = 1; i < n; i++) {
		int one = explain_named(p, &policy, caps, words[i], err);

		if (one < 0)
			return one;
		r = one ? one : r;
	}
	if (n > 1)
		return r;
	vec_foreach(e, &policy.entries)
		explain_call(p, e);
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		bool seen = false;

		vec_foreach(c, &p->caps)
			seen = seen || c->cap == cap;
		if (seen)
			explain_cap(p, cap, caps);
	}
	return r;
}

const struct command cmd_profile_explain = {
	.name = "explain",
	.summary = "say why something is allowed: who needed it, when, and how often",
	.operands = "PROFILE [CALL|CAPABILITY]...",
	.description =
		"Prints for every system call and capability, or for those named, whether the "
		"profile allows it, why, and the evidence. Exits with 1 if one that was "
		"named is denied.\n\n"
		"With --blocked: which parts of the kernel are out of reach, and which known "
		"vulnerabilities need a call, or a family of sockets, that is. That is a dividend, "
		"and no reason to leave a kernel as it is.",
	.examples = "  merlon profile explain web.merlon.json socket CAP_NET_BIND_SERVICE\n"
		    "  merlon profile explain --blocked web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
