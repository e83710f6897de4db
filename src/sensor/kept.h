/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel keeps of processes instead of telling it: struct abi_kept, by the descriptor of its map. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"

#include "abi/event.h"
#include "abi/kept.h"

struct sensor_kept {
	int map, numbers; /* borrowed */
};

/* False: nothing is kept of it, or what is kept makes no sense. */
bool sensor_kept_find(int map, const struct abi_kept_key *key, struct abi_kept *ret);
/* All, while others come and go; fn may remove the one it is given. Until it returns anything but 0, which is passed on. */
typedef int (*sensor_kept_fn)(const struct abi_kept_key *key, const struct abi_kept *k, void *arg);
int sensor_kept_each(int map, sensor_kept_fn fn, void *arg);
void sensor_kept_remove(const struct sensor_kept *s, const struct abi_kept_key *key);
/* Who had that number in that PID namespace at that time; false: nobody who is kept. */
bool sensor_kept_number(const struct sensor_kept *s, struct abi_kept_number n, uint64_t time_ns,
			struct abi_kept_key *ret);
/* That one has it no more. */
void sensor_kept_forget_number(const struct sensor_kept *s, struct abi_kept_number n,
			       const struct abi_kept_key *whose);
/* All of it, for nobody reads it any more. */
void sensor_kept_clear(int map);
