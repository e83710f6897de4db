/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that keeps what is denied true to who containers are: it learns which program of a container has
 * begun, finds out whose it is, and tells the programs that deny the class of its control groups. It decides by copies of
 * what merlon deny on has put in force (deny_set.h), and by the machine: nobody tells it who somebody is.
 *
 * Until it runs, and until a container is known, class 0 applies.
 */
#pragma once
#include <sys/types.h>

#include "base/error.h"

/* ring: of sensor_deny_begun(). Until parent ends. Drops privileges (ROLE_KEEPER). -errno with *err: it could not begin. */
int deny_keeper_run(int ring, pid_t parent, struct error *err);
