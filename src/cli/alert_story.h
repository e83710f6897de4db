/* SPDX-License-Identifier: Apache-2.0 */
/* The story of an alert, for a person: what happened, who did it, why it is told, what came before and after. */
#pragma once
#include "base/buf.h"
#include "base/vec.h"
#include "store/store.h"

/* Something that the same container did around that time. */
struct story_event {
	int64_t time_ns;
	int64_t pid;   /* -1: not known */
	int64_t alert; /* its number, if it was an alert; 0: no */
	char *text;    /* owned */
};
typedef VEC(struct story_event) story_events;

void story_events_deinit(story_events *events);
#define cleanup_story_events cleanup(story_events_deinit)

/* around: in any order. */
void story_render(const struct store_row *row, story_events *around, bool colour, struct buf *out);
