/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/response_load.h"

static const struct option_def options[] = {
	{ "rules", 'r', "FILE|DIR", "the rules that it is about, instead of those that are shipped",
	  true, COMPLETE_FILE, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void show_json(const struct policy_loaded *l)
{
	cleanup_json json_t *o = json_object();
	json_t *list = json_array();

	vec_foreach(d, &l->diags.items)
		json_array_append_new(list, diag_json(d));
	json_object_set_new(o, "good", json_boolean(!l->diags.errors));
	json_object_set_new(o, "entries", json_integer((json_int_t)l->policy->entries.len));
	json_object_set_new(o, "diagnostics", list);
	print_json(o);
}

/* How many rules each entry could be about: none is most often a name that was written wrong. */
static void warn_idle(struct policy_loaded *l)
{
	vec_foreach(it, &l->policy->entries) {
		const struct response_entry *e = *it;
		struct response_entry of_rules = *e;
		bool any = false;

		for (int s = SELECT_NAMESPACE; s < SELECTORS; s++)
			of_rules.select.patterns[s] = (struct texts){ 0 };
		of_rules.except_count = 0;
		of_rules.host = true;
		vec_foreach(r, &l->rules.set->rules)
			any = any || !response_why_not(&of_rules, *r, NULL);
		if (!any)
			diag_warning(&l->diags, e->place, "idle",
				     "\"%s\" selects none of the rules", rules_text(e->name));
	}
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_policy_loaded struct policy_loaded l = POLICY_LOADED_INIT;
	int r = policy_load(args, &l, err);

	if (r)
		return r;
	warn_idle(&l);
	diags_sort(&l.diags);
	if (arg_flag(args, "json")) {
		show_json(&l);
	} else {
		policy_show_diags(&l, stdout);
		printf("%zu %s; %zu errors, %zu warnings\n", l.policy->entries.len,
		       l.policy->entries.len == 1 ? "entry" : "entries", l.diags.errors,
		       l.diags.warnings);
	}
	return l.diags.errors ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_policy_check = {
	.name = "check",
	.summary = "say what is wrong with policies",
	.operands = "FILE|DIRECTORY...",
	.description =
		"Reads policies in the order given, with the rules that they are about. Every problem is shown at once, "
		"with its place. \"deny\" for a rule that the kernel can't decide wholly is an error that names the terms "
		"that prevent it. What would hit the host's own processes at large is refused. The exit status is 1 if "
		"there are errors.",
	.examples = "  merlon policy check /etc/merlon/policies\n"
		    "  merlon policy check -r rules/ policy.yaml\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
