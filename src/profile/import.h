/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles from rules that others wrote. A profile lists what is done; rules that list what is denied,
 * and comparisons that a profile has no place for, become "any arguments", and that is told.
 */
#pragma once
#include "base/buf.h"
#include "profile/cbpf/filter.h"
#include "profile/profile.h"

/* The calls that rules permit, sorted, owned by the caller; notes a line each. -ENOMEM. */
int profile_from_rules(struct profile **ret, const char *name, const struct cbpf_filter *rules,
		       struct buf *notes);
