/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers a person asked for. */
#pragma once
#include "identity/container.h"

struct selection {
	VEC(char *) containers; /* ids or names */
	VEC(char *) pods;	/* NAMESPACE/NAME */
	VEC(char *) images;	/* shell patterns */
	VEC(char *) cgroups;	/* paths of control groups, not containers */
	bool all;
};

void selection_deinit(struct selection *s);

/* True if nothing at all was asked for. */
bool selection_is_empty(const struct selection *s);

/* True if containers that do not exist yet may be meant: by pod, image, or all. */
bool selection_is_open(const struct selection *s);

bool selection_has(const struct selection *s, const struct container *c);
