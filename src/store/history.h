/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What inspections found, over time: an SQLite database of its own beside the alerts. A subject is what was
 * inspected and what was asked; its runs are compared with each other. What fails is kept once, from the run
 * that saw it first to the one that did not see it any more, so an inspection that finds the same as the last
 * adds one row. The last HISTORY_RUNS runs of a subject stay, and what was mended in them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct history;

#define HISTORY_PATH "/var/lib/merlon/inspections.db"

enum { HISTORY_RUNS = 500, HISTORY_LEVELS = 4 };

struct history_run {
	int64_t id, time_ns;
	const char *subject, *version; /* of merlon */
	unsigned score;
	uint64_t levels[HISTORY_LEVELS]; /* what fails, by severity, from low on */
	uint64_t passed, exempt;
	uint64_t added, mended, standing; /* against the run before */
	bool first;			  /* there is none before: nothing counts as added */
	/*
	 * Files that could not be read whole, NULL-terminated; NULL: none. What is not found in them may be there:
	 * it counts as standing.
	 */
	const char *const *unread;
};

struct history_item {
	const char *key; /* what is the same finding in every run */
	const char *check, *object, *path, *file;
	uint32_t line;
	unsigned severity; /* below HISTORY_LEVELS */
	int64_t since_ns;  /* when it was found first */
	bool fresh;	   /* by this run, and there were runs before */
};

/* Makes the file and its folder if it is to be written. -ENOENT: there is none; -EINVAL: it is something else. */
int history_open(struct history **ret, const char *path, bool write, struct error *err);
void history_close(struct history *h);
DEFINE_CLEANUP(struct history *, history_close)
#define cleanup_history cleanup(history_closep)

/*
 * Adds a run in one transaction. Of the run, what the comparison says is filled in, and of each item since
 * when it is there.
 */
int history_add(struct history *h, struct history_run *run, struct history_item *items,
		size_t count, struct error *err);

/* A positive value ends the reading and is returned. */
typedef int history_run_fn(void *context, const struct history_run *run, struct error *err);
typedef int history_item_fn(void *context, const struct history_item *item, struct error *err);

/* Newest first; subject NULL: of all; limit 0: all of them. */
int history_runs(struct history *h, const char *subject, uint32_t limit, history_run_fn *fn,
		 void *context, struct error *err);

enum history_change { HISTORY_ADDED, HISTORY_MENDED, HISTORY_STANDING };
/* What a run found that is new, that is gone, or that was there before; nothing of no run. Worst first. */
int history_items(struct history *h, int64_t run, enum history_change which, history_item_fn *fn,
		  void *context, struct error *err);
