/* SPDX-License-Identifier: Apache-2.0 */
/* What is pinned, whoever put it there: what is in force, how often it denied; ended. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sensor/deny_abi.h"
#include "sensor/deny_dir.h"

static uint64_t read_strayed(enum abi_deny_strayed which)
{
	cleanup_fd int map = deny_open_pin("strayed");
	__u32 slot = which;
	__u64 n = 0;

	return map >= 0 && !bpf_map_lookup_elem(map, &slot, &n) ? n : 0;
}

uint64_t sensor_deny_strayed(void)
{
	return read_strayed(ABI_DENY_STRAYED_EVER);
}

static void count_places(struct sensor_deny_status *ret)
{
	cleanup_fd int places = deny_open_pin("places"), outsiders = deny_open_pin("outsiders");
	struct abi_deny_place p;
	__u64 key, *last = NULL;
	__u32 tgid, *before = NULL;

	while (places >= 0 && !bpf_map_get_next_key(places, last, &key)) {
		last = &key;
		if (bpf_map_lookup_elem(places, &key, &p))
			continue;
		ret->started += p.state == ABI_DENY_STARTED;
		ret->born += p.state == ABI_DENY_BORN;
	}
	while (outsiders >= 0 && !bpf_map_get_next_key(outsiders, before, &tgid)) {
		before = &tgid;
		ret->outsiders++;
	}
	ret->strays = (uint32_t)read_strayed(ABI_DENY_STRAYED_NOW);
}

static int read_counts(int fd, struct sensor_deny_status *ret)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup_free struct abi_deny_count *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) :
							      NULL;

	for (__u32 hook = 0; each && hook < ABI_DENY_HOOKS; hook++) {
		struct abi_deny_count *sum = &ret->counts[hook];

		if (bpf_map_lookup_elem(fd, &hook, each))
			return -errno;
		for (int i = 0; i < cpus; i++) {
			sum->asked += each[i].asked;
			sum->denied += each[i].denied;
			sum->would += each[i].would;
			sum->busy += each[i].busy;
			sum->untold += each[i].untold;
		}
	}
	return each ? 0 : -ENOMEM;
}

/* Which form serves the point, as the filters in the arrays say. */
static enum sensor_deny_form form_in_force(unsigned hook)
{
	for (unsigned form = DENY_FORM_NONE + 1; form < DENY_FORMS; form++) {
		const char *name = sensor_deny_served_by(hook, form);
		__u32 slot, id;
		char path[PATH_MAX];
		cleanup_fd int calls = -1;

		if (!name)
			continue;
		slot = ABI_DENY_FILTER + (hook - sensor_deny_lead(hook, form));
		deny_link_path(path, DENY_DIR_SET, form, name);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "%s/calls_%s", DENY_DIR_SET, name);
		calls = bpf_obj_get(path);
		if (calls >= 0 && !bpf_map_lookup_elem(calls, &slot, &id))
			return form;
	}
	return DENY_FORM_NONE;
}

int sensor_deny_status(struct sensor_deny_status *ret, struct error *err)
{
	cleanup_fd int state = deny_open_pin("state"), counts = deny_open_pin("counts");
	struct abi_deny_state_now now = { 0 };
	__u32 zero = 0;
	int r = 0;

	*ret = (struct sensor_deny_status){ .mode = ABI_DENY_OBSERVE };
	if (state == -ENOENT || state == -ENOTDIR)
		return 0;
	r = sensor_deny_abi_check(err);
	if (r)
		return r;
	if (state < 0 || counts < 0)
		return error_errno(err, state < 0 ? -state : -counts, SENSOR_DENY_DIR);
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		ret->forms[hook] = (uint8_t)form_in_force(hook);
		if (ret->forms[hook])
			ret->hooks |= 1ULL << hook;
	}
	ret->active = ret->hooks != 0;
	if (!bpf_map_lookup_elem(state, &zero, &now))
		ret->mode = now.mode;
	count_places(ret);
	r = read_counts(counts, ret);
	return r ? error_errno(err, -r, "counts") : 0;
}

int sensor_deny_rule_counts(struct abi_deny_rule_count *ret, struct error *err)
{
	cleanup_fd int fd = deny_open_pin("set/rule_counts");
	int cpus = libbpf_num_possible_cpus();
	cleanup_free struct abi_deny_rule_count *each = cpus > 0 ? calloc((size_t)cpus,
									  sizeof(*each)) :
								   NULL;

	if (fd < 0 || !each)
		return error_errno(err, fd < 0 ? -fd : ENOMEM, "counts of rules");
	for (__u32 i = 0; i < ABI_DENY_HOOKS * ABI_DENY_RULES; i++) {
		ret[i] = (struct abi_deny_rule_count){ 0 };
		if (bpf_map_lookup_elem(fd, &i, each))
			return error_errno(err, errno, "counts of rules");
		for (int cpu = 0; cpu < cpus; cpu++) {
			ret[i].denied += each[cpu].denied;
			ret[i].would += each[cpu].would;
		}
	}
	return 0;
}

int sensor_deny_set_mode(enum abi_deny_mode mode, struct error *err)
{
	cleanup_fd int state = deny_open_pin("state");
	struct abi_deny_state_now now;
	__u32 zero = 0;
	int r;

	if (state < 0)
		return error_errno(err, -state, "nothing is denied here");
	r = sensor_deny_abi_check(err);
	if (r)
		return r;
	if (bpf_map_lookup_elem(state, &zero, &now))
		return error_errno(err, errno, "settings");
	now.mode = (__u8)mode;
	return bpf_map_update_elem(state, &zero, &now, BPF_ANY) ?
		       error_errno(err, errno, "settings") :
		       0;
}

int sensor_deny_end(struct error *err)
{
	bool any = !access(SENSOR_DENY_DIR, F_OK);

	/* The kernel takes its time to detach what is no longer pinned. */
	sensor_deny_abi_observe();
	deny_remove_dir(DENY_DIR_NEXT);
	deny_remove_dir(DENY_DIR_SET);
	deny_remove_dir(DENY_DIR_OLD);
	deny_remove_dir(SENSOR_DENY_DIR);
	if (!any)
		return error_set(err, ENOENT, "nothing is denied here");
	return access(SENSOR_DENY_DIR, F_OK) ?
		       0 :
		       error_set(err, EBUSY, "cannot remove " SENSOR_DENY_DIR);
}

/* The map that is pinned by that name, if what is pinned is of our version; -ENOENT: there is none, and room for it. */
static int open_own(const char *name)
{
	struct error err = ERROR_INIT;
	cleanup_fd int fd = deny_open_pin(name);

	if (sensor_deny_abi_check(&err))
		return -err.code;
	if (fd == -ENOENT && deny_make_dirs(&err))
		return -err.code;
	return TAKE_FD(fd);
}

/* Takes fd. */
static int pin_own(int fd, const char *name)
{
	cleanup_fd int map = fd;
	char path[PATH_MAX];

	deny_pin_path(path, SENSOR_DENY_DIR, name);
	return bpf_obj_pin(map, path) ? -errno : TAKE_FD(map);
}

/* The ring by that name, made if it is not there. */
static int open_ring(const char *name, uint32_t size)
{
	int fd = open_own(name);

	if (fd != -ENOENT)
		return fd;
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, size, NULL);
	return fd < 0 ? -errno : pin_own(fd, name);
}

int sensor_deny_ring(void)
{
	return open_ring("events", DENY_RING_SIZE);
}

int sensor_deny_begun(void)
{
	return open_ring("begun", DENY_BEGUN_SIZE);
}

int sensor_deny_keep(int kept)
{
	LIBBPF_OPTS(bpf_map_create_opts, like, .inner_map_fd = (__u32)kept);
	cleanup_fd int fd = open_own("kept");
	const __u32 zero = 0;

	if (fd == -ENOENT) {
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "deny_kept", sizeof(__u32),
				    sizeof(__u32), 1, &like);
		fd = fd < 0 ? -errno : pin_own(fd, "kept");
	}
	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, &zero, &kept, BPF_ANY) ? -errno : 0;
}
