/* SPDX-License-Identifier: Apache-2.0 */
/* From control groups to the containers that events name. */
#pragma once
#include "base/cleanup.h"
#include "base/text.h"
#include "event/event.h"
#include "guard/filter/container_terms.h"
#include "identity/cgroup.h"
#include "identity/container.h"

struct container_table;

/*
 * Told once for each group in a container: payer is the outermost group on the way up that is one,
 * whose budget (abi/event.h) all below it share, so that a container gains nothing by making groups.
 */
typedef void (*container_found_fn)(uint64_t cgroup, uint64_t payer, void *arg);
int container_table_new(struct container_table **ret, const struct cgroup_layout *layout,
			container_found_fn fn, void *arg);
void container_table_free(struct container_table *t);
DEFINE_CLEANUP(struct container_table *, container_table_free)
#define cleanup_container_table cleanup(container_table_freep)

/*
 * What rules ask of containers; terms are borrowed, NULL: nothing. Told for each group in a container, once: now, or when something
 * happens there and nothing more will be known of the outermost container, nor that there is one further out. If there is one
 * nevertheless, it is told that nothing is known (numbering 0).
 */
typedef void (*container_answered_fn)(uint64_t cgroup, const struct container_answers *a,
				      void *arg);
void container_table_answer(struct container_table *t, const struct container_terms *terms,
			    container_answered_fn fn, void *arg);
/* Now and then: groups above containers that were answered for may turn out to be one. */
void container_table_look_again(struct container_table *t);

/* Learns the groups that are there. */
int container_table_scan(struct container_table *t);
/* A group was made in parent; path is within the hierarchy. -ENOSPC: there are too many. */
int container_table_add(struct container_table *t, uint64_t cgroup, uint64_t parent,
			struct text path);
/* Forgets a group, with its container: nothing may point to that any more. */
void container_table_remove(struct container_table *t, uint64_t cgroup);

/* A program begins there: by now its runtime may have said whose it is. */
void container_table_ask_again(struct container_table *t, uint64_t cgroup);
/*
 * A program begins there in a process namespace of its own, and no runtime tells of it: it may have come and gone
 * before it was asked. Then the group's name is all that is known of a container.
 */
void container_table_presume(struct container_table *t, uint64_t cgroup);
/* Nobody's, and that will not change. */
bool container_table_is_none(const struct container_table *t, uint64_t cgroup);

/* Who lives in the group, a process_container_fn; NULL: no container. Lives as long as the group, which is in the table arg. */
const struct event_container *container_table_find(uint64_t cgroup,
						   const struct event_container *so_far, void *arg);
/* The container that the group itself is, as far as it is known; nobody is asked. */
const struct event_container *container_table_own(const struct container_table *t, uint64_t cgroup);
/* Without data: not known. */
struct text container_table_path(const struct container_table *t, uint64_t cgroup);
/* Writes the ids of up to max groups that are in the table but not on this machine. */
size_t container_table_missing(const struct container_table *t, uint64_t *out, size_t max);
/* As events name it, but for its mounts and labels; texts are who's. */
void container_event(const struct container *who, struct event_container *c);
