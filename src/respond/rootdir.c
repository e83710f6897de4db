/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/rootdir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "identity/process.h"

static int open_of(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int stop_at_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

int rootdir_open(const struct target_limits *l, const struct container *c, const struct target *t)
{
	pid_t pid = 0;

	if (t && t->pidfd >= 0) {
		int fd = open_of(t->pid);

		if (fd >= 0)
			return fd;
	}
	cgroup_each_process(&l->layout, c->cgroup, stop_at_first, &pid);
	return pid ? open_of(pid) : -ESRCH;
}

int rootdir_open_parent(int root_fd, const char *path, const char **name)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS |
					   RESOLVE_NO_MAGICLINKS };
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	int fd;

	if (!slash || !slash[1] || (size_t)(slash - path) >= sizeof(parent))
		return -EINVAL;
	snprintf(parent, sizeof(parent), "/%.*s", (int)(slash - path), path);
	*name = slash + 1;
	fd = (int)syscall(SYS_openat2, root_fd, parent, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}
