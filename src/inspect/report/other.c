/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML, CSV and Markdown. JUnit is what the schema of Jenkins allows, which is the least that readers agree on. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/report/format.h"

/* --- JUnit --------------------------------------------------------------------------------------- */

static void junit_case(const struct report *r, const struct finding *f, FILE *out)
{
	fprintf(out,
		"    <testcase classname=\"%s\" name=\"%s: ", category_names[f->check->category],
		f->check->id);
	report_xml_text(f->check->name, out);
	if (f->container) {
		fputs(": ", out);
		report_xml_text(f->container, out);
	}
	fputs("\">", out);
	if (f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN) {
		fprintf(out, "<failure type=\"%s\" message=\"", severity_names[f->severity]);
		report_xml_text(f->check->title, out);
		fputs("\">", out);
		report_xml_text(finding_file(r, f), out);
		if (f->line)
			fprintf(out, ":%u:%u", f->line, f->column);
		fputs(": ", out);
		report_xml_text(f->path, out);
		fputs(": ", out);
		report_xml_text(f->value, out);
		fputc('\n', out);
		report_xml_text(finding_suggest(f), out);
		fputs("</failure>", out);
	} else if (f->outcome == OUTCOME_EXEMPT) {
		fputs("<skipped>", out);
		report_xml_text(finding_reason(f) ? finding_reason(f) : "", out);
		fputs("</skipped>", out);
	}
	fputs("</testcase>\n", out);
}

void report_junit(const struct report *r, const struct report_style *style, FILE *out)
{
	uint64_t bad = r->counts[OUTCOME_FAIL] + r->counts[OUTCOME_WARN];

	(void)style;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"merlon inspect\" tests=\"%zu\" "
		"failures=\"%llu\" errors=\"%zu\">\n",
		r->findings.len, (unsigned long long)bad, r->problems.errors);
	vec_foreach(o, &r->objects) {
		char name[600];

		if (!o->count)
			continue;
		fprintf(out,
			"  <testsuite tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" "
			"name=\"%s ",
			o->count, o->counts[OUTCOME_FAIL] + o->counts[OUTCOME_WARN],
			o->counts[OUTCOME_EXEMPT], o->kind);
		report_xml_text(report_object_name(o, name, sizeof(name)), out);
		fputs("\">\n    <properties><property name=\"file\" value=\"", out);
		report_xml_text(o->file, out);
		fputs("\"/></properties>\n", out);
		for (uint32_t i = 0; i < o->count; i++)
			junit_case(r, &r->findings.items[o->first + i], out);
		fputs("  </testsuite>\n", out);
	}
	vec_foreach(d, &r->problems.items) {
		fprintf(out,
			"  <testsuite tests=\"1\" failures=\"0\" errors=\"1\" name=\"reading\">\n    <testcase name=\"%u:%u\"><error "
			"message=\"",
			d->place.line, d->place.column);
		report_xml_text(d->text, out);
		fputs("\">", out);
		report_xml_text(d->place.file ? d->place.file : "", out);
		fputs("</error></testcase>\n  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
}

/* --- CSV ----------------------------------------------------------------------------------------- */

/* RFC 4180; what a spreadsheet would take for a formula gets a quote in front. */
static void cell(const char *s, bool last, FILE *out)
{
	fputc('"', out);
	if (*s && strchr("=+-@", *s))
		fputc('\'', out);
	for (size_t n; *s; s += n) {
		n = strcspn(s, "\"") + 1;
		n -= !s[n - 1];
		fwrite_unlocked(s, 1, n, out);
		if (s[n - 1] == '"')
			fputc('"', out);
	}
	fputs(last ? "\"\r\n" : "\",", out);
}

void report_csv(const struct report *r, const struct report_style *style, FILE *out)
{
	fputs("Date,Result Schema,Namespace,Kind,Name,Container,Section Id,Section Description,Test Id,"
	      "Test Description,Severity,Result,Path,Value,Test Remediation,File,Line,Reason\r\n",
	      out);
	vec_foreach(f, &r->findings) {
		const struct inspected *o = &r->objects.items[f->object];
		char line[16], file[REPORT_FILE_MAX];

		snprintf(line, sizeof(line), "%u", f->line);
		cell(style->today ? style->today : "", false, out);
		cell("merlon-inspect-1", false, out);
		cell(o->name_space, false, out);
		cell(o->kind, false, out);
		cell(o->name, false, out);
		cell(f->container ? f->container : "", false, out);
		cell(category_names[f->check->category], false, out);
		cell(f->check->name, false, out);
		cell(f->check->id, false, out);
		cell(f->check->title, false, out);
		cell(severity_names[f->severity], false, out);
		cell(outcome_names[f->outcome], false, out);
		cell(f->path, false, out);
		cell(f->value, false, out);
		cell(finding_suggest(f), false, out);
		cell(report_file_name(finding_file(r, f), file, sizeof(file)), false, out);
		cell(f->line ? line : "", false, out);
		cell(finding_reason(f) ? finding_reason(f) : "", true, out);
	}
}

/* --- Markdown ------------------------------------------------------------------------------------ */

static void plain(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (strchr("\\`*_|<>[]#", *s))
			fputc('\\', out);
		fputc(*s, out);
	}
}

static void markdown_object(const struct report *r, const struct inspected *o, FILE *out)
{
	char name[600], file[REPORT_FILE_MAX];
	bool any = false;

	for (uint32_t i = 0; i < o->count; i++) {
		const struct finding *f = &r->findings.items[o->first + i];

		if (f->outcome != OUTCOME_FAIL && f->outcome != OUTCOME_WARN)
			continue;
		if (!any) {
			fprintf(out, "\n## %s ", o->kind);
			plain(report_object_name(o, name, sizeof(name)), out);
			fputs("\n\n", out);
			plain(report_file_name(o->file, file, sizeof(file)), out);
			fputs("\n\n| severity | check | what is wrong | where | now | what to do |\n"
			      "| --- | --- | --- | --- | --- | --- |\n",
			      out);
		}
		any = true;
		fprintf(out, "| %s | %s | ", severity_names[f->severity], f->check->id);
		plain(f->check->title, out);
		fputs(" | ", out);
		if (f->line)
			fprintf(out, "line %u: ", f->line);
		plain(f->path, out);
		fputs(" | ", out);
		plain(f->value, out);
		fputs(" | ", out);
		plain(finding_suggest(f), out);
		fputs(" |\n", out);
	}
}

void report_markdown(const struct report *r, const struct report_style *style, FILE *out)
{
	char source[REPORT_SOURCE_MAX], file[REPORT_FILE_MAX];

	(void)style;
	fprintf(out, "# Inspection\n\nScore **%u of 100**: %zu object%s in ", report_score(r),
		r->objects.len, r->objects.len == 1 ? "" : "s");
	plain(report_source(r, source, sizeof(source)), out);
	fputs(".\n\n"
	      "| category | score | passed | failed | warned | exempt |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
	      out);
	for (int c = 0; c < CATEGORIES; c++) {
		uint64_t n[OUTCOMES];
		unsigned score = report_category_score(r, (enum category)c, n);

		if (n[OUTCOME_PASS] + n[OUTCOME_FAIL] + n[OUTCOME_WARN] + n[OUTCOME_EXEMPT])
			fprintf(out, "| %s | %u | %llu | %llu | %llu | %llu |\n", category_names[c],
				score, (unsigned long long)n[OUTCOME_PASS],
				(unsigned long long)n[OUTCOME_FAIL],
				(unsigned long long)n[OUTCOME_WARN],
				(unsigned long long)n[OUTCOME_EXEMPT]);
	}
	vec_foreach(o, &r->objects)
		markdown_object(r, o, out);
	if (r->problems.items.len)
		fputs("\n## Could not be read\n\n", out);
	vec_foreach(d, &r->problems.items) {
		fputs("- ", out);
		plain(report_file_name(d->place.file ? d->place.file : "", file, sizeof(file)),
		      out);
		if (d->place.line)
			fprintf(out, ":%u:%u", d->place.line, d->place.column);
		fputs(": ", out);
		plain(d->text ? d->text : "", out);
		fputc('\n', out);
	}
}
