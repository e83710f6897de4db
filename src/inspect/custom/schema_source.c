/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/custom/schema_source.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { TEMPLATES_MAX = 1024 };

/* --- loading ------------------------------------------------------------------------------------- */

struct loader {
	struct arena *arena;
	struct diags *diags;
	const struct template **templates;
	uint32_t count;
	bool failed;
};

static void load_template(struct loader *l, const struct yaml_node *n)
{
	if (l->count == TEMPLATES_MAX) {
		diag_error(l->diags, yaml_place(n), "template", "there are too many templates");
		l->failed = true;
		return;
	}
	l->templates[l->count] = template_load(l->arena, n, l->diags);
	l->failed = !l->templates[l->count++];
}

static bool is_template(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && template_is_in(n->text);
}

/* In the order in which copy() comes by. */
static void load_templates(struct loader *l, const struct yaml_node *n)
{
	if (is_template(n))
		load_template(l, n);
	for (uint32_t i = 0; n->kind != YAML_SCALAR && i < n->count && !l->failed; i++)
		load_templates(l, n->kind == YAML_MAP ? n->entries[i].value : n->items[i]);
	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count && !l->failed; i++) {
		if (!template_is_in(n->entries[i].key))
			continue;
		diag_error(l->diags,
			   (struct diag_place){ n->file->name, n->entries[i].line,
						n->entries[i].column },
			   "template",
			   "a key that is a template is understood in a schema that is a text");
		l->failed = true;
	}
}

/* One document of a text; *ret is NULL if there is nothing in it. */
static bool read_text(struct arena *a, const char *name, struct text t, struct diags *d,
		      struct yaml_node **ret)
{
	struct yaml_file *f;

	*ret = NULL;
	if (!yaml_read(a, name, t, d, &f))
		return false;
	if (f->document_count > 1) {
		diag_error(d, yaml_place(f->documents[1]), "schema", "one document was expected");
		return false;
	}
	if (f->document_count && !yaml_is_null(f->documents[0]))
		*ret = f->documents[0];
	return true;
}

bool schema_source_load(struct schema_source *ret, struct arena *a,
			struct schema_patterns *patterns, const struct yaml_node *n, bool is_text,
			const char *name, struct diags *d)
{
	struct loader l = { .arena = a, .diags = d };
	struct yaml_node *root = (struct yaml_node *)n;
	char shown[600];

	if (is_text && n->kind != YAML_SCALAR) {
		diag_error(d, yaml_place(n), "checks", "a schema as a text was expected");
		return false;
	}
	/* Lines are those of the text. */
	snprintf(shown, sizeof(shown), "%s (text in line %u)", name, n->line);
	ret->name = arena_dup(a, shown, strlen(shown));
	if (!ret->name)
		return false;
	if (is_text && template_is_in(n->text)) {
		ret->whole = template_load(a, n, d);
		return ret->whole;
	}
	if (is_text && !read_text(a, ret->name, n->text, d, &root))
		return false;
	if (!root) {
		diag_error(d, yaml_place(n), "checks", "there is no schema in this text");
		return false;
	}
	l.templates = arena_array(a, const struct template *, TEMPLATES_MAX);
	if (!l.templates)
		return false;
	load_templates(&l, root);
	if (l.failed)
		return false;
	if (!l.count)
		ret->fixed = schema_load(a, patterns, root, d);
	ret->tree = root;
	ret->templates = l.templates;
	return l.count || ret->fixed;
}

/* --- making -------------------------------------------------------------------------------------- */

struct maker {
	struct arena *arena;
	struct template_result result;
	const struct template **next;
	const struct yaml_node *data;
	bool failed;
};

/* A value alone stays what it is: a label "1" is a text, and a count a number. */
static bool set_value(struct yaml_node *n, const struct template_value *v)
{
	n->text = v->text;
	n->plain = v->type != NODE_STRING && v->type != NODE_NULL;
	return true;
}

/* Values in the place of their marks. */
static struct text put_in(struct maker *m, struct text t, const struct template_value **ret_alone)
{
	cleanup_buf struct buf b = { .limit = TEMPLATE_OUTPUT_MAX };
	const struct template_value *v;
	struct text before, kept;
	uint32_t at = 0;

	*ret_alone = NULL;
	while ((v = template_next(&m->result, t, &at, &before))) {
		if (!before.len && !b.len && at == t.len)
			*ret_alone = v;
		buf_add(&b, before.data, before.len);
		buf_add(&b, v->text.data, v->text.len);
	}
	buf_add(&b, before.data, before.len);
	kept = arena_text(m->arena, text_from(b.data ? b.data : "", b.len));
	m->failed |= b.failed || !kept.data;
	return kept.data ? kept : TEXT("");
}

static bool has_mark(const struct maker *m, struct text t)
{
	struct text before;
	uint32_t at = 0;

	return t.len && template_next(&m->result, t, &at, &before);
}

/* The tree is the maker's own. */
static void put_into(struct maker *m, struct yaml_node *n)
{
	const struct template_value *alone;

	if (n->kind == YAML_SCALAR) {
		if (!has_mark(m, n->text))
			return;
		n->text = put_in(m, n->text, &alone);
		if (!alone || !n->plain || !set_value(n, alone))
			n->plain = false;
		return;
	}
	for (uint32_t i = 0; i < n->count && !m->failed; i++) {
		if (n->kind == YAML_MAP && has_mark(m, n->entries[i].key))
			n->entries[i].key = put_in(m, n->entries[i].key, &alone);
		put_into(m, n->kind == YAML_MAP ? n->entries[i].value : n->items[i]);
	}
}

static bool make_whole(const struct schema_source *s, struct maker *m, struct diags *d,
		       struct yaml_node **ret)
{
	struct text t;

	if (!template_fill(s->whole, m->data, m->arena, &m->result))
		return false;
	t = arena_text(m->arena, text_from(m->result.text.data ? m->result.text.data : "",
					   m->result.text.len));
	if (!t.data || !read_text(m->arena, s->name, t, d, ret))
		return false;
	if (*ret)
		put_into(m, *ret);
	return !m->failed;
}

static struct yaml_node *copy(struct maker *m, const struct yaml_node *n)
{
	struct yaml_node *made = arena_new(m->arena, struct yaml_node);
	const struct template_value *alone;

	m->failed |= !made;
	if (m->failed)
		return NULL;
	*made = *n;
	if (is_template(n)) {
		buf_reset(&m->result.text);
		m->failed = !template_fill(*m->next++, m->data, m->arena, &m->result);
		made->text = m->failed ?
				     TEXT("") :
				     put_in(m,
					    text_from(m->result.text.data ? m->result.text.data :
									    "",
						      m->result.text.len),
					    &alone);
		/* What stands in a map is a text, as JSON would have it. */
		made->plain = false;
	} else if (n->kind == YAML_MAP) {
		made->entries = arena_array(m->arena, struct yaml_entry, n->count + 1);
		m->failed |= !made->entries;
		for (uint32_t i = 0; i < n->count && !m->failed; i++) {
			made->entries[i] = n->entries[i];
			made->entries[i].value = copy(m, n->entries[i].value);
		}
	} else if (n->kind == YAML_LIST) {
		made->items = arena_array(m->arena, struct yaml_node *, n->count + 1);
		m->failed |= !made->items;
		for (uint32_t i = 0; i < n->count && !m->failed; i++)
			made->items[i] = copy(m, n->items[i]);
	}
	return m->failed ? NULL : made;
}

static bool explain(struct schema_made *ret, const struct maker *m, const struct diags *d)
{
	const char *why = *m->result.why ? m->result.why :
			  d->items.len	 ? d->items.items[0].text :
					   "it takes too much memory";

	ret->place = *m->result.why ? m->result.place :
		     d->items.len   ? d->items.items[0].place :
				      (struct diag_place){ 0 };
	str_printable(ret->why, sizeof(ret->why), why, strlen(why));
	return false;
}

bool schema_source_make(const struct schema_source *s, const struct yaml_node *data,
			struct schema_made *ret)
{
	cleanup_diags struct diags d = { 0 };
	struct maker m = { .arena = ret->arena,
			   .result = TEMPLATE_RESULT_INIT,
			   .next = s->templates,
			   .data = data };
	struct yaml_node *root = NULL;
	bool good = true;

	ret->schema = s->fixed;
	if (s->fixed)
		return true;
	if (s->whole) {
		good = make_whole(s, &m, &d, &root);
	} else {
		root = copy(&m, s->tree);
		good = root;
	}
	if (good && root)
		ret->schema = schema_load(ret->arena, &ret->patterns, root, &d);
	if (!good || (root && !ret->schema))
		good = explain(ret, &m, &d);
	template_result_deinit(&m.result);
	return good;
}

void schema_made_deinit(struct schema_made *m)
{
	schema_patterns_deinit(&m->patterns);
}
