/* SPDX-License-Identifier: Apache-2.0 */
/* One response that is being carried out: who is meant, what for, and what will undo it. */
#pragma once
#include <jansson.h>
#include <limits.h>

#include "respond/target.h"

struct job {
	const struct target_limits *limits;
	const struct target *target;
	const struct hand_request *rq;
	bool dry; /* find out whether it could be done, and do nothing */
	const char *id;
	char room[PATH_MAX];	 /* a directory of its own; made for those that want one */
	const char *pins;	 /* where programs are pinned */
	json_t *undo;		 /* filled in before anything is done */
	char why[HAND_TEXT_MAX]; /* what was done, or why not */
	/* To be called once undo is filled in, and before anything is done: a killed hand leaves nothing that can't be undone. */
	int (*begin)(struct job *j);
};

enum hand_outcome job_say(struct job *j, enum hand_outcome o, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What could not be done, with the system's words. */
enum hand_outcome job_fail(struct job *j, int code, const char *what);

/* Ends a process, its tree, or all of its container. HAND_DONE: all that were meant were sent the signal, or are gone. */
enum hand_outcome job_kill(struct job *j);
/* Stops a process, its tree, or all of its container, until stop_thaw(). */
enum hand_outcome job_freeze(struct job *j);
/*
 * Cuts the network of the container off but for what is allowed. By programs at its control group (v2), or at the root of
 * the v2 hierarchy for its network namespace, where containers live in v1 groups.
 */
enum hand_outcome job_isolate(struct job *j);
/*
 * Moves a file out of the container, with all that is known of it. The path is the container's, looked up in its root; no
 * link is followed, and no file of the host is taken. Of an overlay a file of the image becomes hidden in this container
 * only: the image stays as it is.
 */
enum hand_outcome job_quarantine(struct job *j);
/* Keeps evidence in j->room: of the container's processes, or of one of the host. */
enum hand_outcome job_capture(struct job *j);

/* --- undoing, from what was filled in; -errno ------------------------------------------------------------ */

int undo_freeze(const struct target_limits *l, const json_t *undo, struct error *err);
int undo_isolate(const struct target_limits *l, const json_t *undo, struct error *err);
/* With owner, mode, times and attributes. -EEXIST: there is a file of that name by now; -ESRCH: the container has ended. */
int undo_quarantine(const struct target_limits *l, const json_t *undo, struct error *err);
