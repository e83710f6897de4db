/* SPDX-License-Identifier: Apache-2.0 */
#include "static/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"

static int open_in(const struct root *root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd;

	do {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN); /* somebody renamed on the way */
	return fd < 0 ? -errno : fd;
}

int root_open(struct root *root, const char *path, struct error *err)
{
	*root = (struct root){ .fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (root->fd < 0)
		return error_errno(err, errno, "%s", path);
	root->path = strdup(path);
	if (!root->path) {
		close(root->fd);
		return error_errno(err, ENOMEM, "%s", path);
	}
	return 0;
}

void root_close(struct root *root)
{
	if (root->path)
		close(root->fd);
	free(root->path);
	*root = (struct root){ .fd = -1 };
}

/* The kernel's own name of what is open, without the root's in front. */
static char *name_of(const struct root *root, int fd)
{
	char link[64], base[PATH_MAX], full[PATH_MAX];
	ssize_t n, m;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", root->fd);
	n = readlink(link, base, sizeof(base) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	m = readlink(link, full, sizeof(full) - 1);
	if (n <= 0 || m <= 0)
		return NULL;
	full[m] = '\0';
	n = n == 1 ? 0 : n; /* the root is ours */
	if (m <= n || memcmp(full, base, (size_t)n) || full[n] != '/')
		return NULL;
	return strdup(full + n);
}

int root_file(const struct root *root, const char *path, struct root_id *ret_id, char **ret_path)
{
	/* O_NONBLOCK: a FIFO planted where a library is expected must not hold us. */
	cleanup_fd int fd = open_in(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_id = (struct root_id){ st.st_dev, st.st_ino };
	*ret_path = name_of(root, fd);
	if (!*ret_path)
		*ret_path = strdup(path);
	return *ret_path ? TAKE_FD(fd) : -ENOMEM;
}

int root_read(struct root *root, int fd, struct buf *ret, struct error *err)
{
	uint64_t left = ROOT_TOTAL_MAX - root->read;
	size_t limit = left < ROOT_FILE_MAX ? (size_t)left : ROOT_FILE_MAX;
	char link[64];
	int r;

	/* Through /proc, for base/fs.h reads by name; the file is the one that is open. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ret->limit = ROOT_FILE_MAX + 1;
	r = fs_read(link, limit, ret, err);
	root->read += ret->len;
	return r;
}

bool root_has(const struct root *root, const char *path)
{
	cleanup_fd int fd = open_in(root, path, O_PATH);

	return fd >= 0;
}

bool root_has_directory(const struct root *root, const char *path)
{
	cleanup_fd int fd = open_in(root, path, O_PATH | O_DIRECTORY);

	return fd >= 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int root_list(const struct root *root, const char *path, root_names *ret)
{
	int fd = open_in(root, path, O_RDONLY | O_DIRECTORY);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (ret->len < ROOT_ENTRIES_MAX && (entry = readdir(dir))) {
		char **slot;

		if (entry->d_name[0] == '.')
			continue;
		slot = vec_add(ret);
		if (!slot)
			return -ENOMEM;
		*slot = strdup(entry->d_name);
		if (!*slot) {
			ret->len--;
			return -ENOMEM;
		}
	}
	vec_sort(ret, name_compare);
	return 0;
}

void root_names_deinit(root_names *names)
{
	vec_foreach(name, names)
		free(*name);
	vec_deinit(names);
}
