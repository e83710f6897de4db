/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0, written as it goes. Its readers have demands of their own: GitHub refuses a run of more than 25,000
 * results, shows the first 5,000 by severity, finds the file of a result by a URI that is relative to the
 * repository, and refuses rules whose texts are empty (docs.github.com, "SARIF support for code scanning").
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/sha256.h"
#include "base/str.h"
#include "inspect/exemption.h"
#include "inspect/input.h"
#include "inspect/report/format.h"

enum { RESULTS_MAX = 25000, FINGERPRINT = 32 };

static const char *const levels[SEVERITIES] = { "note", "warning", "error", "error" };
/* What code hosts sort by: the middle of the ranges that they have for each severity. */
static const char *const ranks[SEVERITIES] = { "2.0", "5.5", "8.0", "9.5" };

static const char *or_title(const char *text, const struct check *c)
{
	return *text ? text : c->title;
}

static void rule(FILE *out, const struct check *c)
{
	fprintf(out, "{\"id\": \"%s\", \"name\": \"%s\", \"shortDescription\": {\"text\": ", c->id,
		c->name);
	report_json_text(c->title, out);
	fputs("}, \"fullDescription\": {\"text\": ", out);
	report_json_text(or_title(c->attack, c), out);
	fputs("}, \"help\": {\"text\": ", out);
	report_json_text(or_title(c->suggest, c), out);
	fprintf(out,
		"}, \"defaultConfiguration\": {\"level\": \"%s\"}, \"properties\": {\"security-severity\": "
		"\"%s\", \"tags\": [\"security\", \"%s\"]}}",
		levels[c->severity], ranks[c->severity], category_names[c->category]);
}

/* --- places -------------------------------------------------------------------------------------- */

/* What is no letter of a URI's path is escaped. */
static void add_escaped(struct buf *out, const char *path)
{
	for (; *path; path++) {
		if (strchr("/-._~", *path) || (*path >= '0' && *path <= '9') ||
		    ((*path | 32) >= 'a' && (*path | 32) <= 'z'))
			buf_add_char(out, *path);
		else
			buf_addf(out, "%%%02X", (unsigned)(unsigned char)*path);
	}
}

/* Without "." and "..", as they are written: where links lead is not asked. */
static void add_steps(struct buf *out, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !memcmp(path, "..", 2))
			while (out->len && out->data[--out->len] != '/')
				;
		else if (len && !(len == 1 && *path == '.'))
			buf_addf(out, "/%.*s", (int)len, path);
		path += len;
		path += *path == '/';
	}
}

/* Below the directory a relative one, which means the same on another machine; else that of a file here. */
static void add_uri(struct buf *out, const struct report *r, const struct report_style *style,
		    const char *file)
{
	cleanup_buf struct buf full = BUF_INIT;
	size_t len = style->directory ? strlen(style->directory) : 0;
	bool below;

	if (!len || r->cluster || str_eq(file, INPUT_STDIN)) {
		add_escaped(out, file);
		return;
	}
	if (*file != '/')
		buf_add_str(&full, len > 1 ? style->directory : "");
	add_steps(&full, file);
	buf_add_char(&full, '\0');
	if (full.failed)
		return;
	below = !strncmp(full.data, style->directory, len) && full.data[len] == '/';
	buf_add_str(out, below ? "" : "file://");
	add_escaped(out, below ? full.data + len + 1 : full.data);
}

static void place(FILE *out, const struct report *r, const struct report_style *style,
		  const char *file, uint32_t line, uint32_t column)
{
	cleanup_buf struct buf uri = BUF_INIT;

	add_uri(&uri, r, style, file);
	fprintf(out,
		"\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"%.*s\"}, "
		"\"region\": {\"startLine\": %u, \"startColumn\": %u}}",
		(int)uri.len, uri.len ? uri.data : "", line ? line : 1, column ? column : 1);
}

/* --- results ------------------------------------------------------------------------------------- */

/* Rules are said of what was found only: a check that is new changes nothing in reports that have nothing of it. */
static bool has_results(const struct tally *t)
{
	return t->counts[OUTCOME_FAIL] || t->counts[OUTCOME_WARN] || t->counts[OUTCOME_EXEMPT];
}

static size_t rule_number(const struct report *r, const struct check *c)
{
	size_t n = 0;

	for (size_t i = 0; i < r->tally_count && r->tallies[i].check != c; i++)
		n += has_results(&r->tallies[i]);
	return n;
}

static void message(FILE *out, const struct inspected *o, const struct finding *f)
{
	char name[600];
	const char *const parts[] = { o->kind,
				      " ",
				      report_object_name(o, name, sizeof(name)),
				      f->container ? ", container " : "",
				      f->container ? f->container : "",
				      ": ",
				      f->check->title,
				      ": ",
				      f->path,
				      " is ",
				      f->value,
				      ". ",
				      finding_suggest(f) };

	fputs("\"message\": {\"text\": \"", out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		report_json_part(parts[i], out);
	fputs("\"}", out);
}

/*
 * The same finding in the next run, whatever lines it has moved by. GitHub's own name for such a thing is left to
 * GitHub: its upload computes that from the file, and warns of each that differs.
 */
static void fingerprint(FILE *out, const struct report *r, const struct report_style *style,
			const struct finding *f)
{
	const struct inspected *o = &r->objects.items[f->object];
	struct subject s = { f->check, o->kind, o->name_space, o->name, f->container, NULL };
	cleanup_buf struct buf key = BUF_INIT;
	char text[SHA256_TEXT_SIZE];
	struct sha256 h;

	add_uri(&key, r, style, finding_file(r, f));
	buf_add_char(&key, ' ');
	baseline_add_line(&key, &s, f->path);
	sha256_init(&h);
	sha256_add(&h, key.data, key.len);
	sha256_text(&h, text);
	fprintf(out, ", \"partialFingerprints\": {\"merlonFinding/v1\": \"%.*s\"}", FINGERPRINT,
		text);
}

/* What an editor may do about it at a click: 3.55 of the standard. */
static void fix(FILE *out, const struct report *r, const struct report_style *style,
		const struct finding *f)
{
	const struct finding_edit *e = finding_edit(f);
	cleanup_buf struct buf uri = BUF_INIT;

	add_uri(&uri, r, style, finding_file(r, f));
	fputs(", \"fixes\": [{\"description\": {\"text\": ", out);
	report_json_text(f->check->fix.why ? f->check->fix.why :
					     or_title(finding_suggest(f), f->check),
			 out);
	fprintf(out,
		"}, \"artifactChanges\": [{\"artifactLocation\": {\"uri\": \"%.*s\"}, \"replacements\": "
		"[{\"deletedRegion\": {\"startLine\": %u, \"startColumn\": %u, \"endLine\": %u, "
		"\"endColumn\": %u}, \"insertedContent\": {\"text\": ",
		(int)uri.len, uri.len ? uri.data : "", e->line, e->column, e->end_line,
		e->end_column);
	report_json_text(e->text, out);
	fputs("}}]}]}]", out);
}

static void result(FILE *out, const struct report *r, const struct report_style *style,
		   const struct finding *f)
{
	const struct inspected *o = &r->objects.items[f->object];
	char name[600];

	fprintf(out, "{\"ruleId\": \"%s\", \"ruleIndex\": %zu, \"level\": \"%s\", ", f->check->id,
		rule_number(r, f->check), levels[f->severity]);
	message(out, o, f);
	fputs(", \"locations\": [{", out);
	place(out, r, style, finding_file(r, f), f->line, f->column);
	fputs(", \"logicalLocations\": [{\"fullyQualifiedName\": \"", out);
	report_json_part(o->kind, out);
	fputc('/', out);
	report_json_part(report_object_name(o, name, sizeof(name)), out);
	fputc('/', out);
	report_json_part(f->path, out);
	fputs("\"}]}]", out);
	fingerprint(out, r, style, f);
	if (finding_edit(f))
		fix(out, r, style, f);
	if (finding_reason(f)) {
		fputs(", \"suppressions\": [{\"kind\": \"external\", \"justification\": ", out);
		report_json_text(finding_reason(f), out);
		fputs("}]", out);
	} else if (style->trend && style->trend->fresh) {
		fprintf(out, ", \"baselineState\": \"%s\"",
			trend_is_fresh(r, style, f) ? "new" : "unchanged");
	}
	fputc('}', out);
}

/* 0: it is no result; else the worse, the more; what is exempt before nothing. */
static unsigned worth(const struct finding *f)
{
	return f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN ? 2 + f->severity :
	       f->outcome == OUTCOME_EXEMPT				? 1 :
									  0;
}

/* How many of each worth there is room for; returns how many have none. */
static size_t share_room(const struct report *r, size_t room[SEVERITIES + 2])
{
	size_t counts[SEVERITIES + 2] = { 0 }, left = RESULTS_MAX, without = 0;

	vec_foreach(f, &r->findings)
		counts[worth(f)]++;
	for (int w = SEVERITIES + 1; w > 0; w--) {
		room[w] = counts[w] < left ? counts[w] : left;
		left -= room[w];
		without += counts[w] - room[w];
	}
	room[0] = 0;
	return without;
}

/* --- what is said of the run itself -------------------------------------------------------------- */

static void notification(FILE *out, const char *level, const char *text, bool first)
{
	fprintf(out, "%s{\"level\": \"%s\", \"message\": {\"text\": ", first ? "\n  " : ",\n  ",
		level);
	report_json_text(text, out);
	fputc('}', out);
}

static void invocation(FILE *out, const struct report *r, const struct report_style *style,
		       size_t without)
{
	bool first = true;
	char text[100];

	fprintf(out,
		"\"invocations\": [{\"executionSuccessful\": %s, \"toolExecutionNotifications\": [",
		r->problems.errors ? "false" : "true");
	vec_foreach(d, &r->problems.items) {
		notification(out, d->severity == DIAG_ERROR ? "error" : "warning",
			     d->text ? d->text : "out of memory", first);
		first = false;
		if (d->place.file) {
			fputs(", \"locations\": [{", out);
			place(out, r, style, d->place.file, d->place.line, d->place.column);
			fputs("}]", out);
		}
		fputc('}', out);
	}
	if (without + r->beyond) {
		snprintf(text, sizeof(text), "%zu findings more, none of them worse, are left out",
			 without + r->beyond);
		notification(out, "warning", text, first);
		fputc('}', out);
	}
	fputs("]}]", out);
}

void report_sarif(const struct report *r, const struct report_style *style, FILE *out)
{
	size_t room[SEVERITIES + 2], without = share_room(r, room);
	bool first = true;

	fputs("{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": "
	      "[{\"tool\": {\"driver\": {\"name\": \"merlon\", \"version\": ",
	      out);
	report_json_text(style->version, out);
	fputs(", \"rules\": [", out);
	for (size_t i = 0; i < r->tally_count; i++) {
		if (!has_results(&r->tallies[i]))
			continue;
		fputs(first ? "\n  " : ",\n  ", out);
		rule(out, r->tallies[i].check);
		first = false;
	}
	fputs("]}},\n", out);
	invocation(out, r, style, without);
	fputs(",\n\"columnKind\": \"unicodeCodePoints\", \"results\": [", out);
	first = true;
	vec_foreach(f, &r->findings) {
		if (!room[worth(f)])
			continue;
		room[worth(f)]--;
		fputs(first ? "\n  " : ",\n  ", out);
		result(out, r, style, f);
		first = false;
	}
	fputs("]}]}\n", out);
}
