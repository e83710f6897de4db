/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that was put together from several places of rule files (appended conditions, exceptions,
 * lists put in for their names) and still knows where each byte came from.
 */
#pragma once
#include "base/arena.h"
#include "base/vec.h"
#include "base/yaml_tree.h"

enum { SOURCE_TEXT_MAX = 4 << 20 };

struct source_segment {
	uint32_t start;		      /* in the text */
	uint32_t offset;	      /* in the node's text */
	const struct yaml_node *node; /* NULL: made up */
	bool fixed;		      /* every byte comes from the one at offset */
};

struct source {
	struct text text;
	const struct source_segment *segments;
	uint32_t segment_count;
};

/* Under construction. After a failure (memory, or the limit) failed stays set. */
struct source_builder {
	struct buf text;
	VEC(struct source_segment) segments;
	bool failed;
};

#define SOURCE_BUILDER_INIT ((struct source_builder){ .text = { .limit = SOURCE_TEXT_MAX } })

void source_builder_deinit(struct source_builder *b);
/* Text that stands in a file as it is: a scalar or a part of one. */
void source_add_node(struct source_builder *b, const struct yaml_node *n, uint32_t from,
		     uint32_t len);
/* Text that was made: for diagnostics it stands where byte offset of n does. */
void source_add_made(struct source_builder *b, struct text t, const struct yaml_node *n,
		     uint32_t offset);
/* A part of another source, places and all. */
void source_add_range(struct source_builder *b, const struct source *s, uint32_t from, uint32_t to);
/* Cuts the end off. */
void source_cut(struct source_builder *b, size_t len);
/* NULL when it failed. Leaves b empty. */
const struct source *source_finish(struct source_builder *b, struct arena *a);

struct diag_place source_place(const struct source *s, uint32_t at);
/* The node and offset behind byte at; NULL: made up. */
const struct yaml_node *source_node(const struct source *s, uint32_t at, uint32_t *ret_offset);

#define cleanup_source_builder cleanup(source_builder_deinit)
