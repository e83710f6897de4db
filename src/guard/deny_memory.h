/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was pinned when rules were put in force, remembered beside them: a container that has the host's BPF file system may
 * remove pins while no guard runs that holds them, and what a pin held ends with it. Whoever looks next compares.
 */
#pragma once
#include <jansson.h>

#include "base/error.h"
#include "sensor/deny.h"

/* What is pinned now, into a file of that directory of rules (DENY_RULES_DIR, or what is to become it), and the mode. */
int deny_memory_keep(const char *dir, enum abi_deny_mode mode, struct error *err);
/* Another mode for what is remembered; of pins nothing is learned. */
int deny_memory_set_mode(enum abi_deny_mode mode, struct error *err);

/*
 * What was remembered and is not so any more: {"missing": [PIN], "replaced": [PIN], "mode": what it was, if it is another now}; NULL: all is
 * as it was, or nothing is in force. Pins are called by their names below SENSOR_DENY_DIR. The caller's.
 */
json_t *deny_memory_lost(void);
/* How many these are; 0 for NULL. */
size_t deny_memory_count(const json_t *lost);
/* The mode that is in force, or, if somebody changed it otherwise than by merlon deny, was. */
enum abi_deny_mode deny_memory_mode(void);
