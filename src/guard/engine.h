/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events × rules → alerts. Pure: time is what the events and the caller say. Rules are swapped between
 * two events, so none is missed by a reload; what rules remembered (counts, sequences) begins anew.
 */
#pragma once
#include "alert/alert.h"
#include "base/sha256.h"
#include "guard/activity.h"
#include "guard/rulebook.h"
#include "rules/eval.h"

struct engine;

/* Takes over the document (docs/alert-format.md). */
typedef void (*engine_alert_fn)(json_t *document, void *arg);

struct engine_options {
	struct text hostname; /* outlives the engine */
	uint32_t burst;	      /* alerts of one rule in one container at once; 0: without limit */
	uint64_t interval_ns; /* then one each */
	bool unmasked;	      /* credentials stay in documents (alert/mask.h) */
	engine_alert_fn fn;
	/* What the program of p is; false: that can't be said. NULL: never. */
	bool (*hash)(const struct process *p, char out[SHA256_TEXT_SIZE], void *arg);
	/*
	 * Before an alert: hands what was run before and was no event to activity_log_insert(); grave: what is run after it is to be one.
	 * NULL: all is an event.
	 */
	void (*before)(struct activity_log *log, const struct event *ev, bool grave, void *arg);
	/* A rule fitted; alert is what will be told of it, which may be added to, NULL if it is held back. May be NULL. */
	void (*matched)(const struct rule_match *m, const struct event *ev, json_t *alert,
			struct scratch *s, void *arg);
	void *arg;
};

int engine_new(struct engine **ret, const struct engine_options *o);
void engine_free(struct engine *e);
DEFINE_CLEANUP(struct engine *, engine_free)
#define cleanup_engine cleanup(engine_freep)

/* Takes over *book, which is empty afterwards; -ENOMEM: the rules before stay, and *book its owner's. */
int engine_set_rules(struct engine *e, struct rulebook *book, int64_t now_ns);

void engine_take(struct engine *e, const struct event *ev);

/* The set of rules in force at decision points that it can name the rules of; 0: none. */
uint64_t engine_denied_set(const struct engine *e);

/* Once a second or so: tells of alerts that were held back. all: whatever is held, before an end. */
void engine_turn(struct engine *e, int64_t now_ns, bool all);

/* A document of the guard itself, to the same place as alerts; details may be NULL and is taken over. */
void engine_say(struct engine *e, enum alert_kind kind, enum alert_priority priority,
		int64_t now_ns, const char *rule, const char *output, json_t *details);

struct engine_stats {
	uint64_t events, alerts, held;
	uint64_t by_priority[ALERT_PRIORITIES];
	uint64_t by_type[TYPE_SET_WORDS * 64]; /* events, by event_type_index() */
	uint64_t given_up[EVAL_COUNTERS];      /* evaluator_counters[] names them */
};
void engine_statistics(const struct engine *e, struct engine_stats *ret);
