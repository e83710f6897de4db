/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/inspect_history.h"
#include "cli/print_json.h"
#include "store/history.h"

enum { LIMIT_USUAL = 20 };

static const struct option_def options[] = {
	{ "subject", 's', "TEXT", "only inspections of what is listed by this name", false,
	  COMPLETE_NONE, NULL },
	{ "limit", 'n', "NUMBER", "the newest so many (20); 0 is all", false, COMPLETE_NONE, NULL },
	{ "store-file", 0, "FILE", "the store, instead of " HISTORY_PATH, false, COMPLETE_FILE,
	  NULL },
	{ "json", 0, NULL, "for programs", false, COMPLETE_NONE, NULL },
};

/* --- runs ---------------------------------------------------------------------------------------- */

struct listing {
	json_t *runs; /* NULL: as text */
	size_t count;
};

static json_t *run_json(const struct history_run *run)
{
	char time[CLOCK_TEXT_MAX];
	json_t *o, *levels = json_object();

	clock_format(run->time_ns, time);
	for (int i = 0; i < SEVERITIES; i++)
		json_object_set_new(levels, severity_names[i],
				    json_integer((json_int_t)run->levels[i]));
	o = json_pack("{s:I, s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:I, s:I, s:I}", "run",
		      (json_int_t)run->id, "time", time, "subject", run->subject, "merlon",
		      run->version, "score", (int)run->score, "severities", levels, "passed",
		      (json_int_t)run->passed, "exempt", (json_int_t)run->exempt, "new",
		      (json_int_t)run->added, "mended", (json_int_t)run->mended, "standing",
		      (json_int_t)run->standing);
	return o;
}

static int show_run(void *context, const struct history_run *run, struct error *err)
{
	struct listing *l = context;
	char when[24];
	uint64_t bad = 0;

	if (l->runs) {
		json_array_append_new(l->runs, run_json(run));
		return 0;
	}
	for (int i = 0; i < HISTORY_LEVELS; i++)
		bad += run->levels[i];
	inspect_history_time(run->time_ns, when, sizeof(when));
	if (!l->count++)
		printf("%6s  %-16s  %5s  %6s  %5s  %6s  %s\n", "run", "when (UTC)", "score",
		       "failed", "new", "mended", "what");
	printf("%6" PRId64 "  %-16s  %5u  %6" PRIu64 "  %5" PRIu64 "  %6" PRIu64 "  %s\n", run->id,
	       when, run->score, bad, run->added, run->mended, run->subject);
	return 0;
}

/* --- one run ------------------------------------------------------------------------------------- */

struct wanted {
	int64_t id;
	bool found;
	json_t *run; /* NULL: as text */
};

static int find_run(void *context, const struct history_run *run, struct error *err)
{
	struct wanted *w = context;
	char when[24];

	if (run->id != w->id)
		return 0;
	w->found = true;
	inspect_history_time(run->time_ns, when, sizeof(when));
	if (w->run)
		json_array_append_new(w->run, run_json(run));
	else
		printf("run %" PRId64 ", %s UTC, %s: score %u%s\n", run->id, when, run->subject,
		       run->score, run->first ? ", the first that is stored" : "");
	return 1;
}

struct items {
	const char *word;
	json_t *list; /* NULL: as text */
};

static int show_item(void *context, const struct history_item *item, struct error *err)
{
	struct items *i = context;
	char since[24];

	inspect_history_time(item->since_ns, since, sizeof(since));
	if (i->list)
		json_array_append_new(
			i->list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "check",
					   item->check, "severity", severity_names[item->severity],
					   "object", item->object, "path", item->path, "file",
					   item->file, "line", (int)item->line, "since", since));
	else
		printf("  %-7s  %-8s  %s  %s: %s  (%s:%u, since %s)\n", i->word,
		       severity_names[item->severity], item->check, item->object, item->path,
		       item->file, item->line, since);
	return 0;
}

static int show_one(struct history *h, const char *number, bool json, struct error *err)
{
	static const struct {
		enum history_change which;
		const char *word, *member;
	} changes[] = { { HISTORY_ADDED, "new", "new" },
			{ HISTORY_MENDED, "mended", "mended" },
			{ HISTORY_STANDING, "still", "standing" } };
	cleanup_json json_t *found = json ? json_array() : NULL;
	struct wanted w = { .run = found };
	uint64_t id;
	json_t *run;
	int r;

	if (!str_to_u64(number, &id) || id > INT64_MAX)
		return error_set(err, USAGE_ERROR, "\"%s\" is no number of a run", number);
	w.id = (int64_t)id;
	r = history_runs(h, NULL, 0, find_run, &w, err);
	if (r < 0)
		return r;
	if (!w.found)
		return error_set(err, ENOENT, "there is no run %s", number);
	run = json_array_get(found, 0);
	r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(changes) && !r; i++) {
		struct items items = { changes[i].word, json ? json_array() : NULL };

		r = history_items(h, w.id, changes[i].which, show_item, &items, err);
		if (json)
			json_object_set_new(run, changes[i].member, items.list);
	}
	if (!r && json)
		print_json(run);
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *file = arg_value(args, "store-file"), *limit = arg_value(args, "limit");
	cleanup_history struct history *h = NULL;
	bool json = arg_flag(args, "json");
	cleanup_json json_t *runs = json ? json_array() : NULL;
	struct listing l = { .runs = runs };
	uint64_t most = LIMIT_USUAL;
	size_t n;
	char **numbers = arg_operands(args, &n);
	int r;

	if (limit && (!str_to_u64(limit, &most) || most > UINT32_MAX))
		return error_set(err, USAGE_ERROR, "--limit: a number was expected");
	r = history_open(&h, file ? file : HISTORY_PATH, false, err);
	if (r)
		return r;
	for (size_t i = 0; i < n && !r; i++)
		r = show_one(h, numbers[i], json, err);
	if (n || r)
		return r;
	r = history_runs(h, arg_value(args, "subject"), (uint32_t)most, show_run, &l, err);
	if (!r && json)
		print_json(runs);
	return r;
}

const struct command cmd_inspect_history = {
	.name = "history",
	.summary = "what stored inspections found, and what changed between them",
	.operands = "[RUN...]",
	.description =
		"Lists inspections that were stored by merlon inspect --store, newest first: the score, what failed, "
		"and how much of it was new or mended since the inspection before of the same. With the number of a run "
		"it shows what was new in it, what was mended, and what was there already, since when.\n\n"
		"Inspections of the same files (or host) with the same selection of checks are compared with each other. "
		"The last 500 of each stay.",
	.examples = "  merlon inspect --store deploy/\n"
		    "  merlon inspect history\n"
		    "  merlon inspect history 12\n"
		    "  merlon inspect history --json --limit 1\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
