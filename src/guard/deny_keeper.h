/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that keeps what is denied true to who containers are: it learns which program of a container has
 * begun, finds out whose it is, and tells the programs that deny the class of its control groups. It decides by copies of
 * what merlon deny on has put in force (deny_set.h), and by the machine: nobody tells it who somebody is.
 *
 * Until it runs, and until a container is known, class 0 applies. It also holds what is pinned, so that a pin that somebody
 * removes ends nothing, and pins that anew.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* What is counted of it; each is added to by one process only. */
struct keeper_numbers {
	uint32_t ended; /* it did, unasked */
	uint32_t late; /* containers that there was no room to look at at once: they are found by the next look at all */
	uint32_t pins;	 /* that somebody had removed, and that are there again */
	uint32_t strays; /* processes that left their container's control groups */
	/* The same of when no guard ran: put in force anew as this one began; or not. */
	uint32_t lost, not_back;
};

/* ring: of sensor_deny_begun(). Until parent ends. Drops privileges (ROLE_KEEPER). -errno with *err: it could not begin. */
int deny_keeper_run(int ring, pid_t parent, struct keeper_numbers *numbers, struct error *err);
