/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/container.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "identity/bundle.h"
#include "identity/container_private.h"

enum { ENGINE_FILE_MAX = 64 << 20 };

void container_deinit(struct container *c)
{
	free(c->id);
	free(c->name);
	free(c->engine);
	free(c->runtime);
	free(c->image);
	free(c->image_digest);
	free(c->pod_namespace);
	free(c->pod_name);
	free(c->pod_uid);
	free(c->bundle);
	free(c->docker);
	free(c->rootfs);
	free(c->cgroup);
	vec_foreach(v, &c->volumes)
		free(*v);
	vec_deinit(&c->volumes);
	vec_foreach(v, &c->volume_sources)
		free(*v);
	vec_deinit(&c->volume_sources);
	vec_foreach(v, &c->command)
		free(*v);
	vec_deinit(&c->command);
	vec_foreach(m, &c->mounts) {
		free(m->source);
		free(m->destination);
		free(m->propagation);
	}
	vec_deinit(&c->mounts);
	vec_foreach(v, &c->labels)
		free(*v);
	vec_deinit(&c->labels);
	memset(c, 0, sizeof(*c));
}

void container_list_deinit(container_list *list)
{
	vec_foreach(c, list)
		container_deinit(c);
	vec_deinit(list);
}

/* --- what engines know above the runtime ------------------------------------------------------ */

/* Docker's data-root: a container's root file system is below it, in the storage driver's folder. */
static int docker_root_len(const struct container *c, const char **ret)
{
	static const char *const drivers[] = { "/overlay2/", "/fuse-overlayfs/", "/vfs/dir/",
					       "/btrfs/", "/zfs/" };

	for (size_t i = 0; c->rootfs && i < ARRAY_SIZE(drivers); i++) {
		const char *at = strstr(c->rootfs, drivers[i]);

		if (!at)
			continue;
		*ret = c->rootfs;
		return (int)(at - c->rootfs);
	}
	*ret = "/var/lib/docker";
	return (int)strlen(*ret);
}

static void docker_read(struct container *c)
{
	cleanup_json json_t *config = NULL;
	const char *name, *root;
	char path[PATH_MAX];
	int len = docker_root_len(c, &root);

	snprintf(path, sizeof(path), "%.*s/containers/%s/config.v2.json", len, root, c->id);
	config = container_file(c, path, STATE_MAX);
	if (!config)
		return;
	c->docker = str_dup_n(path, strlen(path) - strlen("/config.v2.json"));
	container_fill(&c->engine, "docker");
	name = json_string_value(json_object_get(config, "Name"));
	container_fill(&c->name, name && *name == '/' ? name + 1 : name);
	container_fill(&c->image,
		       json_string_value(
			       json_object_get(json_object_get(config, "Config"), "Image")));
	container_fill(&c->image_digest, json_string_value(json_object_get(config, "Image")));
	bundle_labels_read(json_object_get(json_object_get(config, "Config"), "Labels"), c);
}

/* containers/storage keeps one list for all containers of podman or CRI-O, beside their bundles. */
static void podman_read(struct container *c)
{
	cleanup_json json_t *list = NULL, *metadata = NULL;
	static const char beside[] = "-containers/"; /* behind the name of the storage driver */
	const json_t *entry;
	char path[PATH_MAX];
	const char *at, *text;
	size_t i;

	at = c->bundle ? strstr(c->bundle, beside) : NULL;
	if (at)
		snprintf(path, sizeof(path), "%.*s%scontainers.json", (int)(at - c->bundle),
			 c->bundle, beside);
	else
		snprintf(path, sizeof(path),
			 "/var/lib/containers/storage/overlay-containers/containers.json");
	list = container_file(c, path, ENGINE_FILE_MAX);
	json_array_foreach (list, i, entry) {
		const char *id = json_string_value(json_object_get(entry, "id"));

		if (!id || !str_eq(id, c->id))
			continue;
		text = json_string_value(json_object_get(entry, "metadata"));
		metadata = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
		container_fill(&c->engine, "podman");
		container_fill(&c->name, json_string_value(json_object_get(metadata, "name")));
		container_fill(&c->name,
			       json_string_value(
				       json_array_get(json_object_get(entry, "names"), 0)));
		container_fill(&c->image,
			       json_string_value(json_object_get(metadata, "image-name")));
		container_fill(&c->image_digest,
			       json_string_value(json_object_get(entry, "image")));
		return;
	}
}

void container_engine_read(struct container *c, enum cgroup_engine engine)
{
	if (engine == CGROUP_ENGINE_DOCKER || engine == CGROUP_ENGINE_UNKNOWN)
		docker_read(c);
	if (engine == CGROUP_ENGINE_PODMAN || (c->bundle && strstr(c->bundle, "-containers/")))
		podman_read(c);
	if (engine != CGROUP_ENGINE_UNKNOWN)
		container_fill(&c->engine, cgroup_engine_names[engine]);
	container_fill(&c->engine, c->runtime);
}

/* --- lookup ----------------------------------------------------------------------------------- */

/* A container of a bare runtime: its group has its id, and the runtime has a state of that id. */
static bool bare_container_find(const char *path, struct container *c, size_t *ret_path_len)
{
	size_t len = strlen(path);

	/* From the innermost component outwards: containers make groups below their own. */
	while (len) {
		size_t start = len;

		while (start && path[start - 1] != '/')
			start--;
		if (len > start && len - start < 1024) {
			c->id = str_dup_n(path + start, len - start);
			if (c->id && c->id[0] != '.' && runtime_state_find(c)) {
				*ret_path_len = len;
				return true;
			}
			container_deinit(c);
		}
		len = start ? start - 1 : 0;
	}
	return false;
}

int container_of_cgroup(const struct cgroup_layout *layout, const char *path, struct container *ret)
{
	enum cgroup_engine engine = CGROUP_ENGINE_UNKNOWN;
	struct cgroup_name name;
	size_t path_len;

	(void)layout;
	memset(ret, 0, sizeof(*ret));
	if (cgroup_name_parse(path, &name)) {
		ret->id = strdup(name.id);
		if (!ret->id)
			return -ENOMEM;
		engine = name.engine;
		path_len = name.path_len;
		if (engine == CGROUP_ENGINE_LXC)
			container_fill(&ret->name, name.id);
		if (*name.pod_uid)
			container_fill(&ret->pod_uid, name.pod_uid);
		runtime_state_find(ret);
	} else if (!bare_container_find(path, ret, &path_len)) {
		return 1;
	}
	ret->cgroup = str_dup_n(path, path_len);
	runtime_bundle_find(ret);
	container_engine_read(ret, engine);
	container_fill(&ret->name, ret->id);
	return ret->cgroup && ret->name ? 0 : -ENOMEM;
}

struct listing {
	const struct cgroup_layout *layout;
	container_list *list;
};

static int stop_at_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

static int list_visit(const char *path, void *arg)
{
	struct listing *l = arg;
	struct container c, *slot;
	int r = container_of_cgroup(l->layout, path, &c);
	pid_t first = 0;

	if (r)
		return r < 0 ? r : 0;
	vec_foreach(known, l->list) {
		if (str_eq(known->cgroup, c.cgroup)) {
			container_deinit(&c);
			return 0;
		}
	}
	cgroup_each_process(l->layout, path, stop_at_first, &first);
	if (!c.pid)
		c.pid = first;
	if (runtime_shim_find(&c)) {
		if (str_eq(c.name, c.id)) { /* that was for want of a better one */
			free(c.name);
			c.name = NULL;
		}
		container_engine_read(&c, CGROUP_ENGINE_UNKNOWN);
		container_fill(&c.name, c.id);
	}
	slot = vec_add(l->list);
	if (!slot) {
		container_deinit(&c);
		return -ENOMEM;
	}
	*slot = c;
	return 0;
}

int container_list_all(const struct cgroup_layout *layout, container_list *ret, struct error *err)
{
	struct listing l = { layout, ret };
	int r = cgroup_each_below(layout, "/", list_visit, &l);

	return r < 0 ? error_errno(err, -r, "cannot list control groups") : 0;
}

bool container_is_called(const struct container *c, const char *what)
{
	if (str_eq(c->id, what) || (c->name && str_eq(c->name, what)))
		return true;
	return strlen(what) >= 12 && str_starts(c->id, what);
}

bool container_has_image(const struct container *c, const char *pattern)
{
	char image[1024], *at;

	if (!c->image)
		return false;
	if (!fnmatch(pattern, c->image, 0))
		return true;
	/* registry/path/name:tag@digest: people write any tail of the path, with or without tag */
	snprintf(image, sizeof(image), "%s", c->image);
	for (int cut = 0; cut < 3; cut++) {
		for (at = image; at; at = strchr(at, '/'), at = at ? at + 1 : NULL)
			if (!fnmatch(pattern, at, 0))
				return true;
		at = strrchr(image, cut == 0 ? '@' : ':');
		if (at && !strchr(at, '/'))
			*at = '\0';
	}
	return false;
}

void container_image_split(const char *image, struct text *repository, struct text *tag)
{
	const char *at = strchr(image, '@'), *name = strrchr(image, '/'), *colon;
	size_t len = at ? (size_t)(at - image) : strlen(image);

	if (at)
		for (name = at; name > image && *name != '/'; name--)
			;
	colon = memchr(name ? name : image, ':', (size_t)(image + len - (name ? name : image)));
	*repository = text_from(image, colon ? (size_t)(colon - image) : len);
	*tag = colon && colon + 1 < image + len ?
		       text_from(colon + 1, (size_t)(image + len - colon - 1)) :
		       TEXT_NONE;
}
