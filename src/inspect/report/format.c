/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/report/format.h"

#include "base/cleanup.h"
#include "base/str.h"

const struct report_format report_formats[] = {
	{ "text", "for people, at a terminal", false, report_text },
	{ "json", "for programs", false, report_json },
	{ "sarif", "SARIF 2.1.0, for code hosting and editors", false, report_sarif },
	{ "junit", "JUnit XML, for build servers", false, report_junit },
	{ "csv", "one line for each result, in the columns of cloud inspections", false,
	  report_csv },
	{ "markdown", "for merge requests and wikis", false, report_markdown },
	{ "html", "one page with all in it, to read and to print", true, report_html },
	{ NULL, NULL, false, NULL },
};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (str_eq(f->name, name))
			return f;
	return NULL;
}

const char *report_source(const struct report *r, char *out, size_t size)
{
	if (r->cluster && *r->cluster_version)
		snprintf(out, size, "cluster %s (%s)", r->cluster, r->cluster_version);
	else if (r->cluster)
		snprintf(out, size, "cluster %s", r->cluster);
	else
		snprintf(out, size, "%s file%s", str_grouped(r->files), r->files == 1 ? "" : "s");
	return out;
}

const char *report_object_name(const struct inspected *o, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", o->name_space, *o->name_space ? "/" : "", o->name);
	return out;
}

void report_json_text(const char *s, FILE *out)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", (unsigned)*s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

void report_xml_text(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fputc((unsigned char)*s < 0x20 ? ' ' : *s, out);
	}
}
