/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where alerts go: one table of kinds, one struct sink for each that was asked for. No kind waits for a
 * reader or a network in take() and turn(): what can't go at once is queued, within a limit, or counted.
 */
#pragma once
#include <stdbool.h>

#include "alert/alert.h"
#include "base/buf.h"
#include "base/text.h"
#include "sinks/poller.h"

enum sink_counter {
	SINK_TAKEN,   /* alerts given to it, whose priority it wants */
	SINK_SENT,    /* alerts that it has delivered */
	SINK_FAILED,  /* attempts that failed */
	SINK_RETRIED, /* attempts after one that failed */
	SINK_DROPPED, /* alerts that it gave up: nobody gets them through it */
	SINK_WAITING, /* alerts that are still to be sent, now */
	SINK_SPOOLED, /* bytes on disk that wait, now */
	SINK_COUNTERS
};
extern const char *const sink_counters[SINK_COUNTERS];

enum sink_format { SINK_JSON, SINK_TEXT };
enum sink_when { SINK_AUTO, SINK_ALWAYS, SINK_NEVER };

/* What stands in a word as "webhook:http://127.0.0.1:8080/,min=warning": see sink_parse(). */
struct sink_config {
	const struct sink_ops *ops;
	char *target; /* NULL: the kind's usual one */
	uint64_t min; /* enum alert_priority */
	uint64_t max_bytes, keep, batch;
	uint64_t timeout_ns, retry_ns;
	uint64_t format, colour, facility;
	uint64_t asked;		    /* webhook: only alerts whose "webhooks" have its target */
	char *spool, *headers, *ca; /* webhook: there is always a spool */
};

struct sink {
	const struct sink_ops *ops;
	struct sink_config config;
	struct poller *poller;
	void *state;	 /* of the kind */
	int64_t wake_ns; /* turn() is wanted then, of poller_now(); INT64_MAX: not */
	uint64_t counters[SINK_COUNTERS];
	char name[160];	 /* for people: the word without its options and passwords */
	unsigned unwell; /* enum sink_trouble, those that were told */
	void (*tell)(void *context, const char *text);
	void *tell_context;
};

struct sink_ops {
	const char *name;
	const char *target; /* what stands after the colon, for people; NULL: nothing may */
	bool needs_target;
	const char *help;
	int (*open)(struct sink *s, struct error *err);
	/* line: the document as one line of JSON, without its end. */
	void (*take)(struct sink *s, const struct alert *a, struct text line);
	void (*turn)(struct sink *s, int64_t now_ns);
	void (*reopen)(struct sink *s); /* SIGHUP; may be NULL */
	void (*close)(struct sink *s);	/* of what open() made, also if that failed */
};

extern const struct sink_ops sink_text, sink_json, sink_file, sink_syslog, sink_webhook;
extern const struct sink_ops *const sink_kinds[]; /* NULL-terminated */

/* Options, for help and documents. */
struct sink_option {
	const char *name, *argument;
	const char *kinds; /* "file webhook"; NULL: all */
	const char *help;
};
extern const struct sink_option *const sink_options; /* ended by a name of NULL */

/* -EINVAL: err says which part of the word is wrong, and what could stand there. */
int sink_parse(struct sink_config *ret, const char *word, struct error *err);
void sink_config_deinit(struct sink_config *c);

/* Takes over config, also when it fails. */
int sink_open(struct sink **ret, struct sink_config *config, struct poller *poller,
	      void (*tell)(void *context, const char *text), void *context, struct error *err);
void sink_close(struct sink *s);

enum sink_trouble { SINK_OUTWARD = 1, SINK_SPOOL = 2, SINK_ROTATION = 4 };
/* Tells people, once, that it does not work, and once that it does again. */
void sink_unwell(struct sink *s, enum sink_trouble what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sink_well(struct sink *s, enum sink_trouble what);
