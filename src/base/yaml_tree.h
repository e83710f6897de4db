/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML and JSON as a tree that remembers places. libfyaml reads YAML, json_tree.c JSON; both are
 * bounded here (size, depth, number of nodes, aliases counted as often as they are used). The place of a
 * byte inside of a folded, literal or quoted text is found again.
 */
#pragma once
#include <jansson.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node;

struct yaml_entry {
	struct text key;
	uint32_t line, column;
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	bool plain; /* a scalar without quotes, in one of the flow styles */
	bool block; /* a scalar behind ">" or "|" */
	const struct yaml_file *file;
	uint32_t line, column;
	size_t offset; /* of the scalar in the file */
	struct text text;
	struct yaml_node **items;   /* of a list */
	struct yaml_entry *entries; /* of a map */
	uint32_t count;
	uint32_t size; /* nodes in it, aliases counted each time */
};

/* Where the last search for a place ended: most go on from there. */
struct yaml_cursor {
	const struct yaml_node *node;
	size_t index, at; /* in the node's text, in the file */
	uint32_t line, column;
	struct diag_place place; /* of the last byte that was found */
};

struct yaml_file {
	struct yaml_cursor *cursor;
	const char *name;
	struct text content;
	struct yaml_node **documents;
	uint32_t document_count;
};

struct yaml_limits {
	size_t bytes; /* of a file */
	size_t line; /* bytes of a line of YAML: libfyaml keeps the tokens of one, 70 bytes for each; 0: any */
	uint32_t depth; /* at most YAML_DEPTH_MAX */
	uint32_t nodes; /* of a document, or of an item of a list that is split */
	uint32_t keys;	/* of one map */
	bool merge;	/* "<<" takes in the maps behind it */
	bool strict;	/* a key that is there twice is an error, and the last one counts */
};

enum { YAML_TREE_DEPTH_MAX = 100, YAML_TREE_BYTES_MAX = 16 << 20 };

/* What rule files are read with. */
extern const struct yaml_limits yaml_limits_rules;

/* Reads content (which must live as long as the tree). False: diagnostics say why. */
bool yaml_read(struct arena *a, const char *name, struct text content, struct diags *d,
	       struct yaml_file **ret);

/* --- one document after the other ---------------------------------------------------------------- */

struct yaml_stream;

/*
 * Reads documents one by one, of YAML or of JSON (what begins like an object or a list of it); name and
 * content are borrowed. With split, a list in a document's root map that has this name is given item
 * by item, then the document without it. NULL: out of memory.
 */
struct yaml_stream *yaml_stream_new(const char *name, struct text content,
				    const struct yaml_limits *limits, const char *split,
				    struct diags *d);
struct yaml_stream *yaml_stream_free(struct yaml_stream *s);
/*
 * From now on, whole pages of content that lie before the item that was given last go back to the system while the rest is
 * read, and are zeros: it is memory of the caller's own (heap, or mapped without a file) that nobody looks at again. A document
 * with anchors keeps its pages from the first one on: what an alias stands for has its place there.
 */
void yaml_stream_consume(struct yaml_stream *s);

/* What yaml_stream_next() gave. */
enum yaml_given { YAML_END, YAML_DOCUMENT, YAML_ITEM, YAML_FAILED };

/*
 * The next document or item; it lives until the next call. YAML_FAILED: diagnostics say why; what comes
 * behind the next "---" can still be read by calling again.
 */
enum yaml_given yaml_stream_next(struct yaml_stream *s, struct yaml_node **ret);
/* A text member of the root map whose list is being split, if it was there before the list. */
struct text yaml_stream_member(const struct yaml_stream *s, const char *key);

DEFINE_CLEANUP(struct yaml_stream *, yaml_stream_free)
#define cleanup_yaml_stream cleanup(yaml_stream_freep)

/* Whether a stream takes it for JSON. */
bool yaml_looks_like_json(struct text content);

/* --- looking at it ------------------------------------------------------------------------------- */

/* The same as JSON: plain scalars become numbers, booleans and null where they look so. */
json_t *yaml_json(const struct yaml_node *n);

/* A member of a map, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
bool yaml_is_null(const struct yaml_node *n);

struct diag_place yaml_place(const struct yaml_node *n);
struct diag_place yaml_key_place(const struct yaml_node *map, const char *key);
/* The place of byte offset of a scalar's text. */
struct diag_place yaml_place_in(const struct yaml_node *n, size_t offset);
