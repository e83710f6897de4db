/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of yaml_tree.h that are put together by code: of what is no YAML, or of several files. Everything
 * lives in the arena; what it refuses is NULL, and adding NULL does nothing: ask the arena's failed in the end.
 */
#pragma once
#include "base/yaml_tree.h"

/* A file that nodes are said to be in; its name is borrowed. */
struct yaml_file *yaml_make_file(struct arena *a, const char *name);

struct yaml_node *yaml_make_map(struct arena *a, const struct yaml_file *f, uint32_t line,
				uint32_t column);
struct yaml_node *yaml_make_list(struct arena *a, const struct yaml_file *f, uint32_t line,
				 uint32_t column);
/* plain: it may be a number, a boolean or null; the text is copied. */
struct yaml_node *yaml_make_scalar(struct arena *a, const struct yaml_file *f, uint32_t line,
				   uint32_t column, struct text text, bool plain);

/* A map that may be changed, of one that a reader made: those have no room for more. Values are shared. */
struct yaml_node *yaml_make_copy(struct arena *a, const struct yaml_node *map);

/* Puts a value behind a key, which is copied, in the place of one that is there. */
void yaml_make_put(struct arena *a, struct yaml_node *map, struct text key,
		   struct yaml_node *value);
void yaml_make_add(struct arena *a, struct yaml_node *list, struct yaml_node *item);
