/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users and groups, as the machine or a container has them in its own /etc/passwd and
 * /etc/group. A container's files are hostile: they are read once, bounded, without leaving its root or
 * its file system, and again only if an id is missing, not often.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guard/facts.h"

struct user_table;

int user_table_new(struct user_table **ret);
/* From now on by how, which is borrowed; facts_direct before. */
void user_table_read_by(struct user_table *t, const struct facts *how);
void user_table_free(struct user_table *t);
DEFINE_CLEANUP(struct user_table *, user_table_free)
#define cleanup_user_table cleanup(user_table_freep)

/* Without data: not known. Valid until place is forgotten. */
struct user_names {
	struct text user, home, shell, group;
};

/* place: whose names, NULL for the machine's own; pid: a process that has the root of that place. */
void user_table_find(struct user_table *t, const void *place, pid_t pid, uint32_t uid, uint32_t gid,
		     struct user_names *ret);
void user_table_forget(struct user_table *t, const void *place);

/* The pure part: looks an id up in the texts of the two files. */
void user_names_find(struct text passwd, struct text group, uint32_t uid, uint32_t gid,
		     struct user_names *ret);
