/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/format.h"

#include <errno.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "rules/format_private.h"

enum { FORMAT_ARENA_MAX = 256 << 20 };

struct formatter {
	const char *name;
	VEC(struct text) lines; /* of the file, without newlines */
	struct buf *out;
	struct error *err;
};

/* --- lines --------------------------------------------------------------------------------------------------- */

static bool split_lines(struct formatter *f, struct text content)
{
	for (uint32_t at = 0; at < content.len;) {
		const char *nl = memchr(content.data + at, '\n', content.len - at);
		uint32_t end = nl ? (uint32_t)(nl - content.data) : content.len;
		struct text *slot = vec_add(&f->lines);

		if (!slot)
			return false;
		*slot = text_from(content.data + at, end - at);
		if (slot->len && slot->data[slot->len - 1] == '\r')
			slot->len--;
		at = end + 1;
	}
	return true;
}

/* Line numbers are from 1, as in YAML trees. */
static struct text line_at(const struct formatter *f, uint32_t number)
{
	return number >= 1 && number <= f->lines.len ? f->lines.items[number - 1] : TEXT("");
}

static uint32_t indent_of(struct text line)
{
	uint32_t n = 0;

	while (n < line.len && line.data[n] == ' ')
		n++;
	return n;
}

/* Where a key stands, its quotes included: marks are behind the first one. */
static uint32_t key_column(const struct formatter *f, const struct yaml_entry *e)
{
	struct text line = line_at(f, e->line);
	bool quoted = e->column >= 2 && e->column - 2 < line.len &&
		      (line.data[e->column - 2] == '"' || line.data[e->column - 2] == '\'');

	return e->column - quoted;
}

static bool is_blank(struct text line)
{
	return text_trim(line).len == 0;
}

static bool is_comment(struct text line)
{
	struct text t = text_trim(line);

	return t.len && t.data[0] == '#';
}

/* Text that is not indented more than its key can't be told from comments behind it. */
static bool is_indented(const struct formatter *f, const struct yaml_entry *e)
{
	uint32_t line = e->line + 1;

	if (!e->value->block || !e->value->text.len)
		return true;
	while (line < f->lines.len && is_blank(line_at(f, line)))
		line++;
	return indent_of(line_at(f, line)) >= key_column(f, e);
}

/* Where a member ends: blank lines and comments before line end are not of it. */
static uint32_t end_of(const struct formatter *f, const struct yaml_entry *e, uint32_t end)
{
	bool block = e->value->block;

	while (end > e->line + 1) {
		struct text line = line_at(f, end - 1);

		/* Within a block scalar it is text if it is indented as such. */
		if (!is_blank(line) &&
		    !(is_comment(line) && (!block || indent_of(line) < e->column)))
			break;
		end--;
	}
	return end;
}

/* --- members -------------------------------------------------------------------------------------------------- */

static bool has_comment(const struct formatter *f, const struct yaml_entry *e, uint32_t end)
{
	uint32_t last = e->value->block ? e->line + 1 : end;

	for (uint32_t i = e->line; i < last; i++) {
		struct text line = line_at(f, i);

		if (line.len && memchr(line.data, '#', line.len))
			return true;
	}
	return false;
}

/* As it is, but indented differently. The first line begins at the key. */
static void copy_lines(struct formatter *f, uint32_t from, uint32_t to, uint32_t column,
		       uint32_t indent)
{
	for (uint32_t i = from; i < to; i++) {
		struct text line = line_at(f, i);
		uint32_t cut = i == from ? column : indent_of(line);

		cut = cut > column ? column : cut;
		cut = cut > line.len ? line.len : cut;
		if (i > from)
			buf_add_char(f->out, '\n');
		if (is_blank(line))
			continue;
		if (i > from)
			buf_addf(f->out, "%*s", (int)indent, "");
		buf_add(f->out, line.data + cut, line.len - cut);
	}
}

static bool is_free_text(struct text key)
{
	return text_eq_str(key, "desc") || text_eq_str(key, "output");
}

static void add_member(struct formatter *f, const struct yaml_entry *e, uint32_t end, bool known)
{
	struct text t;

	if (has_comment(f, e, end)) {
		copy_lines(f, e->line, end, key_column(f, e) - 1, 2);
		return;
	}
	format_flow_scalar(e->key, true, f->out);
	buf_add_char(f->out, ':');
	if (e->value->kind != YAML_SCALAR || !known ||
	    !(is_free_text(e->key) || text_eq_str(e->key, "condition"))) {
		format_value(e->value, 4, f->out);
		return;
	}
	buf_add_char(f->out, ' ');
	t = text_trim(e->value->text);
	if (is_free_text(e->key) || !t.len)
		format_scalar(t, e->value->plain, 4, f->out);
	else
		format_condition(t, 4, f->out);
}

/* Comments between two members; blank lines are not wanted there. */
static void add_inner_comments(struct formatter *f, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		struct text t = text_trim(line_at(f, i));

		if (t.len)
			buf_addf(f->out, "\n  %.*s", (int)t.len, t.data);
	}
}

/* --- objects --------------------------------------------------------------------------------------------------- */

static int fail(struct formatter *f, uint32_t line, const char *why)
{
	return error_set(f->err, EINVAL, "%s:%u: left as it is: %s", f->name, line, why);
}

/* "- key: value" and the other members in lines of their own. */
static bool is_in_lines(const struct formatter *f, const struct yaml_node *item)
{
	struct text line = line_at(f, item->line);
	uint32_t dashes = 0, column;

	if (item->kind != YAML_MAP || !item->count || item->entries[0].line != item->line)
		return false;
	column = key_column(f, &item->entries[0]);
	if (column < 3 || column > line.len)
		return false;
	for (uint32_t i = 0; i + 1 < column; i++) {
		dashes += line.data[i] == '-';
		if (line.data[i] != '-' && line.data[i] != ' ')
			return false;
	}
	for (uint32_t i = 1; i < item->count; i++)
		if (item->entries[i].line <= item->entries[i - 1].line ||
		    key_column(f, &item->entries[i]) != column)
			return false;
	for (uint32_t i = 0; i < item->count; i++)
		if (!is_indented(f, &item->entries[i]))
			return false;
	return dashes == 1;
}

static bool is_known(const struct yaml_node *item)
{
	return yaml_get(item, "rule") || yaml_get(item, "macro");
}

/* Returns the line behind it. */
static uint32_t add_item(struct formatter *f, const struct yaml_node *item, uint32_t limit)
{
	uint32_t end = item->line;

	buf_add_str(f->out, "- ");
	for (uint32_t i = 0; i < item->count; i++) {
		const struct yaml_entry *e = &item->entries[i];
		uint32_t next = i + 1 < item->count ? item->entries[i + 1].line : limit;

		if (i) {
			add_inner_comments(f, end, e->line);
			buf_add_str(f->out, "\n  ");
		}
		end = end_of(f, e, next);
		add_member(f, e, end, is_known(item));
	}
	buf_add_char(f->out, '\n');
	return end;
}

/* What stands between objects: comments, marks of documents; never two blank lines in a row. */
static void add_gap(struct formatter *f, uint32_t from, uint32_t to, bool last)
{
	bool blank = false, any = f->out->len == 0;

	for (uint32_t i = from; i < to; i++) {
		struct text line = line_at(f, i);

		while (line.len && strchr(" \t\r", line.data[line.len - 1]))
			line.len--;
		if (!line.len) {
			blank = true;
			continue;
		}
		/* The first object's own gap begins the file; others are set off. */
		if (f->out->len && (blank || !any))
			buf_add_char(f->out, '\n');
		any = true;
		blank = false;
		buf_addf(f->out, "%.*s\n", (int)line.len, line.data);
	}
	if (!last && f->out->len && (blank || !any))
		buf_add_char(f->out, '\n');
}

/* The first object of the documents from d on; NULL: there is none. */
static const struct yaml_node *first_of(const struct yaml_file *file, uint32_t d)
{
	for (; d < file->document_count; d++)
		if (file->documents[d]->kind == YAML_LIST && file->documents[d]->count)
			return file->documents[d]->items[0];
	return NULL;
}

/* The line at which the next object begins, or the mark between two documents. */
static uint32_t limit_of(const struct formatter *f, const struct yaml_node *item,
			 const struct yaml_node *next)
{
	uint32_t limit = next && next->line > item->line ? next->line : (uint32_t)f->lines.len + 1;

	for (uint32_t i = item->line + 1; i < limit; i++)
		if (text_starts(line_at(f, i), TEXT("---")) ||
		    text_starts(line_at(f, i), TEXT("...")))
			return i;
	return limit;
}

/* *at: the first line that is not written yet. */
static int add_document(struct formatter *f, const struct yaml_node *doc,
			const struct yaml_node *behind, uint32_t *at)
{
	for (uint32_t i = 0; i < doc->count; i++) {
		const struct yaml_node *item = doc->items[i];
		const struct yaml_node *next = i + 1 < doc->count ? doc->items[i + 1] : behind;

		if (!is_in_lines(f, item) || item->line < *at)
			return fail(
				f, item->line,
				"an object must begin with \"- \" and have each member in a line "
				"of its own");
		add_gap(f, *at, item->line, false);
		*at = add_item(f, item, limit_of(f, item, next));
	}
	return 0;
}

static int add_documents(struct formatter *f, const struct yaml_file *file)
{
	uint32_t at = 1;
	int r = 0;

	for (uint32_t d = 0; d < file->document_count && !r; d++) {
		const struct yaml_node *doc = file->documents[d];

		if (yaml_is_null(doc))
			continue;
		r = doc->kind == YAML_LIST ? add_document(f, doc, first_of(file, d + 1), &at) :
					     fail(f, doc->line, "it is no list of objects");
	}
	if (r)
		return r;
	add_gap(f, at, (uint32_t)f->lines.len + 1, true);
	return f->out->failed ? error_errno(f->err, ENOMEM, "%s", f->name) : 0;
}

/* --- is it still the same? -------------------------------------------------------------------------------------- */

static bool same_scalar(const struct yaml_node *a, const struct yaml_node *b)
{
	json_t *x, *y;
	bool same;

	if (!text_eq(a->text, b->text))
		return false;
	if (a->plain == b->plain)
		return true;
	x = yaml_json(a);
	y = yaml_json(b);
	same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

static bool same_node(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return same_scalar(a, b);
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->kind == YAML_LIST ?
			    !same_node(a->items[i], b->items[i]) :
			    !text_eq(a->entries[i].key, b->entries[i].key) ||
				    !same_node(a->entries[i].value, b->entries[i].value))
			return false;
	}
	return true;
}

static bool same_member(const struct yaml_entry *a, const struct yaml_entry *b, bool known)
{
	struct text x, y;

	if (!text_eq(a->key, b->key))
		return false;
	if (known && a->value->kind == YAML_SCALAR && b->value->kind == YAML_SCALAR &&
	    (is_free_text(a->key) || text_eq_str(a->key, "condition"))) {
		x = text_trim(a->value->text);
		y = text_trim(b->value->text);
		if (text_eq(x, y))
			return true;
		return !is_free_text(a->key) && format_same_condition(x, y);
	}
	return same_node(a->value, b->value);
}

/* NULL: it is. */
static const struct yaml_node *find_difference(const struct yaml_file *a, const struct yaml_file *b)
{
	for (uint32_t d = 0; d < a->document_count; d++) {
		const struct yaml_node *x = a->documents[d],
				       *y = d < b->document_count ? b->documents[d] : NULL;

		if (!y || x->kind != y->kind || x->count != y->count)
			return x;
		for (uint32_t i = 0; i < x->count; i++) {
			const struct yaml_node *p = x->items[i], *q = y->items[i];

			if (p->kind != q->kind || p->count != q->count)
				return p;
			for (uint32_t k = 0; k < p->count; k++)
				if (!same_member(&p->entries[k], &q->entries[k], is_known(p)))
					return p->entries[k].value;
		}
	}
	return NULL;
}

static int verify(struct formatter *f, const struct yaml_file *before, struct arena *a)
{
	struct diags diags = { 0 };
	const struct yaml_node *n;
	struct yaml_file *after;
	int r = 0;

	if (!yaml_read(a, f->name, text_from(f->out->data ? f->out->data : "", f->out->len), &diags,
		       &after)) {
		r = fail(f, 1, "written anew it would be no valid YAML (anchors?)");
	} else {
		n = find_difference(before, after);
		if (n)
			r = fail(f, n->line, "written anew it might mean something else");
	}
	diags_deinit(&diags);
	return r;
}

int format_rules(const char *name, struct text content, struct buf *out, struct error *err)
{
	cleanup_arena struct arena a = ARENA_INIT(FORMAT_ARENA_MAX);
	struct formatter f = { .name = name, .out = out, .err = err };
	struct diags diags = { 0 };
	struct yaml_file *file;
	int r;

	if (!yaml_read(&a, name, content, &diags, &file)) {
		const struct diag *d = diags.items.len ? &diags.items.items[0] : NULL;

		r = error_set(err, EINVAL, "%s:%u:%u: %s", name, d ? d->place.line : 0,
			      d ? d->place.column : 0, d && d->text ? d->text : "out of memory");
	} else if (diags.items.len) { /* what is there twice */
		r = error_set(err, EINVAL, "%s:%u: left as it is: %s", name,
			      diags.items.items[0].place.line, diags.items.items[0].text);
	} else if (!split_lines(&f, content)) {
		r = error_errno(err, ENOMEM, "%s", name);
	} else {
		r = add_documents(&f, file);
		r = r ? r : verify(&f, file, &a);
	}
	vec_deinit(&f.lines);
	diags_deinit(&diags);
	return r;
}
