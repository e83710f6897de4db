/* SPDX-License-Identifier: Apache-2.0 */
/* What a Kubernetes manifest asks of one container: its securityContext, and its pod's. */
#pragma once
#include "confine/expectation.h"

/* Where the kubelet keeps Localhost seccomp profiles (--root-dir, 1.19 and later). */
#define MANIFEST_SECCOMP_ROOT "/var/lib/kubelet/seccomp"

/*
 * From YAML or JSON of a Pod, or of a resource with a template of one. container: its name in the pod,
 * NULL if it has but one. A Localhost profile is read below seccomp_root. -EINVAL with the place;
 * -ENOENT if there is no such container, or its seccomp profile is not on this node.
 */
int manifest_read(struct expectation *ret, const char *file, const char *container,
		  const char *seccomp_root, struct error *err);

/* Pure part: what a manifest asks, but for the content of a Localhost profile, whose path is left in
 * *ret_localhost (owned by the caller; NULL: there is none). */
int manifest_parse(struct expectation *ret, const char *file, const char *text, size_t len,
		   const char *container, char **ret_localhost, struct error *err);
