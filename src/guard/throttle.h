/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps one rule in one container from drowning the rest: some alerts at once, then one a while. What
 * is held back is counted, told with the next alert that passes, and told by itself when it has ended.
 */
#pragma once
#include "base/cleanup.h"
#include "rules/model.h"

enum { THROTTLE_CONTAINER_MAX = 72 };

struct throttle;

/* burst alerts at once, then one per interval_ns. burst 0: nothing is held back. */
struct throttle *throttle_new(uint32_t burst, uint64_t interval_ns);
void throttle_free(struct throttle *t);
DEFINE_CLEANUP(struct throttle *, throttle_free)
#define cleanup_throttle cleanup(throttle_freep)

/* Whether an alert may pass; then *held says how many were held back before it. */
bool throttle_pass(struct throttle *t, const struct rule *r, struct text container, int64_t now_ns,
		   uint64_t *held);

/* What was held back and not told yet, of those whose last alert is quiet_ns old (0: of all). */
typedef void (*throttle_held_fn)(const struct rule *r, const char *container, uint64_t held,
				 void *arg);
void throttle_settle(struct throttle *t, int64_t now_ns, int64_t quiet_ns, throttle_held_fn fn,
		     void *arg);

/* Forgets all rules; say throttle_settle() first. */
void throttle_reset(struct throttle *t);

/* All that were ever held back. */
uint64_t throttle_held(const struct throttle *t);
