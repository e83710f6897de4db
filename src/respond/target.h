/* SPDX-License-Identifier: Apache-2.0 */
/* Who is meant by a request: found on this machine, and checked against who may be touched at all. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "identity/container.h"
#include "respond/request.h"

enum { TARGET_OWN_MAX = 8 };

struct target_limits {
	struct cgroup_layout layout;
	pid_t own[TARGET_OWN_MAX]; /* the guard's processes */
	size_t own_count;
	char *const *containers; /* ids or names: only these; none: any */
	size_t container_count;
};

struct target {
	pid_t pid;
	int pidfd; /* -1: the process has ended, and its container is meant */
	uint64_t start_ticks;
	bool host;
	struct container container;
};
#define TARGET_INIT ((struct target){ .pidfd = -1 })

void target_deinit(struct target *t);
#define cleanup_target cleanup(target_deinit)

/*
 * HAND_DONE: *ret is who was meant: that very process, by its start, and not another that has its number now; and its
 * container, which is the one of the request. HAND_GONE, HAND_REFUSED: why (HAND_TEXT_MAX bytes) says it.
 */
enum hand_outcome target_find(const struct target_limits *l, const struct hand_request *rq,
			      struct target *ret, char *why);

/*
 * Calls fn for the process and its descendants, parents first, those of its container only. -errno of fn. Who is born
 * meanwhile may be missing: stop them first, then look again.
 */
typedef int (*target_process_fn)(pid_t pid, uint64_t start_ticks, void *arg);
int target_each_in_tree(const struct target_limits *l, const struct target *t, target_process_fn fn,
			void *arg);

/* Sends a signal to the process that started then. -ESRCH: that one is gone. */
int target_signal(pid_t pid, uint64_t start_ticks, int signal);
