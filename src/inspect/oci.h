/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view of workload.h from an OCI bundle's config.json (runtime-spec 1.3), as runtimes get it from
 * engines. It says what a manifest would have said for the same container, so that the same checks find
 * the same:
 *
 *   - A bundle lists the capabilities that are kept. Those of the engines' default that are missing were
 *     dropped; if most of them are, all were, and what is there was added.
 *   - Every capability and every device is "privileged", and explains what else it brings with it.
 *   - A namespace that is not listed, or that is one of process 1, is the host's.
 *   - A bind mount of a file or directory of the host is a hostPath, unless it is one of those that engines
 *     and the kubelet make for each container (names, volumes).
 */
#pragma once
#include "inspect/workload.h"

struct reader;

/* Whether a document is a config.json, whatever the file is called. */
bool oci_is_config(const struct yaml_node *n);

/*
 * Reads the document at root; name is what the container is called. What has a wrong type is told to
 * diagnostics and taken for unset. All of it lives in the arena and in the tree. NULL: out of memory.
 */
struct workload *oci_read(struct arena *a, const struct at *root, struct text name,
			  struct diags *d);

/* What engines say as well, in files of their own. A label is "user:role:type:level". */
void oci_take_labels(struct word apparmor, struct word label, struct security *s);
/* Of "NAME=VALUE". */
void oci_take_env(struct reader *r, struct words all, struct container *c);
/* Whether engines or the kubelet made for one container what is mounted there. */
bool oci_is_made_for_container(struct text source, struct text destination);

/* Whether engines give it without being asked; with or without "CAP_". */
bool oci_is_default_capability(struct text name);
