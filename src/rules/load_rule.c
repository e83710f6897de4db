/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, and what changes them: override, append, turning on and off. */
#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "rules/load_private.h"

static const struct overridable rule_overridable[] = {
	{ "condition", true, true },
	{ "output", true, true },
	{ "desc", true, true },
	{ "tags", true, true },
	{ "exceptions", true, true },
	{ "priority", false, true },
	{ "enabled", false, true },
	{ "capture", false, true },
	{ "capture_duration", false, true },
	{ "warn_evttypes", false, true },
	{ "skip-if-unknown-filter", false, true },
};
void rule_deinit(struct rule *r)
{
	source_builder_deinit(&r->condition_text);
	source_builder_deinit(&r->output_text);
	vec_foreach(e, &r->exceptions)
		vec_deinit(&e->values);
	vec_deinit(&r->exceptions);
	vec_deinit(&r->tags);
}

const struct text rule_priorities[] = {
	[PRIORITY_EMERGENCY] = TEXT("Emergency"),
	[PRIORITY_ALERT] = TEXT("Alert"),
	[PRIORITY_CRITICAL] = TEXT("Critical"),
	[PRIORITY_ERROR] = TEXT("Error"),
	[PRIORITY_WARNING] = TEXT("Warning"),
	[PRIORITY_NOTICE] = TEXT("Notice"),
	[PRIORITY_INFORMATIONAL] = TEXT("Informational"),
	[PRIORITY_DEBUG] = TEXT("Debug"),
};
static_assert(ARRAY_SIZE(rule_priorities) == PRIORITIES, "a name for each");

bool rule_priority_parse(struct text name, enum rule_priority *ret)
{
	for (int i = 0; i < PRIORITIES; i++) {
		if (rule_priorities[i].len == name.len &&
		    !strncasecmp(rule_priorities[i].data, name.data, name.len)) {
			*ret = (enum rule_priority)i;
			return true;
		}
	}
	if (name.len == 4 && !strncasecmp(name.data, "info", 4)) {
		*ret = PRIORITY_INFORMATIONAL;
		return true;
	}
	return false;
}

static void read_priority(struct ruleset *rs, const struct yaml_node *item, struct rule *r,
			  bool *good)
{
	const struct yaml_node *n = load_scalar(rs, item, "priority", true, good);

	if (n && !rule_priority_parse(n->text, &r->priority)) {
		diag_error(rs->diags, yaml_place(n), "bad-value", "\"%.*s\" is no priority",
			   (int)n->text.len, n->text.data);
		diag_hint(rs->diags, "Emergency, Alert, Critical, Error, Warning, Notice, "
				     "Informational or Debug");
		*good = false;
	}
}

static void add_tag(struct rule *r, struct text tag)
{
	size_t at = 0;

	while (at < r->tags.len && text_compare(r->tags.items[at], tag) < 0)
		at++;
	if (at < r->tags.len && text_eq(r->tags.items[at], tag))
		return;
	if (!vec_add(&r->tags))
		return;
	memmove(&r->tags.items[at + 1], &r->tags.items[at],
		(r->tags.len - 1 - at) * sizeof(*r->tags.items));
	r->tags.items[at] = tag;
}

static void read_tags(struct ruleset *rs, const struct yaml_node *item, struct rule *r, bool *good)
{
	const struct yaml_node *list = yaml_get(item, "tags");

	if (!list || yaml_is_null(list))
		return;
	for (uint32_t i = 0; list->kind == YAML_LIST && i < list->count; i++) {
		if (list->items[i]->kind == YAML_SCALAR) {
			add_tag(r, list->items[i]->text);
			continue;
		}
		diag_error(rs->diags, yaml_place(list->items[i]), "bad-value",
			   "a tag must be text");
		*good = false;
	}
	if (list->kind != YAML_LIST) {
		diag_error(rs->diags, yaml_place(list), "bad-value", "tags must be a list");
		*good = false;
	}
}

static void set_text(struct source_builder *b, const struct yaml_node *n)
{
	source_builder_deinit(b);
	*b = SOURCE_BUILDER_INIT;
	source_add_node(b, n, 0, n->text.len);
}

static void append_text(struct source_builder *b, const struct yaml_node *n)
{
	source_add_made(b, TEXT(" "), n, 0);
	source_add_node(b, n, 0, n->text.len);
}

/* An output without the blanks around it. */
static void set_trimmed(struct source_builder *b, const struct yaml_node *n)
{
	uint32_t from = 0, to = n->text.len;

	while (from < to && strchr(" \t\r\n", n->text.data[from]))
		from++;
	while (to > from && strchr(" \t\r\n", n->text.data[to - 1]))
		to--;
	source_builder_deinit(b);
	*b = SOURCE_BUILDER_INIT;
	source_add_node(b, n, from, to - from);
}

static struct rule *rule_new(struct ruleset *rs, struct text name)
{
	struct rule *r = arena_new(&rs->arena, struct rule), **slot;

	if (rs->rules.len >= RULES_MAX)
		return NULL;
	slot = r ? vec_add(&rs->rules) : NULL;
	if (!slot || !table_set(&rs->rule_names, name, r)) {
		if (slot)
			rs->rules.len--;
		return NULL;
	}
	*slot = r;
	r->name = name;
	r->condition_text = r->output_text = SOURCE_BUILDER_INIT;
	r->index = rs->next_index;
	return r;
}

/* The source of an item must be that of the rule that it changes. */
static bool same_source(struct ruleset *rs, const struct yaml_node *item, const struct rule *prev)
{
	const struct yaml_node *n = yaml_get(item, "source");

	if (!n || !n->text.len || text_eq(n->text, prev->event_source_name))
		return true;
	diag_error(rs->diags, yaml_place(n), "source",
		   "rule \"%.*s\" was defined with source \"%.*s\"", (int)prev->name.len,
		   prev->name.data, (int)prev->event_source_name.len, prev->event_source_name.data);
	return false;
}

static void read_source(struct ruleset *rs, const struct yaml_node *item, struct rule *r)
{
	const struct yaml_node *n = yaml_get(item, "source");

	r->event_source_name = n && n->text.len ? n->text : TEXT("syscall");
	r->event_source = event_source_find(r->event_source_name);
	if (r->event_source >= 0)
		return;
	diag_warning(rs->diags, yaml_place(n), "unknown-source",
		     "unknown source \"%.*s\": the rule is skipped", (int)n->text.len,
		     n->text.data);
}

static void rule_reset(struct rule *r)
{
	vec_foreach(e, &r->exceptions)
		vec_deinit(&e->values);
	r->exceptions.len = 0;
	r->tags.len = 0;
	r->enabled = r->warn_event_types = true;
	r->skip_if_unknown = r->capture = false;
	r->capture_seconds = 0;
	r->extensions = NULL;
}

static void define_rule(struct ruleset *rs, const struct yaml_node *item,
			const struct yaml_node *name)
{
	struct rule *prev = ruleset_rule(rs, name->text), *r;
	bool good = true;
	const struct yaml_node *condition = load_scalar(rs, item, "condition", true, &good);
	const struct yaml_node *output = load_scalar(rs, item, "output", true, &good);
	const struct yaml_node *desc = load_scalar(rs, item, "desc", true, &good);

	if (prev && !same_source(rs, item, prev))
		return;
	r = prev ? prev : rule_new(rs, name->text);
	if (!r) {
		diag_error(rs->diags, yaml_place(name), "limit", "more than %d rules", RULES_MAX);
		return;
	}
	rule_reset(r);
	r->node = item;
	r->place = yaml_place(name);
	r->condition_node = condition;
	r->output_node = output;
	if (desc)
		r->description = desc->text;
	if (condition)
		set_text(&r->condition_text, condition);
	if (output)
		set_trimmed(&r->output_text, output);
	read_priority(rs, item, r, &good);
	read_source(rs, item, r);
	load_bool(rs, item, "enabled", &r->enabled, &good);
	load_bool(rs, item, "capture", &r->capture, &good);
	load_number(rs, item, "capture_duration", &r->capture_seconds, &good);
	load_bool(rs, item, "warn_evttypes", &r->warn_event_types, &good);
	load_bool(rs, item, "skip-if-unknown-filter", &r->skip_if_unknown, &good);
	read_tags(rs, item, r, &good);
	good = exceptions_read(rs, item, false, r, true) && good;
	good = extensions_read(rs, item, r) && good;
	r->visibility = rs->next_index++;
	/* Known all the same, so that what changes it later is not reported as well. */
	r->skipped = !good;
}

/* Applies one key of an override or append. */
static bool change_key(struct ruleset *rs, const struct yaml_node *item, struct rule *r,
		       const char *key, bool append)
{
	const struct yaml_node *n = yaml_get(item, key);
	bool good = true;

	if (str_eq(key, "condition") || str_eq(key, "output") || str_eq(key, "desc")) {
		n = load_scalar(rs, item, key, true, &good);
		if (!n)
			return false;
	}
	if (str_eq(key, "condition")) {
		append ? append_text(&r->condition_text, n) : set_text(&r->condition_text, n);
		r->condition_node = append && r->condition_node ? r->condition_node : n;
	} else if (str_eq(key, "output")) {
		append ? append_text(&r->output_text, n) : set_text(&r->output_text, n);
		r->output_node = append && r->output_node ? r->output_node : n;
	} else if (str_eq(key, "desc")) {
		struct buf joined = BUF_INIT;

		buf_add(&joined, r->description.data, append ? r->description.len : 0);
		buf_add_str(&joined, append ? " " : "");
		buf_add(&joined, n->text.data, n->text.len);
		r->description = arena_text(&rs->arena, text_from(joined.data, joined.len));
		buf_deinit(&joined);
	} else if (str_eq(key, "tags")) {
		r->tags.len = append ? r->tags.len : 0;
		read_tags(rs, item, r, &good);
	} else if (str_eq(key, "exceptions")) {
		good = exceptions_read(rs, item, append, r, !append);
	} else if (str_eq(key, "priority")) {
		read_priority(rs, item, r, &good);
	} else if (str_eq(key, "enabled")) {
		load_bool(rs, item, key, &r->enabled, &good);
	} else if (str_eq(key, "capture")) {
		load_bool(rs, item, key, &r->capture, &good);
	} else if (str_eq(key, "capture_duration")) {
		load_number(rs, item, key, &r->capture_seconds, &good);
	} else if (str_eq(key, "warn_evttypes")) {
		load_bool(rs, item, key, &r->warn_event_types, &good);
	} else {
		load_bool(rs, item, key, &r->skip_if_unknown, &good);
	}
	return good;
}

static struct rule *rule_to_change(struct ruleset *rs, const struct yaml_node *item,
				   const struct yaml_node *name)
{
	struct rule *prev = ruleset_rule(rs, name->text);

	if (prev)
		return same_source(rs, item, prev) ? prev : NULL;
	diag_error(
		rs->diags, yaml_place(name), "undefined",
		"there is no rule \"%.*s\" to change: define it in this file or one that is loaded "
		"before",
		(int)name->text.len, name->text.data);
	return NULL;
}

/* What stands in an item that changes a rule replaces what the rule had, key by key. */
static void change_extensions(struct ruleset *rs, const struct yaml_node *item, struct rule *r)
{
	if (!extensions_read(rs, item, r))
		r->skipped = true;
}

static void override_rule(struct ruleset *rs, const struct yaml_node *item,
			  const struct yaml_node *name)
{
	struct rule *r = rule_to_change(rs, item, name);

	if (!load_check_override(rs, item, rule_overridable, ARRAY_SIZE(rule_overridable)) || !r)
		return;
	/* What is appended first sees the rule as it was. */
	for (int what = OVERRIDE_APPEND; what <= OVERRIDE_REPLACE; what++)
		for (size_t i = 0; i < ARRAY_SIZE(rule_overridable); i++)
			if (load_override_of(item, rule_overridable[i].key) == what)
				change_key(rs, item, r, rule_overridable[i].key,
					   what == OVERRIDE_APPEND);
	change_extensions(rs, item, r);
	r->visibility = rs->next_index++;
}

/* "rule" and "enabled" or extensions only: changes an earlier rule. */
static void toggle_rule(struct ruleset *rs, const struct yaml_node *item,
			const struct yaml_node *name)
{
	bool toggles = yaml_get(item, "enabled"), good = true;
	struct rule *prev;

	if (!toggles && !extensions_any(item)) {
		diag_error(
			rs->diags, yaml_place(name), "missing-key",
			"a rule needs condition, output, desc and priority (or \"enabled\" alone, to "
			"turn an earlier rule on or off)");
		return;
	}
	if (toggles) {
		diag_warning(rs->diags, yaml_place(name), "deprecated",
			     "\"enabled\" alone is deprecated");
		diag_hint(rs->diags, "add \"override\": {enabled: replace}");
	}
	prev = rule_to_change(rs, item, name);
	if (!prev)
		return;
	load_bool(rs, item, "enabled", &prev->enabled, &good);
	change_extensions(rs, item, prev);
}

static void append_rule(struct ruleset *rs, const struct yaml_node *item,
			const struct yaml_node *name)
{
	struct rule *r = rule_to_change(rs, item, name);

	if (!r)
		return;
	if (!yaml_get(item, "condition") && !yaml_get(item, "exceptions")) {
		diag_error(rs->diags, yaml_place(name), "missing-key",
			   "what is appended to a rule must have a condition or exceptions");
		return;
	}
	if (yaml_get(item, "condition"))
		change_key(rs, item, r, "condition", true);
	if (yaml_get(item, "exceptions"))
		change_key(rs, item, r, "exceptions", true);
	change_extensions(rs, item, r);
	r->visibility = rs->next_index++;
}

void load_rule(struct ruleset *rs, const struct yaml_node *item)
{
	static const char *const keys[] = {
		"rule",
		"condition",
		"output",
		"desc",
		"priority",
		"source",
		"enabled",
		"capture",
		"capture_duration",
		"warn_evttypes",
		"skip-if-unknown-filter",
		"tags",
		"exceptions",
		"override",
		"append",
		NULL,
	};
	bool good = true, append;
	const struct yaml_node *name = load_scalar(rs, item, "rule", true, &good);
	const struct yaml_node *override = yaml_get(item, "override");

	load_warn_keys(rs, item, keys, true);
	if (!name || !load_append(rs, item, NULL, &append))
		return;
	if (override && !(override->kind == YAML_MAP && !override->count))
		override_rule(rs, item, name);
	else if (append)
		append_rule(rs, item, name);
	else if (!yaml_get(item, "condition") && !yaml_get(item, "output") &&
		 !yaml_get(item, "desc") && !yaml_get(item, "priority"))
		toggle_rule(rs, item, name);
	else
		define_rule(rs, item, name);
}
