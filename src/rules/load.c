/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting objects from rule files. Files are read in order and an object may change what an
 * earlier one defined; a redefined object keeps its place in the order of evaluation, but what it may
 * refer to is decided by where it was last touched.
 */
#include "rules/load_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "rules/parse.h"

struct ruleset *ruleset_new(struct diags *diags)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->arena = ARENA_INIT(RULES_ARENA_MAX);
	rs->diags = diags;
	return rs;
}

void ruleset_free(struct ruleset *rs)
{
	if (!rs)
		return;
	vec_foreach(l, &rs->lists) {
		vec_deinit(&(*l)->items);
		vec_deinit(&(*l)->expanded);
	}
	vec_foreach(m, &rs->macros)
		source_builder_deinit(&(*m)->text);
	vec_foreach(r, &rs->rules)
		rule_deinit(*r);
	vec_deinit(&rs->lists);
	vec_deinit(&rs->macros);
	vec_deinit(&rs->rules);
	vec_deinit(&rs->files);
	vec_deinit(&rs->contents);
	vec_deinit(&rs->plugins);
	table_deinit(&rs->list_names);
	table_deinit(&rs->macro_names);
	table_deinit(&rs->rule_names);
	arena_deinit(&rs->arena);
	free(rs);
}

struct rule *ruleset_rule(const struct ruleset *rs, struct text name)
{
	return table_get(&rs->rule_names, name);
}

struct rule_macro *ruleset_macro(const struct ruleset *rs, struct text name)
{
	return table_get(&rs->macro_names, name);
}

struct rule_list *ruleset_list(const struct ruleset *rs, struct text name)
{
	return table_get(&rs->list_names, name);
}

/* --- reading values ----------------------------------------------------------------------------------- */

static bool one_of(struct text t, const char *const *words)
{
	for (; *words; words++)
		if (text_eq_str(t, *words))
			return true;
	return false;
}

/* Whatever the case of its letters. */
static bool one_of_nocase(struct text t, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == t.len && !strncasecmp(t.data, *words, t.len))
			return true;
	return false;
}

bool yaml_to_bool(const struct yaml_node *n, bool *ret)
{
	static const char *const yes[] = { "true", "yes", "on", "y", NULL };
	static const char *const no[] = { "false", "no", "off", "n", NULL };

	if (n->kind != YAML_SCALAR || (!one_of_nocase(n->text, yes) && !one_of_nocase(n->text, no)))
		return false;
	*ret = one_of_nocase(n->text, yes);
	return true;
}

bool yaml_to_u64(const struct yaml_node *n, uint64_t *ret)
{
	char text[24];

	if (n->kind != YAML_SCALAR || !n->text.len || n->text.len >= sizeof(text))
		return false;
	memcpy(text, n->text.data, n->text.len);
	text[n->text.len] = '\0';
	return str_to_u64(text, ret);
}

const struct yaml_node *load_scalar(struct ruleset *rs, const struct yaml_node *item,
				    const char *key, bool required, bool *good)
{
	const struct yaml_node *n = yaml_get(item, key);

	if (!n && !required)
		return NULL;
	if (n && n->kind == YAML_SCALAR && !yaml_is_null(n) && n->text.len)
		return n;
	*good = false;
	if (!n)
		diag_error(rs->diags, yaml_place(item), "missing-key", "\"%s\" is missing", key);
	else
		diag_error(rs->diags, n ? yaml_key_place(item, key) : yaml_place(item), "bad-value",
			   "\"%s\" must be a text that is not empty", key);
	return NULL;
}

void load_bool(struct ruleset *rs, const struct yaml_node *item, const char *key, bool *value,
	       bool *good)
{
	const struct yaml_node *n = yaml_get(item, key);

	if (!n)
		return;
	if (!yaml_to_bool(n, value)) {
		diag_error(rs->diags, yaml_place(n), "bad-value", "\"%s\" must be true or false",
			   key);
		*good = false;
	}
}

void load_number(struct ruleset *rs, const struct yaml_node *item, const char *key, uint64_t *value,
		 bool *good)
{
	const struct yaml_node *n = yaml_get(item, key);

	if (n && !yaml_to_u64(n, value)) {
		diag_error(rs->diags, yaml_place(n), "bad-value", "\"%s\" must be a whole number",
			   key);
		*good = false;
	}
}

static void warn_append(struct ruleset *rs, const struct yaml_node *item)
{
	diag_warning(rs->diags, yaml_key_place(item, "append"), "deprecated",
		     "\"append\" is deprecated");
	diag_hint(rs->diags, "use \"override\": {%s: append}",
		  yaml_get(item, "list")				       ? "items" :
		  yaml_get(item, "exceptions") && !yaml_get(item, "condition") ? "exceptions" :
										 "condition");
}

static const char *closest(struct text key, const char *const *known)
{
	size_t least = key.len / 3 + 2;
	const char *best = NULL;
	char text[64];

	if (key.len >= sizeof(text))
		return NULL;
	memcpy(text, key.data, key.len);
	text[key.len] = '\0';
	for (; *known; known++) {
		size_t d = str_distance(text, *known);

		if (d < least) {
			least = d;
			best = *known;
		}
	}
	return best;
}

void load_warn_keys(struct ruleset *rs, const struct yaml_node *item, const char *const *known,
		    bool extensions)
{
	for (uint32_t i = 0; i < item->count; i++) {
		const struct yaml_entry *e = &item->entries[i];
		const char *close;

		if (one_of(e->key, known) || (extensions && extensions_is_key(e->key)))
			continue;
		diag_warning(rs->diags, (struct diag_place){ item->file->name, e->line, e->column },
			     "unknown-key", "unknown key \"%.*s\" is ignored", (int)e->key.len,
			     e->key.data);
		close = closest(e->key, known);
		if (close)
			diag_hint(rs->diags, "did you mean \"%s\"?", close);
	}
}

/* --- override ------------------------------------------------------------------------------------------ */

static const struct overridable list_overridable[] = { { "items", true, true } };
static const struct overridable macro_overridable[] = { { "condition", true, true } };

int load_override_of(const struct yaml_node *item, const char *key)
{
	const struct yaml_node *n = yaml_get(yaml_get(item, "override"), key);

	if (!n)
		return OVERRIDE_NONE;
	return text_eq_str(n->text, "append") ? OVERRIDE_APPEND : OVERRIDE_REPLACE;
}

static const struct overridable *overridable_find(const struct overridable *table, size_t count,
						  struct text key)
{
	for (size_t i = 0; i < count; i++)
		if (text_eq_str(key, table[i].key))
			return &table[i];
	return NULL;
}

static bool check_override_entry(struct ruleset *rs, const struct yaml_node *item,
				 const struct yaml_entry *e, const struct overridable *o)
{
	struct diag_place p = { item->file->name, e->line, e->column };
	bool append = text_eq_str(e->value->text, "append");

	if (e->value->kind != YAML_SCALAR || (!append && !text_eq_str(e->value->text, "replace"))) {
		diag_error(rs->diags, yaml_place(e->value), "override",
			   "override must be \"append\" or \"replace\"");
		return false;
	}
	if (!o || (append ? !o->append : !o->replace)) {
		diag_error(rs->diags, p, "override", "\"%.*s\" can't be %s%s", (int)e->key.len,
			   e->key.data, append ? "appended to" : "replaced",
			   o && append ? ", only replaced" : "");
		if (!o && extensions_is_key(e->key))
			diag_hint(rs->diags, "it replaces what the rule had by being there");
		return false;
	}
	if (!yaml_get(item, o->key)) {
		diag_error(rs->diags, p, "override", "override names \"%s\", but there is none",
			   o->key);
		return false;
	}
	return true;
}

bool load_check_override(struct ruleset *rs, const struct yaml_node *item,
			 const struct overridable *table, size_t count)
{
	const struct yaml_node *override = yaml_get(item, "override");
	bool good = true;

	if (!override)
		return true;
	if (override->kind != YAML_MAP) {
		diag_error(rs->diags, yaml_place(override), "override",
			   "override must map keys to \"append\" or \"replace\"");
		return false;
	}
	for (uint32_t i = 0; i < override->count; i++)
		good = check_override_entry(rs, item, &override->entries[i],
					    overridable_find(table, count,
							     override->entries[i].key)) &&
		       good;
	for (size_t i = 0; i < count && override->count; i++) {
		if (!yaml_get(item, table[i].key) || yaml_get(override, table[i].key))
			continue;
		diag_error(rs->diags, yaml_key_place(item, table[i].key), "override",
			   "\"%s\" is there, but override does not say what to do with it",
			   table[i].key);
		good = false;
	}
	return good;
}

bool load_append(struct ruleset *rs, const struct yaml_node *item, const char *key, bool *append)
{
	bool good = true;

	*append = false;
	load_bool(rs, item, "append", append, &good);
	if (*append)
		warn_append(rs, item);
	if (*append && yaml_get(item, "override")) {
		diag_error(rs->diags, yaml_key_place(item, "append"), "override",
			   "\"append\" and \"override\" exclude each other");
		return false;
	}
	*append = *append || (key && load_override_of(item, key) == OVERRIDE_APPEND);
	return good;
}

/* --- versions ------------------------------------------------------------------------------------------- */

static bool parse_version(struct text t, uint64_t ret[3])
{
	uint64_t part[3] = { 0 };
	int n = 0;
	uint32_t i = 0;

	while (n < 3) {
		uint32_t start = i;

		while (i < t.len && t.data[i] >= '0' && t.data[i] <= '9' && i - start < 9)
			part[n] = part[n] * 10 + (uint64_t)(t.data[i++] - '0');
		if (i == start)
			return false;
		n++;
		if (n < 3 && (i >= t.len || t.data[i++] != '.'))
			return false;
	}
	/* What follows a "-" or "+" does not count here. */
	if (i < t.len && t.data[i] != '-' && t.data[i] != '+')
		return false;
	memcpy(ret, part, sizeof(part));
	return true;
}

static void read_engine_version(struct ruleset *rs, const struct yaml_node *item)
{
	static const char *const keys[] = { "required_engine_version", NULL };
	const struct yaml_node *n = yaml_get(item, keys[0]);
	uint64_t v[3] = { 0 };

	load_warn_keys(rs, item, keys, false);
	if (!yaml_to_u64(n, &v[1]) && (n->kind != YAML_SCALAR || !parse_version(n->text, v))) {
		diag_error(rs->diags, yaml_place(n), "version",
			   "required_engine_version must be a number or \"x.y.z\"");
		return;
	}
	if (v[0] != RULES_ENGINE_MAJOR || v[1] > RULES_ENGINE_MINOR ||
	    (v[1] == RULES_ENGINE_MINOR && v[2] > RULES_ENGINE_PATCH))
		diag_error(rs->diags, yaml_place(n), "version",
			   "these rules need engine version %.*s; this is %d.%d.%d",
			   (int)n->text.len, n->text.data, RULES_ENGINE_MAJOR, RULES_ENGINE_MINOR,
			   RULES_ENGINE_PATCH);
}

/* Plugins whose fields are built in. */
static bool is_built_in(struct text name)
{
	static const char *const names[] = { "k8saudit",     "k8saudit-eks",
					     "k8saudit-gke", "k8saudit-aks",
					     "k8saudit-ovh", "json",
					     "container",    NULL };

	return one_of(name, names);
}

/* One requirement or one of its alternatives; *any: some plugin of the group is built in. */
static bool read_plugin(struct ruleset *rs, const struct yaml_node *n, bool *any)
{
	bool good = true;
	const struct yaml_node *name, *version;
	struct required_plugin *slot;
	uint64_t v[3];

	if (n->kind != YAML_MAP) {
		diag_error(rs->diags, yaml_place(n), "version",
			   "a plugin must have a name and a version");
		return false;
	}
	name = load_scalar(rs, n, "name", true, &good);
	version = load_scalar(rs, n, "version", true, &good);
	if (!good)
		return false;
	if (!parse_version(version->text, v)) {
		diag_error(rs->diags, yaml_place(version), "version",
			   "the version of a plugin must be \"x.y.z\"");
		return false;
	}
	*any = *any || is_built_in(name->text);
	slot = vec_add(&rs->plugins);
	if (slot)
		*slot = (struct required_plugin){ name->text, version->text };
	return true;
}

static void read_plugin_versions(struct ruleset *rs, const struct yaml_node *item)
{
	static const char *const keys[] = { "required_plugin_versions", NULL };
	const struct yaml_node *list = yaml_get(item, keys[0]);

	load_warn_keys(rs, item, keys, false);
	if (list->kind != YAML_LIST) {
		diag_error(rs->diags, yaml_place(list), "version",
			   "required_plugin_versions must be a list");
		return;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		const struct yaml_node *n = list->items[i], *others = yaml_get(n, "alternatives"),
				       *name = yaml_get(n, "name");
		bool any = false, good = read_plugin(rs, n, &any);

		for (uint32_t k = 0; others && others->kind == YAML_LIST && k < others->count; k++)
			good = read_plugin(rs, others->items[k], &any) && good;
		if (good && !any)
			diag_warning(rs->diags, yaml_place(n), "plugin",
				     "there is no plugin \"%.*s\": its fields are not known here",
				     (int)name->text.len, name->text.data);
	}
}

/* --- lists --------------------------------------------------------------------------------------------- */

static bool list_name_is_good(struct text name)
{
	return parse_is_bare(name);
}

static struct rule_list *list_define(struct ruleset *rs, struct text name)
{
	struct rule_list *l = ruleset_list(rs, name), **slot;

	if (l) {
		l->items.len = 0;
		return l;
	}
	l = arena_new(&rs->arena, struct rule_list);
	slot = l ? vec_add(&rs->lists) : NULL;
	if (!slot || !table_set(&rs->list_names, name, l)) {
		if (slot)
			rs->lists.len--;
		return NULL;
	}
	*slot = l;
	l->name = name;
	l->index = rs->next_index;
	return l;
}

static void read_list(struct ruleset *rs, const struct yaml_node *item)
{
	static const char *const keys[] = { "list", "items", "append", "override", NULL };
	bool good = true, append;
	const struct yaml_node *name = load_scalar(rs, item, "list", true, &good);
	const struct yaml_node *items = yaml_get(item, "items");
	struct rule_list *l;

	load_warn_keys(rs, item, keys, false);
	good = load_append(rs, item, "items", &append) && good;
	good = load_check_override(rs, item, list_overridable, ARRAY_SIZE(list_overridable)) &&
	       good;
	if (!items || items->kind != YAML_LIST) {
		diag_error(rs->diags, yaml_key_place(item, items ? "items" : "list"), "bad-value",
			   "a list needs \"items\", which must be a list");
		return;
	}
	for (uint32_t i = 0; i < items->count; i++) {
		if (items->items[i]->kind == YAML_SCALAR)
			continue;
		diag_error(rs->diags, yaml_place(items->items[i]), "bad-value",
			   "an item of a list must be text or a number");
		good = false;
	}
	if (!good)
		return;
	if (!list_name_is_good(name->text))
		diag_warning(rs->diags, yaml_place(name), "list-name",
			     "a list's name can't have blanks, quotes, brackets, \"=\" or commas: "
			     "conditions can't name it");
	l = append ? ruleset_list(rs, name->text) : list_define(rs, name->text);
	if (!l) {
		diag_error(rs->diags, yaml_place(name), "undefined",
			   "there is no list \"%.*s\" to append to: define it in this file or one "
			   "that is loaded before",
			   (int)name->text.len, name->text.data);
		return;
	}
	l->node = item;
	for (uint32_t i = 0; i < items->count; i++) {
		const struct yaml_node **slot = vec_add(&l->items);

		if (slot)
			*slot = items->items[i];
	}
	l->visibility = rs->next_index++;
}

/* --- macros -------------------------------------------------------------------------------------------- */

static struct rule_macro *macro_define(struct ruleset *rs, struct text name)
{
	struct rule_macro *m = ruleset_macro(rs, name), **slot;

	if (m) {
		source_builder_deinit(&m->text);
		m->text = SOURCE_BUILDER_INIT;
		return m;
	}
	m = arena_new(&rs->arena, struct rule_macro);
	slot = m ? vec_add(&rs->macros) : NULL;
	if (!slot || !table_set(&rs->macro_names, name, m)) {
		if (slot)
			rs->macros.len--;
		return NULL;
	}
	*slot = m;
	m->name = name;
	m->text = SOURCE_BUILDER_INIT;
	m->index = rs->next_index;
	return m;
}

static void read_macro(struct ruleset *rs, const struct yaml_node *item)
{
	static const char *const keys[] = { "macro", "condition", "append", "override", NULL };
	bool good = true, append;
	const struct yaml_node *name = load_scalar(rs, item, "macro", true, &good);
	const struct yaml_node *condition = load_scalar(rs, item, "condition", true, &good);
	struct rule_macro *m;

	load_warn_keys(rs, item, keys, false);
	good = load_append(rs, item, "condition", &append) && good;
	good = load_check_override(rs, item, macro_overridable, ARRAY_SIZE(macro_overridable)) &&
	       good;
	if (name && !parse_is_identifier(name->text))
		diag_warning(
			rs->diags, yaml_place(name), "macro-name",
			"a macro's name must be a letter followed by letters, digits and \"_\": "
			"conditions can't name it");
	if (!good)
		return;
	m = append ? ruleset_macro(rs, name->text) : macro_define(rs, name->text);
	if (!m) {
		diag_error(rs->diags, yaml_place(name), "undefined",
			   "there is no macro \"%.*s\" to append to: define it in this file or one "
			   "that is loaded before",
			   (int)name->text.len, name->text.data);
		return;
	}
	m->node = item;
	if (append)
		source_add_made(&m->text, TEXT(" "), condition, 0);
	source_add_node(&m->text, condition, 0, condition->text.len);
	m->visibility = rs->next_index++;
}

/* --- files --------------------------------------------------------------------------------------------- */

static void read_item(struct ruleset *rs, const struct yaml_node *item)
{
	static const struct {
		const char *key;
		void (*read)(struct ruleset *, const struct yaml_node *);
	} kinds[] = {
		{ "required_engine_version", read_engine_version },
		{ "required_plugin_versions", read_plugin_versions },
		{ "list", read_list },
		{ "macro", read_macro },
		{ "rule", load_rule },
	};

	if (yaml_is_null(item))
		return;
	if (item->kind != YAML_MAP) {
		diag_error(rs->diags, yaml_place(item), "bad-item",
			   "each item of a rule file must be a map: a rule, a macro, a list");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (yaml_get(item, kinds[i].key)) {
			kinds[i].read(rs, item);
			return;
		}
	}
	diag_warning(
		rs->diags, yaml_place(item), "unknown-item",
		"this is neither a rule nor a macro, a list or a required version: it is ignored");
}

void ruleset_add(struct ruleset *rs, const char *name, struct text content)
{
	struct text copy = arena_text(&rs->arena, content.data ? content : TEXT(""));
	const char *file = arena_dup(&rs->arena, name, strlen(name));
	struct rule_content *kept = vec_add(&rs->contents);
	struct yaml_file *yaml, **slot;

	if (!copy.data || !file) {
		diag_error(rs->diags, (struct diag_place){ 0 }, "limit",
			   "the rules take more memory than they may");
		return;
	}
	if (kept)
		*kept = (struct rule_content){ file, copy };
	if (!yaml_read(&rs->arena, file, copy, rs->diags, &yaml))
		return;
	slot = vec_add(&rs->files);
	if (slot)
		*slot = yaml;
	for (uint32_t i = 0; i < yaml->document_count; i++) {
		const struct yaml_node *document = yaml->documents[i];

		if (yaml_is_null(document))
			continue;
		if (document->kind != YAML_LIST) {
			diag_error(rs->diags, yaml_place(document), "bad-item",
				   "a rule file must be a list of rules, macros and lists");
			continue;
		}
		for (uint32_t k = 0; k < document->count; k++)
			read_item(rs, document->items[k]);
	}
}
