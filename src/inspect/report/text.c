/* SPDX-License-Identifier: Apache-2.0 */
/* For people: by object, worst first; what to do is said where a check fails for the first time. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/report/format.h"

struct writer {
	const struct report *report;
	const struct report_style *style;
	FILE *out;
	bool *explained; /* by number of the check's tally */
};

static const char *const colours[SEVERITIES] = { "\033[36m", "\033[33m", "\033[31m", "\033[1;31m" };
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static const char *if_colour(const struct writer *w, const char *code)
{
	return w->style->colour ? code : "";
}

enum { COLUMNS = 96, COLUMNS_MIN = 40, COLUMNS_MAX = 120, PLACE_INDENT = 12 };

/* As wide as the terminal, as far as lines are still read with ease. */
static int columns_of(const struct report_style *style)
{
	if (!style->columns)
		return COLUMNS;
	return style->columns < COLUMNS_MIN ? COLUMNS_MIN :
	       style->columns > COLUMNS_MAX ? COLUMNS_MAX :
					      style->columns;
}

/* Behind an indentation; a word that is longer than a line has one of its own. */
static void print_wrapped(const struct writer *w, const char *text, int indent)
{
	int room = columns_of(w->style) - indent, column = 0;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column && column + 1 + word > room) {
			fputc('\n', w->out);
			column = 0;
		}
		fprintf(w->out, "%*s%.*s", column ? 1 : indent, "", word, text);
		column += word + (column > 0);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', w->out);
}

static bool is_first(struct writer *w, const struct check *c)
{
	for (size_t i = 0; i < w->report->tally_count; i++) {
		if (w->report->tallies[i].check != c)
			continue;
		if (w->explained[i])
			return false;
		w->explained[i] = true;
		return true;
	}
	return false;
}

static void show_check(struct writer *w, const struct finding *f)
{
	const char *colour = f->outcome == OUTCOME_EXEMPT ? DIM : colours[f->severity];

	fprintf(w->out, "  %s%-8s%s  %s  %s\n", if_colour(w, colour),
		f->outcome == OUTCOME_EXEMPT ? "exempt" : severity_names[f->severity],
		if_colour(w, PLAIN), f->check->id, f->check->title);
	if (f->outcome != OUTCOME_EXEMPT && is_first(w, f->check)) {
		fputs(if_colour(w, DIM), w->out);
		if (*f->check->attack)
			print_wrapped(w, f->check->attack, 12);
		fputs(if_colour(w, PLAIN), w->out);
		if (*finding_suggest(f))
			print_wrapped(w, finding_suggest(f), 12);
	}
}

static void show_place(struct writer *w, const struct inspected *o, const struct finding *f)
{
	char file[REPORT_FILE_MAX];

	fprintf(w->out, "%*s", PLACE_INDENT, "");
	if (f->line && finding_file(w->report, f) != o->file)
		fprintf(w->out, "%s%s:%u%s ", if_colour(w, DIM),
			report_file_name(finding_file(w->report, f), file, sizeof(file)), f->line,
			if_colour(w, PLAIN));
	else if (f->line)
		fprintf(w->out, "%s%5u:%-3u%s ", if_colour(w, DIM), f->line, f->column,
			if_colour(w, PLAIN));
	if (f->container)
		fprintf(w->out, "%s: ", f->container);
	/* At a terminal what does not fit goes on below; what reads from a pipe gets one line for one place. */
	fprintf(w->out, "%s:", f->path);
	if (w->style->columns && strlen(f->path) + strlen(f->value) + PLACE_INDENT + 10 +
						 (f->container ? strlen(f->container) : 0) >
					 (size_t)columns_of(w->style))
		fprintf(w->out, "\n%*s", PLACE_INDENT + 4, "");
	else
		fputc(' ', w->out);
	fputs(f->value, w->out);
	if (finding_reason(f))
		fprintf(w->out, " (%s)", finding_reason(f));
	if (trend_is_fresh(w->report, w->style, f))
		fprintf(w->out, " %s(new)%s", if_colour(w, BOLD), if_colour(w, PLAIN));
	fputc('\n', w->out);
}

static bool is_shown(const struct writer *w, const struct finding *f)
{
	return f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN ||
	       (f->outcome == OUTCOME_EXEMPT && w->style->exempt);
}

static void show_object(struct writer *w, const struct inspected *o)
{
	const struct finding *findings = o->count ? w->report->findings.items + o->first : NULL,
			     *last = NULL;
	char name[600], file[REPORT_FILE_MAX];

	for (uint32_t i = 0; i < o->count; i++) {
		const struct finding *f = &findings[i];

		if (!is_shown(w, f))
			continue;
		if (!last)
			fprintf(w->out, "%s%s %s%s", if_colour(w, BOLD), o->kind,
				report_object_name(o, name, sizeof(name)), if_colour(w, PLAIN));
		if (!last && o->line)
			fprintf(w->out, "  %s:%u", report_file_name(o->file, file, sizeof(file)),
				o->line);
		if (!last)
			fputc('\n', w->out);
		if (!last || last->check != f->check || last->outcome != f->outcome)
			show_check(w, f);
		show_place(w, o, f);
		last = f;
	}
	if (last)
		fputc('\n', w->out);
}

static void show_categories(struct writer *w)
{
	for (int c = 0; c < CATEGORIES; c++) {
		uint64_t counts[OUTCOMES];
		unsigned score = report_category_score(w->report, (enum category)c, counts);

		if (!counts[OUTCOME_PASS] && !counts[OUTCOME_FAIL] && !counts[OUTCOME_WARN])
			continue;
		fprintf(w->out, "  %-13s %3u of 100  ", category_names[c], score);
		for (unsigned i = 0; i < 20; i++)
			fputs(i < (score + 2) / 5 ? "#" : ".", w->out);
		fprintf(w->out, "  %llu passed, %llu failed, %llu warned\n",
			(unsigned long long)counts[OUTCOME_PASS],
			(unsigned long long)counts[OUTCOME_FAIL],
			(unsigned long long)counts[OUTCOME_WARN]);
	}
}

/* Of a Pod Security Standard, which is about pods and nothing else. */
static const char *verdict(const struct report *r)
{
	const uint64_t *n = r->counts;

	if (n[OUTCOME_FAIL] + n[OUTCOME_WARN])
		return "not met";
	if (!(n[OUTCOME_PASS] + n[OUTCOME_NA] + n[OUTCOME_EXEMPT]))
		return "not judged, as there are no pods";
	return r->problems.errors ? "met in what could be read" : "met";
}

static void show_summary(struct writer *w)
{
	const struct report *r = w->report;
	uint64_t bad = r->counts[OUTCOME_FAIL] + r->counts[OUTCOME_WARN];
	char source[REPORT_SOURCE_MAX];

	show_categories(w);
	fprintf(w->out, "%s%s object%s in %s%s: ", if_colour(w, BOLD), str_grouped(r->objects.len),
		r->objects.len == 1 ? "" : "s", report_source(r, source, sizeof(source)),
		if_colour(w, PLAIN));
	for (int s = SEVERITIES - 1; s >= 0; s--)
		if (r->by_severity[s])
			fprintf(w->out, "%s%s %s%s, ", if_colour(w, colours[s]),
				str_grouped(r->by_severity[s]), severity_names[s],
				if_colour(w, PLAIN));
	if (!r->objects.len)
		fprintf(w->out, "there is nothing to inspect, ");
	else if (!bad)
		fprintf(w->out, "nothing is wrong%s, ",
			r->problems.errors ? " in what could be read" : "");
	fprintf(w->out, "%s passed", str_grouped(r->counts[OUTCOME_PASS]));
	if (r->counts[OUTCOME_EXEMPT])
		fprintf(w->out, ", %s exempt", str_grouped(r->counts[OUTCOME_EXEMPT]));
	if (r->owned)
		fprintf(w->out, ", %s made by others of these", str_grouped(r->owned));
	if (r->unknown)
		fprintf(w->out, ", %s of kinds without checks", str_grouped(r->unknown));
	fprintf(w->out, "; score %u of 100\n", report_score(r));
	if (r->level)
		fprintf(w->out, "Pod Security Standard \"%s\" of Kubernetes 1.%u: %s\n",
			r->level == PSS_BASELINE ? "baseline" : "restricted", r->version,
			verdict(r));
	if (r->beyond)
		fprintf(w->out, "%s findings more are counted, but not kept\n",
			str_grouped(r->beyond));
}

void report_text(const struct report *r, const struct report_style *style, FILE *out)
{
	cleanup_free bool *explained = calloc(r->tally_count + 1, sizeof(*explained));
	struct writer w = { r, style, out, explained };

	if (!explained)
		return;
	vec_foreach(o, &r->objects)
		show_object(&w, o);
	diags_print(&r->problems, true, out);
	if (r->problems.items.len)
		fputc('\n', out);
	show_summary(&w);
	if (style->trend)
		trend_text(style->trend, out);
}
