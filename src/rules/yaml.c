/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/yaml.h"

#include <libfyaml.h>

#include "base/cleanup.h"
#include "base/utf8.h"

enum { ANCHORS_MAX = 256 };

struct frame {
	struct yaml_node *node;
	VEC(struct yaml_node *) items;
	VEC(struct yaml_entry) entries;
	bool have_key;
	struct yaml_entry key;
};

struct anchor {
	struct text name;
	struct yaml_node *node;
};

struct reader {
	struct arena *arena;
	struct diags *diags;
	struct yaml_file *file;
	struct fy_parser *parser;
	struct frame stack[YAML_DEPTH_MAX];
	int depth;
	VEC(struct anchor) anchors;
	VEC(struct yaml_node *) documents;
	size_t nodes;
	bool failed;
};

static struct diag_place place_of(const struct reader *r, const struct fy_mark *m)
{
	return (struct diag_place){ r->file->name, m ? (uint32_t)m->line + 1 : 0,
				    m ? (uint32_t)m->column + 1 : 0 };
}

static void fail(struct reader *r, const struct fy_mark *m, const char *what)
{
	if (!r->failed)
		diag_error(r->diags, place_of(r, m), "yaml", "%s", what);
	r->failed = true;
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind, const struct fy_mark *m)
{
	struct yaml_node *n = arena_new(r->arena, struct yaml_node);

	if (!n || ++r->nodes > YAML_NODES_MAX) {
		fail(r, m, "this file is too large: it has more parts than any rule file needs");
		return NULL;
	}
	n->kind = kind;
	n->file = r->file;
	n->size = 1;
	if (m) {
		n->line = (uint32_t)m->line + 1;
		n->column = (uint32_t)m->column + 1;
		n->offset = m->input_pos;
	}
	return n;
}

static struct yaml_node *scalar_new(struct reader *r, struct fy_token *token,
				    const struct fy_mark *m)
{
	struct yaml_node *n = node_new(r, YAML_SCALAR, token ? fy_token_start_mark(token) : m);
	const char *text = "";
	size_t len = 0;

	if (!n)
		return NULL;
	if (token) {
		text = fy_token_get_text(token, &len);
		n->plain = fy_token_scalar_style(token) == FYSS_PLAIN;
		n->block = fy_token_scalar_style(token) == FYSS_LITERAL ||
			   fy_token_scalar_style(token) == FYSS_FOLDED;
	} else {
		n->plain = true;
	}
	n->text = text_from(arena_dup(r->arena, text ? text : "", text ? len : 0), text ? len : 0);
	return n->text.data ? n : NULL;
}

static void remember(struct reader *r, struct fy_token *anchor, struct yaml_node *n)
{
	const char *name;
	struct anchor *slot;
	size_t len;

	if (!anchor || !n)
		return;
	name = fy_token_get_text(anchor, &len);
	if (!name || r->anchors.len >= ANCHORS_MAX) {
		fail(r, fy_token_start_mark(anchor), "too many anchors");
		return;
	}
	slot = vec_add(&r->anchors);
	if (slot)
		*slot = (struct anchor){ text_from(arena_dup(r->arena, name, len), len), n };
}

static struct yaml_node *alias(struct reader *r, struct fy_token *token)
{
	const struct fy_mark *m = fy_token_start_mark(token);
	size_t len = 0;
	const char *name = fy_token_get_text(token, &len);

	for (size_t i = r->anchors.len; name && i--;) {
		struct anchor *a = &r->anchors.items[i];

		if (!text_eq(a->name, text_from(name, len)))
			continue;
		/* Those that are still open would hold themselves. */
		for (int d = 0; d < r->depth; d++) {
			if (r->stack[d].node != a->node)
				continue;
			fail(r, m, "an alias inside of what it stands for");
			return NULL;
		}
		r->nodes += a->node->size;
		if (r->nodes <= YAML_NODES_MAX)
			return a->node;
		fail(r, m, "this file is too large once its aliases are followed");
		return NULL;
	}
	fail(r, m, "an alias without its anchor");
	return NULL;
}

/* Puts a finished node where it belongs. */
static void place(struct reader *r, struct yaml_node *n)
{
	struct frame *top = r->depth ? &r->stack[r->depth - 1] : NULL;
	struct yaml_node **slot;
	struct yaml_entry *entry;

	if (!n)
		return;
	if (!top) {
		slot = vec_add(&r->documents);
		if (slot)
			*slot = n;
		return;
	}
	top->node->size += n->size;
	if (top->node->kind == YAML_LIST) {
		slot = vec_add(&top->items);
		if (slot)
			*slot = n;
		return;
	}
	if (!top->have_key) {
		if (n->kind != YAML_SCALAR) {
			diag_error(r->diags, yaml_place(n), "yaml", "a key must be plain text");
			r->failed = true;
			return;
		}
		top->key = (struct yaml_entry){ n->text, n->line, n->column, NULL };
		top->have_key = true;
		return;
	}
	if (top->entries.len >= YAML_KEYS_MAX) {
		diag_error(r->diags, yaml_place(n), "yaml", "a map with more than %d keys",
			   YAML_KEYS_MAX);
		r->failed = true;
		return;
	}
	top->have_key = false;
	top->key.value = n;
	for (size_t i = 0; i < top->entries.len; i++) {
		if (!text_eq(top->entries.items[i].key, top->key.key))
			continue;
		diag_warning(r->diags,
			     (struct diag_place){ r->file->name, top->key.line, top->key.column },
			     "duplicate-key", "\"%.*s\" is there twice: the first one counts",
			     (int)top->key.key.len, top->key.key.data);
		return;
	}
	entry = vec_add(&top->entries);
	if (entry)
		*entry = top->key;
}

static void open_node(struct reader *r, enum yaml_kind kind, struct fy_token *anchor,
		      const struct fy_mark *m)
{
	struct yaml_node *n;

	if (r->depth == YAML_DEPTH_MAX) {
		fail(r, m, "nested too deeply");
		return;
	}
	n = node_new(r, kind, m);
	if (!n)
		return;
	memset(&r->stack[r->depth], 0, sizeof(r->stack[0]));
	r->stack[r->depth++].node = n;
	remember(r, anchor, n);
}

static void close_node(struct reader *r)
{
	struct frame *top = &r->stack[--r->depth];
	struct yaml_node *n = top->node;

	if (n->kind == YAML_LIST) {
		n->count = (uint32_t)top->items.len;
		n->items = arena_array(r->arena, struct yaml_node *, top->items.len + 1);
		if (n->items && n->count)
			memcpy(n->items, top->items.items, n->count * sizeof(*n->items));
	} else {
		n->count = (uint32_t)top->entries.len;
		n->entries = arena_array(r->arena, struct yaml_entry, top->entries.len + 1);
		if (n->entries && n->count)
			memcpy(n->entries, top->entries.items, n->count * sizeof(*n->entries));
	}
	vec_deinit(&top->items);
	vec_deinit(&top->entries);
	place(r, n);
}

static void take_event(struct reader *r, struct fy_event *e)
{
	const struct fy_mark *m = fy_event_start_mark(e);
	struct yaml_node *n;

	switch (e->type) {
	case FYET_DOCUMENT_START:
		r->anchors.len = 0;
		break;
	case FYET_MAPPING_START:
		open_node(r, YAML_MAP, e->mapping_start.anchor, m);
		break;
	case FYET_SEQUENCE_START:
		open_node(r, YAML_LIST, e->sequence_start.anchor, m);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		if (r->depth)
			close_node(r);
		break;
	case FYET_SCALAR:
		n = scalar_new(r, e->scalar.value, m);
		remember(r, e->scalar.anchor, n);
		place(r, n);
		break;
	case FYET_ALIAS:
		place(r, alias(r, e->alias.anchor));
		break;
	default:
		break;
	}
}

/* What libfyaml found wrong; its own texts, made ours by a place. */
static void report(struct reader *r, struct fy_diag *diag)
{
	struct fy_diag_error *e;
	void *it = NULL;
	bool any = false;

	while ((e = fy_diag_errors_iterate(diag, &it)) != NULL) {
		struct diag_place p = { r->file->name, e->line > 0 ? (uint32_t)e->line : 1,
					e->column > 0 ? (uint32_t)e->column : 1 };

		diag_error(r->diags, p, "yaml", "not valid YAML: %s", e->msg ? e->msg : "?");
		any = true;
	}
	if (!any)
		diag_error(r->diags, (struct diag_place){ r->file->name, 0, 0 }, "yaml",
			   "not valid YAML");
	r->failed = true;
}

static void read_events(struct reader *r, struct fy_diag *diag)
{
	bool ended = false;

	while (!r->failed && !r->arena->failed) {
		struct fy_event *e = fy_parser_parse(r->parser);

		if (!e)
			break;
		ended = e->type == FYET_STREAM_END;
		take_event(r, e);
		fy_parser_event_free(r->parser, e);
		if (ended)
			break;
	}
	if (!r->failed && !ended && !r->arena->failed)
		report(r, diag);
	if (r->arena->failed)
		fail(r, NULL, "this file is too large for the memory that rules may take");
}

static void finish(struct reader *r)
{
	struct yaml_file *f = r->file;

	while (r->depth) {
		vec_deinit(&r->stack[r->depth - 1].items);
		vec_deinit(&r->stack[r->depth - 1].entries);
		r->depth--;
	}
	f->document_count = (uint32_t)r->documents.len;
	f->documents = arena_array(r->arena, struct yaml_node *, r->documents.len + 1);
	if (f->documents && f->document_count)
		memcpy(f->documents, r->documents.items, r->documents.len * sizeof(*f->documents));
	vec_deinit(&r->documents);
	vec_deinit(&r->anchors);
}

static bool check_content(const struct reader *r)
{
	struct text c = r->file->content;
	const char *nul = c.len ? memchr(c.data, '\0', c.len) : NULL;
	struct diag_place p = { r->file->name, 1, 1 };

	if (nul) {
		for (const char *s = c.data; s < nul; s++)
			p.line += *s == '\n';
		diag_error(r->diags, p, "yaml", "a NUL byte: this is no text file");
		return false;
	}
	if (!utf8_valid(c)) {
		for (uint32_t i = 0; i < c.len;) {
			size_t n = utf8_sequence((const unsigned char *)c.data + i, c.len - i);

			if (!n)
				break;
			p.line += c.data[i] == '\n';
			i += (uint32_t)n;
		}
		diag_error(r->diags, p, "yaml", "this is not UTF-8");
		return false;
	}
	if (c.len > YAML_FILE_MAX) {
		diag_error(r->diags, p, "yaml", "larger than %d bytes", YAML_FILE_MAX);
		return false;
	}
	return true;
}

/* Given to the parser when it is made: its reader would keep one that is replaced later on. */
static struct fy_diag *diag_new(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.colorize = false;
	cfg.level = FYET_ERROR;
	diag = fy_diag_create(&cfg);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

static void read_content(struct reader *r)
{
	struct fy_diag *diag = diag_new();
	const struct fy_parse_cfg cfg = {
		.flags = FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION,
		.diag = diag,
	};
	struct text c = r->file->content;

	r->parser = diag ? fy_parser_create(&cfg) : NULL;
	if (!r->parser || fy_parser_set_string(r->parser, c.len ? c.data : " ", c.len ? c.len : 1))
		fail(r, NULL, "out of memory");
	else
		read_events(r, diag);
	finish(r);
	fy_parser_destroy(r->parser);
	fy_diag_destroy(diag);
}

bool yaml_read(struct arena *a, const char *name, struct text content, struct diags *d,
	       struct yaml_file **ret)
{
	struct reader *r = arena_new(a, struct reader);

	if (!r)
		return false;
	r->arena = a;
	r->diags = d;
	r->file = arena_new(a, struct yaml_file);
	if (!r->file)
		return false;
	r->file->name = name;
	r->file->content = content;
	r->file->cursor = arena_new(a, struct yaml_cursor);
	if (!r->file->cursor)
		return false;
	if (!check_content(r))
		return false;
	read_content(r);
	*ret = r->file;
	return !r->failed && !a->failed;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++)
		if (text_eq_str(map->entries[i].key, key))
			return map->entries[i].value;
	return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->plain &&
	       (n->text.len == 0 || text_eq_str(n->text, "~") || text_eq_str(n->text, "null") ||
		text_eq_str(n->text, "Null") || text_eq_str(n->text, "NULL"));
}

struct diag_place yaml_place(const struct yaml_node *n)
{
	return (struct diag_place){ n->file->name, n->line, n->column };
}

struct diag_place yaml_key_place(const struct yaml_node *map, const char *key)
{
	for (uint32_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
		if (text_eq_str(map->entries[i].key, key))
			return (struct diag_place){ map->file->name, map->entries[i].line,
						    map->entries[i].column };
	return yaml_place(map);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Of a character in UTF-8, not its first: columns count characters. */
static bool is_inner_byte(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* To the byte of the file that is the wanted one; false: the file ends before. */
static bool seek(struct yaml_cursor *c, struct text file, char wanted)
{
	while (c->at < file.len && file.data[c->at] != wanted) {
		if (file.data[c->at] == '\n') {
			c->line++;
			c->column = 0;
		}
		c->at++;
		c->column += c->at < file.len && !is_inner_byte(file.data[c->at]);
	}
	return c->at < file.len;
}

/*
 * Walks the file and the scalar side by side. Folding and indentation only change blanks, so each
 * byte that is none has one place; quoted scalars also have escapes, which stand for one character.
 */
struct diag_place yaml_place_in(const struct yaml_node *n, size_t offset)
{
	struct text file = n->file->content;
	struct yaml_cursor *c = n->file->cursor;

	if (n->kind != YAML_SCALAR || n->offset > file.len)
		return yaml_place(n);
	if (c->node != n || c->index > offset)
		*c = (struct yaml_cursor){ n, 0, n->offset, n->line, n->column, yaml_place(n) };
	for (; c->index < n->text.len; c->index++) {
		char wanted = n->text.data[c->index];

		if (!is_blank(wanted)) {
			if (!seek(c, file, wanted))
				return c->place;
			c->place.line = c->line;
			c->place.column = c->column;
		}
		if (c->index >= offset)
			return c->place;
		if (!is_blank(wanted)) {
			c->at++;
			c->column += c->at < file.len && !is_inner_byte(file.data[c->at]);
		}
	}
	return (struct diag_place){ c->place.file, c->place.line, c->place.column + 1 };
}
