/* SPDX-License-Identifier: Apache-2.0 */
/* Rules with which no container could run. */
#include "guard/deny_risk.h"

#include <errno.h>

#include "unit.h"

#define RULE(condition)                              \
	"- rule: R\n  desc: d\n  output: o\n"        \
	"  priority: INFO\n  warn_evttypes: false\n" \
	"  response: deny\n  condition: container.id != host and " condition "\n"

#define POLICY(select, mode)                 \
	"policy: p\nentries:\n  - name: e\n" \
	"    select: {rule: R" select "}\n    mode: " mode "\n    respond: deny\n"

static const struct {
	const char *row, *rule, *policy;
	const char *what; /* in the error; NULL: it may be put in force */
} rows[] = {
	{ "every exec", RULE("evt.type = execve"), NULL, "program of the image" },
	{ "every open", RULE("evt.type = openat"), NULL, "looked up where libraries are" },
	{ "shells", RULE("evt.type = execve and proc.exepath in (/bin/sh, /bin/bash)"), NULL,
	  "a shell is run" },
	{ "what is not root", RULE("evt.type = execve and user.uid != 0"), NULL,
	  "who is not root" },
	{ "libraries", RULE("evt.type = openat and fd.name startswith /usr/lib"), NULL,
	  "the C library is read" },
	{ "devices that are written",
	  RULE("evt.type = openat and evt.is_open_write = true and fd.directory = /dev"), NULL,
	  "/dev/null" },
	{ "programs that did not come with the image",
	  RULE("evt.type = execve and proc.is_exe_upper_layer = true"), NULL, NULL },
	{ "a file", RULE("evt.type = openat and fd.name = /etc/shadow"), NULL, NULL },
	{ "every exec, by a policy for all", RULE("evt.type = execve"), POLICY("", "enforce"),
	  "program of the image" },
	{ "every exec, for some", RULE("evt.type = execve"),
	  POLICY(", image: 'static/*'", "enforce"), NULL },
	{ "every exec, as a dry run", RULE("evt.type = execve"), POLICY("", "dry-run"), NULL },
};

static void risks_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diags diags = { 0 };
		struct ruleset *rs = ruleset_new(&diags);
		struct response_policy *policy = response_policy_new(&diags);
		struct error err = ERROR_INIT;
		int r;

		ruleset_add(rs, "rules.yaml", text_of(rows[i].rule));
		assert_true(ruleset_compile(rs));
		if (rows[i].policy)
			response_policy_add(policy, "policy.yaml", text_of(rows[i].policy));
		assert_int_equal(diags.errors, 0);
		r = deny_risk_check(rs, rows[i].policy ? policy : NULL, &err);
		if (r != (rows[i].what ? -EPERM : 0) ||
		    (rows[i].what && !strstr(err.text, rows[i].what)))
			fail_msg("%s: %d, %s", rows[i].row, r, err.text);
		response_policy_free(policy);
		ruleset_free(rs);
		diags_deinit(&diags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(risks_are_found) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
