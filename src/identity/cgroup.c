/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/cgroup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "identity/mountinfo.h"

enum { PROC_TEXT_MAX = 1 << 20, DEPTH_MAX = 32 };

const char *const cgroup_mode_names[] = {
	[CGROUP_V2] = "v2",
	[CGROUP_HYBRID] = "hybrid",
	[CGROUP_V1] = "v1",
};
static_assert(ARRAY_SIZE(cgroup_mode_names) == CGROUP_V1 + 1, "a name for each");

/* Runtimes put a container into every v1 controller they know; the first of these that is there. */
static const char *const v1_controllers[] = { "pids",	 "memory", "cpu",   "devices",
					      "freezer", "blkio",  "cpuset" };

/* True if list ("rw,cpu,cpuacct") has the word. */
static bool list_has(const char *list, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < len;) {
		const char *comma = memchr(list + i, ',', len - i);
		size_t item = comma ? (size_t)(comma - list) - i : len - i;

		if (item == n && !memcmp(list + i, word, n))
			return true;
		i += item + 1;
	}
	return false;
}

/* The hierarchy id of a v1 controller in /proc/cgroups ("#name hierarchy groups enabled"). */
static bool hierarchy_of(const char *cgroups, const char *controller, uint32_t *ret)
{
	size_t n = strlen(controller);

	for (const char *line = cgroups; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, controller, n) && line[n] == '\t') {
			*ret = (uint32_t)strtoul(line + n + 1, NULL, 10);
			return *ret != 0;
		}
	}
	return false;
}

int cgroup_layout_parse(const char *mountinfo, const char *cgroups, struct cgroup_layout *ret,
			struct error *err)
{
	struct cgroup_layout found = { 0 };
	cleanup_free char *text = strdup(mountinfo);
	size_t best = ARRAY_SIZE(v1_controllers);
	char v2[sizeof(found.mount)] = "", *at = text;
	struct mountinfo m;

	if (!text)
		return error_errno(err, ENOMEM, "mountinfo");
	while (mountinfo_next(&at, &m)) {
		if (strlen(m.point) >= sizeof(found.mount))
			continue;
		if (str_eq(m.type, "cgroup2") && !*v2)
			strcpy(v2, m.point);
		for (size_t i = 0; i < best && str_eq(m.type, "cgroup"); i++) {
			if (!mountinfo_has(m.super, v1_controllers[i]) ||
			    !hierarchy_of(cgroups, v1_controllers[i], &found.hierarchy))
				continue;
			best = i;
			strcpy(found.mount, m.point);
			snprintf(found.controller, sizeof(found.controller), "%s",
				 v1_controllers[i]);
		}
	}
	if (best < ARRAY_SIZE(v1_controllers)) {
		found.mode = *v2 ? CGROUP_HYBRID : CGROUP_V1;
	} else if (*v2) {
		found.mode = CGROUP_V2;
		found.hierarchy = 0;
		strcpy(found.mount, v2);
	} else {
		return error_set(err, ENOENT, "no control group hierarchy is mounted");
	}
	strcpy(found.unified, v2);
	*ret = found;
	return 0;
}

int cgroup_layout_detect(struct cgroup_layout *layout, struct error *err)
{
	cleanup_buf struct buf mounts = BUF_INIT, cgroups = BUF_INIT;
	int r;

	r = fs_read("/proc/self/mountinfo", PROC_TEXT_MAX, &mounts, err);
	if (!r)
		r = fs_read("/proc/cgroups", PROC_TEXT_MAX, &cgroups, err);
	return r ? r : cgroup_layout_parse(mounts.data, cgroups.data, layout, err);
}

static int group_file(const struct cgroup_layout *layout, const char *path, const char *file,
		      char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s/%s", layout->mount, str_eq(path, "/") ? "" : path, file);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int cgroup_id(const struct cgroup_layout *layout, const char *path, uint64_t *ret_id)
{
	char full[PATH_MAX];
	int r = group_file(layout, path, "", full, sizeof(full));

	return r ? r : fs_id(full, ret_id);
}

/* The kernel says so behind the path of a group that was removed under its last process. */
#define REMOVED " (deleted)"

static bool is_removed(const char *path, size_t len)
{
	size_t n = strlen(REMOVED);

	return len > n && !memcmp(path + len - n, REMOVED, n);
}

bool cgroup_of_text(const struct cgroup_layout *layout, const char *text, char *path, size_t size)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		const char *list = memchr(line, ':', len), *at;

		at = list ? memchr(list + 1, ':', len - (size_t)(list + 1 - line)) : NULL;
		if (at) {
			size_t list_len = (size_t)(at - list - 1),
			       path_len = len - (size_t)(at + 1 - line);
			bool ours = *layout->controller ?
					    list_has(list + 1, list_len, layout->controller) :
					    list_len == 0 && line[0] == '0';

			path_len -= is_removed(at + 1, path_len) ? strlen(REMOVED) : 0;
			if (ours && path_len && path_len < size) {
				memcpy(path, at + 1, path_len);
				path[path_len] = '\0';
				return true;
			}
		}
		line += len + (line[len] == '\n');
	}
	return false;
}

int cgroup_of_pid(const struct cgroup_layout *layout, pid_t pid, char *path, size_t size)
{
	cleanup_buf struct buf text = BUF_INIT;
	char file[64];
	int r;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	r = fs_read(file, PROC_TEXT_MAX, &text, NULL);
	if (r)
		return r == -ENOENT ? -ESRCH : r;
	return cgroup_of_text(layout, text.data, path, size) ? 0 : -ENOENT;
}

int cgroup_each_process(const struct cgroup_layout *layout, const char *path,
			int (*fn)(pid_t pid, void *arg), void *arg)
{
	cleanup_buf struct buf text = BUF_INIT;
	char file[PATH_MAX];
	int r;

	r = group_file(layout, path, "cgroup.procs", file, sizeof(file));
	if (!r)
		r = fs_read(file, PROC_TEXT_MAX, &text, NULL);
	if (r)
		return r;
	for (const char *at = text.data; *at && !r;) {
		pid_t pid = (pid_t)strtol(at, NULL, 10);

		if (pid > 0) /* 0: a process that our pid namespace does not see */
			r = fn(pid, arg);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return r;
}

struct descent {
	const struct cgroup_layout *layout;
	const char *path;
	int depth;
	int (*fn)(const char *path, void *arg);
	void *arg;
};

static int each_below(const struct descent *d);

static int descend(const char *name, bool is_dir, void *arg)
{
	const struct descent *above = arg;
	struct descent d = *above;
	char path[PATH_MAX];

	if (!is_dir || name[0] == '.' ||
	    snprintf(path, sizeof(path), "%s/%s", str_eq(d.path, "/") ? "" : d.path, name) >=
		    (int)sizeof(path))
		return 0;
	d.path = path;
	d.depth++;
	return each_below(&d);
}

static int each_below(const struct descent *d)
{
	struct descent here = *d;
	char full[PATH_MAX];
	int r = group_file(d->layout, d->path, "", full, sizeof(full));

	if (!r)
		r = d->fn(d->path, d->arg);
	if (r || d->depth == DEPTH_MAX)
		return r;
	r = fs_list(full, descend, &here);
	return r == -ENOENT ? 0 : r;
}

int cgroup_each_below(const struct cgroup_layout *layout, const char *path,
		      int (*fn)(const char *path, void *arg), void *arg)
{
	const struct descent d = { .layout = layout, .path = path, .fn = fn, .arg = arg };

	return each_below(&d);
}

int cgroup_create(const struct cgroup_layout *layout, const char *name, char *path, size_t size,
		  struct error *err)
{
	char own[PATH_MAX], full[PATH_MAX];
	int r = cgroup_of_pid(layout, getpid(), own, sizeof(own));

	if (r)
		return error_errno(err, -r, "cannot find our own control group");
	if (str_eq(own, "/"))
		own[0] = '\0';
	if (snprintf(path, size, "%s/%s", own, name) >= (int)size ||
	    group_file(layout, path, "", full, sizeof(full)))
		return error_errno(err, ENAMETOOLONG, "control group %s", name);
	if (mkdir(full, 0755) < 0)
		return error_errno(err, errno, "cannot create the control group %s", full);
	return 0;
}

int cgroup_remove(const struct cgroup_layout *layout, const char *path)
{
	char full[PATH_MAX];
	int r = group_file(layout, path, "", full, sizeof(full));

	return r ? r : rmdir(full) < 0 ? -errno : 0;
}

int cgroup_open_procs(const struct cgroup_layout *layout, const char *path)
{
	char file[PATH_MAX];
	int r = group_file(layout, path, "cgroup.procs", file, sizeof(file)), fd;

	if (r)
		return r;
	fd = open(file, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_enter(int procs_fd)
{
	return write(procs_fd, "0", 1) == 1 ? 0 : -errno;
}
