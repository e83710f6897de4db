/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions over the workload view, in the language of rules (docs/rules.md): the same words, the same
 * meaning of a field that is not set (every comparison with it is false). Not there: macros, lists by name, and
 * of the transformers those but tolower, toupper, basename and len.
 */
#pragma once
#include "inspect/custom/field.h"
#include "inspect/custom/schema.h"

struct condition;

/*
 * Loads the condition that a node's text is; owner is the innermost whose fields may be named. NULL: diagnostics
 * say why.
 */
struct condition *condition_load(struct arena *a, struct schema_patterns *patterns,
				 const struct yaml_node *text, enum view_owner owner,
				 struct diags *d);

/* *ret_at: of the first field that made it true; no parent and no node: there is none. */
bool condition_holds(const struct condition *c, const struct view_subject *s,
		     struct regex_room *room, struct arena *scratch, struct at *ret_at);
