/* SPDX-License-Identifier: Apache-2.0 */
/* Docker, containerd, CRI-O and podman: what their files and command lines say. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/host/process.h"

struct role {
	const char *role, *pattern;
};

static void add_roles(struct look *l, struct yaml_node *o, const struct role *roles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		look_add_files(l, o, roles[i].role, roles[i].pattern);
}

static const struct yaml_node *member(const struct yaml_node *n, const char *const *keys)
{
	for (; n && *keys; keys++)
		n = yaml_get(n, *keys);
	return n;
}
#define MEMBER(n, ...) member(n, (const char *const[]){ __VA_ARGS__, NULL })

/* A path that a setting names; "" if there is none, or it is no path. */
static void path_of(const struct yaml_node *n, char *out, size_t size)
{
	*out = '\0';
	if (n && n->kind == YAML_LIST && n->count)
		n = n->items[n->count - 1];
	if (n && n->kind == YAML_SCALAR && n->text.len && n->text.len < size &&
	    *n->text.data == '/')
		snprintf(out, size, "%.*s", (int)n->text.len, n->text.data);
}

/* --- Docker -------------------------------------------------------------------------------------- */

#define DAEMON_JSON "/etc/docker/daemon.json"

static const struct role docker_files[] = {
	{ "docker-unit", "/etc/systemd/system/docker.service" },
	{ "docker-unit", "/etc/systemd/system/docker.service.d/*.conf" },
	{ "docker-unit", "/etc/systemd/system/docker.socket" },
	{ "docker-unit", "/usr/lib/systemd/system/docker.service" },
	{ "docker-unit", "/usr/lib/systemd/system/docker.socket" },
	{ "docker-directory", "/etc/docker" },
	{ "docker-certificate", "/etc/docker/certs.d/*/*.crt" },
	{ "docker-socket", "/run/docker.sock" },
	{ "docker-config", DAEMON_JSON },
	{ "docker-config", "/etc/default/docker" },
	{ "docker-config", "/etc/sysconfig/docker" },
};

static void docker_tls_files(struct look *l, struct yaml_node *o)
{
	static const struct role named[] = { { "docker-certificate", "tlscacert" },
					     { "docker-certificate", "tlscert" },
					     { "docker-key", "tlskey" } };

	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		char path[1024];

		path_of(MEMBER(o, "flags", named[i].pattern), path, sizeof(path));
		if (!*path)
			path_of(MEMBER(o, "config", named[i].pattern), path, sizeof(path));
		if (*path)
			look_add_files(l, o, named[i].role, path);
	}
}

/* "unix:///run/other.sock" */
static void add_socket(struct look *l, struct yaml_node *o, const struct yaml_node *host)
{
	static const struct text unix_scheme = TEXT("unix://");
	char path[1024];

	if (host->kind != YAML_SCALAR || !text_starts(host->text, unix_scheme) ||
	    host->text.len - unix_scheme.len >= sizeof(path))
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(host->text.len - unix_scheme.len),
		 host->text.data + unix_scheme.len);
	if (!str_eq(path, "/run/docker.sock") && !str_eq(path, "/var/run/docker.sock"))
		look_add_files(l, o, "docker-socket", path);
}

static void add_sockets(struct look *l, struct yaml_node *o, const struct yaml_node *hosts)
{
	if (hosts && hosts->kind == YAML_SCALAR)
		add_socket(l, o, hosts);
	for (uint32_t i = 0; hosts && hosts->kind == YAML_LIST && i < hosts->count; i++)
		add_socket(l, o, hosts->items[i]);
}

/* The name of old is taken too. */
static void find_data(struct look *l, const struct yaml_node *flags, const struct yaml_node *config)
{
	const struct yaml_node *const from[] = { flags, config };
	static const char *const names[] = { "data-root", "graph" };

	*l->docker = '\0';
	for (size_t i = 0; i < 2 * ARRAY_SIZE(names) && !*l->docker; i++)
		path_of(from[i / 2] ? yaml_get(from[i / 2], names[i % 2]) : NULL, l->docker,
			sizeof(l->docker));
	if (!*l->docker)
		snprintf(l->docker, sizeof(l->docker), "/var/lib/docker");
}

void host_docker(struct look *l)
{
	static const struct flag_letter letters[] = { { 'H', "host" },	{ 'l', "log-level" },
						      { 'D', "debug" }, { 'G', "group" },
						      { 'g', "graph" }, { 0, NULL } };
	struct yaml_node *flags = process_flags(
		l, &(struct daemon){ .name = "dockerd", .service = "docker", .letters = letters });
	char path[1024];
	struct yaml_node *o, *config;

	path_of(flags ? yaml_get(flags, "config-file") : NULL, path, sizeof(path));
	if (!*path)
		snprintf(path, sizeof(path), "%s", DAEMON_JSON);
	config = look_yaml(l, path);
	find_data(l, flags, config);
	if (!flags && !config && !look_exists(l, "/run/docker.sock")) {
		look_finish(l, NULL);
		return;
	}
	o = look_object(l, KIND_DOCKER_DAEMON, path);
	if (!config && (flags || !look_exists(l, path))) /* not there: all is as it is by default */
		config = yaml_make_map(&l->arena, o ? o->file : NULL, 1, 1);
	look_put(l, o, "flags", flags);
	look_put(l, o, "config", config);
	add_roles(l, o, docker_files, ARRAY_SIZE(docker_files));
	docker_tls_files(l, o);
	add_sockets(l, o, MEMBER(o, "flags", "host"));
	add_sockets(l, o, MEMBER(o, "config", "hosts"));
	look_finish(l, o);
}

/* --- containerd ---------------------------------------------------------------------------------- */

#define CONTAINERD_TOML "/etc/containerd/config.toml"

struct merge {
	struct yaml_node *tree;
};

static void merge_toml(struct look *l, const char *path, void *arg)
{
	struct merge *m = arg;

	m->tree = look_merge(l, m->tree, look_toml(l, path));
}

/* "imports" are merged over what imports them; their own are left alone. */
static void import_all(struct look *l, struct merge *m)
{
	const struct yaml_node *list = m->tree ? yaml_get(m->tree, "imports") : NULL;

	for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count && i < 64; i++) {
		char path[1024];

		path_of(list->items[i], path, sizeof(path));
		if (*path)
			look_glob(l, path, merge_toml, m);
	}
}

struct hosts {
	struct yaml_node *list;
};

static void add_hosts(struct look *l, const char *path, void *arg)
{
	struct hosts *h = arg;

	yaml_make_add(&l->arena, h->list, look_toml(l, path));
}

/* Under names without versions: what was one plugin in containerd 1 is several in containerd 2. */
static void add_containerd(struct look *l, struct yaml_node *config)
{
	struct yaml_node *plugins = yaml_get(config, "plugins");
	struct yaml_node *old = plugins ? yaml_get(plugins, "io.containerd.grpc.v1.cri") : NULL;
	struct yaml_node *first = plugins ? yaml_get(plugins, "cri") : NULL;
	struct yaml_node *runtime = plugins ? yaml_get(plugins, "io.containerd.cri.v1.runtime") :
					      NULL,
			 *images = plugins ? yaml_get(plugins, "io.containerd.cri.v1.images") :
					     NULL;

	old = look_merge(l, first, old);
	look_put(l, config, "cri", look_merge(l, old, runtime));
	look_put(l, config, "images", look_merge(l, old, images));
}

void host_containerd(struct look *l)
{
	static const struct flag_letter letters[] = {
		{ 'c', "config" }, { 'l', "log-level" }, { 'a', "address" }, { 0, NULL }
	};
	static const struct role files[] = {
		{ "runtime-socket", "/run/containerd/containerd.sock" },
		{ "runtime-config", "/etc/containerd/*.toml" },
		{ "runtime-config", "/etc/containerd/certs.d/*/hosts.toml" },
	};
	struct yaml_node *flags = process_flags(l, &(struct daemon){ .name = "containerd",
								     .service = "containerd",
								     .letters = letters });
	struct hosts hosts = { 0 };
	struct merge m = { 0 };
	struct yaml_node *o;
	char path[1024];

	path_of(flags ? yaml_get(flags, "config") : NULL, path, sizeof(path));
	if (!*path)
		snprintf(path, sizeof(path), "%s", CONTAINERD_TOML);
	m.tree = look_toml(l, path);
	if (!flags && !m.tree && !look_exists(l, path)) {
		look_finish(l, NULL);
		return;
	}
	import_all(l, &m);
	o = look_object(l, KIND_CONTAINERD, path);
	if (m.tree)
		m.tree = yaml_make_copy(&l->arena, m.tree);
	else if (!look_exists(l, path))
		m.tree = yaml_make_map(&l->arena, o ? o->file : NULL, 1, 1);
	if (m.tree)
		add_containerd(l, m.tree);
	hosts.list = yaml_make_list(&l->arena, o ? o->file : NULL, 1, 1);
	look_glob(l, "/etc/containerd/certs.d/*/hosts.toml", add_hosts, &hosts);
	look_put(l, o, "flags", flags);
	look_put(l, o, "config", m.tree);
	look_put(l, o, "hosts", hosts.list);
	add_roles(l, o, files, ARRAY_SIZE(files));
	path_of(MEMBER(o, "config", "grpc", "address"), path, sizeof(path));
	if (*path && !str_eq(path, "/run/containerd/containerd.sock"))
		look_add_files(l, o, "runtime-socket", path);
	look_finish(l, o);
}

/* --- CRI-O and podman ---------------------------------------------------------------------------- */

void host_crio(struct look *l)
{
	static const struct role files[] = {
		{ "runtime-socket", "/run/crio/crio.sock" },
		{ "runtime-config", "/etc/crio/crio.conf" },
		{ "runtime-config", "/etc/crio/crio.conf.d/*" },
	};
	struct yaml_node *flags = process_flags(l, &(struct daemon){ .name = "crio",
								     .service = "crio" });
	struct merge m = { 0 };
	struct yaml_node *o;

	look_glob(l, "/etc/crio/crio.conf", merge_toml, &m);
	look_glob(l, "/etc/crio/crio.conf.d/*", merge_toml, &m);
	if (!flags && !m.tree) {
		look_finish(l, NULL);
		return;
	}
	o = look_object(l, KIND_CRIO, "/etc/crio/crio.conf");
	if (!m.tree)
		m.tree = yaml_make_map(&l->arena, o ? o->file : NULL, 1, 1);
	look_put(l, o, "flags", flags);
	look_put(l, o, "config", m.tree);
	add_roles(l, o, files, ARRAY_SIZE(files));
	look_finish(l, o);
}

void host_container_tools(struct look *l)
{
	static const struct role files[] = {
		{ "runtime-socket", "/run/podman/podman.sock" },
		{ "runtime-config", "/etc/containers/*.conf" },
		{ "runtime-config", "/etc/containers/*.json" },
		{ "runtime-config", "/etc/containers/*.conf.d/*.conf" },
	};
	struct merge conf = { 0 }, registries = { 0 };
	struct yaml_node *policy, *o;

	look_glob(l, "/usr/share/containers/containers.conf", merge_toml, &conf);
	look_glob(l, "/etc/containers/containers.conf", merge_toml, &conf);
	look_glob(l, "/etc/containers/containers.conf.d/*.conf", merge_toml, &conf);
	look_glob(l, "/etc/containers/registries.conf", merge_toml, &registries);
	look_glob(l, "/etc/containers/registries.conf.d/*.conf", merge_toml, &registries);
	policy = look_yaml(l, "/etc/containers/policy.json");
	if (!conf.tree && !registries.tree && !policy) {
		look_finish(l, NULL);
		return;
	}
	o = look_object(l, KIND_CONTAINER_TOOLS, "/etc/containers/containers.conf");
	look_put(l, o, "config", conf.tree);
	look_put(l, o, "registries", registries.tree);
	look_put(l, o, "policy", policy);
	add_roles(l, o, files, ARRAY_SIZE(files));
	look_finish(l, o);
}
