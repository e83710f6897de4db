/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards, control by control and version by version, as the admission plugin of
 * Kubernetes 1.37 decides them. Two controls were widened for all versions at once there, and so are here:
 * volumes of type image, and the field for AppArmor beside the annotation.
 */
#pragma once
#include "inspect/check.h"

/* 1.35: a pod with its own users is let off what keeps root in the container from being root. */
bool pss_is_relaxed(const struct probe *p, const struct workload *w);
/* 1.25: what only Linux has is not asked of Windows. */
bool pss_is_exempt(const struct probe *p, const struct workload *w);
bool pss_is_seccomp(const struct word *type);
bool pss_is_seccomp_annotation(struct text value);
/* /proc as it is by default, in every container. */
void pss_proc_mount(struct probe *p, const struct workload *w);
