/* SPDX-License-Identifier: Apache-2.0 */
/* Where programs of control groups that deny are attached. */
#pragma once
#include <bpf/libbpf.h>
#include <stdbool.h>

/* It is attached to a control group, not to something in the kernel. */
bool deny_cgroup_serves(const struct bpf_program *p);

/* Whether programs of this type can say which error it is; else it is EPERM. */
bool deny_cgroup_has_errors(enum bpf_prog_type type);

/*
 * The root of the unified hierarchy, which every process is below, whether that is mounted anywhere or not; the caller's. -EXDEV: from
 * our namespace of control groups, and that of process 1, it is not to be seen. -errno.
 */
int deny_cgroup_root(void);
