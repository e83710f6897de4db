/* SPDX-License-Identifier: Apache-2.0 */
/* From the PodSpec of Kubernetes to the view of workload.h. */
#include <assert.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/workload.h"

enum { CONTAINERS_MAX = 512, ITEMS_MAX = 4096 };

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

struct reader {
	struct arena *arena;
	struct diags *diags;
};

/* --- fields -------------------------------------------------------------------------------------- */

static void complain(struct reader *r, const struct at *at, const char *wanted)
{
	static const char *const is[] = {
		[YAML_SCALAR] = "what is here", [YAML_LIST] = "a list", [YAML_MAP] = "a map"
	};
	cleanup_buf struct buf path = BUF_INIT;

	at_add_path(at, &path);
	diag_error(r->diags, at_place(at), "type", "%s: %s was expected, not %s",
		   path.data ? path.data : "", wanted, is[at->node->kind]);
}

static struct flag read_flag(struct reader *r, const struct at *parent, const char *name)
{
	struct flag f = { UNSET, at_member(parent, name) };

	if (at_is_true(&f.at))
		f.value = ON;
	else if (at_is_false(&f.at))
		f.value = OFF;
	else if (f.at.node)
		complain(r, &f.at, "true or false");
	return f;
}

static struct word read_word_at(struct reader *r, struct at at)
{
	struct word w = { TEXT_NONE, at };

	if (at.node && at.node->kind != YAML_SCALAR)
		complain(r, &at, "a text");
	else if (at.node)
		w.value = at.node->text;
	return w;
}

static struct word read_word(struct reader *r, const struct at *parent, const char *name)
{
	return read_word_at(r, at_member(parent, name));
}

static struct number read_number(struct reader *r, const struct at *parent, const char *name)
{
	struct number n = { false, 0, at_member(parent, name) };

	n.set = at_number(&n.at, &n.value);
	if (n.at.node && !n.set)
		complain(r, &n.at, "a number");
	return n;
}

/* The list at a place; its items' places get a parent that stays. *ret_count is 0 for what is no list. */
static struct at *read_list(struct reader *r, const struct at *parent, const char *name,
			    uint32_t *ret_count)
{
	struct at *list = arena_new(r->arena, struct at);

	*ret_count = 0;
	if (!list)
		return NULL;
	*list = at_member(parent, name);
	if (list->node && list->node->kind != YAML_LIST) {
		complain(r, list, "a list");
		return list;
	}
	*ret_count = at_count(list);
	if (*ret_count > ITEMS_MAX) {
		complain(r, list, "a list of at most 4096 items");
		*ret_count = ITEMS_MAX;
	}
	return list;
}

static struct words read_words(struct reader *r, const struct at *parent, const char *name)
{
	struct words w = { 0 };
	struct at *list = read_list(r, parent, name, &w.count);

	if (!list) {
		w.count = 0;
		return w;
	}
	w.at = *list;
	w.items = arena_array(r->arena, struct word, w.count + 1);
	if (!w.items)
		w.count = 0;
	for (uint32_t i = 0; i < w.count; i++)
		w.items[i] = read_word_at(r, at_item(list, i));
	return w;
}

/* Every place that is a parent of others is kept where it does not move. */
static const struct at *keep(struct reader *r, struct at at)
{
	struct at *kept = arena_new(r->arena, struct at);

	if (kept)
		*kept = at;
	return kept;
}

/* --- securityContext ----------------------------------------------------------------------------- */

static void read_security(struct reader *r, const struct at *owner, struct security *s)
{
	s->at = at_member(owner, "securityContext");
	if (s->at.node && s->at.node->kind != YAML_MAP)
		complain(r, &s->at, "a map");
	s->privileged = read_flag(r, &s->at, "privileged");
	s->escalation = read_flag(r, &s->at, "allowPrivilegeEscalation");
	s->read_only_root = read_flag(r, &s->at, "readOnlyRootFilesystem");
	s->non_root = read_flag(r, &s->at, "runAsNonRoot");
	s->host_process = read_flag(r, &s->at, "windowsOptions.hostProcess");
	s->user = read_number(r, &s->at, "runAsUser");
	s->group = read_number(r, &s->at, "runAsGroup");
	s->fs_group = read_number(r, &s->at, "fsGroup");
	s->groups = read_words(r, &s->at, "supplementalGroups");
	s->proc_mount = read_word(r, &s->at, "procMount");
	s->add = read_words(r, &s->at, "capabilities.add");
	s->drop = read_words(r, &s->at, "capabilities.drop");
	s->seccomp = read_word(r, &s->at, "seccompProfile.type");
	s->seccomp_file = read_word(r, &s->at, "seccompProfile.localhostProfile");
	s->apparmor = read_word(r, &s->at, "appArmorProfile.type");
	s->apparmor_file = read_word(r, &s->at, "appArmorProfile.localhostProfile");
	s->selinux_type = read_word(r, &s->at, "seLinuxOptions.type");
	s->selinux_user = read_word(r, &s->at, "seLinuxOptions.user");
	s->selinux_role = read_word(r, &s->at, "seLinuxOptions.role");
	s->selinux_level = read_word(r, &s->at, "seLinuxOptions.level");
}

/* --- containers ---------------------------------------------------------------------------------- */

static void read_env(struct reader *r, struct container *c)
{
	struct at *list = read_list(r, &c->at, "env", &c->env_count), *from;

	c->env = arena_array(r->arena, struct env, c->env_count + 1);
	for (uint32_t i = 0; list && c->env && i < c->env_count; i++) {
		struct env *e = &c->env[i];

		e->at = at_item(list, i);
		e->name = read_word(r, &e->at, "name");
		e->value = read_word(r, &e->at, "value");
		e->secret = read_word(r, &e->at, "valueFrom.secretKeyRef.name");
		e->config_map = read_word(r, &e->at, "valueFrom.configMapKeyRef.name");
	}
	from = read_list(r, &c->at, "envFrom", &c->env_secret_count);
	c->env_secrets = arena_array(r->arena, struct word, c->env_secret_count + 1);
	for (uint32_t i = 0; from && c->env_secrets && i < c->env_secret_count; i++) {
		const struct at *item = keep(r, at_item(from, i));

		if (item)
			c->env_secrets[i] = read_word(r, item, "secretRef.name");
	}
	c->env_count = c->env ? c->env_count : 0;
	c->env_secret_count = c->env_secrets ? c->env_secret_count : 0;
}

static void read_ports(struct reader *r, struct container *c)
{
	struct at *list = read_list(r, &c->at, "ports", &c->port_count);

	c->ports = arena_array(r->arena, struct port, c->port_count + 1);
	c->port_count = c->ports ? c->port_count : 0;
	for (uint32_t i = 0; list && i < c->port_count; i++) {
		struct port *p = &c->ports[i];

		p->at = at_item(list, i);
		p->name = read_word(r, &p->at, "name");
		p->container = read_number(r, &p->at, "containerPort");
		p->host = read_number(r, &p->at, "hostPort");
	}
}

static void read_mounts(struct reader *r, struct container *c)
{
	struct at *list = read_list(r, &c->at, "volumeMounts", &c->mount_count);

	c->mounts = arena_array(r->arena, struct mount, c->mount_count + 1);
	c->mount_count = c->mounts ? c->mount_count : 0;
	for (uint32_t i = 0; list && i < c->mount_count; i++) {
		struct mount *m = &c->mounts[i];
		struct at sub;

		m->at = at_item(list, i);
		m->volume = read_word(r, &m->at, "name");
		m->path = read_word(r, &m->at, "mountPath");
		m->propagation = read_word(r, &m->at, "mountPropagation");
		m->read_only = read_flag(r, &m->at, "readOnly");
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
		complain(r, &c->at, "a map");
	c->name = read_word(r, &c->at, "name").value;
	c->image = read_word(r, &c->at, "image");
	c->image_name = image_parse(c->image.value);
	c->pull_policy = read_word(r, &c->at, "imagePullPolicy");
	c->restart_policy = read_word(r, &c->at, "restartPolicy");
	read_security(r, &c->at, &c->security);
	c->command = read_words(r, &c->at, "command");
	c->args = read_words(r, &c->at, "args");
	read_env(r, c);
	read_ports(r, c);
	read_mounts(r, c);
	c->devices = at_member(&c->at, "volumeDevices");
	c->lifecycle = at_member(&c->at, "lifecycle");
	for (int i = 0; i < PROBES; i++)
		c->probes[i] = at_member(&c->at, probes[i]);
	for (int i = 0; i < RESOURCES; i++)
		c->resources[i] = read_word(r, &c->at, resources[i]);
}

static void read_containers(struct reader *r, struct workload *w)
{
	static const char *const names[CONTAINER_KINDS] = { "initContainers", "containers",
							    "ephemeralContainers" };
	struct at *lists[CONTAINER_KINDS];
	uint32_t counts[CONTAINER_KINDS], all = 0;

	for (int k = 0; k < CONTAINER_KINDS; k++) {
		lists[k] = read_list(r, &w->pod, names[k], &counts[k]);
		all += lists[k] ? counts[k] : 0;
	}
	if (all > CONTAINERS_MAX) {
		complain(r, lists[CONTAINER_MAIN], "at most 512 containers");
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
	v->name = read_word(r, &v->at, "name").value;
	for (const char *const *t = volume_types; *t && !v->type; t++)
		if (yaml_get(v->at.node, *t))
			v->type = *t;
	v->host_path = read_word(r, &v->at, "hostPath.path");
	v->claim = read_word(r, &v->at, "persistentVolumeClaim.claimName");
	v->secret = read_word(r, &v->at, "secret.secretName");
	v->config_map = read_word(r, &v->at, "configMap.name");
}

static void read_volumes(struct reader *r, struct workload *w)
{
	struct at *list = read_list(r, &w->pod, "volumes", &w->volume_count);

	w->volumes = arena_array(r->arena, struct volume, w->volume_count + 1);
	w->volume_count = w->volumes ? w->volume_count : 0;
	for (uint32_t i = 0; list && i < w->volume_count; i++) {
		w->volumes[i].at = at_item(list, i);
		read_volume(r, &w->volumes[i]);
	}
}

static void read_sysctls(struct reader *r, struct workload *w)
{
	struct at *list = read_list(r, &w->pod, "securityContext.sysctls", &w->sysctl_count);

	w->sysctls = arena_array(r->arena, struct sysctl, w->sysctl_count + 1);
	w->sysctl_count = w->sysctls ? w->sysctl_count : 0;
	for (uint32_t i = 0; list && i < w->sysctl_count; i++) {
		const struct at *item = keep(r, at_item(list, i));

		if (item)
			w->sysctls[i].name = read_word(r, item, "name");
	}
}

static void read_pod(struct reader *r, struct workload *w)
{
	w->host_network = read_flag(r, &w->pod, "hostNetwork");
	w->host_pid = read_flag(r, &w->pod, "hostPID");
	w->host_ipc = read_flag(r, &w->pod, "hostIPC");
	w->host_users = read_flag(r, &w->pod, "hostUsers");
	w->share_processes = read_flag(r, &w->pod, "shareProcessNamespace");
	w->mount_token = read_flag(r, &w->pod, "automountServiceAccountToken");
	w->service_account = read_word(r, &w->pod, "serviceAccountName");
	w->old_service_account = read_word(r, &w->pod, "serviceAccount");
	w->runtime_class = read_word(r, &w->pod, "runtimeClassName");
	w->os = read_word(r, &w->pod, "os.name");
	w->restart_policy = read_word(r, &w->pod, "restartPolicy");
	w->priority_class = read_word(r, &w->pod, "priorityClassName");
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
		complain(&r, pod, "a map");
	read_pod(&r, w);
	read_security(&r, &w->pod, &w->security);
	read_sysctls(&r, w);
	read_volumes(&r, w);
	read_containers(&r, w);
	return a->failed ? NULL : w;
}
