/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_tree.h"

#include <libfyaml.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "base/yaml_build.h"
#include "base/yaml_token.h"

enum { FAILURES_MAX = 20 }; /* of a file: who tries again after each stops here */
enum { BRACKETS_MAX = 1 << 16 };

const struct yaml_limits yaml_limits_rules = {
	.bytes = YAML_TREE_BYTES_MAX,
	.depth = 48,
	.nodes = 1 << 20,
	.keys = 2048,
};

struct yaml_stream {
	struct yaml_file file;
	struct yaml_cursor cursor;
	struct yaml_builder builder;
	struct arena outer, inner;
	struct fy_parser *parser; /* NULL: JSON, or at the end */
	struct fy_diag *diag;
	struct json_source json;
	bool is_json, ended;
	uint32_t failures;
	struct yaml_mark base; /* where the parser began to read */
	uint32_t document_line;
	struct buf quoted; /* the last text that libfyaml was not asked for */
	/* Whole pages before it are gone; it is where an item begins, and no document does between. */
	struct yaml_mark gone;
	bool consumes;
};

/* --- what libfyaml says -------------------------------------------------------------------------- */

static struct yaml_mark mark_of(const struct yaml_stream *s, const struct fy_mark *m)
{
	if (!m)
		return s->base;
	return (struct yaml_mark){ s->base.line + (uint32_t)m->line, (uint32_t)m->column,
				   s->base.offset + m->input_pos };
}

/* Of an anchor. */
static struct text plain_text(struct fy_token *token)
{
	return yaml_token_text(token, TEXT_NONE, NULL);
}

/* Until the next one is asked for. */
static struct text token_text(struct yaml_stream *s, struct fy_token *token)
{
	struct text c = s->file.content;

	return yaml_token_text(token,
			       text_from(c.data + s->base.offset, c.len - (uint32_t)s->base.offset),
			       &s->quoted);
}

static void take_scalar(struct yaml_stream *s, struct fy_event *e)
{
	struct fy_token *token = e->scalar.value;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
	const struct fy_mark *m = token ? fy_token_start_mark(token) : fy_event_start_mark(e);

	yaml_build_scalar(&s->builder, mark_of(s, m), token_text(s, token), style == FYSS_PLAIN,
			  style == FYSS_LITERAL || style == FYSS_FOLDED,
			  plain_text(e->scalar.anchor));
}

static void take_event(struct yaml_stream *s, struct fy_event *e)
{
	struct yaml_mark m = mark_of(s, fy_event_start_mark(e));

	switch (e->type) {
	case FYET_DOCUMENT_START:
		s->document_line = m.line;
		s->builder.anchors.len = 0;
		break;
	case FYET_MAPPING_START:
		yaml_build_open(&s->builder, YAML_MAP, m, plain_text(e->mapping_start.anchor));
		break;
	case FYET_SEQUENCE_START:
		yaml_build_open(&s->builder, YAML_LIST, m, plain_text(e->sequence_start.anchor));
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		yaml_build_close(&s->builder);
		break;
	case FYET_SCALAR:
		take_scalar(s, e);
		break;
	case FYET_ALIAS:
		yaml_build_alias(&s->builder, mark_of(s, fy_token_start_mark(e->alias.anchor)),
				 plain_text(e->alias.anchor));
		break;
	default:
		break;
	}
}

/* What libfyaml found wrong; its own texts, made ours by a place. */
static void report(struct yaml_stream *s)
{
	struct fy_diag_error *e;
	void *it = NULL;
	bool any = false;

	while ((e = fy_diag_errors_iterate(s->diag, &it)) != NULL) {
		uint32_t line = e->line > 0 ? (uint32_t)e->line : 1;
		struct diag_place p = { s->file.name, s->base.line + line,
					e->column > 0 ? (uint32_t)e->column : 1 };

		diag_error(s->builder.diags, p, "yaml", "not valid YAML: %s",
			   e->msg ? e->msg : "?");
		any = true;
	}
	if (!any)
		diag_error(s->builder.diags, (struct diag_place){ s->file.name, 0, 0 }, "yaml",
			   "not valid YAML");
	s->builder.failed = true;
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

static void parser_close(struct yaml_stream *s)
{
	fy_parser_destroy(s->parser);
	fy_diag_destroy(s->diag);
	s->parser = NULL;
	s->diag = NULL;
}

/* Reads what is behind s->base. */
static bool parser_open(struct yaml_stream *s)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION |
					     FYPCF_DISABLE_DEPTH_LIMIT };
	struct text c = s->file.content;
	size_t left = c.len - s->base.offset;

	s->document_line = s->base.line;
	s->diag = diag_new();
	cfg.diag = s->diag;
	s->parser = s->diag ? fy_parser_create(&cfg) : NULL;
	if (s->parser &&
	    !fy_parser_set_string(s->parser, left ? c.data + s->base.offset : " ", left ? left : 1))
		return true;
	parser_close(s);
	return false;
}

/* --- what may be read ---------------------------------------------------------------------------- */

static bool check_lines(struct text c, size_t max, struct diag_place *p)
{
	const char *line = c.data, *end = c.data + c.len;

	while (max && line < end) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));

		if ((size_t)((nl ? nl : end) - line) > max)
			return false;
		p->line++;
		line = nl ? nl + 1 : end;
	}
	return true;
}

/*
 * What opens a list or a map in brackets libfyaml keeps until that is closed, 350 bytes for each, before it says anything
 * of how deep they are. Quotes are not looked at: no text has so many more of one than of the other.
 */
static bool check_brackets(struct text c, struct diag_place *p)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < c.len; i++) {
		char byte = c.data[i];

		if (byte == '\n') {
			p->line++;
			if (c.len - i > 3 && !memcmp(c.data + i + 1, "---", 3))
				open = 0;
		} else if (byte == '[' || byte == '{') {
			if (++open > BRACKETS_MAX)
				return false;
		} else if ((byte == ']' || byte == '}') && open) {
			open--;
		}
	}
	return true;
}

static bool check_content(const struct yaml_file *f, const struct yaml_limits *limits, bool json,
			  struct diags *d)
{
	struct text c = f->content;
	const char *nul = c.len ? memchr(c.data, '\0', c.len) : NULL;
	struct diag_place p = { f->name, 1, 1 };

	if (nul) {
		for (const char *s = c.data; s < nul; s++)
			p.line += *s == '\n';
		diag_error(d, p, "yaml", "a NUL byte: this is no text file");
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
		diag_error(d, p, "yaml", "this is not UTF-8");
		return false;
	}
	if (c.len > limits->bytes) {
		diag_error(d, p, "yaml", "larger than %zu bytes", limits->bytes);
		return false;
	}
	if (!json && !check_lines(c, limits->line, &p)) {
		diag_error(d, p, "yaml", "a line of more than %zu bytes", limits->line);
		return false;
	}
	p.line = 1;
	if (!json && !check_brackets(c, &p)) {
		diag_error(d, p, "yaml", "nested too deeply: more than %d brackets are open",
			   BRACKETS_MAX);
		return false;
	}
	return true;
}

/* An object whose first key is quoted, or a list of such: no YAML that people write begins so. */
bool yaml_looks_like_json(struct text c)
{
	bool bracket = false;

	for (uint32_t i = 0; i < c.len; i++) {
		if (strchr(" \t\r\n", c.data[i]))
			continue;
		if (bracket && (c.data[i] == '"' || c.data[i] == '}' || c.data[i] == ']'))
			return true;
		if (bracket && c.data[i] == '{' && c.data[i - 1] == '{')
			return false;
		if (c.data[i] != '{' && c.data[i] != '[')
			return false;
		bracket = true;
	}
	return false;
}

/* --- a stream ------------------------------------------------------------------------------------ */

enum { OUTER_BYTES = 64 << 20, INNER_BYTES = 64 << 20 };

static void stream_init(struct yaml_stream *s, const char *name, struct text content,
			const struct yaml_limits *limits, struct diags *d)
{
	s->file = (struct yaml_file){ .cursor = &s->cursor, .name = name, .content = content };
	s->is_json = yaml_looks_like_json(content);
	s->json.content = content;
	s->quoted = (struct buf){ .limit = limits->bytes };
	s->builder.file = &s->file;
	s->builder.limits = limits;
	s->builder.diags = d;
	s->ended = !check_content(&s->file, limits, s->is_json, d);
	s->failures = s->ended ? FAILURES_MAX : 0;
	if (!s->ended && !s->is_json && !parser_open(s)) {
		yaml_build_fail(&s->builder, s->base, "out of memory");
		s->ended = true;
		s->failures = FAILURES_MAX;
	}
}

struct yaml_stream *yaml_stream_new(const char *name, struct text content,
				    const struct yaml_limits *limits, const char *split,
				    struct diags *d)
{
	struct yaml_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->outer = ARENA_INIT(OUTER_BYTES);
	s->inner = ARENA_INIT(INNER_BYTES);
	s->builder.outer = &s->outer;
	s->builder.inner = &s->inner;
	s->builder.split = split;
	stream_init(s, name, content, limits, d);
	return s;
}

static void stream_deinit(struct yaml_stream *s)
{
	parser_close(s);
	yaml_builder_deinit(&s->builder);
	buf_deinit(&s->quoted);
}

struct yaml_stream *yaml_stream_free(struct yaml_stream *s)
{
	if (!s)
		return NULL;
	stream_deinit(s);
	arena_deinit(&s->outer);
	arena_deinit(&s->inner);
	free(s);
	return NULL;
}

/*
 * To the "---" behind the beginning of the document that failed; false: there is none. In the first column
 * it is that and nothing else, whatever state the parser was in.
 */
static bool seek_document(struct yaml_stream *s)
{
	struct text c = s->file.content;
	const struct yaml_mark *from = s->gone.offset > s->base.offset ? &s->gone : &s->base;
	uint32_t line = from->line;
	bool begins = from == &s->base || !from->column;

	for (size_t i = from->offset; i < c.len; begins = true) {
		const char *nl = memchr(c.data + i, '\n', c.len - i);

		if (begins && line > s->document_line && c.len - i >= 3 &&
		    !memcmp(c.data + i, "---", 3)) {
			s->base = (struct yaml_mark){ line, 0, i };
			return true;
		}
		if (!nl)
			return false;
		i = (size_t)(nl - c.data) + 1;
		line++;
	}
	return false;
}

/* After a failure: behind it, or the end. */
static void recover(struct yaml_stream *s)
{
	parser_close(s);
	if (s->is_json || ++s->failures >= FAILURES_MAX || !seek_document(s) || !parser_open(s))
		s->ended = true;
}

/* Until something is done. */
static void read_yaml(struct yaml_stream *s)
{
	struct yaml_builder *b = &s->builder;

	while (!b->failed && !b->done) {
		struct fy_event *e = fy_parser_parse(s->parser);
		enum fy_event_type type = e ? e->type : FYET_NONE;

		if (!e) {
			report(s);
			break;
		}
		take_event(s, e);
		fy_parser_event_free(s->parser, e);
		s->ended = type == FYET_STREAM_END;
		if (s->ended)
			break;
	}
	if (s->ended && fy_parser_get_stream_error(s->parser) && !b->done)
		report(s);
	if (b->failed)
		recover(s);
}

/* What is behind the "---" at s->base is YAML, whatever was before it. */
static bool go_on_as_yaml(struct yaml_stream *s)
{
	struct text c = s->file.content;
	struct text rest = text_from(c.data + s->base.offset, c.len - (uint32_t)s->base.offset);
	struct diag_place p = { s->file.name, s->base.line + 1, 1 };

	s->is_json = false;
	if (check_lines(rest, s->builder.limits->line, &p))
		return parser_open(s);
	diag_error(s->builder.diags, p, "yaml", "a line of more than %zu bytes",
		   s->builder.limits->line);
	return false;
}

/* As read_yaml(); what is behind a "---" is. */
static void read_json(struct yaml_stream *s)
{
	struct yaml_builder *b = &s->builder;
	bool more = json_tree_read(&s->json, b);

	s->ended = !more;
	if (more)
		return;
	s->base = s->json.at;
	s->document_line = s->base.line - (s->base.column || !s->base.line ? 0 : 1);
	if (b->failed)
		s->ended = ++s->failures >= FAILURES_MAX || !seek_document(s) || !go_on_as_yaml(s);
	else if (s->base.offset < s->file.content.len)
		s->ended = !go_on_as_yaml(s);
	if (!s->ended && !b->failed)
		read_yaml(s);
}

/* --- giving back --------------------------------------------------------------------------------- */

enum { GIVE_BACK_BYTES = 1 << 20 }; /* at a time */

void yaml_stream_consume(struct yaml_stream *s)
{
	s->consumes = true;
}

/* What is before an item that was looked at. */
static void give_back(struct yaml_stream *s, const struct yaml_node *item)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = (uintptr_t)s->file.content.data;
	uintptr_t to = (begin + item->offset) & ~(page - 1);
	/* What is in the first page before content is somebody else's; later on the page where it ended last is whole now. */
	uintptr_t from = (begin + (s->gone.offset ? s->gone.offset : page - 1)) & ~(page - 1);

	if (item->offset < s->gone.offset + GIVE_BACK_BYTES)
		return;
	madvise((void *)from, to - from, MADV_DONTNEED);
	s->gone = (struct yaml_mark){ item->line - 1, item->column - 1, item->offset };
}

enum yaml_given yaml_stream_next(struct yaml_stream *s, struct yaml_node **ret)
{
	struct yaml_builder *b = &s->builder;

	if (s->consumes && b->done && b->item && !b->failed && !b->anchors.len)
		give_back(s, b->done);
	if (b->failed || (b->done && !b->item)) {
		yaml_builder_reset(b);
		arena_reset(&s->outer);
		arena_reset(&s->inner);
	} else if (b->done && !b->anchors.len) {
		arena_reset(&s->inner);
	}
	b->done = NULL;
	s->cursor.node = NULL; /* the next node may be where that one was */
	if (s->failures >= FAILURES_MAX && s->ended) {
		s->failures = 0; /* said once */
		return YAML_FAILED;
	}
	if (s->ended)
		return YAML_END;
	if (s->is_json)
		read_json(s);
	else
		read_yaml(s);
	if (b->failed)
		return YAML_FAILED;
	*ret = b->done;
	return !b->done ? YAML_END : b->item ? YAML_ITEM : YAML_DOCUMENT;
}

struct text yaml_stream_member(const struct yaml_stream *s, const char *key)
{
	if (!s->builder.depth)
		return TEXT_NONE;
	vec_foreach(e, &s->builder.stack[0].entries)
		if (text_eq_str(e->key, key) && e->value->kind == YAML_SCALAR)
			return e->value->text;
	return TEXT_NONE;
}

/* --- all at once --------------------------------------------------------------------------------- */

static bool read_documents(struct yaml_stream *s, struct arena *a, struct yaml_file *f)
{
	VEC(struct yaml_node *) documents = { 0 };

	while (!s->ended && !s->builder.failed) {
		s->builder.done = NULL;
		if (s->is_json)
			read_json(s);
		else
			read_yaml(s);
		if (s->builder.done) {
			struct yaml_node **slot = vec_add(&documents);

			if (slot)
				*slot = s->builder.done;
		}
	}
	f->document_count = (uint32_t)documents.len;
	f->documents = arena_array(a, struct yaml_node *, documents.len + 1);
	if (f->documents && documents.len)
		memcpy(f->documents, documents.items, documents.len * sizeof(*f->documents));
	vec_deinit(&documents);
	return !s->builder.failed && !s->failures;
}

bool yaml_read(struct arena *a, const char *name, struct text content, struct diags *d,
	       struct yaml_file **ret)
{
	struct yaml_stream *s = calloc(1, sizeof(*s));
	struct yaml_file *f = arena_new(a, struct yaml_file);
	struct yaml_cursor *cursor = arena_new(a, struct yaml_cursor);
	bool good;

	if (!s || !f || !cursor) {
		free(s);
		return false;
	}
	s->builder.outer = a;
	stream_init(s, name, content, &yaml_limits_rules, d);
	*f = s->file;
	f->cursor = cursor;
	s->builder.file = f;
	good = !s->ended && read_documents(s, a, f);
	stream_deinit(s);
	free(s);
	*ret = f;
	return good && !a->failed;
}

/* --- looking at it ------------------------------------------------------------------------------- */

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
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
