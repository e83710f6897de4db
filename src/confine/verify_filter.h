/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the filters in force with the filter that was asked for: every table, every number. */
#pragma once
#include "base/string_list.h"
#include "confine/filter_stack.h"

/* Names of calls, "x86:" or "x32:" in front for other tables, " (some arguments)" behind. */
struct filter_difference {
	string_list looser;   /* denied or asked about in what was asked for, and not in force */
	string_list stricter; /* the other way round */
};

/* -ENOMEM; -EINVAL if a filter in force is none that the kernel would take. */
int filter_difference_find(const struct filter_stack *in_force, const struct cbpf_filter *asked,
			   struct filter_difference *ret);
void filter_difference_deinit(struct filter_difference *d);
#define cleanup_filter_difference cleanup(filter_difference_deinit)
