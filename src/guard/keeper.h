/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's hold on its keeper (deny_keeper.h): the process is started again whenever it ends, and what it counts is in memory
 * that the engine, which tells of it, shares.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "guard/deny_keeper.h"

struct keeper {
	struct keeper_numbers *
		numbers; /* shared with the processes that are started later; NULL: there is no keeper */
	pid_t pid;	 /* 0: it has ended, and is started again when it is due */
	int ring;	 /* of sensor_deny_begun(), owned */
	int64_t started_ns, due_ns, wait_ns;
};

#define KEEPER_NONE ((struct keeper){ .ring = -1 })

/* Where nothing can be denied there is none, and that is no error. */
int keeper_start(struct keeper *k, struct error *err);
/* Now and then: pid may be another one then. */
void keeper_turn(struct keeper *k);
/* Ends it. */
void keeper_deinit(struct keeper *k);
