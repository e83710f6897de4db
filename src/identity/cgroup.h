/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: where the kernel keeps who belongs together.
 *
 * Identity needs one hierarchy. On a v2 host that is the unified one; where v1 controllers are
 * mounted (v1 and hybrid) container runtimes put containers into those, and we follow one of them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum cgroup_mode { CGROUP_V2, CGROUP_HYBRID, CGROUP_V1 };

struct cgroup_layout {
	enum cgroup_mode mode;
	char mount[256];     /* of the hierarchy used for identity */
	char controller[32]; /* its v1 controller; "" for v2 */
	uint32_t hierarchy;  /* its id; 0 for v2 */
	char unified[256];   /* where a v2 hierarchy is mounted, "": nowhere */
};

extern const char *const cgroup_mode_names[];

int cgroup_layout_detect(struct cgroup_layout *layout, struct error *err);

/* Pure part of the above: from the texts of /proc/self/mountinfo and /proc/cgroups. */
int cgroup_layout_parse(const char *mountinfo, const char *cgroups, struct cgroup_layout *ret,
			struct error *err);

/* The kernel's 64-bit id of the group at path ("/a/b", relative to the mount); -errno. */
int cgroup_id(const struct cgroup_layout *layout, const char *path, uint64_t *ret_id);

/* The path of pid's group in the hierarchy; -ESRCH if there is no such process. */
int cgroup_of_pid(const struct cgroup_layout *layout, pid_t pid, char *path, size_t size);

/* Pure part of the above: from the text of /proc/PID/cgroup. False if the hierarchy is not in it. */
bool cgroup_of_text(const struct cgroup_layout *layout, const char *text, char *path, size_t size);

/* Calls fn for every process in the group (not below it) until fn returns non-zero, which it passes on. */
int cgroup_each_process(const struct cgroup_layout *layout, const char *path,
			int (*fn)(pid_t pid, void *arg), void *arg);

/* Calls fn with the path of the group and of every group below it, parents first. */
int cgroup_each_below(const struct cgroup_layout *layout, const char *path,
		      int (*fn)(const char *path, void *arg), void *arg);

/*
 * Creates a group for a command of ours, below our own, and writes its path; remove with
 * cgroup_remove() once it is empty.
 */
int cgroup_create(const struct cgroup_layout *layout, const char *name, char *path, size_t size,
		  struct error *err);
int cgroup_remove(const struct cgroup_layout *layout, const char *path);

/* Moves the calling process into the group; async-signal-safe, for use between fork and exec. */
int cgroup_enter(int procs_fd);
/* Opens what cgroup_enter() wants. */
int cgroup_open_procs(const struct cgroup_layout *layout, const char *path);
