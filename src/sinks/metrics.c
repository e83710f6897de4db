/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/metrics.h"

#include <inttypes.h>
#include <math.h>

#include "base/str.h"
#include "base/utf8.h"

static bool is_name(const char *s, bool label)
{
	size_t n = strlen(s);

	return n && (*s < '0' || *s > '9') && (!label || !strchr(s, ':')) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") == n;
}

/* A backslash, a line feed and, in a label, a quote are escaped; all must be UTF-8. */
static void add_escaped(struct buf *out, const char *s, bool label)
{
	cleanup_buf struct buf mended = BUF_INIT;

	utf8_mend(&mended, text_of(s));
	for (size_t i = 0; i < mended.len; i++) {
		char c = mended.data[i];

		if (c == '\n')
			buf_add_str(out, "\\n");
		else if (c == '\\' || (c == '"' && label))
			buf_add(out, (char[]){ '\\', c }, 2);
		else
			buf_add_char(out, c);
	}
}

static void add_head(struct buf *out, const struct metric *m)
{
	buf_addf(out, "# HELP %s ", m->name);
	add_escaped(out, m->help ? m->help : "", false);
	buf_addf(out, "\n# TYPE %s %s\n", m->name, m->type == METRIC_GAUGE ? "gauge" : "counter");
}

static void add_labels(struct buf *out, const struct metric *m)
{
	const char *open = "{";

	for (int i = 0; i < METRIC_LABELS && m->labels[i].name; i++) {
		if (!is_name(m->labels[i].name, true))
			continue;
		buf_addf(out, "%s%s=\"", open, m->labels[i].name);
		add_escaped(out, m->labels[i].value ? m->labels[i].value : "", true);
		buf_add_char(out, '"');
		open = ",";
	}
	if (*open == ',')
		buf_add_char(out, '}');
}

static void add_value(struct buf *out, double v)
{
	if (isnan(v))
		buf_add_str(out, "NaN");
	else if (isinf(v))
		buf_add_str(out, v > 0 ? "+Inf" : "-Inf");
	else if (v == floor(v) && fabs(v) < 9e15)
		buf_addf(out, "%" PRId64, (int64_t)v);
	else
		buf_addf(out, "%.17g", v);
}

void metrics_render(const metric_list *list, struct buf *out)
{
	const char *last = "";

	vec_foreach(m, list) {
		if (!is_name(m->name, false))
			continue;
		if (!str_eq(m->name, last))
			add_head(out, m);
		last = m->name;
		buf_add_str(out, m->name);
		add_labels(out, m);
		buf_add_char(out, ' ');
		add_value(out, m->value);
		buf_add_char(out, '\n');
	}
}
