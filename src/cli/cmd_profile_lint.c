/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/host_options.h"
#include "cli/policy_options.h"
#include "cli/profile_text.h"
#include "profile/import.h"
#include "profile/lint.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	{ "list", 'l', NULL, "list the checks", false, COMPLETE_NONE, NULL },
	{ "fail", 0, "SEVERITY", "exit with 1 from this severity on (default: medium)", false,
	  COMPLETE_WORDS, "info low medium high" },
	POLICY_OPTION_ROWS,
	HOST_OPTION_ROWS,
};

static json_t *check_json(const struct lint_check *c, const char *detail)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(c->id));
	json_object_set_new(o, "severity", json_string(lint_severity_names[c->severity]));
	json_set_string(o, "what", detail);
	json_object_set_new(o, "why", json_string(c->why));
	json_object_set_new(o, "fix", json_string(c->fix));
	return o;
}

static void check_print(const struct lint_check *c, const char *detail)
{
	printf("%-6s  %s%s%s\n        %s\n        fix: %s\n", lint_severity_names[c->severity],
	       c->id, detail ? ": " : "", detail ? shown(detail) : "", c->why, c->fix);
}

static int severity_of(const char *name, enum lint_severity *ret, struct error *err)
{
	*ret = LINT_MEDIUM;
	for (int i = 0; name && i < LINT_SEVERITIES; i++) {
		if (!str_eq(lint_severity_names[i], name))
			continue;
		*ret = (enum lint_severity)i;
		return 0;
	}
	return name ? error_set(err, EINVAL, "--fail is one of: info, low, medium, high") : 0;
}

/* All checks without an input, or those that hold; the worst severity, -1: none. */
static int print_checks(const struct lint_input *in, bool json)
{
	cleanup_json json_t *list = json_array();
	int worst = -1;

	for (int severity = LINT_SEVERITIES - 1; severity >= 0; severity--) {
		for (size_t i = 0; i < lint_checks_count; i++) {
			const struct lint_check *c = &lint_checks[i];
			cleanup_buf struct buf detail = { .limit = 4096 };

			if ((int)c->severity != severity || (in && !c->holds(in, &detail)))
				continue;
			worst = worst < severity ? severity : worst;
			if (json)
				json_array_append_new(list, check_json(c, detail.data));
			else
				check_print(c, detail.data);
		}
	}
	if (json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (worst < 0) {
		puts("nothing to say");
	}
	return worst;
}

static int lint(const struct arguments *args, const struct profile *p,
		const struct seccomp_host *host, const struct backend_options *o, struct error *err)
{
	cleanup_policy struct policy policy = { 0 };
	struct lint_input in = { p,
				 &policy,
				 policy_capabilities(p, &o->policy),
				 o->default_errno,
				 host->kernel_major,
				 host->kernel_minor };
	enum lint_severity fail;
	int r = severity_of(arg_value(args, "fail"), &fail, err);

	if (!r)
		r = policy_build(&policy, p, &o->policy, err);
	if (r)
		return r;
	return print_checks(&in, arg_flag(args, "json")) >= (int)fail ? EXIT_NEGATIVE : EXIT_OK;
}

/* What rules answer to clone3, which a profile made of them can't tell from what is not named. */
static int clone3_errno(const struct cbpf_filter *rules)
{
	const struct seccomp_data data = { .nr = sys_call_nr(SYS_ARCH_X86_64, "clone3"),
					   .arch = sys_archs[SYS_ARCH_X86_64].audit_arch };

	return (int)(cbpf_filter_decide(rules, &data) & SECCOMP_RET_DATA);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_input struct input in = { 0 };
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	struct seccomp_host host;
	size_t n;
	char **files = arg_operands(args, &n);
	int r = host_options_read(args, &host, err);

	if (!r && arg_flag(args, "list")) {
		print_checks(NULL, arg_flag(args, "json"));
		return EXIT_OK;
	}
	if (!r && n != 1)
		r = error_set(err, EINVAL, "name a profile");
	if (!r)
		r = policy_options_read(args, &o, &allow, err);
	if (!r)
		r = input_load(&in, files[0], &host, err);
	if (r)
		return r;
	notes_print(&in.notes);
	if (in.kind == INPUT_RULES) {
		/* What the rules allow, and nothing that it would imply. */
		o.policy.without_closure = o.policy.clone3 = true;
		r = profile_from_rules(&in.profile, files[0], &in.rules, NULL);
		if (r)
			return error_errno(err, -r, "%s", files[0]);
		o.default_errno = clone3_errno(&in.rules);
	}
	if (!in.profile)
		return error_set(err, EINVAL, "%s: a finished program does not say what it allows",
				 files[0]);
	return lint(args, in.profile, &host, &o, err);
}

const struct command cmd_profile_lint = {
	.name = "lint",
	.summary = "find what is dangerous, useless or contradictory in a profile",
	.operands = "PROFILE",
	.description =
		"Looks at what the profile would allow with these options: ways around the filter, "
		"ways out of the container, layers that contradict each other, what the profile does "
		"not know. Seccomp rules (OCI, Docker, a SeccompProfile) are looked at too. Each "
		"finding has a severity, a reason and a fix. Exits with 1 if there is one of medium "
		"severity or above (--fail).",
	.examples = "  merlon profile lint web.merlon.json\n"
		    "  merlon profile lint --fail high /usr/share/containers/seccomp.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
