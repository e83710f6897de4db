/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Docker keeps of a container: config.v2.json and, as its member HostConfig, hostconfig.json, of
 * DATA-ROOT/containers/ID; which is nearly what `docker inspect` and `podman inspect` print (moby 20.10: container/container.go,
 * api/types/container). Its members mean what they mean to Docker: what is not said is Docker's default.
 */
#pragma once
#include "inspect/workload.h"

/* The names of the two files, in one directory. */
#define DOCKER_CONFIG "config.v2.json"
#define DOCKER_HOST_CONFIG "hostconfig.json"

/* Whether a document is both files in one, or an item of what `docker inspect` prints. */
bool docker_is_container(const struct yaml_node *n);

/* What the container is called, without Docker's slash. */
struct text docker_name(const struct at *root);

/*
 * The view of the document at root. What has a wrong type is told to diagnostics and taken for unset. All of
 * it lives in the arena and in the tree. NULL: out of memory.
 */
struct workload *docker_read(struct arena *a, const struct at *root, struct text name,
			     struct diags *d);

/* Adds to the view of the container's bundle what only Docker says; root must live as long as the view. */
void docker_add(struct arena *a, const struct at *root, struct workload *w, struct diags *d);
