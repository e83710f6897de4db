/* SPDX-License-Identifier: Apache-2.0 */
/* The filters that rules ask for, a program for each call that they want, brought into force at once. */
#pragma once
#include "guard/loader.h"
#include "guard/rulebook.h"

struct filter_set_stats {
	size_t calls;	  /* that rules want */
	size_t filters;	  /* of those, which have a filter: the others are all told */
	size_t refused;	  /* that could not be loaded: among the others */
	struct error why; /* of the last that was refused */
};

struct filter_set_options {
	bool filtered; /* false: none is made */
	bool paths_by_name;
	const struct container_terms *terms; /* numbered for the rules of the book */
};

/*
 * For the rules of a book, which learns what their records say (candidates.h); NULL: only with filtered false. types: what rules want, as live_want() was told. What both the rules until now and the new ones want is
 * told without a gap. -ENOTSUP: done, but that the kernel can't tell one of the types; other -errno: the
 * filters are as they were.
 */
int filter_set_load(struct loader_client *c, struct rulebook *book, const struct type_set *types,
		    const struct filter_set_options *o, struct filter_set_stats *ret,
		    struct error *err);
