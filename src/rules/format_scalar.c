/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars and conditions as YAML: without quotes where that is safe, over several lines where long. */
#include <strings.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "rules/format_private.h"
#include "rules/parse.h"
#include "rules/print.h"

/* --- which style ------------------------------------------------------------------------------------------- */

/* Nothing in it that YAML wants escaped; newlines are the caller's business. */
static bool is_printable(struct text t, bool newlines)
{
	for (uint32_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if (c == '\n' && newlines)
			continue;
		/* 0xc2 begins the C1 controls, 0xe2 separators of lines, 0xef the mark of byte order */
		if (c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xef)
			return false;
	}
	return utf8_valid(t);
}

/* What YAML 1.1 or 1.2 takes for a boolean or nothing. */
static bool is_word(struct text t)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
					     "on",   "off",  "y",     "n",   "~" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == t.len && !strncasecmp(words[i], t.data, t.len))
			return true;
	return false;
}

static bool is_plain_safe(struct text t, bool flow)
{
	if (!t.len || !is_printable(t, false) || strchr(" ?,[]{}#&*!|>'\"%@`", t.data[0]) ||
	    t.data[t.len - 1] == ' ' || t.data[t.len - 1] == ':' || t.data[0] == ':' ||
	    text_starts(t, TEXT("---")) || text_starts(t, TEXT("...")))
		return false;
	if (t.data[0] == '-' && (t.len == 1 || t.data[1] == ' '))
		return false;
	for (uint32_t i = 0; i < t.len; i++) {
		char next = i + 1 < t.len ? t.data[i + 1] : 0;

		if ((t.data[i] == ':' && (next == ' ' || flow)) ||
		    (t.data[i] == ' ' && next == '#') || (flow && strchr(",[]{}\"'", t.data[i])))
			return false;
	}
	return true;
}

/* Whether something that had quotes would be taken for something else without them. */
static bool is_text_for_sure(struct text t)
{
	char c = t.len ? t.data[0] : '0';

	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_') &&
	       !is_word(t);
}

static void add_quoted(struct text t, struct buf *out)
{
	bool single = is_printable(t, false) && memchr(t.data, '\'', t.len) == NULL &&
		      (memchr(t.data, '"', t.len) || memchr(t.data, '\\', t.len));

	buf_add_char(out, single ? '\'' : '"');
	for (uint32_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if (!single && (c == '"' || c == '\\'))
			buf_addf(out, "\\%c", c);
		else if (c == '\n' || c == '\t')
			buf_add_str(out, c == '\n' ? "\\n" : "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, single ? '\'' : '"');
}

void format_flow_scalar(struct text t, bool plain, struct buf *out)
{
	if (is_plain_safe(t, true) && (plain || is_text_for_sure(t)))
		buf_add(out, t.data, t.len);
	else if (plain && !t.len)
		buf_add_str(out, "null"); /* nothing at all */
	else
		add_quoted(t, out);
}

/* --- several lines ------------------------------------------------------------------------------------------ */

/* Folded: every line break stands for one blank. */
static void add_folded(struct text t, unsigned indent, struct buf *out)
{
	format_new_line(out, indent);
	for (uint32_t i = 0; i < t.len; i++) {
		const char *blank = memchr(t.data + i + 1, ' ', t.len - i - 1);
		size_t word = (blank ? (size_t)(blank - t.data) : t.len) - i - 1;
		bool single = i && t.data[i] == ' ' && t.data[i - 1] != ' ' && i + 1 < t.len &&
			      t.data[i + 1] != ' ';

		if (single && format_column(out) + 1 + word > FORMAT_WIDTH)
			format_new_line(out, indent);
		else
			buf_add_char(out, t.data[i]);
	}
}

static void add_literal(struct text t, unsigned indent, struct buf *out)
{
	for (uint32_t i = 0; i <= t.len;) {
		const char *nl = i < t.len ? memchr(t.data + i, '\n', t.len - i) : NULL;
		uint32_t end = nl ? (uint32_t)(nl - t.data) : t.len;

		buf_add_char(out, '\n');
		if (end > i)
			buf_addf(out, "%*s%.*s", (int)indent, "", (int)(end - i), t.data + i);
		i = end + 1;
	}
}

/* Blanks at its beginning or end would be lost. */
static bool fits_block(struct text body)
{
	return body.len && is_printable(body, true) && body.data[0] != ' ' &&
	       body.data[0] != '\n' && body.data[body.len - 1] != ' ' &&
	       body.data[body.len - 1] != '\n';
}

void format_scalar(struct text t, bool plain, unsigned indent, struct buf *out)
{
	bool newline = t.len && t.data[t.len - 1] == '\n';
	struct text body = text_from(t.data, t.len - newline);
	bool lines = body.len && memchr(body.data, '\n', body.len);
	bool is_long = format_column(out) + body.len > FORMAT_WIDTH;
	bool is_plain = is_plain_safe(t, false) && (plain || is_text_for_sure(t));

	if (plain && !t.len) {
		if (out->len && out->data[out->len - 1] == ' ')
			out->data[--out->len] = '\0';
	} else if ((lines || newline || (is_long && memchr(body.data, ' ', body.len))) &&
		   fits_block(body)) {
		buf_addf(out, "%c%s", lines ? '|' : '>', newline ? "" : "-");
		if (lines)
			add_literal(body, indent, out);
		else
			add_folded(body, indent, out);
	} else if (is_plain) {
		buf_add(out, t.data, t.len);
	} else {
		add_quoted(t, out);
	}
}

/* --- conditions ---------------------------------------------------------------------------------------------- */

enum { CONDITION_ARENA_MAX = 64 << 20 };

static struct expr *parse(struct arena *a, const struct buf *text)
{
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	struct parse_error err;
	const struct source *s;

	source_add_made(&b, text_from(text->data, text->len), NULL, 0);
	s = source_finish(&b, a);
	return s && !text->failed ? parse_condition(a, s, &err) : NULL;
}

/* How a condition reads between two others; false: it is none there. */
static bool canonical(const char *before, struct text t, const char *after, struct buf *out)
{
	cleanup_arena struct arena a = ARENA_INIT(CONDITION_ARENA_MAX);
	cleanup_buf struct buf text = BUF_INIT;
	struct expr *e;

	buf_addf(&text, "%s%.*s%s", before, (int)t.len, t.data, after);
	e = parse(&a, &text);
	if (e)
		print_condition(e, false, out);
	return e && !out->failed;
}

bool format_same_condition(struct text a, struct text b)
{
	static const char *const before[] = { "", "x0 " }, *const after[] = { "", " and x1",
									      " or x1" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(after); k++) {
			cleanup_buf struct buf x = BUF_INIT, y = BUF_INIT;
			bool good = canonical(before[i], a, after[k], &x);

			if (good != canonical(before[i], b, after[k], &y) ||
			    (good && !str_eq(x.data, y.data)))
				return false;
			any = any || good;
		}
	}
	return any;
}

/* "and ...", "or ...": what is appended to another condition. */
static struct text connective(struct text t)
{
	return text_starts(t, TEXT("and ")) ? TEXT("and ") :
	       text_starts(t, TEXT("or "))  ? TEXT("or ") :
					      TEXT("");
}

/* The condition in lines; false: it has to stay as it is. */
static bool print_lines(struct text t, unsigned indent, bool brackets, struct buf *out)
{
	cleanup_arena struct arena a = ARENA_INIT(CONDITION_ARENA_MAX);
	cleanup_buf struct buf text = BUF_INIT;
	struct text word = connective(t);
	struct expr *e;

	buf_addf(&text, "%.*s", (int)(t.len - word.len), t.data + word.len);
	e = parse(&a, &text);
	if (!e)
		return false;
	buf_add(out, word.data, word.len);
	buf_add_str(out, brackets ? "(" : "");
	print_condition_wrapped(e, indent, out);
	buf_add_str(out, brackets ? ")" : "");
	return !out->failed && format_same_condition(t, text_from(out->data, out->len));
}

void format_condition(struct text t, unsigned indent, struct buf *out)
{
	cleanup_buf struct buf lines = BUF_INIT;
	struct text text;

	t = text_trim(t);
	/* Brackets around all of it matter if something is appended. */
	if (!print_lines(t, indent, false, &lines)) {
		buf_reset(&lines);
		if (!print_lines(t, indent, true, &lines)) {
			format_scalar(t, true, indent, out);
			return;
		}
	}
	text = text_from(lines.data, lines.len);
	if (!memchr(text.data, '\n', text.len) && is_plain_safe(text, false) &&
	    format_column(out) + text.len <= FORMAT_WIDTH) {
		buf_add(out, text.data, text.len);
		return;
	}
	buf_add_char(out, '>');
	format_new_line(out, indent);
	buf_add(out, text.data, text.len);
}
