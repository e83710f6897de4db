/* SPDX-License-Identifier: Apache-2.0 */
/* suppress, suppressions and unsuppress: what need not be sent. */
#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "cli/print_json.h"

/* --- suppress ----------------------------------------------------------------------------------- */

static const struct option_def suppress_options[] = {
	{ "rule", 'r', "PATTERN", "alerts of rules whose name fits this shell pattern", false,
	  COMPLETE_NONE, NULL },
	{ "container", 'c', "CONTAINER", "of containers whose name fits, or whose ID begins so",
	  false, COMPLETE_NONE, NULL },
	{ "image", 0, "PATTERN", "of these images", false, COMPLETE_NONE, NULL },
	{ "namespace", 'n', "PATTERN", "of these Kubernetes namespaces", false, COMPLETE_NONE,
	  NULL },
	{ "process", 0, "PATTERN", "of processes with these names", false, COMPLETE_NONE, NULL },
	{ "reason", 0, "TEXT", "why: it is kept, and shown", false, COMPLETE_NONE, NULL },
	{ "for", 0, "DURATION", "so long; without it, until it is taken back", false, COMPLETE_NONE,
	  NULL },
	{ "yes", 0, NULL, "do it although it fits every alert and never ends", false, COMPLETE_NONE,
	  NULL },
	ALERT_STORE_OPTION,
};

/* Nothing that is given narrows it down. */
static bool is_of_all(const struct suppression *p)
{
	const char *patterns[] = { p->rule, p->container, p->image, p->namespace, p->process };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (patterns[i] && !glob_is_open(text_of(patterns[i])))
			return false;
	return true;
}

static int run_suppress(const struct arguments *args, struct error *err)
{
	struct suppression p = { .rule = arg_value(args, "rule"),
				 .container = arg_value(args, "container"),
				 .image = arg_value(args, "image"),
				 .namespace = arg_value(args, "namespace"),
				 .process = arg_value(args, "process"),
				 .reason = arg_value(args, "reason"),
				 .who = alert_who(),
				 .created_ns = clock_wall_ns() };
	const char *length = arg_value(args, "for");
	cleanup_store struct store *s = NULL;
	char time[CLOCK_TEXT_MAX];
	uint64_t ns = 0;
	int64_t id;
	int r;

	if (!p.reason || !*p.reason)
		return error_set(err, USAGE_ERROR,
				 "--reason is missing: who reads it later wants to know");
	if (!p.rule && !p.container && !p.image && !p.namespace && !p.process)
		return error_set(err, USAGE_ERROR,
				 "of what? --rule, --container, --image, --namespace or --process");
	if (length && (!str_to_duration(length, &ns) || ns > INT64_MAX / 4))
		return error_set(err, EINVAL, "--for takes a duration as 24h, not \"%s\"", length);
	p.expires_ns = length ? p.created_ns + (int64_t)ns : 0;
	if (is_of_all(&p) && !length && !arg_flag(args, "yes"))
		return error_set(err, USAGE_ERROR,
				 "that fits every alert, and never ends: give --for, or --yes");
	r = alert_store(args, true, &s, err);
	if (!r)
		r = store_suppress(s, &p, &id, err);
	if (r)
		return r;
	clock_format(p.expires_ns, time);
	printf("suppression %" PRId64 "%s%.19s%s\n", id, length ? ", until " : "",
	       length ? time : "", length ? "Z" : ", until merlon alerts unsuppress");
	if (is_of_all(&p))
		fprintf(stderr,
			"warning: that fits every alert; only what was lost is still sent\n");
	return EXIT_OK;
}

const struct command cmd_alerts_suppress = {
	.name = "suppress",
	.summary = "don't send alerts that fit, for a time",
	.description =
		"Alerts that fit all that is given are stored and counted, and not sent. It takes "
		"effect at once, also in a running guard. What was lost, and what the guard says of "
		"itself, can't be suppressed. What fits every alert wants --for, or --yes. "
		"To have no alert at all, give the rule an exception.",
	.examples =
		"  merlon alerts suppress --rule \"Shell in*\" --container debug --for 24h --reason "
		"\"debugging, ticket 4711\"\n",
	.options = suppress_options,
	.option_count = ARRAY_SIZE(suppress_options),
	.run = run_suppress,
};

/* --- suppressions ------------------------------------------------------------------------------- */

static const struct option_def list_options[] = { ALERT_JSON_OPTION, ALERT_STORE_OPTION };

struct criterion {
	const char *name, *value;
};

static void criteria(const struct suppression *p, struct criterion out[5])
{
	out[0] = (struct criterion){ "rule", p->rule };
	out[1] = (struct criterion){ "container", p->container };
	out[2] = (struct criterion){ "image", p->image };
	out[3] = (struct criterion){ "namespace", p->namespace };
	out[4] = (struct criterion){ "process", p->process };
}

static void set_time(json_t *o, const char *name, int64_t ns)
{
	char time[CLOCK_TEXT_MAX];

	if (!ns)
		return;
	clock_format(ns, time);
	json_object_set_new(o, name, json_string(time));
}

static int add_json(void *context, const struct suppression *p, struct error *err)
{
	struct criterion all[5];
	json_t *o = json_object();

	criteria(p, all);
	json_object_set_new(o, "id", json_integer(p->id));
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		json_set_string(o, all[i].name, all[i].value);
	json_set_string(o, "reason", p->reason);
	json_set_string(o, "who", p->who);
	set_time(o, "created", p->created_ns);
	set_time(o, "expires", p->expires_ns);
	json_object_set_new(o, "expired",
			    json_boolean(p->expires_ns && p->expires_ns <= clock_wall_ns()));
	json_object_set_new(o, "hits", json_integer((json_int_t)p->hits));
	set_time(o, "last", p->last_ns);
	json_array_append_new(context, o);
	return 0;
}

static int print_one(void *context, const struct suppression *p, struct error *err)
{
	struct criterion all[5];
	char left[CLOCK_TEXT_MAX] = "for ever";
	int64_t now = clock_wall_ns();

	criteria(p, all);
	if (p->expires_ns && p->expires_ns <= now)
		snprintf(left, sizeof(left), "over");
	else if (p->expires_ns)
		clock_format_age(p->expires_ns - now, left);
	printf("%4" PRId64 "  %-9s %6" PRIu64 " alerts ", p->id, left, p->hits);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].value)
			printf(" %s=%s", all[i].name, alert_shown(all[i].value));
	printf("\n      %s: %s\n", alert_shown(p->who), alert_shown(p->reason));
	return 0;
}

static int run_list(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *list = json_array();
	cleanup_store struct store *s = NULL;
	bool json = arg_flag(args, "json");
	int r = alert_store(args, false, &s, err);

	if (!r)
		r = store_suppressions(s, json ? add_json : print_one, list, err);
	if (r)
		return r;
	if (json)
		print_json(list);
	return EXIT_OK;
}

const struct command cmd_alerts_suppressions = {
	.name = "suppressions",
	.summary = "list what is suppressed, why, by whom, and how often it fitted",
	.options = list_options,
	.option_count = ARRAY_SIZE(list_options),
	.run = run_list,
};

/* --- unsuppress --------------------------------------------------------------------------------- */

static const struct option_def unsuppress_options[] = { ALERT_STORE_OPTION };

static int run_unsuppress(const struct arguments *args, struct error *err)
{
	cleanup_store struct store *s = NULL;
	size_t n;
	char **ids = arg_operands(args, &n);
	uint64_t id;
	int r;

	if (!n)
		return error_set(err, USAGE_ERROR,
				 "which? merlon alerts suppressions shows their numbers");
	r = alert_store(args, true, &s, err);
	for (size_t i = 0; i < n && !r; i++) {
		if (!str_to_u64(ids[i], &id) || id > INT64_MAX)
			return error_set(err, EINVAL, "\"%s\" is no number of a suppression",
					 ids[i]);
		r = store_unsuppress(s, (int64_t)id, err);
		if (!r)
			printf("%" PRIu64 ": no longer suppressed\n", id);
	}
	return r ? r : EXIT_OK;
}

const struct command cmd_alerts_unsuppress = {
	.name = "unsuppress",
	.summary = "take a suppression back",
	.operands = "ID...",
	.options = unsuppress_options,
	.option_count = ARRAY_SIZE(unsuppress_options),
	.run = run_unsuppress,
};
