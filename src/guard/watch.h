/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's engine process: live events, rules, and the documents that come of them. */
#pragma once
#include "guard/deny_keeper.h"
#include "guard/engine.h"
#include "guard/filter_set.h"
#include "guard/live.h"
#include "guard/outlet.h"
#include "guard/reader_client.h"
#include "guard/responder.h"

struct watch_options {
	struct reader_client *reader;	 /* who reads files and of processes; borrowed */
	const struct live_options *look; /* what live was made with */
	struct rulebook_options rules;
	char *const *
		policies; /* files and directories that say what is done about alerts; reloaded with the rules */
	size_t policy_count;
	int hand;	/* who does it, SOCK_SEQPACKET; -1: nobody */
	int resolver;	/* who looks names up (resolver.h); -1: nobody. Taken over */
	uint32_t burst; /* as engine_options has it */
	uint64_t interval_ns;
	bool unmasked;	 /* as engine_options has it */
	uint32_t *beats; /* counts turns, for who wants to know that it makes them; may be NULL */
	const struct keeper_numbers *keeper; /* shared with it; NULL: there is none */
	uint64_t duration_ns;		     /* 0: until a signal */
	struct loader_client *loader;	     /* who loads filters; NULL: nobody */
	bool unfiltered; /* all records are told, also those that no rule can want */
	/* Says how many rules are in force, once it watches. */
	void (*ready)(size_t rules, void *arg);
	/* Rules that are, or were to be, in force have errors. */
	void (*bad_rules)(const struct rulebook *book, const struct error *err, void *arg);
	void *arg;
};

struct watch_stats {
	struct engine_stats engine;
	struct live_stats live;
	struct filter_set_stats filters;
	struct responder_stats responses;
	size_t rules; /* in force */
	uint64_t reloads, failed_reloads;
	uint64_t refused; /* documents that the outputs took too long for */
	struct reader_numbers reads;
	struct keeper_numbers keeper;
	bool outputs_lost; /* the outputs gave up alerts; guard_run() knows */
};

/*
 * Until SIGINT, SIGTERM or the end of the time; SIGHUP loads the rules anew. live watches nothing yet
 * but what it was made for; documents go to out. *stats is filled whatever happens.
 */
int watch_run(struct live *live, struct outlet *out, const struct watch_options *o,
	      struct watch_stats *stats, struct error *err);
