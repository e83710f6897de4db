/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of a container really have. Who looked them up is of no interest here: runtimes leave
 * out what a kernel can't do, and somebody may have entered, mounted or changed something since.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct workload;

enum live_namespace { LIVE_PID, LIVE_NETWORK, LIVE_IPC, LIVE_UTS, LIVE_NAMESPACES };

enum live_lsm { LIVE_NO_LSM, LIVE_APPARMOR, LIVE_SELINUX };

struct live_process {
	pid_t pid;
	uint32_t uid; /* in its own user namespace */
	bool uid_known;
	bool own_users; /* it is in another user namespace than the host's */
	bool filtered;	/* by seccomp */
	bool no_new_privileges;
	uint64_t capabilities;	    /* in any of its sets; bits are the kernel's numbers */
	bool host[LIVE_NAMESPACES]; /* it is in the host's */
	enum live_lsm lsm;	    /* who labels processes here */
	const char *label;	    /* NULL: none; of AppArmor without the mode */
	bool label_enforced;
};

/* A file or directory of the host in the container, as the kernel lists it. */
struct live_mount {
	const char *source, *point;
	bool read_only;
};

struct live {
	const char *name;  /* what people call the container */
	const char *image; /* as its engine keeps it; NULL: nobody knows */
	uid_t owner;	   /* whose files tell of it; 0: root's */
	const char *
		docker; /* where Docker keeps what it says of it (inspect/docker.h); NULL: nowhere */
	const struct live_process *processes;
	size_t process_count;
	const struct live_mount *mounts; /* as the first process sees them */
	size_t mount_count;
	bool root_writable; /* its root is */
};

/*
 * Where a process has more than the workload (of one container) was declared to have, that is taken in,
 * at the place of the declaration and with words that say which process it was. Everything lives in the
 * arena; its failed says if that was too small.
 */
void live_apply(const struct live *live, struct workload *w, struct arena *a);
