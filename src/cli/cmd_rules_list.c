/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"

static const struct option_def options[] = {
	{ "tag", 't', "TAG", "only rules with this tag (or one of several)", true, COMPLETE_NONE,
	  NULL },
	{ "priority", 'p', "PRIORITY", "only rules at least that urgent", false, COMPLETE_WORDS,
	  "emergency alert critical error warning notice informational debug" },
	{ "source", 's', "SOURCE", "only rules for events of this source", false, COMPLETE_WORDS,
	  "syscall k8s_audit" },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

struct filter {
	const struct arguments *args;
	enum rule_priority priority;
	const char *source;
};

static bool has_tag(const struct rule *r, const char *tag)
{
	vec_foreach(t, &r->tags)
		if (text_eq_str(*t, tag))
			return true;
	return false;
}

static bool passes(const struct filter *f, const struct rule *r)
{
	const char *tag = arg_value_at(f->args, "tag", 0);
	bool tagged = !tag;

	for (size_t i = 0; tag && !tagged; tag = arg_value_at(f->args, "tag", ++i))
		tagged = has_tag(r, tag);
	return tagged && r->priority <= f->priority &&
	       (!f->source || text_eq_str(r->event_source_name, f->source));
}

static const char *state_of(const struct rule *r)
{
	return r->skipped ? "skipped" : r->enabled ? "on" : "off";
}

static json_t *rule_json(const struct rule *r)
{
	json_t *o = json_object(), *tags = json_array();

	vec_foreach(t, &r->tags)
		json_array_append_new(tags, utf8_json(*t));
	json_object_set_new(o, "rule", utf8_json(r->name));
	json_object_set_new(o, "description", utf8_json(r->description));
	json_object_set_new(o, "priority", utf8_json(rule_priorities[r->priority]));
	json_object_set_new(o, "source", utf8_json(r->event_source_name));
	json_object_set_new(o, "enabled", json_boolean(r->enabled));
	json_object_set_new(o, "skipped", json_boolean(r->skipped));
	json_object_set_new(o, "tags", tags);
	json_object_set_new(o, "file", utf8_json(text_of(r->place.file)));
	json_object_set_new(o, "line", json_integer(r->place.line));
	return o;
}

static void show_row(const struct rule *r)
{
	printf("%-13s %-9s %-7s %s", rule_priorities[r->priority].data,
	       rules_text(r->event_source_name), state_of(r), rules_text(r->name));
	vec_foreach(t, &r->tags)
		printf("%s%s", t == r->tags.items ? "  [" : " ", rules_text(*t));
	puts(r->tags.len ? "]" : "");
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	struct filter f = { args, PRIORITY_DEBUG, arg_value(args, "source") };
	const char *priority = arg_value(args, "priority");
	cleanup_json json_t *list = json_array();
	bool json = arg_flag(args, "json");
	int r;

	if (priority && !rule_priority_parse(text_of(priority), &f.priority))
		return error_set(err, EINVAL, "\"%s\" is no priority", priority);
	r = rules_load(args, 0, &l, err);
	if (r)
		return r;
	if (!json)
		printf("%-13s %-9s %-7s %s\n", "PRIORITY", "SOURCE", "STATE", "RULE  [TAGS]");
	vec_foreach(rule, &l.set->rules) {
		if (!passes(&f, *rule))
			continue;
		if (json)
			json_array_append_new(list, rule_json(*rule));
		else
			show_row(*rule);
	}
	if (json)
		print_json(list);
	return rules_are_good(&l) ? EXIT_OK : EXIT_NEGATIVE;
}

const struct command cmd_rules_list = {
	.name = "list",
	.summary = "list rules in the order in which they are tried",
	.operands = "FILE|DIRECTORY...",
	.description =
		"STATE is on, off (\"enabled: false\") or skipped: of an unknown source, or with "
		"errors, which are printed then.",
	.examples = "  merlon rules list --tag container --priority warning rules.d\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
