/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "respond/ledger.h"

#define LEDGER_OPTION                                                                           \
	{                                                                                       \
		"responses", 0, "DIR", "where responses are noted, instead of in " LEDGER_PATH, \
			false, COMPLETE_DIR, NULL                                               \
	}

static const struct option_def options[] = {
	LEDGER_OPTION,
	{ "active", 'a', NULL, "only what is in force and can be undone", false, COMPLETE_NONE,
	  NULL },
	{ "dry-run", 0, NULL, "what would have been done, counted, of the alerts that are stored",
	  false, COMPLETE_NONE, NULL },
	ALERT_STORE_OPTION,
	ALERT_JSON_OPTION,
};
static const struct option_def switch_options[] = { LEDGER_OPTION };

static int open_ledger(const struct arguments *args, struct ledger *ret, struct error *err)
{
	const char *directory = arg_value(args, "responses");

	if (geteuid() != 0)
		return error_set(err, EPERM, "responses are noted for root alone");
	return ledger_open(ret, directory ? directory : LEDGER_PATH, err);
}

/* --- what was done --------------------------------------------------------------------------------------- */

struct listing {
	bool active;
	json_t *entries;
};

static int keep_entry(json_t *entry, void *arg)
{
	struct listing *l = arg;

	if (!l->active || ledger_is_active(entry))
		json_array_append(l->entries, entry);
	return 0;
}

static const char *member(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return alert_shown(text && *text ? text : NULL);
}

static void show_entries(const json_t *entries)
{
	const json_t *o;
	size_t i;

	json_array_foreach (entries, i, o) {
		const char *name = json_string_value(json_object_get(o, "name"));

		printf("%s  %s  %s %s  %s", json_string_value(json_object_get(o, "id")),
		       member(o, "time"), member(o, "action"), member(o, "scope"),
		       member(o, "state"));
		printf("  %s: %s\n", name && *name ? alert_shown(name) : "host", member(o, "text"));
		printf("    because of \"%s\" (%s)\n", member(o, "rule"), member(o, "entry"));
	}
}

static int list_done(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *entries = json_array();
	struct listing l = { .active = arg_flag(args, "active"), .entries = entries };
	struct ledger ledger;
	int r = open_ledger(args, &ledger, err);

	if (!r)
		r = ledger_each(&ledger, keep_entry, &l, err);
	if (r)
		return r;
	if (arg_flag(args, "json"))
		print_json(entries);
	else
		show_entries(entries);
	if (ledger_is_off(&ledger))
		fprintf(stderr,
			"responses are switched off: nothing is done until \"merlon responses on\"\n");
	return EXIT_OK;
}

/* --- what would have been done --------------------------------------------------------------------------- */

/* Counted by rule, what would have been done, and by which entry. */
static int count_row(void *context, const struct store_row *row, struct error *err)
{
	json_t *all = context, *one;
	const json_t *about = json_object_get(row->alert.json, "response");
	const char *outcome = json_string_value(json_object_get(about, "outcome"));
	size_t i;

	(void)err;
	if (row->alert.kind != ALERT_RESPONSE || !outcome || !str_eq(outcome, "would"))
		return 0;
	json_array_foreach (all, i, one) {
		if (!json_equal(json_object_get(one, "rule"), json_object_get(about, "rule")) ||
		    !json_equal(json_object_get(one, "action"), json_object_get(about, "action")) ||
		    !json_equal(json_object_get(one, "entry"), json_object_get(about, "entry")))
			continue;
		json_object_set_new(one, "count",
				    json_integer(json_integer_value(json_object_get(one, "count")) +
						 1));
		return 0;
	}
	one = json_pack("{s:O, s:O, s:O, s:i}", "rule", json_object_get(about, "rule"), "action",
			json_object_get(about, "action"), "scope", json_object_get(about, "scope"),
			"count", 1);
	if (json_object_get(about, "entry"))
		json_object_set(one, "entry", json_object_get(about, "entry"));
	json_array_append_new(all, one);
	return 0;
}

static int list_dry(const struct arguments *args, struct error *err)
{
	const struct store_query q = { .rule = "merlon: *",
				       .priority = ALERT_DEBUG,
				       .everything = true };
	cleanup_json json_t *all = json_array();
	cleanup_store struct store *s = NULL;
	const json_t *o;
	size_t i;
	int r = alert_store(args, false, &s, err);

	if (!r)
		r = store_list(s, &q, count_row, all, err);
	if (r < 0)
		return r;
	if (arg_flag(args, "json")) {
		print_json(all);
		return EXIT_OK;
	}
	json_array_foreach (all, i, o)
		printf("%6lld  would %s (%s) because of \"%s\", as %s says\n",
		       (long long)json_integer_value(json_object_get(o, "count")),
		       member(o, "action"), member(o, "scope"), member(o, "rule"),
		       json_object_get(o, "entry") ? member(o, "entry") : "the rule itself");
	return EXIT_OK;
}

static int run(const struct arguments *args, struct error *err)
{
	return arg_flag(args, "dry-run") ? list_dry(args, err) : list_done(args, err);
}

/* --- the switch ------------------------------------------------------------------------------------------ */

static int run_off(const struct arguments *args, struct error *err)
{
	struct ledger ledger;
	int r = open_ledger(args, &ledger, err);

	return r ? r : ledger_switch(&ledger, true, err);
}

static int run_on(const struct arguments *args, struct error *err)
{
	struct ledger ledger;
	int r = open_ledger(args, &ledger, err);

	return r ? r : ledger_switch(&ledger, false, err);
}

const struct command cmd_responses_off = {
	.name = "off",
	.summary = "do nothing about alerts, at once and until further notice",
	.description =
		"Guards that run look at the switch before each response; alerts go on. What was done stays done: "
		"see merlon-undo(1).",
	.options = switch_options,
	.option_count = ARRAY_SIZE(switch_options),
	.run = run_off,
};

const struct command cmd_responses_on = {
	.name = "on",
	.summary = "do again what policies say",
	.options = switch_options,
	.option_count = ARRAY_SIZE(switch_options),
	.run = run_on,
};

static const struct command *const subcommands[] = { &cmd_responses_off, &cmd_responses_on, NULL };

const struct command cmd_responses = {
	.name = "responses",
	.summary = "list what was done about alerts",
	.description =
		"Each with its id, by which merlon-undo(1) undoes it; \"done\" and \"begun\" are in force, if they "
		"can be. With --dry-run, what policies would have done is counted by rule.",
	.examples = "  merlon responses --active\n"
		    "  merlon responses --dry-run\n"
		    "  merlon responses off            # whatever policies say\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.subcommands = subcommands,
};
