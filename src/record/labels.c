/* SPDX-License-Identifier: Apache-2.0 */
#include "record/labels.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "profile/path_rule.h"

/* There while SELinux is on: selinuxfs. */
#define SELINUX_ON "/sys/fs/selinux/enforce"
#define ATTRIBUTE "security.selinux"

enum { LABEL_SIZE = 512 };

/* Opens a path below a directory as if that were the root: a link in the volume leads nowhere else. */
static int open_below(int root_fd, const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

/* "system_u:object_r:TYPE:s0": the type, as a new string; NULL if there is none. */
static char *label_of(int fd)
{
	char path[32], label[LABEL_SIZE], *at = label;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = getxattr(path, ATTRIBUTE, label, sizeof(label) - 1);
	if (n <= 0)
		return NULL;
	label[n] = '\0';
	for (int colon = 0; colon < 2; colon++) {
		at = strchr(at, ':');
		if (!at++)
			return NULL;
	}
	at[strcspn(at, ":")] = '\0';
	return profile_label_is_valid(at) ? strdup(at) : NULL;
}

/* The label of a path, or of the nearest directory above it that is there; path is overwritten. */
static char *label_below(int root_fd, char *path)
{
	for (;;) {
		cleanup_fd int fd = open_below(root_fd, *path ? path : ".");
		char *slash;

		if (fd >= 0)
			return label_of(fd);
		slash = strrchr(path, '/');
		if (errno != ENOENT || !*path)
			return NULL;
		*(slash ? slash : path) = '\0';
	}
}

/* What of path is below a directory, without a slash in front; NULL: it is not. */
static const char *part_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	while (n && directory[n - 1] == '/')
		n--;
	if (!n || strncmp(path, directory, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path + n + strspn(path + n, "/");
}

/* The innermost volume that a path is in, and the rest of the path; NULL: none. */
static const char *volume_of(const struct container *who, const char *path, size_t *ret_volume)
{
	const char *best = NULL;

	for (size_t i = 0; i < who->volumes.len; i++) {
		const char *rest = part_below(path, who->volumes.items[i]);

		if (rest && (!best || rest > best)) {
			best = rest;
			*ret_volume = i;
		}
	}
	return best;
}

static void label_file(struct profile_file *f, const struct container *who)
{
	size_t len, volume;
	cleanup_free char *raw = profile_path_unescape(f->path, &len), *path = NULL;
	const char *rest = raw ? volume_of(who, raw, &volume) : NULL;
	cleanup_fd int root_fd = -1;

	if (!rest || f->flags & (ABI_PATH_MEMORY | ABI_PATH_ABSTRACT | ABI_PATH_TRUNCATED))
		return;
	root_fd = open(who->volume_sources.items[volume], O_PATH | O_DIRECTORY | O_CLOEXEC);
	path = strdup(rest);
	if (root_fd >= 0 && path)
		f->label = label_below(root_fd, path);
}

void labels_read(struct profile *p, const struct container *who)
{
	if (!fs_exists(SELINUX_ON) || who->volumes.len != who->volume_sources.len)
		return;
	vec_foreach(f, &p->files)
		if (!f->label)
			label_file(f, who);
}
