/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet, kube-proxy, and the control plane's static pods. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/host/process.h"

static void path_of(const struct yaml_node *flags, const char *name, char *out, size_t size)
{
	const struct yaml_node *n = flags ? yaml_get(flags, name) : NULL;

	*out = '\0';
	if (n && n->kind == YAML_SCALAR && n->text.len && n->text.len < size &&
	    *n->text.data == '/')
		snprintf(out, size, "%.*s", (int)n->text.len, n->text.data);
}

/* --- versions ------------------------------------------------------------------------------------ */

/* The 29 of "registry.k8s.io/kube-apiserver:v1.29.3@sha256:...". */
static bool minor_of_image(struct text image, unsigned *ret)
{
	char copy[512];
	const char *tag;

	if (image.len >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)image.len, image.data);
	copy[strcspn(copy, "@")] = '\0';
	tag = strrchr(copy, ':');
	if (!tag || !str_starts(tag, ":v1.") || tag[4] < '0' || tag[4] > '9')
		return false;
	*ret = (unsigned)strtoul(tag + 4, NULL, 10);
	return *ret < 1000;
}

static void put_version(struct look *l, struct yaml_node *o, const struct yaml_node *image)
{
	char text[16];
	unsigned minor;

	if (!image || image->kind != YAML_SCALAR || !minor_of_image(image->text, &minor))
		return;
	snprintf(text, sizeof(text), "%u", minor);
	look_put(l, o, "version", look_text(l, image->file, image->line, text_of(text)));
}

/* --- the control plane --------------------------------------------------------------------------- */

struct component {
	enum kind kind;
	const char *program, *manifest;
	const char *files[6][2]; /* role, pattern */
};

#define MANIFESTS "/etc/kubernetes/manifests/"
#define PKI "/etc/kubernetes/pki/"

static const struct component components[] = {
	{ KIND_API_SERVER,
	  "kube-apiserver",
	  MANIFESTS "kube-apiserver.yaml",
	  { { "kubeconfig", "/etc/kubernetes/admin.conf" },
	    { "kubeconfig", "/etc/kubernetes/super-admin.conf" },
	    { "certificate", PKI "*.crt" },
	    { "key", PKI "*.key" } } },
	{ KIND_CONTROLLER_MANAGER,
	  "kube-controller-manager",
	  MANIFESTS "kube-controller-manager.yaml",
	  { { "kubeconfig", "/etc/kubernetes/controller-manager.conf" } } },
	{ KIND_SCHEDULER,
	  "kube-scheduler",
	  MANIFESTS "kube-scheduler.yaml",
	  { { "kubeconfig", "/etc/kubernetes/scheduler.conf" } } },
	{ KIND_ETCD,
	  "etcd",
	  MANIFESTS "etcd.yaml",
	  { { "certificate", PKI "etcd/*.crt" }, { "key", PKI "etcd/*.key" } } },
};

static bool runs(const struct yaml_node *container, const char *program)
{
	const char *const lists[] = { "command", "args" };

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		const struct yaml_node *list = yaml_get(container, lists[k]);

		for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++)
			if (list->items[i]->kind == YAML_SCALAR &&
			    text_eq_str(text_basename(list->items[i]->text), program))
				return true;
	}
	return false;
}

/* The container of a static pod that runs the program; NULL: none does. */
static const struct yaml_node *container_of(const struct yaml_node *pod, const char *program)
{
	const struct yaml_node *spec = yaml_get(pod, "spec"),
			       *list = spec ? yaml_get(spec, "containers") : NULL;

	for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++)
		if (list->items[i]->kind == YAML_MAP && runs(list->items[i], program))
			return list->items[i];
	return NULL;
}

static struct yaml_node *flags_of_container(struct look *l, const struct yaml_node *c)
{
	struct yaml_node *map = yaml_make_map(&l->arena, c->file, c->line, c->column);

	flags_of_list(&l->arena, map, yaml_get(c, "command"), NULL);
	flags_of_list(&l->arena, map, yaml_get(c, "args"), NULL);
	return map;
}

static bool same_value(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return text_eq(a->text, b->text);
	for (uint32_t i = 0; i < a->count; i++)
		if (!same_value(a->items[i], b->items[i]))
			return false;
	return true;
}

/* What runs counts; where the manifest says the same, that is the place to mend it. */
static struct yaml_node *join(struct look *l, struct yaml_node *live, struct yaml_node *declared)
{
	for (uint32_t i = 0; live && declared && i < live->count; i++) {
		struct yaml_entry *e = &live->entries[i];

		for (uint32_t k = 0; k < declared->count; k++)
			if (text_eq(declared->entries[k].key, e->key) &&
			    same_value(declared->entries[k].value, e->value))
				e->value = declared->entries[k].value;
	}
	if (live && declared) { /* what is not there would be put into the manifest */
		struct yaml_node *joined = yaml_make_map(&l->arena, declared->file, declared->line,
							 declared->column);

		for (uint32_t i = 0; i < live->count; i++)
			yaml_make_put(&l->arena, joined, live->entries[i].key,
				      live->entries[i].value);
		return joined;
	}
	return live ? live : declared;
}

static void add_etcd(struct look *l, struct yaml_node *o, const struct yaml_node *flags)
{
	char path[1024];

	path_of(flags, "data-dir", path, sizeof(path));
	look_add_files(l, o, "etcd-data", *path ? path : "/var/lib/etcd");
}

static void host_component(struct look *l, const struct component *c)
{
	struct yaml_node *pod = look_yaml(l, c->manifest), *o, *flags;
	const struct yaml_node *container = pod ? container_of(pod, c->program) : NULL;
	struct yaml_node *declared = container ? flags_of_container(l, container) : NULL;
	struct yaml_node *live = process_flags(l, &(struct daemon){ .name = c->program,
								    .in_pod = true });
	char path[1024];

	if (!live && !declared && !look_exists(l, c->manifest)) {
		look_finish(l, NULL);
		return;
	}
	flags = join(l, live, declared);
	o = look_object(l, c->kind,
			declared || !live ? c->manifest : live->file->name + strlen(l->prefix));
	if (container)
		put_version(l, o, yaml_get(container, "image"));
	look_put(l, o, "flags", flags);
	path_of(flags, "encryption-provider-config", path, sizeof(path));
	if (*path)
		look_put(l, o, "encryption", look_yaml(l, path));
	look_add_files(l, o, "manifest", c->manifest);
	for (size_t i = 0; i < ARRAY_SIZE(c->files) && c->files[i][0]; i++)
		look_add_files(l, o, c->files[i][0], c->files[i][1]);
	if (c->kind == KIND_ETCD)
		add_etcd(l, o, flags);
	look_finish(l, o);
}

void host_control_plane(struct look *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(components); i++)
		host_component(l, &components[i]);
}

/* --- the kubelet --------------------------------------------------------------------------------- */

/* Where distributions of Kubernetes put its configuration, if no process says where it is. */
static const char *const kubelet_configs[] = {
	"/var/lib/kubelet/config.yaml",
	"/etc/kubernetes/kubelet/config.json",
	"/etc/kubernetes/kubelet/kubelet-config.json",
	"/etc/kubernetes/kubelet-config.yaml",
	"/home/kubernetes/kubelet-config.yaml",
};

struct drop_ins {
	struct yaml_node *tree;
};

static void merge_drop_in(struct look *l, const char *path, void *arg)
{
	struct drop_ins *d = arg;

	d->tree = look_merge(l, d->tree, look_yaml(l, path));
}

/* path is where the configuration was found; "" without one. */
static struct yaml_node *kubelet_config(struct look *l, const struct yaml_node *flags, char *path,
					size_t size)
{
	struct drop_ins d = { 0 };
	char directory[1000];

	path_of(flags, "config", path, size);
	for (size_t i = 0; !flags && !*path && i < ARRAY_SIZE(kubelet_configs); i++)
		if (look_exists(l, kubelet_configs[i]))
			snprintf(path, size, "%s", kubelet_configs[i]);
	if (*path)
		d.tree = look_yaml(l, path);
	path_of(flags, "config-dir", directory, sizeof(directory));
	if (*directory) {
		char pattern[1024];

		snprintf(pattern, sizeof(pattern), "%s/*.conf", directory);
		look_glob(l, pattern, merge_drop_in, &d);
	}
	return d.tree;
}

static void kubelet_files(struct look *l, struct yaml_node *o, const struct yaml_node *flags,
			  const char *config)
{
	const struct yaml_node *x509 = NULL, *auth;
	char path[1024];

	look_add_files(l, o, "kubelet-unit", "/etc/systemd/system/kubelet.service");
	look_add_files(l, o, "kubelet-unit", "/etc/systemd/system/kubelet.service.d/*.conf");
	look_add_files(l, o, "kubelet-unit", "/usr/lib/systemd/system/kubelet.service");
	look_add_files(l, o, "kubelet-unit", "/usr/lib/systemd/system/kubelet.service.d/*.conf");
	path_of(flags, "kubeconfig", path, sizeof(path));
	look_add_files(l, o, "kubelet-kubeconfig", *path ? path : "/etc/kubernetes/kubelet.conf");
	if (*config)
		look_add_files(l, o, "kubelet-config", config);
	path_of(flags, "client-ca-file", path, sizeof(path));
	auth = yaml_get(o, "config") ? yaml_get(yaml_get(o, "config"), "authentication") : NULL;
	x509 = auth ? yaml_get(auth, "x509") : NULL;
	if (!*path)
		path_of(x509, "clientCAFile", path, sizeof(path));
	if (*path)
		look_add_files(l, o, "kubelet-ca", path);
}

void host_kubelet(struct look *l)
{
	struct yaml_node *flags = process_flags(l, &(struct daemon){ .name = "kubelet",
								     .service = "kubelet" }),
			 *config, *o;
	char path[1024];

	config = kubelet_config(l, flags, path, sizeof(path));
	if (!flags && !config && !look_exists(l, "/etc/kubernetes/kubelet.conf")) {
		look_finish(l, NULL);
		return;
	}
	o = look_object(l, KIND_KUBELET, *path ? path : "/etc/kubernetes/kubelet.conf");
	look_put(l, o, "flags", flags);
	look_put(l, o, "config", config);
	kubelet_files(l, o, flags, path);
	look_finish(l, o);
}

void host_kube_proxy(struct look *l)
{
	struct yaml_node *flags = process_flags(l, &(struct daemon){ .name = "kube-proxy",
								     .in_pod = true });
	char path[1024];
	struct yaml_node *o;

	if (!flags) {
		look_finish(l, NULL);
		return;
	}
	/* Its files are in its container, where the host's paths lead elsewhere. */
	path_of(flags, "config", path, sizeof(path));
	o = look_object(l, KIND_KUBE_PROXY, flags->file->name + strlen(l->prefix));
	if (*path && look_exists(l, path))
		look_put(l, o, "config", look_yaml(l, path));
	if (!*path)
		look_put(l, o, "flags", flags);
	path_of(flags, "kubeconfig", path, sizeof(path));
	if (*path)
		look_add_files(l, o, "proxy-kubeconfig", path);
	look_finish(l, o);
}
