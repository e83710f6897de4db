/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files, from text to entries: every problem at once, each at its place. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "base/yaml_files.h"
#include "respond/policy.h"

static const char *const file_keys[] = { "policy", "description", "mode", "entries", NULL };
static const char *const entry_keys[] = { "name",    "description", "select",	   "except", "host",
					  "respond", "mode",	    "until-known", NULL };

/* Responses that need a container to be done to. */
static const char *const for_containers[] = { "freeze", "isolate" };

struct reading {
	struct response_policy *policy;
	struct diags *diags;
	enum response_mode mode; /* of entries that say none */
};

struct response_policy *response_policy_new(struct diags *diags)
{
	struct response_policy *p = calloc(1, sizeof(*p));

	if (p)
		p->base = ruleset_new(diags);
	if (p && !p->base) {
		free(p);
		p = NULL;
	}
	return p;
}

void response_policy_free(struct response_policy *p)
{
	if (!p)
		return;
	vec_deinit(&p->entries);
	ruleset_free(p->base);
	free(p);
}

/* Always false. */
static bool __attribute__((format(printf, 3, 4)))
fail(struct reading *rd, const struct yaml_node *n, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(rd->diags, yaml_place(n), "policy", "%s", text);
	return false;
}

static bool is_one_of(struct text t, const char *const *words)
{
	while (*words && !text_eq_str(t, *words))
		words++;
	return *words != NULL;
}

static bool check_keys(struct reading *rd, const struct yaml_node *n, const char *what,
		       const char *const *known)
{
	bool good = true;

	if (n->kind != YAML_MAP)
		return fail(rd, n, "%s must be a map", what);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];

		if (is_one_of(e->key, known))
			continue;
		diag_error(rd->diags, (struct diag_place){ n->file->name, e->line, e->column },
			   "policy", "%s has no member \"%.*s\"", what, (int)e->key.len,
			   e->key.data);
		good = false;
	}
	return good;
}

static bool read_mode(struct reading *rd, const struct yaml_node *map, enum response_mode *ret)
{
	const struct yaml_node *n = yaml_get(map, "mode");

	for (int i = 0; n && n->kind == YAML_SCALAR && i < RESPONSE_MODES; i++) {
		if (text_eq_str(n->text, response_modes[i])) {
			*ret = (enum response_mode)i;
			return true;
		}
	}
	return !n || fail(rd, n, "\"mode\" is observe, dry-run or enforce");
}

/* --- select ---------------------------------------------------------------------------------------------- */

static bool read_patterns(struct reading *rd, const struct yaml_node *n, struct texts *ret)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	struct text *items;

	if (!count || count > POLICY_PATTERNS_MAX)
		return fail(rd, n, "1 to %d patterns", POLICY_PATTERNS_MAX);
	items = arena_array(&rd->policy->base->arena, struct text, count);
	for (uint32_t i = 0; items && i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;

		if (item->kind != YAML_SCALAR || !item->text.len)
			return fail(rd, item, "a pattern must be text");
		items[i] = item->text;
	}
	*ret = (struct texts){ items, items ? count : 0 };
	return items;
}

static int selector_of(struct text key)
{
	for (int i = 0; i < SELECTORS; i++)
		if (text_eq_str(key, selector_names[i]))
			return i;
	return -1;
}

static bool read_selection(struct reading *rd, const struct yaml_node *n, struct selection *ret)
{
	bool good = true;

	if (n->kind != YAML_MAP || !n->count)
		return fail(rd, n, "what is selected must be said: \"rule: '*'\" is every alert");
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		int s = selector_of(e->key);

		if (s >= 0) {
			good = read_patterns(rd, e->value, &ret->patterns[s]) && good;
		} else if (text_eq_str(e->key, "priority")) {
			ret->has_priority = true;
			if (e->value->kind != YAML_SCALAR ||
			    !rule_priority_parse(e->value->text, &ret->priority))
				good = fail(rd, e->value,
					    "this is no priority: emergency ... debug");
		} else {
			diag_error(rd->diags,
				   (struct diag_place){ n->file->name, e->line, e->column },
				   "policy", "nothing is selected by \"%.*s\"", (int)e->key.len,
				   e->key.data);
			diag_hint(rd->diags,
				  "rule, tag, priority, source, namespace, pod, image, container");
			good = false;
		}
	}
	return good;
}

static bool read_except(struct reading *rd, const struct yaml_node *n, struct response_entry *e)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	struct selection *all = arena_array(&rd->policy->base->arena, struct selection, count + 1);
	bool good = all;

	for (uint32_t i = 0; all && i < count; i++)
		good = read_selection(rd, n->kind == YAML_LIST ? n->items[i] : n, &all[i]) && good;
	e->except = all;
	e->except_count = all ? count : 0;
	return good;
}

/* --- entries --------------------------------------------------------------------------------------------- */

/* The host is never hit by accident: who means it says so, and names what for. */
static bool check_host(struct reading *rd, const struct yaml_node *n,
		       const struct response_entry *e)
{
	const struct texts *rules = &e->select.patterns[SELECT_RULE],
			   *tags = &e->select.patterns[SELECT_TAG];
	bool broad = !rules->count && !tags->count;

	if (!e->host)
		return true;
	for (int s = SELECT_NAMESPACE; s < SELECTORS; s++)
		if (e->select.patterns[s].count)
			return fail(rd, n,
				    "\"%s\" is of containers, and this entry is about the host",
				    selector_names[s]);
	for (uint32_t i = 0; i < rules->count; i++)
		broad = broad || text_eq_str(rules->items[i], "*");
	for (uint32_t i = 0; i < tags->count; i++)
		broad = broad || text_eq_str(tags->items[i], "*");
	if (broad && e->mode == MODE_ENFORCE)
		return fail(
			rd, n,
			"this would hit whatever the host runs, its container runtimes and kubelet among "
			"them: name rules or tags");
	for (uint32_t i = 0; i < e->responses.count; i++) {
		const struct rule_response *r = &e->responses.items[i];
		const struct response_arg *what = response_arg(r, "what");

		for (size_t k = 0; k < ARRAY_SIZE(for_containers); k++) {
			if (!str_eq(r->def->name, for_containers[k]))
				continue;
			diag_error(rd->diags, r->place, "policy",
				   "\"%s\" is of containers, and this entry is about the host",
				   r->def->name);
			return false;
		}
		if (str_eq(r->def->name, "kill") && what && text_eq_str(what->text, "container")) {
			diag_error(rd->diags, r->place, "policy", "the host is no container");
			return false;
		}
	}
	return true;
}

/* Each at most once: who sets out to kill twice means something else. */
static bool check_twice(struct reading *rd, const struct response_entry *e)
{
	for (uint32_t i = 0; i < e->responses.count; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (e->responses.items[k].def != e->responses.items[i].def)
				continue;
			diag_error(rd->diags, e->responses.items[i].place, "policy",
				   "\"%s\" is said twice", e->responses.items[i].def->name);
			return false;
		}
	}
	return true;
}

/* Responses are carried out in their order: of what was killed there is nothing left to keep. */
static void warn_of_order(struct reading *rd, const struct response_entry *e)
{
	bool killed = false;

	for (uint32_t i = 0; i < e->responses.count; i++) {
		const struct rule_response *r = &e->responses.items[i];

		if (killed && str_eq(r->def->name, "capture"))
			diag_warning(
				rd->diags, r->place, "order",
				"\"capture\" stands behind \"kill\": there will be little left");
		killed = killed || str_eq(r->def->name, "kill");
	}
}

/* "until-known: deny": for rules that are denied, in containers of which nothing is known yet. */
static bool read_until_known(struct reading *rd, const struct yaml_node *map,
			     struct response_entry *e)
{
	const struct yaml_node *n = yaml_get(map, "until-known");

	if (!n)
		return true;
	e->until_known = n->kind == YAML_SCALAR && text_eq_str(n->text, "deny");
	return e->until_known || (n->kind == YAML_SCALAR && text_eq_str(n->text, "allow")) ||
	       fail(rd, n, "\"until-known\" is deny or allow");
}

static bool read_entry_parts(struct reading *rd, const struct yaml_node *n,
			     struct response_entry *e)
{
	const struct yaml_node *name = yaml_get(n, "name"), *select = yaml_get(n, "select"),
			       *except = yaml_get(n, "except"), *host = yaml_get(n, "host"),
			       *respond = yaml_get(n, "respond");
	bool good = check_keys(rd, n, "an entry", entry_keys);

	if (n->kind != YAML_MAP)
		return false;
	if (!name || name->kind != YAML_SCALAR || !name->text.len)
		good = fail(rd, name ? name : n, "an entry needs a \"name\"");
	else
		e->name = name->text;
	if (!select)
		good = fail(rd, n, "an entry needs \"select\"");
	else
		good = read_selection(rd, select, &e->select) && good;
	if (except)
		good = read_except(rd, except, e) && good;
	if (host && (host->kind != YAML_SCALAR ||
		     (!text_eq_str(host->text, "true") && !text_eq_str(host->text, "false"))))
		good = fail(rd, host, "\"host\" must be true or false");
	e->host = host && host->kind == YAML_SCALAR && text_eq_str(host->text, "true");
	if (respond) {
		e->has_responses = true;
		good = responses_read(rd->policy->base, respond, EVENT_SYSCALL, &e->responses) &&
		       good;
	}
	warn_of_order(rd, e);
	good = read_until_known(rd, n, e) && good;
	return read_mode(rd, n, &e->mode) && good && check_twice(rd, e) && check_host(rd, n, e);
}

static bool name_is_taken(const struct response_policy *p, struct text name)
{
	vec_foreach(e, &p->entries)
		if (text_eq((*e)->name, name))
			return true;
	return false;
}

static void read_entry(struct reading *rd, const struct yaml_node *n)
{
	struct response_entry *e = arena_new(&rd->policy->base->arena, struct response_entry),
			      **slot;

	if (!e)
		return;
	e->mode = rd->mode;
	e->place = yaml_place(n);
	if (!read_entry_parts(rd, n, e))
		return;
	if (name_is_taken(rd->policy, e->name)) {
		fail(rd, n, "there is an entry \"%.*s\" already", (int)e->name.len, e->name.data);
		return;
	}
	if (rd->policy->entries.len == POLICY_ENTRIES_MAX) {
		fail(rd, n, "at most %d entries", POLICY_ENTRIES_MAX);
		return;
	}
	slot = vec_add(&rd->policy->entries);
	if (slot)
		*slot = e;
}

static void read_document(struct reading *rd, const struct yaml_node *n)
{
	const struct yaml_node *entries;

	rd->mode = MODE_DRY_RUN;
	if (!check_keys(rd, n, "a policy", file_keys) || !read_mode(rd, n, &rd->mode))
		return;
	entries = yaml_get(n, "entries");
	if (!entries || entries->kind != YAML_LIST) {
		fail(rd, entries ? entries : n, "a policy needs \"entries\", which must be a list");
		return;
	}
	for (uint32_t i = 0; i < entries->count; i++)
		read_entry(rd, entries->items[i]);
}

void response_policy_add(struct response_policy *p, const char *name, struct text content)
{
	struct ruleset *base = p->base;
	struct reading rd = { .policy = p, .diags = base->diags };
	struct text copy = arena_text(&base->arena, content.data ? content : TEXT(""));
	const char *file = arena_dup(&base->arena, name, strlen(name));
	struct rule_content *kept = vec_add(&base->contents);
	struct yaml_file *yaml;

	if (kept)
		*kept = (struct rule_content){ file, copy };
	if (!copy.data || !file || !kept) {
		diag_error(base->diags, (struct diag_place){ 0 }, "limit",
			   "the policy takes more memory than it may");
		return;
	}
	if (!yaml_read(&base->arena, file, copy, base->diags, &yaml))
		return;
	for (uint32_t i = 0; i < yaml->document_count; i++)
		if (!yaml_is_null(yaml->documents[i]))
			read_document(&rd, yaml->documents[i]);
	if (base->arena.failed)
		diag_error(base->diags, (struct diag_place){ 0 }, "limit",
			   "the policy takes more memory than it may");
}

/* --- files ----------------------------------------------------------------------------------------------- */

static int add(const char *path, struct text content, void *arg, struct error *err)
{
	(void)err;
	response_policy_add(arg, path, content);
	return 0;
}

int response_policy_add_path(struct response_policy *p, const char *path, struct error *err)
{
	return yaml_files_each(path, add, p, err);
}
