/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: Two-phase confinement
 *
 * A filter can't be loosened, and nobody but a process itself can add one to it. But a filter may ask:
 * calls that belong to a workload's start alone are sent to an agent (SCMP_ACT_NOTIFY; runtime-spec's
 * listenerPath), which lets them go on while the container starts, and answers ENOSYS once it serves.
 * A call that is allowed outright costs nothing, a call that is asked about costs a round trip: those
 * are rare by definition after the start.
 *
 * The kernel's manual is clear that CONTINUE is no security decision about arguments: memory may change
 * after it. Here it never is one: during the start the call is allowed whatever its arguments are.
 */
#pragma once
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct agent;

struct agent_options {
	const char *socket; /* runtimes connect here */
	uint64_t settle_ns; /* the start is over when nothing was asked for so long */
	void (*say)(const char *text, void *arg); /* one line for a person, without newline */
	void *say_arg;
	/*
	 * To complain instead: every call goes on, at any time, and is told of first, while its task
	 * waits. Its filter asks about whatever a profile does not allow.
	 */
	void (*told)(const struct seccomp_data *data, pid_t pid, void *arg);
	void *told_arg;
};

/* Listens; an old socket at the path is replaced. */
int agent_new(struct agent **ret, const struct agent_options *options, struct error *err);
/* Closes everything: containers whose agent is gone get ENOSYS for what they ask. */
void agent_free(struct agent *a);

/* Waits for something to answer, at most until the next start is over; answers it. */
int agent_step(struct agent *a, int extra_fd, bool *ret_extra_ready, struct error *err);

/* Ends the start of every container now: the readiness mark of somebody who knows better. */
void agent_end_starts(struct agent *a);
