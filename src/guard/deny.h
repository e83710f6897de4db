/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that deny: from a rule set to programs at the kernel's decision points (docs/design/deny.md).
 * A rule is taken only if the kernel can decide all of it there; what it says then is what the exact
 * evaluator would say of the record.
 */
#pragma once
#include "guard/deny_set.h"

/*
 * Where each rule that may be denied somewhere can be, as bits per enum abi_deny_hook: rules that say "response: deny",
 * and those for which the policy (NULL: there is none) does. Rules that can't are errors in rs->diags, which name the
 * term that nobody knows there and what would help. *ret_rules: how many deny.
 */
int deny_plan(struct ruleset *rs, const struct response_policy *policy, uint64_t *ret_hooks,
	      size_t *ret_rules);

struct deny_options {
	enum abi_deny_mode mode; /* at most that, whatever a policy says */
	bool only_running;	 /* containers that come later are left alone */
	unsigned forms;		 /* how it may be done: DENY_FORMS_ALL, ... */
	const struct response_policy *policy;
	bool force; /* also what no container could run with: deny_risk.h */
	uint64_t confirm_ns; /* what was in force before comes back unless deny_confirm() does; 0: it is for good */
	uint64_t set; /* what is in force, renewed, is still called by its number; 0: something else */
};

struct deny_result {
	size_t rules, containers;
	bool in_force;		 /* as long as it is not, all is as it was */
	uint64_t hooks, missing; /* where it is denied; where it would be if the kernel asked */
	uint64_t stops; /* and where it is not denied: a signal ends the process when it has happened */
};

/*
 * Puts the rules in force, in the place of those that are. -EINVAL: there are errors in rs->diags;
 * -ENOENT: no rule asks for it. What was in force stays if anything fails.
 */
int deny_apply(struct ruleset *rs, const struct deny_options *o, struct deny_result *ret,
	       struct error *err);

/* Nothing is denied any more; -ENOENT: nothing was. */
int deny_end(struct error *err);
