/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile allows, as conditions of the rule language of which the kernel decides every term
 * (docs/design/deny.md): equality, how a text begins and ends, addresses. A pattern of the profile may become
 * wider than it is (a star in its middle stands for several components), never narrower.
 */
#pragma once
#include "base/buf.h"
#include "profile/access.h"
#include "profile/flows.h"

/* The fields that a decision point has of a path; without the last two only the whole path is looked at. */
struct allow_fields {
	const char *name, *directory, *filename;
};

/*
 * Appends a condition that holds for every path of the list to which one of ops was done, and for those of
 * more ("/dev/null", or a directory with a slash at its end: all below it), a NULL-terminated list or NULL.
 * Returns false, and appends nothing, if there is none. Without memory out->failed is set.
 */
bool allow_paths(const struct access_list *list, uint32_t ops, const struct allow_fields *fields,
		 const char *const *more, struct buf *out);

/*
 * The same for connections to those of the flows that are outbound; ports_only: wherever they are. Flows come from
 * flow_list_all().
 */
bool allow_flows(const struct flow_list *flows, bool ports_only, struct buf *out);

/* The same for sockets at a path: by what they are called, since the directory is the host's where a volume is. */
bool allow_sockets(const struct access_list *list, struct buf *out);
