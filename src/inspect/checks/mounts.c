/* SPDX-License-Identifier: Apache-2.0 */
/* What of the node a pod can touch: directories, sockets, devices, ports. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

/* Without a slash at the end and without doubled ones: enough to compare with literals. */
static void clean_path(struct text path, char *out, size_t size)
{
	size_t len = 0;

	for (uint32_t i = 0; i < path.len && len + 1 < size; i++)
		if (!(path.data[i] == '/' && len && out[len - 1] == '/'))
			out[len++] = path.data[i];
	while (len > 1 && out[len - 1] == '/')
		len--;
	out[len] = '\0';
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(path, top, len) && (!path[len] || path[len] == '/' || str_eq(top, "/"));
}

/* Up to here is the parent of something sensitive, which is as good as the thing itself. */
static bool reaches(const char *path, const char *sensitive)
{
	return is_at_or_below(path, sensitive) || is_at_or_below(sensitive, path);
}

static void any_host_path(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (w->volumes[i].type && str_eq(w->volumes[i].type, "hostPath"))
			probe_fail(p, &w->volumes[i].host_path.at);
}

static void writable_host_path(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->mount_count; i++) {
		const struct volume *v = mount_volume(w, &c->mounts[i]);

		if (v && v->type && str_eq(v->type, "hostPath") &&
		    c->mounts[i].read_only.value != ON)
			probe_fail(p, &c->mounts[i].read_only.at);
	}
}

static void sensitive_host_path(struct probe *p, const struct workload *w)
{
	static const char *const exactly[] = {
		"/", "/var", "/var/lib", "/run", "/var/run", "/home"
	};
	static const char *const below[] = { "/boot",
					     "/dev",
					     "/etc",
					     "/lib",
					     "/lib64",
					     "/proc",
					     "/sys",
					     "/usr",
					     "/bin",
					     "/sbin",
					     "/root",
					     "/var/lib/kubelet",
					     "/var/lib/docker",
					     "/var/lib/containerd",
					     "/var/lib/etcd",
					     "/var/lib/containers",
					     "/run/containerd",
					     "/var/log" };

	for (uint32_t i = 0; i < w->volume_count; i++) {
		const struct word *path = &w->volumes[i].host_path;
		bool bad = false;
		char clean[256];

		clean_path(path->value, clean, sizeof(clean));
		for (size_t k = 0; k < ARRAY_SIZE(exactly) && !bad; k++)
			bad = str_eq(clean, exactly[k]);
		for (size_t k = 0; k < ARRAY_SIZE(below) && !bad; k++)
			bad = is_at_or_below(clean, below[k]) && *clean;
		if (bad && path->value.data)
			probe_fail(p, &path->at);
	}
}

/* By its name, wherever somebody put it: of a user, below another root. */
static bool is_runtime_socket(const char *path)
{
	static const char *const names[] = { "/docker.sock", "/containerd.sock", "/crio.sock",
					     "/podman.sock", "/cri-dockerd.sock" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_ends(path, names[i]))
			return true;
	return false;
}

static void runtime_socket(struct probe *p, const struct workload *w)
{
	static const char *const sockets[] = {
		"/var/run/docker.sock",
		"/run/docker.sock",
		"/run/containerd/containerd.sock",
		"/var/run/containerd/containerd.sock",
		"/run/crio/crio.sock",
		"/var/run/crio/crio.sock",
		"/run/k3s/containerd/containerd.sock",
		"/run/podman/podman.sock",
		"/var/run/cri-dockerd.sock",
		"/run/cri-dockerd.sock",
	};

	for (uint32_t i = 0; i < w->volume_count; i++) {
		const struct word *path = &w->volumes[i].host_path;
		char clean[256];
		bool found;

		clean_path(path->value, clean, sizeof(clean));
		found = is_runtime_socket(clean);
		for (size_t k = 0; !found && *clean && k < ARRAY_SIZE(sockets); k++)
			found = reaches(clean, sockets[k]) && !str_eq(clean, "/");
		if (found && path->value.len)
			probe_fail(p, &path->at);
	}
}

static void cloud_credentials(struct probe *p, const struct workload *w)
{
	static const char *const paths[] = {
		"/.aws",
		"/.azure",
		"/.config/gcloud",
		"/.aliyun",
		"/.hcloud",
		"/.kube",
		"/etc/kubernetes/azure.json",
		"/etc/kubernetes/admin.conf",
		"/var/lib/waagent",
		"/gcloud/credentials",
	};

	for (uint32_t i = 0; i < w->volume_count; i++) {
		const struct word *path = &w->volumes[i].host_path;
		char clean[256];

		clean_path(path->value, clean, sizeof(clean));
		for (size_t k = 0; k < ARRAY_SIZE(paths); k++) {
			if (!strstr(clean, paths[k]))
				continue;
			probe_fail(p, &path->at);
			break;
		}
	}
}

static void propagation(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->mount_count; i++)
		if (word_is(&c->mounts[i].propagation, "Bidirectional"))
			probe_fail(p, &c->mounts[i].propagation.at);
}

static void devices(struct probe *p, const struct workload *w, const struct container *c)
{
	if (at_count(&c->devices))
		probe_fail(p, &c->devices);
}

static void volume_type(struct probe *p, const struct workload *w)
{
	static const char *const core[] = {
		"configMap", "csi",	"downwardAPI",		 "emptyDir",
		"ephemeral", "image",	"persistentVolumeClaim", "projected",
		"secret",    "hostPath"
	};

	for (uint32_t i = 0; i < w->volume_count; i++) {
		const struct volume *v = &w->volumes[i];
		bool good = !v->type;

		for (size_t k = 0; k < ARRAY_SIZE(core) && !good; k++)
			good = str_eq(v->type, core[k]);
		if (!good)
			probe_fail_value(p, &v->at, "%s", v->type);
	}
}

/* Docker knows no other way of publishing: there it is about those that everybody reaches. */
static void host_port(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->port_count; i++)
		if (c->ports[i].host.set && c->ports[i].host.value &&
		    !c->ports[i].address.value.len)
			probe_fail(p, &c->ports[i].host.at);
}

/* Docker lets everybody in its containers listen there (since 20.10): what counts is whose port it is outside. */
static void privileged_port(struct probe *p, const struct workload *w, const struct container *c)
{
	bool docker = probe_object(p)->kind == KIND_DOCKER_CONTAINER;

	for (uint32_t i = 0; i < c->port_count; i++) {
		const struct number *n = docker ? &c->ports[i].host : &c->ports[i].container;

		if (n->set && n->value > 0 && n->value < 1024)
			probe_fail(p, &n->at);
	}
}

static bool runs_sshd(const struct word *w)
{
	struct text name = text_basename(w->value);

	return text_eq_str(name, "sshd") || text_eq_str(name, "dropbear");
}

static void ssh(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->port_count; i++)
		if (c->ports[i].container.set && c->ports[i].container.value == 22)
			probe_fail(p, &c->ports[i].container.at);
	for (uint32_t i = 0; i < c->command.count; i++)
		if (runs_sshd(&c->command.items[i]))
			probe_fail(p, &c->command.items[i].at);
	for (uint32_t i = 0; i < c->args.count; i++)
		if (runs_sshd(&c->args.items[i]))
			probe_fail(p, &c->args.items[i].at);
}

static void host_aliases(struct probe *p, const struct workload *w)
{
	if (at_count(&w->host_aliases))
		probe_fail_value(p, &w->host_aliases, "%u entries", at_count(&w->host_aliases));
}

/* Mended in 1.22.2, 1.21.5, 1.20.11, 1.19.15. */
static void sub_path(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->mount_count; i++)
		if (c->mounts[i].sub_path.value == ON)
			probe_fail(p, &c->mounts[i].sub_path.at);
}

static void sudo(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->command.count; i++)
		if (text_eq_str(text_basename(c->command.items[i].value), "sudo"))
			probe_fail(p, &c->command.items[i].at);
}

static void host_volume(struct probe *p, const struct object *o)
{
	struct at path = at_member(&o->root, "spec.hostPath.path");

	if (path.node)
		probe_fail(p, &path);
}

/* What only pods can say. */
#define POD .category = CATEGORY_MOUNTS, .kinds = KINDS_WORKLOAD
#define PUBLISHED .category = CATEGORY_MOUNTS, .kinds = KINDS_WORKLOAD | KINDS_DOCKER
#define MOUNTS .category = CATEGORY_MOUNTS, .kinds = KINDS_CONTAINER
#define HOST_PATH "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"

static const struct check checks[] = {
	{ .id = "MRL-201",
	  .name = "host-path",
	  .title = "A directory of the node is mounted",
	  .attack = "Files of the node are readable, and what other pods leave there.",
	  .suggest = "Use a PersistentVolumeClaim, emptyDir, ConfigMap or projected volume.",
	  .suggest_bundle = "Use a named volume or a tmpfs.",
	  .aliases = "hostPathSet C-0048 KSV-0023 CIS-5.2.11 hostPathVolumes",
	  .links = HOST_PATH,
	  .severity = SEVERITY_MEDIUM,
	  MOUNTS,
	  .pod = any_host_path },
	{ .id = "MRL-202",
	  .name = "writable-host-mount",
	  .title = "A directory of the node is mounted writable",
	  .attack = "Plants a program, a unit file or a static pod that the node then runs.",
	  .suggest = "Set readOnly: true, or do without the mount.",
	  .suggest_bundle = "Mount it read-only (:ro), or do without.",
	  .aliases = "C-0045",
	  .links = HOST_PATH,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "true",
		   .why = "It may write there." },
	  .severity = SEVERITY_HIGH,
	  MOUNTS,
	  .container = writable_host_path },
	{ .id = "MRL-203",
	  .name = "sensitive-host-mounts",
	  .title = "A directory that the node lives by is mounted",
	  .attack = "Passwords, keys and service account tokens of all pods are there to be read.",
	  .suggest = "Mount the one file that is needed, read-only.",
	  .aliases = "KSV-0121 ProcMount docker-5.6",
	  .links = HOST_PATH,
	  .severity = SEVERITY_HIGH,
	  MOUNTS,
	  .pod = sensitive_host_path },
	{ .id = "MRL-204",
	  .name = "docker-sock",
	  .title = "The container runtime's socket can be reached",
	  .attack = "Asks the runtime for a privileged container with the node's disk in it.",
	  .suggest =
		  "Remove the mount; build images with a rootless builder, watch with the Kubernetes API.",
	  .suggest_bundle = "Remove the mount; build images with a rootless builder.",
	  .aliases = "C-0074 KSV-0006 DockerSock CKV_K8S_27 docker-5.32",
	  .links = HOST_PATH,
	  .severity = SEVERITY_CRITICAL,
	  MOUNTS,
	  .pod = runtime_socket },
	{ .id = "MRL-205",
	  .name = "cloud-credentials",
	  .title = "Credentials of the node or of a person are mounted",
	  .attack = "Uses them against the cloud account or the cluster.",
	  .suggest = "Bind the service account to a cloud role instead.",
	  .suggest_bundle = "Give the host, or the workload, a role of the cloud instead.",
	  .aliases = "C-0020",
	  .links = HOST_PATH,
	  .severity = SEVERITY_HIGH,
	  MOUNTS,
	  .pod = cloud_credentials },
	{ .id = "MRL-206",
	  .name = "mount-propagation",
	  .title = "Mounts made in the container appear on the node",
	  .attack = "Mounts over directories of the node and of every other pod.",
	  .suggest = "Set mountPropagation: None or HostToContainer.",
	  .suggest_bundle = "Mount it with rprivate or rslave.",
	  .aliases = "docker-5.20 mountPropagation",
	  .links = "https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation",
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"HostToContainer\"",
		   .why = "It may mount for others." },
	  .severity = SEVERITY_HIGH,
	  MOUNTS,
	  .container = propagation },
	{ .id = "MRL-207",
	  .name = "raw-devices",
	  .title = "A block device is given to the container",
	  .attack = "Reads and writes below the file system, past its permissions.",
	  .suggest = "Mount a file system unless the workload is one itself.",
	  .aliases = "docker-5.18 volumeDevices",
	  .links =
		  "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support",
	  .severity = SEVERITY_MEDIUM,
	  MOUNTS,
	  .container = devices },
	{ .id = "MRL-208",
	  .name = "volume-type",
	  .title = "A volume of an old or unconfined type is used",
	  .attack = "In-tree drivers run with the kubelet's rights on data of the pod's choice.",
	  .suggest = "Use a PersistentVolumeClaim with a CSI driver.",
	  .aliases = "KSV-0028 restrictedVolumes",
	  .links = "https://kubernetes.io/docs/concepts/storage/volumes/",
	  .severity = SEVERITY_LOW,
	  POD,
	  .pod = volume_type },
	{ .id = "MRL-209",
	  .name = "host-port",
	  .title = "A port of the node is taken",
	  .attack =
		  "Is reachable from outside past network policies, and takes the place of another service.",
	  .suggest = "Publish with a Service.",
	  .suggest_bundle = "Publish it at the one address that it is for: -p 127.0.0.1:8080:80.",
	  .aliases = "hostPortSet C-0044 KSV-0024 CKV_K8S_26 CIS-5.2.12 hostPorts docker-5.14",
	  .links = "https://kubernetes.io/docs/concepts/configuration/overview/",
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "Somebody may reach it at the node's address." },
	  .severity = SEVERITY_MEDIUM,
	  PUBLISHED,
	  .container = host_port },
	{ .id = "MRL-210",
	  .name = "privileged-ports",
	  .title = "The container listens on a port below 1024",
	  .attack = "It needs root or NET_BIND_SERVICE for that, which then is there to be misused.",
	  .suggest = "Listen above 1024; the Service can keep its port.",
	  .suggest_bundle =
		  "Publish it above 1024, behind a proxy that is meant to have the port below.",
	  .aliases = "KSV-0117 docker-5.8",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  PUBLISHED,
	  .container = privileged_port },
	{ .id = "MRL-211",
	  .name = "ssh-port",
	  .title = "An SSH server runs in the container",
	  .attack = "One more way in, with keys and passwords that nobody manages.",
	  .suggest = "Remove it; use kubectl exec, which is authorised and audited.",
	  .suggest_bundle = "Remove it; execute into the container instead.",
	  .aliases = "C-0042 docker-5.7",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  MOUNTS,
	  .container = ssh },
	{ .id = "MRL-212",
	  .name = "host-aliases",
	  .title = "The pod changes /etc/hosts",
	  .attack = "Names lead where the manifest's author wants, whatever DNS says.",
	  .suggest = "Use DNS.",
	  .aliases = "KSV-0007 HostAliases",
	  .links = NULL,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may not find a host without it." },
	  .severity = SEVERITY_LOW,
	  POD,
	  .pod = host_aliases },
	{ .id = "MRL-213",
	  .name = "sub-path",
	  .title = "A subPath is mounted on a kubelet that follows links in it",
	  .attack = "A symbolic link in the volume leads to the node's root (CVE-2021-25741).",
	  .suggest = "Update the kubelet, or mount the whole volume.",
	  .aliases = "C-0058 CVE-2021-25741",
	  .links = NULL,
	  .until = 22,
	  .severity = SEVERITY_MEDIUM,
	  POD,
	  .container = sub_path },
	{ .id = "MRL-214",
	  .name = "sudo-in-command",
	  .title = "The container starts through sudo",
	  .attack = "The image has a setuid program that makes them root.",
	  .suggest = "Run as the user that it needs.",
	  .aliases = "C-0062",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  MOUNTS,
	  .container = sudo },
	{ .id = "MRL-215",
	  .name = "host-path-volume",
	  .title = "A PersistentVolume is a directory of the node",
	  .attack =
		  "Pods get at the node without a hostPath of their own, which policies would have refused.",
	  .suggest = "Use a local volume or a storage class.",
	  .aliases = "",
	  .links = HOST_PATH,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_MOUNTS,
	  .kinds = KIND_BIT(KIND_PERSISTENT_VOLUME),
	  .object = host_volume },
};

const struct check_group checks_mounts = { checks, ARRAY_SIZE(checks) };
