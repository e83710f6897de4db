/* SPDX-License-Identifier: Apache-2.0 */
/* The difference that mends a finding, as far as it is known without the text of the file. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/report/format.h"

/* "/spec/template/metadata/a~1b": the last token, as it was before it was escaped. */
static const char *last_token(const char *pointer, char *out, size_t size)
{
	const char *from = strrchr(pointer, '/');
	size_t at = 0;

	for (from = from ? from + 1 : pointer; *from && at + 1 < size; from++) {
		if (*from == '~' && (from[1] == '0' || from[1] == '1'))
			out[at++] = *++from == '0' ? '~' : '/';
		else
			out[at++] = *from;
	}
	out[at] = '\0';
	return out;
}

/* "spec.template.spec" of "/spec/template/spec/hostPID". */
static void print_parent(const char *pointer, FILE *out)
{
	const char *end = strrchr(pointer, '/');
	char token[256];

	for (const char *p = pointer; end && p < end;) {
		size_t len = 1 + strcspn(p + 1, "/");

		snprintf(token, sizeof(token), "%.*s", (int)len, p);
		fputs(p == pointer ? "" : "<wbr>/", out);
		report_xml_text(token + 1, out);
		p += len;
	}
}

static void print_line(const char *element, const char *sign, const char *key, const char *value,
		       FILE *out)
{
	fprintf(out, "<%s>%s ", element, sign);
	if (key)
		report_xml_text(key, out);
	fputs(key && *value ? ": " : "", out);
	report_xml_text(value, out);
	fprintf(out, "</%s>\n", element);
}

/* What is there now, if the finding is about the place that is mended, and has it whole. */
static const char *value_now(const struct finding *f, const char *key)
{
	size_t path = strlen(f->path), len = strlen(key);
	bool same = path >= len && !strcmp(f->path + path - len, key);

	return same && !str_eq(f->value, "not set") ? f->value : NULL;
}

void report_html_fix(const struct finding *f, FILE *out)
{
	const struct finding_fix *fix = finding_fix(f);
	char key[256];
	const char *now;

	if (!fix || !fix->target || f->outcome == OUTCOME_EXEMPT || f->outcome == OUTCOME_PASS)
		return;
	last_token(fix->target, key, sizeof(key));
	now = value_now(f, key);
	fputs("<pre class=\"fix\"><span>", out);
	print_parent(fix->target, out);
	fputs("</span>\n", out);
	if (fix->op == FIX_ADD) {
		print_line("ins", "+", key, "", out);
		print_line("ins", "+  -", NULL, fix->value ? fix->value : "", out);
	} else {
		if (now || fix->op == FIX_REMOVE)
			print_line("del", "-", key, now ? now : "...", out);
		if (fix->op == FIX_SET)
			print_line("ins", "+", key, fix->value ? fix->value : "", out);
	}
	fprintf(out, "</pre><p class=\"soft\"><code>--fix%s</code>: ",
		f->check->fix.aggressive ? " --aggressive" : "");
	report_xml_text(f->check->fix.why ? f->check->fix.why : "", out);
	fputs("</p>", out);
}
