/* SPDX-License-Identifier: Apache-2.0 */
#include "base/toml_tree.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/yaml_make.h"

enum { KEYS_MAX = 4096 };

struct reader {
	struct arena *arena;
	struct diags *diags;
	struct yaml_file *file;
	struct text content;
	uint32_t at, line, column;
	bool failed;
};

/* --- characters ---------------------------------------------------------------------------------- */

static char peek_at(const struct reader *r, uint32_t offset)
{
	return r->content.len - r->at > offset ? r->content.data[r->at + offset] : '\0';
}

static char peek(const struct reader *r)
{
	return peek_at(r, 0);
}

static void advance(struct reader *r)
{
	char c = peek(r);

	if (r->at >= r->content.len)
		return;
	r->at++;
	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if (((unsigned char)peek(r) & 0xc0) != 0x80) {
		r->column++;
	}
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	advance(r);
	return true;
}

static bool take_three(struct reader *r, char c)
{
	if (peek(r) != c || peek_at(r, 1) != c || peek_at(r, 2) != c)
		return false;
	for (int i = 0; i < 3; i++)
		advance(r);
	return true;
}

static void fail(struct reader *r, const char *what)
{
	if (!r->failed)
		diag_error(r->diags, (struct diag_place){ r->file->name, r->line, r->column },
			   "toml", "not valid TOML: %s", what);
	r->failed = true;
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		advance(r);
}

static void skip_comment(struct reader *r)
{
	if (peek(r) == '#')
		while (r->at < r->content.len && peek(r) != '\n')
			advance(r);
}

/* Blanks, line breaks and comments. */
static void skip_all(struct reader *r)
{
	while (r->at < r->content.len && (strchr(" \t\r\n#", peek(r)))) {
		skip_comment(r);
		advance(r);
	}
}

static void end_line(struct reader *r)
{
	skip_blanks(r);
	skip_comment(r);
	take(r, '\r');
	if (r->at < r->content.len && !take(r, '\n'))
		fail(r, "something is behind the end");
}

/* --- texts --------------------------------------------------------------------------------------- */

static void read_unicode(struct reader *r, int digits, struct buf *out)
{
	char text[9] = { 0 }, bytes[4];
	unsigned long c;

	for (int i = 0; i < digits; i++) {
		text[i] = peek(r);
		if (!isxdigit((unsigned char)text[i])) {
			fail(r, "an escape that says nothing");
			return;
		}
		advance(r);
	}
	c = strtoul(text, NULL, 16);
	if (!c || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		fail(r, "an escape that is no character");
	} else if (c < 0x80) {
		buf_add_char(out, (char)c);
	} else {
		int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

		for (int i = n - 1; i > 0; i--, c >>= 6)
			bytes[i] = (char)(0x80 | (c & 63));
		bytes[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
		buf_add(out, bytes, (size_t)n);
	}
}

static void read_escape(struct reader *r, bool lines, struct buf *out)
{
	static const char names[] = "btnfre\"\\", values[] = "\b\t\n\f\r\033\"\\";
	char c = peek(r);
	const char *found = c ? strchr(names, c) : NULL;

	if (lines && c && strchr(" \t\r\n", c)) {
		while (peek(r) && strchr(" \t\r\n", peek(r)))
			advance(r);
		return;
	}
	if (r->at < r->content.len)
		advance(r);
	if (c == 'u' || c == 'U')
		read_unicode(r, c == 'u' ? 4 : 8, out);
	else if (found)
		buf_add_char(out, values[found - names]);
	else
		fail(r, "an escape that says nothing");
}

/* From the first quote to behind the last; '"' knows escapes, '\'' does not. */
static void read_string(struct reader *r, bool may_be_long, struct buf *out)
{
	char quote = peek(r);
	bool lines = may_be_long && take_three(r, quote);

	if (!lines)
		advance(r);
	else if (!take(r, '\n') && peek(r) == '\r' && peek_at(r, 1) == '\n') {
		advance(r);
		advance(r);
	}
	while (!r->failed) {
		unsigned char c = (unsigned char)peek(r);

		if (r->at >= r->content.len || (!lines && c == '\n')) {
			fail(r, "a string without an end");
		} else if (lines && take_three(r, quote)) {
			/* Up to two quotes may stand before the end. */
			for (int i = 0; i < 2 && take(r, quote); i++)
				buf_add_char(out, quote);
			return;
		} else if (!lines && take(r, quote)) {
			return;
		} else if (quote == '"' && take(r, '\\')) {
			read_escape(r, lines, out);
		} else if ((c < 0x20 && !strchr("\t\r\n", c)) || c == 0x7f) {
			fail(r, "a control character in a string");
		} else {
			buf_add_char(out, (char)c);
			advance(r);
		}
	}
}

/* --- keys ---------------------------------------------------------------------------------------- */

static bool is_bare(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static struct text read_key(struct reader *r)
{
	cleanup_buf struct buf out = BUF_INIT;

	skip_blanks(r);
	if (peek(r) == '"' || peek(r) == '\'') {
		read_string(r, false, &out);
	} else {
		while (is_bare(peek(r))) {
			buf_add_char(&out, peek(r));
			advance(r);
		}
		if (!out.len)
			fail(r, "a key was expected");
	}
	skip_blanks(r);
	return arena_text(r->arena, text_from(out.data ? out.data : "", out.len));
}

/* The map behind a key of a map, made if it is not there; the last one of a list of tables. */
static struct yaml_node *descend(struct reader *r, struct yaml_node *map, struct text key)
{
	struct yaml_node *found = NULL;

	for (uint32_t i = 0; map && i < map->count; i++)
		if (text_eq(map->entries[i].key, key))
			found = map->entries[i].value;
	if (found && found->kind == YAML_LIST && found->count)
		found = found->items[found->count - 1];
	if (found && found->kind != YAML_MAP)
		fail(r, "a key that has a value already");
	if (found)
		return found->kind == YAML_MAP ? found : NULL;
	found = yaml_make_map(r->arena, r->file, r->line, r->column);
	if (map && map->count >= KEYS_MAX)
		fail(r, "too many keys");
	else
		yaml_make_put(r->arena, map, key, found);
	return found;
}

/* "a.b.c": the map that c goes into; *ret is c. */
static struct yaml_node *read_path(struct reader *r, struct yaml_node *map, struct text *ret)
{
	uint32_t depth = 0;

	*ret = read_key(r);
	while (!r->failed && map && take(r, '.')) {
		if (++depth > TOML_DEPTH_MAX)
			fail(r, "too many keys inside of each other");
		map = descend(r, map, *ret);
		*ret = read_key(r);
	}
	return map;
}

/* --- values -------------------------------------------------------------------------------------- */

static struct yaml_node *read_value(struct reader *r, uint32_t depth);

static void read_pair(struct reader *r, struct yaml_node *map, uint32_t depth)
{
	struct text key;

	map = read_path(r, map, &key);
	if (!r->failed && !take(r, '='))
		fail(r, "= was expected");
	skip_blanks(r);
	for (uint32_t i = 0; map && i < map->count; i++)
		if (text_eq(map->entries[i].key, key))
			fail(r, "a key that is there already");
	if (map && map->count >= KEYS_MAX)
		fail(r, "too many keys");
	if (!r->failed)
		yaml_make_put(r->arena, map, key, read_value(r, depth + 1));
}

static struct yaml_node *read_table(struct reader *r, uint32_t depth)
{
	struct yaml_node *map = yaml_make_map(r->arena, r->file, r->line, r->column);

	advance(r);
	skip_all(r);
	while (!r->failed && !take(r, '}')) {
		read_pair(r, map, depth);
		skip_all(r);
		if (!take(r, ',') && peek(r) != '}')
			fail(r, ", or } was expected");
		skip_all(r);
	}
	return map;
}

static struct yaml_node *read_array(struct reader *r, uint32_t depth)
{
	struct yaml_node *list = yaml_make_list(r->arena, r->file, r->line, r->column);

	advance(r);
	skip_all(r);
	while (!r->failed && !take(r, ']')) {
		yaml_make_add(r->arena, list, read_value(r, depth + 1));
		skip_all(r);
		if (!take(r, ',') && peek(r) != ']')
			fail(r, ", or ] was expected");
		skip_all(r);
	}
	return list;
}

/* Numbers, booleans, dates: as they are written. */
static struct yaml_node *read_word(struct reader *r)
{
	uint32_t from = r->at, line = r->line, column = r->column;

	while (is_bare(peek(r)) || (peek(r) && strchr("+.:", peek(r))) ||
	       (peek(r) == ' ' && isdigit((unsigned char)peek_at(r, 1)) && r->at - from == 10))
		advance(r);
	if (r->at == from)
		fail(r, "a value was expected");
	return yaml_make_scalar(r->arena, r->file, line, column,
				text_from(r->content.data + from, r->at - from), true);
}

static struct yaml_node *read_value(struct reader *r, uint32_t depth)
{
	cleanup_buf struct buf out = BUF_INIT;
	uint32_t line = r->line, column = r->column;

	if (depth > TOML_DEPTH_MAX) {
		fail(r, "too many values inside of each other");
		return NULL;
	}
	if (peek(r) == '[')
		return read_array(r, depth);
	if (peek(r) == '{')
		return read_table(r, depth);
	if (peek(r) != '"' && peek(r) != '\'')
		return read_word(r);
	read_string(r, true, &out);
	return yaml_make_scalar(r->arena, r->file, line, column,
				text_from(out.data ? out.data : "", out.len), false);
}

/* "[a.b]" or "[[a.b]]": the map that what follows goes into. */
static struct yaml_node *read_header(struct reader *r, struct yaml_node *root)
{
	bool array = peek_at(r, 1) == '[';
	struct yaml_node *map, *list = NULL, *item;
	struct text key;

	advance(r);
	if (array)
		advance(r);
	map = read_path(r, root, &key);
	if (!r->failed && (!take(r, ']') || (array && !take(r, ']'))))
		fail(r, "] was expected");
	if (r->failed || !array)
		return r->failed ? NULL : descend(r, map, key);
	for (uint32_t i = 0; map && i < map->count; i++)
		if (text_eq(map->entries[i].key, key))
			list = map->entries[i].value;
	if (list && list->kind != YAML_LIST) {
		fail(r, "a key that is no list of tables");
		return NULL;
	}
	if (!list) {
		list = yaml_make_list(r->arena, r->file, r->line, r->column);
		yaml_make_put(r->arena, map, key, list);
	}
	item = yaml_make_map(r->arena, r->file, r->line, r->column);
	yaml_make_add(r->arena, list, item);
	return item;
}

struct yaml_node *toml_read(struct arena *a, const char *name, struct text content, struct diags *d)
{
	struct reader r = { a, d, yaml_make_file(a, name), content, 0, 1, 1, false };
	struct yaml_node *root = yaml_make_map(a, r.file, 1, 1), *map = root;

	if (!root)
		return NULL;
	if (content.len > TOML_BYTES_MAX)
		fail(&r, "the file is too large");
	else if (!utf8_valid(content) || (content.len && memchr(content.data, '\0', content.len)))
		fail(&r, "this is no text in UTF-8");
	r.file->content = content;
	for (skip_all(&r); !r.failed && !a->failed && r.at < content.len; skip_all(&r)) {
		if (peek(&r) == '[')
			map = read_header(&r, root);
		else
			read_pair(&r, map, 0);
		if (!r.failed)
			end_line(&r);
	}
	return r.failed || a->failed ? NULL : root;
}
