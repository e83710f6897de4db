/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/veil.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mask.h"
#include "base/secret.h"
#include "base/vec.h"
#include "base/yaml_tree.h"
#include "inspect/engine_private.h"

struct span {
	size_t from, to; /* bytes of the file */
};

struct veil {
	struct text content;
	VEC(struct span) spans;
};

/* --- where values are ---------------------------------------------------------------------------- */

/* The byte behind a quoted text that begins at from. */
static size_t quoted_end(struct text t, size_t from)
{
	char quote = t.data[from];

	for (size_t i = from + 1; i < t.len; i++) {
		if ((quote == '"' && t.data[i] == '\\') ||
		    (quote == '\'' && i + 1 < t.len && t.data[i] == quote &&
		     t.data[i + 1] == quote))
			i++;
		else if (t.data[i] == quote)
			return i + 1;
	}
	return t.len;
}

/* Where the text of a scalar is in the file; what can't be told exactly is taken to the end of its last line. */
static struct span span_of(struct text content, const struct yaml_node *n)
{
	struct span s = { n->offset, n->offset + n->text.len };
	uint32_t lines;

	if (s.from >= content.len)
		return (struct span){ content.len, content.len };
	if (s.from && !n->block && strchr("'\"", content.data[s.from - 1]) && !n->plain)
		s.from--;
	if (!n->block && strchr("'\"", content.data[s.from])) {
		s.to = quoted_end(content, s.from);
		return s;
	}
	if (!n->block && s.to <= content.len &&
	    !memcmp(content.data + s.from, n->text.data, n->text.len))
		return s;
	lines = yaml_place_in(n, n->text.len - 1).line - n->line + 1;
	for (s.to = s.from; s.to < content.len && lines; s.to++)
		lines -= content.data[s.to] == '\n';
	return s;
}

static void hide(struct veil *v, const struct yaml_node *n)
{
	struct span *s;

	if (n->kind != YAML_SCALAR || !n->text.len)
		return;
	s = vec_add(&v->spans);
	if (s)
		*s = span_of(v->content, n);
}

static void hide_below(struct veil *v, const struct yaml_node *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		hide_below(v, n->kind == YAML_MAP ? n->entries[i].value : n->items[i]);
	hide(v, n);
}

/* --- what is hidden ------------------------------------------------------------------------------ */

static bool is_secret(struct text t)
{
	cleanup_buf struct buf masked = BUF_INIT;

	return secret_find(t).what || mask_text(t, &masked);
}

static bool is_option(const struct yaml_node *n, const struct yaml_node *value)
{
	return n->kind == YAML_SCALAR && text_starts(n->text, TEXT("-")) &&
	       !memchr(n->text.data, '=', n->text.len) && value->kind == YAML_SCALAR &&
	       secret_is_named(n->text, value->text);
}

static void look(struct veil *v, const struct yaml_node *n);

static void look_at_map(struct veil *v, const struct yaml_node *n)
{
	const struct yaml_node *kind = yaml_get(n, "kind"), *name = yaml_get(n, "name"),
			       *value = yaml_get(n, "value");
	bool secret = kind && text_eq_str(kind->text, "Secret");

	if (name && value && name->kind == YAML_SCALAR && value->kind == YAML_SCALAR &&
	    secret_is_named(name->text, value->text))
		hide(v, value);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];

		if (secret && (text_eq_str(e->key, "data") || text_eq_str(e->key, "stringData")))
			hide_below(v, e->value);
		else if (e->value->kind == YAML_SCALAR && secret_is_named(e->key, e->value->text))
			hide(v, e->value);
		else
			look(v, e->value);
	}
}

/* As deep as the reader lets documents be. */
static void look(struct veil *v, const struct yaml_node *n)
{
	if (n->kind == YAML_MAP) {
		look_at_map(v, n);
		return;
	}
	if (n->kind == YAML_SCALAR && is_secret(n->text))
		hide(v, n);
	for (uint32_t i = 0; i < n->count; i++) {
		if (i && is_option(n->items[i - 1], n->items[i]))
			hide(v, n->items[i]);
		look(v, n->items[i]);
	}
}

/* --- writing ------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->from != y->from ? (x->from > y->from) - (x->from < y->from) :
				    (x->to > y->to) - (x->to < y->to);
}

/* Each line of it behind a mask of its own: what is around it stays on its line. */
static void add_hidden(struct buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len;) {
		const char *nl = memchr(data + i, '\n', len - i);
		size_t end = nl ? (size_t)(nl - data) : len, from = i;

		while (i < end && isspace((unsigned char)data[i]))
			i++;
		buf_add(out, data + from, i - from);
		if (i < end)
			buf_add_str(out, MASK);
		if (nl)
			buf_add_char(out, '\n');
		i = end + 1;
	}
}

static void add_visible(struct buf *out, struct text t)
{
	if (t.len && !mask_text(t, out))
		buf_add(out, t.data, t.len);
}

/* Comments are in no tree: what is between values is looked at line by line. */
static void add_between(struct buf *out, struct text t)
{
	while (t.len) {
		const char *nl = memchr(t.data, '\n', t.len);
		size_t len = nl ? (size_t)(nl - t.data) : t.len;
		const char *comment = memmem(t.data, len, "#", 1);
		size_t before = comment ? (size_t)(comment - t.data) : len;

		buf_add(out, t.data, before);
		add_visible(out, text_from(t.data + before, len - before));
		if (nl)
			buf_add_char(out, '\n');
		t = text_from(t.data + len + (nl != NULL), t.len - len - (nl != NULL));
	}
}

static void write_veiled(struct buf *out, struct veil *v)
{
	size_t at = 0;

	if (v->spans.len)
		qsort(v->spans.items, v->spans.len, sizeof(*v->spans.items), compare);
	vec_foreach(s, &v->spans) {
		if (s->to <= at)
			continue;
		if (s->from > at)
			add_between(out, text_from(v->content.data + at, s->from - at));
		at = s->from > at ? s->from : at;
		add_hidden(out, v->content.data + at, s->to - at);
		at = s->to;
	}
	add_between(out, text_from(v->content.data + at, v->content.len - at));
}

static void write_lines(struct buf *out, struct text t)
{
	while (t.len) {
		const char *nl = memchr(t.data, '\n', t.len);
		size_t len = nl ? (size_t)(nl - t.data) : t.len;

		add_visible(out, text_from(t.data, len));
		if (nl)
			buf_add_char(out, '\n');
		t = text_from(t.data + len + (nl != NULL), t.len - len - (nl != NULL));
	}
}

void veil_add(struct buf *out, struct text content)
{
	struct veil v = { .content = content };
	cleanup_diags struct diags problems = { 0 };
	cleanup_yaml_stream struct yaml_stream *s = yaml_stream_new("", content, &manifest_limits,
								    NULL, &problems);
	enum yaml_given given;
	struct yaml_node *n;

	while (s && (given = yaml_stream_next(s, &n)) != YAML_END)
		if (given == YAML_DOCUMENT)
			look(&v, n);
	if (s && !problems.errors)
		write_veiled(out, &v);
	else
		write_lines(out, content);
	vec_deinit(&v.spans);
}
