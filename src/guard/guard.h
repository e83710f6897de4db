/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: live events, rules, and what comes of it, until it is told to stop. */
#pragma once
#include "guard/engine.h"
#include "guard/live.h"

struct guard_options {
	struct live_options live; /* what is wanted is filled in */
	struct rulebook_options rules;
	struct engine_options engine; /* its hostname is filled in */
	uint64_t duration_ns;	      /* 0: until a signal, or the end of the command */
	/* Called once it watches, about four times a second, and once more at the end. Each may be NULL. */
	void (*ready)(size_t rules, void *arg);
	void (*turn)(void *arg);
	/* More to wait for: readable means that turn is called. */
	int (*fd)(void *arg);
	/* Rules that were to replace those in force have errors; the old ones stay. */
	void (*bad_rules)(const struct rulebook *book, const struct error *err, void *arg);
	void *arg;
};

struct guard_stats {
	struct engine_stats engine;
	struct live_stats live;
	size_t rules; /* in force */
	uint64_t reloads, failed_reloads;
};

/*
 * SIGINT and SIGTERM end it, SIGHUP loads the rules anew. *stats is filled whatever happens. -EINVAL
 * with bad_rules called: the rules have errors.
 */
int guard_run(const struct guard_options *o, struct guard_stats *stats, struct error *err);
