/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that find out who a container is. */
#pragma once
#include <jansson.h>

#include "identity/container.h"

enum { STATE_MAX = 16 << 20 };

/* One of the files about c; NULL: there is none, or not of its owner. The caller owns it. */
json_t *container_file(const struct container *c, const char *path, size_t limit);
/* A copy, unless the field is known already. */
void container_fill(char **field, const char *value);
/* What the engine above the runtime keeps of it: its name, its image. */
void container_engine_read(struct container *c, enum cgroup_engine engine);

/* In root's directories, by c->id; false if no runtime has it. */
bool runtime_state_find(struct container *c);
/* What its config.json says, if it is known or can be guessed where that is. */
void runtime_bundle_find(struct container *c);
/*
 * The same where runtime and bundles are in directories that somebody chose (dockerd --exec-root): containerd's shims, which are
 * the parents of containers, run in their bundles. c->pid is known; false if it is no shim's.
 */
bool runtime_shim_find(struct container *c);
