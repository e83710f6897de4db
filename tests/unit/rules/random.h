/* SPDX-License-Identifier: Apache-2.0 */
/* Random rules and events from small pools, so that they meet. */
#pragma once
#include "event/event.h"
#include "unit/unit.h"

/* A condition, at most about a kilobyte. */
void random_condition(struct chance *c, int depth, struct buf *out);

/* Lists and macros that random conditions may name. */
extern const char random_prelude[];

enum { RANDOM_PROCESSES = 24, RANDOM_TEXTS = 4 };

/* Where a random event keeps what it refers to. */
struct random_world {
	struct event_container containers[3];
	struct process processes[RANDOM_PROCESSES];
	struct text args[RANDOM_PROCESSES][RANDOM_TEXTS];
	struct fd fd;
	struct text names[2];
};

void random_world(struct chance *c, struct random_world *w);
void random_event(struct chance *c, struct random_world *w, struct event *ev);
