/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what another Merlon has pinned is understood by this one. What is in DIR is of one version (ABI_DENY_VERSION), which is
 * pinned with it; what was pinned before there was a number is of version 0.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sensor/deny_form.h"

enum sensor_deny_abi {
	DENY_ABI_NONE,	/* nothing is pinned */
	DENY_ABI_OURS,	/* it is adopted */
	DENY_ABI_OLDER, /* it goes on, and a set of ours takes its place map by map */
	DENY_ABI_NEWER, /* it goes on, and is left alone */
};
enum sensor_deny_abi sensor_deny_abi(uint32_t *ret_version);

/* -EPROTO: it is not ours; *err says which, and what to do. */
int sensor_deny_abi_check(struct error *err);
/* The same, but what is older may be replaced. */
int sensor_deny_abi_check_newer(struct error *err);

/* From now on what is pinned is ours; -errno. */
int sensor_deny_abi_pin(void);

/* At most what applies, of a set that is in force, by whatever version. */
enum abi_deny_mode sensor_deny_abi_mode(void);
/* Nothing is denied any more from now on, also if what is no longer pinned takes its time to end. */
void sensor_deny_abi_observe(void);

/*
 * A map of libbpf's, in the place of one that is pinned: is it the same but for its content? since: the first version that has it as
 * it is now.
 */
struct bpf_map;
bool sensor_deny_abi_fits(const struct bpf_map *ours, int pinned, uint32_t since);

/*
 * What a map of another version knows, for ours: keys are the same, of values what both have. What ours knows already stays.
 * -errno.
 */
int sensor_deny_abi_carry(int from, int to);
