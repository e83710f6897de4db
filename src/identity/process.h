/* SPDX-License-Identifier: Apache-2.0 */
/* Processes, as /proc tells of them. A container may be hostile: so are its command lines. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_status {
	pid_t pid, parent;
	pid_t inner_pid;      /* in the innermost pid namespace */
	int pid_namespaces;   /* depth: 1 if it is in ours only */
	uint64_t start_ticks; /* since boot: with pid it names the process for good */
	bool kernel;
	bool ending; /* its memory, files and control groups are gone, or about to be */
	bool no_new_privileges;
	int seccomp_mode;      /* 0 none, 1 strict, 2 filter */
	unsigned filter_count; /* of seccomp filters; 0 before 5.9, which does not tell */
	uint32_t uid, gid;     /* real, as our user namespace sees them */
	uint64_t caps_effective, caps_permitted, caps_inheritable, caps_bounding, caps_ambient;
};

/* -ESRCH if it is gone. */
int process_read(pid_t pid, struct process_status *ret);

/* Pure part of the above: from the texts of /proc/PID/stat and /proc/PID/status. -EINVAL. */
int process_parse(pid_t pid, const char *stat, const char *status, struct process_status *ret);

/* Resolves /proc/PID/ns/NAME to its inode number, 0 if that can't be read. */
uint32_t process_namespace(pid_t pid, const char *name);

/* When it started, by the wall clock as it is set now. */
int64_t process_started_ns(const struct process_status *p);

/* Who user inside of the process' user namespace is in ours; false if nobody. */
bool process_uid_outside(pid_t pid, uint32_t inside, uint32_t *ret);
