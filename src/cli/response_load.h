/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands on policies of responses share: loading the files, and the rules that they are about. */
#pragma once
#include "cli/rules_load.h"
#include "respond/policy.h"

struct policy_loaded {
	struct rules_loaded rules;
	struct diags diags;
	struct response_policy *policy;
};
#define POLICY_LOADED_INIT ((struct policy_loaded){ 0 })

/*
 * Reads the policies, which are operands, and the rules of --rules or those that are shipped. -errno: a file can't be
 * read, or there are errors in the rules. Errors of policies are in diags; those of "deny" with the rules are added.
 */
int policy_load(const struct arguments *args, struct policy_loaded *ret, struct error *err);
void policy_loaded_deinit(struct policy_loaded *l);
/* Prints them with the lines that they are about. */
void policy_show_diags(const struct policy_loaded *l, FILE *out);

#define cleanup_policy_loaded cleanup(policy_loaded_deinit)
