/* SPDX-License-Identifier: Apache-2.0 */
/* Rules out of strings, events out of JSON, and what comes of them: for tests of the rule language. */
#pragma once
#include "event/stream.h"
#include "rules/eval.h"
#include "rules/model.h"
#include "unit/unit.h"

struct rig {
	struct diags diags;
	struct ruleset *rules;
	struct program *program;
	struct evaluator *evaluator;
	struct event_reader *reader;
	struct event event; /* the last one */
	struct rule_match matches[EVAL_MATCHES_MAX];
	size_t match_count;
};

void rig_init(struct rig *r);
void rig_deinit(struct rig *r);

/* Adds a file; rig_compile() at the end says whether all of them are without errors. */
void rig_add(struct rig *r, const char *name, const char *yaml);
bool rig_compile(struct rig *r);
/* The same for one file, which must be good: diagnostics are printed otherwise. */
void rig_load(struct rig *r, const char *yaml);
/* Makes the program and the evaluator. */
void rig_start(struct rig *r, enum rule_matching matching);

/* One record of the JSON form; single quotes may stand for double ones. Fills event. */
void rig_record(struct rig *r, const char *json);
/* rig_record(), and evaluates it: the names of the rules that fit, joined by blanks. */
const char *rig_event(struct rig *r, const char *json);

/* The diagnostics as "file:line:column code" lines, for comparison. */
char *rig_diags(struct rig *r);
/* The first diagnostic with that code; fails the test if there is none. */
const struct diag *rig_diag(struct rig *r, const char *code);

/* A rule as it was understood: name, priority, tags, condition; its output too. The caller's. */
char *rig_rule_text(const struct rule *rule, bool outputs);

/* A rule file formatted, the caller's; NULL: refused. */
char *rig_format(const char *text, struct error *err);
/* Formats, and checks that the rules stay what they are and that a second time changes nothing. */
bool rig_check_format(const char *name, const char *text);

/* A rule set of one rule with this condition (source syscall, or k8s_audit). NULL: errors. */
struct expr *rig_condition(struct rig *r, const char *condition, bool audit);

#define cleanup_rig cleanup(rig_deinit)
