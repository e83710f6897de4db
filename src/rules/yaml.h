/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as a tree that remembers places. libfyaml does the reading; this bounds what it may yield
 * (size, depth, number of nodes, aliases counted as often as they are used) and finds the place of a
 * byte inside of a folded, literal or quoted text again.
 */
#pragma once
#include <jansson.h>

#include "base/arena.h"
#include "base/text.h"
#include "rules/diag.h"

enum {
	YAML_FILE_MAX = 16 << 20,
	YAML_DEPTH_MAX = 48,
	YAML_NODES_MAX = 1 << 20,
	YAML_KEYS_MAX = 2048, /* of one map */
};

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

/* Reads content (which must live as long as the tree). False: diagnostics say why. */
bool yaml_read(struct arena *a, const char *name, struct text content, struct diags *d,
	       struct yaml_file **ret);

/* The same as JSON: plain scalars become numbers, booleans and null where they look so. */
json_t *yaml_json(const struct yaml_node *n);

/* A member of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
bool yaml_is_null(const struct yaml_node *n);

struct diag_place yaml_place(const struct yaml_node *n);
struct diag_place yaml_key_place(const struct yaml_node *map, const char *key);
/* The place of byte offset of a scalar's text. */
struct diag_place yaml_place_in(const struct yaml_node *n, size_t offset);
