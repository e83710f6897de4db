/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set: lists, macros and rules, collected from files in order and then compiled. Everything in
 * it lives in one arena and is never changed after ruleset_compile(): evaluators share it.
 */
#pragma once
#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/table.h"
#include "base/yaml_tree.h"
#include "rules/expr.h"

/* The engine version that rule files ask for (required_engine_version): 0.63.0. */
enum { RULES_ENGINE_MAJOR = 0, RULES_ENGINE_MINOR = 63, RULES_ENGINE_PATCH = 0 };

enum {
	RULES_ARENA_MAX = 256 << 20, /* all of a rule set, its files included */
	RULES_MAX = 20000,
	RULES_EXPANDED_MAX = 100000, /* checks of one condition with its macros put in */
	RULES_TOTAL_MAX = 10000000,  /* of all conditions */
	RULES_STATE_MAX = 1 << 30,   /* what all rules together may remember */
};

enum rule_priority {
	PRIORITY_EMERGENCY,
	PRIORITY_ALERT,
	PRIORITY_CRITICAL,
	PRIORITY_ERROR,
	PRIORITY_WARNING,
	PRIORITY_NOTICE,
	PRIORITY_INFORMATIONAL,
	PRIORITY_DEBUG,
	PRIORITIES
};
extern const struct text rule_priorities[PRIORITIES];
bool rule_priority_parse(struct text name, enum rule_priority *ret);

struct rule_list {
	struct text name;
	const struct yaml_node *node;
	VEC(const struct yaml_node *) items;	/* as written */
	VEC(const struct yaml_node *) expanded; /* with earlier lists' items put in, one level */
	uint32_t index, visibility;
	bool used;
};

enum macro_state { MACRO_RAW, MACRO_RESOLVING, MACRO_GOOD, MACRO_BAD };

struct rule_macro {
	struct text name;
	const struct yaml_node *node;
	struct source_builder text;
	const struct source *raw; /* as written, with what was appended */
	struct expr *body;
	uint32_t index, visibility;
	uint32_t size;	 /* checks in it, macros put in */
	uint32_t height; /* how deep they are nested */
	enum macro_state state;
	uint8_t outcome[EVENT_SOURCES]; /* of check_condition(), plus 1; 0: not checked yet */
	bool used;
};

/* One exception; values are nodes: scalars, or lists of scalars and lists. */
struct rule_exception {
	struct text name;
	const struct yaml_node *node, *fields, *comps;
	VEC(const struct yaml_node *) values;
};

struct output;		/* output.h */
struct rule_extensions; /* extend.h */

struct rule {
	struct text name, description;
	const struct yaml_node *node; /* the last one that defined it */
	const struct yaml_node *condition_node, *output_node;
	struct source_builder condition_text, output_text;
	const struct source *raw; /* the condition as written, with what was appended */
	struct text event_source_name;
	int event_source; /* enum event_source, -1: unknown, the rule is skipped */
	enum rule_priority priority;
	VEC(struct text) tags; /* sorted, each once */
	VEC(struct rule_exception) exceptions;
	bool enabled, skip_if_unknown, warn_event_types, capture;
	uint64_t capture_seconds;
	uint32_t index, visibility;
	struct diag_place place;

	/* compiled */
	bool skipped;		/* unknown source, or names what is not known */
	struct expr *condition; /* NULL: it did not compile */
	uint32_t size;		/* checks in it, macros put in */
	struct output *output;
	struct rule_extensions *extensions; /* NULL: none */
};

/* A file as it was given, good or not: for showing lines of it. */
struct rule_content {
	const char *name;
	struct text content;
};

struct required_plugin {
	struct text name, version;
};

struct ruleset {
	struct arena arena;
	VEC(struct rule_list *) lists;
	VEC(struct rule_macro *) macros;
	VEC(struct rule *) rules;      /* in the order of evaluation */
	VEC(struct yaml_file *) files; /* that are valid YAML */
	VEC(struct rule_content) contents;
	VEC(struct required_plugin) plugins;
	struct table list_names, macro_names, rule_names;
	uint32_t next_index;
	uint64_t total_size, state_bytes;
	struct diags *diags;
	/* Appended to every output of a source, before ruleset_compile(); without data: nothing. */
	struct text extra_output[EVENT_SOURCES];
};

/* diags must outlive it. NULL when out of memory. */
struct ruleset *ruleset_new(struct diags *diags);
void ruleset_free(struct ruleset *rs);

/* Collects a file's objects; problems go to the diagnostics. Copies name and content. */
void ruleset_add(struct ruleset *rs, const char *name, struct text content);

/*
 * Resolves, checks and compiles everything that was added. False if there were errors: what is
 * without fault is compiled all the same, so that every problem is reported at once.
 */
bool ruleset_compile(struct ruleset *rs);

/*
 * Adds a file, or all *.yaml and *.yml of a directory in the order of their names. What is wrong in a
 * file goes to the diagnostics; -errno: it cannot be read, or a directory has none.
 */
int ruleset_add_path(struct ruleset *rs, const char *path, struct error *err);

/* The text of a file that was added, by the name in its diagnostics; no data: there is none. */
struct text ruleset_content(const struct ruleset *rs, const char *name);

struct rule *ruleset_rule(const struct ruleset *rs, struct text name);
struct rule_macro *ruleset_macro(const struct ruleset *rs, struct text name);
struct rule_list *ruleset_list(const struct ruleset *rs, struct text name);

/* Enables or disables rules whose name fits the shell pattern; returns how many. */
size_t ruleset_select(struct ruleset *rs, struct text pattern, bool enabled);
size_t ruleset_select_tag(struct ruleset *rs, struct text tag, bool enabled);

DEFINE_CLEANUP(struct ruleset *, ruleset_free)
#define cleanup_ruleset cleanup(ruleset_freep)
