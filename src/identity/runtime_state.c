/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes keep of a container while it exists: a directory per id, in directories of root and of users. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "identity/bundle.h"
#include "identity/container_private.h"
#include "identity/process.h"

json_t *container_file(const struct container *c, const char *path, size_t limit)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (c->owner ? fs_read_of(c->owner, path, limit, &text, NULL) :
		       fs_read(path, limit, &text, NULL))
		return NULL;
	return json_loadb(text.data, text.len, JSON_ALLOW_NUL,
			  NULL); /* as a label of an image may have */
}

void container_fill(char **field, const char *value)
{
	if (!*field && value && *value)
		*field = strdup(value);
}

/* runc's state.json: the bundle is a label of the configuration. */
static void runc_state_read(const json_t *state, struct container *c)
{
	const json_t *config = json_object_get(state, "config"), *label;
	size_t i;

	c->pid = (pid_t)json_integer_value(json_object_get(state, "init_process_pid"));
	json_array_foreach (json_object_get(config, "labels"), i, label) {
		const char *text = json_string_value(label);

		if (text && str_starts(text, "bundle="))
			container_fill(&c->bundle, text + strlen("bundle="));
	}
	container_fill(&c->rootfs, json_string_value(json_object_get(config, "rootfs")));
}

/* crun's status */
static void crun_state_read(const json_t *state, struct container *c)
{
	c->pid = (pid_t)json_integer_value(json_object_get(state, "pid"));
	container_fill(&c->bundle, json_string_value(json_object_get(state, "bundle")));
	container_fill(&c->rootfs, json_string_value(json_object_get(state, "rootfs")));
}

/* Where root's runtimes keep state, below it a directory per container id. */
static const struct {
	const char *dir, *file, *runtime, *engine;
	void (*read)(const json_t *state, struct container *c);
} state_dirs[] = {
	{ "/run/runc", "state.json", "runc", NULL, runc_state_read },
	{ "/run/crun", "status", "crun", NULL, crun_state_read },
	{ "/run/containerd/runc/k8s.io", "state.json", "runc", "containerd", runc_state_read },
	{ "/run/containerd/runc/default", "state.json", "runc", "containerd", runc_state_read },
	{ "/run/containerd/runc/moby", "state.json", "runc", "docker", runc_state_read },
	{ "/run/docker/runtime-runc/moby", "state.json", "runc", "docker", runc_state_read },
	{ "/run/docker/runtime-crun/moby", "status", "crun", "docker", crun_state_read },
};

/* containerd's shims keep the bundle of a container here, below it one per id. */
static const struct {
	const char *dir, *engine;
} bundle_dirs[] = {
	{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io", "containerd" },
	{ "/run/containerd/io.containerd.runtime.v2.task/moby", "docker" },
	{ "/run/containerd/io.containerd.runtime.v2.task/default", "containerd" },
	{ "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby", "docker" },
};

bool runtime_state_find(struct container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_dirs); i++) {
		cleanup_json json_t *state = NULL;
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s/%s", state_dirs[i].dir, c->id,
			 state_dirs[i].file);
		state = container_file(c, path, STATE_MAX);
		if (!state)
			continue;
		container_fill(&c->runtime, state_dirs[i].runtime);
		container_fill(&c->engine, state_dirs[i].engine);
		state_dirs[i].read(state, c);
		return true;
	}
	return false;
}

void runtime_bundle_find(struct container *c)
{
	char path[PATH_MAX];

	for (size_t i = 0; !c->bundle && i < ARRAY_SIZE(bundle_dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", bundle_dirs[i].dir, c->id);
		if (!fs_is_dir(path))
			continue;
		container_fill(&c->bundle, path);
		container_fill(&c->engine, bundle_dirs[i].engine);
	}
	if (c->bundle)
		bundle_read(c->bundle, c);
}

/*
 * Who starts a container's first process is in the host's mounts, and it is not: so nobody in a container
 * can be taken for a shim, whatever it calls its directory.
 */
static pid_t shim_of(const struct container *c)
{
	struct process_status s;
	uint32_t here = process_namespace(getpid(), "mnt");

	if (c->pid <= 0 || !here || process_read(c->pid, &s) || s.parent <= 1 ||
	    process_namespace(s.parent, "mnt") != here || process_namespace(c->pid, "mnt") == here)
		return 0;
	return s.parent;
}

bool runtime_shim_find(struct container *c)
{
	char link[64], path[PATH_MAX];
	pid_t shim = c->bundle ? 0 : shim_of(c);
	size_t len = strlen(c->id);
	ssize_t n;

	if (!shim)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/cwd", shim);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= (ssize_t)len)
		return false;
	path[n] = '\0';
	if (path[n - (ssize_t)len - 1] != '/' || !str_eq(path + n - len, c->id))
		return false;
	c->bundle = strdup(path);
	runtime_bundle_find(c);
	return c->bundle;
}

/* --- of ordinary users ------------------------------------------------------------------------------ */

/*
 * Below what XDG_RUNTIME_DIR is of a user, or what podman takes in its place. Where the user's engine runs
 * in a mount namespace of its own (rootlesskit), what the state calls the bundle is there; it is here by the
 * name of bundles.
 */
static const struct {
	const char *dir, *file, *runtime, *engine, *bundles;
	void (*read)(const json_t *state, struct container *c);
} user_dirs[] = {
	{ "crun", "status", "crun", NULL, NULL, crun_state_read },
	{ "runc", "state.json", "runc", NULL, NULL, runc_state_read },
	{ "containerd/runc/default", "state.json", "runc", "containerd",
	  "containerd/io.containerd.runtime.v2.task/default", runc_state_read },
	{ "docker/runtime-runc/moby", "state.json", "runc", "docker",
	  "docker/containerd/daemon/io.containerd.runtime.v2.task/moby", runc_state_read },
};

/* What is before the number of the user in the names of their directories. */
static const struct {
	const char *dir, *prefix;
} user_tops[] = {
	{ "/run/user", "" },
	{ "/tmp", "podman-run-" },
	{ "/tmp", "storage-run-" },
};

struct user_visit {
	container_list *list;
	char top[PATH_MAX]; /* of this user */
	size_t form;	    /* of user_dirs */
	size_t place;	    /* of user_tops */
	uid_t owner;
};

/* Whose user namespace a process is in: what a state says of processes is the word of its owner. */
static bool is_process_of(pid_t pid, uid_t owner)
{
	cleanup_fd int fd = -1;
	char path[64];
	uid_t uid;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && !ioctl(fd, NS_GET_OWNER_UID, &uid) && uid == owner;
}

/* Takes c, unless it is known already; its control group may have told of it, and no more than its id. */
static void list_take(container_list *list, struct container *c)
{
	struct container *slot = NULL;

	vec_foreach(known, list)
		if (str_eq(known->id, c->id))
			slot = known;
	if (slot && slot->bundle)
		return;
	if (slot) {
		c->cgroup = TAKE_PTR(slot->cgroup);
		container_deinit(slot);
	} else {
		slot = vec_add(list);
	}
	if (!slot)
		return;
	*slot = *c;
	*c = (struct container){ 0 };
}

/* As runtimes let them be; names of directories are their owner's to choose. */
static bool is_id(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 1024 &&
	       !name[strspn(name,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-")];
}

static int visit_id(const char *name, bool is_dir, void *arg)
{
	struct user_visit *v = arg;
	cleanup_container struct container c = { .owner = v->owner, .id = strdup(name) };
	cleanup_json json_t *state = NULL;
	cleanup_free char *path = str_format("%s/%s/%s/%s", v->top, user_dirs[v->form].dir, name,
					     user_dirs[v->form].file);

	state = is_dir && is_id(name) && c.id && path ? container_file(&c, path, STATE_MAX) : NULL;
	if (!state)
		return 0;
	if (user_dirs[v->form].bundles)
		c.bundle = str_format("%s/%s/%s", v->top, user_dirs[v->form].bundles, name);
	container_fill(&c.runtime, user_dirs[v->form].runtime);
	container_fill(&c.engine, user_dirs[v->form].engine);
	user_dirs[v->form].read(state, &c);
	if (c.pid <= 0 || !is_process_of(c.pid, c.owner))
		return 0;
	runtime_bundle_find(&c);
	container_engine_read(&c, CGROUP_ENGINE_UNKNOWN);
	container_fill(&c.name, c.id);
	if (c.name)
		list_take(v->list, &c);
	return 0;
}

static int visit_user(const char *name, bool is_dir, void *arg)
{
	struct user_visit *v = arg;
	const char *prefix = user_tops[v->place].prefix;
	uint64_t uid;

	if (!is_dir || !str_starts(name, prefix) || !str_to_u64(name + strlen(prefix), &uid) ||
	    !uid || uid >= UINT32_MAX)
		return 0;
	v->owner = (uid_t)uid;
	snprintf(v->top, sizeof(v->top), "%s/%s", user_tops[v->place].dir, name);
	for (v->form = 0; v->form < ARRAY_SIZE(user_dirs); v->form++) {
		cleanup_free char *dir = str_format("%s/%s", v->top, user_dirs[v->form].dir);

		if (dir)
			fs_list(dir, visit_id, v);
	}
	return 0;
}

void container_list_add_users(container_list *list)
{
	struct user_visit v = { .list = list };

	for (v.place = 0; v.place < ARRAY_SIZE(user_tops); v.place++)
		fs_list(user_tops[v.place].dir, visit_user, &v);
}
