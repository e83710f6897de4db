/* SPDX-License-Identifier: Apache-2.0 */
/* Files: whole reads with a limit, whole writes that either happen or don't. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Reads all of path (relative to dirfd, or AT_FDCWD) into b, at most limit bytes: a longer file is
 * -EFBIG. Does not open devices or wait on FIFOs. Works for /proc files, whose size is 0.
 */
int fs_read_at(int dirfd, const char *path, size_t limit, struct buf *b, struct error *err);
int fs_read(const char *path, size_t limit, struct buf *b, struct error *err);

/* The same, of a file that belongs to this user: another one, that a link leads to, is -EACCES. Asks no agent. */
int fs_read_of(uid_t owner, const char *path, size_t limit, struct buf *b, struct error *err);

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
int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct error *err);

/* The same for a file that is there, which keeps its mode and, as far as the caller may give it away, its owner. */
int fs_replace(const char *path, const void *data, size_t len, struct error *err);

/* mkdir -p; 0 if it is there in the end. */
int fs_mkdirs(const char *path, mode_t mode, struct error *err);

/* Removes a directory and all that is in it, on its own file system, following no links. */
void fs_remove_tree(const char *path);

/* S_IFDIR, S_IFREG ... (S_IFMT of st_mode), links followed; -errno. */
int fs_kind(const char *path);
bool fs_is_dir(const char *path);
bool fs_exists(const char *path);

/* Calls fn with each name in a directory but "." and "..", in no order, until it returns non-zero, which is passed on. */
typedef int (*fs_name_fn)(const char *name, bool is_dir, void *arg);
int fs_list(const char *path, fs_name_fn fn, void *arg);

/* The number that a file system like cgroupfs names a file by (FILEID_KERNFS, Linux 5.5 and later); -EOPNOTSUPP: others. */
int fs_id(const char *path, uint64_t *ret);

/*
 * Who looks at files for a process that must not do so itself. Each is as the function of that name with AT_FDCWD, which
 * calls it; -ETIMEDOUT: it took too long. kind yields the file's type as st_mode has it. Functions with a descriptor, and
 * those that write, are not asked of anybody.
 */
struct fs_agent {
	int (*read)(const char *path, size_t limit, struct buf *b, void *arg);
	int (*kind)(const char *path, void *arg);
	int (*list)(const char *path, fs_name_fn fn, void *list_arg, void *arg);
	int (*id)(const char *path, uint64_t *ret, void *arg);
	void *arg;
};
/* From now on and for good; agent is borrowed. */
void fs_use_agent(const struct fs_agent *agent);
