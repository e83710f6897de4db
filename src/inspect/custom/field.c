/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/custom/field.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/subject.h"

enum { VALUES_MAX = 4096 };

static void add(struct view_values *out, struct arena *a, struct text t)
{
	if (!t.data)
		return;
	if (out->count == out->room) {
		uint32_t room = out->room ? out->room * 2 : 4;
		struct text *items = room <= VALUES_MAX ? arena_array(a, struct text, room) : NULL;

		if (!items)
			return;
		if (out->count)
			memcpy(items, out->items, out->count * sizeof(*items));
		out->items = items;
		out->room = room;
	}
	out->items[out->count++] = t;
}

static void add_number(struct view_values *out, struct arena *a, int64_t n)
{
	char s[32];
	int len = snprintf(s, sizeof(s), "%" PRId64, n);

	add(out, a, text_of(arena_dup(a, s, (size_t)len)));
}

static const void *owner(const struct view_field *f, const struct view_subject *s)
{
	return f->owner == VIEW_CONTAINER ? (const void *)s->container :
	       f->owner == VIEW_POD	  ? (const void *)s->workload :
					    (const void *)s->object;
}

static const void *own(const struct view_field *f, const struct view_subject *s)
{
	return (const char *)owner(f, s) + f->offset;
}

/* The pod's setting, or nothing. */
static const void *pods(const struct view_field *f, const struct view_subject *s)
{
	return f->pod ? (const char *)s->workload + f->pod : NULL;
}

/* --- by form ------------------------------------------------------------------------------------- */

static void get_flag(const struct view_field *f, const struct view_subject *s, const char *arg,
		     struct arena *a, struct view_values *out)
{
	const struct flag *flag = own(f, s), *pod = pods(f, s);

	if (pod)
		flag = effective_flag(flag, pod);
	out->at = flag->at;
	if (flag->value != UNSET)
		add(out, a, flag->value == ON ? TEXT("true") : TEXT("false"));
}

static void get_word(const struct view_field *f, const struct view_subject *s, const char *arg,
		     struct arena *a, struct view_values *out)
{
	const struct word *word = own(f, s), *pod = pods(f, s);

	if (pod)
		word = effective_word(word, pod);
	out->at = word->at;
	add(out, a, word->value);
}

static void get_number(const struct view_field *f, const struct view_subject *s, const char *arg,
		       struct arena *a, struct view_values *out)
{
	const struct number *n = own(f, s), *pod = pods(f, s);

	if (pod)
		n = effective_number(n, pod);
	out->at = n->at;
	if (n->set)
		add_number(out, a, n->value);
}

static void get_words(const struct view_field *f, const struct view_subject *s, const char *arg,
		      struct arena *a, struct view_values *out)
{
	const struct words *w = own(f, s);

	out->at = w->at;
	for (uint32_t i = 0; i < w->count; i++)
		add(out, a, w->items[i].value);
}

/* A text without a place of its own. */
static void get_text(const struct view_field *f, const struct view_subject *s, const char *arg,
		     struct arena *a, struct view_values *out)
{
	const struct text *t = own(f, s);

	out->at = f->owner == VIEW_CONTAINER ? s->container->at : s->object->root;
	if (t->len)
		add(out, a, *t);
}

/* A part of the image's name. */
static void get_image(const struct view_field *f, const struct view_subject *s, const char *arg,
		      struct arena *a, struct view_values *out)
{
	const struct text *t = own(f, s);

	out->at = s->container->image.at;
	if (t->len)
		add(out, a, *t);
}

/* --- one by one ---------------------------------------------------------------------------------- */

static void get_kind(const struct view_field *f, const struct view_subject *s, const char *arg,
		     struct arena *a, struct view_values *out)
{
	static const char *const names[CONTAINER_KINDS] = { "init", "main", "ephemeral" };

	out->at = s->container->at;
	add(out, a, text_of(names[s->container->kind]));
}

static void get_env(const struct view_field *f, const struct view_subject *s, const char *arg,
		    struct arena *a, struct view_values *out)
{
	out->at = at_member(&s->container->at, "env");
	for (uint32_t i = 0; i < s->container->env_count; i++)
		add(out, a, s->container->env[i].name.value);
}

static void get_ports(const struct view_field *f, const struct view_subject *s, const char *arg,
		      struct arena *a, struct view_values *out)
{
	out->at = at_member(&s->container->at, "ports");
	for (uint32_t i = 0; i < s->container->port_count; i++) {
		const struct number *n = (const void *)((const char *)&s->container->ports[i] +
							f->offset);

		if (n->set)
			add_number(out, a, n->value);
	}
}

static void get_mounts(const struct view_field *f, const struct view_subject *s, const char *arg,
		       struct arena *a, struct view_values *out)
{
	out->at = at_member(&s->container->at, "volumeMounts");
	for (uint32_t i = 0; i < s->container->mount_count; i++)
		add(out, a, s->container->mounts[i].path.value);
}

static void get_volumes(const struct view_field *f, const struct view_subject *s, const char *arg,
			struct arena *a, struct view_values *out)
{
	out->at = at_member(&s->workload->pod, "volumes");
	for (uint32_t i = 0; i < s->workload->volume_count; i++)
		add(out, a, text_of(s->workload->volumes[i].type));
}

static void get_host_paths(const struct view_field *f, const struct view_subject *s,
			   const char *arg, struct arena *a, struct view_values *out)
{
	out->at = at_member(&s->workload->pod, "volumes");
	for (uint32_t i = 0; i < s->workload->volume_count; i++)
		add(out, a, s->workload->volumes[i].host_path.value);
}

/* The value of a key; the map must live as long as what is said of it. */
static void get_key(const struct view_field *f, const struct view_subject *s, const char *arg,
		    struct arena *a, struct view_values *out)
{
	const struct at *map = own(f, s);

	out->at = at_key(map, arg);
	add(out, a, at_text(&out->at));
}

/* Of a map in a list its name, as in lists of containers, ports and volumes. */
static struct text item_text(const struct yaml_node *n)
{
	const struct yaml_node *name = n->kind == YAML_MAP ? yaml_get(n, "name") : n;

	return name && name->kind == YAML_SCALAR ? name->text : TEXT("");
}

static void add_node(struct view_values *out, struct arena *a, const struct yaml_node *n)
{
	if (!n || yaml_is_null(n))
		return;
	if (n->kind == YAML_SCALAR)
		add(out, a, n->text);
	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++)
		add(out, a, n->entries[i].key);
	for (uint32_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		add(out, a, item_text(n->items[i]));
}

static void get_path(const struct view_field *f, const struct view_subject *s, const char *arg,
		     struct arena *a, struct view_values *out)
{
	const struct at *from = own(f, s);

	out->at = at_member(from, arg);
	add_node(out, a, out->at.node);
}

/* --- the table ----------------------------------------------------------------------------------- */

#define C(member) offsetof(struct container, member)
#define W(member) offsetof(struct workload, member)
#define O(member) offsetof(struct object, member)
#define CONTAINER .owner = VIEW_CONTAINER
#define POD .owner = VIEW_POD
#define OBJECT .owner = VIEW_OBJECT
#define SETTING(form, member) .get = get_##form, .offset = C(security.member)
/* The container's own or else the pod's. */
#define EFFECTIVE(form, member) SETTING(form, member), .pod = W(security.member)

const struct view_field view_fields[] = {
	{ "container.name", "its name", CONTAINER, .get = get_text, .offset = C(name) },
	{ "container.kind", "init, main or ephemeral", CONTAINER, .get = get_kind },
	{ "container.image", "the image as it is written", CONTAINER, .get = get_word,
	  .offset = C(image) },
	{ "container.image.registry", "\"r.example.com:5000\"", CONTAINER, .get = get_image,
	  .offset = C(image_name.registry) },
	{ "container.image.repository", "\"library/nginx\"", CONTAINER, .get = get_image,
	  .offset = C(image_name.repository) },
	{ "container.image.tag", "what is behind the colon", CONTAINER, .get = get_image,
	  .offset = C(image_name.tag) },
	{ "container.image.digest", "\"sha256:...\"", CONTAINER, .get = get_image,
	  .offset = C(image_name.digest) },
	{ "container.pull_policy", "imagePullPolicy", CONTAINER, .get = get_word,
	  .offset = C(pull_policy) },
	{ "container.privileged", "privileged", CONTAINER, SETTING(flag, privileged) },
	{ "container.escalation", "allowPrivilegeEscalation", CONTAINER,
	  SETTING(flag, escalation) },
	{ "container.read_only_root", "readOnlyRootFilesystem", CONTAINER,
	  SETTING(flag, read_only_root) },
	{ "container.proc_mount", "procMount", CONTAINER, SETTING(word, proc_mount) },
	{ "container.capabilities.add", "capabilities that it adds", CONTAINER, .list = true,
	  SETTING(words, add) },
	{ "container.capabilities.drop", "capabilities that it drops", CONTAINER, .list = true,
	  SETTING(words, drop) },
	{ "container.non_root", "runAsNonRoot, its own or the pod's", CONTAINER,
	  EFFECTIVE(flag, non_root) },
	{ "container.user", "runAsUser, its own or the pod's", CONTAINER, .number = true,
	  EFFECTIVE(number, user) },
	{ "container.group", "runAsGroup, its own or the pod's", CONTAINER, .number = true,
	  EFFECTIVE(number, group) },
	{ "container.seccomp", "the type of its seccomp profile, its own or the pod's", CONTAINER,
	  EFFECTIVE(word, seccomp) },
	{ "container.seccomp.file", "localhostProfile of it", CONTAINER,
	  EFFECTIVE(word, seccomp_file) },
	{ "container.apparmor", "the type of its AppArmor profile, its own or the pod's", CONTAINER,
	  EFFECTIVE(word, apparmor) },
	{ "container.selinux.type", "its own or the pod's", CONTAINER,
	  EFFECTIVE(word, selinux_type) },
	{ "container.command", "words of its command", CONTAINER, .list = true, .get = get_words,
	  .offset = C(command) },
	{ "container.args", "words of its arguments", CONTAINER, .list = true, .get = get_words,
	  .offset = C(args) },
	{ "container.env", "names of its variables", CONTAINER, .list = true, .get = get_env },
	{ "container.ports", "ports that it serves", CONTAINER, .list = true, .number = true,
	  .get = get_ports, .offset = offsetof(struct port, container) },
	{ "container.host_ports", "ports of the node", CONTAINER, .list = true, .number = true,
	  .get = get_ports, .offset = offsetof(struct port, host) },
	{ "container.mounts", "paths at which something is mounted", CONTAINER, .list = true,
	  .get = get_mounts },
	{ "container.cpu.request", "a quantity", CONTAINER, .number = true, .get = get_word,
	  .offset = C(resources[CPU_REQUEST]) },
	{ "container.cpu.limit", "a quantity", CONTAINER, .number = true, .get = get_word,
	  .offset = C(resources[CPU_LIMIT]) },
	{ "container.memory.request", "a quantity", CONTAINER, .number = true, .get = get_word,
	  .offset = C(resources[MEMORY_REQUEST]) },
	{ "container.memory.limit", "a quantity", CONTAINER, .number = true, .get = get_word,
	  .offset = C(resources[MEMORY_LIMIT]) },
	{ "container.field", "what is at a path below the container: container.field[lifecycle]",
	  CONTAINER, .list = true, .arg = true, .get = get_path, .offset = C(at) },

	{ "pod.host_network", "hostNetwork", POD, .get = get_flag, .offset = W(host_network) },
	{ "pod.host_pid", "hostPID", POD, .get = get_flag, .offset = W(host_pid) },
	{ "pod.host_ipc", "hostIPC", POD, .get = get_flag, .offset = W(host_ipc) },
	{ "pod.host_users", "hostUsers", POD, .get = get_flag, .offset = W(host_users) },
	{ "pod.share_processes", "shareProcessNamespace", POD, .get = get_flag,
	  .offset = W(share_processes) },
	{ "pod.mount_token", "automountServiceAccountToken", POD, .get = get_flag,
	  .offset = W(mount_token) },
	{ "pod.service_account", "serviceAccountName", POD, .get = get_word,
	  .offset = W(service_account) },
	{ "pod.runtime_class", "runtimeClassName", POD, .get = get_word,
	  .offset = W(runtime_class) },
	{ "pod.priority_class", "priorityClassName", POD, .get = get_word,
	  .offset = W(priority_class) },
	{ "pod.os", "os.name", POD, .get = get_word, .offset = W(os) },
	{ "pod.restart_policy", "restartPolicy", POD, .get = get_word,
	  .offset = W(restart_policy) },
	{ "pod.fs_group", "fsGroup", POD, .number = true, .get = get_number,
	  .offset = W(security.fs_group) },
	{ "pod.volumes", "types of its volumes: hostPath, emptyDir", POD, .list = true,
	  .get = get_volumes },
	{ "pod.host_paths", "paths of the node that it mounts", POD, .list = true,
	  .get = get_host_paths },
	{ "pod.label", "the value of a label of the pods: pod.label[app]", POD, .arg = true,
	  .get = get_key, .offset = W(labels) },
	{ "pod.annotation", "the value of an annotation of the pods", POD, .arg = true,
	  .get = get_key, .offset = W(annotations) },
	{ "pod.field", "what is at a path below the PodSpec: pod.field[dnsPolicy]", POD,
	  .list = true, .arg = true, .get = get_path, .offset = W(pod) },

	{ "object.kind", "Deployment, Service", OBJECT, .get = get_text, .offset = O(kind_name) },
	{ "object.api_version", "\"apps/v1\"", OBJECT, .get = get_text, .offset = O(api_version) },
	{ "object.name", "its name", OBJECT, .get = get_text, .offset = O(name) },
	{ "object.namespace", "its namespace", OBJECT, .get = get_text, .offset = O(name_space) },
	{ "object.label", "the value of a label", OBJECT, .arg = true, .get = get_key,
	  .offset = O(labels) },
	{ "object.annotation", "the value of an annotation", OBJECT, .arg = true, .get = get_key,
	  .offset = O(annotations) },
	{ "object.field",
	  "what is at a path of the object: a text, the items of a list (of maps their names), the keys of a map",
	  OBJECT, .list = true, .arg = true, .get = get_path, .offset = O(root) },
	{ .name = NULL },
};

const struct view_field *view_field_find(struct text name)
{
	for (const struct view_field *f = view_fields; f->name; f++)
		if (text_eq_str(name, f->name))
			return f;
	return NULL;
}
