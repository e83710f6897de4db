/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { ROOT_NUMBER = 1 }; /* the inode of no other group has it */

bool deny_cgroup_serves(const struct bpf_program *p)
{
	switch (bpf_program__type(p)) {
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
		return true;
	default:
		return false;
	}
}

bool deny_cgroup_has_errors(enum bpf_prog_type type)
{
	return libbpf_probe_bpf_helper(type, BPF_FUNC_set_retval, NULL) == 1;
}

/* A mount of the hierarchy that is at no path: on hosts of v1 there may be none that is. */
static int mount_nowhere(void)
{
	cleanup_fd int context = fsopen("cgroup2", FSOPEN_CLOEXEC);
	int fd;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static int open_root(void)
{
	cleanup_fd int mount = mount_nowhere(), root = -1;
	struct stat st;

	if (mount < 0)
		return mount;
	root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstat(root, &st))
		return -errno;
	return st.st_ino == ROOT_NUMBER ? TAKE_FD(root) : -EXDEV;
}

/* The same where process 1 is, which is the host's if its processes are to be seen. */
static int open_root_of_init(void)
{
	cleanup_fd int own = open("/proc/self/ns/cgroup", O_RDONLY | O_CLOEXEC);
	cleanup_fd int init = open("/proc/1/ns/cgroup", O_RDONLY | O_CLOEXEC);
	int root;

	if (own < 0 || init < 0 || setns(init, CLONE_NEWCGROUP))
		return -EXDEV;
	root = open_root();
	return setns(own, CLONE_NEWCGROUP) ? -errno : root;
}

int deny_cgroup_root(void)
{
	int root = open_root();

	return root == -EXDEV ? open_root_of_init() : root;
}
