/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: from a control group to who it is. No API and no daemon is asked: the path of the
 * group, the runtime's state directory, the OCI bundle and the engines' own files tell.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"
#include "identity/cgroup.h"
#include "identity/cgroup_name.h"

/* A file or directory of the host in the container, as config.json asks for it. */
struct container_mount {
	char *source, *destination;
	char *propagation; /* "rprivate"; NULL: not said */
	bool writable;
};

/* All strings are owned, NULL if unknown. */
struct container {
	char *id;
	char *name;    /* what people call it; in Kubernetes the name in the pod */
	char *engine;  /* docker, containerd, cri-o, podman, nerdctl, lxc; or the runtime */
	char *runtime; /* runc, crun, ... as far as its state tells */
	char *image;
	char *image_digest; /* sha256:... of the image (config or manifest, as the engine keeps it) */
	char *pod_namespace, *pod_name, *pod_uid;
	char *bundle; /* directory of config.json */
	char *docker; /* directory of config.v2.json */
	char *rootfs;
	char *cgroup; /* path in the hierarchy of the layout */
	pid_t pid;    /* first process, 0 if not known */
	uid_t owner;  /* the user whose runtime's it is, and whose files are about it; 0: root's */
	bool sandbox; /* the pod's own container ("pause") */
	bool no_new_privileges, has_seccomp; /* as config.json asks for */
	VEC(char *) volumes;		     /* mount points of data that is not the image's */
	VEC(char *) volume_sources;	     /* where that is on the host, in the same order */
	VEC(char *) command;		     /* as config.json has it */
	VEC(struct container_mount) mounts;
	VEC(char *) labels; /* "key=value" */
	/* Every capability and every device; known once there is a config.json. */
	bool has_privileged, privileged;
	bool host_pid, host_network, host_ipc;
};

void container_deinit(struct container *c);
#define cleanup_container cleanup(container_deinit)

typedef VEC(struct container) container_list;
/* "docker.io/library/nginx:1@sha256:..." -> the part before the tag, and the tag or no data. */
void container_image_split(const char *image, struct text *repository, struct text *tag);

void container_list_deinit(container_list *list);
#define cleanup_container_list cleanup(container_list_deinit)

/*
 * Who lives in the group at path? 1 if nobody that we know of (not a container), 0 with *ret filled
 * as far as the files allow. A container whose runtime has not written its state yet is known by
 * the id in the path alone: ask again later.
 */
int container_of_cgroup(const struct cgroup_layout *layout, const char *path,
			struct container *ret);

/* Every running container on the host, from the tree of control groups. */
int container_list_all(const struct cgroup_layout *layout, container_list *ret, struct error *err);

/*
 * Adds those that ordinary users run without root, and what is known of those that are in the list by their control group
 * alone. Where control groups are not delegated (v1) they have none: cgroup stays NULL. What their files say is the word
 * of their users.
 */
void container_list_add_users(container_list *list);

/* True if what is an id, the beginning of one (12 characters or more), or a name of c. */
bool container_is_called(const struct container *c, const char *what);

/* True if the image of c matches the shell pattern, with or without registry, tag and digest. */
bool container_has_image(const struct container *c, const char *pattern);
