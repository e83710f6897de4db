/* SPDX-License-Identifier: Apache-2.0 */
/* A container's control group as a thing that all in it can be stopped by. */
#pragma once
#include <limits.h>
#include <stdbool.h>

#include "identity/container.h"

struct cage {
	bool unified; /* v2; else of the v1 freezer */
	char directory[PATH_MAX];
};

/* -ENOENT: there is no freezer here. -EBUSY: the container shares its group with others. */
int cage_find(const struct cgroup_layout *layout, const struct container *c, struct cage *ret);

/*
 * Waits until all in it have stopped: 0. 1: some wait in the kernel for something else (a disk, a lock); each stops
 * before it goes back to its program.
 */
int cage_freeze(const struct cage *cage);
int cage_thaw(const struct cage *cage);
/* 1: all in it are stopped, 0: not, -errno. */
int cage_is_frozen(const struct cage *cage);
/* By one write (v2, from Linux 5.14 on). -ENOENT: not here. */
int cage_kill(const struct cage *cage);
