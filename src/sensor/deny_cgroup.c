/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny_cgroup.h"

#include <errno.h>
#include <fcntl.h>
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

int deny_cgroup_root(struct error *err)
{
	cleanup_fd int mount = mount_nowhere(), root = -1;
	struct stat st;

	if (mount < 0)
		return error_errno(err, -mount, "the root of control groups");
	root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstat(root, &st))
		return error_errno(err, errno, "the root of control groups");
	if (st.st_ino != ROOT_NUMBER)
		return error_set(
			err, ENOTSUP,
			"this runs in a namespace of control groups: what is denied by control groups "
			"is attached to the root of all");
	return TAKE_FD(root);
}
