/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny_abi.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "sensor/deny.h"

#define PIN SENSOR_DENY_DIR "/abi"

enum { KEY_MAX = 64 };

static int read_version(uint32_t *ret)
{
	cleanup_fd int map = bpf_obj_get(PIN);
	__u32 zero = 0;

	if (map < 0)
		return -errno;
	return bpf_map_lookup_elem(map, &zero, ret) ? -errno : 0;
}

enum sensor_deny_abi sensor_deny_abi(uint32_t *ret_version)
{
	*ret_version = 0;
	if (access(SENSOR_DENY_DIR, F_OK))
		return DENY_ABI_NONE;
	(void)read_version(ret_version); /* there is none: 0 */
	if (*ret_version == ABI_DENY_VERSION)
		return DENY_ABI_OURS;
	return *ret_version < ABI_DENY_VERSION ? DENY_ABI_OLDER : DENY_ABI_NEWER;
}

int sensor_deny_abi_check_newer(struct error *err)
{
	uint32_t version;

	if (sensor_deny_abi(&version) != DENY_ABI_NEWER)
		return 0;
	return error_set(
		err, EPROTO,
		"what denies here was put in force by a newer merlon (version %u of it, and this one knows %u): it stays as it is; "
		"use that one, or give denial up with merlon deny off",
		version, ABI_DENY_VERSION);
}

int sensor_deny_abi_check(struct error *err)
{
	uint32_t version;

	if (sensor_deny_abi(&version) != DENY_ABI_OLDER)
		return sensor_deny_abi_check_newer(err);
	return error_set(
		err, EPROTO,
		"what denies here was put in force by an older merlon (version %u of it, and this one has %u): it goes on until "
		"merlon guard starts, or merlon deny on puts rules in force anew",
		version, ABI_DENY_VERSION);
}

int sensor_deny_abi_pin(void)
{
	cleanup_fd int map = bpf_obj_get(PIN);
	const __u32 zero = 0, version = ABI_DENY_VERSION;

	/* One that is there is written: nobody is to see none meanwhile. */
	if (map >= 0)
		return bpf_map_update_elem(map, &zero, &version, BPF_ANY) ? -errno : 0;
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "deny_abi", sizeof(zero), sizeof(version), 1,
			     NULL);
	if (map < 0 || bpf_map_update_elem(map, &zero, &version, BPF_ANY))
		return -errno;
	return bpf_obj_pin(map, PIN) ? -errno : 0;
}

static int read_info(int map, struct bpf_map_info *ret)
{
	__u32 size = sizeof(*ret);

	*ret = (struct bpf_map_info){ 0 };
	return bpf_obj_get_info_by_fd(map, ret, &size) ? -errno : 0;
}

/*
 * The settings of whatever version: of all the first byte is the mode (struct abi_deny_state_now). NULL: there are none. The map
 * is the caller's.
 */
static unsigned char *read_state(int *ret_map)
{
	cleanup_fd int map = bpf_obj_get(SENSOR_DENY_DIR "/state");
	cleanup_free unsigned char *now = NULL;
	struct bpf_map_info info;
	__u32 zero = 0;

	if (map < 0 || read_info(map, &info) || info.key_size != sizeof(zero))
		return NULL;
	now = calloc(1, info.value_size);
	if (!now || bpf_map_lookup_elem(map, &zero, now))
		return NULL;
	*ret_map = TAKE_FD(map);
	return TAKE_PTR(now);
}

enum abi_deny_mode sensor_deny_abi_mode(void)
{
	cleanup_fd int map = -1;
	cleanup_free unsigned char *now = read_state(&map);

	return now && now[0] <= ABI_DENY_ENFORCE ? now[0] : ABI_DENY_OBSERVE;
}

void sensor_deny_abi_observe(void)
{
	cleanup_fd int map = -1;
	cleanup_free unsigned char *now = read_state(&map);
	__u32 zero = 0;

	if (!now)
		return;
	now[0] = ABI_DENY_OBSERVE;
	(void)bpf_map_update_elem(map, &zero, now, BPF_ANY);
}

bool sensor_deny_abi_fits(const struct bpf_map *ours, int pinned, uint32_t since)
{
	struct bpf_map_info info;
	uint32_t version;

	sensor_deny_abi(&version);
	return version >= since && !read_info(pinned, &info) && info.type == bpf_map__type(ours) &&
	       info.key_size == bpf_map__key_size(ours) &&
	       info.value_size == bpf_map__value_size(ours) &&
	       info.max_entries == bpf_map__max_entries(ours);
}

int sensor_deny_abi_carry(int from, int to)
{
	struct bpf_map_info old, fresh;
	unsigned char key[KEY_MAX];
	cleanup_free unsigned char *value = NULL;
	void *before = NULL;
	int r = read_info(from, &old);

	r = r ? r : read_info(to, &fresh);
	if (r || old.type != BPF_MAP_TYPE_HASH || fresh.type != old.type ||
	    old.key_size != fresh.key_size || old.key_size > sizeof(key))
		return r;
	/* Of a longer value what is new is zero. */
	value = calloc(1, old.value_size + (size_t)fresh.value_size);
	if (!value)
		return -ENOMEM;
	while (!bpf_map_get_next_key(from, before, key)) {
		before = key;
		if (!bpf_map_lookup_elem(from, key, value))
			(void)bpf_map_update_elem(to, key, value, BPF_NOEXIST);
	}
	return 0;
}
