/* SPDX-License-Identifier: Apache-2.0 */
/* From control groups to the containers that events name. */
#pragma once
#include "base/cleanup.h"
#include "base/text.h"
#include "event/event.h"
#include "identity/cgroup.h"

struct container_table;

int container_table_new(struct container_table **ret, const struct cgroup_layout *layout);
void container_table_free(struct container_table *t);
DEFINE_CLEANUP(struct container_table *, container_table_free)
#define cleanup_container_table cleanup(container_table_freep)

/* Learns the groups that are there. */
int container_table_scan(struct container_table *t);
/* A group was made; path is within the hierarchy. */
int container_table_add(struct container_table *t, uint64_t cgroup, struct text path);

/* A program begins there: by now its runtime may have said whose it is. */
void container_table_ask_again(struct container_table *t, uint64_t cgroup);
/* Nobody's, and that will not change. */
bool container_table_is_none(const struct container_table *t, uint64_t cgroup);

/* Who lives in the group; NULL: no container. Lives as long as the table, which is arg. */
const struct event_container *container_table_find(uint64_t cgroup, void *arg);
