/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's root file system, seen from outside. Every name is resolved by the kernel with the
 * root as its root (openat2 RESOLVE_IN_ROOT, Linux 5.6): no link and no ".." leads out of it. Only
 * regular files are read, within limits.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

enum {
	ROOT_FILE_MAX = 256 << 20,   /* bytes of one file */
	ROOT_TOTAL_MAX = 1024 << 20, /* bytes of all that are read */
	ROOT_ENTRIES_MAX = 4096,     /* names of one directory */
};

struct root {
	int fd;
	char *path;    /* for messages */
	uint64_t read; /* bytes */
};

/* Which file it is, under whatever name. */
struct root_id {
	uint64_t device, inode;
};

typedef VEC(char *) root_names;

int root_open(struct root *root, const char *path, struct error *err);
void root_close(struct root *root);

/*
 * Opens a regular file. *ret_path is its name with links followed (owned by the caller). A file
 * descriptor, or -errno: -ENOENT, -EINVAL if it is no regular file.
 */
int root_file(const struct root *root, const char *path, struct root_id *ret_id, char **ret_path);

/* Reads what root_file() opened; -EFBIG beyond the limits. */
int root_read(struct root *root, int fd, struct buf *ret, struct error *err);

bool root_has(const struct root *root, const char *path);
bool root_has_directory(const struct root *root, const char *path);

/* The names in a directory, sorted; none if it is no directory. */
int root_list(const struct root *root, const char *path, root_names *ret);
void root_names_deinit(root_names *names);
