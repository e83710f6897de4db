/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/report/format.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"

const struct report_format report_formats[] = {
	{ "text", "for people, at a terminal", false, false, report_text },
	{ "json", "for programs", false, false, report_json },
	{ "sarif", "SARIF 2.1.0, for code hosting and editors", true, true, report_sarif },
	{ "junit", "JUnit XML, for build servers", false, false, report_junit },
	{ "csv", "one line for each result, in the columns of cloud inspections", false, false,
	  report_csv },
	{ "markdown", "for merge requests and wikis", false, false, report_markdown },
	{ "html", "one page with all in it, to read and to print", true, false, report_html },
	{ NULL, NULL, false, false, NULL },
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

struct letter {
	const char *bytes;
	size_t len;
	uint32_t c;
};

/* The next one of a text; one that is not there stands for each byte that is no UTF-8. */
static struct letter next_letter(const char **s)
{
	size_t n = utf8_sequence((const unsigned char *)*s, strnlen(*s, 4));
	struct letter l = { n ? *s : "\xef\xbf\xbd", n ? n : 3, 0 };

	l.c = utf8_code_point((const unsigned char *)l.bytes, l.len);
	*s += n ? n : 1;
	return l;
}

/* Up to the first letter that is not written as it is; reports of clusters are large. */
static size_t plain_letters(const char *s, const char *special)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f && !strchr(special, s[n]))
		n++;
	return n;
}

void report_json_part(const char *s, FILE *out)
{
	char escape[13];

	while (*s) {
		size_t plain = plain_letters(s, "\"\\");
		struct letter l;

		fwrite_unlocked(s, 1, plain, out);
		s += plain;
		if (!*s)
			return;
		l = next_letter(&s);
		if (l.c == '"' || l.c == '\\')
			fprintf(out, "\\%c", *l.bytes);
		else if (utf8_is_hidden(l.c))
			fputs(utf8_json_escape(escape, l.c), out);
		else
			fwrite(l.bytes, 1, l.len, out);
	}
}

void report_json_text(const char *s, FILE *out)
{
	fputc('"', out);
	report_json_part(s, out);
	fputc('"', out);
}

void report_xml_text(const char *s, FILE *out)
{
	char escape[13];

	while (*s) {
		size_t plain = plain_letters(s, "<>&\"");
		struct letter l;

		fwrite_unlocked(s, 1, plain, out);
		s += plain;
		if (!*s)
			return;
		l = next_letter(&s);
		if (l.c == '<')
			fputs("&lt;", out);
		else if (l.c == '>')
			fputs("&gt;", out);
		else if (l.c == '&')
			fputs("&amp;", out);
		else if (l.c == '"')
			fputs("&quot;", out);
		else if (l.c < 0x20 || l.c == 0x7f)
			fputc(' ', out);
		else if (utf8_is_hidden(l.c)) /* a reference to it would hide as well */
			fputs(utf8_json_escape(escape, l.c), out);
		else if (l.c == 0xfffe || l.c == 0xffff)
			fputs("\xef\xbf\xbd", out); /* no letters of XML */
		else
			fwrite(l.bytes, 1, l.len, out);
	}
}

const char *report_file_name(const char *file, char *out, size_t size)
{
	str_printable(out, size, file, strlen(file));
	return out;
}
