/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that are kept whole until everything was read: those that checks are about which look at others, and
 * those others. Nothing is kept where no such check is asked.
 */
#pragma once
#include "base/table.h"
#include "base/vec.h"
#include "inspect/object.h"

enum { KEPT_NODES_MAX = 1 << 15 }; /* of one: aliases are made nodes of their own */

struct kept {
	const struct yaml_node *root;
	struct text kind, api_version; /* its list's, if it does not say them itself */
	uint32_t number;	       /* in the report */
	bool owned;		       /* another one stands for it: it is asked nothing */
	uint32_t previous;	       /* of the same kind and namespace: its index + 1; 0: none */
};

struct kept_objects {
	struct arena *arena; /* borrowed */
	struct yaml_file *file;
	VEC(struct kept) items;
	struct table last; /* "kind/namespace" to index + 1 */
};

void kept_deinit(struct kept_objects *all);
/* False: out of memory. */
bool kept_add(struct kept_objects *all, const struct object *o, uint32_t number, bool owned);

/*
 * The last of a kind, whatever its group, in a namespace; without one: of those that are in none, or don't say so. And the one
 * before; NULL: there is none.
 */
const struct kept *kept_last(const struct kept_objects *all, struct text kind,
			     struct text name_space);
const struct kept *kept_before(const struct kept_objects *all, const struct kept *k);
