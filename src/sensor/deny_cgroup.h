/* SPDX-License-Identifier: Apache-2.0 */
/* Where programs of control groups that deny are attached. */
#pragma once
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "base/error.h"

/* It is attached to a control group, not to something in the kernel. */
bool deny_cgroup_serves(const struct bpf_program *p);

/*
 * The root of the unified hierarchy, which every process is below, whether that is mounted anywhere or not. -ENOTSUP: from
 * where we run it is not to be seen.
 */
int deny_cgroup_root(struct error *err);
