/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a container, and directories in it. */
#pragma once
#include "respond/target.h"

/* As one of its processes has it; a descriptor, or -errno. */
int rootdir_open(const struct target_limits *l, const struct container *c, const struct target *t);
/*
 * The directory that the last part of path is in, as O_PATH, or -errno; *name is that part. No link is followed. -ELOOP:
 * there is one.
 */
int rootdir_open_parent(int root_fd, const char *path, const char **name);
