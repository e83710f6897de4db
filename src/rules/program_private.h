/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form, shared by graph.c (conditions as a graph), code.c (what runs), eval.c. */
#pragma once
#include "rules/extend.h"
#include "rules/match.h"
#include "rules/program.h"

#define NONE UINT32_MAX

enum { PROGRAM_ARENA_MAX = 512 << 20 };

/* --- the graph --- */

/* A distinct field or transformer. */
struct input {
	const struct operand *operand;
};

/* A distinct check, or several that were joined. */
struct term {
	struct match match;
	uint32_t left, right; /* inputs; right may be NONE */
	uint32_t cost;
	struct type_truth types;
	const struct check **checks; /* one, or those that were joined */
	uint32_t check_count;
};

enum node_kind { NODE_FALSE, NODE_TRUE, NODE_TERM, NODE_NOT, NODE_AND, NODE_OR };

/* Node 0 is false, node 1 is true; children have smaller numbers. */
struct node {
	enum node_kind kind;
	uint32_t a;	 /* the term, or the child of NODE_NOT */
	uint32_t *items; /* of a group, ascending */
	uint32_t count;
	uint32_t cost, leaves;
	uint32_t uses; /* by code: see code.c */
	uint32_t slot; /* NONE: has no remembered result */
	struct type_truth types;
};

/* --- what runs --- */

#define PC_TRUE (UINT32_MAX - 1)
#define PC_FALSE (UINT32_MAX - 2)

struct insn {
	uint32_t slot;
	uint32_t yes, no; /* the next instruction, or PC_TRUE, PC_FALSE */
};

/* Something whose result is remembered while one event is evaluated: a term, or code of a group. */
struct slot {
	uint32_t term; /* NONE: a group */
	uint32_t pc;
};

/* What is evaluated: a rule's condition, or a step of its sequence. */
struct entry {
	struct rule *rule;
	int step;	/* -1: the rule itself */
	uint32_t state; /* its number among the rules with state, or NONE */
	uint32_t node, pc;
};

/* Entries found by the value of a field: by all of it, by how it begins or ends. */
enum access_kind { ACCESS_VALUES, ACCESS_PREFIXES, ACCESS_SUFFIXES, ACCESS_NUMBERS, ACCESS_KINDS };
struct access {
	uint32_t input;
	enum access_kind kind;
	struct text_set *keys;
	uint32_t *starts, *entries; /* key i: entries[starts[i] .. starts[i + 1]) */
};

/* Entries that need a slot to be true (or false). */
struct gate {
	uint32_t slot;
	bool wanted;
	uint32_t *entries;
	uint32_t count;
};

/* The program of one event type. Rules come first, in order, then steps. */
struct type_program {
	struct entry *entries;
	uint32_t count, rules, words;
	uint64_t *always; /* bitmap of the entries that nothing rules out */
	struct access *accesses;
	uint32_t access_count;
	struct gate *gates;
	uint32_t gate_count;
};

struct program {
	const struct ruleset *rs;
	enum rule_matching matching;
	struct arena arena;

	VEC(struct input) inputs;
	VEC(struct term) terms;
	VEC(struct node) nodes;
	struct table input_names, term_names, node_names, macro_nodes;

	VEC(struct insn) code;
	VEC(struct slot) slots;
	struct type_program *types; /* by index of the event type */
	uint32_t words_max;

	/* Rules with state get a number each; see state.h. */
	struct rule **stateful;
	uint32_t stateful_count;
	bool failed;
};

/* graph.c */
bool graph_init(struct program *p);
/* The node of a condition; NONE when out of memory. */
uint32_t graph_add(struct program *p, struct expr *e);
/* The node with everything decided that the type decides. memo: one number per node, all NONE. */
uint32_t graph_specialise(struct program *p, uint32_t node, uint32_t type, uint32_t **memo,
			  size_t *memo_size);
void graph_print(const struct program *p, uint32_t node, struct buf *out);

/* code.c */
bool code_build(struct program *p);
