/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a process at once, from a record of its exec or from /proc. Texts are borrowed. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"

struct process_facts {
	uint32_t pid, parent; /* parent 0: none */
	uint32_t pidns;	      /* inode number of its PID namespace; 0: not known */
	uint32_t vpid, sid, pgid, vpgid, tty;
	uint32_t uid, gid, loginuid, uid_before;
	uint64_t caps_permitted, caps_inheritable, caps_effective;
	uint64_t start_ns, pidns_start_ns;   /* CLOCK_BOOTTIME; 0: not known */
	uint64_t exe_ctime_ns, exe_mtime_ns; /* since 1970 */
	uint64_t exe_ino;
	uint64_t cgroup;
	struct text name, exepath, cwd;
	struct text args, env; /* each with its NUL; args with argv[0] */
	bool exe_memfd, exe_deleted, exe_upper_layer, exe_lower_layer;
	bool exe_writable, exe_setuid, exe_setgid;
	enum fd_type stdio_types[STDIO_COUNT]; /* FD_NONE: closed, or not known */
	struct text stdio_names[STDIO_COUNT];
};
