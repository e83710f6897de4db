/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_place.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "guard/container_table.h"
#include "identity/cgroup_name.h"

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

bool deny_place_is_unit(const char *path)
{
	/* systemd's own scopes, and those of desktops; what runs in services is in groups of services, which are none of ours. */
	static const char *const prefixes[] = { "session-", "run-", "app-", "init." };
	struct text name = text_basename(text_of(path));
	struct cgroup_name container;

	if (cgroup_name_parse(path, &container) || !text_ends(name, TEXT(".scope")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (text_starts(name, text_of(prefixes[i])))
			return true;
	return false;
}

/* Whether the process has that namespace in common with process 1, or with us if nobody may look at that. */
static bool shares(pid_t pid, const char *kind)
{
	struct stat own, hosts;
	char ns[64], of_host[32];

	snprintf(ns, sizeof(ns), "/proc/%d/ns/%s", pid, kind);
	snprintf(of_host, sizeof(of_host), "/proc/1/ns/%s", kind);
	if (stat(of_host, &hosts)) {
		snprintf(of_host, sizeof(of_host), "/proc/self/ns/%s", kind);
		if (stat(of_host, &hosts))
			return false;
	}
	return !stat(ns, &own) && own.st_ino == hosts.st_ino;
}

bool deny_place_is_service(const struct cgroup_layout *layout, const char *path)
{
	pid_t first = 0;

	cgroup_each_process(layout, path, find_first, &first);
	return first && shares(first, "pid") && (shares(first, "mnt") || deny_place_is_unit(path));
}
