/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum { TURN_MS = 250, HOSTNAME_MAX = 256 };
#define TELL_NS (1000000000LL) /* how often losses are looked at */

struct guard {
	const struct guard_options *o;
	struct guard_stats *stats;
	struct engine *engine;
	struct live *live;
	struct live_stats told; /* losses that were told already */
	int64_t told_ns;
	int signals;
	char hostname[HOSTNAME_MAX];
};

/* --- what it says of itself --------------------------------------------------------------------------- */

static void say_started(struct guard *g, size_t rules)
{
	char text[128];

	snprintf(text, sizeof(text), "the guard watches with %zu rules", rules);
	engine_say(g->engine, ALERT_NOTE, ALERT_INFORMATIONAL, clock_wall_ns(), "merlon: started", text,
		   json_pack("{s:I}", "merlon.rules", (json_int_t)rules));
}

/* Every loss becomes a document, at most one of a kind a second: what was not seen can't be proven harmless. */
static void tell_losses(struct guard *g, int64_t now)
{
	struct live_stats *s = &g->stats->live;
	uint64_t dropped, malformed;
	char text[160];

	if (now - g->told_ns < TELL_NS || live_statistics(g->live, s))
		return;
	g->told_ns = now;
	dropped = s->dropped - g->told.dropped;
	malformed = s->malformed - g->told.malformed;
	g->told = *s;
	if (!dropped && !malformed)
		return;
	snprintf(text, sizeof(text), "%s events were lost: what happened meanwhile was not seen whole",
		 str_grouped(dropped + malformed));
	engine_say(g->engine, ALERT_LOSS, ALERT_CRITICAL, now, "merlon: events lost", text,
		   json_pack("{s:I, s:I}", "merlon.dropped", (json_int_t)dropped, "merlon.malformed",
			     (json_int_t)malformed));
}

/* --- rules ------------------------------------------------------------------------------------------- */

static int load_rules(struct guard *g, struct error *err)
{
	cleanup_rulebook struct rulebook book = { 0 };
	size_t rules;
	int r = rulebook_load(&book, &g->o->rules, err);

	if (r) {
		if (g->o->bad_rules)
			g->o->bad_rules(&book, err, g->o->arg);
		return r;
	}
	rules = book.enabled;
	r = engine_set_rules(g->engine, &book, clock_wall_ns());
	if (r)
		return error_errno(err, -r, "rules");
	g->stats->rules = rules;
	return 0;
}

static void reload_rules(struct guard *g)
{
	struct error err = ERROR_INIT;
	char text[sizeof(err.text) + 64];
	bool bad = load_rules(g, &err);

	if (bad) {
		g->stats->failed_reloads++;
		snprintf(text, sizeof(text), "the rules stay as they were: %s", err.text);
	} else {
		g->stats->reloads++;
		snprintf(text, sizeof(text), "%zu rules are in force", g->stats->rules);
	}
	engine_say(g->engine, ALERT_NOTE, bad ? ALERT_ERROR : ALERT_NOTICE, clock_wall_ns(),
		   bad ? "merlon: rules not reloaded" : "merlon: rules reloaded", text, NULL);
}

/* --- the loop ----------------------------------------------------------------------------------------- */

static int on_event(const struct event *ev, void *arg)
{
	struct guard *g = arg;

	engine_take(g->engine, ev);
	return 0;
}

static int open_signals(struct guard *g, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	g->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return g->signals < 0 ? error_errno(err, errno, "signalfd") : 0;
}

/* True: it is to end. */
static bool take_signals(struct guard *g)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(g->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload_rules(g);
		else
			end = true;
	}
	return end;
}

static int follow(struct guard *g, struct error *err)
{
	int64_t end = g->o->duration_ns ? clock_wall_ns() + (int64_t)g->o->duration_ns : INT64_MAX;
	bool over = false;
	int r = 0;

	while (!over && r >= 0) {
		struct pollfd fds[] = { { .fd = live_fd(g->live), .events = POLLIN },
					{ .fd = g->signals, .events = POLLIN },
					{ .fd = g->o->fd ? g->o->fd(g->o->arg) : -1, .events = POLLIN } };
		int64_t now;

		if (poll(fds, ARRAY_SIZE(fds), TURN_MS) < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		now = clock_wall_ns();
		/* Looked at before the last records are taken, so that none is left behind. */
		over = take_signals(g) || now >= end || live_is_over(g->live);
		r = over ? live_drain_all(g->live, on_event, g) : live_drain(g->live, on_event, g);
		tell_losses(g, now);
		engine_turn(g->engine, now, over);
		if (g->o->turn)
			g->o->turn(g->o->arg);
	}
	return r < 0 ? error_errno(err, -r, "events") : 0;
}

static int run(struct guard *g, struct error *err)
{
	int r = load_rules(g, err);

	if (!r)
		r = open_signals(g, err);
	if (!r)
		r = live_new(&g->live, &g->o->live, err);
	if (r)
		return r;
	say_started(g, g->stats->rules);
	if (g->o->ready)
		g->o->ready(g->stats->rules, g->o->arg);
	r = follow(g, err);
	g->told_ns = 0;
	tell_losses(g, clock_wall_ns());
	engine_say(g->engine, ALERT_NOTE, ALERT_INFORMATIONAL, clock_wall_ns(), "merlon: stopped",
		   "the guard has stopped", NULL);
	if (g->o->turn)
		g->o->turn(g->o->arg);
	return r;
}

int guard_run(const struct guard_options *o, struct guard_stats *stats, struct error *err)
{
	struct guard g = { .o = o, .stats = stats, .signals = -1 };
	struct engine_options eo = o->engine;
	int r;

	*stats = (struct guard_stats){ 0 };
	gethostname(g.hostname, sizeof(g.hostname) - 1);
	eo.hostname = text_of(g.hostname);
	r = engine_new(&g.engine, &eo);
	if (r)
		return error_errno(err, -r, "the guard");
	r = run(&g, err);
	engine_statistics(g.engine, &stats->engine);
	live_free(g.live);
	engine_free(g.engine);
	if (g.signals >= 0)
		close(g.signals);
	return r;
}
