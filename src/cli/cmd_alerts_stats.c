/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "cli/print_json.h"

static const struct option_def options[] = {
	{ "by", 'b', "WHAT", "count by this (rule)", false, COMPLETE_WORDS,
	  "rule container image hour priority" },
	{ "since", 's', "TIME", "only alerts since then: 1h ago, or 2026-11-22T09:00:00Z", false,
	  COMPLETE_NONE, NULL },
	ALERT_JSON_OPTION,
	ALERT_STORE_OPTION,
};

static int add_json(void *context, const struct store_group *g, struct error *err)
{
	json_t *o = json_object();
	char time[CLOCK_TEXT_MAX];

	json_object_set_new(o, "key", g->key ? json_string(g->key) : json_null());
	json_object_set_new(o, "count", json_integer((json_int_t)g->count));
	json_object_set_new(o, "suppressed", json_integer((json_int_t)g->suppressed));
	json_object_set_new(o, "acknowledged", json_integer((json_int_t)g->acknowledged));
	json_object_set_new(o, "worst", json_string(alert_priorities[g->worst]));
	clock_format(g->first_ns, time);
	json_object_set_new(o, "first", json_string(time));
	clock_format(g->last_ns, time);
	json_object_set_new(o, "last", json_string(time));
	json_array_append_new(context, o);
	return 0;
}

static int print_group(void *context, const struct store_group *g, struct error *err)
{
	bool colour = *(const bool *)context;
	char last[CLOCK_TEXT_MAX];

	clock_format(g->last_ns, last);
	printf("%8" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s%-13s%s  %.19sZ  %s\n", g->count,
	       g->suppressed, g->acknowledged, alert_paint(g->worst, colour),
	       alert_priorities[g->worst], alert_plain(colour), last, alert_shown(g->key));
	return 0;
}

static json_t *with_totals(struct store *s, json_t *groups)
{
	json_t *o = json_object(), *deleted = json_object();

	json_object_set(o, "groups", groups);
	json_object_set_new(deleted, "age",
			    json_integer((json_int_t)store_deleted(s, STORE_EXPIRED)));
	json_object_set_new(deleted, "size",
			    json_integer((json_int_t)store_deleted(s, STORE_EVICTED)));
	json_object_set_new(o, "deleted", deleted);
	json_object_set_new(o, "bytes", json_integer((json_int_t)store_bytes(s)));
	return o;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *by = arg_value(args, "by"), *since = arg_value(args, "since");
	bool json = arg_flag(args, "json"), colour = alert_colour(STDOUT_FILENO);
	cleanup_json json_t *list = json_array();
	cleanup_store struct store *s = NULL;
	int64_t since_ns = 0;
	int r = since ? alert_time(since, &since_ns, err) : 0;

	if (!r)
		r = alert_store(args, false, &s, err);
	if (r)
		return r;
	if (!json)
		printf("%8s %10s %10s  %-13s  %-20s  %s\n", "ALERTS", "SUPPRESSED", "ACKED",
		       "WORST", "LAST", "WHAT");
	r = store_stats(s, by ? by : "rule", since_ns, json ? add_json : print_group,
			json ? (void *)list : &colour, err);
	if (r)
		return r;
	if (json) {
		cleanup_json json_t *o = with_totals(s, list);

		print_json(o);
	} else {
		printf("%s bytes; deleted because of age %s, because of size %s\n",
		       str_grouped(store_bytes(s)), str_grouped(store_deleted(s, STORE_EXPIRED)),
		       str_grouped(store_deleted(s, STORE_EVICTED)));
	}
	return EXIT_OK;
}

const struct command cmd_alerts_stats = {
	.name = "stats",
	.summary = "count alerts by rule, container, image, hour or priority",
	.examples = "  merlon alerts stats --by container --since 1d\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
