/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "rules/parse_private.h"

void *parse_fail(struct parser *p, uint32_t at, const char *hint, const char *fmt, ...)
{
	va_list ap;

	if (p->err->text[0])
		return NULL;
	p->err->at = at;
	p->err->hint = hint;
	va_start(ap, fmt);
	vsnprintf(p->err->text, sizeof(p->err->text), fmt, ap);
	va_end(ap);
	return NULL;
}

void *parse_no_memory(struct parser *p)
{
	return parse_fail(p, p->at, NULL, "the rules take more memory than they may");
}

bool scan_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool scan_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
	return scan_is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

static bool is_bare(char c)
{
	return c && !scan_is_space(c) && !strchr("()\"'=,", c);
}

bool scan_blank(struct parser *p)
{
	static const char blanks[] = " \t\b\r\n";
	uint32_t start = p->at;

	while (p->at < p->end && p->text[p->at] && strchr(blanks, p->text[p->at]))
		p->at++;
	return p->at > start;
}

bool scan_take(struct parser *p, const char *token)
{
	size_t len = strlen(token);

	if (p->end - p->at < len || memcmp(p->text + p->at, token, len))
		return false;
	p->at += (uint32_t)len;
	return true;
}

bool scan_word(struct parser *p, struct text word)
{
	uint32_t start = p->at;

	if (p->end - p->at < word.len || memcmp(p->text + p->at, word.data, word.len))
		return false;
	p->at += word.len;
	if (scan_blank(p))
		return true;
	p->at = start;
	return false;
}

/* [a-zA-Z][a-zA-Z0-9_]* */
bool scan_identifier(struct parser *p, struct text *ret)
{
	uint32_t start = p->at;

	if (!scan_is_letter(scan_peek(p)))
		return false;
	while (is_word(scan_peek(p)))
		p->at++;
	*ret = scan_taken(p, start);
	return true;
}

bool scan_field_name(struct parser *p, struct text *ret)
{
	uint32_t start = p->at, end = start;
	struct text part;
	int parts = 0;

	while (scan_identifier(p, &part)) {
		parts++;
		end = p->at;
		if (!scan_take(p, "."))
			break;
	}
	p->at = parts >= 2 ? end : start;
	*ret = scan_taken(p, start);
	return parts >= 2;
}

static bool take_hex(struct parser *p)
{
	uint32_t start = p->at;

	if ((scan_take(p, "0x") || scan_take(p, "0X")) && isxdigit((unsigned char)scan_peek(p))) {
		while (isxdigit((unsigned char)scan_peek(p)))
			p->at++;
		return true;
	}
	p->at = start;
	return false;
}

static bool take_digits(struct parser *p)
{
	uint32_t start = p->at;

	while (scan_peek(p) >= '0' && scan_peek(p) <= '9')
		p->at++;
	return p->at > start;
}

bool scan_number(struct parser *p, struct text *ret)
{
	uint32_t start = p->at, mantissa;

	if (!take_hex(p)) {
		if (scan_peek(p) == '+' || scan_peek(p) == '-')
			p->at++;
		if (!take_digits(p)) {
			p->at = start;
			return false;
		}
		if (scan_take(p, "."))
			take_digits(p);
		mantissa = p->at;
		if ((scan_take(p, "e") || scan_take(p, "E")) &&
		    (scan_take(p, "+") || scan_take(p, "-")) && take_digits(p))
			mantissa = p->at;
		p->at = mantissa;
	}
	*ret = scan_taken(p, start);
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'		  ? c - '0' :
	       (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 :
						    -1;
}

/* One escape behind its backslash: the byte, or -1. */
static int unescape(struct parser *p, uint32_t *at, uint32_t end, char quote)
{
	char c = p->text[*at];
	int high, low;

	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case ' ': /* an old mistake in rule files, kept alive there: a backslash */
	case '\\':
		return '\\';
	case '/':
		return '/';
	case '"':
	case '\'':
		return c == quote ? c : -1;
	case 'x':
		high = *at + 1 < end ? hex(p->text[*at + 1]) : -1;
		low = *at + 2 < end ? hex(p->text[*at + 2]) : -1;
		if (high < 0 || low < 0)
			return -1;
		*at += 2;
		return high << 4 | low;
	default:
		return -1;
	}
}

int scan_quoted(struct parser *p, struct text *ret)
{
	uint32_t start = p->at, end, n = 0;
	char quote = scan_peek(p), *out;

	if (quote != '"' && quote != '\'')
		return 0;
	/* Only the byte before a quote decides whether it closes: "a\\" stays open. */
	for (end = start + 1; end < p->end; end++)
		if (p->text[end] == quote && p->text[end - 1] != '\\')
			break;
	if (end >= p->end) {
		parse_fail(p, start, NULL, "this quote is never closed");
		return -1;
	}
	out = arena_alloc(p->arena, end - start);
	if (!out) {
		parse_no_memory(p);
		return -1;
	}
	for (uint32_t i = start + 1; i < end; i++) {
		int c = (unsigned char)p->text[i];

		if (c == '\\') {
			uint32_t escape = i++;

			c = i < end ? unescape(p, &i, end, quote) : -1;
			if (c < 0) {
				parse_fail(
					p, escape,
					"known escapes: \\\\ \\\" \\' \\/ \\b \\f \\n \\r \\t \\xHH",
					"unknown escape \"\\%c\"",
					escape + 1 < end ? p->text[escape + 1] : ' ');
				return -1;
			}
		}
		out[n++] = (char)c;
	}
	p->at = end + 1;
	*ret = text_from(out, n);
	return 1;
}

bool scan_bare(struct parser *p, struct text *ret)
{
	uint32_t start = p->at;

	while (is_bare(scan_peek(p)))
		p->at++;
	*ret = scan_taken(p, start);
	return ret->len > 0;
}

bool parse_is_bare(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (!is_bare(t.data[i]))
			return false;
	return t.len > 0;
}

bool parse_is_identifier(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (!is_word(t.data[i]))
			return false;
	return t.len > 0 && scan_is_letter(t.data[0]);
}

struct text scan_here(const struct parser *p)
{
	uint32_t n = p->at;

	while (n < p->end && is_bare(p->text[n]) && n - p->at < 40)
		n++;
	if (n == p->at && n < p->end)
		n++;
	return text_from(p->text + p->at, n - p->at);
}
