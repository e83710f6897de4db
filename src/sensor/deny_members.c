/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a container, and of which class: maps that are pinned, whoever made them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/deny.h"

static int open_map(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", SENSOR_DENY_DIR, name);
	return bpf_obj_get(path);
}

int sensor_deny_members(struct sensor_deny_members *ret, struct error *err)
{
	*ret = (struct sensor_deny_members){ open_map("places"), open_map("set/members"),
					     open_map("set/classes") };
	if (ret->places >= 0 && ret->members >= 0 && ret->classes >= 0)
		return 0;
	sensor_deny_members_close(ret);
	return error_set(err, ENOENT, "nothing is denied here");
}

void sensor_deny_members_close(struct sensor_deny_members *m)
{
	const int fds[] = { m->places, m->members, m->classes };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*m = SENSOR_DENY_MEMBERS_NONE;
}

static int put(int map, const void *key, const void *value)
{
	return bpf_map_update_elem(map, key, value, BPF_ANY) ? -errno : 0;
}

int sensor_deny_class(const struct sensor_deny_members *m, uint64_t class, enum abi_deny_hook point,
		      const struct abi_deny_class *what)
{
	const struct abi_deny_class_key key = { .class = class, .point = point };

	return put(m->classes, &key, what);
}

int sensor_deny_member(const struct sensor_deny_members *m, uint64_t cgroup, uint64_t class)
{
	return put(m->members, &cgroup, &class);
}

int sensor_deny_place(const struct sensor_deny_members *m, uint64_t cgroup)
{
	const struct abi_deny_place place = { .state = ABI_DENY_STARTED };

	return put(m->places, &cgroup, &place);
}

bool sensor_deny_has_class(const struct sensor_deny_members *m, uint64_t cgroup)
{
	uint64_t class;

	return !bpf_map_lookup_elem(m->members, &cgroup, &class);
}

int sensor_deny_unplace(const struct sensor_deny_members *m, uint64_t cgroup)
{
	bpf_map_delete_elem(m->members, &cgroup);
	return bpf_map_delete_elem(m->places, &cgroup) && errno != ENOENT ? -errno : 0;
}

int sensor_deny_each_place(const struct sensor_deny_members *m,
			   void (*fn)(uint64_t cgroup, void *arg), void *arg)
{
	uint64_t key, *before = NULL;
	struct abi_deny_place p;

	while (!bpf_map_get_next_key(m->places, before, &key)) {
		before = &key;
		if (!bpf_map_lookup_elem(m->places, &key, &p) && p.state == ABI_DENY_STARTED)
			fn(key, arg);
	}
	return errno == ENOENT ? 0 : -errno;
}

/* --- news ------------------------------------------------------------------------------------------- */

struct sensor_deny_news {
	struct ring_buffer *ring;
	sensor_deny_begun_fn fn;
	void *arg;
};

static int on_begun(void *arg, void *data, size_t size)
{
	const struct sensor_deny_news *n = arg;
	uint64_t cgroup;

	if (size < sizeof(cgroup))
		return 0;
	memcpy(&cgroup, data, sizeof(cgroup));
	n->fn(cgroup, n->arg);
	return 0;
}

int sensor_deny_news_new(struct sensor_deny_news **ret, int ring, sensor_deny_begun_fn fn,
			 void *arg)
{
	struct sensor_deny_news *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->fn = fn;
	n->arg = arg;
	n->ring = ring_buffer__new(ring, on_begun, n, NULL);
	if (!n->ring) {
		free(n);
		return -errno;
	}
	*ret = n;
	return 0;
}

int sensor_deny_news_wait(struct sensor_deny_news *n, int timeout_ms)
{
	int r = ring_buffer__poll(n->ring, timeout_ms);

	return r == -EINTR ? 0 : r;
}

void sensor_deny_news_free(struct sensor_deny_news *n)
{
	if (!n)
		return;
	ring_buffer__free(n->ring);
	free(n);
}
