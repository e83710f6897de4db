/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"

enum { DIAG_TEXT_MAX = 1024 };

void diags_deinit(struct diags *d)
{
	vec_foreach(it, &d->items) {
		free(it->text);
		free(it->hint);
	}
	vec_deinit(&d->items);
	d->errors = d->warnings = 0;
}

/* Diagnostics quote files that may come from anywhere: nothing in them may drive a terminal. */
static char *printable(const char *fmt, va_list ap)
{
	char raw[DIAG_TEXT_MAX], out[DIAG_TEXT_MAX + 64];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	str_printable(out, sizeof(out), raw, strlen(raw));
	return strdup(out);
}

/* The same words at the same place say nothing new. */
static struct diag *find_known(const struct diags *d, struct diag_place place, const char *code,
			       const char *text)
{
	vec_foreach(it, &d->items)
		if (it->place.file == place.file && it->place.line == place.line &&
		    it->place.column == place.column && it->code == code && text && it->text &&
		    str_eq(it->text, text))
			return it;
	return NULL;
}

/* What was a warning for one rule may be an error for another. */
static void promote(struct diags *d, struct diag *it, enum diag_severity severity)
{
	if (it->severity >= severity)
		return;
	it->severity = severity;
	d->warnings--;
	d->errors++;
}

static void add(struct diags *d, enum diag_severity severity, struct diag_place place,
		const char *code, const char *fmt, va_list ap)
{
	char *text = printable(fmt, ap);
	struct diag *it = find_known(d, place, code, text);

	if (it) {
		promote(d, it, severity);
		free(text);
		return;
	}
	if (severity == DIAG_ERROR)
		d->errors++;
	else
		d->warnings++;
	/* An error is worth more than the last warning that had room. */
	if ((d->items.len >= DIAGS_MAX && severity == DIAG_WARNING) ||
	    d->items.len >= 2 * (size_t)DIAGS_MAX) {
		free(text);
		return;
	}
	it = vec_add(&d->items);
	if (!it) {
		free(text);
		return;
	}
	it->severity = severity;
	it->place = place;
	it->code = code;
	it->text = text;
}

void diag_error(struct diags *d, struct diag_place place, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, DIAG_ERROR, place, code, fmt, ap);
	va_end(ap);
}

void diag_warning(struct diags *d, struct diag_place place, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, DIAG_WARNING, place, code, fmt, ap);
	va_end(ap);
}

void diag_hint(struct diags *d, const char *fmt, ...)
{
	struct diag *last = d->items.len ? &d->items.items[d->items.len - 1] : NULL;
	va_list ap;

	if (!last || last->hint)
		return;
	va_start(ap, fmt);
	last->hint = printable(fmt, ap);
	va_end(ap);
}

static int compare(const struct diag *a, const struct diag *b)
{
	int r = a->place.file && b->place.file ? strcmp(a->place.file, b->place.file) :
						 (a->place.file != NULL) - (b->place.file != NULL);

	if (!r)
		r = (a->place.line > b->place.line) - (a->place.line < b->place.line);
	if (!r)
		r = (a->place.column > b->place.column) - (a->place.column < b->place.column);
	return r;
}

void diags_sort(struct diags *d)
{
	/* Insertion: the list is nearly in order, and order of equals must stay. */
	for (size_t i = 1; i < d->items.len; i++) {
		struct diag it = d->items.items[i];
		size_t at = i;

		for (; at && compare(&d->items.items[at - 1], &it) > 0; at--)
			d->items.items[at] = d->items.items[at - 1];
		d->items.items[at] = it;
	}
}

static void print_head(const struct diag *d, FILE *out)
{
	char file[1024];

	if (d->place.file) {
		str_printable(file, sizeof(file), d->place.file, strlen(d->place.file));
		fprintf(out, "%s:", file);
	}
	if (d->place.line)
		fprintf(out, "%u:%u:", d->place.line, d->place.column);
	fprintf(out, "%s%s: %s [%s]\n", d->place.file ? " " : "",
		d->severity == DIAG_ERROR ? "error" : "warning",
		d->text ? d->text : "out of memory", d->code);
}

void diag_print(const struct diag *d, FILE *out)
{
	print_head(d, out);
	if (d->hint)
		fprintf(out, "    %s\n", d->hint);
}

static struct text find_line(struct text content, uint32_t line)
{
	const char *at = content.data, *end = content.data + content.len, *nl;

	while (at && --line) {
		nl = memchr(at, '\n', (size_t)(end - at));
		at = nl ? nl + 1 : NULL;
	}
	if (!at)
		return TEXT_NONE;
	nl = memchr(at, '\n', (size_t)(end - at));
	return text_from(at, (size_t)((nl ? nl : end) - at));
}

enum { SHOWN_BEFORE = 60, SHOWN_MAX = 90 }; /* characters of a line */

/* What a terminal could not take in one column stands as "?" or a blank. */
static void show_line(struct text line, uint32_t line_number, uint32_t column, FILE *out)
{
	uint32_t first = column > SHOWN_MAX - 10 ? column - SHOWN_BEFORE : 1, at = 1;
	const char *gap = first > 1 ? "..." : "";

	fprintf(out, "%6u | %s", line_number, gap);
	for (uint32_t i = 0; i < line.len && at < first + SHOWN_MAX; at++) {
		const unsigned char *s = (const unsigned char *)line.data + i;
		size_t n = utf8_sequence(s, line.len - i);

		if (at >= first && n == 1)
			fputc(*s == '\t' || *s == '\r' ? ' ' :
			      *s < 0x20 || *s == 0x7f  ? '?' :
							 *s,
			      out);
		else if (at >= first && n && *s >= 0xc3 && (*s != 0xe2 || s[1] > 0x81))
			fwrite(s, 1, n, out); /* no controls, of direction neither */
		else if (at >= first)
			fputc('?', out);
		i += (uint32_t)(n ? n : 1);
	}
	fprintf(out, "\n       | %*s^\n", (int)(strlen(gap) + column - first), "");
}

void diag_show(const struct diag *d, struct text content, FILE *out)
{
	struct text line = TEXT_NONE;

	if (content.data && d->place.line)
		line = find_line(content, d->place.line);
	print_head(d, out);
	if (line.data && d->place.column && d->place.column <= line.len + 1)
		show_line(line, d->place.line, d->place.column, out);
	if (d->hint)
		fprintf(out, "         %s\n", d->hint);
}

json_t *diag_json(const struct diag *d)
{
	json_t *o = json_object();

	if (d->place.file)
		json_object_set_new(o, "file", utf8_json(text_of(d->place.file)));
	if (d->place.line) {
		json_object_set_new(o, "line", json_integer(d->place.line));
		json_object_set_new(o, "column", json_integer(d->place.column));
	}
	json_object_set_new(o, "severity",
			    json_string(d->severity == DIAG_ERROR ? "error" : "warning"));
	json_object_set_new(o, "code", json_string(d->code));
	json_object_set_new(o, "message", utf8_json(text_of(d->text ? d->text : "out of memory")));
	if (d->hint)
		json_object_set_new(o, "hint", utf8_json(text_of(d->hint)));
	return o;
}

void diags_print(const struct diags *d, bool warnings, FILE *out)
{
	size_t shown = 0;

	vec_foreach(it, &d->items) {
		if (it->severity == DIAG_WARNING && !warnings)
			continue;
		diag_print(it, out);
		shown++;
	}
	if (d->errors + (warnings ? d->warnings : 0) > shown)
		fprintf(out, "... and %zu more\n",
			d->errors + (warnings ? d->warnings : 0) - shown);
}
