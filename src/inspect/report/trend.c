/* SPDX-License-Identifier: Apache-2.0 */
/* The trend as text, as JSON, and as a picture: a bar of what failed for each inspection, and the score as a line. */
#include "base/str.h"
#include "inspect/report/format.h"

enum { WIDTH = 720, HEIGHT = 150, LEFT = 44, BOTTOM = 22, SHOWN = 60, NAMED = 10 };

bool trend_is_fresh(const struct report *r, const struct report_style *style,
		    const struct finding *f)
{
	return style->trend && style->trend->fresh && style->trend->fresh[f - r->findings.items];
}

static uint64_t all_of(const struct trend_point *p)
{
	uint64_t n = 0;

	for (int s = 0; s < SEVERITIES; s++)
		n += p->severities[s];
	return n;
}

static const struct trend_point *last_of(const struct trend *t, size_t back)
{
	return t->count > back ? &t->points[t->count - 1 - back] : NULL;
}

/* --- text ---------------------------------------------------------------------------------------- */

void trend_text(const struct trend *t, FILE *out)
{
	const struct trend_point *now = last_of(t, 0), *before = last_of(t, 1);

	if (!now)
		return;
	if (!before) {
		fputs("first inspection that is stored; the next one will be compared with it\n",
		      out);
		return;
	}
	fprintf(out, "since %s: %s new, %s mended, %s still there; score %u, was %u\n",
		before->when, str_grouped(t->added), str_grouped(t->mended),
		str_grouped(t->standing), now->score, before->score);
	for (size_t i = 0; i < t->gone_count && i < NAMED; i++)
		fprintf(out, "  mended  %-8s  %s  %s: %s\n", severity_names[t->gone[i].severity],
			t->gone[i].check, t->gone[i].object, t->gone[i].path);
	if (t->mended > NAMED)
		fprintf(out, "  and %s more\n", str_grouped(t->mended - NAMED));
}

/* --- JSON ---------------------------------------------------------------------------------------- */

void trend_json(const struct trend *t, FILE *out)
{
	fprintf(out, "{\"new\": %llu, \"mended\": %llu, \"standing\": %llu, \"runs\": [",
		(unsigned long long)t->added, (unsigned long long)t->mended,
		(unsigned long long)t->standing);
	for (size_t i = 0; i < t->count; i++) {
		const struct trend_point *p = &t->points[i];

		fprintf(out, "%s{\"time\": \"%s\", \"score\": %u, \"new\": %llu, \"mended\": %llu",
			i ? ", " : "", p->when, p->score, (unsigned long long)p->added,
			(unsigned long long)p->mended);
		for (int s = 0; s < SEVERITIES; s++)
			fprintf(out, ", \"%s\": %llu", severity_names[s],
				(unsigned long long)p->severities[s]);
		fputc('}', out);
	}
	fputs("], \"gone\": [", out);
	for (size_t i = 0; i < t->gone_count; i++) {
		fprintf(out, "%s{\"check\": ", i ? ", " : "");
		report_json_text(t->gone[i].check, out);
		fputs(", \"object\": ", out);
		report_json_text(t->gone[i].object, out);
		fputs(", \"path\": ", out);
		report_json_text(t->gone[i].path, out);
		fprintf(out, ", \"severity\": \"%s\", \"since\": \"%s\"}",
			severity_names[t->gone[i].severity], t->gone[i].since);
	}
	fputs("]}", out);
}

/* --- a picture ----------------------------------------------------------------------------------- */

/* A round number above n, for the top of the scale. */
static uint64_t round_up(uint64_t n)
{
	uint64_t step = 1;

	while (step * 10 < n)
		step *= 10;
	return n < 4 ? 4 : (n + step - 1) / step * step;
}

static void bar(const struct trend_point *p, double x, double width, uint64_t top, FILE *out)
{
	double y = HEIGHT;

	fprintf(out, "<g><title>%s: score %u", p->when, p->score);
	for (int s = SEVERITIES - 1; s >= 0; s--)
		if (p->severities[s])
			fprintf(out, ", %s %s", str_grouped(p->severities[s]), severity_names[s]);
	fputs("</title>", out);
	for (int s = SEVERITIES - 1; s >= 0; s--) {
		double height = (double)p->severities[s] * HEIGHT / (double)top;

		y -= height;
		if (height > 0)
			fprintf(out,
				"<rect class=\"fill-%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
				severity_names[s], x, y, width, height);
	}
	fputs("</g>\n", out);
}

static void scale(uint64_t top, FILE *out)
{
	for (int i = 0; i <= 2; i++) {
		double y = HEIGHT - (double)HEIGHT * i / 2;

		fprintf(out,
			"<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>"
			"<text class=\"score\" x=\"%d\" y=\"%.1f\">%d</text>\n",
			LEFT, y, WIDTH - LEFT, y, LEFT - 6, y + 4,
			str_grouped(top * (unsigned)i / 2), WIDTH - LEFT + 6, y + 4, 50 * i);
	}
}

static void picture(const struct trend_point *points, size_t count, FILE *out)
{
	double slot = (double)(WIDTH - 2 * LEFT) / (double)(count < 8 ? 8 : count);
	double width = slot * 0.7 > 36 ? 36 : slot * 0.7;
	uint64_t top = 0;

	for (size_t i = 0; i < count; i++)
		top = all_of(&points[i]) > top ? all_of(&points[i]) : top;
	top = round_up(top);
	fprintf(out,
		"<svg class=\"trend\" viewBox=\"0 -10 %d %d\" role=\"img\" aria-label=\"What failed in the "
		"last %zu inspections: %s at first, %s now; score %u, then %u\">\n",
		WIDTH, HEIGHT + BOTTOM + 10, count, str_grouped(all_of(&points[0])),
		str_grouped(all_of(&points[count - 1])), points[0].score, points[count - 1].score);
	scale(top, out);
	for (size_t i = 0; i < count; i++)
		bar(&points[i], LEFT + slot * ((double)i + 0.5) - width / 2, width, top, out);
	fputs("<polyline class=\"score\" points=\"", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%.1f,%.1f ", LEFT + slot * ((double)i + 0.5),
			HEIGHT - HEIGHT * points[i].score / 100.0);
	fputs("\"/>\n", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<circle class=\"score\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>",
			LEFT + slot * ((double)i + 0.5), HEIGHT - HEIGHT * points[i].score / 100.0);
	fprintf(out, "\n<text x=\"%d\" y=\"%d\">%s</text>", LEFT, HEIGHT + 18, points[0].when);
	if (count > 3)
		fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\">%s</text>",
			LEFT + slot * (double)count, HEIGHT + 18, points[count - 1].when);
	fputs("</svg>\n<p class=\"legend soft\">", out);
	for (int s = SEVERITIES - 1; s >= 0; s--)
		fprintf(out, "<span><i class=\"back-%s\"></i>%s</span>", severity_names[s],
			severity_names[s]);
	fputs("<span><i class=\"back-score\"></i>score, to the scale at the right</span></p>\n",
	      out);
}

static void gone(const struct trend *t, FILE *out)
{
	if (!t->gone_count)
		return;
	fprintf(out,
		"<details%s><summary>Mended since then: %s</summary><table><thead><tr><th>severity</th>"
		"<th>check</th><th>object</th><th>where</th><th>was there since</th></tr></thead><tbody>\n",
		t->gone_count <= NAMED ? " open" : "", str_grouped(t->mended));
	for (size_t i = 0; i < t->gone_count; i++) {
		const struct trend_item *g = &t->gone[i];

		fprintf(out, "<tr><td class=\"sev %s\">%s</td><td>", severity_names[g->severity],
			severity_names[g->severity]);
		report_xml_text(g->check, out);
		fputs("</td><td>", out);
		report_xml_text(g->object, out);
		fputs("</td><td><code>", out);
		report_xml_text(g->path, out);
		fprintf(out, "</code></td><td>%s</td></tr>\n", g->since);
	}
	fputs("</tbody></table></details>\n", out);
}

void trend_html(const struct trend *t, FILE *out)
{
	const struct trend_point *before = last_of(t, 1);
	size_t count = t->count < SHOWN ? t->count : SHOWN;

	if (!t->count)
		return;
	fputs("<h2>Trend</h2>\n", out);
	if (!before) {
		fputs("<p class=\"soft\">This is the first inspection that is stored; the next one will be "
		      "compared with it.</p>\n",
		      out);
		return;
	}
	fprintf(out,
		"<p>Since %s: <b class=\"high\">%s new</b>, <b class=\"pass\">%s mended</b>, %s still there.</p>\n",
		before->when, str_grouped(t->added), str_grouped(t->mended),
		str_grouped(t->standing));
	picture(t->points + t->count - count, count, out);
	gone(t, out);
}
