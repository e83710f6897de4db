/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that happens to an alert once it is made: suppressed or not, stored, sent to every sink
 * that wants its priority, counted. One descriptor for somebody's poll loop.
 */
#pragma once
#include "sinks/metrics_server.h"
#include "sinks/sink.h"
#include "store/store.h"

struct outputs;

struct outputs_config {
	const char *const
		*sinks; /* words, as sink_parse() reads them; NULL-terminated, may be NULL */
	struct store_config store; /* path NULL: nothing is stored */
	const char *metrics;	   /* where to listen, see metrics_server_new(); NULL: nowhere */
	/* Of the owner's own; what is counted here is added. fill and health may be NULL. */
	struct metrics_source source;
	/* What a person should know: a sink stopped working, or works again. One line, may be hostile. */
	void (*tell)(void *context, const char *text);
	void *tell_context;
};

/*
 * Ignores SIGPIPE from here on, as writing to pipes and sockets needs. A disk that is full, read-only
 * or failing is no error: what can't be stored is counted, and opening the store is tried again.
 */
int outputs_new(struct outputs **ret, const struct outputs_config *config, struct error *err);
/* Waits a second at most for what can still be written; the spools keep the rest. */
void outputs_free(struct outputs *o);
DEFINE_CLEANUP(struct outputs *, outputs_free)
#define cleanup_outputs cleanup(outputs_freep)

/* Readable when outputs_turn() has something to do. */
int outputs_fd(const struct outputs *o);
void outputs_turn(struct outputs *o);
/* Never waits for a reader or a network. */
void outputs_take(struct outputs *o, const struct alert *a);
/* The same with a document, which it takes over. One that is no alert, or NULL, is a fault of ours: counted, and told. */
void outputs_take_json(struct outputs *o, json_t *document);
/* SIGHUP: log files may have been moved, names may have other addresses, tokens may be new. */
void outputs_reopen(struct outputs *o);

/* How many alerts sinks have still to send. */
uint64_t outputs_waiting(const struct outputs *o);
/* Those of them that wait in memory, where room is short: a spool has its own. */
uint64_t outputs_queued(const struct outputs *o);

struct outputs_counter {
	const char *of;	  /* "outputs", "store", or the sink: "webhook:http://127.0.0.1:8080/" */
	const char *name; /* "taken", "sent", "dropped", ... */
	uint64_t value;
};
typedef VEC(struct outputs_counter) outputs_counter_list;
/* Appends every counter, those that are zero too. */
void outputs_counters(const struct outputs *o, outputs_counter_list *list);
/* Alerts that the store or a sink has given up: reason for an alert of kind loss. */
uint64_t outputs_lost(const struct outputs *o);
/* Appends the counters that make it up, of those that lost any. */
void outputs_losses(const struct outputs *o, outputs_counter_list *list);
/* 0 without a server. */
uint16_t outputs_metrics_port(const struct outputs *o);
/* NULL: nothing is stored. */
const char *outputs_store_path(const struct outputs *o);
