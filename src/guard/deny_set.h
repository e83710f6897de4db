/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that are in force, by their numbers at each decision point, and what they do in which container. A
 * container's class is made of that: the same for all in which the same is to happen, and numbered by it, so that
 * whoever works one out works out the same. Pure, but for what is kept in DENY_RULES_DIR.
 */
#pragma once
#include <jansson.h>

#include "event/event.h"
#include "guard/deny_hook.h"
#include "respond/policy.h"
#include "sensor/deny.h"

/* Of those in force: copies of their files, and of policies', and what the kernel calls them by. */
#define DENY_RULES_DIR "/run/merlon/deny"
#define DENY_POLICIES_DIR DENY_RULES_DIR "/policies"
#define DENY_SET_FILE DENY_RULES_DIR "/set.json"
/* The same of what was in force before, while it may be gone back to (deny_confirm.h). */
#define DENY_BEFORE_DIR DENY_RULES_DIR ".before"

struct deny_set {
	uint64_t number;		      /* what records call it by; 0: none */
	const struct response_policy *policy; /* NULL: what rules say themselves is enforced */
	/* By decision point; in the order of their numbers. NULL: it is no more among the rules. */
	VEC(const struct rule *) points[ABI_DENY_HOOKS];
};
void deny_set_deinit(struct deny_set *s);
#define cleanup_deny_set cleanup(deny_set_deinit)

/* What a rule does in a container. */
struct deny_verdict {
	enum response_mode mode; /* MODE_OBSERVE: nothing */
	uint8_t error;		 /* errno */
};
/* c NULL: a container of which nothing is known yet. */
struct deny_verdict deny_verdict(const struct response_policy *policy, const struct rule *r,
				 const struct event_container *c);

struct deny_class {
	uint64_t number;
	struct abi_deny_class points[ABI_DENY_HOOKS];
};
/* c NULL: class 0. */
void deny_class_of(const struct deny_set *s, const struct event_container *c,
		   struct deny_class *ret);
/* Tells the programs; -errno. */
int deny_class_put(const struct sensor_deny_members *m, const struct deny_class *c);

/* Names of rules, for who has other copies of them: what is kept in DENY_SET_FILE. */
json_t *deny_set_json(const struct deny_set *s);
/*
 * The set from what was kept, for these rules. -EINVAL: it is none.
 */
int deny_set_from_json(const json_t *kept, const struct ruleset *rs, struct deny_set *ret);
/* The name of a rule of the set; without data: there is none such. */
struct text deny_set_name(const json_t *kept, uint32_t point, uint32_t number);
