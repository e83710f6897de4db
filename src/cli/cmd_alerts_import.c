/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/commands.h"

static const struct option_def options[] = { ALERT_STORE_OPTION };

struct tally {
	uint64_t stored, known, bad;
};

static int import_line(struct alert_lines *l, struct store *s, struct tally *t, struct error *err)
{
	cleanup_alert struct alert a = { .pid = -1 };
	int r = alert_lines_next(l, &a, err);

	if (r > 0)
		return 1;
	if (r < 0) {
		fprintf(stderr, "%s\n", alert_shown(err->text));
		*err = ERROR_INIT;
		t->bad++;
		return 0;
	}
	r = store_add(s, &a, 0, err);
	t->known += r == 1;
	t->stored += r == 0;
	return r < 0 ? r : 0;
}

static int import(const char *path, struct store *s, struct tally *t, struct error *err)
{
	cleanup_alert_lines struct alert_lines l = { .fd = -1 };
	int r = alert_lines_open(&l, path, err);

	while (!r && !l.end) {
		r = alert_lines_read(&l, err);
		while (!r)
			r = import_line(&l, s, t, err);
		r = r < 0 ? r : store_turn(s, clock_wall_ns(), err);
		r = r < 0 ? r : 0;
	}
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *path = arg_value(args, "store");
	struct store_config config = { .path = path ? path : STORE_PATH };
	cleanup_store struct store *s = NULL;
	struct tally t = { 0 };
	size_t n;
	char **files = arg_operands(args, &n);
	int r;

	if (!n)
		return error_set(err, USAGE_ERROR, "which file? \"-\" is standard input");
	r = store_open(&s, &config, err);
	if (!r && store_moved_aside(s))
		fprintf(stderr, "%s: was damaged, it is now %s\n", config.path,
			store_moved_aside(s));
	for (size_t i = 0; i < n && !r; i++)
		r = import(files[i], s, &t, err);
	if (r)
		return r;
	printf("%" PRIu64 " alerts stored, %" PRIu64 " were there already, %" PRIu64
	       " lines are none\n",
	       t.stored, t.known, t.bad);
	return t.bad ? EXIT_BAD_INPUT : EXIT_OK;
}

const struct command cmd_alerts_import = {
	.name = "import",
	.summary = "load alerts from lines of JSON into the store",
	.operands = "FILE...",
	.description =
		"Reads what merlon guard writes with --output json or file, and what Falco writes "
		"with json_output: alerts of its own have no uuid, and get one that is made of their "
		"contents. What is in the store already is passed over, so a file may be imported again. "
		"Lines that are no alerts are named, and the exit status is 5 then. "
		"The store is made if there is none.",
	.examples = "  merlon alerts import --store old.db /var/log/falco.jsonl\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
