/* SPDX-License-Identifier: Apache-2.0 */
/* What loading any of our programs needs. */
#pragma once
#include "base/error.h"

/* Keeps what libbpf says from here on, for load_log_end(). Not for two loads at a time. */
void load_log_begin(void);
/* Passes on result; if it is an error, *err has what was said of it. */
int load_log_end(int result, const char *whose, struct error *err);

/* The index of a v1 controller in a css_set: enum cgroup_subsys_id depends on the configuration. */
int load_subsystem(const char *controller, struct error *err);
