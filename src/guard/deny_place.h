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
/*
 * Whether a group whose container nobody knows is rather a service that has a root of its own: its processes see those of the host,
 * and either its mounts are the host's too, or its group is such as service managers make for what is no container. So what an unknown
 * runtime starts stays a container, also with the host's process numbers.
 */
bool deny_place_is_service(const struct cgroup_layout *layout, const char *path);
/* Whether a service manager names groups like that: sessions of users, what systemd-run starts. */
bool deny_place_is_unit(const char *path);
