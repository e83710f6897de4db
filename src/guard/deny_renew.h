/* SPDX-License-Identifier: Apache-2.0 */
/* What was put in force before, put in force again: by copies of its rules and policies, which are kept beside it. */
#pragma once
#include "guard/deny.h"

/* What is kept in dir, in that mode. set: what it is called by; 0: a new set. */
int deny_kept_apply(const char *dir, enum abi_deny_mode mode, uint64_t set, struct error *err);

/*
 * After an upgrade: if what is in force is of an older Merlon whose programs this one does not understand, the same rules
 * take their place, attached before the others end. -EPROTO: it is of a newer one, and stays as it is.
 */
int deny_renew(struct error *err);
