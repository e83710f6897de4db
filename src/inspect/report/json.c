/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and SARIF, written as they go: a report of a large cluster is not held twice. */
#include "base/json.h"
#include "base/cleanup.h"
#include "base/str.h"
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
	member(out, "file", f->file);
	fprintf(out, ", \"line\": %u, \"column\": %u", f->line, f->column);
	member(out, "suggestion", f->suggest);
	member(out, "reason", f->reason);
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

		fputs(first ? "\n  " : ",\n  ", out);
		json_dumpf(o, out, JSON_COMPACT);
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

/* --- SARIF 2.1.0 --------------------------------------------------------------------------------- */

static const char *const levels[SEVERITIES] = { "note", "warning", "error", "error" };
/* What code hosts sort by: the middle of the ranges that they have for each severity. */
static const char *const ranks[SEVERITIES] = { "2.0", "5.5", "8.0", "9.5" };

static void sarif_rule(FILE *out, const struct check *c)
{
	fprintf(out, "{\"id\": \"%s\", \"name\": \"%s\", \"shortDescription\": {\"text\": ", c->id,
		c->name);
	report_json_text(c->title, out);
	fputs("}, \"fullDescription\": {\"text\": ", out);
	report_json_text(c->attack, out);
	fputs("}, \"help\": {\"text\": ", out);
	report_json_text(c->suggest, out);
	fprintf(out,
		"}, \"defaultConfiguration\": {\"level\": \"%s\"}, \"properties\": {\"security-severity\": "
		"\"%s\", \"tags\": [\"security\", \"%s\"]}}",
		levels[c->severity], ranks[c->severity], category_names[c->category]);
}

/* A path becomes a URI: what is no letter of one is escaped. */
static void sarif_uri(FILE *out, const char *path)
{
	fputc('"', out);
	for (; *path; path++) {
		if (strchr("/-._~", *path) || (*path >= '0' && *path <= '9') ||
		    ((*path | 32) >= 'a' && (*path | 32) <= 'z'))
			fputc(*path, out);
		else
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*path);
	}
	fputc('"', out);
}

static void sarif_result(FILE *out, const struct report *r, const struct finding *f)
{
	const struct inspected *o = &r->objects.items[f->object];
	char text[1200], name[600];

	snprintf(text, sizeof(text), "%s %s%s%s: %s: %s is %s. %s", o->kind,
		 report_object_name(o, name, sizeof(name)), f->container ? ", container " : "",
		 f->container ? f->container : "", f->check->title, f->path, f->value, f->suggest);
	fprintf(out,
		"{\"ruleId\": \"%s\", \"level\": \"%s\", \"message\": {\"text\": ", f->check->id,
		levels[f->severity]);
	report_json_text(text, out);
	fputs("}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ", out);
	sarif_uri(out, f->file);
	fprintf(out,
		"}, \"region\": {\"startLine\": %u, \"startColumn\": %u}}, \"logicalLocations\": "
		"[{\"fullyQualifiedName\": ",
		f->line ? f->line : 1, f->column ? f->column : 1);
	snprintf(text, sizeof(text), "%s/%s/%s", o->kind, report_object_name(o, name, sizeof(name)),
		 f->path);
	report_json_text(text, out);
	fputs("}]}]", out);
	if (f->reason) {
		fputs(", \"suppressions\": [{\"kind\": \"external\", \"justification\": ", out);
		report_json_text(f->reason, out);
		fputs("}]", out);
	}
	fputc('}', out);
}

void report_sarif(const struct report *r, const struct report_style *style, FILE *out)
{
	bool first = true;

	fputs("{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": "
	      "[{\"tool\": {\"driver\": {\"name\": \"merlon\"",
	      out);
	member(out, "version", style->version);
	fputs(", \"rules\": [", out);
	for (size_t i = 0; i < r->tally_count; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		sarif_rule(out, r->tallies[i].check);
	}
	fputs("]}}, \"columnKind\": \"unicodeCodePoints\", \"results\": [", out);
	vec_foreach(f, &r->findings) {
		if (f->outcome == OUTCOME_PASS || f->outcome == OUTCOME_NA)
			continue;
		fputs(first ? "\n  " : ",\n  ", out);
		sarif_result(out, r, f);
		first = false;
	}
	fputs("]}]}\n", out);
}
