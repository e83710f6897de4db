/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdarg.h>
#include <stdio.h>

#include "rules/extend.h"
#include "rules/model_private.h"

/* Reports an error at n; always false. */
bool extend_fail(struct ruleset *rs, const struct yaml_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* n must be a map with no members but the known ones. */
bool extend_keys(struct ruleset *rs, const struct yaml_node *n, const char *what,
		 const char *const *known);
bool extend_duration(struct ruleset *rs, const struct yaml_node *n, uint64_t *ret);
struct operand *extend_field(struct ruleset *rs, const struct yaml_node *n, int event_source);

/* response.c */
bool extend_compile_response(struct ruleset *rs, struct rule *r, const struct yaml_node *n);

/* state.c: bytes that one key takes. */
uint64_t extend_count_entry(const struct rule_count *c);
uint64_t extend_sequence_entry(const struct rule_sequence *q);
uint64_t extend_seen_entry(void);
uint64_t extend_suppress_entry(void);
/* All that a rule may remember. */
uint64_t extend_state_bytes(const struct rule_extensions *x);
