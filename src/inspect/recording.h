/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What recordings (profiles of merlon record) know of the workloads that are inspected: what they need, chosen
 * as for a policy. Nothing is concluded from one whose start was not seen, or that lost something.
 */
#pragma once
#include "base/string_list.h"
#include "base/vec.h"
#include "profile/policy.h"

struct object;
struct workload;
struct container;

struct recording {
	struct profile *profile;
	char *file; /* that it was read from */
	char *name,
		*seccomp_file; /* "merlon-web", "merlon/merlon-web.json": as the exports call it */
	struct policy policy;
	uint64_t capabilities;
	string_list written; /* directories of the image that it writes to */
	const char *doubt;   /* why nothing is concluded from it; NULL: there is no reason */
};

struct recordings {
	VEC(struct recording) items;
};

/* Reads a profile, or all *.json of a directory that are profiles. */
int recordings_read(struct recordings *all, const char *path, struct error *err);
void recordings_deinit(struct recordings *all);

/*
 * The recording of a container: of its image (whatever the tag, the same one first), its pod and name, or one
 * that is called as the container or the object. NULL: there is none.
 */
const struct recording *recordings_find(const struct recordings *all, const struct object *o,
					const struct workload *w, const struct container *c);
