/* SPDX-License-Identifier: Apache-2.0 */
/* Files: whole reads with a limit, whole writes that either happen or don't. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Reads all of path (relative to dirfd, or AT_FDCWD) into b, at most limit bytes: a longer file is
 * -EFBIG. Does not open devices or wait on FIFOs. Works for /proc files, whose size is 0.
 */
int fs_read_at(int dirfd, const char *path, size_t limit, struct buf *b, struct error *err);
int fs_read(const char *path, size_t limit, struct buf *b, struct error *err);

/*
 * Opens a regular file under a root that may be hostile: links and ".." stay within, nothing is
 * crossed into another file system, and no device or FIFO is touched. -errno. Needs Linux 5.6.
 */
int fs_open_in_root(int root_fd, const char *path);
/* Reads all of it, as fs_read_at(). */
int fs_read_in_root(int root_fd, const char *path, size_t limit, struct buf *b);

/* The first line of a small file without its newline in a caller's buffer; -errno. */
int fs_read_line(const char *path, char *out, size_t size);

/*
 * Replaces path by data in one step: a temporary file beside it, fsync, rename. On failure (disk
 * full included) the old file is as it was and nothing is left behind.
 */
int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode,
		    struct error *err);

/* mkdir -p; 0 if it is there in the end. */
int fs_mkdirs(const char *path, mode_t mode, struct error *err);

/* Removes a directory and all that is in it, on its own file system, following no links. */
void fs_remove_tree(const char *path);

bool fs_is_dir(const char *path);
bool fs_exists(const char *path);
