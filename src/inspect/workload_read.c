/* SPDX-License-Identifier: Apache-2.0 */
/* From the PodSpec of Kubernetes to the view of workload.h. */
#include <assert.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/reader.h"

enum { CONTAINERS_MAX = 512 };

const char *const volume_types[] = {
	"awsElasticBlockStore",
	"azureDisk",
	"azureFile",
	"cephfs",
	"cinder",
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"fc",
	"flexVolume",
	"flocker",
	"gcePersistentDisk",
	"gitRepo",
	"glusterfs",
	"hostPath",
	"image",
	"iscsi",
	"nfs",
	"persistentVolumeClaim",
	"photonPersistentDisk",
	"portworxVolume",
	"projected",
	"quobyte",
	"rbd",
	"scaleIO",
	"secret",
	"storageos",
	"vsphereVolume",
	NULL,
};

/* --- securityContext ----------------------------------------------------------------------------- */

static void read_security(struct reader *r, const struct at *owner, struct security *s)
{
	s->at = at_member(owner, "securityContext");
	if (s->at.node && s->at.node->kind != YAML_MAP)
		reader_complain(r, &s->at, "a map");
	s->privileged = reader_flag(r, &s->at, "privileged");
	s->escalation = reader_flag(r, &s->at, "allowPrivilegeEscalation");
	s->read_only_root = reader_flag(r, &s->at, "readOnlyRootFilesystem");
	s->non_root = reader_flag(r, &s->at, "runAsNonRoot");
	s->host_process = reader_flag(r, &s->at, "windowsOptions.hostProcess");
	s->user = reader_number(r, &s->at, "runAsUser");
	s->group = reader_number(r, &s->at, "runAsGroup");
	s->fs_group = reader_number(r, &s->at, "fsGroup");
	s->groups = reader_words(r, &s->at, "supplementalGroups");
	s->proc_mount = reader_word(r, &s->at, "procMount");
	s->add = reader_words(r, &s->at, "capabilities.add");
	s->drop = reader_words(r, &s->at, "capabilities.drop");
	s->seccomp = reader_word(r, &s->at, "seccompProfile.type");
	s->seccomp_file = reader_word(r, &s->at, "seccompProfile.localhostProfile");
	s->apparmor = reader_word(r, &s->at, "appArmorProfile.type");
	s->apparmor_file = reader_word(r, &s->at, "appArmorProfile.localhostProfile");
	s->selinux_type = reader_word(r, &s->at, "seLinuxOptions.type");
	s->selinux_user = reader_word(r, &s->at, "seLinuxOptions.user");
	s->selinux_role = reader_word(r, &s->at, "seLinuxOptions.role");
	s->selinux_level = reader_word(r, &s->at, "seLinuxOptions.level");
}

/* --- containers ---------------------------------------------------------------------------------- */

static void read_env(struct reader *r, struct container *c)
{
	struct at *list = reader_list(r, &c->at, "env", &c->env_count), *from;

	c->env = arena_array(r->arena, struct env, c->env_count + 1);
	for (uint32_t i = 0; list && c->env && i < c->env_count; i++) {
		struct env *e = &c->env[i];

		e->at = at_item(list, i);
		e->name = reader_word(r, &e->at, "name");
		e->value = reader_word(r, &e->at, "value");
		e->secret = reader_word(r, &e->at, "valueFrom.secretKeyRef.name");
		e->config_map = reader_word(r, &e->at, "valueFrom.configMapKeyRef.name");
	}
	from = reader_list(r, &c->at, "envFrom", &c->env_secret_count);
	c->env_secrets = arena_array(r->arena, struct word, c->env_secret_count + 1);
	for (uint32_t i = 0; from && c->env_secrets && i < c->env_secret_count; i++) {
		const struct at *item = reader_keep(r, at_item(from, i));

		if (item)
			c->env_secrets[i] = reader_word(r, item, "secretRef.name");
	}
	c->env_count = c->env ? c->env_count : 0;
	c->env_secret_count = c->env_secrets ? c->env_secret_count : 0;
}

static void read_ports(struct reader *r, struct container *c)
{
	struct at *list = reader_list(r, &c->at, "ports", &c->port_count);

	c->ports = arena_array(r->arena, struct port, c->port_count + 1);
	c->port_count = c->ports ? c->port_count : 0;
	for (uint32_t i = 0; list && i < c->port_count; i++) {
		struct port *p = &c->ports[i];

		p->at = at_item(list, i);
		p->name = reader_word(r, &p->at, "name");
		p->container = reader_number(r, &p->at, "containerPort");
		p->host = reader_number(r, &p->at, "hostPort");
	}
}

static void read_mounts(struct reader *r, struct container *c)
{
	struct at *list = reader_list(r, &c->at, "volumeMounts", &c->mount_count);

	c->mounts = arena_array(r->arena, struct mount, c->mount_count + 1);
	c->mount_count = c->mounts ? c->mount_count : 0;
	for (uint32_t i = 0; list && i < c->mount_count; i++) {
		struct mount *m = &c->mounts[i];
		struct at sub;

		m->at = at_item(list, i);
		m->volume = reader_word(r, &m->at, "name");
		m->path = reader_word(r, &m->at, "mountPath");
		m->propagation = reader_word(r, &m->at, "mountPropagation");
		m->read_only = reader_flag(r, &m->at, "readOnly");
		sub = at_member(&m->at, "subPath");
		m->sub_path = (struct flag){ sub.node ? ON : UNSET, sub };
	}
}

static void read_container(struct reader *r, struct container *c)
{
	static const char *const probes[PROBES] = { "livenessProbe", "readinessProbe",
						    "startupProbe" };
	static const char *const resources[RESOURCES] = { "resources.requests.cpu",
							  "resources.limits.cpu",
							  "resources.requests.memory",
							  "resources.limits.memory" };
	static_assert(ARRAY_SIZE(probes) == PROBES && ARRAY_SIZE(resources) == RESOURCES, "");

	if (c->at.node && c->at.node->kind != YAML_MAP)
		reader_complain(r, &c->at, "a map");
	c->name = reader_word(r, &c->at, "name").value;
	c->image = reader_word(r, &c->at, "image");
	c->image_name = image_parse(c->image.value);
	c->pull_policy = reader_word(r, &c->at, "imagePullPolicy");
	c->restart_policy = reader_word(r, &c->at, "restartPolicy");
	read_security(r, &c->at, &c->security);
	c->command = reader_words(r, &c->at, "command");
	c->args = reader_words(r, &c->at, "args");
	read_env(r, c);
	read_ports(r, c);
	read_mounts(r, c);
	c->devices = at_member(&c->at, "volumeDevices");
	c->lifecycle = at_member(&c->at, "lifecycle");
	for (int i = 0; i < PROBES; i++)
		c->probes[i] = at_member(&c->at, probes[i]);
	for (int i = 0; i < RESOURCES; i++)
		c->resources[i] = reader_word(r, &c->at, resources[i]);
}

static void read_containers(struct reader *r, struct workload *w)
{
	static const char *const names[CONTAINER_KINDS] = { "initContainers", "containers",
							    "ephemeralContainers" };
	struct at *lists[CONTAINER_KINDS];
	uint32_t counts[CONTAINER_KINDS], all = 0;

	for (int k = 0; k < CONTAINER_KINDS; k++) {
		lists[k] = reader_list(r, &w->pod, names[k], &counts[k]);
		all += lists[k] ? counts[k] : 0;
	}
	if (all > CONTAINERS_MAX) {
		reader_complain(r, lists[CONTAINER_MAIN], "at most 512 containers");
		return;
	}
	w->containers = arena_array(r->arena, struct container, all + 1);
	if (!w->containers)
		return;
	for (int k = 0; k < CONTAINER_KINDS; k++) {
		for (uint32_t i = 0; lists[k] && i < counts[k]; i++) {
			struct container *c = &w->containers[w->container_count++];

			c->kind = (enum container_kind)k;
			c->at = at_item(lists[k], i);
			read_container(r, c);
		}
	}
}

/* --- volumes and the pod ------------------------------------------------------------------------- */

static void read_volume(struct reader *r, struct volume *v)
{
	v->name = reader_word(r, &v->at, "name").value;
	for (const char *const *t = volume_types; *t && !v->type; t++)
		if (yaml_get(v->at.node, *t))
			v->type = *t;
	v->host_path = reader_word(r, &v->at, "hostPath.path");
	v->claim = reader_word(r, &v->at, "persistentVolumeClaim.claimName");
	v->secret = reader_word(r, &v->at, "secret.secretName");
	v->config_map = reader_word(r, &v->at, "configMap.name");
}

static void read_volumes(struct reader *r, struct workload *w)
{
	struct at *list = reader_list(r, &w->pod, "volumes", &w->volume_count);

	w->volumes = arena_array(r->arena, struct volume, w->volume_count + 1);
	w->volume_count = w->volumes ? w->volume_count : 0;
	for (uint32_t i = 0; list && i < w->volume_count; i++) {
		w->volumes[i].at = at_item(list, i);
		read_volume(r, &w->volumes[i]);
	}
}

static void read_sysctls(struct reader *r, struct workload *w)
{
	struct at *list = reader_list(r, &w->pod, "securityContext.sysctls", &w->sysctl_count);

	w->sysctls = arena_array(r->arena, struct sysctl, w->sysctl_count + 1);
	w->sysctl_count = w->sysctls ? w->sysctl_count : 0;
	for (uint32_t i = 0; list && i < w->sysctl_count; i++) {
		const struct at *item = reader_keep(r, at_item(list, i));

		if (item)
			w->sysctls[i].name = reader_word(r, item, "name");
	}
}

static void read_pod(struct reader *r, struct workload *w)
{
	w->host_network = reader_flag(r, &w->pod, "hostNetwork");
	w->host_pid = reader_flag(r, &w->pod, "hostPID");
	w->host_ipc = reader_flag(r, &w->pod, "hostIPC");
	w->host_users = reader_flag(r, &w->pod, "hostUsers");
	w->share_processes = reader_flag(r, &w->pod, "shareProcessNamespace");
	w->mount_token = reader_flag(r, &w->pod, "automountServiceAccountToken");
	w->service_account = reader_word(r, &w->pod, "serviceAccountName");
	w->old_service_account = reader_word(r, &w->pod, "serviceAccount");
	w->runtime_class = reader_word(r, &w->pod, "runtimeClassName");
	w->os = reader_word(r, &w->pod, "os.name");
	w->restart_policy = reader_word(r, &w->pod, "restartPolicy");
	w->priority_class = reader_word(r, &w->pod, "priorityClassName");
	w->host_aliases = at_member(&w->pod, "hostAliases");
	w->affinity = at_member(&w->pod, "affinity");
	w->spread = at_member(&w->pod, "topologySpreadConstraints");
	w->node_selector = at_member(&w->pod, "nodeSelector");
}

struct workload *workload_read(struct arena *a, const struct at *pod, const struct at *meta,
			       struct diags *d)
{
	struct workload *w = arena_new(a, struct workload);
	struct reader r = { a, d };

	if (!w)
		return NULL;
	w->pod = *pod;
	w->meta = *meta;
	w->annotations = at_member(&w->meta, "annotations");
	w->labels = at_member(&w->meta, "labels");
	if (pod->node && pod->node->kind != YAML_MAP)
		reader_complain(&r, pod, "a map");
	read_pod(&r, w);
	read_security(&r, &w->pod, &w->security);
	read_sysctls(&r, w);
	read_volumes(&r, w);
	read_containers(&r, w);
	return a->failed ? NULL : w;
}
