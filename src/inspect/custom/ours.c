/* SPDX-License-Identifier: Apache-2.0 */
/* Checks in our own form: a list of maps, each with a condition that says what is wrong. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/custom_private.h"

static const char *const keys[] = { "check",	"title",  "attack",   "suggestion", "severity",
				    "category", "target", "kinds",    "applies",    "condition",
				    "aliases",	"links",  "optional", "examples" };

static const struct {
	const char *name;
	enum view_owner owner;
} targets[] = {
	{ "container", VIEW_CONTAINER },
	{ "pod", VIEW_POD },
	{ "object", VIEW_OBJECT },
};

static bool check_keys(struct custom_reader *r, const struct yaml_node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(keys) && !known; k++)
			known = text_eq_str(e->key, keys[k]);
		if (known)
			continue;
		diag_error(r->diags, (struct diag_place){ n->file->name, e->line, e->column },
			   "checks", "a check has no \"%.*s\"", (int)e->key.len, e->key.data);
		return false;
	}
	return true;
}

static void set_text(struct custom_reader *r, const struct yaml_node *n, const char *key,
		     const char **ret)
{
	const char *text = custom_text(r, n, key);

	if (text)
		*ret = text;
}

/* A list of words as the one text that rows have. */
static void set_words(struct custom_reader *r, const struct yaml_node *n, const char *key,
		      const char **ret)
{
	const struct yaml_node *list = yaml_get(n, key);
	cleanup_buf struct buf words = BUF_INIT;

	if (!list)
		return;
	if (list->kind != YAML_LIST) {
		custom_complain(r, list, "a list of words was expected");
		return;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		struct text t = list->items[i]->text;

		if (!t.len || memchr(t.data, ' ', t.len))
			custom_complain(r, list->items[i], "a word without blanks was expected");
		else
			buf_addf(&words, "%s%.*s", words.len ? " " : "", (int)t.len, t.data);
	}
	if (words.data)
		*ret = arena_dup(&r->all->arena, words.data, words.len);
}

static uint64_t kinds_of(struct custom_reader *r, const struct yaml_node *n, enum view_owner owner)
{
	const struct yaml_node *list = yaml_get(n, "kinds");
	uint64_t bits = 0;

	if (!list)
		return owner == VIEW_OBJECT ? KINDS_ANY | KINDS_OTHER : KINDS_CONTAINER;
	if (list->kind != YAML_LIST || !list->count) {
		custom_complain(r, list, "a list of kinds was expected");
		return 0;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		uint64_t found = 0;

		for (int k = 0; k < KINDS; k++)
			if (text_eq_str(list->items[i]->text, kinds[k].name))
				found |= KIND_BIT(k);
		if (!found)
			custom_complain(
				r, list->items[i],
				"this kind is not known: leave kinds out and compare object.kind");
		bits |= found;
	}
	return bits;
}

static enum view_owner read_target(struct custom_reader *r, const struct yaml_node *n)
{
	const char *name = custom_text(r, n, "target");

	for (size_t i = 0; name && i < ARRAY_SIZE(targets); i++)
		if (str_eq(name, targets[i].name))
			return targets[i].owner;
	if (name)
		custom_complain(r, yaml_get(n, "target"), "container, pod or object was expected");
	return VIEW_CONTAINER;
}

static void read_words(struct custom_reader *r, const struct yaml_node *n, struct check *row)
{
	const char *severity = custom_text(r, n, "severity");
	const char *category = custom_text(r, n, "category");
	const struct yaml_node *optional = yaml_get(n, "optional");
	struct at at = { .index = AT_MEMBER, .node = optional };

	set_text(r, n, "title", &row->title);
	set_text(r, n, "attack", &row->attack);
	set_text(r, n, "suggestion", &row->suggest);
	set_words(r, n, "aliases", &row->aliases);
	set_words(r, n, "links", &row->links);
	if (!*row->title)
		custom_complain(r, n, "a check needs a title: what is wrong, in a line");
	if (severity && !severity_parse(severity, &row->severity))
		custom_complain(r, yaml_get(n, "severity"),
				"low, medium, high or critical was expected");
	if (!custom_category(text_of(category ? category : "privilege"), &row->category))
		custom_complain(r, yaml_get(n, "category"), "this is no category");
	row->optional = at_is_true(&at);
	if (optional && !row->optional && !at_is_false(&at))
		custom_complain(r, optional, "true or false was expected");
}

void custom_read_ours(struct custom_reader *r, const struct yaml_node *n)
{
	const struct yaml_node *name, *condition, *applies;
	struct custom_check *c;
	struct check *row;
	enum view_owner owner;

	if (n->kind != YAML_MAP) {
		custom_complain(r, n, "a check was expected: a map");
		return;
	}
	name = yaml_get(n, "check");
	condition = yaml_get(n, "condition");
	applies = yaml_get(n, "applies");
	if (!check_keys(r, n))
		return;
	if (!name || !condition) {
		custom_complain(
			r, n,
			"a check needs \"check\", its name, and \"condition\", what is wrong");
		return;
	}
	row = custom_row(r, name->text, n);
	if (!row)
		return;
	c = (struct custom_check *)row->data;
	owner = read_target(r, n);
	read_words(r, n, row);
	row->kinds = kinds_of(r, n, owner);
	row->container = owner == VIEW_CONTAINER ? custom_ask_container : NULL;
	row->pod = owner == VIEW_POD ? custom_ask_pod : NULL;
	row->object = owner == VIEW_OBJECT ? custom_ask_object : NULL;
	custom_examples(r, n, c);
	c->condition = condition_load(&r->all->arena, &r->all->patterns, condition, owner,
				      r->diags);
	if (applies)
		c->applies = condition_load(&r->all->arena, &r->all->patterns, applies, owner,
					    r->diags);
	if (!c->condition || (applies && !c->applies))
		r->all->rows.len--;
}
