/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a value is: its path in the object and its place in the file. A value that is not there has a
 * path as well, and the place of the closest thing around it: that is where it would be put.
 */
#pragma once
#include "base/yaml_tree.h"

enum { AT_MEMBER = -1, AT_KEY = -2 };

struct at {
	const struct at *parent; /* NULL: the object itself; must live as long */
	const char *
		name; /* AT_MEMBER: "a.b", below the parent; AT_KEY: one key with any letters in it */
	int32_t index;		      /* of an item, or AT_* */
	const struct yaml_node *node; /* NULL: it is not there */
};

/* name lives as long as what is returned; dots in it part keys. "null" counts as not there. */
struct at at_member(const struct at *parent, const char *name);
struct at at_key(const struct at *parent, const char *key);
struct at at_item(const struct at *parent, uint32_t index);

/* Appends "spec.containers[0].image". */
void at_add_path(const struct at *a, struct buf *out);
/* Appends "/spec/containers/0/image": a JSON pointer (RFC 6901). */
void at_add_pointer(const struct at *a, struct buf *out);
/* The same for a path of members, parted by dots. */
void path_add_pointer(const char *path, struct buf *out);
struct diag_place at_place(const struct at *a);

/* What is there as a text, list or map; TEXT_NONE, 0, 0 for what is of another kind. */
struct text at_text(const struct at *a);
uint32_t at_count(const struct at *a);
bool at_is_true(const struct at *a);
bool at_is_false(const struct at *a);
bool at_number(const struct at *a, int64_t *ret);
