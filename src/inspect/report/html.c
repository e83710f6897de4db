/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page that needs nothing else: works offline, prints, follows the reader's colours, and says all
 * without scripts; with them it can be searched and filtered. Nothing of a manifest is markup in it.
 */
#include "base/str.h"
#include "inspect/report/format.h"

/* What the browser may load: nothing. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

enum { OPEN_MAX = 300 }; /* findings */

static const char style_sheet[] =
	":root{color-scheme:light dark;--fg:#1a1c20;--bg:#fff;--soft:#5b6270;--line:#d8dce3;--panel:#f5f6f8;"
	"--critical:#8f0f2b;--high:#b83a0c;--medium:#7a5900;--low:#2b5f8a;--good:#1d6b3a}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e6e8ec;--bg:#15171b;--soft:#a3abb8;--line:#343943;"
	"--panel:#1e2127;--critical:#ff8aa0;--high:#ff9d76;--medium:#e6c15c;--low:#8cc1ee;--good:#7fd49c}}\n"
	"*{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;"
	"color:var(--fg);background:var(--bg)}\n"
	"h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.soft{color:var(--soft)}\n"
	".tiles{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0;padding:0;list-style:none}"
	".tiles li{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1rem;min-width:7rem}"
	".tiles b{display:block;font-size:1.6rem;line-height:1.2}\n"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
	"border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--soft);font-size:.85rem}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}meter{width:9rem;height:1rem}\n"
	"section td:nth-child(3){min-width:15rem}section td:nth-child(4){min-width:9rem}code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\n"
	".critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}"
	".exempt,.pass{color:var(--good)}.sev{font-weight:600;white-space:nowrap}\n"
	"section>details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;background:var(--panel)}"
	"section>details{content-visibility:auto;contain-intrinsic-size:auto 3rem}"
	"section>details>summary{padding:.6rem 1rem;cursor:pointer;font-weight:600}"
	"section>details>div{padding:0 .5rem .5rem;background:var(--bg);overflow-x:auto}summary .soft{font-weight:400}summary meter{width:5rem}\n"
	"form{display:flex;flex-wrap:wrap;gap:.8rem;align-items:end;margin:1rem 0}label{font-size:.85rem;color:var(--soft)}"
	"input,select{display:block;font:inherit;padding:.35rem .5rem;color:inherit;background:var(--bg);"
	"border:1px solid var(--soft);border-radius:.35rem}input{min-width:18rem}:focus-visible{outline:3px solid var(--low)}\n"
	"[hidden]{display:none!important}\n"
	".trend{display:block;width:100%;max-width:60rem;height:auto;margin:.5rem 0}.trend text{font-size:11px;fill:var(--soft)}"
	".trend .grid{stroke:var(--line);stroke-width:1}polyline.score{fill:none;stroke:var(--fg);stroke-width:1.5}"
	"circle.score{fill:var(--fg)}.fill-critical{fill:var(--critical)}.fill-high{fill:var(--high)}"
	".fill-medium{fill:var(--medium)}.fill-low{fill:var(--low)}.legend span{margin-right:1rem;white-space:nowrap}"
	".legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;border-radius:.15rem}"
	".back-critical{background:var(--critical)}.back-high{background:var(--high)}.back-medium{background:var(--medium)}"
	".back-low{background:var(--low)}.legend .back-score{background:var(--fg);height:.2rem;vertical-align:middle}"
	".new{border:1px solid currentColor;border-radius:.3rem;padding:0 .3rem;font-size:.75rem;font-weight:600}\n"
	"pre.fix{margin:.4rem 0;padding:.3rem .5rem;background:var(--panel);border-left:3px solid var(--line);"
	"font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}pre.fix span{color:var(--soft)}"
	"ins,del{text-decoration:none}ins{color:var(--good)}del{color:var(--high)}\n"
	"@media(max-width:48rem){body{padding:1rem}.tiles li{min-width:5.5rem;flex:1}input{min-width:0;width:100%}"
	"main>table :is(td,th):nth-child(n+6){display:none}main>table :is(td,th){padding:.35rem .25rem}meter{width:4rem}"
	"section :is(table,tbody,tr,td){display:block}section thead{position:absolute;left:-99rem}"
	"section td:nth-child(n+3){min-width:0}section td{border:0;padding:.15rem .3rem}"
	"section tr{border-bottom:1px solid var(--line);padding:.5rem 0}section td:nth-child(4)::before{content:'now: '}}\n"
	"@media print{form{display:none}body{max-width:none;padding:0;font-size:11px}section>details{content-visibility:visible;"
	"break-inside:avoid-page}}\n";

/*
 * What is searched is put together once, when it is first asked for. While something is filtered, the first objects
 * that fit are open; afterwards those that were. A page of ten thousand findings answers at once.
 */
static const char script[] =
	"'use strict';(()=>{const f=document.getElementById('filter'),state=document.getElementById('shown'),"
	"rank={critical:3,high:2,medium:1,low:0,exempt:-1,pass:-1},OPEN=20;let all,timer;f.hidden=false;"
	"const read=()=>[...document.querySelectorAll('section>details')].map(o=>({o,open:o.open,rows:"
	"[...o.querySelectorAll('tbody tr')].map(r=>({r,text:(o.dataset.name+' '+r.textContent).toLowerCase(),"
	"rank:rank[r.dataset.severity],category:r.dataset.category}))}));"
	"const apply=()=>{all=all||read();const words=f.text.value.toLowerCase().split(/\\s+/).filter(Boolean),"
	"least=f.severity.value?rank[f.severity.value]:-9,category=f.category.value,"
	"asked=words.length||category||f.severity.value;let n=0,opened=0;"
	"for(const {o,open,rows} of all){let any=0;for(const r of rows){"
	"const show=r.rank>=least&&(!category||r.category===category)&&words.every(w=>r.text.includes(w));"
	"if(r.r.hidden===show)r.r.hidden=!show;any+=show}n+=any;if(o.hidden===!!any)o.hidden=!any;"
	"const want=asked?!!any&&opened++<OPEN:open;if(o.open!==want)o.open=want}"
	"state.textContent=n+(n===1?' finding is shown':' findings are shown')};"
	"f.addEventListener('input',()=>{clearTimeout(timer);timer=setTimeout(apply,100)});"
	"f.addEventListener('submit',e=>{e.preventDefault();apply()});"
	"addEventListener('beforeprint',()=>document.querySelectorAll('section>details').forEach(d=>{d.open=true}))})()";

static void tile(FILE *out, const char *class, uint64_t n, const char *what)
{
	fprintf(out, "<li><b class=\"%s\">%s</b>%s</li>\n", class, str_grouped(n), what);
}

static void head(const struct report *r, const struct report_style *style, FILE *out)
{
	char source[REPORT_SOURCE_MAX];

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<title>Inspection: %u of 100</title>\n<style>\n%s</style></head><body>\n<header><h1>Inspection</h1>\n"
		"<p class=\"soft\">%s%s%s object%s in ",
		POLICY, report_score(r), style_sheet, style->today ? style->today : "",
		style->today ? ", " : "", str_grouped(r->objects.len),
		r->objects.len == 1 ? "" : "s");
	report_xml_text(report_source(r, source, sizeof(source)), out);
	if (r->level)
		fprintf(out, ", Pod Security Standard \"%s\" of Kubernetes 1.%u",
			r->level == PSS_BASELINE ? "baseline" : "restricted", r->version);
	fprintf(out,
		", merlon %s</p></header>\n<main><ul class=\"tiles\">\n<li><b>%u</b>score of 100</li>\n",
		style->version, report_score(r));
	for (int s = SEVERITIES - 1; s >= 0; s--)
		tile(out, severity_names[s], r->by_severity[s], severity_names[s]);
	tile(out, "pass", r->counts[OUTCOME_PASS], "passed");
	tile(out, "pass", r->counts[OUTCOME_EXEMPT], "exempt");
	fputs("</ul>\n", out);
}

static void categories(const struct report *r, FILE *out)
{
	fputs("<h2>By category</h2>\n<table><thead><tr><th>category</th><th>health</th><th class=\"n\">score</th><th class=\"n\">passed</th>"
	      "<th class=\"n\">failed</th><th class=\"n\">warned</th><th class=\"n\">exempt</th></tr></thead><tbody>\n",
	      out);
	for (int c = 0; c < CATEGORIES; c++) {
		uint64_t n[OUTCOMES];
		unsigned score = report_category_score(r, (enum category)c, n);

		if (!(n[OUTCOME_PASS] + n[OUTCOME_FAIL] + n[OUTCOME_WARN] + n[OUTCOME_EXEMPT]))
			continue;
		fprintf(out,
			"<tr><td>%s</td><td><meter min=\"0\" max=\"100\" low=\"50\" high=\"80\" optimum=\"100\" "
			"value=\"%u\" aria-label=\"health of %s\">%u</meter></td><td class=\"n\">%u</td>",
			category_names[c], score, category_names[c], score, score);
		fprintf(out,
			"<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s"
			"</td></tr>\n",
			str_grouped(n[OUTCOME_PASS]), str_grouped(n[OUTCOME_FAIL]),
			str_grouped(n[OUTCOME_WARN]), str_grouped(n[OUTCOME_EXEMPT]));
	}
	fputs("</tbody></table>\n", out);
}

static void filter(const struct report *r, FILE *out)
{
	fputs("<h2>By object, worst first</h2>\n<form id=\"filter\" role=\"search\" hidden>\n"
	      "<label>search<input name=\"text\" type=\"search\" placeholder=\"name, check, path ...\"></label>\n"
	      "<label>at least<select name=\"severity\"><option value=\"\">all</option>",
	      out);
	for (int s = 0; s < SEVERITIES; s++)
		fprintf(out, "<option>%s</option>", severity_names[s]);
	fputs("</select></label>\n<label>category<select name=\"category\"><option value=\"\">all</option>",
	      out);
	for (int c = 0; c < CATEGORIES; c++)
		fprintf(out, "<option>%s</option>", category_names[c]);
	fputs("</select></label>\n", out);
	fprintf(out,
		"<p id=\"shown\" class=\"soft\" role=\"status\">%zu finding%s</p></form>\n<section>\n",
		r->findings.len, r->findings.len == 1 ? " is shown" : "s are shown");
}

/* A line may end behind a dot. */
static void path(const char *s, FILE *out)
{
	char part[600];

	while (*s) {
		size_t len = strcspn(s, ".");

		len += s[len] == '.';
		snprintf(part, sizeof(part), "%.*s", (int)len, s);
		report_xml_text(part, out);
		fputs(s[len] ? "<wbr>" : "", out);
		s += len;
	}
}

static void finding(const struct report *r, const struct inspected *o, const struct finding *f,
		    bool fresh, FILE *out)
{
	const char *file = finding_file(r, f);
	const char *severity = f->outcome == OUTCOME_EXEMPT ? "exempt" :
			       f->outcome == OUTCOME_PASS   ? "pass" :
							      severity_names[f->severity];

	fprintf(out,
		"<tr data-severity=\"%s\" data-category=\"%s\"><td class=\"sev %s\">%s</td><td>%s ",
		severity, category_names[f->check->category], severity, severity, f->check->id);
	report_xml_text(f->check->title, out);
	if (fresh)
		fputs(" <span class=\"new high\">new</span>", out);
	fputs("<p class=\"soft\">", out);
	report_xml_text(f->check->attack, out);
	fputs("</p></td><td>", out);
	if (f->container) {
		report_xml_text(f->container, out);
		fputs("<br>", out);
	}
	fputs("<code>", out);
	path(f->path, out);
	fputs("</code>", out);
	if (file != o->file || f->line)
		fputs("<br><span class=\"soft\">", out);
	if (file != o->file) {
		path(file, out);
		fputs(f->line ? ", " : "", out);
	}
	if (f->line)
		fprintf(out, "line %u", f->line);
	if (file != o->file || f->line)
		fputs("</span>", out);
	fputs("</td><td><code>", out);
	report_xml_text(f->value, out);
	fputs("</code></td><td>", out);
	report_xml_text(finding_reason(f) ? finding_reason(f) : finding_suggest(f), out);
	report_html_fix(f, out);
	fputs("</td></tr>\n", out);
}

/* The worst are open, as far as a reader gets; a browser lays out what is open. */
static bool is_open(const struct inspected *o)
{
	return o->worst >= SEVERITY_HIGH && o->first < OPEN_MAX;
}

static void object(const struct report *r, const struct report_style *style,
		   const struct inspected *o, FILE *out)
{
	char name[600];

	if (!o->count)
		return;
	report_object_name(o, name, sizeof(name));
	fputs("<details data-name=\"", out);
	report_xml_text(o->kind, out);
	fputc(' ', out);
	report_xml_text(name, out);
	fprintf(out, "\"%s><summary>", is_open(o) ? " open" : "");
	report_xml_text(o->kind, out);
	fputc(' ', out);
	report_xml_text(name, out);
	if (o->worst >= 0)
		fprintf(out, " <span class=\"%s\">%s</span>", severity_names[o->worst],
			severity_names[o->worst]);
	fprintf(out,
		" <meter min=\"0\" max=\"100\" low=\"50\" high=\"80\" optimum=\"100\" value=\"%u\" "
		"aria-label=\"health of this object\">%u</meter> %u"
		" <span class=\"soft\">of 100; %u failed, %u warned, %u passed; ",
		inspected_score(o), inspected_score(o), inspected_score(o), o->counts[OUTCOME_FAIL],
		o->counts[OUTCOME_WARN], o->counts[OUTCOME_PASS]);
	report_xml_text(o->file, out);
	if (o->line)
		fprintf(out, ":%u", o->line);
	fputs("</span></summary><div><table><thead><tr><th>severity</th><th>what is wrong</th><th>where</th>"
	      "<th>now</th><th>what to do</th></tr></thead><tbody>\n",
	      out);
	for (uint32_t i = 0; i < o->count; i++) {
		const struct finding *f = &r->findings.items[o->first + i];

		finding(r, o, f, trend_is_fresh(r, style, f), out);
	}
	fputs("</tbody></table></div></details>\n", out);
}

static void problems(const struct report *r, FILE *out)
{
	if (!r->problems.items.len)
		return;
	fputs("<h2>Could not be read</h2>\n<ul>\n", out);
	vec_foreach(d, &r->problems.items) {
		fputs("<li><code>", out);
		report_xml_text(d->place.file ? d->place.file : "", out);
		if (d->place.line)
			fprintf(out, ":%u:%u", d->place.line, d->place.column);
		fputs("</code> ", out);
		report_xml_text(d->text ? d->text : "", out);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void report_html(const struct report *r, const struct report_style *style, FILE *out)
{
	head(r, style, out);
	if (style->trend)
		trend_html(style->trend, out);
	categories(r, out);
	filter(r, out);
	vec_foreach(o, &r->objects)
		object(r, style, o, out);
	fputs("</section>\n", out);
	problems(r, out);
	fprintf(out, "</main>\n<script>%s</script>\n</body></html>\n", script);
}
