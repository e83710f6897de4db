/* SPDX-License-Identifier: Apache-2.0 */
/* What is the guard's own, as the kernel knows it: so that it is protected under whatever name a container has it. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "sensor/deny.h"

/* Those that are there. What a service manager makes anew at each start is told again by each guard. */
static const char *const own_paths[] = {
	"/sys/fs/bpf/merlon",	   "/run/merlon", "/run/merlon-guard", "/var/lib/merlon",
	"/var/lib/merlon-respond", "/etc/merlon", "/usr/share/merlon", "/proc/self/exe",
};

enum { DEV_MINOR_BITS = 20 }; /* as the kernel numbers devices */

int sensor_deny_guard_own(void)
{
	cleanup_fd int map = bpf_obj_get(SENSOR_DENY_DIR "/guarded");
	const __u8 yes = 1;

	if (map < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(own_paths); i++) {
		struct abi_deny_guarded key = { 0 };
		struct stat st;

		if (stat(own_paths[i], &st))
			continue;
		key.dev = major(st.st_dev) << DEV_MINOR_BITS | minor(st.st_dev);
		/* That of inode 0 says that the file system has any. */
		if (bpf_map_update_elem(map, &key, &yes, BPF_ANY))
			return -errno;
		key.ino = st.st_ino;
		if (bpf_map_update_elem(map, &key, &yes, BPF_ANY))
			return -errno;
	}
	return 0;
}
