/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inventory.h"

#include "base/cleanup.h"
#include "base/vec.h"

enum { LABELS_MAX = 256, REFS_MAX = 1024 };

void inventory_deinit(struct inventory *all)
{
	vec_deinit(&all->residents);
	free(all->by_name);
	all->by_name = NULL;
	table_deinit(&all->last);
	table_deinit(&all->texts);
}

const char *inventory_text(struct inventory *all, struct text t)
{
	char *there = table_get(&all->texts, t);

	if (there)
		return there;
	there = arena_dup(all->arena, t.data ? t.data : "", t.len);
	if (!there || !table_set(&all->texts, text_from(there, t.len), there))
		return NULL;
	return there;
}

static const char *text_at(struct inventory *all, const struct at *parent, const char *name)
{
	struct at at = at_member(parent, name);

	return inventory_text(all, at_text(&at));
}

/* --- labels -------------------------------------------------------------------------------------- */

static struct labels read_labels(struct inventory *all, const struct at *map)
{
	struct labels l = { 0 };
	uint32_t n = map->node && map->node->kind == YAML_MAP ? map->node->count : 0;

	n = n > LABELS_MAX ? LABELS_MAX : n;
	l.items = n ? arena_array(all->arena, struct label, n) : NULL;
	for (uint32_t i = 0; l.items && i < n; i++) {
		const struct yaml_entry *e = &map->node->entries[i];

		if (e->value->kind != YAML_SCALAR)
			continue;
		l.items[l.count].key = inventory_text(all, e->key);
		l.items[l.count].value = inventory_text(all, e->value->text);
		l.count++;
	}
	return l;
}

/* A label selector, or the plain map of a Service. */
static struct selector read_selector(struct inventory *all, const struct at *at, bool plain)
{
	struct selector s = { .there = at->node != NULL };
	struct at labels = plain ? *at : at_member(at, "matchLabels");
	struct at expressions = at_member(at, "matchExpressions");

	s.labels = read_labels(all, &labels);
	s.expressions = !plain && at_count(&expressions);
	return s;
}

/* Texts are there once: the same text is the same pointer. */
static bool has_label(const struct labels *l, const struct label *wanted)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->items[i].key == wanted->key && l->items[i].value == wanted->value)
			return true;
	return false;
}

bool selector_matches(const struct selector *s, const struct labels *l)
{
	if (!s->there)
		return false;
	for (uint32_t i = 0; i < s->labels.count; i++)
		if (!has_label(l, &s->labels.items[i]))
			return false;
	return true;
}

/* --- kinds --------------------------------------------------------------------------------------- */

static void add_ref(struct inventory *all, struct resident *r, int kind, const char *name_space,
		    struct text name)
{
	if (!name.len || r->ref_count >= r->ref_room || !r->refs)
		return;
	r->refs[r->ref_count++] = (struct reference){ kind, inventory_text(all, name), name_space };
}

static void read_pods(struct inventory *all, struct resident *r, const struct object *o)
{
	const struct workload *w = o->workload;
	struct at selector = at_member(&o->root, "spec.selector"),
		  n = at_member(&o->root, "spec.replicas");
	struct at service = at_member(&o->root, "spec.serviceName");

	r->flags |= RESIDENT_HAS_PODS;
	r->flags |= w->mount_token.value == OFF ? RESIDENT_TOKEN_OFF : 0;
	r->flags |= w->mount_token.value == ON ? RESIDENT_TOKEN_ON : 0;
	r->labels = read_labels(all, &w->labels);
	r->selector = read_selector(all, &selector, o->kind == KIND_REPLICATION_CONTROLLER);
	at_number(&n, &r->replicas);
	r->ref_room = 2;
	r->refs = arena_array(all->arena, struct reference, 2);
	add_ref(all, r, KIND_SERVICE_ACCOUNT, r->name_space,
		w->service_account.value.len ? w->service_account.value :
					       w->old_service_account.value);
	if (o->kind == KIND_STATEFUL_SET)
		add_ref(all, r, KIND_SERVICE, r->name_space, at_text(&service));
}

static void read_policy(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at selector = at_member(&o->root, "spec.podSelector");
	struct at types = at_member(&o->root, "spec.policyTypes");
	struct at egress = at_member(&o->root, "spec.egress");

	r->selector = read_selector(all, &selector, false);
	r->selector.there = true;
	if (!at_count(&types))
		r->flags |= RESIDENT_INGRESS | (egress.node ? RESIDENT_EGRESS : 0);
	for (uint32_t i = 0; i < at_count(&types); i++) {
		struct at type = at_item(&types, i);

		r->flags |= text_eq_str(at_text(&type), "Ingress") ? RESIDENT_INGRESS : 0;
		r->flags |= text_eq_str(at_text(&type), "Egress") ? RESIDENT_EGRESS : 0;
	}
}

static void read_binding(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at kind = at_member(&o->root, "roleRef.kind"),
		  name = at_member(&o->root, "roleRef.name");
	struct at subjects = at_member(&o->root, "subjects");
	bool cluster = text_eq_str(at_text(&kind), "ClusterRole");
	uint32_t n = at_count(&subjects);

	n = n > REFS_MAX - 1 ? REFS_MAX - 1 : n;
	r->ref_room = n + 1;
	r->refs = arena_array(all->arena, struct reference, n + 1);
	add_ref(all, r, cluster ? KIND_CLUSTER_ROLE : KIND_ROLE,
		cluster ? inventory_text(all, TEXT("")) : r->name_space, at_text(&name));
	for (uint32_t i = 0; i < n; i++) {
		struct at s = at_item(&subjects, i), k = at_member(&s, "kind"),
			  who = at_member(&s, "name");
		const char *space = text_at(all, &s, "namespace");

		if (text_eq_str(at_text(&k), "ServiceAccount"))
			add_ref(all, r, KIND_SERVICE_ACCOUNT,
				space && *space ? space : r->name_space, at_text(&who));
	}
}

static void read_service(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at selector = at_member(&o->root, "spec.selector");

	r->selector = read_selector(all, &selector, true);
}

static void read_budget(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at selector = at_member(&o->root, "spec.selector");
	struct at minimum = at_member(&o->root, "spec.minAvailable");

	r->selector = read_selector(all, &selector, false);
	at_number(&minimum, &r->minimum);
}

static void read_scaler(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at kind = at_member(&o->root, "spec.scaleTargetRef.kind");
	struct at version = at_member(&o->root, "spec.scaleTargetRef.apiVersion");
	struct at name = at_member(&o->root, "spec.scaleTargetRef.name");
	struct at minimum = at_member(&o->root, "spec.minReplicas");

	r->ref_room = 1;
	r->refs = arena_array(all->arena, struct reference, 1);
	if (kind_find(at_text(&kind), at_text(&version)) >= 0)
		add_ref(all, r, kind_find(at_text(&kind), at_text(&version)), r->name_space,
			at_text(&name));
	at_number(&minimum, &r->minimum);
}

static void read_monitor(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at selector = at_member(&o->root, "spec.selector");
	struct at names = at_member(&o->root, "spec.namespaceSelector.matchNames");
	struct at any = at_member(&o->root, "spec.namespaceSelector.any");
	uint32_t count = at_count(&names) < REFS_MAX ? at_count(&names) : REFS_MAX;

	r->selector = read_selector(all, &selector, false);
	r->flags |= at_is_true(&any) ? RESIDENT_EVERYWHERE : 0;
	r->ref_room = count;
	r->refs = arena_array(all->arena, struct reference, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		struct at name = at_item(&names, i);

		add_ref(all, r, KIND_NAMESPACE, "", at_text(&name));
	}
}

static void add_backend(struct inventory *all, struct resident *r, const struct at *backend)
{
	struct at name = at_member(backend, "service.name"),
		  old = at_member(backend, "serviceName");

	add_ref(all, r, KIND_SERVICE, r->name_space, at_text(name.node ? &name : &old));
}

/* The default one, and one for each path. */
static uint32_t count_backends(const struct at *rules)
{
	uint32_t n = 1;

	for (uint32_t i = 0; i < at_count(rules) && n < REFS_MAX; i++) {
		struct at rule = at_item(rules, i), paths = at_member(&rule, "http.paths");

		n += at_count(&paths);
	}
	return n < REFS_MAX ? n : REFS_MAX;
}

static void read_ingress(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at rules = at_member(&o->root, "spec.rules"),
		  whole = at_member(&o->root, "spec.defaultBackend");

	r->ref_room = count_backends(&rules);
	r->refs = arena_array(all->arena, struct reference, r->ref_room);
	add_backend(all, r, &whole);
	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i), paths = at_member(&rule, "http.paths");

		for (uint32_t k = 0; k < at_count(&paths); k++) {
			struct at path = at_item(&paths, k), backend = at_member(&path, "backend");

			add_backend(all, r, &backend);
		}
	}
}

static bool has_item(const struct at *rule, const char *list, const char *wanted)
{
	struct at at = at_member(rule, list);

	for (uint32_t i = 0; i < at_count(&at); i++) {
		struct at item = at_item(&at, i);

		if (text_eq_str(at_text(&item), wanted))
			return true;
	}
	return false;
}

static void read_role(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at rules = at_member(&o->root, "rules");

	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i);

		if (has_item(&rule, "verbs", "*") && has_item(&rule, "resources", "*") &&
		    has_item(&rule, "apiGroups", "*"))
			r->flags |= RESIDENT_POWERFUL;
	}
}

static void read_account(struct inventory *all, struct resident *r, const struct object *o)
{
	struct at token = at_member(&o->root, "automountServiceAccountToken");

	r->flags |= at_is_false(&token) ? RESIDENT_TOKEN_OFF : 0;
}

static void (*const readers[KINDS])(struct inventory *all, struct resident *r,
				    const struct object *o) = {
	[KIND_NETWORK_POLICY] = read_policy,
	[KIND_ROLE_BINDING] = read_binding,
	[KIND_CLUSTER_ROLE_BINDING] = read_binding,
	[KIND_SERVICE] = read_service,
	[KIND_DISRUPTION_BUDGET] = read_budget,
	[KIND_AUTOSCALER] = read_scaler,
	[KIND_SERVICE_MONITOR] = read_monitor,
	[KIND_INGRESS] = read_ingress,
	[KIND_ROLE] = read_role,
	[KIND_CLUSTER_ROLE] = read_role,
	[KIND_SERVICE_ACCOUNT] = read_account,
};

/* --- all ----------------------------------------------------------------------------------------- */

static struct text key_of(char *out, size_t size, int kind, const char *name_space)
{
	int n = snprintf(out, size, "%d/%s", kind, name_space);

	return text_from(out, n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1);
}

/* The number of residents is the last one's index + 1. */
static bool chain(struct inventory *all, struct resident *r)
{
	char key[600];
	const char *kept;

	key_of(key, sizeof(key), r->kind, r->name_space);
	kept = inventory_text(all, text_of(key)); /* the table takes the key that it is given */
	if (!kept)
		return false;
	r->previous = (uint32_t)(uintptr_t)table_get(&all->last, text_of(kept));
	return table_set(&all->last, text_of(kept), (void *)(uintptr_t)all->residents.len);
}

bool inventory_add(struct inventory *all, const struct object *o, uint32_t number)
{
	struct text space = o->name_space.len || (o->kind >= 0 && kinds[o->kind].cluster) ?
				    o->name_space :
				    TEXT("default");
	struct resident *r;

	if (o->kind < 0)
		return true;
	r = vec_add(&all->residents);
	if (!r)
		return false;
	*r = (struct resident){ .kind = o->kind, .object = number, .replicas = -1, .minimum = -1 };
	r->place = at_place(o->workload && o->workload->pod.node ? &o->workload->pod : &o->root);
	r->name = inventory_text(all, o->name);
	r->name_space = inventory_text(all, space);
	if (!r->name || !r->name_space)
		return false;
	if (o->workload)
		read_pods(all, r, o);
	else
		r->labels = read_labels(all, &o->labels);
	if (readers[o->kind])
		readers[o->kind](all, r, o);
	return chain(all, r) && !all->arena->failed;
}

/* Texts are there once: any order of their addresses will do. */
static int compare_names(const struct resident *a, const struct resident *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->name_space != b->name_space)
		return (uintptr_t)a->name_space < (uintptr_t)b->name_space ? -1 : 1;
	return ((uintptr_t)a->name > (uintptr_t)b->name) -
	       ((uintptr_t)a->name < (uintptr_t)b->name);
}

static int compare_indices(const void *x, const void *y, void *data)
{
	const struct inventory *all = data;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	int r = compare_names(&all->residents.items[a], &all->residents.items[b]);

	return r ? r : (a > b) - (a < b);
}

bool inventory_complete(struct inventory *all)
{
	free(all->by_name);
	all->by_name = calloc(all->residents.len + 1, sizeof(*all->by_name));
	if (!all->by_name)
		return false;
	for (size_t i = 0; i < all->residents.len; i++)
		all->by_name[i] = (uint32_t)i;
	qsort_r(all->by_name, all->residents.len, sizeof(*all->by_name), compare_indices, all);
	return true;
}

const struct resident *inventory_find(const struct inventory *all, int kind, const char *name_space,
				      const char *name)
{
	struct resident wanted = { .kind = kind,
				   .name_space = table_get(&all->texts, text_of(name_space)),
				   .name = table_get(&all->texts, text_of(name)) };
	size_t low = 0, high = all->by_name ? all->residents.len : 0;
	const struct resident *r;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		r = &all->residents.items[all->by_name[middle]];
		if (compare_names(r, &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!all->by_name || low >= all->residents.len)
		return NULL;
	r = &all->residents.items[all->by_name[low]];
	return compare_names(r, &wanted) ? NULL : r;
}

const struct resident *inventory_last(const struct inventory *all, int kind, const char *name_space)
{
	char key[600];
	uintptr_t at = (uintptr_t)table_get(&all->last, key_of(key, sizeof(key), kind, name_space));

	return at ? &all->residents.items[at - 1] : NULL;
}

const struct resident *inventory_before(const struct inventory *all, const struct resident *r)
{
	return r->previous ? &all->residents.items[r->previous - 1] : NULL;
}
