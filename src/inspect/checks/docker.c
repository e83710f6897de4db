/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's daemon: what its command line and daemon.json say. Numbers docker-N.N are those of the CIS benchmark for Docker. */
#include "base/cleanup.h"
#include "inspect/setting.h"

#define DAEMON .category = CATEGORY_ENGINE, .kinds = KIND_BIT(KIND_DOCKER_DAEMON)
#define SETTING(f, c, how, ...)                                       \
	.object = setting_check, .data = &(const struct setting_rule) \
	{                                                             \
		.flags = f, .path = c, .op = how, __VA_ARGS__         \
	}
#define DAEMON_DOCS "https://docs.docker.com/reference/cli/dockerd/"
#define PROTECT_DOCS "https://docs.docker.com/engine/security/protect-access/"

static bool is_tcp(struct text t)
{
	return text_starts(t, TEXT("tcp://")) || text_starts(t, TEXT("http://"));
}

/* A host on the network counts unless clients must show a certificate. */
static void plain_tcp(struct probe *p, const struct object *o)
{
	struct at flags = at_member(&o->root, "flags"), config = at_member(&o->root, "config");
	struct at places[] = { at_member(&flags, "host"), at_member(&config, "hosts") };
	struct at verify[] = { at_member(&flags, "tlsverify"), at_member(&config, "tlsverify") };

	if (!flags.node && !config.node) {
		probe_skip(p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verify); i++)
		if (text_eq_str(at_text(&verify[i]), "true"))
			return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (is_tcp(at_text(&places[i])))
			probe_fail(p, &places[i]);
		for (uint32_t k = 0; k < at_count(&places[i]); k++) {
			struct at item = at_item(&places[i], k);

			if (is_tcp(at_text(&item)))
				probe_fail(p, &item);
		}
	}
}

static const struct check checks[] = {
	{ .id = "MRL-1001",
	  .name = "docker-tcp-without-tls",
	  .title = "Docker's API is on the network without client certificates",
	  .attack =
		  "Whoever reaches the port starts a privileged container and is root on the host; worms look for this port.",
	  .suggest =
		  "Remove the tcp:// host; where it is needed, use SSH, or tlsverify with a CA of its own.",
	  .aliases = "docker-2.7 C-0072",
	  .links = PROTECT_DOCS,
	  .severity = SEVERITY_CRITICAL,
	  DAEMON,
	  .object = plain_tcp },
	{ .id = "MRL-1002",
	  .name = "docker-inter-container-traffic",
	  .title = "Containers on the default bridge reach each other",
	  .attack = "From one container to every port of its neighbours, published or not.",
	  .suggest =
		  "Set icc: false, and put containers that belong together on a network of their own.",
	  .aliases = "docker-2.2",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("icc", "icc", SETTING_IS, "false", .unset = "true") },
	{ .id = "MRL-1003",
	  .name = "docker-insecure-registry",
	  .title = "A registry is spoken to without checking who it is",
	  .attack = "Somebody on the way gives another image, and their code runs.",
	  .suggest =
		  "Give the registry a certificate, put its CA into /etc/docker/certs.d, and remove insecure-registries.",
	  .aliases = "docker-2.5",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_HIGH,
	  DAEMON,
	  SETTING("insecure-registry", "insecure-registries", SETTING_ABSENT) },
	{ .id = "MRL-1004",
	  .name = "docker-no-user-namespaces",
	  .title = "Root in containers is root on the host",
	  .attack = "Every bug that lets a process out of its container lets it out as root.",
	  .suggest = "Set userns-remap: default, or run the daemon rootless.",
	  .aliases = "docker-2.9",
	  .links = "https://docs.docker.com/engine/security/userns-remap/",
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("userns-remap", "userns-remap", SETTING_THERE, .unless = "rootless") },
	{ .id = "MRL-1005",
	  .name = "docker-new-privileges",
	  .title =
		  "Processes in containers may gain privileges unless each container says otherwise",
	  .attack =
		  "A setuid program in any image makes an unprivileged process root in its container.",
	  .suggest = "Set no-new-privileges: true.",
	  .aliases = "docker-2.14",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("no-new-privileges", "no-new-privileges", SETTING_IS, "true", .unset = "false") },
	{ .id = "MRL-1006",
	  .name = "docker-no-live-restore",
	  .title = "Containers end when the daemon does",
	  .attack =
		  "Updates of the daemon are put off because they stop everything, and its bugs stay.",
	  .suggest = "Set live-restore: true (not with Swarm).",
	  .aliases = "docker-2.15",
	  .links = "https://docs.docker.com/engine/daemon/live-restore/",
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("live-restore", "live-restore", SETTING_IS, "true", .unset = "false") },
	{ .id = "MRL-1007",
	  .name = "docker-userland-proxy",
	  .title = "A process forwards every published port",
	  .attack = "One more program of root on every port, and the address of who asks is lost.",
	  .suggest = "Set userland-proxy: false; the kernel forwards by itself.",
	  .aliases = "docker-2.16",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("userland-proxy", "userland-proxy", SETTING_IS, "false", .unset = "true") },
	{ .id = "MRL-1008",
	  .name = "docker-experimental",
	  .title = "Experimental features are on",
	  .attack = "Code that is not finished, in a daemon of root.",
	  .suggest = "Remove experimental.",
	  .aliases = "docker-2.18",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("experimental", "experimental", SETTING_IS_NOT, "true") },
	{ .id = "MRL-1009",
	  .name = "docker-no-authorization",
	  .title = "Whoever may speak to the daemon may ask for anything",
	  .attack = "Who reads the list of containers may also start a privileged one.",
	  .suggest = "Put an authorization plugin before the API if more than root uses it.",
	  .aliases = "docker-2.12",
	  .links = "https://docs.docker.com/engine/extend/plugins_authorization/",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  DAEMON,
	  SETTING("authorization-plugin", "authorization-plugins", SETTING_THERE) },
	{ .id = "MRL-1010",
	  .name = "docker-debug-log",
	  .title = "The daemon logs for debugging",
	  .attack = "Requests, with what is in them, lie in the log.",
	  .suggest = "Set log-level: info.",
	  .aliases = "docker-2.3",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("log-level", "log-level", SETTING_IS_NOT, "debug") },
	{ .id = "MRL-1011",
	  .name = "docker-no-iptables",
	  .title = "The daemon makes no firewall rules",
	  .attack = "Networks of containers are not kept apart.",
	  .suggest = "Remove iptables: false.",
	  .aliases = "docker-2.4",
	  .links = "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("iptables", "iptables", SETTING_IS_NOT, "false") },
	{ .id = "MRL-1012",
	  .name = "docker-storage-driver",
	  .title = "The storage driver is one that nobody looks after",
	  .attack = "Crashes and leaks of aufs are not mended any more.",
	  .suggest = "Use overlay2.",
	  .aliases = "docker-2.6",
	  .links = "https://docs.docker.com/engine/storage/drivers/select-storage-driver/",
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("storage-driver", "storage-driver", SETTING_IS_NOT,
		  "aufs devicemapper overlay") },
	{ .id = "MRL-1013",
	  .name = "docker-seccomp-unconfined",
	  .title = "The daemon gives containers no seccomp filter",
	  .attack =
		  "Every system call is open to every container, and with it every bug behind it in the kernel.",
	  .suggest = "Remove seccomp-profile, or name the file of a recorded profile.",
	  .aliases = "docker-2.17",
	  .links = "https://docs.docker.com/engine/security/seccomp/",
	  .severity = SEVERITY_HIGH,
	  DAEMON,
	  SETTING("seccomp-profile", "seccomp-profile", SETTING_IS_NOT, "unconfined") },
	{ .id = "MRL-1014",
	  .name = "docker-no-log",
	  .title = "What containers say is not kept",
	  .attack = "Leaves no trace in the container's log.",
	  .suggest = "Set log-driver: local, journald, or one that sends logs away.",
	  .aliases = "docker-2.13",
	  .links = "https://docs.docker.com/engine/logging/configure/",
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("log-driver", "log-driver", SETTING_IS_NOT, "none") },
	{ .id = "MRL-1015",
	  .name = "docker-no-default-ulimits",
	  .title = "Containers have no limits of files and processes by default",
	  .attack = "One container opens files or forks until the host has none left.",
	  .suggest = "Set default-ulimits.",
	  .aliases = "docker-2.8",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  DAEMON,
	  SETTING("default-ulimit", "default-ulimits", SETTING_THERE) },
	{ .id = "MRL-1016",
	  .name = "docker-cgroup-parent",
	  .title = "Containers are put under another control group",
	  .attack =
		  "They share limits with what is in that group, or escape those meant for containers.",
	  .suggest = "Remove cgroup-parent unless somebody knows why it is there.",
	  .aliases = "docker-2.10",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("cgroup-parent", "cgroup-parent", SETTING_ABSENT) },
	{ .id = "MRL-1017",
	  .name = "docker-cors",
	  .title = "Web pages may speak to Docker's API",
	  .attack = "A page in somebody's browser asks the daemon to start containers.",
	  .suggest = "Remove api-cors-header.",
	  .aliases = "",
	  .links = "https://docs.docker.com/engine/deprecated/",
	  .severity = SEVERITY_MEDIUM,
	  DAEMON,
	  SETTING("api-cors-header", "api-cors-header", SETTING_ABSENT) },
	{ .id = "MRL-1018",
	  .name = "docker-host-cgroup-namespace",
	  .title = "Containers see the host's control groups by default",
	  .attack = "Learns what else runs here, and where to write if it may.",
	  .suggest = "Set default-cgroupns-mode: private.",
	  .aliases = "",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("default-cgroupns-mode", "default-cgroupns-mode", SETTING_IS_NOT, "host") },
	{ .id = "MRL-1019",
	  .name = "docker-ipc-shareable",
	  .title = "Containers offer their shared memory to others by default",
	  .attack = "Another container joins it and reads what is in memory.",
	  .suggest = "Set default-ipc-mode: private.",
	  .aliases = "",
	  .links = DAEMON_DOCS,
	  .severity = SEVERITY_LOW,
	  DAEMON,
	  SETTING("default-ipc-mode", "default-ipc-mode", SETTING_IS_NOT, "shareable") },
};

const struct check_group checks_docker = { checks, ARRAY_SIZE(checks) };
