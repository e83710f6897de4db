/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of YAML and of JSON share: a tree is put together from its parts in order, in bounds. */
#pragma once
#include "base/vec.h"
#include "base/yaml_tree.h"

/* From 0, as libfyaml counts; columns are characters. */
struct yaml_mark {
	uint32_t line, column;
	size_t offset;
};

struct yaml_frame {
	struct yaml_node *node;
	VEC(struct yaml_node *) items;
	VEC(struct yaml_entry) entries;
	bool have_key;
	struct yaml_entry key;
};

struct yaml_anchor {
	struct text name;
	struct yaml_node *node;
};

/*
 * Where nodes go: into outer, but those of the items of a list that is split go into inner, which is
 * emptied from item to item as long as no anchor points into it. Without a split inner is not used.
 */
struct yaml_builder {
	struct arena *outer, *inner;
	struct diags *diags;
	struct yaml_file *file;
	const struct yaml_limits *limits;
	const char *split; /* NULL: nothing is */
	struct yaml_frame stack[YAML_TREE_DEPTH_MAX];
	uint32_t depth;
	VEC(struct yaml_anchor) anchors;
	size_t nodes;
	struct yaml_node *done; /* a document, or an item; taken by who asked */
	bool item;		/* the one that is done is an item */
	bool failed;
};

void yaml_builder_deinit(struct yaml_builder *b);
/* Forgets a document, finished or not. */
void yaml_builder_reset(struct yaml_builder *b);

/* The part that comes next, behind what came before. */
void yaml_build_scalar(struct yaml_builder *b, struct yaml_mark at, struct text text, bool plain,
		       bool block, struct text anchor);
void yaml_build_open(struct yaml_builder *b, enum yaml_kind kind, struct yaml_mark at,
		     struct text anchor);
void yaml_build_close(struct yaml_builder *b);
void yaml_build_alias(struct yaml_builder *b, struct yaml_mark at, struct text name);

/* Notes what is wrong, the first time; nothing is built any more then. */
void yaml_build_fail(struct yaml_builder *b, struct yaml_mark at, const char *what);

/* --- JSON ---------------------------------------------------------------------------------------- */

struct json_source {
	struct text content;
	struct yaml_mark at;
};

/* Reads on until something is done, failed, the content ends, or "---" begins a line; true: there is more. */
bool json_tree_read(struct json_source *s, struct yaml_builder *b);
