/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

enum { CONFIG_MAX = 8 << 20, TEXT_MAX = 4096, STRINGS_MAX = 1024 };

/* Annotations that engines leave in config.json; the first one present fills the field. */
static const struct {
	const char *key;
	size_t field;
	const char *engine;
} annotations[] = {
#define FIELD(f) offsetof(struct container, f)
	{ "io.kubernetes.cri.container-name", FIELD(name), "containerd" },
	{ "io.kubernetes.cri.sandbox-name", FIELD(pod_name), "containerd" },
	{ "io.kubernetes.cri.sandbox-namespace", FIELD(pod_namespace), "containerd" },
	{ "io.kubernetes.cri.sandbox-uid", FIELD(pod_uid), "containerd" },
	{ "io.kubernetes.cri.image-name", FIELD(image), "containerd" },
	{ "io.kubernetes.container.name", FIELD(name), "cri-o" },
	{ "io.kubernetes.pod.name", FIELD(pod_name), "cri-o" },
	{ "io.kubernetes.pod.namespace", FIELD(pod_namespace), "cri-o" },
	{ "io.kubernetes.pod.uid", FIELD(pod_uid), "cri-o" },
	{ "io.kubernetes.cri-o.ImageName", FIELD(image), "cri-o" },
	{ "io.kubernetes.cri-o.ImageRef", FIELD(image_digest), "cri-o" },
	{ "nerdctl/name", FIELD(name), "nerdctl" },
	{ "org.opencontainers.image.ref.name", FIELD(image), NULL },
};

static const char *const sandbox_keys[][2] = {
	{ "io.kubernetes.cri.container-type", "sandbox" },
	{ "io.kubernetes.cri-o.ContainerType", "sandbox" },
};

static void fill(char **field, const char *value)
{
	if (!*field && value && *value && strlen(value) < TEXT_MAX)
		*field = strdup(value);
}

static void annotations_read(const json_t *all, struct container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(annotations); i++) {
		const char *value = json_string_value(json_object_get(all, annotations[i].key));

		if (!value)
			continue;
		fill((char **)((char *)c + annotations[i].field), value);
		if (annotations[i].engine)
			fill(&c->engine, annotations[i].engine);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sandbox_keys); i++) {
		const char *type = json_string_value(json_object_get(all, sandbox_keys[i][0]));

		if (type && str_eq(type, sandbox_keys[i][1]))
			c->sandbox = true;
	}
}

static bool add_string(void *items, size_t *len, size_t *size, const char *value)
{
	char ***strings = items;

	if (!value || strlen(value) >= TEXT_MAX || *len >= STRINGS_MAX ||
	    !vec_grow((void **)strings, size, *len, sizeof(char *)))
		return false;
	(*strings)[*len] = strdup(value);
	return (*strings)[*len] && ++*len;
}

/* True for the directory itself and what is below it; "/procession" is not "/proc". */
static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

/* Bind mounts of directories hold data; those of files are configuration that engines put in. */
static void mounts_read(const json_t *mounts, struct container *c)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (mounts, i, mount) {
		const char *to = json_string_value(json_object_get(mount, "destination"));
		const char *from = json_string_value(json_object_get(mount, "source"));
		const char *type = json_string_value(json_object_get(mount, "type"));

		if (!to || !from || from[0] != '/' ||
		    (type && !str_eq(type, "bind") && !str_eq(type, "none")))
			continue;
		if (is_below(to, "/proc") || is_below(to, "/sys") || is_below(to, "/dev") ||
		    !fs_is_dir(from))
			continue;
		if (!add_string(&c->volumes.items, &c->volumes.len, &c->volumes.size, to))
			continue;
		if (!add_string(&c->volume_sources.items, &c->volume_sources.len,
				&c->volume_sources.size, from)) /* both lists or none */
			free(c->volumes.items[--c->volumes.len]);
	}
}

/* --- what a container may reach ------------------------------------------------------------------- */

static bool is_option(const json_t *options, const char *word)
{
	const json_t *option;
	size_t i;

	json_array_foreach (options, i, option)
		if (json_is_string(option) && str_eq(json_string_value(option), word))
			return true;
	return false;
}

static const char *propagation_of(const json_t *options)
{
	static const char *const words[] = { "private", "rprivate", "shared",	  "rshared",
					     "slave",	"rslave",   "unbindable", "runbindable" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_option(options, words[i]))
			return words[i];
	return NULL;
}

/* What of the host is in it, for rules that ask what is mounted where. */
static void binds_read(const json_t *mounts, struct container *c)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (mounts, i, mount) {
		const char *to = json_string_value(json_object_get(mount, "destination"));
		const char *from = json_string_value(json_object_get(mount, "source"));
		const json_t *options = json_object_get(mount, "options");
		struct container_mount *m;

		if (!to || !from || from[0] != '/' || c->mounts.len >= STRINGS_MAX)
			continue;
		m = vec_add(&c->mounts);
		if (!m)
			return;
		*m = (struct container_mount){ .writable = !is_option(options, "ro") };
		fill(&m->destination, to);
		fill(&m->source, from);
		fill(&m->propagation, propagation_of(options));
	}
}

/* The workload shares the host's namespace if it asks for none of its own. */
static bool is_shared(const json_t *namespaces, const char *type)
{
	const json_t *ns;
	size_t i;

	json_array_foreach (namespaces, i, ns) {
		const char *is = json_string_value(json_object_get(ns, "type"));

		if (is && str_eq(is, type))
			return false;
	}
	return true;
}

static bool has_every_device(const json_t *devices)
{
	const json_t *rule;
	bool all = false;
	size_t i;

	json_array_foreach (devices, i, rule) { /* the last word counts */
		const char *type = json_string_value(json_object_get(rule, "type"));

		if (json_object_get(rule, "major") || json_object_get(rule, "minor") ||
		    (type && !str_eq(type, "a")))
			continue;
		all = json_is_true(json_object_get(rule, "allow"));
	}
	return all;
}

/* What nobody who is not trusted with the host gets. */
static bool has_host_capabilities(const json_t *bounding)
{
	return is_option(bounding, "CAP_SYS_ADMIN") && is_option(bounding, "CAP_SYS_MODULE") &&
	       is_option(bounding, "CAP_SYS_RAWIO");
}

static void privilege_read(const json_t *config, struct container *c)
{
	const json_t *process = json_object_get(config, "process");
	const json_t *os = json_object_get(config, "linux");
	const json_t *namespaces = json_object_get(os, "namespaces");
	const json_t *resources = json_object_get(os, "resources");

	if (!json_is_object(os))
		return;
	c->has_privileged = true;
	c->privileged = has_every_device(json_object_get(resources, "devices")) &&
			has_host_capabilities(json_object_get(
				json_object_get(process, "capabilities"), "bounding"));
	c->host_pid = is_shared(namespaces, "pid");
	c->host_network = is_shared(namespaces, "network");
	c->host_ipc = is_shared(namespaces, "ipc");
}

void bundle_labels_read(const json_t *object, struct container *c)
{
	const json_t *value;
	const char *key;

	json_object_foreach ((json_t *)object, key, value) {
		const char *text = json_string_value(value);
		cleanup_free char *label = text ? str_format("%s=%s", key, text) : NULL;

		add_string(&c->labels.items, &c->labels.len, &c->labels.size, label);
	}
}

int bundle_parse(const char *text, size_t len, struct container *c)
{
	cleanup_json json_t *config = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	const json_t *process, *root, *arg;
	size_t i;

	if (!json_is_object(config))
		return -EINVAL;
	process = json_object_get(config, "process");
	root = json_object_get(config, "root");
	c->no_new_privileges = json_is_true(json_object_get(process, "noNewPrivileges"));
	c->has_seccomp = json_is_object(
		json_object_get(json_object_get(config, "linux"), "seccomp"));
	fill(&c->rootfs, json_string_value(json_object_get(root, "path")));
	annotations_read(json_object_get(config, "annotations"), c);
	bundle_labels_read(json_object_get(config, "annotations"), c);
	mounts_read(json_object_get(config, "mounts"), c);
	binds_read(json_object_get(config, "mounts"), c);
	privilege_read(config, c);
	json_array_foreach (json_object_get(process, "args"), i, arg)
		add_string(&c->command.items, &c->command.len, &c->command.size,
			   json_string_value(arg));
	return 0;
}

int bundle_read(const char *bundle, struct container *c)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/config.json", bundle) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = c->owner ? fs_read_of(c->owner, path, CONFIG_MAX, &text, NULL) :
		       fs_read(path, CONFIG_MAX, &text, NULL);
	if (!r)
		r = bundle_parse(text.data, text.len, c);
	if (!r && c->rootfs && c->rootfs[0] != '/') { /* relative to the bundle */
		char *full = str_format("%s/%s", bundle, c->rootfs);

		free(c->rootfs);
		c->rootfs = full;
	}
	return r;
}
