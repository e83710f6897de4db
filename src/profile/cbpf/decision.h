/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter as a graph of decisions: every node looks at one 32-bit word of what the kernel tells a
 * filter, or returns. Equal nodes are one node, so what calls have in common is there once.
 */
#pragma once
#include "profile/cbpf/filter.h"
#include "profile/cbpf/tree.h"

enum { DECISION_NODES_MAX = 1 << 14 };

struct decision_node {
	bool returns;
	uint32_t action;     /* of one that returns */
	uint32_t word;	     /* index of the word in struct seccomp_data */
	uint32_t mask;	     /* what of the word is looked at */
	size_t first, count; /* segments; their targets are nodes */
	size_t first_point, point_count;
};

struct decision {
	VEC(struct decision_node) nodes; /* a node's targets come before it */
	VEC(struct tree_segment) segments;
	VEC(struct tree_point) points;
	uint32_t *buckets; /* node + 1 by hash; 0: empty */
	uint32_t root;
	uint64_t patience; /* steps that may still be spent on graphs of arguments */
	bool plain;	   /* spend none: shorter at times, slower to run */
};

/* The caller has zeroed *d, or set plain. -ENOMEM; -E2BIG if the filter has too many distinct rules. */
int decision_build(struct decision *d, const struct cbpf_filter *f, struct error *err);
void decision_deinit(struct decision *d);
#define cleanup_decision cleanup(decision_deinit)

/* For who builds parts of it: nodes that are there already are found. Negative errno, or the node. */
int decision_return(struct decision *d, uint32_t action);
int decision_switch(struct decision *d, uint32_t word, uint32_t mask,
		    const struct tree_segment *segments, size_t count,
		    const struct tree_point *points, size_t point_count);

/* The node that decides the arguments of a call; negative errno. */
int decision_arguments(struct decision *d, const struct cbpf_call *call, bool narrow,
		       uint32_t otherwise);

enum { DECISION_WORD_NR = 0, DECISION_WORD_ARCH = 1, DECISION_WORD_ARGS = 4 };
