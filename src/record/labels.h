/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELinux labels of what a workload touched in its volumes. The container may be gone when its profile is
 * written; its volumes are still on the host.
 */
#pragma once
#include "identity/container.h"
#include "profile/profile.h"

/*
 * Fills profile_file.label of files in the volumes of who, where SELinux is on. A file that is gone has
 * the label of the nearest directory that is there: what is made in one gets its type. Before paths
 * are generalised.
 */
void labels_read(struct profile *p, const struct container *who);
