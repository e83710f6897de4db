/* SPDX-License-Identifier: Apache-2.0 */
/* An object of a cluster as a manifest declares it, or a container as its bundle does. It lives as long as the document that it is in. */
#pragma once
#include "inspect/kind.h"
#include "inspect/live.h"
#include "inspect/workload.h"

struct image;

struct object {
	int kind; /* enum kind; -1: nothing is known about it */
	struct text kind_name, api_version, name, name_space;
	struct at root, annotations, labels;
	struct workload *workload; /* NULL: it has no pods */
	const struct image *image; /* of a KIND_IMAGE */
};

/*
 * Reads what n says about itself. kind and api_version are what a list says of its items, for those that
 * don't say it themselves. False: it is no object (diagnostics say why, unless it is empty).
 */
bool object_read(struct arena *a, const struct yaml_node *n, struct text kind,
		 struct text api_version, struct diags *d, struct object *ret);

/*
 * Reads an OCI config.json (oci_is_config()). live is what is known of the container while it runs; NULL:
 * nothing, and it is called as its directory. docker is what Docker keeps of it (docker.h); NULL: nothing.
 */
bool object_read_container(struct arena *a, const struct yaml_node *n, const struct live *live,
			   const struct yaml_node *docker, struct diags *d, struct object *ret);

/* Reads what Docker keeps of a container (docker_is_container()), without its bundle. */
bool object_read_docker(struct arena *a, const struct yaml_node *n, struct diags *d,
			struct object *ret);

/* Whether it is a container without a cluster, whoever says what it is. */
bool object_is_container(const struct object *o);

/* An image with its configuration, called name where it has none of its own. */
void object_of_image(const struct image *image, const struct yaml_node *config, struct text name,
		     struct object *ret);
