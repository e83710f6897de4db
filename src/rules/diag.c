/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

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

void diag_print(const struct diag *d, FILE *out)
{
	if (d->place.file)
		fprintf(out, "%s:", d->place.file);
	if (d->place.line)
		fprintf(out, "%u:%u:", d->place.line, d->place.column);
	fprintf(out, "%s%s: %s [%s]\n", d->place.file ? " " : "",
		d->severity == DIAG_ERROR ? "error" : "warning",
		d->text ? d->text : "out of memory", d->code);
	if (d->hint)
		fprintf(out, "    %s\n", d->hint);
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
