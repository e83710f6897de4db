/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, written as it goes: a report of a large cluster is not held twice. */
#include "base/json.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "inspect/report/format.h"

static void member(FILE *out, const char *name, const char *value)
{
	fprintf(out, ", \"%s\": ", name);
	if (value)
		report_json_text(value, out);
	else
		fputs("null", out);
}

static void counts(FILE *out, const uint64_t values[OUTCOMES])
{
	fputc('{', out);
	for (int i = 0; i < OUTCOMES; i++)
		fprintf(out, "%s\"%s\": %llu", i ? ", " : "", outcome_names[i],
			(unsigned long long)values[i]);
	fputc('}', out);
}

static void finding(FILE *out, const struct report *r, const struct report_style *style,
		    const struct finding *f)
{
	const struct inspected *o = &r->objects.items[f->object];

	fprintf(out,
		"{\"check\": \"%s\", \"name\": \"%s\", \"outcome\": \"%s\", \"severity\": \"%s\", "
		"\"category\": \"%s\"",
		f->check->id, f->check->name, outcome_names[f->outcome],
		severity_names[f->severity], category_names[f->check->category]);
	member(out, "title", f->check->title);
	member(out, "kind", o->kind);
	member(out, "namespace", o->name_space);
	member(out, "object", o->name);
	member(out, "container", f->container);
	member(out, "path", f->path);
	member(out, "value", f->value);
	member(out, "file", finding_file(r, f));
	fprintf(out, ", \"line\": %u, \"column\": %u", f->line, f->column);
	member(out, "suggestion", finding_suggest(f));
	member(out, "reason", finding_reason(f));
	if (style->trend)
		fprintf(out, ", \"new\": %s", trend_is_fresh(r, style, f) ? "true" : "false");
	fputc('}', out);
}

static void summary(FILE *out, const struct report *r)
{
	uint64_t per[OUTCOMES];

	fprintf(out,
		"{\"score\": %u, \"kubernetes\": \"1.%u\", \"files\": %zu, \"documents\": %zu, "
		"\"objects\": %zu, \"unknown\": %zu, \"beyond\": %zu, \"counts\": ",
		report_score(r), r->version, r->files, r->documents, r->objects.len, r->unknown,
		r->beyond);
	counts(out, r->counts);
	if (r->cluster) {
		member(out, "cluster", r->cluster);
		member(out, "cluster_version", r->cluster_version);
		fprintf(out, ", \"owned\": %zu", r->owned);
	}
	fputs(", \"severities\": {", out);
	for (int s = 0; s < SEVERITIES; s++)
		fprintf(out, "%s\"%s\": %llu", s ? ", " : "", severity_names[s],
			(unsigned long long)r->by_severity[s]);
	fputs("}, \"categories\": {", out);
	for (int c = 0; c < CATEGORIES; c++) {
		unsigned score = report_category_score(r, (enum category)c, per);

		fprintf(out, "%s\"%s\": {\"score\": %u, \"counts\": ", c ? ", " : "",
			category_names[c], score);
		counts(out, per);
		fputc('}', out);
	}
	fputs("}}", out);
}

static void problems(FILE *out, const struct report *r)
{
	bool first = true;

	vec_foreach(d, &r->problems.items) {
		cleanup_json json_t *o = diag_json(d);
		cleanup_free char *text = utf8_json_text(o, JSON_COMPACT);

		fputs(first ? "\n  " : ",\n  ", out);
		fputs(text ? text : "null", out);
		first = false;
	}
}

void report_json(const struct report *r, const struct report_style *style, FILE *out)
{
	bool first = true;

	fprintf(out, "{\"version\": 1, \"merlon\": \"%s\", \"summary\": ", style->version);
	summary(out, r);
	fputs(",\n\"findings\": [", out);
	vec_foreach(f, &r->findings) {
		fputs(first ? "\n  " : ",\n  ", out);
		finding(out, r, style, f);
		first = false;
	}
	fputs("],\n\"problems\": [", out);
	problems(out, r);
	fputc(']', out);
	if (style->trend) {
		fputs(",\n\"trend\": ", out);
		trend_json(style->trend, out);
	}
	fputs("}\n", out);
}
