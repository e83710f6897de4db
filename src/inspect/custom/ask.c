/* SPDX-License-Identifier: Apache-2.0 */
/* Asking custom checks, and saying where they fail without saying what is secret there. */
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/str.h"
#include "inspect/custom/custom_private.h"
#include "inspect/custom/subject.h"

enum { PLACES_MAX = 16 };

struct telling {
	struct probe *probe;
	unsigned count;
};

/* Below these there may be what nobody should read in a report. */
static bool is_delicate_name(const char *name, size_t len)
{
	static const char *const names[] = { "value", "data", "stringData", "binaryData" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !memcmp(name, names[i], len))
			return true;
	return false;
}

static bool is_delicate(const struct at *at)
{
	for (; at; at = at->parent) {
		/* A name may be several, with dots between them. */
		for (const char *name = at->name; name && *name;) {
			size_t len = strcspn(name, ".");

			if (is_delicate_name(name, len))
				return true;
			name += len + (name[len] == '.');
		}
	}
	return false;
}

static void tell(struct probe *p, const struct at *at)
{
	struct text t = at_text(at);
	struct secret s = secret_find(t);
	char described[160];

	if (s.what) {
		secret_describe(&s, described, sizeof(described));
		probe_fail_value(p, at, "%s", described);
	} else if (t.data && is_delicate(at)) {
		probe_fail_value(p, at, "%u bytes", t.len);
	} else {
		probe_fail(p, at);
	}
}

static void tell_schema(void *arg, const struct at *at)
{
	struct telling *t = arg;

	if (t->count++ < PLACES_MAX)
		tell(t->probe, at);
}

static bool validate(struct probe *p, const struct custom_check *c, const struct at *at,
		     void (*fail)(void *arg, const struct at *at))
{
	struct telling t = { .probe = p };
	struct schema_run run = { .room = &c->all->room,
				  .scratch = &c->all->scratch,
				  .object = &probe_object(p)->root,
				  .null_is_absent = true,
				  .fail = fail,
				  .arg = &t };
	bool valid = schema_valid(c->schema, at, &run);

	if (run.exhausted)
		probe_fail_value(p, at, "too much to be looked at");
	else if (!valid && fail && !t.count)
		tell(p, at);
	arena_reset(&c->all->scratch);
	return valid && !run.exhausted;
}

/* A map with room for one entry more; NULL: out of memory. */
static struct yaml_node *copy_map(struct arena *a, const struct yaml_node *map,
				  bool (*keeps)(struct text key))
{
	struct yaml_node *copy = arena_new(a, struct yaml_node);

	if (!copy)
		return NULL;
	*copy = *map;
	copy->count = 0;
	copy->entries = arena_array(a, struct yaml_entry, map->count + 1);
	for (uint32_t i = 0; copy->entries && i < map->count; i++)
		if (keeps(map->entries[i].key))
			copy->entries[copy->count++] = map->entries[i];
	return copy->entries ? copy : NULL;
}

static bool is_no_container(struct text key)
{
	return !text_ends(key, TEXT("ontainers"));
}

/* A pod's securityContext has none of these, and the API drops them. */
static bool is_of_pod(struct text key)
{
	static const char *const others[] = { "allowPrivilegeEscalation", "capabilities",
					      "privileged", "procMount", "readOnlyRootFilesystem" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (text_eq_str(key, others[i]))
			return false;
	return true;
}

/* The pod as if the container were the only one in it. */
static struct yaml_node *alone(struct arena *a, const struct workload *w, const struct container *c)
{
	struct yaml_node *pod = copy_map(a, w->pod.node, is_no_container);
	struct yaml_node *list = arena_new(a, struct yaml_node);

	if (!pod || !list)
		return NULL;
	*list = *c->at.node;
	list->kind = YAML_LIST;
	list->count = 1;
	list->entries = NULL;
	list->items = arena_array(a, struct yaml_node *, 1);
	if (!list->items)
		return NULL;
	list->items[0] = (struct yaml_node *)c->at.node;
	for (uint32_t i = 0; i < pod->count; i++) {
		struct yaml_entry *e = &pod->entries[i];

		if (text_eq_str(e->key, "securityContext") && e->value->kind == YAML_MAP)
			e->value = copy_map(a, e->value, is_of_pod);
		if (!e->value)
			return NULL;
	}
	pod->entries[pod->count++] = (struct yaml_entry){ TEXT("containers"), list->line,
							  list->column, list };
	return pod;
}

static void ask_schema(struct probe *p, const struct at *at)
{
	if (at->node)
		validate(p, probe_data(p), at, tell_schema);
	else
		probe_skip(p);
}

static void ask_condition(struct probe *p, struct view_subject *s, const struct at *whole)
{
	const struct custom_check *c = probe_data(p);
	struct custom_checks *all = c->all;
	struct at at;

	arena_reset(&all->scratch);
	if (c->applies && !condition_holds(c->applies, s, &all->room, &all->scratch, &at))
		probe_skip(p);
	else if (condition_holds(c->condition, s, &all->room, &all->scratch, &at))
		tell(p, at.parent || at.node ? &at : whole);
}

void custom_ask_container(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct custom_check *check = probe_data(p);
	struct view_subject s = { probe_object(p), w, c };
	struct at pod = w->pod;

	if (check->condition) {
		ask_condition(p, &s, &c->at);
	} else if (!check->pod_schema) {
		ask_schema(p, &c->at);
	} else if (c->at.node && w->pod.node && w->pod.node->kind == YAML_MAP) {
		pod.node = alone(&check->all->scratch, w, c);
		if (pod.node && !validate(p, check, &pod, NULL))
			probe_fail_value(p, &c->at, "with what its pod says");
	}
}

void custom_ask_pod(struct probe *p, const struct workload *w)
{
	const struct custom_check *check = probe_data(p);
	struct view_subject s = { probe_object(p), w, NULL };

	if (check->condition)
		ask_condition(p, &s, &w->pod);
	else
		ask_schema(p, &w->pod);
}

/* Of a pod it is the pod itself. */
static struct at template_of(const struct object *o, struct arena *scratch)
{
	const char *pod = kinds[o->kind].pod, *dot = strrchr(pod, '.'), *path;

	path = dot ? arena_dup(scratch, pod, (size_t)(dot - pod)) : NULL;
	return path ? at_member(&o->root, path) : o->root;
}

void custom_ask_object(struct probe *p, const struct object *o)
{
	const struct custom_check *check = probe_data(p);
	struct view_subject s = { o, o->workload, NULL };
	struct at at = o->root;

	if (check->kind.data && !text_eq(o->kind_name, check->kind)) {
		probe_skip(p);
		return;
	}
	if (check->template_schema && o->workload)
		at = template_of(o, &check->all->scratch);
	if (check->condition)
		ask_condition(p, &s, &o->root);
	else
		ask_schema(p, &at);
}
