/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_history.h"

#include <assert.h>
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "inspect/exemption.h"
#include "inspect/report/format.h"
#include "store/history.h"
#include "version.h"

enum { POINTS_MAX = 60, GONE_MAX = 200 };
static_assert((int)SEVERITIES == (int)HISTORY_LEVELS, "the store counts by severity");

struct items {
	VEC(const char *) unread; /* ends with NULL */
	VEC(struct history_item) items;
	VEC(size_t) findings; /* their numbers */
	string_list texts;
};

static void items_deinit(struct items *all)
{
	vec_deinit(&all->unread);
	vec_deinit(&all->items);
	vec_deinit(&all->findings);
	string_list_deinit(&all->texts);
}
#define cleanup_items cleanup(items_deinit)

void inspect_history_deinit(struct inspect_history *h)
{
	vec_deinit(&h->points);
	vec_deinit(&h->gone);
	string_list_deinit(&h->texts);
	free(h->fresh);
	h->fresh = NULL;
}

void inspect_history_time(int64_t ns, char *out, size_t size)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(ns, text);
	text[10] = ' ';
	snprintf(out, size, "%.16s", text);
}

bool inspect_history_counts(const struct finding *f)
{
	return f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN;
}

/* In it, below it, or rendered of it: "prod (kubectl)". */
static bool is_of(const char *file, const char *place)
{
	size_t len = strlen(place);

	return str_starts(file, place) &&
	       (!file[len] || file[len] == '/' || str_starts(file + len, " ("));
}

bool inspect_history_is_unread(const struct report *r, const char *file)
{
	vec_foreach(d, &r->problems.items)
		if (d->severity == DIAG_ERROR && d->place.file && *d->place.file &&
		    is_of(file, d->place.file))
			return true;
	return false;
}

void inspect_history_key(struct buf *out, const struct report *r, const struct finding *f)
{
	const struct inspected *o = &r->objects.items[f->object];
	struct subject s = { f->check, o->kind, o->name_space, o->name, f->container, NULL };

	baseline_add_line(out, &s, f->path);
	if (out->len)
		out->data[--out->len] = '\0'; /* the end of the line */
}

/* Keeps a text that was made for it; "" when out of memory. */
static const char *keep(string_list *list, char *text)
{
	char **slot = text ? vec_add(list) : NULL;

	if (!slot) {
		free(text);
		return "";
	}
	*slot = text;
	return text;
}

static bool add_finding(struct items *all, const struct report *r, size_t number)
{
	const struct finding *f = &r->findings.items[number];
	const struct inspected *o = &r->objects.items[f->object];
	struct history_item *slot = vec_add(&all->items);
	size_t *n = vec_add(&all->findings);
	struct buf key = BUF_INIT;
	char name[600];

	if (!slot || !n)
		return false;
	*n = number;
	inspect_history_key(&key, r, f);
	*slot = (struct history_item){
		.key = keep(&all->texts, key.failed ? NULL : buf_take(&key)),
		.check = f->check->id,
		.object = keep(&all->texts, str_format("%s %s%s%s", o->kind,
						       report_object_name(o, name, sizeof(name)),
						       f->container ? " " : "",
						       f->container ? f->container : "")),
		.path = f->path,
		.file = finding_file(r, f),
		.line = f->line,
		.severity = (unsigned)f->severity,
	};
	buf_deinit(&key);
	return true;
}

static bool add_unread(struct items *all, const struct report *r)
{
	const char **slot;

	vec_foreach(d, &r->problems.items) {
		if (d->severity != DIAG_ERROR || !d->place.file)
			continue;
		slot = vec_add(&all->unread);
		if (!slot)
			return false;
		*slot = d->place.file;
	}
	return vec_add(&all->unread); /* zeroed */
}

static int add_point(void *context, const struct history_run *run, struct error *err)
{
	struct inspect_history *h = context;
	struct trend_point *p = vec_add(&h->points);

	if (!p)
		return error_errno(err, ENOMEM, "trend");
	*p = (struct trend_point){ .score = run->score,
				   .added = run->added,
				   .mended = run->mended };
	inspect_history_time(run->time_ns, p->when, sizeof(p->when));
	for (int i = 0; i < SEVERITIES; i++)
		p->severities[i] = run->levels[i];
	return 0;
}

static int add_gone(void *context, const struct history_item *item, struct error *err)
{
	struct inspect_history *h = context;
	struct trend_item *g;

	if (h->gone.len >= GONE_MAX)
		return 1;
	g = vec_add(&h->gone);
	if (!g)
		return error_errno(err, ENOMEM, "trend");
	g->check = keep(&h->texts, strdup(item->check));
	g->object = keep(&h->texts, strdup(item->object));
	g->path = keep(&h->texts, strdup(item->path));
	g->severity = (enum severity)item->severity;
	inspect_history_time(item->since_ns, g->since, sizeof(g->since));
	return 0;
}

/* They come newest first. */
static void turn_round(struct inspect_history *h)
{
	for (size_t i = 0; i < h->points.len / 2; i++) {
		struct trend_point *a = &h->points.items[i],
				   *b = &h->points.items[h->points.len - 1 - i], swap = *a;

		*a = *b;
		*b = swap;
	}
}

static int fill_trend(struct inspect_history *ret, struct history *h, const struct history_run *run,
		      const struct items *all, size_t findings, struct error *err)
{
	int r = history_runs(h, run->subject, POINTS_MAX, add_point, ret, err);

	if (!r)
		r = history_items(h, run->id, HISTORY_MENDED, add_gone, ret, err);
	if (r < 0)
		return r;
	turn_round(ret);
	ret->fresh = calloc(findings + 1, sizeof(*ret->fresh));
	if (!ret->fresh)
		return error_errno(err, ENOMEM, "trend");
	for (size_t i = 0; i < all->items.len; i++)
		ret->fresh[all->findings.items[i]] = all->items.items[i].fresh;
	ret->trend = (struct trend){ .points = ret->points.items,
				     .count = ret->points.len,
				     .added = run->added,
				     .mended = run->mended,
				     .standing = run->standing,
				     .fresh = ret->fresh,
				     .gone = ret->gone.items,
				     .gone_count = ret->gone.len };
	return 0;
}

int inspect_history_keep(struct inspect_history *ret, const char *file, const char *subject,
			 const struct report *report, struct error *err)
{
	cleanup_history struct history *h = NULL;
	cleanup_items struct items all = { 0 };
	struct history_run run = { .time_ns = clock_wall_ns(),
				   .subject = subject,
				   .version = MERLON_VERSION,
				   .score = report_score(report),
				   .passed = report->counts[OUTCOME_PASS],
				   .exempt = report->counts[OUTCOME_EXEMPT] };
	int r = history_open(&h, file ? file : HISTORY_PATH, true, err);

	for (int i = 0; i < SEVERITIES; i++)
		run.levels[i] = report->by_severity[i];
	for (size_t i = 0; i < report->findings.len && !r; i++)
		if (inspect_history_counts(&report->findings.items[i]) &&
		    !add_finding(&all, report, i))
			r = error_errno(err, ENOMEM, "findings");
	if (!r && !add_unread(&all, report))
		r = error_errno(err, ENOMEM, "findings");
	run.unread = all.unread.items;
	if (!r)
		r = history_add(h, &run, all.items.items, all.items.len, err);
	return r ? r : fill_trend(ret, h, &run, &all, report->findings.len, err);
}
