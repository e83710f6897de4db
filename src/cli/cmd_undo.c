/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "guard/document.h"
#include "respond/undo.h"

static const struct option_def options[] = {
	{ "all", 0, NULL, "everything that is in force", false, COMPLETE_NONE, NULL },
	{ "responses", 0, "DIR", "where responses are noted, instead of in " LEDGER_PATH, false,
	  COMPLETE_DIR, NULL },
	ALERT_STORE_OPTION,
};

/* It is in the store like what it undoes, if there is one. A store that can't be written to does not keep it from being done. */
static void store_undone(const struct arguments *args, const json_t *entry)
{
	char hostname[HOST_NAME_MAX + 1] = "", text[512];
	const char *action = json_string_value(json_object_get(entry, "action")),
		   *rule = json_string_value(json_object_get(entry, "rule"));
	cleanup_store struct store *s = NULL;
	struct alert a;
	json_t *o;

	if (alert_store(args, true, &s, NULL))
		return;
	gethostname(hostname, sizeof(hostname) - 1);
	snprintf(text, sizeof(text), "%s because of \"%s\" was undone by %s", action,
		 rule ? rule : "?", alert_who());
	o = document_of_guard(ALERT_RESPONSE, ALERT_NOTICE, clock_wall_ns(), text_of(hostname),
			      "merlon: undo", text, NULL);
	json_object_set_new(o, "response",
			    json_pack("{s:s, s:O, s:O, s:O, s:s}", "action", "undo", "of",
				      json_object_get(entry, "id"), "rule",
				      json_object_get(entry, "rule"), "alert",
				      json_object_get(entry, "alert"), "outcome", "done"));
	if (alert_of_json(&a, o, NULL))
		return;
	if (store_add(s, &a, 0, NULL) >= 0)
		store_turn(s, clock_wall_ns(), NULL);
	alert_deinit(&a);
}

static int undo_one(const struct arguments *args, const struct ledger *l,
		    const struct target_limits *limits, const char *name, struct error *err)
{
	json_t *entry = NULL;
	int r = ledger_find(l, name, &entry, err);

	if (!r)
		r = response_undo(l, limits, entry, err);
	if (!r) {
		printf("undone: %s of %s\n", json_string_value(json_object_get(entry, "action")),
		       json_string_value(json_object_get(entry, "id")));
		store_undone(args, entry);
	}
	json_decref(entry);
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *directory = arg_value(args, "responses");
	struct target_limits limits = { 0 };
	struct ledger l;
	size_t n, failed = 0;
	char **names = arg_operands(args, &n);
	int r;

	if (!n == !arg_flag(args, "all"))
		return error_set(err, USAGE_ERROR, "name responses, or say --all");
	if (geteuid() != 0)
		return error_set(err, EPERM, "undoing needs root");
	r = ledger_open(&l, directory ? directory : LEDGER_PATH, err);
	if (!r)
		r = cgroup_layout_detect(&limits.layout, err);
	for (size_t i = 0; !r && i < n; i++)
		r = undo_one(args, &l, &limits, names[i], err);
	if (!r && !n) {
		printf("%zu undone\n", response_undo_all(&l, &limits, 0, &failed));
		if (failed)
			fprintf(stderr, "%zu could not be undone: name them to see why\n", failed);
	}
	return r ? r : failed ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_undo = {
	.name = "undo",
	.summary = "undo what was done about an alert",
	.operands = "[ID]...",
	.description =
		"By the id that alerts of kind \"response\" and merlon-responses(1) have, or its end. What was frozen "
		"runs on, what was isolated reaches its peers again, and what was moved away is back with its owner and "
		"mode. What was killed stays dead. It does not matter whether a guard runs.",
	.examples = "  merlon undo 6c43b9c99c4d\n"
		    "  merlon undo --all\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
