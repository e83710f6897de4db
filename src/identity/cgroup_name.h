/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the path of a control group says about the container in it: each engine, with each of its
 * two cgroup drivers, has a way of naming. Pure text; the names are chosen by container engines but
 * a container with its own cgroup namespace may create groups below its own, so they are hostile.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum cgroup_engine {
	CGROUP_ENGINE_UNKNOWN,
	CGROUP_ENGINE_DOCKER,
	CGROUP_ENGINE_CONTAINERD,
	CGROUP_ENGINE_CRIO,
	CGROUP_ENGINE_PODMAN,
	CGROUP_ENGINE_NERDCTL,
	CGROUP_ENGINE_RUNC,
	CGROUP_ENGINE_CRUN,
	CGROUP_ENGINE_LXC,
	CGROUP_ENGINES
};

extern const char *const cgroup_engine_names[CGROUP_ENGINES];

struct cgroup_name {
	enum cgroup_engine engine;
	bool systemd;	  /* the systemd driver made it, else cgroupfs */
	char id[128];	  /* container id or, for lxc, name */
	char pod_uid[64]; /* with dashes; "" if it is not in a pod */
	size_t path_len;  /* of the part of the path that is the container's own group */
};

/*
 * Finds the innermost container that the path is in. False if the path has no sign of one; a bare
 * runc or crun container ("/web") has none: ask the runtime's state about its last component.
 */
bool cgroup_name_parse(const char *path, struct cgroup_name *ret);
