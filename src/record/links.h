/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic links in a container's root. A path as a program wrote it may go through them; it is resolved
 * inside that root, never outside. Most containers are gone by the time their profile is written, so
 * the links that images usually have (/var/run, /bin, ...) are looked up while they live.
 */
#pragma once
#include "base/vec.h"

struct link_pair {
	char *from, *to; /* directories, absolute in the container */
};
typedef VEC(struct link_pair) link_list;

void link_list_deinit(link_list *list);

/* Looks the usual links up below the directory root_fd. */
void links_learn(link_list *list, int root_fd);

/*
 * The path with the links in its directory resolved, as a new string: through root_fd if that is not
 * -1, else by the list. NULL only when out of memory.
 */
char *links_resolve(const link_list *list, int root_fd, const char *path);
