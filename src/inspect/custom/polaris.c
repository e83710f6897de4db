/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks in the form of Polaris (its documentation, "Custom Checks"): what they mean there.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/custom_private.h"

enum target { TARGET_CONTAINER, TARGET_POD, TARGET_TEMPLATE, TARGET_CONTROLLER, TARGET_KIND };

static const struct {
	const char *name;
	enum target target;
} targets[] = {
	{ "Container", TARGET_CONTAINER },
	{ "PodSpec", TARGET_POD },
	{ "PodTemplate", TARGET_TEMPLATE },
	{ "Controller", TARGET_CONTROLLER },
};

#define CONTAINERS_ASKED (1u << CONTAINER_MAIN | 1u << CONTAINER_INIT)

/* Keys of a check, in any case. */
static const char *const keys[] = { "successMessage",	 "failureMessage",
				    "category",		 "target",
				    "schemaTarget",	 "controllers",
				    "containers",	 "schema",
				    "schemaString",	 "mutations",
				    "additionalSchemas", "additionalSchemaStrings",
				    "examples",		 "id" };

/* --- schemas ------------------------------------------------------------------------------------- */

/* Those of other objects, by kind: as maps or as texts. */
static const struct {
	const char *key;
	bool is_text;
} others[] = { { "additionalSchemas", false }, { "additionalSchemaStrings", true } };

/* The check of ours that is of the same; NULL: there is none. */
static const struct check *ours(struct text name)
{
	check_foreach (c)
		if (check_is_called(c, name))
			return c;
	return NULL;
}

/* What no schema can say stands in the program of Polaris itself. */
static bool is_left_out(struct custom_reader *r, struct text name, const struct yaml_node *n)
{
	if (yaml_get(n, "schema") || yaml_get(n, "schemaString") || yaml_get(n, others[0].key) ||
	    yaml_get(n, others[1].key))
		return false;
	r->all->left_out++;
	diag_warning(r->diags, yaml_place(n), "checks", "%.*s is left out: it has no schema",
		     (int)name.len, name.data);
	if (ours(name))
		diag_hint(r->diags, "%s (%s) looks at the same", ours(name)->id, ours(name)->name);
	return true;
}

static bool load_schema(struct custom_reader *r, const struct yaml_node *n, bool is_text,
			struct schema_source *ret)
{
	return schema_source_load(ret, &r->all->arena, &r->all->patterns, n, is_text, r->file,
				  r->diags);
}

/* NULL in *ret: it looks at others alone. False: diagnostics say why. */
static bool read_schema(struct custom_reader *r, const struct yaml_node *n,
			const struct schema_source **ret)
{
	const struct yaml_node *schema = yaml_get(n, "schema");
	const struct yaml_node *text = yaml_get(n, "schemaString");
	struct schema_source *made;

	if (schema && text) {
		custom_complain(r, text, "there is a schema already: one of the two was expected");
		return false;
	}
	if (!schema && !text)
		return true;
	made = arena_new(&r->all->arena, struct schema_source);
	*ret = made;
	return made && load_schema(r, schema ? schema : text, !schema, made);
}

/* The bit of a kind as the key of an additional schema says it; KINDS_OTHER: it is not known here. */
static uint64_t kind_bit(struct text kind)
{
	struct text name = text_basename(kind);

	for (int k = 0; k < KINDS; k++)
		if (text_eq_str(name, kinds[k].name))
			return KIND_BIT(k);
	return KINDS_OTHER;
}

static bool read_other(struct custom_reader *r, const struct yaml_entry *e, bool is_text,
		       struct check *row, struct custom_check *c)
{
	struct schema_source *slot = &c->others[c->other_count];

	if (c->other_count == CUSTOM_OTHERS_MAX) {
		custom_complain(r, e->value, "there are too many schemas of other objects");
		return false;
	}
	slot->kind = e->key;
	c->other_count++;
	row->needs |= kind_bit(e->key);
	return load_schema(r, e->value, is_text, slot);
}

static bool read_others(struct custom_reader *r, const struct yaml_node *n, struct check *row,
			struct custom_check *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		const struct yaml_node *map = yaml_get(n, others[i].key);

		if (!map || yaml_is_null(map))
			continue;
		if (map->kind != YAML_MAP) {
			custom_complain(r, map, "a map of schemas by kind was expected");
			return false;
		}
		if (!c->others)
			c->others = arena_array(&r->all->arena, struct schema_source,
						CUSTOM_OTHERS_MAX);
		row->keeps = custom_keeps;
		for (uint32_t k = 0; c->others && k < map->count; k++)
			if (!read_other(r, &map->entries[k], others[i].is_text, row, c))
				return false;
	}
	return true;
}

/* --- parts --------------------------------------------------------------------------------------- */

/* The kinds that a list of names says, or 0 without one. */
static uint64_t kinds_in(struct custom_reader *r, const struct yaml_node *list)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++) {
		struct text name = list->items[i]->text;
		uint64_t found = 0;

		for (int k = 0; k < KINDS; k++)
			if ((KINDS_WORKLOAD & KIND_BIT(k)) && text_eq_str(name, kinds[k].name))
				found |= KIND_BIT(k);
		if (!found)
			diag_warning(r->diags, yaml_place(list->items[i]), "checks",
				     "no kind with pods of this name is known here: \"%.*s\"",
				     (int)name.len, name.data);
		bits |= found;
	}
	return bits;
}

static uint64_t workloads(struct custom_reader *r, const struct yaml_node *n)
{
	const struct yaml_node *lists = yaml_get(n, "controllers");
	const struct yaml_node *include = lists ? yaml_get(lists, "include") : NULL;
	const struct yaml_node *exclude = lists ? yaml_get(lists, "exclude") : NULL;
	uint64_t bits = include && include->count ? kinds_in(r, include) : KINDS_WORKLOAD;

	return bits & ~kinds_in(r, exclude);
}

static unsigned containers_in(const struct yaml_node *list)
{
	unsigned bits = 0;

	for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++)
		bits |= text_eq_str(list->items[i]->text, "initContainer") ? 1u << CONTAINER_INIT :
			text_eq_str(list->items[i]->text, "container")	   ? 1u << CONTAINER_MAIN :
									     0;
	return bits;
}

static unsigned containers_asked(const struct yaml_node *n)
{
	const struct yaml_node *lists = yaml_get(n, "containers");
	const struct yaml_node *include = lists ? yaml_get(lists, "include") : NULL;
	unsigned bits = include && include->count ? containers_in(include) : CONTAINERS_ASKED;

	return bits & ~containers_in(lists ? yaml_get(lists, "exclude") : NULL);
}

/* "policy/PodDisruptionBudget": of that the kind alone counts, there and so here. */
static uint64_t set_kind(struct custom_reader *r, const char *target, struct custom_check *c)
{
	const char *slash = strrchr(target, '/');
	uint64_t bits = KINDS_OTHER;

	c->kind = text_of(slash ? slash + 1 : target);
	for (int k = 0; k < KINDS; k++)
		if (text_eq_str(c->kind, kinds[k].name))
			bits |= KIND_BIT(k);
	return bits;
}

static void set_target(struct custom_reader *r, const struct yaml_node *n, struct check *row,
		       struct custom_check *c)
{
	const char *name = custom_text(r, n, "target");
	const char *schema = custom_text(r, n, "schemaTarget");
	enum target target = TARGET_KIND;

	if (!name || !*name) {
		custom_complain(r, n,
				"target: Container, PodSpec, PodTemplate, Controller or a kind "
				"was expected");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (str_eq(name, targets[i].name))
			target = targets[i].target;
	row->kinds = target == TARGET_KIND ? set_kind(r, name, c) : workloads(r, n);
	if (target == TARGET_CONTAINER) {
		row->container = custom_ask_container;
		row->containers = (uint8_t)containers_asked(n);
		/* None is left: an empty set would mean all of them. */
		row->kinds = row->containers ? row->kinds : 0;
		c->pod_schema = schema && str_eq(schema, "PodSpec");
	} else if (target == TARGET_POD) {
		row->pod = custom_ask_pod;
	} else {
		row->object = custom_ask_object;
		c->template_schema = target == TARGET_TEMPLATE;
	}
}

/* --- severities ---------------------------------------------------------------------------------- */

/* What is not in the list is not asked there unless it is named. */
static void set_severity(struct custom_reader *r, const struct yaml_node *severities,
			 struct check *row)
{
	const struct yaml_node *n = severities ? yaml_get(severities, row->name) : NULL;
	char word[16] = "";

	if (!severities)
		return;
	if (n && n->kind == YAML_SCALAR && n->text.len < sizeof(word))
		memcpy(word, n->text.data, n->text.len);
	row->optional = !n || str_eq(word, "ignore");
	if (row->optional)
		return;
	if (str_eq(word, "danger"))
		row->severity = SEVERITY_HIGH;
	else if (str_eq(word, "warning"))
		row->severity = SEVERITY_LOW;
	else if (!severity_parse(word, &row->severity))
		custom_complain(r, n, "ignore, warning, danger, or a severity was expected");
}

static void check_keys(struct custom_reader *r, const struct yaml_node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(keys) && !known; k++)
			known = e->key.len == strlen(keys[k]) &&
				!strncasecmp(e->key.data, keys[k], e->key.len);
		if (!known)
			diag_error(r->diags,
				   (struct diag_place){ n->file->name, e->line, e->column },
				   "checks", "a check has no \"%.*s\"", (int)e->key.len,
				   e->key.data);
	}
}

void custom_read_polaris(struct custom_reader *r, struct text name, const struct yaml_node *n,
			 const struct yaml_node *severities)
{
	const struct schema_source *schema = NULL;
	struct custom_check *c;
	struct check *row;
	const char *text;

	if (n->kind != YAML_MAP) {
		custom_complain(r, n, "a check was expected: a map");
		return;
	}
	check_keys(r, n);
	if (is_left_out(r, name, n))
		return;
	row = read_schema(r, n, &schema) ? custom_row(r, name, n) : NULL;
	if (!row)
		return;
	c = (struct custom_check *)row->data;
	c->schema = schema;
	if (!read_others(r, n, row, c)) {
		r->all->rows.len--;
		return;
	}
	set_target(r, n, row, c);
	set_severity(r, severities, row);
	text = custom_text(r, n, "failureMessage");
	row->title = text ? text : row->name;
	text = custom_text(r, n, "successMessage");
	row->suggest = text ? text : "";
	text = custom_text(r, n, "category");
	custom_category(text_of(text ? text : ""), &row->category);
	custom_examples(r, n, c);
	if (yaml_get(n, "mutations") && !r->all->mutations++)
		diag_warning(
			r->diags, yaml_key_place(n, "mutations"), "checks",
			"mutations of checks are not made: --fix mends what our own checks find");
}
