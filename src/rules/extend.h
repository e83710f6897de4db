/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule may say beyond other engines' language: counts, sequences, values never seen before,
 * suppression, responses, advice, tests. Other readers of the same file warn of unknown keys and see
 * the plain rule. Bounds of what each may remember are part of the language (docs/rules.md).
 */
#pragma once
#include "base/error.h"
#include "rules/model.h"

enum {
	EXTEND_KEYS_MAX = 8,	     /* fields of a key */
	EXTEND_COUNT_MAX = 100000,   /* events of a count */
	EXTEND_EXACT_MAX = 64,	     /* up to here every event's time is kept */
	EXTEND_DISTINCT_MAX = 256,   /* distinct values of a count */
	EXTEND_STEPS_MAX = 8,	     /* steps of a sequence, the rule itself included */
	EXTEND_TABLE_DEFAULT = 4096, /* keys that are remembered at once */
	EXTEND_TABLE_MAX = 1 << 20,
	EXTEND_RESPONSES_MAX = 8,
	EXTEND_MEMORY_MAX = 64 << 20, /* of one rule's table */
};

struct operand_list_of {
	struct operand **items;
	uint32_t count;
};

/* At least so many events (or distinct values) with the same key within the window. */
struct rule_count {
	uint64_t at_least, within_ns;
	struct operand_list_of by;
	struct operand *distinct; /* NULL: events are counted */
	uint32_t keys_max;
};

enum rule_scope {
	SCOPE_TREE,
	SCOPE_PROCESS,
	SCOPE_CONTAINER,
	SCOPE_USER,
	SCOPE_FIELDS,
	RULE_SCOPES
};
extern const struct text rule_scopes[RULE_SCOPES];

struct rule_step {
	struct text name;
	const struct source *raw;
	struct expr *condition;
};

/* The steps in order, then the rule's own condition, all within the window. */
struct rule_sequence {
	uint64_t within_ns;
	enum rule_scope scope;
	struct operand_list_of by; /* SCOPE_FIELDS */
	struct rule_step *steps;
	uint32_t step_count;
	uint32_t keys_max;
};

/* A combination of values that its key has not shown before, once the key is known long enough. */
struct rule_first_seen {
	struct operand_list_of values, per;
	uint64_t learn_ns, keep_ns; /* keep 0: for ever */
	uint32_t keys_max;
};

/* After an alert, none with the same key for a while. */
struct rule_suppress {
	uint64_t for_ns;
	struct operand_list_of by;
	uint32_t keys_max;
};

enum response_param_kind {
	RESPONSE_WORD,	/* one of several words */
	RESPONSE_WORDS, /* some of them */
	RESPONSE_ERRNO,
	RESPONSE_SIGNAL,
	RESPONSE_NETWORKS,
	RESPONSE_PORTS,
	RESPONSE_FIELD,
	RESPONSE_DURATION,
	RESPONSE_URL,
};

struct response_param {
	const char *name;
	enum response_param_kind kind;
	bool required;
	const char *words;    /* separated by blanks */
	const char *standard; /* what it is if it is not said; NULL: nothing */
	const char *meaning;
};

enum { RESPONSE_PARAMS_MAX = 4 };

struct response_def {
	const char *name;
	bool main; /* "kill: tree" says the first parameter */
	struct response_param params[RESPONSE_PARAMS_MAX];
	const char *meaning;
};
extern const struct response_def rule_responses[];
extern const uint32_t rule_response_count;

struct response_arg {
	bool set;
	struct text text; /* WORD, URL */
	uint64_t number;  /* ERRNO, SIGNAL, DURATION; WORDS: bit per word */
	struct operand *field;
	const struct network *networks;
	uint32_t network_count;
	const uint16_t *ports;
	uint32_t port_count;
};

struct rule_response {
	const struct response_def *def;
	struct diag_place place;
	struct response_arg args[RESPONSE_PARAMS_MAX];
};

struct response_list {
	struct rule_response items[EXTEND_RESPONSES_MAX];
	uint32_t count;
};

/*
 * Appends what n says ("deny", "{kill: tree}", or a list of such) to *ret: for rules, and for files that say what is to
 * be done about rules. Fields are those of the event source; memory is of rs. False: diagnostics of rs say why.
 */
bool responses_read(struct ruleset *rs, const struct yaml_node *n, int event_source,
		    struct response_list *ret);

struct rule_test {
	struct text name;
	const struct yaml_node *node;
	const struct yaml_node *events; /* a list of records, or NULL */
	struct text file;		/* of recorded events, relative to the rule file */
	struct text output;		/* must be in the text of the first alert, if given */
	bool exact;
	uint64_t expected; /* alerts of this rule */
};

struct rule_extensions {
	struct rule_count *count;
	struct rule_sequence *sequence;
	struct rule_first_seen *first_seen;
	struct rule_suppress *suppress;
	struct response_list responses;
	struct text *next; /* what to do, in order */
	uint32_t next_count;
	struct rule_test *tests;
	uint32_t test_count;

	/* The nodes behind them, for extensions_compile(). */
	const struct yaml_node *count_node, *sequence_node, *first_seen_node, *suppress_node,
		*response_node;
};
