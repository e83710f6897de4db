/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard as a whole. Six processes, seven with responses, each with what it needs (privilege.h):
 *
 *   parent   root: loads the programs, starts the others and the command, waits. Reads nothing that a
 *            container wrote.
 *   reader   looks at processes and files for the engine, and understands nothing of it (reader.h)
 *   engine   drains the ring, knows who runs, evaluates rules, makes documents (watch.h)
 *   hand     what is done about alerts, if there are policies (respond/hand.h)
 *   keeper   who containers are, for what is denied in them (deny_keeper.h)
 *   resolver names that rules compare addresses with (resolver.h)
 *   outputs  what becomes of documents: terminal, files, servers (struct guard_outputs)
 *
 * Documents go from engine to outputs through a pipe (outlet.h). If either ends unasked, so does the
 * guard, and says so.
 */
#pragma once
#include "guard/live.h"
#include "guard/watch.h"

/* All are called in the outputs process only; those that may be NULL say so. */
struct guard_outputs {
	int (*prepare)(void *arg,
		       struct error *err);	   /* before privileges are dropped; may be NULL */
	int (*open)(void *arg, struct error *err); /* after that; may be NULL */
	void (*take)(json_t *document, void *arg); /* takes it over; NULL: what came was none */
	void (*turn)(void *arg);		   /* after documents, and when fd is readable */
	int (*fd)(void *arg);			   /* may be NULL */
	void (*reopen)(void *arg);		   /* SIGHUP; may be NULL */
	bool (*close)(void *arg); /* after the last document; true: alerts were lost. May be NULL */
	void *arg;
};

struct guard_options {
	const char *
		ledger; /* of responses, which there are if there are policies to watch; NULL: LEDGER_PATH */
	uint64_t confirm_ns;	    /* as hand_options has it */
	struct live_options live;   /* what is wanted, and that calls are looked at, is filled in */
	struct watch_options watch; /* ready is called in the parent, bad_rules in the engine */
	struct guard_outputs outputs;
	const char *user; /* as whom the outputs run; NULL: privilege_user() says */
};

/*
 * SIGINT, SIGTERM, the end of the time or of the command end it; SIGHUP loads rules anew and reopens
 * outputs. *stats is filled once the engine has ended by itself.
 */
int guard_run(const struct guard_options *o, struct watch_stats *stats, struct error *err);
