/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that were there before us, from /proc. */
#pragma once
#include "guard/facts.h"
#include "guard/process_facts.h"
#include "identity/cgroup.h"

/* fn's facts live until it returns; a negative errno of it ends the walk and is passed on. */
typedef int (*process_scan_fn)(const struct process_facts *f, void *arg);

/* One process; -ESRCH if it is gone. What took too long to be read is missing in its facts. */
int process_scan_one(const struct facts *how, const struct cgroup_layout *layout, uint32_t pid,
		     process_scan_fn fn, void *arg);
/* All of them, in the order of their numbers: a parent may come after its children. */
int process_scan_all(const struct facts *how, const struct cgroup_layout *layout,
		     process_scan_fn fn, void *arg);
