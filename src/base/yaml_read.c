/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_read.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/yaml_token.h"

struct reader {
	struct fy_parser *parser;
	struct fy_diag *diag;
	const char *file;
	struct error *err;
	size_t nodes;
	struct text content;
	struct buf quoted; /* the last text that libfyaml was not asked for */
};

static json_t *fail(struct reader *r, const struct fy_token *at, const char *why)
{
	const struct fy_mark *mark = at ? fy_token_start_mark((struct fy_token *)at) : NULL;

	if (mark)
		error_set(r->err, EINVAL, "%s:%d:%d: %s", r->file, mark->line + 1, mark->column + 1,
			  why);
	else
		error_set(r->err, EINVAL, "%s: %s", r->file, why);
	return NULL;
}

/* What the parser itself found wrong. */
static json_t *fail_syntax(struct reader *r)
{
	struct fy_diag_error *e;
	void *iterator = NULL;

	e = fy_diag_errors_iterate(r->diag, &iterator);
	if (!e)
		return fail(r, NULL, "this is no YAML");
	error_set(r->err, EINVAL, "%s:%d:%d: %s", r->file, e->line, e->column, e->msg);
	return NULL;
}

/* --- scalars ------------------------------------------------------------------------------------ */

static const struct {
	const char *word;
	json_type type;
} words[] = {
	{ "null", JSON_NULL },	 { "Null", JSON_NULL },	  { "NULL", JSON_NULL },
	{ "~", JSON_NULL },	 { "", JSON_NULL },	  { "true", JSON_TRUE },
	{ "True", JSON_TRUE },	 { "TRUE", JSON_TRUE },	  { "false", JSON_FALSE },
	{ "False", JSON_FALSE }, { "FALSE", JSON_FALSE },
};

static json_t *plain_value(const char *text, size_t len)
{
	char copy[32], *end;
	long long number;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) != len || memcmp(words[i].word, text, len))
			continue;
		return words[i].type == JSON_NULL ? json_null() :
						    json_boolean(words[i].type == JSON_TRUE);
	}
	if (len >= sizeof(copy))
		return json_stringn(text, len);
	memcpy(copy, text, len);
	copy[len] = '\0';
	errno = 0;
	number = strtoll(copy, &end, 10);
	if (!errno && !*end && strchr("+-0123456789", copy[0]))
		return json_integer(number);
	return json_stringn(text, len);
}

static json_t *scalar(struct reader *r, struct fy_token *token)
{
	struct text t = token ? yaml_token_text(token, r->content, &r->quoted) : TEXT("");
	json_t *v;

	if (!t.data)
		return fail(r, token, "a text that can't be read");
	v = !token || fy_token_scalar_style(token) == FYSS_PLAIN ? plain_value(t.data, t.len) :
								   json_stringn(t.data, t.len);
	return v ? v : fail(r, token, "a text that is not UTF-8");
}

/* --- trees -------------------------------------------------------------------------------------- */

static json_t *node(struct reader *r, struct fy_event *event, unsigned depth);

static struct fy_event *next(struct reader *r)
{
	struct fy_event *event = fy_parser_parse(r->parser);

	if (!event)
		fail_syntax(r);
	return event;
}

static json_t *sequence(struct reader *r, unsigned depth)
{
	cleanup_json json_t *list = json_array();

	for (;;) {
		struct fy_event *event = next(r);
		bool done = event && event->type == FYET_SEQUENCE_END;
		json_t *item = !event || done ? NULL : node(r, event, depth);

		fy_parser_event_free(r->parser, event);
		if (done)
			return TAKE_PTR(list);
		if (!item || json_array_append_new(list, item))
			return NULL;
	}
}

/* The value of a key that was read. */
static json_t *member(struct reader *r, unsigned depth)
{
	struct fy_event *event = next(r);
	json_t *value = event ? node(r, event, depth) : NULL;

	fy_parser_event_free(r->parser, event);
	return value;
}

static json_t *mapping(struct reader *r, unsigned depth)
{
	cleanup_json json_t *map = json_object();

	for (;;) {
		struct fy_event *event = next(r);
		bool done = event && event->type == FYET_MAPPING_END;
		cleanup_free char *key = NULL;
		json_t *value;

		if (event && !done) {
			struct fy_token *token = fy_event_get_token(event);
			struct text t = event->type == FYET_SCALAR && token ?
						yaml_token_text(token, r->content, &r->quoted) :
						TEXT_NONE;

			key = t.data && !memchr(t.data, 0, t.len) ? str_dup_n(t.data, t.len) : NULL;
			if (!key || json_object_get(map, key))
				fail(r, token,
				     key ? "a key that is there already" : "a key that is no text");
			if (key && json_object_get(map, key)) {
				free(key);
				key = NULL;
			}
		}
		fy_parser_event_free(r->parser, event);
		if (done)
			return TAKE_PTR(map);
		value = key ? member(r, depth) : NULL;
		if (!value)
			return NULL;
		if (json_object_set_new(map, key, value))
			return fail(r, NULL, "a key that is not UTF-8");
	}
}

/* The value that an event begins; the event stays the caller's. */
static json_t *node(struct reader *r, struct fy_event *event, unsigned depth)
{
	struct fy_token *token = fy_event_get_token(event);

	if (++r->nodes > YAML_NODES_MAX)
		return fail(r, token, "too many values");
	if (depth >= YAML_DEPTH_MAX)
		return fail(r, token, "too deep");
	switch (event->type) {
	case FYET_SCALAR:
		return event->scalar.anchor ? fail(r, token, "anchors are not understood") :
					      scalar(r, token);
	case FYET_SEQUENCE_START:
		return event->sequence_start.anchor ? fail(r, token, "anchors are not understood") :
						      sequence(r, depth + 1);
	case FYET_MAPPING_START:
		return event->mapping_start.anchor ? fail(r, token, "anchors are not understood") :
						     mapping(r, depth + 1);
	case FYET_ALIAS:
		return fail(r, token, "aliases are not understood");
	default:
		return fail(r, token, "a value was expected");
	}
}

static json_t *documents(struct reader *r)
{
	cleanup_json json_t *list = json_array();

	for (;;) {
		struct fy_event *event = next(r);
		enum fy_event_type type = event ? event->type : FYET_NONE;
		bool marker = type == FYET_STREAM_START || type == FYET_DOCUMENT_START ||
			      type == FYET_DOCUMENT_END;
		json_t *document = event && !marker && type != FYET_STREAM_END ? node(r, event, 0) :
										 NULL;

		fy_parser_event_free(r->parser, event);
		if (type == FYET_STREAM_END)
			return TAKE_PTR(list);
		if (marker)
			continue;
		if (!document || json_array_append_new(list, document))
			return NULL;
	}
}

/* libfyaml takes a byte that is no UTF-8 for the end. */
static bool is_text(const char *text, size_t len)
{
	cleanup_json json_t *probe = json_stringn(text, len);

	return probe && !memchr(text, 0, len);
}

json_t *yaml_parse(const char *file, const char *text, size_t len, struct error *err)
{
	struct fy_diag *diag = fy_diag_create(NULL);
	struct fy_parse_cfg config = { .diag = diag,
				       .flags = FYPCF_QUIET | FYPCF_DISABLE_RECYCLING |
						FYPCF_DEFAULT_VERSION_1_2 };
	struct error ignored = ERROR_INIT;
	struct reader r = { .file = file, .err = err ? err : &ignored };
	json_t *list = NULL;

	/* What libfyaml says is collected: it would print it otherwise. */
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	if (len > YAML_BYTES_MAX || !diag) {
		fy_diag_destroy(diag);
		return fail(&r, NULL, diag ? "too long" : "out of memory");
	}
	if (!is_text(text, len)) {
		fy_diag_destroy(diag);
		return fail(&r, NULL, "this is not UTF-8");
	}
	r.diag = diag;
	r.content = text_from(text, len);
	r.quoted = (struct buf){ .limit = YAML_BYTES_MAX };
	r.parser = fy_parser_create(&config);
	if (!r.parser || fy_parser_set_string(r.parser, text, len)) {
		error_errno(r.err, ENOMEM, "%s", file);
	} else {
		list = documents(&r);
		if (!list && !r.err->code)
			error_errno(r.err, ENOMEM, "%s", file);
	}
	if (list && fy_parser_get_stream_error(r.parser)) {
		json_decref(list);
		list = fail_syntax(&r);
	}
	fy_parser_destroy(r.parser);
	fy_diag_destroy(diag);
	buf_deinit(&r.quoted);
	return list;
}
