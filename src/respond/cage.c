/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "identity/mountinfo.h"

enum { TEXT_MAX = 4 << 20, LOOKS = 400 };
#define LOOK_NS 5000000L

/* Where the v1 freezer is; -ENOENT. */
static int find_freezer(struct cgroup_layout *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct mountinfo m;
	char *at;
	int r = fs_read("/proc/self/mountinfo", TEXT_MAX, &text, NULL);

	if (r)
		return r;
	at = text.data;
	while (mountinfo_next(&at, &m)) {
		if (!str_eq(m.type, "cgroup") || !mountinfo_has(m.super, "freezer") ||
		    strlen(m.point) >= sizeof(ret->mount))
			continue;
		*ret = (struct cgroup_layout){ .mode = CGROUP_V1, .controller = "freezer" };
		strcpy(ret->mount, m.point);
		return 0;
	}
	return -ENOENT;
}

static int stop_at_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

/* Of the freezer the container's group is the one that its processes are in. */
static int find_v1(const struct cgroup_layout *layout, const struct container *c, struct cage *ret)
{
	struct cgroup_layout freezer;
	char path[PATH_MAX];
	pid_t pid = 0;
	int r = find_freezer(&freezer);

	if (r)
		return r;
	cgroup_each_process(layout, c->cgroup, stop_at_first, &pid);
	if (!pid)
		pid = c->pid;
	r = pid ? cgroup_of_pid(&freezer, pid, path, sizeof(path)) : -ESRCH;
	if (r)
		return r;
	/* Its runtime named it; a group above holds others too. */
	if (!strstr(path, c->id))
		return -EBUSY;
	return snprintf(ret->directory, sizeof(ret->directory), "%s%s", freezer.mount, path) <
			       (int)sizeof(ret->directory) ?
		       0 :
		       -ENAMETOOLONG;
}

int cage_find(const struct cgroup_layout *layout, const struct container *c, struct cage *ret)
{
	*ret = (struct cage){ .unified = layout->mode == CGROUP_V2 };
	if (!ret->unified)
		return find_v1(layout, c, ret);
	return snprintf(ret->directory, sizeof(ret->directory), "%s%s", layout->mount, c->cgroup) <
			       (int)sizeof(ret->directory) ?
		       0 :
		       -ENAMETOOLONG;
}

static int put(const struct cage *cage, const char *name, const char *value)
{
	char path[PATH_MAX + 32];
	cleanup_fd int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", cage->directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int frozen_v2(const struct cage *cage)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_MAX + 32];
	int r;

	snprintf(path, sizeof(path), "%s/cgroup.events", cage->directory);
	r = fs_read(path, TEXT_MAX, &text, NULL);
	return r ? r : strstr(text.data, "frozen 1") != NULL;
}

int cage_is_frozen(const struct cage *cage)
{
	char path[PATH_MAX + 32], state[32];
	int r;

	if (cage->unified)
		return frozen_v2(cage);
	snprintf(path, sizeof(path), "%s/freezer.state", cage->directory);
	r = fs_read_line(path, state, sizeof(state));
	return r ? r : str_eq(state, "FROZEN");
}

int cage_thaw(const struct cage *cage)
{
	return cage->unified ? put(cage, "cgroup.freeze", "0") :
			       put(cage, "freezer.state", "THAWED");
}

int cage_freeze(const struct cage *cage)
{
	const struct timespec step = { .tv_nsec = LOOK_NS };
	int r = cage->unified ? put(cage, "cgroup.freeze", "1") :
				put(cage, "freezer.state", "FROZEN");

	for (int i = 0; !r && i < LOOKS; i++) {
		int frozen = cage_is_frozen(cage);

		if (frozen)
			return frozen < 0 ? frozen : 0;
		nanosleep(&step, NULL);
	}
	return r ? r : 1;
}

int cage_kill(const struct cage *cage)
{
	return cage->unified ? put(cage, "cgroup.kill", "1") : -ENOENT;
}
