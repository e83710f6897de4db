/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny_dir.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sensor/deny_abi.h"

#define BPF_FS "/sys/fs/bpf"

const char *const deny_form_words[DENY_FORMS] = { "none", "lsm", "mod", "cgroup", "stop" };

void deny_pin_path(char out[PATH_MAX], const char *dir, const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s", dir, name);
}

void deny_link_path(char out[PATH_MAX], const char *dir, enum sensor_deny_form form,
		    const char *name)
{
	snprintf(out, PATH_MAX, "%s/link_%s_%s", dir, deny_form_words[form], name);
}

int deny_open_pin(const char *name)
{
	char path[PATH_MAX];
	int fd;

	deny_pin_path(path, SENSOR_DENY_DIR, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int deny_make_dir(const char *path, struct error *err)
{
	return mkdir(path, 0700) && errno != EEXIST ? error_errno(err, errno, "%s", path) : 0;
}

int deny_make_dirs(struct error *err)
{
	struct statfs fs;
	int r;

	if (statfs(BPF_FS, &fs) || fs.f_type != BPF_FS_MAGIC)
		return error_set(
			err, ENOTSUP,
			"what denies is kept in a BPF file system, and there is none on " BPF_FS
			": mount -t bpf bpf " BPF_FS);
	r = deny_make_dir(BPF_FS "/merlon", err);
	if (r || !access(SENSOR_DENY_DIR, F_OK))
		return r;
	r = deny_make_dir(SENSOR_DENY_DIR, err);
	if (!r && sensor_deny_abi_pin())
		r = error_errno(err, errno, "cannot pin its version in " SENSOR_DENY_DIR);
	return r;
}

void deny_remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (!d)
		return;
	while ((entry = readdir(d))) {
		deny_pin_path(path, dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(dir);
}
