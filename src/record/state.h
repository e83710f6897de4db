/* SPDX-License-Identifier: Apache-2.0 */
/* Where a session lives on disk, and what it keeps there. */
#pragma once
#include "record/session.h"

/* Directory of the session's state ("/run/merlon/record/NAME"). */
int state_dir(const char *name, char *out, size_t size, struct error *err);

/* Directory of its pinned objects, on a BPF file system that is mounted if there is none. */
int state_pin_dir(const char *name, char *out, size_t size, struct error *err);

/* Creates the directory and takes its lock; -EBUSY if another process has it. Returns the lock's fd. */
int state_lock(const char *name, struct error *err);
bool state_is_locked(const char *name);

/* What must survive the process. */
struct state {
	int64_t start_ns;
	struct recorder_hooks hooks;
	VEC(struct session_workload) workloads;
};
int state_save(const char *name, const struct state *state, struct error *err);
int state_load(const char *name, struct state *ret, struct error *err);
void state_deinit(struct state *state);
void state_remove(const char *name);

/* Lists the names of all sessions. */
int state_each(int (*fn)(const char *name, void *arg), void *arg);

void session_workload_deinit(struct session_workload *w);
