/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cheapest order of comparisons that finds, for a 32-bit number, the segment it lies in: cheapest
 * on average, by the weights. Pure, and free of what the targets are.
 */
#pragma once
#include <stdint.h>

#include "base/vec.h"

/* From the last segment's end to this one's; the last of all ends at the highest number. */
struct tree_segment {
	uint32_t last;
	uint32_t target;
	uint64_t weight;
};

/* A single number within a segment, and its part of the segment's weight. */
struct tree_point {
	uint32_t value;
	uint32_t target;
	uint64_t weight;
};

enum tree_test { TREE_EQUAL, TREE_AT_LEAST };

struct tree_node {
	enum tree_test test;
	uint32_t value;
	int32_t yes, no; /* a node, or the complement of a target */
};

struct tree {
	VEC(struct tree_node) nodes;
	int32_t root; /* as yes and no */
};

/*
 * Builds it: segments in order, neighbours with different targets, points by falling weight. The sum
 * of all weights must fit 40 bits. -ENOMEM.
 */
int tree_build(struct tree *t, const struct tree_segment *segments, size_t count,
	       const struct tree_point *points, size_t point_count);
void tree_deinit(struct tree *t);
#define cleanup_tree cleanup(tree_deinit)
