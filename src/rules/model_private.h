/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that build a rule set share. */
#pragma once
#include "rules/model.h"

/* --- lists.c --- */

/* Puts the items of earlier lists into those that name them, one level. */
void lists_expand(struct ruleset *rs);
/* The condition with list names replaced by their items; NULL when it grew too large. */
const struct source *lists_substitute(struct ruleset *rs, const struct source *s);

/* --- exceptions.c --- */

/* Reads "exceptions"; with_fields: new ones must say their fields. */
bool exceptions_read(struct ruleset *rs, const struct yaml_node *item, bool appended,
		     struct rule *into, bool replace);
/* Appends " and not (...)" for each to the condition; NULL if one is wrong. */
const struct source *exceptions_apply(struct ruleset *rs, struct rule *r);

/* --- check.c --- */

enum check_outcome { RULE_FINE, RULE_UNKNOWN, RULE_BROKEN };
/* Binds and checks everything in e. report: errors; else they become warnings. */
enum check_outcome check_condition(struct ruleset *rs, struct expr *e, int event_source,
				   bool skip_unknown, bool as_warnings);
/* Binds a field or transformer that stands outside of a condition; problems are reported. */
enum check_outcome check_operand(struct ruleset *rs, struct operand *o, const struct source *s,
				 int event_source, bool output, bool skip_unknown);

/* --- compile.c --- */

/* Parses a condition text (lists put in, macros resolved); NULL: reported. */
struct expr *compile_condition_text(struct ruleset *rs, const struct source *raw,
				    uint32_t *ret_size);

/* --- extend.c --- */

/* Reads the keys that only Merlon knows. False: reported. */
bool extensions_read(struct ruleset *rs, const struct yaml_node *item, struct rule *r);
bool extensions_compile(struct ruleset *rs, struct rule *r);
bool extensions_is_key(struct text key);
/* Whether the item has any of their keys. */
bool extensions_any(const struct yaml_node *item);

/* --- load.c --- */

bool yaml_to_bool(const struct yaml_node *n, bool *ret);
bool yaml_to_u64(const struct yaml_node *n, uint64_t *ret);
