/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel can say of a condition: a tree over tests of a record, with "unknown" where it can
 * say nothing. A tree is built exact, and then weakened: every unknown becomes true, whether or not it
 * is negated. What is left holds whenever the condition holds, and needs no third value.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "rules/expr.h"

/*
 * A number in the record compared with a constant, or one of struct filter_process, if it is LOOKED_UP. Complements exist for all.
 */
enum { LOOKED_UP = 1 << 15 };
struct number_test {
	uint16_t at;	/* in the record, or in that structure */
	uint8_t size;	/* 1, 2, 4, 8 bytes */
	uint8_t extend; /* 0: zeros; else as a signed number of so many bytes */
	uint8_t op; /* BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, their signed forms, BPF_JSET */
	uint64_t mask; /* 0: all of it */
	uint64_t number;
};

enum node_kind {
	NODE_FALSE,
	NODE_TRUE,
	NODE_UNKNOWN,
	NODE_NUMBER,
	NODE_TEXT, /* a term of a text: see text.h */
	NODE_FACT, /* a byte of the record: an enum abi_truth */
	NODE_TERM, /* what is asked of the container, by its number: see container_terms.h */
	NODE_NOT,
	NODE_AND,
	NODE_OR,
};

struct node {
	enum node_kind kind;
	bool negated; /* NODE_NUMBER, NODE_TEXT, NODE_FACT, NODE_TERM of a weakened tree */
	union {
		struct number_test number;
		struct {
			uint16_t view, term;
		} text;
		uint16_t fact; /* where it is */
		uint32_t term;
		struct {
			struct node **items;
			uint32_t count;
		} group;
		struct node *child; /* NODE_NOT */
		struct {
			const struct check *check; /* that the kernel can't decide */
			const char *reason;
		} unknown;
	};
};

/* Constants are folded. All yield NULL when out of memory, and pass a NULL on. */
struct node *node_constant(struct arena *a, bool value);
struct node *node_unknown(struct arena *a, const struct check *c, const char *reason);
struct node *node_number(struct arena *a, struct number_test t);
struct node *node_text(struct arena *a, uint32_t view, uint32_t term);
struct node *node_fact(struct arena *a, uint16_t at);
struct node *node_term(struct arena *a, uint32_t term);
struct node *node_not(struct arena *a, struct node *n);
struct node *node_group(struct arena *a, enum node_kind kind, struct node **items, uint32_t count);
struct node *node_both(struct arena *a, struct node *x, struct node *y);
struct node *node_either(struct arena *a, struct node *x, struct node *y);

/* Without NODE_NOT and NODE_UNKNOWN; true wherever n is true whatever the unknowns are. */
struct node *node_weaken(struct arena *a, const struct node *n, bool negated);

bool node_equal(const struct node *x, const struct node *y);
bool node_has_unknown(const struct node *n);
/* Calls fn for every unknown. */
void node_unknowns(const struct node *n, void (*fn)(const struct node *n, void *context),
		   void *context);
