/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Control groups. Everything is keyed by the id of a group in *one* hierarchy: the unified one, or,
 * where containers live in v1 hierarchies, that of one v1 controller which user space chose. Ids of
 * different hierarchies are not comparable, so events of the others are skipped.
 */
#pragma once
#include "bpf/lib/settings.bpf.h"

static __always_inline __u64 cgroup_id(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, kn, id);
}

static __always_inline bool cgroup_is_ours(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == (int)settings.hierarchy;
}

static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;
	void *slot;

	if (settings.subsystem < 0)
		return BPF_CORE_READ(set, dfl_cgrp, kn, id);
	slot = (void *)set + bpf_core_field_offset(struct css_set, subsys) +
	       settings.subsystem * sizeof(css);
	bpf_probe_read_kernel(&css, sizeof(css), slot);
	return BPF_CORE_READ(css, cgroup, kn, id);
}

/* The same of current, by one helper where that is enough. */
static __always_inline __u64 current_cgroup_id(void)
{
#ifndef CURRENT_BY_TASK
	if (settings.subsystem < 0)
		return bpf_get_current_cgroup_id();
#endif
	return task_cgroup_id(current_task());
}
