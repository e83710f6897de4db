/* SPDX-License-Identifier: Apache-2.0 */
/* What is pinned, by what it is: a name that leads to something else than before is no longer what was pinned. */
#include <assert.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "sensor/deny_dir.h"

/* How infos of maps, programs and links begin alike. */
struct info {
	uint32_t type, id;
};
static_assert(offsetof(struct bpf_map_info, id) == offsetof(struct info, id) &&
		      offsetof(struct bpf_prog_info, id) == offsetof(struct info, id) &&
		      offsetof(struct bpf_link_info, id) == offsetof(struct info, id),
	      "type and number come first");

/* Links to control groups can be detached and stay. */
static bool is_detached(int fd, const char *name)
{
	struct bpf_link_info link = { 0 };
	uint32_t size = sizeof(link);

	return str_starts(name, "link_") && !bpf_obj_get_info_by_fd(fd, &link, &size) &&
	       link.type == BPF_LINK_TYPE_CGROUP && !link.cgroup.cgroup_id;
}

/* 0: it leads to nothing that is in use. */
static uint32_t number_of(const char *path, const char *name)
{
	cleanup_fd int fd = bpf_obj_get(path);
	struct info info = { 0 };
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) || is_detached(fd, name) ?
		       0 :
		       info.id;
}

/* What is in it, called PREFIX and its name. */
static int each_in(const char *directory, const char *prefix, sensor_deny_pin_fn fn, void *arg)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	char path[PATH_MAX], name[NAME_MAX + 8];

	if (!d)
		return -errno;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
			continue;
		deny_pin_path(path, directory, entry->d_name);
		snprintf(name, sizeof(name), "%s%s", prefix, entry->d_name);
		fn(name, number_of(path, entry->d_name), arg);
	}
	closedir(d);
	return 0;
}

int sensor_deny_each_pin(sensor_deny_pin_fn fn, void *arg)
{
	int r = each_in(SENSOR_DENY_DIR, "", fn, arg);

	return r ? r : each_in(DENY_DIR_SET, "set/", fn, arg);
}
