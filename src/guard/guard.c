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
#include "base/utf8.h"

enum { TURN_MS = 250, HOSTNAME_MAX = 256, LOSERS_MAX = 16 };
#define TELL_NS (1000000000LL) /* how often losses are looked at */

struct guard {
	const struct guard_options *o;
	struct guard_stats *stats;
	struct engine *engine;
	struct live *live;
	struct type_set types;	/* that are wanted */
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

static void set_text(json_t *o, const char *name, struct text t)
{
	if (t.data)
		json_object_set_new(o, name, utf8_json(t));
}

/* What each has lost since the guard began. */
static int add_loser(const struct live_load *load, void *arg)
{
	const struct event_container *c = load->container;
	json_t *o;

	if (!load->lost.ring && !load->lost.budget && !load->lost.life)
		return 0;
	o = json_pack("{s:I, s:I, s:I, s:I}", "told", (json_int_t)load->told, "lost_to_full_ring",
		      (json_int_t)load->lost.ring, "lost_to_budget", (json_int_t)load->lost.budget,
		      "lives_lost", (json_int_t)load->lost.life);
	set_text(o, "container", c ? c->full_id.data ? c->full_id : c->id : TEXT_NONE);
	set_text(o, "name", c ? c->name : TEXT_NONE);
	set_text(o, "group", load->group);
	json_array_append_new(arg, o);
	return json_array_size(arg) >= LOSERS_MAX;
}

/* Every loss becomes a document, at most one a second: what was not seen can't be proven harmless. */
static void tell_losses(struct guard *g, int64_t now)
{
	struct live_stats *s = &g->stats->live;
	uint64_t dropped, malformed;
	json_t *losers;
	char text[256];

	if (now - g->told_ns < TELL_NS || live_statistics(g->live, s))
		return;
	g->told_ns = now;
	dropped = s->dropped - g->told.dropped;
	malformed = s->malformed - g->told.malformed;
	if (!dropped && !malformed)
		return;
	losers = json_array();
	live_loads(g->live, add_loser, losers);
	snprintf(text, sizeof(text),
		 "%s events were lost (%s to a full ring, %s of containers beyond their budget): what happened "
		 "meanwhile was not seen whole",
		 str_grouped(dropped + malformed), str_grouped(s->lost.ring - g->told.lost.ring),
		 str_grouped(s->lost.budget - g->told.lost.budget));
	g->told = *s;
	engine_say(g->engine, ALERT_LOSS, ALERT_CRITICAL, now, "merlon: events lost", text,
		   json_pack("{s:I, s:I, s:o}", "merlon.dropped", (json_int_t)dropped, "merlon.malformed",
			     (json_int_t)malformed, "merlon.by_container", losers));
}

/* --- rules ------------------------------------------------------------------------------------------- */

/* What comes before an alert is told with it: what was run always is. */
static void want_execs(struct type_set *types)
{
	static const char *const names[] = { "execve", "execveat" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		type_set_add(types, event_type_index(event_type_find(text_of(names[i]))));
}

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
	want_execs(&book.types);
	g->types = book.types;
	/* First what the new rules want, then they: no event of theirs is missing. */
	r = g->live ? live_want(g->live, &g->types, err) : 0;
	if (r)
		return r;
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
	struct live_options lo = g->o->live;
	int r = load_rules(g, err);

	lo.want = &g->types;
	if (!r)
		r = open_signals(g, err);
	if (!r)
		r = live_new(&g->live, &lo, err);
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
