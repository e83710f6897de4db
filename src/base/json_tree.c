/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON into the tree of yaml_tree.h, value by value. libfyaml would take JSON too, but keeps all tokens
 * of a line until it knows that the line is no key: 70 bytes for each byte of compact JSON.
 */
#include <ctype.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/yaml_build.h"

/* --- characters ---------------------------------------------------------------------------------- */

static bool at_end(const struct json_source *s)
{
	return s->at.offset >= s->content.len;
}

static char peek(const struct json_source *s)
{
	return at_end(s) ? '\0' : s->content.data[s->at.offset];
}

static void advance(struct json_source *s)
{
	char c = peek(s);

	s->at.offset++;
	if (c == '\n') {
		s->at.line++;
		s->at.column = 0;
	} else if (((unsigned char)peek(s) & 0xc0) != 0x80) {
		s->at.column++; /* columns count characters */
	}
}

static void skip_blanks(struct json_source *s)
{
	while (!at_end(s) && strchr(" \t\r\n", peek(s)))
		advance(s);
}

/* What separates documents of YAML: behind one of JSON there may be such. */
static bool at_separator(const struct json_source *s)
{
	return !s->at.column && s->content.len - s->at.offset >= 3 &&
	       !memcmp(s->content.data + s->at.offset, "---", 3);
}

/* --- strings ------------------------------------------------------------------------------------- */

static bool read_hex(struct json_source *s, unsigned *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++) {
		char c = peek(s);

		if (!isxdigit((unsigned char)c))
			return false;
		*ret = *ret * 16 +
		       (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10);
		advance(s);
	}
	return true;
}

static void add_code_point(struct buf *out, unsigned c)
{
	if (c < 0x80) {
		buf_add_char(out, (char)c);
	} else if (c < 0x800) {
		buf_add_char(out, (char)(0xc0 | c >> 6));
		buf_add_char(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_add_char(out, (char)(0xe0 | c >> 12));
		buf_add_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_add_char(out, (char)(0x80 | (c & 63)));
	} else {
		buf_add_char(out, (char)(0xf0 | c >> 18));
		buf_add_char(out, (char)(0x80 | (c >> 12 & 63)));
		buf_add_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_add_char(out, (char)(0x80 | (c & 63)));
	}
}

/* Behind "\u"; what is half of a pair alone, and NUL, is refused. */
static bool read_unicode(struct json_source *s, struct buf *out)
{
	unsigned high, low;

	if (!read_hex(s, &high) || !high)
		return false;
	if (high < 0xd800 || high > 0xdfff) {
		add_code_point(out, high);
		return true;
	}
	if (high > 0xdbff || peek(s) != '\\')
		return false;
	advance(s);
	if (peek(s) != 'u')
		return false;
	advance(s);
	if (!read_hex(s, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	add_code_point(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
	return true;
}

static bool read_escape(struct json_source *s, struct buf *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = peek(s);
	const char *found = c ? strchr(names, c) : NULL;

	advance(s);
	if (c == 'u')
		return read_unicode(s, out);
	if (!found)
		return false;
	buf_add_char(out, values[found - names]);
	return true;
}

/* Behind the first quote, to behind the last. */
static bool read_string(struct json_source *s, struct yaml_builder *b, struct buf *out)
{
	while (!at_end(s) && peek(s) != '"') {
		const char *from = s->content.data + s->at.offset;
		size_t n = 0;

		if ((unsigned char)*from < 0x20) {
			yaml_build_fail(b, s->at,
					"not valid JSON: a control character in a string");
			return false;
		}
		if (*from == '\\') {
			struct yaml_mark escape = s->at;

			advance(s);
			if (!read_escape(s, out)) {
				yaml_build_fail(b, escape,
						"not valid JSON: an escape that says nothing");
				return false;
			}
			continue;
		}
		while (!at_end(s) && (unsigned char)peek(s) >= 0x20 && !strchr("\"\\", peek(s))) {
			advance(s);
			n++;
		}
		buf_add(out, from, n);
	}
	if (at_end(s)) {
		yaml_build_fail(b, s->at, "not valid JSON: a string that does not end");
		return false;
	}
	advance(s);
	return true;
}

static void take_string(struct json_source *s, struct yaml_builder *b)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct yaml_mark at = s->at;

	advance(s);
	if (read_string(s, b, &text))
		yaml_build_scalar(b, at, text_from(text.data ? text.data : "", text.len), false,
				  false, TEXT_NONE);
}

/* --- values -------------------------------------------------------------------------------------- */

static bool is_number(struct text t)
{
	uint32_t i = 0, digits = 0;

	if (i < t.len && t.data[i] == '-')
		i++;
	for (; i < t.len && isdigit((unsigned char)t.data[i]); i++)
		digits++;
	if (i < t.len && t.data[i] == '.')
		for (i++; i < t.len && isdigit((unsigned char)t.data[i]); i++)
			digits++;
	if (digits && i < t.len && (t.data[i] | 32) == 'e') {
		i++;
		if (i < t.len && (t.data[i] == '-' || t.data[i] == '+'))
			i++;
		for (digits = 0; i < t.len && isdigit((unsigned char)t.data[i]); i++)
			digits++;
	}
	return digits && i == t.len;
}

static void take_word(struct json_source *s, struct yaml_builder *b)
{
	struct yaml_mark at = s->at;
	struct text word = text_from(s->content.data + at.offset, 0);

	while (!at_end(s) && (isalnum((unsigned char)peek(s)) || strchr("+-.", peek(s)))) {
		advance(s);
		word.len++;
	}
	if (text_eq_str(word, "true") || text_eq_str(word, "false") || text_eq_str(word, "null") ||
	    is_number(word))
		yaml_build_scalar(b, at, word, true, false, TEXT_NONE);
	else
		yaml_build_fail(b, at,
				at_end(s) && !word.len ? "not valid JSON: it ends too early" :
							 "not valid JSON: no value");
}

static void take_value(struct json_source *s, struct yaml_builder *b)
{
	struct yaml_mark at = s->at;

	switch (peek(s)) {
	case '{':
		advance(s);
		yaml_build_open(b, YAML_MAP, at, TEXT_NONE);
		break;
	case '[':
		advance(s);
		yaml_build_open(b, YAML_LIST, at, TEXT_NONE);
		break;
	case '"':
		take_string(s, b);
		break;
	default:
		take_word(s, b);
	}
}

/* The comma before what comes next, unless it is the first. */
static bool take_comma(struct json_source *s, struct yaml_builder *b, bool first)
{
	if (first)
		return true;
	if (peek(s) != ',') {
		yaml_build_fail(b, s->at,
				at_end(s) ? "not valid JSON: it ends too early" :
					    "not valid JSON: a comma was expected");
		return false;
	}
	advance(s);
	skip_blanks(s);
	return true;
}

static void take_member(struct json_source *s, struct yaml_builder *b, bool first)
{
	if (!take_comma(s, b, first))
		return;
	if (peek(s) != '"') {
		yaml_build_fail(b, s->at, "not valid JSON: a key in quotes was expected");
		return;
	}
	take_string(s, b);
	skip_blanks(s);
	if (b->failed)
		return;
	if (peek(s) != ':') {
		yaml_build_fail(b, s->at, "not valid JSON: a colon was expected");
		return;
	}
	advance(s);
	skip_blanks(s);
	take_value(s, b);
}

/* One step inside of an object or a list. */
static void take_inside(struct json_source *s, struct yaml_builder *b)
{
	struct yaml_frame *top = &b->stack[b->depth - 1];
	bool map = top->node->kind == YAML_MAP;

	if (peek(s) == (map ? '}' : ']')) {
		advance(s);
		yaml_build_close(b);
		return;
	}
	if (map) {
		bool first = !top->entries.len && !top->have_key;

		take_member(s, b, first);
	} else {
		/* Items that were split off are not counted in the frame. */
		bool first = !top->items.len && !top->have_key;

		top->have_key = true;
		if (take_comma(s, b, first))
			take_value(s, b);
	}
}

bool json_tree_read(struct json_source *s, struct yaml_builder *b)
{
	while (!b->failed && !b->done) {
		skip_blanks(s);
		if (b->depth)
			take_inside(s, b);
		else if (at_end(s) || at_separator(s))
			return false;
		else
			take_value(s, b);
	}
	return !b->failed;
}
