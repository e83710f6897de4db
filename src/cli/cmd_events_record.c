/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "event/stream.h"
#include "guard/live.h"

static const struct option_def options[] = {
	{ "container", 'c', "ID|NAME", "only what happens in this running container", true,
	  COMPLETE_NONE, NULL },
	{ "event", 'e', "TYPE",
	  "only events of this type (merlon events types); the kernel tells no others", true,
	  COMPLETE_NONE, NULL },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
	{ "json", 0, NULL, "as JSON lines instead of the binary form", false, COMPLETE_NONE, NULL },
	{ "duration", 'd', "TIME", "end after this time (90s, 10m, 1h30m)", false, COMPLETE_NONE,
	  NULL },
	{ "budget", 0, "KIB",
	  "what the calls of one container may take per second; by default there is no limit",
	  false, COMPLETE_NONE, NULL },
	{ "buffer", 0, "MIB",
	  "room in the kernel for what was not written yet: a power of two, by default 8", false,
	  COMPLETE_NONE, NULL },
};

enum { LOOK_MS = 100, FLUSH_AT = 64 << 10, BUFFER_MAX_MIB = 1024, BUDGET_MAX_KIB = 1 << 20 };

struct sink {
	FILE *file;
	struct event_writer *writer;
	struct buf buf;
	uint64_t events;
};

static int sink_flush(struct sink *s)
{
	bool bad = s->buf.len && fwrite(s->buf.data, 1, s->buf.len, s->file) != s->buf.len;

	buf_reset(&s->buf);
	return bad || fflush(s->file) ? (errno ? -errno : -EIO) : 0;
}

static int on_event(const struct event *ev, void *arg)
{
	struct sink *s = arg;
	int r = event_writer_add(s->writer, ev, &s->buf);

	s->events++;
	return !r && s->buf.len >= FLUSH_AT ? sink_flush(s) : r;
}

/* Before it is said that it records: a signal may come at once. */
static int open_signals(struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? error_errno(err, errno, "signalfd") : fd;
}

/* Until a signal, the end of the time or of the command. */
static int follow(struct live *live, int signals, struct sink *s, uint64_t duration_ns,
		  struct error *err)
{
	int64_t end = duration_ns ? clock_wall_ns() + (int64_t)duration_ns : INT64_MAX;
	bool over = false;
	int r = 0;

	while (!over && !r) {
		struct pollfd fds[] = { { .fd = live_fd(live), .events = POLLIN },
					{ .fd = signals, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), LOOK_MS) < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		/* Looked at before the last records are taken, so that none is left behind. */
		over = fds[1].revents || clock_wall_ns() >= end || live_is_over(live);
		r = over ? live_drain_all(live, on_event, s) : live_drain(live, on_event, s);
		r = r < 0 ? r : sink_flush(s);
	}
	return r ? error_errno(err, -r, "cannot write events") : 0;
}

/* A line for each container, or other group, that lost something. */
static int report_load(const struct live_load *load, void *arg)
{
	const struct event_container *c = load->container;
	struct text who = c && c->name.data ? c->name : c ? c->id : load->group;
	const struct live_lost *lost = &load->lost;
	char name[256];

	(void)arg;
	if (!(lost->ring + lost->budget + lost->life))
		return 0;
	who = who.data ? who : TEXT("others");
	str_printable(name, sizeof(name), who.data, who.len);
	fprintf(stderr, "%s: %s events lost as it told too much, %s as the buffer was full\n", name,
		str_grouped(lost->budget), str_grouped(lost->ring + lost->life));
	return 0;
}

static int report(struct live *live, const struct sink *s, struct error *err)
{
	struct live_stats stats;
	int r = live_statistics(live, &stats);

	if (!r)
		r = live_loads(live, report_load, NULL);
	if (r)
		return error_errno(err, -r, "statistics");
	fprintf(stderr, "%s events, %s lost\n", str_grouped(s->events),
		str_grouped(stats.dropped + stats.malformed));
	return stats.dropped + stats.malformed ? EXIT_NEGATIVE : EXIT_OK;
}

static int record(const struct arguments *args, const struct live_options *o, uint64_t duration_ns,
		  struct error *err)
{
	cleanup_event_writer struct event_writer *writer = NULL;
	cleanup_live struct live *live = NULL;
	cleanup_file FILE *file = NULL;
	const char *output = arg_value(args, "output");
	bool json = arg_flag(args, "json");
	struct sink s = { .buf = BUF_INIT };
	char hostname[STREAM_HOSTNAME_MAX] = "";
	cleanup_fd int signals = -1;
	int r;

	if (!output && !json && isatty(STDOUT_FILENO))
		return error_set(err, USAGE_ERROR,
				 "the binary form is not for terminals: say --output or --json");
	gethostname(hostname, sizeof(hostname) - 1);
	r = event_writer_new(&writer, json ? STREAM_JSON : STREAM_BINARY, text_of(hostname));
	if (r)
		return error_errno(err, -r, "events");
	if (output) {
		file = fopen(output, "we");
		if (!file)
			return error_errno(err, errno, "%s", output);
	}
	s.file = file ? file : stdout;
	s.writer = writer;
	signals = open_signals(err);
	if (signals < 0)
		return signals;
	r = live_new(&live, o, err);
	r = r ? r : live_look(live, o, err);
	if (!r) {
		fputs("recording events\n", stderr);
		r = live_start(live, err);
		r = r ? r : follow(live, signals, &s, duration_ns, err);
	}
	buf_deinit(&s.buf);
	return r ? r : report(live, &s, err);
}

/* The types asked for; *any: there are some. */
static int wanted_types(const struct arguments *args, struct type_set *ret, bool *any,
			struct error *err)
{
	const char *name;

	for (size_t i = 0; (name = arg_value_at(args, "event", i)); i++) {
		const struct event_type *t = event_type_find(text_of(name));

		if (!t)
			return error_set(err, USAGE_ERROR,
					 "there is no event type \"%s\" (see merlon events types)",
					 name);
		type_set_add(ret, event_type_index(t));
		*any = true;
	}
	return 0;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *duration = arg_value(args, "duration"), *mib = arg_value(args, "buffer"),
		   *kib = arg_value(args, "budget"), *name;
	VEC(char *) containers = { 0 };
	struct live_options o = { 0 };
	uint64_t duration_ns = 0, buffer = 0, budget = 0;
	struct type_set types = { 0 };
	bool some = false;
	size_t operands;
	char **command = arg_operands(args, &operands);
	int r;

	if (duration && (!str_to_duration(duration, &duration_ns) || !duration_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (90s, 10m, 1h30m)",
				 duration);
	if (mib && (!str_to_u64(mib, &buffer) || !buffer || buffer > BUFFER_MAX_MIB ||
		    buffer & (buffer - 1)))
		return error_set(err, USAGE_ERROR,
				 "--buffer is a power of two up to %d, not \"%s\"", BUFFER_MAX_MIB,
				 mib);
	if (kib && (!str_to_u64(kib, &budget) || !budget || budget > BUDGET_MAX_KIB))
		return error_set(err, USAGE_ERROR,
				 "--budget is a number of KiB up to %d, not \"%s\"", BUDGET_MAX_KIB,
				 kib);
	o.ring_size = (uint32_t)buffer << 20;
	o.budget = kib ? budget << 10 : LIVE_UNLIMITED;
	r = wanted_types(args, &types, &some, err);
	if (r)
		return r;
	o.want = some ? &types : NULL;
	if (operands && arg_flag(args, "container"))
		return error_set(err, USAGE_ERROR, "give either containers or a command");
	for (size_t i = 0; (name = arg_value_at(args, "container", i)); i++) {
		char **slot = vec_add(&containers);

		if (!slot) {
			vec_deinit(&containers);
			return error_errno(err, ENOMEM, "arguments");
		}
		*slot = (char *)(uintptr_t)name;
	}
	o.containers = containers.items;
	o.container_count = containers.len;
	o.command = operands ? command : NULL;
	r = record(args, &o, duration_ns, err);
	vec_deinit(&containers);
	return r;
}

const struct command cmd_events_record = {
	.name = "record",
	.summary = "write down what processes do, as events for rules",
	.operands = "[-- COMMAND [ARGUMENT]...]",
	.description =
		"Records execs, exits, files opened and changed, connections and other events of the "
		"kernel, in the form of docs/event-format.md. merlon rules test --events evaluates "
		"rules over it.\n\n"
		"Without containers and without a command everything on this machine is recorded. A "
		"command runs until it ends or the recording does. Ends "
		"with Ctrl-C, or after the time given.\n\n"
		"What the kernel could not hand over in time, and what went beyond --budget, is counted "
		"as lost, for each container: then the exit code is 1.",
	.examples = "  merlon events record -c web -o web.mev # until Ctrl-C\n"
		    "  merlon events record --json -- ls / # of a command, to read\n"
		    "  merlon rules test --events web.mev rules.yaml # replay it\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.command_follows = true,
};
