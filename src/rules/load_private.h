/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the members of an object of a rule file: shared by load.c and load_rule.c. */
#pragma once
#include "rules/model_private.h"

/* A member that must be text; NULL: it is not there, or wrong (then *good is false). */
const struct yaml_node *load_scalar(struct ruleset *rs, const struct yaml_node *item,
				    const char *key, bool required, bool *good);
void load_bool(struct ruleset *rs, const struct yaml_node *item, const char *key, bool *value,
	       bool *good);
void load_number(struct ruleset *rs, const struct yaml_node *item, const char *key, uint64_t *value,
		 bool *good);
/* known ends with NULL; extensions: Merlon's own keys are known too. */
void load_warn_keys(struct ruleset *rs, const struct yaml_node *item, const char *const *known,
		    bool extensions);

enum { OVERRIDE_NONE, OVERRIDE_APPEND, OVERRIDE_REPLACE };

struct overridable {
	const char *key;
	bool append, replace;
};

/* What override says about a key. */
int load_override_of(const struct yaml_node *item, const char *key);
/* Whether override and the keys that are there agree. */
bool load_check_override(struct ruleset *rs, const struct yaml_node *item,
			 const struct overridable *table, size_t count);
/* Sets *append from "append: true" or, if key is given, from override; they exclude each other. */
bool load_append(struct ruleset *rs, const struct yaml_node *item, const char *key, bool *append);

/* --- load_rule.c --- */

void load_rule(struct ruleset *rs, const struct yaml_node *item);
void rule_deinit(struct rule *r);
