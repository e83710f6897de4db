/* SPDX-License-Identifier: Apache-2.0 */
/* Asking custom checks, and saying where they fail without saying what is secret there. */
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/yaml_make.h"
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

/* Of a pod it is the pod itself. */
static struct at template_of(const struct object *o, struct arena *scratch)
{
	const char *pod = kinds[o->kind].pod, *dot = strrchr(pod, '.'), *path;

	path = dot ? arena_dup(scratch, pod, (size_t)(dot - pod)) : NULL;
	return path ? at_member(&o->root, path) : o->root;
}

/* What templates see: the object, and in it as "Polaris" what is being asked. NULL: out of memory. */
static const struct yaml_node *template_data(struct arena *a, const struct object *o,
					     const struct container *c)
{
	struct yaml_node *root = yaml_make_copy(a, o->root.node), *more;
	struct at template;

	if (!o->workload || !root)
		return root;
	template = template_of(o, a);
	more = yaml_make_map(a, root->file, root->line, root->column);
	yaml_make_put(a, more, TEXT("PodSpec"), (struct yaml_node *)o->workload->pod.node);
	yaml_make_put(a, more, TEXT("PodTemplate"), (struct yaml_node *)template.node);
	yaml_make_put(a, more, TEXT("Container"), c ? (struct yaml_node *)c->at.node : NULL);
	yaml_make_put(a, root, TEXT("Polaris"), more);
	return a->failed ? NULL : root;
}

/* Whether *made has the schema; otherwise it is a failure that says why. */
static bool make_schema(struct probe *p, const struct schema_source *s, const struct at *at,
			const struct container *c, struct schema_made *made)
{
	struct arena *a = made->arena;
	const struct yaml_node *data = s->fixed ? NULL : template_data(a, probe_object(p), c);

	if ((s->fixed || data) && schema_source_make(s, data, made))
		return true;
	probe_fail_value(p, at, "its schema can't be made: %s:%u:%u: %s",
			 made->place.file ? made->place.file : s->name, made->place.line,
			 made->place.column, *made->why ? made->why : "it takes too much memory");
	return false;
}

static bool validate(struct probe *p, const struct custom_check *c, const struct at *at,
		     const struct container *container,
		     void (*fail)(void *arg, const struct at *at))
{
	cleanup_schema_made struct schema_made made = { .arena = &c->all->made };
	struct telling t = { .probe = p };
	struct schema_run run = { .room = &c->all->room,
				  .scratch = &c->all->scratch,
				  .null_is_absent = true,
				  .fail = fail,
				  .arg = &t };
	bool valid;

	if (!make_schema(p, c->schema, at, container, &made))
		return false;
	valid = !made.schema || schema_valid(made.schema, at, &run);
	if (run.exhausted)
		probe_fail_value(p, at, "too much to be looked at");
	else if (!valid && fail && !t.count)
		tell(p, at);
	arena_reset(&c->all->scratch);
	return valid && !run.exhausted;
}

/* --- other objects ------------------------------------------------------------------------------- */

/* "policy/PodDisruptionBudget" of "policy/v1"; without a group it is one of the core. */
static bool is_kind(struct text wanted, struct text kind, struct text api_version)
{
	struct text name = text_basename(wanted);
	const char *slash = api_version.len ? memrchr(api_version.data, '/', api_version.len) :
					      NULL;
	size_t group = slash ? (size_t)(slash - api_version.data) : 0;
	size_t asked = wanted.len - name.len;

	asked -= asked > 0;
	return text_eq(name, kind) &&
	       text_eq(text_from(wanted.data, asked), text_from(api_version.data, group));
}

bool custom_keeps(const struct check *c, const struct object *o, bool asked)
{
	const struct custom_check *check = c->data;

	if (asked && check_is_about(c, o) &&
	    (!check->kind.data || text_eq(o->kind_name, check->kind)))
		return true;
	for (uint32_t i = 0; i < check->other_count; i++)
		if (is_kind(check->others[i].kind, o->kind_name, o->api_version))
			return true;
	return false;
}

/* Whether one of them in the namespace is as the schema says. */
static bool is_there(struct probe *p, const struct schema_source *s, const struct schema *schema,
		     struct text name_space, struct schema_run *run)
{
	const struct kept_objects *all = probe_kept(p);

	for (const struct kept *k = kept_last(all, text_basename(s->kind), name_space); k;
	     k = kept_before(all, k)) {
		struct at at = { .index = AT_MEMBER, .node = k->root };
		bool valid = is_kind(s->kind, k->kind, k->api_version) &&
			     (!schema || schema_valid(schema, &at, run));

		arena_reset(run->scratch);
		if (valid || run->exhausted)
			return valid && !run->exhausted;
	}
	return false;
}

/* The namespace that is looked at: a Namespace is its own. */
static struct text space_of(const struct object *o)
{
	if (o->kind == KIND_NAMESPACE)
		return o->name;
	return o->name_space.len ? o->name_space : TEXT("default");
}

static void ask_other(struct probe *p, const struct custom_check *c, const struct schema_source *s,
		      const struct at *at, const struct container *container)
{
	cleanup_schema_made struct schema_made made = { .arena = &c->all->made };
	struct schema_run run = { .room = &c->all->room,
				  .scratch = &c->all->scratch,
				  .null_is_absent = true };

	/* Of a template nothing may be left: this object needs none. */
	if (!make_schema(p, s, at, container, &made) || (!s->fixed && !made.schema))
		return;
	if (is_there(p, s, made.schema, TEXT(""), &run) ||
	    is_there(p, s, made.schema, space_of(probe_object(p)), &run))
		return;
	if (run.exhausted)
		probe_fail_value(p, at, "too much to be looked at");
	else
		probe_fail_value(p, at, "there is no %.*s that fits", (int)s->kind.len,
				 s->kind.data);
}

/* Others are looked at where the object itself is as it must be. */
static void ask_others(struct probe *p, const struct custom_check *c, const struct at *at,
		       const struct container *container)
{
	for (uint32_t i = 0; i < c->other_count; i++)
		ask_other(p, c, &c->others[i], at, container);
}

/* --- parts of an object -------------------------------------------------------------------------- */

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

static void ask_schema(struct probe *p, const struct at *at, const struct container *container)
{
	const struct custom_check *c = probe_data(p);

	if (!at->node) {
		probe_skip(p);
		return;
	}
	if (!c->schema || validate(p, c, at, container, tell_schema))
		ask_others(p, c, at, container);
	arena_reset(&c->all->made);
}

/* The schema is of the pod with this container alone. */
static void ask_alone(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct custom_check *check = probe_data(p);
	struct at pod = w->pod;
	bool valid;

	if (!c->at.node || !pod.node || pod.node->kind != YAML_MAP)
		return;
	pod.node = alone(&check->all->made, w, c);
	if (!pod.node)
		return;
	valid = !check->schema || validate(p, check, &pod, c, NULL);
	if (valid)
		ask_others(p, check, &c->at, c);
	else
		probe_fail_value(p, &c->at, "with what its pod says");
	arena_reset(&check->all->made);
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

	if (check->condition)
		ask_condition(p, &s, &c->at);
	else if (check->pod_schema)
		ask_alone(p, w, c);
	else
		ask_schema(p, &c->at, c);
}

void custom_ask_pod(struct probe *p, const struct workload *w)
{
	const struct custom_check *check = probe_data(p);
	struct view_subject s = { probe_object(p), w, NULL };

	if (check->condition)
		ask_condition(p, &s, &w->pod);
	else
		ask_schema(p, &w->pod, NULL);
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
	arena_reset(&check->all->made);
	if (check->template_schema && o->workload)
		at = template_of(o, &check->all->made);
	if (check->condition)
		ask_condition(p, &s, &o->root);
	else
		ask_schema(p, &at, NULL);
}
