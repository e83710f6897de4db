/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/edit.h"

#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "inspect/patch.h"

enum { STEP = 2 }; /* of what is added inside of what is added */

static const char not_seen[] = "it is written in a way that is not changed by a program";
static const char has_comment[] = "a comment would go with it";

/* --- lines --------------------------------------------------------------------------------------- */

static size_t line_start(struct text c, size_t at)
{
	while (at && c.data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_next(struct text c, size_t at)
{
	const char *nl = at < c.len ? memchr(c.data + at, '\n', c.len - at) : NULL;

	return nl ? (size_t)(nl - c.data) + 1 : c.len;
}

static size_t indent_of(struct text c, size_t line)
{
	size_t n = 0;

	while (line + n < c.len && c.data[line + n] == ' ')
		n++;
	return n;
}

static bool is_blank(struct text c, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!strchr(" \t\r\n", c.data[from]))
			return false;
	return true;
}

static bool is_dash(struct text c, size_t at)
{
	return at < c.len && c.data[at] == '-' &&
	       (at + 1 == c.len || strchr(" \t\r\n", c.data[at + 1]));
}

static bool ends_document(struct text c, size_t line)
{
	return c.len - line >= 3 &&
	       (!memcmp(c.data + line, "---", 3) || !memcmp(c.data + line, "...", 3));
}

enum span { SPAN_MAP, SPAN_ENTRY, SPAN_ITEM };

/*
 * Behind the last line of a map, of an entry or of an item that begins in column indent of the line
 * at. Comments behind it that are not indented more belong to what comes next.
 */
static size_t span_end(struct text c, size_t at, size_t indent, enum span what)
{
	size_t end = line_next(c, at);

	for (size_t line = end, next; line < c.len; line = next) {
		size_t n = indent_of(c, line);

		next = line_next(c, line);
		if (is_blank(c, line, next))
			continue;
		if (n < indent && c.data[line + n] == '#')
			continue;
		if (n < indent || ends_document(c, line))
			break;
		if (n == indent && c.data[line + n] == '#')
			continue;
		if (n == indent && what != SPAN_MAP && (what == SPAN_ITEM || !is_dash(c, line + n)))
			break;
		end = next;
	}
	return end;
}

/* --- nodes --------------------------------------------------------------------------------------- */

/* Behind the anchor and the tag that may stand in front of it. */
static size_t begin_of(const struct yaml_node *n)
{
	struct text c = n->file->content;
	size_t at = n->offset;

	while (at < c.len && (c.data[at] == '&' || c.data[at] == '!')) {
		while (at < c.len && !strchr(" \t\r\n", c.data[at]))
			at++;
		while (at < c.len && strchr(" \t", c.data[at]))
			at++;
	}
	return at;
}

static bool is_flow(const struct yaml_node *n)
{
	struct text c = n->file->content;
	size_t at = begin_of(n);

	return at < c.len && c.data[at] == (n->kind == YAML_MAP ? '{' : '[');
}

/* The place of a quoted text is that of its first letter. */
static size_t before_quote(struct text c, size_t at)
{
	return at && at <= c.len && (c.data[at - 1] == '"' || c.data[at - 1] == '\'') ? at - 1 : at;
}

/* Where an entry's key is; false: not where the map is, or not as it reads. */
static bool find_key(const struct yaml_node *map, uint32_t i, size_t *ret)
{
	const struct yaml_entry *e = &map->entries[i];
	struct text c = map->file->content;
	size_t at = line_start(c, map->offset < c.len ? map->offset : c.len);

	if (e->line < map->line)
		return false;
	for (uint32_t line = map->line; line < e->line && at < c.len; line++)
		at = line_next(c, at);
	for (uint32_t column = 1; column < e->column && at < c.len; column++) {
		size_t n = utf8_sequence((const unsigned char *)c.data + at, c.len - at);

		at += n ? n : 1;
	}
	*ret = before_quote(c, at);
	return at < c.len && (*ret < at || (c.len - at >= e->key.len &&
					    !memcmp(c.data + at, e->key.data, e->key.len)));
}

/* From the beginning of a scalar to behind it, if it is on one line. */
static bool scalar_span(const struct yaml_node *n, size_t *ret_start, size_t *ret)
{
	struct text c = n->file->content;
	size_t at = n->plain ? n->offset : before_quote(c, n->offset);
	char quote;

	if (n->kind != YAML_SCALAR || n->block || at >= c.len)
		return false;
	*ret_start = at;
	if (n->plain) {
		*ret = at + n->text.len;
		return n->text.len && c.len - at >= n->text.len &&
		       !memcmp(c.data + at, n->text.data, n->text.len);
	}
	quote = c.data[at];
	if (quote != '"' && quote != '\'')
		return false;
	for (at++; at < c.len && c.data[at] != '\n'; at++) {
		if (quote == '"' && c.data[at] == '\\') {
			at++;
		} else if (c.data[at] == quote) {
			if (quote == '"' || at + 1 >= c.len || c.data[at + 1] != '\'') {
				*ret = at + 1;
				return true;
			}
			at++;
		}
	}
	return false;
}

/* --- values -------------------------------------------------------------------------------------- */

/* Letters that no reader takes for something else: the words of the API begin with a large one. */
static bool is_plain(const char *s)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n",   "nan" };
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(s, words[i]))
			return false;
	return n && !s[n];
}

static void add_flow(struct buf *out, const json_t *v)
{
	const char *name, *between = "";
	json_t *member;
	size_t i;

	if (json_is_string(v) && is_plain(json_string_value(v))) {
		buf_add_str(out, json_string_value(v));
	} else if (json_is_object(v)) {
		buf_add_char(out, '{');
		json_object_foreach ((json_t *)v, name, member) {
			buf_addf(out, "%s%s: ", between, name);
			add_flow(out, member);
			between = ", ";
		}
		buf_add_char(out, '}');
	} else if (json_is_array(v)) {
		buf_add_char(out, '[');
		json_array_foreach (v, i, member) {
			buf_add_str(out, i ? ", " : "");
			add_flow(out, member);
		}
		buf_add_char(out, ']');
	} else {
		cleanup_free char *text = json_dumps(v, JSON_ENCODE_ANY);

		buf_add_str(out, text ? text : "null");
	}
}

/* "key: value" on a line, or what is in it on lines below. */
static void add_block(struct buf *out, size_t indent, const char *key, const json_t *v,
		      const char *eol)
{
	const char *name;
	json_t *member;

	buf_addf(out, "%*s%s:", (int)indent, "", key);
	if (json_is_object(v)) {
		buf_add_str(out, eol);
		json_object_foreach ((json_t *)v, name, member)
			add_block(out, indent + STEP, name, member, eol);
		return;
	}
	buf_add_char(out, ' ');
	add_flow(out, v);
	buf_add_str(out, eol);
}

/* --- operations ---------------------------------------------------------------------------------- */

static const char *finish(struct edit *ret, size_t start, size_t end, struct buf *text)
{
	*ret = (struct edit){ start, end, buf_take(text) };
	return ret->text ? NULL : "out of memory";
}

static const char *eol_at(struct text c, size_t at)
{
	size_t next = line_next(c, at);

	return next >= 2 && c.data[next - 1] == '\n' && c.data[next - 2] == '\r' ? "\r\n" : "\n";
}

/* Behind the bracket: the end of a flow collection has to be searched for, its beginning is known. */
static const char *add_to_flow(struct edit *ret, const struct yaml_node *n, const char *key,
			       const json_t *value)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct text c = n->file->content;
	size_t at = begin_of(n) + 1;
	bool spaced = n->count && at < c.len && strchr(" \r\n", c.data[at]);

	buf_add_str(&text, spaced ? " " : "");
	if (key)
		buf_addf(&text, "%s: ", key);
	add_flow(&text, value);
	buf_add_str(&text, !n->count ? "" : spaced ? "," : ", ");
	return finish(ret, at, at, &text);
}

static const char *add_key(struct edit *ret, const struct yaml_node *map, const char *key,
			   const json_t *value)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct text c = map->file->content;
	size_t first, indent, end, len;
	const char *eol;

	if (is_flow(map))
		return add_to_flow(ret, map, key, value);
	if (!map->count || !find_key(map, 0, &first))
		return not_seen;
	indent = first - line_start(c, first);
	eol = eol_at(c, first);
	end = span_end(c, first, indent, SPAN_MAP);
	if (end && c.data[end - 1] != '\n') {
		buf_add_str(&text, eol);
		add_block(&text, indent, key, value, eol);
		len = strlen(eol);
		text.len -= text.failed ? 0 : len;
	} else {
		add_block(&text, indent, key, value, eol);
	}
	return finish(ret, end, end, &text);
}

static const char *add_item(struct edit *ret, const struct yaml_node *list, const json_t *value)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct text c = list->file->content;
	size_t at = begin_of(list), line;

	if (is_flow(list))
		return add_to_flow(ret, list, NULL, value);
	if (at >= c.len || !is_dash(c, at))
		return not_seen;
	line = line_start(c, at);
	if (!is_blank(c, line, at))
		return not_seen;
	buf_add(&text, c.data + line, at - line);
	buf_add_str(&text, "- ");
	add_flow(&text, value);
	buf_add_str(&text, eol_at(c, at));
	return finish(ret, line, line, &text);
}

/* "key:" with nothing behind it. */
static const char *fill(struct edit *ret, const struct yaml_node *map, uint32_t i,
			const json_t *value)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct text c = map->file->content;
	size_t at;

	if (!find_key(map, i, &at) || c.data[at] == '"' || c.data[at] == '\'')
		return not_seen;
	at += map->entries[i].key.len;
	if (at >= c.len || c.data[at] != ':')
		return not_seen;
	at++;
	buf_add_char(&text, ' ');
	add_flow(&text, value);
	return finish(ret, at, at, &text);
}

static const char *replace(struct edit *ret, const struct yaml_node *parent, uint32_t i,
			   const json_t *value)
{
	cleanup_buf struct buf text = BUF_INIT;
	const struct yaml_node *old = parent->kind == YAML_MAP ? parent->entries[i].value :
								 parent->items[i];
	size_t start, end;

	if (parent->kind == YAML_MAP && old->kind == YAML_SCALAR && old->plain && !old->text.len)
		return fill(ret, parent, i, value);
	if (!scalar_span(old, &start, &end))
		return not_seen;
	add_flow(&text, value);
	return finish(ret, start, end, &text);
}

/* Where an entry or item begins, the dash of an item in block style included. */
static bool part_begin(const struct yaml_node *n, uint32_t i, size_t *ret)
{
	struct text c = n->file->content;
	size_t at;

	if (n->kind == YAML_MAP)
		return find_key(n, i, ret);
	at = n->items[i]->offset;
	if (n->items[i]->kind == YAML_SCALAR && !n->items[i]->plain)
		at = before_quote(c, at);
	if (at >= c.len)
		return false;
	if (!is_flow(n)) {
		while (at && strchr(" \t", c.data[at - 1]))
			at--;
		if (!at-- || !is_dash(c, at))
			return false;
	}
	*ret = at;
	return true;
}

static const char *cut(struct edit *ret, struct text c, size_t start, size_t end)
{
	cleanup_buf struct buf none = BUF_INIT;

	if (end < start)
		return not_seen;
	if (memchr(c.data + start, '#', end - start))
		return has_comment;
	return finish(ret, start, end, &none);
}

/*
 * Behind a collection in brackets. Only what is plain to read is: comments, anchors and escapes make it false, and
 * what is cut is compared with what should be there afterwards anyway.
 */
static bool brackets_end(const struct yaml_node *n, size_t *ret)
{
	struct text c = n->file->content;
	uint32_t depth = 0;
	char quote = 0;

	for (size_t at = begin_of(n); at < c.len && !strchr("#&*!\\", c.data[at]); at++) {
		if (quote || c.data[at] == '"' || c.data[at] == '\'') {
			quote = !quote ? c.data[at] : c.data[at] == quote ? 0 : quote;
			continue;
		}
		depth += c.data[at] == '{' || c.data[at] == '[';
		if ((c.data[at] == '}' || c.data[at] == ']') && !--depth) {
			*ret = at + 1;
			return true;
		}
	}
	return false;
}

static const char *remove_from_flow(struct edit *ret, const struct yaml_node *n, uint32_t i)
{
	const struct yaml_node *value = n->kind == YAML_MAP ? n->entries[i].value : n->items[i];
	struct text c = n->file->content;
	size_t start, end, value_start;

	if (!part_begin(n, i, &start))
		return not_seen;
	if (i + 1 < n->count)
		return part_begin(n, i + 1, &end) ? cut(ret, c, start, end) : not_seen;
	if (value->kind != YAML_SCALAR ? !is_flow(value) || !brackets_end(value, &end) :
					 !scalar_span(value, &value_start, &end))
		return not_seen;
	while (i && start && strchr(" \t\r\n", c.data[start - 1]))
		start--;
	if (i && (!start || c.data[--start] != ','))
		return not_seen;
	return cut(ret, c, start, end);
}

static const char *remove_part(struct edit *ret, const struct yaml_node *n, uint32_t i)
{
	struct text c = n->file->content;
	size_t start, end, line;

	if (is_flow(n))
		return remove_from_flow(ret, n, i);
	if (!part_begin(n, i, &start))
		return not_seen;
	line = line_start(c, start);
	if (is_blank(c, line, start)) {
		end = span_end(c, start, start - line,
			       n->kind == YAML_MAP ? SPAN_ENTRY : SPAN_ITEM);
		return cut(ret, c, line, end);
	}
	/* Behind the dash of an item: the next key takes its place. */
	if (i + 1 >= n->count || !part_begin(n, i + 1, &end) || line_start(c, end) == line)
		return not_seen;
	return cut(ret, c, start, end);
}

/* --- where --------------------------------------------------------------------------------------- */

static bool find_part(const struct yaml_node *n, const char *name, uint32_t *ret)
{
	uint64_t index;

	if (n->kind == YAML_LIST) {
		*ret = str_to_u64(name, &index) && index < n->count ? (uint32_t)index : 0;
		return str_to_u64(name, &index) && index < n->count;
	}
	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
		*ret = i;
		if (text_eq_str(n->entries[i].key, name))
			return true;
	}
	return false;
}

static const struct yaml_node *find_node(const struct yaml_node *n, const char *pointer)
{
	while (n && *pointer == '/') {
		size_t len = strcspn(pointer + 1, "/"), parent;
		cleanup_free char *token = str_dup_n(pointer, len + 1), *name = NULL;
		uint32_t i;

		name = token ? pointer_last(token, &parent) : NULL;
		if (!name || !find_part(n, name, &i))
			return NULL;
		n = n->kind == YAML_MAP ? n->entries[i].value : n->items[i];
		pointer += len + 1;
	}
	return n;
}

const char *edit_plan(struct edit *ret, const struct yaml_node *document, const char *base,
		      const json_t *op)
{
	const char *path = json_string_value(json_object_get(op, "path"));
	const char *what = json_string_value(json_object_get(op, "op"));
	const json_t *value = json_object_get(op, "value");
	size_t len = 0;
	cleanup_free char *name = path ? pointer_last(path, &len) : NULL;
	cleanup_free char *before = name ? str_dup_n(path, len) : NULL;
	const struct yaml_node *parent = find_node(document, base);
	uint32_t i = 0;

	parent = parent && before ? find_node(parent, before) : NULL;
	if (!parent || parent->kind == YAML_SCALAR)
		return not_seen;
	if (str_eq(what, "add"))
		return parent->kind == YAML_LIST ? add_item(ret, parent, value) :
						   add_key(ret, parent, name, value);
	if (!find_part(parent, name, &i))
		return not_seen;
	return str_eq(what, "remove") ? remove_part(ret, parent, i) :
					replace(ret, parent, i, value);
}
