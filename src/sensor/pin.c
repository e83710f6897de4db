/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/pin.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/fs.h"

#define SHARED_DIR "/sys/fs/bpf"
#define OWN_DIR "/run/merlon/bpf"

static bool is_bpf_fs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static int make(const char *path, struct error *err)
{
	return mkdir(path, 0700) && errno != EEXIST ? error_errno(err, errno, "%s", path) : 0;
}

int pin_directory(const char *name, char out[PIN_PATH_MAX], struct error *err)
{
	const char *root = SHARED_DIR "/merlon";
	int r = 0;

	if (!is_bpf_fs(SHARED_DIR)) {
		root = OWN_DIR;
		r = fs_mkdirs(root, 0700, err);
		if (!r && !is_bpf_fs(root) &&
		    mount("merlon", root, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
			r = error_errno(err, errno, "cannot mount a BPF file system on %s", root);
	} else {
		r = make(root, err);
	}
	if (r)
		return r;
	if (snprintf(out, PIN_PATH_MAX, "%s/%s", root, name) >= PIN_PATH_MAX)
		return error_set(err, ENAMETOOLONG, "%s/%s", root, name);
	return make(out, err);
}

int pin_to_cgroup(int program_fd, int cgroup_fd, uint32_t attach_type, const char *path,
		  struct error *err)
{
	cleanup_fd int link = bpf_link_create(program_fd, cgroup_fd,
					      (enum bpf_attach_type)attach_type, NULL);

	if (link < 0)
		return error_errno(err, errno, "cannot attach to the control group");
	return bpf_obj_pin(link, path) ? error_errno(err, errno, "%s", path) : 0;
}
