/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which a report is written; each a pure function of the report. */
#pragma once
#include <stdio.h>

#include "inspect/report.h"
#include "inspect/trend.h"

struct report_style {
	bool colour;
	int columns;	       /* text: of the terminal; 0: there is none */
	bool exempt;	       /* text: show what is exempt too */
	const char *today;     /* for forms that say when; may be NULL */
	const char *version;   /* of this program */
	const char *directory; /* SARIF: absolute; names of files are told from there; may be NULL */
	const struct trend *trend; /* NULL: nothing is known of earlier inspections */
};

struct report_format {
	const char *name, *help;
	bool fixes; /* says how findings are mended: wants options.fixes */
	bool edits; /* with the text that does it: wants options.may_edit */
	void (*write)(const struct report *r, const struct report_style *style, FILE *out);
};

extern const struct report_format report_formats[]; /* ends with a name of NULL */
/* NULL: there is no such form. */
const struct report_format *report_format_find(const char *name);

void report_text(const struct report *r, const struct report_style *style, FILE *out);
void report_json(const struct report *r, const struct report_style *style, FILE *out);
void report_sarif(const struct report *r, const struct report_style *style, FILE *out);
void report_junit(const struct report *r, const struct report_style *style, FILE *out);
void report_csv(const struct report *r, const struct report_style *style, FILE *out);
void report_html(const struct report *r, const struct report_style *style, FILE *out);
void report_markdown(const struct report *r, const struct report_style *style, FILE *out);

/* What of an HTML report says how a finding is mended; nothing where there is no fix. */
void report_html_fix(const struct finding *f, FILE *out);

/* "shop/web", or "web". */
const char *report_object_name(const struct inspected *o, char *out, size_t size);
/* "12 files", or "cluster prod (v1.34.1)". */
enum { REPORT_SOURCE_MAX = 1400 };
const char *report_source(const struct report *r, char *out, size_t size);
/* A JSON text with its quotes, and what is between them; what is no UTF-8 is replaced. */
void report_json_text(const char *s, FILE *out);
void report_json_part(const char *s, FILE *out);
/* A text of XML or HTML, in an element or an attribute. */
void report_xml_text(const char *s, FILE *out);

/* The name of a file for people: anybody may have given it, with any bytes. */
enum { REPORT_FILE_MAX = 1024 };
const char *report_file_name(const char *file, char *out, size_t size);

/* What forms say of a trend. */
bool trend_is_fresh(const struct report *r, const struct report_style *style,
		    const struct finding *f);
void trend_text(const struct trend *t, FILE *out);
void trend_json(const struct trend *t, FILE *out);
void trend_html(const struct trend *t, FILE *out);
