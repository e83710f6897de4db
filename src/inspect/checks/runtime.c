/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd, CRI-O, and the files that podman shares with it. host/ puts what containerd calls by a name
 * with a version ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime") under "cri" and "images".
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/setting.h"

#define ENGINE(k) .category = CATEGORY_ENGINE, .kinds = KIND_BIT(k)
#define SETTING(f, c, how, ...)                                       \
	.object = setting_check, .data = &(const struct setting_rule) \
	{                                                             \
		.flags = f, .path = c, .op = how, __VA_ARGS__         \
	}
#define CONTAINERD_DOCS "https://github.com/containerd/containerd/blob/main/docs/cri/config.md"
#define HOSTS_DOCS "https://github.com/containerd/containerd/blob/main/docs/hosts.md"
#define CRIO_DOCS "https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.5.md"
#define TOOLS_DOCS "https://github.com/containers/common/blob/main/docs/containers.conf.5.md"
#define REGISTRIES_DOCS \
	"https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md"

/* What CRI-O and podman give by themselves is no more than this. */
#define PLAIN_CAPABILITIES                                                                                \
	"CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID CAP_CHOWN " \
	"CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETFCAP CAP_SETGID "    \
	"CAP_SETPCAP CAP_SETUID"

/* A member of every map in a map: [registry.configs."a".tls]. */
static void each_entry(struct probe *p, const struct at *map, const char *member,
		       void (*visit)(struct probe *, const struct at *))
{
	for (uint32_t i = 0; map->node && map->node->kind == YAML_MAP && i < map->node->count;
	     i++) {
		char key[256];
		struct at entry, at;

		snprintf(key, sizeof(key), "%.*s", (int)map->node->entries[i].key.len,
			 map->node->entries[i].key.data);
		entry = at_key(map, key);
		at = at_member(&entry, member);
		visit(p, &at);
	}
}

static void fail_if_true(struct probe *p, const struct at *at)
{
	if (text_eq_str(at_text(at), "true"))
		probe_fail(p, at);
}

static bool is_http_elsewhere(struct text t)
{
	return text_starts(t, TEXT("http://")) && !text_starts(t, TEXT("http://127.")) &&
	       !text_starts(t, TEXT("http://localhost"));
}

static void fail_if_http(struct probe *p, const struct at *at)
{
	for (uint32_t i = 0; i < at_count(at); i++) {
		struct at item = at_item(at, i);

		if (is_http_elsewhere(at_text(&item)))
			probe_fail(p, &item);
	}
}

static void containerd_registry(struct probe *p, const struct object *o)
{
	struct at config = at_member(&o->root, "config");
	struct at configs = at_member(&config, "images.registry.configs");
	struct at mirrors = at_member(&config, "images.registry.mirrors");
	struct at hosts = at_member(&o->root, "hosts");

	if (!config.node) {
		probe_skip(p);
		return;
	}
	each_entry(p, &configs, "tls.insecure_skip_verify", fail_if_true);
	each_entry(p, &mirrors, "endpoint", fail_if_http);
	for (uint32_t i = 0; i < at_count(&hosts); i++) {
		struct at item = at_item(&hosts, i), skip = at_member(&item, "skip_verify");
		struct at servers = at_member(&item, "host");

		fail_if_true(p, &skip);
		each_entry(p, &servers, "skip_verify", fail_if_true);
	}
}

static void fail_if_there(struct probe *p, const struct at *at)
{
	if (at_text(at).len)
		probe_fail_value(p, at, "set");
}

static void containerd_password(struct probe *p, const struct object *o)
{
	struct at config = at_member(&o->root, "config");
	struct at configs = at_member(&config, "images.registry.configs");

	if (!config.node) {
		probe_skip(p);
		return;
	}
	each_entry(p, &configs, "auth.password", fail_if_there);
	each_entry(p, &configs, "auth.auth", fail_if_there);
	each_entry(p, &configs, "auth.identitytoken", fail_if_there);
}

static bool is_loopback(struct text t)
{
	return !t.len || text_starts(t, TEXT("127.")) || text_eq_str(t, "localhost") ||
	       text_eq_str(t, "::1");
}

/* The server behind exec, attach and port-forward: on the network it must have TLS. */
static void streaming(struct probe *p, const struct object *o)
{
	const char *const *names = probe_data(p);
	struct at config = at_member(&o->root, "config");
	struct at address = at_member(&config, names[0]), tls = at_member(&config, names[1]);

	if (!config.node)
		probe_skip(p);
	else if (!is_loopback(at_text(&address)) && !text_eq_str(at_text(&tls), "true"))
		probe_fail(p, &address);
}

static void privileged_devices(struct probe *p, const struct object *o)
{
	const char *const *path = probe_data(p);
	struct at config = at_member(&o->root, "config"), runtimes = at_member(&config, *path);
	bool any = false;

	for (uint32_t i = 0;
	     runtimes.node && runtimes.node->kind == YAML_MAP && i < at_count(&runtimes); i++) {
		char key[256];
		struct at entry, at;

		snprintf(key, sizeof(key), "%.*s", (int)runtimes.node->entries[i].key.len,
			 runtimes.node->entries[i].key.data);
		entry = at_key(&runtimes, key);
		at = at_member(&entry, "privileged_without_host_devices");
		any = true;
		if (!text_eq_str(at_text(&at), "true"))
			probe_fail(p, &at);
	}
	if (!any)
		probe_skip(p);
}

/* [[registry]] insecure = true */
static void tools_registry(struct probe *p, const struct object *o)
{
	struct at registries = at_member(&o->root, "registries");
	struct at list = at_member(&registries, "registry");

	if (!registries.node) {
		probe_skip(p);
		return;
	}
	for (uint32_t i = 0; i < at_count(&list); i++) {
		struct at item = at_item(&list, i), at = at_member(&item, "insecure");
		struct at mirrors = at_member(&item, "mirror");

		fail_if_true(p, &at);
		for (uint32_t k = 0; k < at_count(&mirrors); k++) {
			struct at mirror = at_item(&mirrors, k),
				  insecure = at_member(&mirror, "insecure");

			fail_if_true(p, &insecure);
		}
	}
	list = at_member(&registries,
			 "registries.insecure.registries"); /* the first form of the file */
	if (at_count(&list))
		probe_fail(p, &list);
}

/* policy.json: what is pulled without a signature. */
static void tools_signatures(struct probe *p, const struct object *o)
{
	struct at policy = at_member(&o->root, "policy"), list = at_member(&policy, "default");

	if (!policy.node)
		probe_skip(p);
	for (uint32_t i = 0; i < at_count(&list); i++) {
		struct at item = at_item(&list, i), at = at_member(&item, "type");

		if (text_eq_str(at_text(&at), "insecureAcceptAnything"))
			probe_fail(p, &at);
	}
}

static const struct check checks[] = {
	{ .id = "MRL-1041",
	  .name = "containerd-insecure-registry",
	  .title = "containerd does not check who a registry is",
	  .attack = "Somebody on the way gives another image, and their code runs on the node.",
	  .suggest =
		  "Give the registry a certificate and name its CA in hosts.toml; remove insecure_skip_verify, skip_verify and http:// endpoints.",
	  .aliases = "",
	  .links = HOSTS_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CONTAINERD),
	  .object = containerd_registry },
	{ .id = "MRL-1042",
	  .name = "containerd-registry-password",
	  .title = "A password of a registry is in containerd's configuration",
	  .attack = "Whoever reads the file, or a backup of it, pulls and perhaps pushes images.",
	  .suggest = "Use imagePullSecrets or a credential provider of the kubelet.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CONTAINERD),
	  .object = containerd_password },
	{ .id = "MRL-1043",
	  .name = "containerd-streaming-exposed",
	  .title = "The server for exec and attach is on the network without TLS",
	  .attack = "Reads and joins sessions into containers of this node.",
	  .suggest = "Remove stream_server_address (it is 127.0.0.1), or set enable_tls_streaming.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CONTAINERD),
	  .data = (const char *const[]){ "cri.stream_server_address", "cri.enable_tls_streaming" },
	  .object = streaming },
	{ .id = "MRL-1044",
	  .name = "containerd-tcp",
	  .title = "containerd's API is on the network",
	  .attack = "Whoever reaches it starts a container with the host's root in it.",
	  .suggest = "Remove grpc.tcp_address; its socket is enough.",
	  .aliases = "",
	  .links =
		  "https://github.com/containerd/containerd/blob/main/docs/man/containerd-config.toml.5.md",
	  .severity = SEVERITY_CRITICAL,
	  ENGINE(KIND_CONTAINERD),
	  SETTING(NULL, "grpc.tcp_address", SETTING_ABSENT) },
	{ .id = "MRL-1045",
	  .name = "containerd-no-apparmor",
	  .title = "containerd applies no AppArmor profiles",
	  .attack = "Writes to /proc and /sys and mounts, which the profile would have refused.",
	  .suggest = "Remove disable_apparmor.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CONTAINERD),
	  SETTING(NULL, "cri.disable_apparmor", SETTING_IS_NOT, "true") },
	{ .id = "MRL-1046",
	  .name = "containerd-seccomp-unset",
	  .title = "containerd gives no filter to containers that name none",
	  .attack =
		  "Pods without a seccompProfile run without a filter, unless the kubelet gives one.",
	  .suggest = "Set unset_seccomp_profile: runtime/default, or seccompDefault in the kubelet.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  ENGINE(KIND_CONTAINERD),
	  SETTING(NULL, "cri.unset_seccomp_profile", SETTING_IS_NOT, "unconfined",
		  .unset = "unconfined") },
	{ .id = "MRL-1047",
	  .name = "containerd-privileged-devices",
	  .title = "Privileged containers get all devices of the host",
	  .attack = "The disk is one of them: it is mounted or written to, past all files' owners.",
	  .suggest =
		  "Set privileged_without_host_devices for runtimes of sandboxes, and others where nothing needs devices.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  ENGINE(KIND_CONTAINERD),
	  .data = (const char *const[]){ "cri.containerd.runtimes" },
	  .object = privileged_devices },
	{ .id = "MRL-1048",
	  .name = "containerd-debug",
	  .title = "containerd logs for debugging",
	  .attack = "Requests, with environments of containers in them, lie in the log.",
	  .suggest = "Set debug.level: info.",
	  .aliases = "",
	  .links = CONTAINERD_DOCS,
	  .severity = SEVERITY_LOW,
	  ENGINE(KIND_CONTAINERD),
	  SETTING("log-level", "debug.level", SETTING_IS_NOT, "debug trace") },
	{ .id = "MRL-1061",
	  .name = "crio-capabilities",
	  .title = "CRI-O gives containers more capabilities than the default",
	  .attack =
		  "Every container has them that does not drop them, without any manifest that says so.",
	  .suggest = "Remove default_capabilities, or leave in what workloads need.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CRIO),
	  SETTING(NULL, "crio.runtime.default_capabilities", SETTING_WITHIN, PLAIN_CAPABILITIES) },
	{ .id = "MRL-1062",
	  .name = "crio-insecure-registry",
	  .title = "CRI-O does not check who a registry is",
	  .attack = "Somebody on the way gives another image, and their code runs on the node.",
	  .suggest = "Give the registry a certificate and remove insecure_registries.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CRIO),
	  SETTING(NULL, "crio.image.insecure_registries", SETTING_ABSENT) },
	{ .id = "MRL-1063",
	  .name = "crio-streaming-exposed",
	  .title = "The server for exec and attach is on the network without TLS",
	  .attack = "Reads and joins sessions into containers of this node.",
	  .suggest = "Remove stream_address (it is 127.0.0.1), or set stream_enable_tls.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CRIO),
	  .data = (const char *const[]){ "crio.api.stream_address", "crio.api.stream_enable_tls" },
	  .object = streaming },
	{ .id = "MRL-1064",
	  .name = "crio-apparmor-unconfined",
	  .title = "CRI-O gives containers no AppArmor profile",
	  .attack = "Writes to /proc and /sys and mounts, which the profile would have refused.",
	  .suggest = "Remove apparmor_profile, which is crio-default then.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CRIO),
	  SETTING(NULL, "crio.runtime.apparmor_profile", SETTING_IS_NOT, "unconfined") },
	{ .id = "MRL-1065",
	  .name = "crio-seccomp-unconfined",
	  .title = "CRI-O gives containers no seccomp filter",
	  .attack =
		  "Every system call is open to every container, and with it every bug behind it in the kernel.",
	  .suggest = "Remove seccomp_profile, or name the file of a recorded profile.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CRIO),
	  SETTING(NULL, "crio.runtime.seccomp_profile", SETTING_IS_NOT, "unconfined") },
	{ .id = "MRL-1066",
	  .name = "crio-devices",
	  .title = "CRI-O adds devices to containers by itself",
	  .attack = "Every container has the device without any manifest that says so.",
	  .suggest = "Remove additional_devices; let a device plugin give it to those who ask.",
	  .aliases = "",
	  .links = CRIO_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CRIO),
	  SETTING(NULL, "crio.runtime.additional_devices", SETTING_ABSENT) },
	{ .id = "MRL-1081",
	  .name = "tools-insecure-registry",
	  .title = "registries.conf lets images come from a registry that is not checked",
	  .attack = "Somebody on the way gives another image, and their code runs here.",
	  .suggest = "Give the registry a certificate and remove insecure = true.",
	  .aliases = "",
	  .links = REGISTRIES_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  .object = tools_registry },
	{ .id = "MRL-1082",
	  .name = "tools-unsigned-images",
	  .title = "Images are taken whoever signed them",
	  .attack = "An image that was replaced in its registry runs like the true one.",
	  .suggest =
		  "Set the default of /etc/containers/policy.json to reject, and name keys for registries that are used.",
	  .aliases = "docker-4.5",
	  .links = "https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  .object = tools_signatures },
	{ .id = "MRL-1083",
	  .name = "tools-privileged",
	  .title = "Containers are privileged by default",
	  .attack = "Every container that podman starts has all devices and capabilities.",
	  .suggest = "Remove privileged from containers.conf.",
	  .aliases = "",
	  .links = TOOLS_DOCS,
	  .severity = SEVERITY_CRITICAL,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  SETTING(NULL, "containers.privileged", SETTING_IS_NOT, "true") },
	{ .id = "MRL-1084",
	  .name = "tools-capabilities",
	  .title = "Containers have more capabilities than the default",
	  .attack = "Every container that podman starts has them unless it drops them.",
	  .suggest = "Remove default_capabilities from containers.conf, or leave in what is needed.",
	  .aliases = "",
	  .links = TOOLS_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  SETTING(NULL, "containers.default_capabilities", SETTING_WITHIN,
		  PLAIN_CAPABILITIES " SYS_CHROOT CAP_SYS_CHROOT") },
	{ .id = "MRL-1085",
	  .name = "tools-seccomp-unconfined",
	  .title = "Containers have no seccomp filter by default",
	  .attack =
		  "Every system call is open to every container, and with it every bug behind it in the kernel.",
	  .suggest =
		  "Remove seccomp_profile from containers.conf, or name the file of a recorded profile.",
	  .aliases = "",
	  .links = TOOLS_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  SETTING(NULL, "containers.seccomp_profile", SETTING_IS_NOT, "unconfined") },
	{ .id = "MRL-1086",
	  .name = "tools-host-processes",
	  .title = "Containers see all processes of the host by default",
	  .attack = "Reads environments and memory of what else runs here, from every container.",
	  .suggest = "Remove pidns = \"host\" from containers.conf.",
	  .aliases = "",
	  .links = TOOLS_DOCS,
	  .severity = SEVERITY_HIGH,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  SETTING(NULL, "containers.pidns", SETTING_IS_NOT, "host") },
	{ .id = "MRL-1087",
	  .name = "tools-no-labels",
	  .title = "Containers are not kept apart by SELinux",
	  .attack = "What gets out of a container is limited by users only.",
	  .suggest = "Remove label = false from containers.conf.",
	  .aliases = "",
	  .links = TOOLS_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ENGINE(KIND_CONTAINER_TOOLS),
	  SETTING(NULL, "containers.label", SETTING_IS_NOT, "false") },
};

const struct check_group checks_runtime = { checks, ARRAY_SIZE(checks) };
