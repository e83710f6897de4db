/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that are in force on probation: unless somebody confirms them in time, what was in force before is put in force
 * again, by a process that was left behind for that. It needs no terminal and no guard.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * From now on the set waits to be confirmed for ns; who waits has been left behind. To be called before anything is changed.
 * -EBUSY: another waits already.
 */
int deny_probation_begin(uint64_t set, uint64_t ns, struct error *err);
/* It did not come into force, or for good: nobody waits any more. */
void deny_probation_end(void);
/* Seconds that are left; -1: nothing waits. */
int64_t deny_probation_left(void);

/* -ENOENT: nothing waits. */
int deny_confirm(struct error *err);
