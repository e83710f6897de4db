/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that run, into the maps of the programs that deny: who is one, and of which class. */
#pragma once
#include "guard/deny_set.h"
#include "identity/container.h"

/*
 * All that run and have begun their program: each group of theirs is told. places: that they are containers too; else
 * only of which class they are. *ret_count may be NULL.
 */
int deny_place_all(const struct deny_set *s, const struct sensor_deny_members *m,
		   const struct cgroup_layout *layout, bool places, size_t *ret_count,
		   struct error *err);

/* All groups of the container at path, a group, are of that class; -errno. */
int deny_place_below(const struct sensor_deny_members *m, const struct cgroup_layout *layout,
		     const char *path, uint64_t class);
/* Whether the processes of the group see those of the host: a service that has a root of its own does, most containers don't. */
bool deny_place_sees_host(const struct cgroup_layout *layout, const char *path);
