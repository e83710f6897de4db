/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each container did last, a line an event: so that an alert can tell what led to it, and so that
 * what follows one is told too. Of fixed size; the container that was quiet longest is forgotten first.
 */
#pragma once
#include "base/cleanup.h"
#include "event/event.h"

enum {
	ACTIVITY_CONTAINERS_MAX = 256,
	ACTIVITY_LINES = 16,
	ACTIVITY_LINE_MAX = 200,
	ACTIVITY_AFTER_MAX = 64, /* lines told after an alert */
};
#define ACTIVITY_AFTER_NS (60LL * 1000000000)

struct activity_log;

struct activity_log *activity_log_new(void);
void activity_log_free(struct activity_log *log);
DEFINE_CLEANUP(struct activity_log *, activity_log_free)
#define cleanup_activity_log cleanup(activity_log_freep)

/*
 * Remembers the event if it is worth a line: what was run, written, connected to. True: it follows
 * an alert of its container, and *line is to be told; it is valid until the next call.
 */
bool activity_log_add(struct activity_log *log, const struct event *ev, struct text *line);

/* Remembers, in its order of time, that a program was run where the event happened, unless it is remembered already. */
void activity_log_insert(struct activity_log *log, const struct event *ev, int64_t time_ns,
			 int64_t pid, struct text name, struct text cmdline);

/* [{ "time", "pid", "text" }], oldest first: before an alert of the event's container, which is noted. */
json_t *activity_log_before(struct activity_log *log, const struct event *ev);
