/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles as sets of facts: union, N of M, intersection.
 *
 * Laws (tests/unit/test_algebra.c): the order of profiles does not matter, a profile with itself is
 * itself, a union's parts may be joined in any order, and more in gives no less out. Evidence follows
 * them: a count is the highest of any profile's, not their sum.
 */
#pragma once
#include "profile/profile.h"

/*
 * The facts that at least `at_least` of the profiles have (1: union; count: intersection), named name,
 * sorted, owned by the caller; NULL when out of memory. A call whose arguments were recorded keeps
 * the combinations that as many have, and is left out if none is left.
 *
 * What the profiles say of themselves (image, runtime, ...) is kept where all say the same.
 */
struct profile *profile_join(const struct profile *const *list, size_t count, size_t at_least,
			     const char *name);

/*
 * Takes out what a filter would deny, combination by combination; a line each in *dropped. What
 * depends on arguments that were not recorded stays. -ENOMEM.
 */
struct cbpf_filter;
struct buf;
int profile_restrict(struct profile *p, const struct cbpf_filter *rules, struct buf *dropped);
