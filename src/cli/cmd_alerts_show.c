/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/alert_story.h"
#include "cli/commands.h"
#include "cli/print_json.h"

#define AROUND_NS_USUAL (60 * 1000000000LL)

static const struct option_def options[] = {
	{ "around", 0, "DURATION", "what the container did so long before and after (1m)", false,
	  COMPLETE_NONE, NULL },
	ALERT_JSON_OPTION,
	ALERT_STORE_OPTION,
};

struct telling {
	struct store *store;
	int64_t id, around_ns;
	bool json;
	story_events around;
	json_t *neighbours; /* documents, with json */
};

/* Activity has numbers of its own: the kind tells which they are. */
static int keep_neighbour(void *context, const struct store_row *row, struct error *err)
{
	struct telling *t = context;
	const struct alert *a = &row->alert;
	bool activity = a->kind == ALERT_ACTIVITY;
	struct story_event *e;

	if (!activity && row->id == t->id)
		return 0;
	if (t->json) {
		json_array_append(t->neighbours, a->json);
		return 0;
	}
	e = vec_add(&t->around);
	if (!e)
		return error_errno(err, ENOMEM, "alerts");
	*e = (struct story_event){ a->time_ns, a->pid, activity ? 0 : row->id,
				   strdup(activity ? alert_sentence(a) : a->rule) };
	return 0;
}

static int find_neighbours(struct telling *t, const struct alert *a, struct error *err)
{
	struct store_query q = { .since_ns = a->time_ns - t->around_ns,
				 .until_ns = a->time_ns + t->around_ns,
				 .container = a->container_id,
				 .priority = ALERT_DEBUG,
				 .everything = true,
				 .limit = 100 };
	int r;

	if (!a->container_id)
		return 0;
	r = store_activity(t->store, a->container_id, q.since_ns, q.until_ns, keep_neighbour, t,
			   err);
	return r ? r : store_list(t->store, &q, keep_neighbour, t, err);
}

static int tell(void *context, const struct store_row *row, struct error *err)
{
	struct telling *t = context;
	cleanup_buf struct buf out = BUF_INIT;
	int r = find_neighbours(t, &row->alert, err);

	if (r)
		return r;
	if (t->json) {
		cleanup_json json_t *o = alert_row_json(row);

		json_object_set(o, "around", t->neighbours);
		print_json(o);
		return 0;
	}
	story_render(row, &t->around, alert_colour(STDOUT_FILENO), &out);
	if (out.failed)
		return error_errno(err, ENOMEM, "alerts");
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *around = arg_value(args, "around");
	cleanup_store struct store *s = NULL;
	cleanup_json json_t *neighbours = json_array();
	struct telling t = { .around_ns = AROUND_NS_USUAL,
			     .json = arg_flag(args, "json"),
			     .neighbours = neighbours };
	size_t n;
	char **ids = arg_operands(args, &n);
	uint64_t ns;
	int r;

	if (n != 1)
		return error_set(err, USAGE_ERROR,
				 "one alert at a time: its number, or how its uuid begins");
	if (around) {
		if (!str_to_duration(around, &ns) || ns > INT64_MAX / 4)
			return error_set(err, EINVAL, "--around takes a duration as 5m, not \"%s\"",
					 around);
		t.around_ns = (int64_t)ns;
	}
	r = alert_store(args, false, &s, err);
	if (!r)
		r = store_find(s, ids[0], &t.id, err);
	t.store = s;
	if (!r)
		r = store_get(s, t.id, tell, &t, err);
	story_events_deinit(&t.around);
	return r ? r : EXIT_OK;
}

const struct command cmd_alerts_show = {
	.name = "show",
	.summary = "tell the story of an alert",
	.operands = "ID",
	.description =
		"ID is the number of an alert, or the beginning of its uuid (four digits or more). Tells what "
		"happened; who did it, with the processes that led there, the container and the pod; the "
		"event with its arguments; which terms of the rule fitted, and by which values; what the same "
		"container did before and after, other alerts included; and what to do next.",
	.examples = "  merlon alerts show 17\n"
		    "  merlon alerts show 019ab0c4 --around 10m\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
