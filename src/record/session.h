/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: A recording session
 *
 * A session is a name, a directory below RUN_DIR and a recording in the kernel. The kernel half
 * (pinned) learns; this half finds out which control group is which container, writes profiles, and
 * can die at any moment: whoever starts a session of the same name goes on where the last one
 * stopped. What must survive is in the kernel's maps; what can't be found out again once a container
 * is gone (its name, image, volumes) is in the session's state file.
 *
 *   born -> undecided -> wanted -> gone -> written
 *                    \-> ignored
 *
 * A control group is recorded from its first moment and only then asked who it is: nothing that a
 * wanted container does is missed, and what an unwanted one did is dropped.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "identity/container.h"
#include "record/collect.h"
#include "record/selection.h"

struct session_options {
	const char *name; /* of the session; also of the profile if there is one workload */
	const char *output_dir;
	struct selection selection;
	char **command; /* NULL-terminated: a command of its own; NULL: containers */
	bool wait;	/* containers named may come later, and come back */
	enum recorder_rung rung;
	unsigned containers; /* make room for this many; 0: by what is asked for */
};

/* A container, control group or command that is being recorded. */
struct session_workload {
	struct container who;
	VEC(uint64_t) cells;
	link_list links; /* in its root */
	bool command;	 /* ours */
	bool ended;
	bool written;	    /* its final profile is on disk */
	char *profile_path; /* once one was written */
};

struct session;

/*
 * Starts a session, or goes on with one whose process is gone (*ret_resumed). The command, if any,
 * is started by session_begin().
 */
int session_open(struct session **ret, const struct session_options *options, bool *ret_resumed,
		 struct error *err);

/* Attaches to what runs, starts the command. */
int session_begin(struct session *s, struct error *err);

/* Lets go of it, leaving the recording in the kernel if it was not ended. */
void session_free(struct session *s);
DEFINE_CLEANUP(struct session *, session_free)
#define cleanup_session cleanup(session_freep)

/* A descriptor that becomes readable when session_step() has something to do, and how long to wait
 * for it at most. */
int session_poll_fd(const struct session *s);
int session_poll_ms(const struct session *s);

/* Follows births and deaths; call when readable, and when that time is over. */
int session_step(struct session *s, struct error *err);

/* True once everything that was asked for has ended. */
bool session_is_over(const struct session *s);

/* Writes the profile of every wanted workload that has something new; goes on recording. */
int session_snapshot(struct session *s, struct error *err);

/* Detaches from the kernel, forgets the session. Profiles must have been written. */
int session_end(struct session *s, struct error *err);

size_t session_workload_count(const struct session *s);
const struct session_workload *session_workload(const struct session *s, size_t i);
int session_statistics(const struct session *s, struct collect_stats *ret);

/* The command's process, 0 if there is none (any more), and its wait status. */
pid_t session_command_pid(const struct session *s);
bool session_command_status(const struct session *s, int *ret_wait_status);

/* Names of sessions on this host, and whether a process is behind each. */
struct session_info {
	char *name;
	bool live;
};
typedef VEC(struct session_info) session_list;
int session_list_all(session_list *ret, struct error *err);
void session_list_deinit(session_list *list);

/* Opens a session beside the process that runs it, to take a snapshot. */
int session_visit(struct session **ret, const char *name, const char *output_dir,
		  struct error *err);
