/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "cli/guard_outputs.h"
#include "cli/print_json.h"

static const struct option_def options[] = {
	{ "status", 0, "FILE", "the guard's numbers, instead of " GUARD_STATUS_PATH, false,
	  COMPLETE_FILE, NULL },
	ALERT_STORE_OPTION,
	{ "once", '1', NULL, "print one view, and end", false, COMPLETE_NONE, NULL },
	{ "interval", 'i', "TIME", "between two views (default: 2s)", false, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print JSON: one view, or with --interval a line each", false,
	  COMPLETE_NONE, NULL },
};

enum {
	STATUS_MAX = 4 << 20,
	ROWS_SHOWN = 40, /* where there is no terminal */
	ROWS_LEAST = 3,
	LINES_BESIDE = 8, /* head, headings, and what is between */
	ALERTS_SHOWN = 5,
	WIDTH_NAME = 32,
};
#define NS_PER_S 1000000000LL
#define STALE_NS (10 * NS_PER_S)

struct row {
	const char *id, *name; /* of the view's document */
	double told, lost, rate;
};

struct view {
	json_t *document;
	int64_t time_ns;
	VEC(struct row) rows;
};

static void view_deinit(struct view *v)
{
	json_decref(v->document);
	vec_deinit(&v->rows);
	*v = (struct view){ 0 };
}

/* --- reading -------------------------------------------------------------------------------------------- */

static const char *label(const json_t *metric, const char *name)
{
	const char *s = json_string_value(json_object_get(json_object_get(metric, "labels"), name));

	return s ? s : "";
}

static bool is_called(const json_t *metric, const char *name)
{
	const char *s = json_string_value(json_object_get(metric, "name"));

	return s && str_eq(s, name);
}

/* Of a metric, with a label of that value if one is named; all of that name together if not. */
static double number(const struct view *v, const char *name, const char *key, const char *value)
{
	const json_t *m, *all = json_object_get(v->document, "metrics");
	double sum = 0;
	size_t i;

	json_array_foreach (all, i, m)
		if (is_called(m, name) && (!key || str_eq(label(m, key), value)))
			sum += json_number_value(json_object_get(m, "value"));
	return sum;
}

static struct row *row_of(struct view *v, const char *id)
{
	vec_foreach(r, &v->rows)
		if (str_eq(r->id, id))
			return r;
	return NULL;
}

/* Who loses comes first, then who is busy. */
static int by_rate(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if ((x->lost > 0) != (y->lost > 0))
		return x->lost > 0 ? -1 : 1;
	if (x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	return (x->told < y->told) - (x->told > y->told);
}

static void find_rows(struct view *v, struct view *before)
{
	const json_t *m, *all = json_object_get(v->document, "metrics");
	double seconds = (double)(v->time_ns - before->time_ns) / NS_PER_S;
	size_t i;

	json_array_foreach (all, i, m) {
		const struct row *old;
		struct row *r;

		if (!is_called(m, "merlon_container_records_total") || !(r = vec_add(&v->rows)))
			continue;
		r->id = label(m, "container");
		r->name = label(m, "name");
		r->told = json_number_value(json_object_get(m, "value"));
		old = row_of(before, r->id);
		if (old && seconds > 0 && r->told >= old->told)
			r->rate = (r->told - old->told) / seconds;
	}
	json_array_foreach (all, i, m) {
		struct row *r = is_called(m, "merlon_container_lost_total") ?
					row_of(v, label(m, "container")) :
					NULL;

		if (r)
			r->lost = json_number_value(json_object_get(m, "value"));
	}
	vec_sort(&v->rows, by_rate);
}

static int read_view(const char *path, struct view *before, struct view *ret, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct json_reader reader = { .file = path, .err = err };
	uint64_t time = 0;
	int r = fs_read(path, STATUS_MAX, &text, err);

	if (r == -ENOENT)
		return error_set(err, ENOENT, "no guard runs here (%s is not there)", path);
	if (r)
		return r;
	ret->document = json_parse(path, text.data ? text.data : "", text.len, err);
	if (!ret->document)
		return -EINVAL;
	if (!json_get_u64(&reader, ret->document, "time", true, INT64_MAX, &time) ||
	    !json_get_array(&reader, ret->document, "metrics", true, STATUS_MAX))
		return -EINVAL;
	ret->time_ns = (int64_t)time;
	find_rows(ret, before);
	return 0;
}

/* --- showing -------------------------------------------------------------------------------------------- */

static int show_alert(void *context, const struct store_row *row, struct error *err)
{
	const struct winsize *room = context;
	const struct alert_style style = { .colour = alert_colour(STDOUT_FILENO),
					   .id = row->id,
					   .columns = room->ws_col };
	cleanup_buf struct buf text = BUF_INIT;
	const char *end;

	alert_render(&row->alert, &style, &text);
	end = text.data ? strchr(text.data, '\n') : NULL;
	if (end)
		printf("%.*s\n", (int)(end - text.data), text.data);
	return 0;
}

/* Of a store that can't be read nothing is shown: the numbers are what was asked for. */
static void show_alerts(const struct arguments *args, struct winsize *room)
{
	const struct store_query q = { .priority = ALERT_NOTICE, .limit = ALERTS_SHOWN };
	cleanup_store struct store *s = NULL;
	struct error err = ERROR_INIT;

	if (alert_store(args, false, &s, &err))
		return;
	fputs("\nLast alerts", stdout);
	alert_print_in_force(stdout, " (", s, ")");
	putchar('\n');
	store_list(s, &q, show_alert, room, &err);
}

static void show_head(const struct view *v, const struct view *before)
{
	double seconds = (double)(v->time_ns - before->time_ns) / NS_PER_S;
	double events = number(v, "merlon_events_total", NULL, NULL);
	double was = number(before, "merlon_events_total", NULL, NULL);

	printf("%s rules, %s processes, ",
	       str_grouped((uint64_t)number(v, "merlon_rules", NULL, NULL)),
	       str_grouped((uint64_t)number(v, "merlon_processes", NULL, NULL)));
	printf("%s events (%s/s), ", str_grouped((uint64_t)events),
	       str_grouped(before->document && seconds > 0 && events >= was ?
				   (uint64_t)((events - was) / seconds) :
				   0));
	printf("%s lost", str_grouped((uint64_t)number(v, "merlon_events_lost_total", NULL, NULL)));
	if (number(v, "merlon_reads_given_up_total", NULL, NULL) > 0)
		printf(", %s reads given up",
		       str_grouped((uint64_t)number(v, "merlon_reads_given_up_total", NULL, NULL)));
	fputs("\nalerts:", stdout);
	for (int i = 0; i < ALERT_PRIORITIES; i++) {
		double n = number(v, "merlon_alerts_total", "priority", alert_priorities[i]);

		if (n > 0)
			printf(" %s %s", str_grouped((uint64_t)n), alert_priorities[i]);
	}
	printf(" (%s held back)\n\n",
	       str_grouped((uint64_t)number(v, "merlon_alerts_held_back_total", NULL, NULL)));
}

/* All zero if it is not a terminal. */
static struct winsize room_of(FILE *file)
{
	struct winsize room;

	if (ioctl(fileno(file), TIOCGWINSZ, &room))
		room = (struct winsize){ 0 };
	return room;
}

static void show_rows(const struct view *v, size_t most)
{
	double watched = number(v, "merlon_containers", NULL, NULL);
	size_t n = v->rows.len < most ? v->rows.len : most;

	printf("%-*s %-14s %12s %10s %10s\n", WIDTH_NAME, "CONTAINER", "ID", "EVENTS", "A SECOND",
	       "LOST");
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &v->rows.items[i];
		cleanup_buf struct buf name = BUF_INIT, whole = BUF_INIT;

		utf8_show(&whole, text_of(r->name));
		utf8_show_start(&name, text_from(whole.data, whole.len),
				whole.len > WIDTH_NAME ? WIDTH_NAME - 3 : WIDTH_NAME);
		printf("%-*s %-14.12s %12s ", WIDTH_NAME, name.data ? name.data : "",
		       alert_shown(r->id), str_grouped((uint64_t)r->told));
		printf("%10s %10s\n", str_grouped((uint64_t)r->rate),
		       str_grouped((uint64_t)r->lost));
	}
	if (watched < (double)v->rows.len)
		watched = (double)v->rows.len;
	if (watched > (double)n)
		printf("... and %s more\n", str_grouped((uint64_t)watched - n));
}

static void show(const struct view *v, const struct view *before, const struct arguments *args)
{
	struct winsize room = room_of(stdout);
	size_t beside = LINES_BESIDE + ALERTS_SHOWN, most = ROWS_SHOWN;

	if (clock_wall_ns() - v->time_ns > STALE_NS)
		puts("THE GUARD DOES NOT ANSWER: these numbers are old.");
	show_head(v, before);
	if (room.ws_row)
		most = room.ws_row > beside + ROWS_LEAST ? room.ws_row - beside : ROWS_LEAST;
	show_rows(v, most);
	show_alerts(args, &room);
}

static json_t *view_json(const struct view *v)
{
	json_t *o = json_object(), *rows = json_array();

	vec_foreach(r, &v->rows)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:f, s:f, s:f}", "container",
						      r->id, "name", r->name, "records", r->told,
						      "per_second", r->rate, "lost", r->lost));
	json_object_set_new(o, "time", json_integer(v->time_ns));
	json_object_set_new(o, "containers", rows);
	json_object_set(o, "metrics", json_object_get(v->document, "metrics"));
	return o;
}

static void print(const struct view *v, const struct view *before, const struct arguments *args,
		  bool once)
{
	if (arg_flag(args, "json")) {
		cleanup_json json_t *o = view_json(v);

		once ? print_json(o) : print_json_line(o);
	} else {
		if (!once && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		show(v, before, args);
	}
	fflush(stdout);
}

static int run(const struct arguments *args, struct error *err)
{
	const char *path = arg_value(args, "status") ? arg_value(args, "status") :
						       GUARD_STATUS_PATH;
	const char *interval = arg_value(args, "interval");
	bool once = arg_flag(args, "once") || (arg_flag(args, "json") && !interval);
	struct view before = { 0 }, now = { 0 };
	uint64_t ns = 2 * NS_PER_S;
	int r;

	if (interval && (!str_to_duration(interval, &ns) || ns < NS_PER_S / 10))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a time of 100ms or more",
				 interval);
	do {
		r = read_view(path, &before, &now, err);
		if (!r) {
			print(&now, &before, args, once);
			view_deinit(&before);
			before = now;
			now = (struct view){ 0 };
		}
		if (!once && !r)
			usleep((useconds_t)(ns / 1000));
	} while (!once && !r && !ferror(stdout));
	view_deinit(&now);
	view_deinit(&before);
	return r ? r : EXIT_OK;
}

const struct command cmd_top = {
	.name = "top",
	.summary = "show what the guard sees now: containers, rates, alerts, losses",
	.description =
		"Reads the numbers that a running guard writes once a second: what each container does, how many "
		"alerts there were, what was lost. Below stand the last alerts of the store.",
	.examples = "  merlon top\n"
		    "  merlon top --once --json        # for a program to read\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
