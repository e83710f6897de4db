/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/alert_story.h"

#include <inttypes.h>
#include <string.h>

#include "alert/render.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
	NAME_WIDTH = 12,
	ANCESTORS_SHOWN = 32,
	LINE_SHOWN = 100 /* of a command line in the tree */
};

struct page {
	struct buf *out;
	bool colour;
};

static void heading(const struct page *p, const char *text)
{
	buf_addf(p->out, "\n%s%s%s\n", alert_bold(p->colour), text, alert_plain(p->colour));
}

static void show(const struct page *p, const char *text)
{
	utf8_show(p->out, text_of(text));
}

/* A value of any type, on one line. */
static void show_value(const struct page *p, const json_t *v)
{
	char *text = NULL;

	if (json_is_string(v)) {
		utf8_show(p->out, text_from(json_string_value(v), json_string_length(v)));
		return;
	}
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	show(p, text ? text : "?");
	free(text);
}

static void pad(const struct page *p, const char *name)
{
	int n = NAME_WIDTH - (int)strlen(name);

	buf_addf(p->out, "  %s", alert_dim(p->colour));
	show(p, name);
	buf_addf(p->out, "%s%*s ", alert_plain(p->colour), n > 0 ? n : 0, "");
}

static void member(const struct page *p, const char *label, const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!v || json_is_null(v) || (json_is_string(v) && !*json_string_value(v)))
		return;
	pad(p, label);
	show_value(p, v);
	buf_add_char(p->out, '\n');
}

/* --- who ---------------------------------------------------------------------------------------- */

/* A user is named where it is another than the parent's. */
static void tree_line(const struct page *p, const json_t *parent, const json_t *process,
		      size_t depth, bool last)
{
	const char *name = json_string_value(json_object_get(process, "name"));
	const char *cmdline = json_string_value(json_object_get(process, "cmdline"));
	const json_t *pid = json_object_get(process, "pid"),
		     *user = json_object_get(process, "user"),
		     *uid = json_object_get(process, "uid");

	/* "  systemd", "  └─ sshd", "     └─ bash" */
	buf_addf(p->out, "  %*s%s", depth ? (int)(depth - 1) * 3 : 0, "",
		 depth ? "\xe2\x94\x94\xe2\x94\x80 " : "");
	buf_add_str(p->out, alert_bold(p->colour && last));
	show(p, name ? name : "?");
	buf_add_str(p->out, alert_plain(p->colour && last));
	if (json_is_integer(pid))
		buf_addf(p->out, " (%" JSON_INTEGER_FORMAT ")", json_integer_value(pid));
	if (cmdline && *cmdline && (!name || !str_eq(name, cmdline))) {
		buf_addf(p->out, "  %s", alert_dim(p->colour));
		utf8_show_start(p->out, text_of(cmdline), last ? UINT32_MAX : LINE_SHOWN);
		buf_add_str(p->out, alert_plain(p->colour));
	}
	if ((json_is_string(user) || json_is_integer(uid)) &&
	    (!json_equal(uid, json_object_get(parent, "uid")) ||
	     !json_equal(user, json_object_get(parent, "user")))) {
		buf_addf(p->out, "  %sas ", alert_dim(p->colour));
		show_value(p, json_is_string(user) ? user : uid);
		buf_add_str(p->out, alert_plain(p->colour));
	}
	buf_add_char(p->out, '\n');
}

static void tree(const struct page *p, const json_t *process)
{
	const json_t *ancestors = json_object_get(process, "ancestors");
	size_t n = json_array_size(ancestors), depth = 0;

	for (n = n > ANCESTORS_SHOWN ? ANCESTORS_SHOWN : n; n; n--, depth++)
		tree_line(p, depth ? json_array_get(ancestors, n) : NULL,
			  json_array_get(ancestors, n - 1), depth, false);
	tree_line(p, json_array_get(ancestors, 0), process, depth, true);
}

static void who(const struct page *p, const struct alert *a)
{
	const json_t *process = json_object_get(a->json, "process"),
		     *container = json_object_get(a->json, "container"),
		     *pod = json_object_get(container, "pod");

	if (!process && !container && !a->container_id && !a->container_name)
		return;
	heading(p, "Who");
	if (json_is_object(process))
		tree(p, process);
	member(p, "executable", process, "exe");
	member(p, "directory", process, "cwd");
	member(p, "login user", process, "loginuid");
	member(p, "started", process, "started");
	if (!json_is_object(container)) {
		if (!a->container_name && !a->container_id)
			return;
		pad(p, "container");
		show(p, a->container_name ? a->container_name : a->container_id);
		buf_add_char(p->out, '\n');
		return;
	}
	member(p, "container", container, "name");
	member(p, "ID", container, "id");
	member(p, "image", container, "image");
	member(p, "digest", container, "digest");
	member(p, "engine", container, "engine");
	member(p, "pod", pod, "name");
	member(p, "namespace", pod, "namespace");
}

/* --- what, why, next ---------------------------------------------------------------------------- */

static void members(const struct page *p, const json_t *o)
{
	const json_t *v;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)o, name, v) {
		if (json_is_null(v))
			continue;
		pad(p, name);
		show_value(p, v);
		buf_add_char(p->out, '\n');
	}
}

/* The event if the document has it; else the fields of the sentence, as Falco's documents do. */
static void what(const struct page *p, const struct alert *a)
{
	const json_t *event = json_object_get(a->json, "event"),
		     *fields = json_object_get(a->json, "output_fields");

	if (!json_is_object(event) && !json_object_size(fields))
		return;
	heading(p, "What");
	if (!json_is_object(event)) {
		members(p, fields);
		return;
	}
	member(p, "event", event, "type");
	members(p, json_object_get(event, "args"));
	member(p, "result", event, "result");
	member(p, "descriptor", json_object_get(event, "fd"), "name");
}

static void why(const struct page *p, const struct alert *a)
{
	const json_t *item, *terms = json_object_get(a->json, "why"),
			    *suppressed = json_object_get(a->json, "suppressed");
	size_t i;

	if (json_array_size(terms))
		heading(p, "Why");
	json_array_foreach (terms, i, item) {
		const json_t *value = json_object_get(item, "value");

		buf_add_str(p->out, "  ");
		show_value(p, json_object_get(item, "term"));
		if (value && !json_is_null(value)) {
			buf_addf(p->out, "  %s<- ", alert_dim(p->colour));
			show_value(p, value);
			buf_add_str(p->out, alert_plain(p->colour));
		}
		buf_add_char(p->out, '\n');
	}
	if (json_integer_value(suppressed))
		buf_addf(p->out, "  %" JSON_INTEGER_FORMAT " more like it were held back before\n",
			 json_integer_value(suppressed));
}

static void next(const struct page *p, const struct alert *a)
{
	const json_t *item, *list = json_object_get(a->json, "next");
	size_t i;

	if (json_array_size(list))
		heading(p, "What next");
	json_array_foreach (list, i, item) {
		buf_addf(p->out, "  %zu. ", i + 1);
		show_value(p, item);
		buf_add_char(p->out, '\n');
	}
}

/* --- before and after --------------------------------------------------------------------------- */

void story_events_deinit(story_events *events)
{
	vec_foreach(e, events)
		free(e->text);
	vec_deinit(events);
}

static int by_time(const void *a, const void *b)
{
	const struct story_event *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

/* What the document itself brought along. */
static void add_before(story_events *events, const struct alert *a)
{
	const json_t *item, *list = json_object_get(a->json, "before");
	size_t i;

	json_array_foreach (list, i, item) {
		const char *time = json_string_value(json_object_get(item, "time"));
		const char *text = json_string_value(json_object_get(item, "text"));
		const json_t *pid = json_object_get(item, "pid");
		struct story_event *e;
		int64_t ns;

		if (!time || !text || !clock_parse(time, &ns))
			continue;
		e = vec_add(events);
		if (e)
			*e = (struct story_event){ ns,
						   json_is_integer(pid) ? json_integer_value(pid) :
									  -1,
						   0, strdup(text) };
	}
}

static void around_line(const struct page *p, int64_t offset_ns, int64_t pid, int64_t alert,
			const char *text)
{
	buf_addf(p->out, "  %s%+10.3f s%s ", alert_dim(p->colour), (double)offset_ns / 1e9,
		 alert_plain(p->colour));
	if (pid >= 0)
		buf_addf(p->out, "%7" PRId64 "  ", pid);
	else
		buf_addf(p->out, "%7s  ", "");
	if (alert)
		buf_addf(p->out, "%salert %" PRId64 ":%s ", alert_bold(p->colour), alert,
			 alert_plain(p->colour));
	show(p, text ? text : "?");
	buf_add_char(p->out, '\n');
}

static void before_and_after(const struct page *p, const struct alert *a, story_events *events)
{
	bool passed = false;

	add_before(events, a);
	if (!events->len)
		return;
	vec_sort(events, by_time);
	heading(p, "Before and after");
	vec_foreach(e, events) {
		if (!passed && e->time_ns > a->time_ns) {
			around_line(p, 0, a->pid, 0, "<- this alert");
			passed = true;
		}
		around_line(p, e->time_ns - a->time_ns, e->pid, e->alert, e->text);
	}
	if (!passed)
		around_line(p, 0, a->pid, 0, "<- this alert");
}

/* --- the whole ---------------------------------------------------------------------------------- */

static void head(const struct page *p, const struct store_row *row)
{
	const struct alert *a = &row->alert;
	char time[CLOCK_TEXT_MAX];

	clock_format(a->time_ns, time);
	buf_addf(p->out, "%s", alert_paint(a->priority, p->colour));
	buf_addf(p->out, "%s%s  %s", alert_priorities[a->priority], alert_plain(p->colour),
		 alert_bold(p->colour));
	show(p, a->rule);
	buf_addf(p->out, "%s\n  ", alert_plain(p->colour));
	show(p, alert_sentence(a));
	buf_addf(p->out, "\n  %s%s", alert_dim(p->colour), time);
	if (a->hostname && *a->hostname) {
		buf_add_str(p->out, " on ");
		show(p, a->hostname);
	}
	buf_addf(p->out, ", alert %" PRId64 ", %s%s\n", row->id, a->uuid, alert_plain(p->colour));
	if (row->suppression)
		buf_addf(p->out, "  not sent: suppression %" PRId64 "\n", row->suppression);
	if (row->acknowledged_ns) {
		clock_format(row->acknowledged_ns, time);
		buf_addf(p->out, "  acknowledged %.19sZ by ", time);
		show(p, row->acknowledged_by);
		buf_add_str(p->out, ": ");
		show(p, row->acknowledged_why);
		buf_add_char(p->out, '\n');
	}
}

void story_render(const struct store_row *row, story_events *around, bool colour, struct buf *out)
{
	const struct page p = { out, colour };

	head(&p, row);
	who(&p, &row->alert);
	what(&p, &row->alert);
	why(&p, &row->alert);
	before_and_after(&p, &row->alert, around);
	next(&p, &row->alert);
}
