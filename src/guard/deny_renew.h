/* SPDX-License-Identifier: Apache-2.0 */
/* What was put in force before, put in force again: by copies of its rules and policies, which are kept beside it. */
#pragma once
#include "guard/deny.h"

/* What is kept in dir, in that mode. set: what it is called by; 0: a new set. */
int deny_kept_apply(const char *dir, enum abi_deny_mode mode, uint64_t set, struct error *err);

struct deny_renewed {
	uint32_t lost; /* pins that are missing or others than were put there, though rules are in force; they were put in force anew */
	bool failed;   /* but could not be */
};

/*
 * What a guard does first. After an upgrade: if what is in force is of an older Merlon whose programs this one does not
 * understand, the same rules take their place, attached before the others end. -EPROTO: it is of a newer one, and stays as it is. And if
 * somebody has removed what is pinned (deny_memory.h) the rules are put in force anew.
 */
int deny_renew(struct deny_renewed *ret, struct error *err);
