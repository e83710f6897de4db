/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel keeps of processes instead of telling it: struct abi_kept, by the descriptor of its map. */
#pragma once
#include <stdbool.h>

#include "abi/record.h"

#include "abi/event.h"
#include "abi/kept.h"

/* False: nothing is kept of it, or what is kept makes no sense. */
bool sensor_kept_find(int map, const struct abi_kept_key *key, struct abi_kept *ret);
/* All, while others come and go; fn may remove the one it is given. Until it returns anything but 0, which is passed on. */
typedef int (*sensor_kept_fn)(const struct abi_kept_key *key, const struct abi_kept *k, void *arg);
int sensor_kept_each(int map, sensor_kept_fn fn, void *arg);
void sensor_kept_remove(int map, const struct abi_kept_key *key);
/* All of it, for nobody reads it any more. */
void sensor_kept_clear(int map);
