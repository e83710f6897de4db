/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/commands.h"

#define SECOND 1000000000LL
enum {
	QUEUED_MAX = 1000, /* alerts in memory, before more are read */
	TURN_EVERY = 64,   /* alerts: a spool is synced once a turn */
};

static const struct option_def options[] = {
	{ "output", 'o', "OUTPUT", "where to: see below", true, COMPLETE_NONE, NULL },
	{ "from", 0, "FILE",
	  "alerts as lines of JSON, instead of from the store; - is standard input", false,
	  COMPLETE_FILE, NULL },
	{ "wait", 0, "DURATION", "at the end, for what is still to be sent (30s)", false,
	  COMPLETE_NONE, NULL },
	{ "metrics", 0, "ADDRESS",
	  "tell at http://ADDRESS/metrics how it goes (PORT, or ADDRESS:PORT)", false,
	  COMPLETE_NONE, NULL },
	ALERT_QUERY_OPTIONS,
	ALERT_STORE_OPTION,
};

struct forward {
	struct outputs *outputs;
	int64_t wait_ns;
	uint64_t bad, taken;
	bool impatient;
};

static void tell(void *context, const char *text)
{
	fprintf(stderr, "%s\n", alert_shown(text));
}

/* Lets sinks work until no more than so many alerts wait, by what counts them, or time is up. */
static bool let_work(struct forward *f, uint64_t (*count)(const struct outputs *o), uint64_t most)
{
	int64_t end = poller_now() + f->wait_ns;
	struct pollfd p = { .fd = outputs_fd(f->outputs), .events = POLLIN };

	while (count(f->outputs) > most) {
		if (poller_now() >= end)
			return false;
		poll(&p, 1, 100);
		outputs_turn(f->outputs);
	}
	return true;
}

/* A receiver that is slow is waited for, so that no queue is too short; one that is away, once. */
static void take(struct forward *f, const struct alert *a)
{
	outputs_take(f->outputs, a);
	if (++f->taken % TURN_EVERY == 0)
		outputs_turn(f->outputs);
	if (!f->impatient)
		f->impatient = !let_work(f, outputs_queued, QUEUED_MAX);
}

/* --- from where --------------------------------------------------------------------------------- */

static int take_lines(struct forward *f, struct alert_lines *l)
{
	int r = 0;

	while (r <= 0) {
		cleanup_alert struct alert a = { .pid = -1 };
		struct error bad = ERROR_INIT;

		r = alert_lines_next(l, &a, &bad);
		if (r == 0) {
			take(f, &a);
		} else if (r < 0) {
			fprintf(stderr, "%s\n", alert_shown(bad.text));
			f->bad++;
		}
	}
	return 0;
}

/* Sinks go on while no line comes. */
static int from_lines(struct forward *f, const char *path, struct error *err)
{
	cleanup_alert_lines struct alert_lines l = { .fd = -1 };
	int r = alert_lines_open(&l, path, err);

	while (!r && !l.end) {
		struct pollfd p[] = { { .fd = l.fd, .events = POLLIN },
				      { .fd = outputs_fd(f->outputs), .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return error_errno(err, errno, "%s", path);
		if (p[1].revents)
			outputs_turn(f->outputs);
		if (!p[0].revents)
			continue;
		r = alert_lines_read(&l, err);
		if (!r)
			r = take_lines(f, &l);
		outputs_turn(f->outputs);
	}
	return r;
}

static int take_row(void *context, const struct store_row *row, struct error *err)
{
	take(context, &row->alert);
	return 0;
}

static int from_store(struct forward *f, const struct arguments *args, struct error *err)
{
	cleanup_store struct store *s = NULL;
	struct store_query q;
	int r = alert_query(args, &q, err);

	if (!r)
		r = alert_store(args, false, &s, err);
	q.after_id = -1; /* as they came */
	return r ? r : store_list(s, &q, take_row, f, err);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static void report(const struct forward *f)
{
	outputs_counter_list list = { 0 };
	const char *last = "";

	outputs_counters(f->outputs, &list);
	vec_foreach(c, &list) {
		if (!c->value)
			continue;
		if (!str_eq(c->of, last))
			fprintf(stderr, "%s%s:", *last ? "\n" : "", alert_shown(c->of));
		last = c->of;
		fprintf(stderr, " %s %s", str_grouped(c->value), c->name);
	}
	fputs(*last ? "\n" : "", stderr);
	vec_deinit(&list);
}

static int forward(struct forward *f, const struct arguments *args, const char *const *sinks,
		   struct error *err)
{
	const char *from = arg_value(args, "from");
	struct outputs_config config = { .sinks = sinks,
					 .metrics = arg_value(args, "metrics"),
					 .tell = tell };
	int r = outputs_new(&f->outputs, &config, err);

	if (r)
		return r;
	if (config.metrics)
		fprintf(stderr, "metrics: port %u\n", outputs_metrics_port(f->outputs));
	r = from ? from_lines(f, from, err) : from_store(f, args, err);
	if (!r)
		let_work(f, outputs_waiting, 0);
	report(f);
	if (!r)
		r = f->bad						    ? EXIT_BAD_INPUT :
		    outputs_waiting(f->outputs) || outputs_lost(f->outputs) ? EXIT_NEGATIVE :
									      EXIT_OK;
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *wait = arg_value(args, "wait"), *sinks[33] = { 0 };
	struct forward f = { .wait_ns = 30 * SECOND };
	uint64_t ns;
	size_t n, count = 0;
	int r;

	arg_operands(args, &n);
	if (n)
		return error_set(err, USAGE_ERROR, "alerts are read with --from FILE");
	while (arg_value_at(args, "output", count)) {
		if (count == ARRAY_SIZE(sinks) - 1)
			return error_set(err, USAGE_ERROR, "more than %zu outputs", count);
		sinks[count] = arg_value_at(args, "output", count);
		count++;
	}
	if (!count)
		return error_set(err, USAGE_ERROR,
				 "where to? --output text, json, file:PATH, syslog or webhook:URL");
	if (wait) {
		if (!str_to_duration(wait, &ns) || ns > INT64_MAX / 4)
			return error_set(err, EINVAL, "--wait takes a duration as 30s, not \"%s\"",
					 wait);
		f.wait_ns = (int64_t)ns;
	}
	r = forward(&f, args, sinks, err);
	outputs_free(f.outputs);
	return r;
}

const struct command cmd_alerts_forward = {
	.name = "forward",
	.summary = "send alerts of the store, or of a file, to outputs",
	.description =
		"Sends alerts, in order, to where merlon guard can send them: text or json (standard output, "
		"or :stderr), file:PATH, syslog[:/PATH|:udp:HOST:PORT|:tcp:HOST:PORT] and webhook:URL, with options "
		"after commas, as min=warning. docs/tutorial-alerts.md lists them.\n\n"
		"A webhook sends through a spool on disk: what its receiver has not taken when the command "
		"ends stays there, and is sent by the next one that uses the spool. Nothing is sent twice but "
		"what was under way when a process died; the uuid tells.\n\n"
		"The exit status is 1 if alerts wait still, or were given up.",
	.examples =
		"  merlon alerts forward --since 1d --output webhook:http://127.0.0.1:2801/,spool=/tmp/spool\n"
		"  merlon alerts forward --from old.jsonl --output syslog:udp:logs:514,min=warning\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
