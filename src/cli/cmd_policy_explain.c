/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/response_load.h"

static const struct option_def options[] = {
	{ "rule", 0, "NAME",
	  "the rule that has fitted; a part of the name that no other has will do", false,
	  COMPLETE_NONE, NULL },
	{ "rules", 'r', "FILE|DIR", "where it is, instead of among those that are shipped", true,
	  COMPLETE_FILE, NULL },
	{ "namespace", 'n', "NAME", "of the pod that did it", false, COMPLETE_NONE, NULL },
	{ "pod", 0, "NAME", "that pod", false, COMPLETE_NONE, NULL },
	{ "image", 0, "NAME", "of the container", false, COMPLETE_NONE, NULL },
	{ "container", 'c', "NAME", "the container's name", false, COMPLETE_NONE, NULL },
	{ "host", 0, NULL, "a process of the host did it, and no container", false, COMPLETE_NONE,
	  NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void add_arg(struct buf *out, const struct response_param *p, const struct response_arg *a)
{
	if (!a->set)
		return;
	if (p->kind == RESPONSE_NETWORKS) {
		for (uint32_t i = 0; i < a->network_count; i++) {
			char address[ADDRESS_TEXT_MAX];

			address_format(&a->networks[i].address, address);
			buf_addf(out, " %s %s/%u", p->name, address, a->networks[i].prefix);
		}
	} else if (p->kind == RESPONSE_PORTS) {
		for (uint32_t i = 0; i < a->port_count; i++)
			buf_addf(out, " port %u", a->ports[i]);
	} else if (a->text.data) {
		buf_addf(out, " %s ", p->name);
		utf8_show(out, a->text);
	}
}

static void response_text(const struct rule_response *r, struct buf *out)
{
	buf_add_str(out, r->def->name);
	for (int i = 0; i < RESPONSE_PARAMS_MAX && r->def->params[i].name; i++)
		add_arg(out, &r->def->params[i], &r->args[i]);
}

static void show_text(const struct policy_loaded *l, const struct rule *rule,
		      const struct event_container *c, const struct response_plan *plan)
{
	vec_foreach(it, &l->policy->entries) {
		const char *why = response_why_not(*it, rule, c);

		printf("%s:%u: %s: %s\n", (*it)->place.file, (*it)->place.line,
		       rules_text((*it)->name), why ? why : "selects it");
		if (!why)
			break;
	}
	if (!plan->entry)
		printf("no entry selects it: the rule's own responses, as a dry run at most\n");
	printf("mode: %s\n", response_modes[plan->mode]);
	if (!plan->responses->count)
		printf("  alert\n");
	for (uint32_t i = 0; i < plan->responses->count; i++) {
		cleanup_buf struct buf text = BUF_INIT;

		response_text(&plan->responses->items[i], &text);
		printf("  %s\n", text.data ? text.data : "");
	}
}

static void show_json(const struct rule *rule, const struct response_plan *plan)
{
	cleanup_json json_t *o = json_object();
	json_t *list = json_array();

	json_object_set_new(o, "rule", utf8_json(rule->name));
	if (plan->entry) {
		json_object_set_new(o, "entry", utf8_json(plan->entry->name));
		json_object_set_new(o, "file", json_string(plan->entry->place.file));
		json_object_set_new(o, "line", json_integer(plan->entry->place.line));
	}
	json_object_set_new(o, "mode", json_string(response_modes[plan->mode]));
	for (uint32_t i = 0; i < plan->responses->count; i++) {
		cleanup_buf struct buf text = BUF_INIT;

		response_text(&plan->responses->items[i], &text);
		json_array_append_new(list, utf8_json(text_from(text.data, text.len)));
	}
	json_object_set_new(o, "responses", list);
	print_json(o);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_policy_loaded struct policy_loaded l = POLICY_LOADED_INIT;
	struct event_container c = EVENT_CONTAINER_NONE;
	const char *name = arg_value(args, "rule");
	const struct rule *rule;
	struct response_plan plan;
	int r;

	if (!name)
		return error_set(err, USAGE_ERROR, "say which --rule has fitted");
	r = policy_load(args, &l, err);
	if (r)
		return r;
	if (l.diags.errors) {
		policy_show_diags(&l, stderr);
		return error_set(err, EINVAL, "there are errors in the policy");
	}
	rule = rules_find(&l.rules, name, err);
	if (!rule)
		return -err->code;
	c.pod.namespace = text_of(arg_value(args, "namespace"));
	c.pod.name = text_of(arg_value(args, "pod"));
	c.image = text_of(arg_value(args, "image"));
	c.name = text_of(arg_value(args, "container"));
	plan = response_select(l.policy, rule, arg_flag(args, "host") ? NULL : &c);
	if (arg_flag(args, "json"))
		show_json(rule, &plan);
	else
		show_text(&l, rule, arg_flag(args, "host") ? NULL : &c, &plan);
	return EXIT_OK;
}

const struct command cmd_policy_explain = {
	.name = "explain",
	.summary = "say what would be done about an alert, and why",
	.operands = "FILE|DIRECTORY...",
	.description =
		"Goes through the entries of the policies in their order, says of each why it does not select an "
		"alert of that rule in that container, and of the first that does what it would do.",
	.examples = "  merlon policy explain --rule \"Terminal shell\" -n shop policy.yaml\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
