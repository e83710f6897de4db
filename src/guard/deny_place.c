/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_place.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "guard/container_table.h"

struct placing {
	const struct cgroup_layout *layout;
	const struct sensor_deny_members *maps;
	uint64_t class;
	bool places;
	int r;
};

static int place_group(const char *path, void *arg)
{
	struct placing *p = arg;
	uint64_t id;

	if (cgroup_id(p->layout, path, &id))
		return 0; /* it has gone */
	p->r = sensor_deny_member(p->maps, id, p->class);
	if (!p->r && p->places)
		p->r = sensor_deny_place(p->maps, id);
	return p->r;
}

/* Whether a container that is there has begun its program: its first process has a root of its own. */
static bool has_started(const struct container *c)
{
	struct stat own, ours;
	char path[64];

	if (!c->pid || stat("/", &ours))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/root/.", c->pid);
	return !stat(path, &own) && (own.st_dev != ours.st_dev || own.st_ino != ours.st_ino);
}

static int find_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

static int place_container(const struct deny_set *s, struct placing *p, const struct container *c)
{
	struct event_container who;
	struct deny_class class;
	int r;

	container_event(c, &who);
	deny_class_of(s, &who, &class);
	r = deny_class_put(p->maps, &class);
	if (r)
		return r;
	p->class = class.number;
	cgroup_each_below(p->layout, c->cgroup, place_group, p);
	return p->r;
}

int deny_place_all(const struct deny_set *s, const struct sensor_deny_members *m,
		   const struct cgroup_layout *layout, bool places, size_t *ret_count,
		   struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct placing p = { .layout = layout, .maps = m, .places = places };
	size_t count = 0;
	int r = container_list_all(layout, &all, err);

	if (r)
		return r;
	vec_foreach(c, &all) {
		if (!c->cgroup)
			continue;
		if (!c->pid)
			cgroup_each_process(layout, c->cgroup, find_first, &c->pid);
		if (!has_started(c))
			continue;
		r = place_container(s, &p, c);
		if (r)
			return error_errno(err, -r, "control groups of containers");
		count++;
	}
	if (ret_count)
		*ret_count = count;
	return 0;
}

int deny_place_below(const struct sensor_deny_members *m, const struct cgroup_layout *layout,
		     const char *path, uint64_t class)
{
	struct placing p = { .layout = layout, .maps = m, .class = class };

	cgroup_each_below(layout, path, place_group, &p);
	return p.r;
}

bool deny_place_sees_host(const struct cgroup_layout *layout, const char *path)
{
	struct stat own, hosts;
	pid_t first = 0;
	char ns[64];

	cgroup_each_process(layout, path, find_first, &first);
	snprintf(ns, sizeof(ns), "/proc/%d/ns/pid", first);
	return first && !stat(ns, &own) && !stat("/proc/1/ns/pid", &hosts) &&
	       own.st_ino == hosts.st_ino;
}
