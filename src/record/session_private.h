/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a session, for the files of this folder. */
#pragma once
#include <sys/types.h>

#include "record/session.h"
#include "record/state.h"

struct session {
	char *name, *output_dir;
	struct selection selection; /* owned */
	char **command;		    /* borrowed from the options */
	bool wait, visitor;	    /* visitor: another process runs the session, we only look */
	bool ended;
	int lock_fd;
	char pin_dir[300];
	struct cgroup_layout layout;
	struct recorder *recorder;
	struct state state;
	bool dirty;	/* workloads changed since the state was saved */
	bool undecided; /* there are cells of which we can't tell yet whose they are */

	pid_t command_pid;
	bool command_ended;
	int command_status;
	char command_cgroup[1024];
};

/* --- census.c: which control group is whom ------------------------------------------------------ */

/* Finds everything selected that runs already, and attaches to it. */
int census_attach(struct session *s, struct error *err);
/* Watches a control group that is no container (--cgroup, or the command's). */
int census_watch_group(struct session *s, const char *path, const char *name, bool command,
		       struct error *err);
/* Looks at every cell whose fate is open, and at what has ended. */
int census_sweep(struct session *s);

/* --- command.c: a command of its own ------------------------------------------------------------ */

int command_start(struct session *s, struct error *err);
/* Reaps it if it has ended. */
void command_poll(struct session *s);
/* Removes its control group once nothing is left in it. */
void command_clean(struct session *s);
bool command_is_over(struct session *s);

/* --- output.c: profiles ------------------------------------------------------------------------- */

/* Writes the profile of one workload, or with NULL of all that are not written for good. */
int output_write(struct session *s, struct session_workload *only, struct error *err);
