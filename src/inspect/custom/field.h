/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What conditions of custom checks may name: the workload view as texts. A table; merlon checks fields and
 * the documentation are made from it.
 */
#pragma once
#include "inspect/at.h"

enum view_owner { VIEW_OBJECT, VIEW_POD, VIEW_CONTAINER };

struct view_subject; /* who is asked about: subject.h */

/* What a field yields: nothing if it is not set. Texts live in the arena, and in the tree. */
struct view_values {
	struct text *items;
	uint32_t count, room;
	struct at at; /* where it is, or would be */
};

struct view_field {
	const char *name, *help;
	enum view_owner owner;
	bool list;   /* may yield several */
	bool number; /* texts are compared as numbers and quantities */
	bool arg;    /* "name[ARG]" */
	void (*get)(const struct view_field *f, const struct view_subject *s, const char *arg,
		    struct arena *a, struct view_values *out);
	size_t offset,
		pod; /* of get's; pod: the pod's own setting, for those that have none; 0: none */
};
extern const struct view_field view_fields[]; /* ends with a name that is NULL */

const struct view_field *view_field_find(struct text name);
