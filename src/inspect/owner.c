/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/owner.h"

#include "base/yaml_tree.h"

/* Only the makers that copy a template: others may have changed what they made. */
static const struct {
	int kind;
	uint64_t makers;
	unsigned round;
} made[] = {
	{ KIND_POD,
	  KIND_BIT(KIND_REPLICA_SET) | KIND_BIT(KIND_REPLICATION_CONTROLLER) |
		  KIND_BIT(KIND_DAEMON_SET) | KIND_BIT(KIND_STATEFUL_SET) | KIND_BIT(KIND_JOB),
	  2 },
	{ KIND_REPLICA_SET, KIND_BIT(KIND_DEPLOYMENT) | KIND_BIT(KIND_ROLLOUT), 1 },
	{ KIND_KNATIVE_CONFIGURATION, KIND_BIT(KIND_KNATIVE_SERVICE), 1 },
	/* Deployments of revisions, old ones too, are judged for themselves: Knative adds to them. */
	{ KIND_KNATIVE_REVISION, KIND_BIT(KIND_KNATIVE_CONFIGURATION), 2 },
	{ KIND_REPLICATION_CONTROLLER, KIND_BIT(KIND_DEPLOYMENT_CONFIG), 1 },
	{ KIND_JOB, KIND_BIT(KIND_CRON_JOB), 1 },
};

void owners_deinit(struct owners *o)
{
	table_deinit(&o->uids);
	arena_deinit(&o->arena);
}

unsigned owner_round(int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (made[i].kind == kind)
			return made[i].round;
	return 0;
}

static uint64_t makers_of(int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (made[i].kind == kind)
			return made[i].makers;
	return 0;
}

static struct text text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = map->kind == YAML_MAP ? yaml_get(map, key) : NULL;

	return n && n->kind == YAML_SCALAR ? n->text : TEXT_NONE;
}

static bool is_made(const struct owners *o, int kind, const struct yaml_node *metadata)
{
	const struct yaml_node *refs = yaml_get(metadata, "ownerReferences");

	for (uint32_t i = 0; refs && refs->kind == YAML_LIST && i < refs->count; i++) {
		const struct yaml_node *ref = refs->items[i];
		const struct kind_def *maker;

		if (!text_eq_str(text_in(ref, "controller"), "true"))
			continue;
		maker = table_get(&o->uids, text_in(ref, "uid"));
		return maker && makers_of(kind) & KIND_BIT(maker - kinds) &&
		       kind_find(text_in(ref, "kind"), text_in(ref, "apiVersion")) == maker - kinds;
	}
	return false;
}

enum owner_verdict owners_take(struct owners *o, int kind, const struct yaml_node *object)
{
	const struct yaml_node *metadata = object->kind == YAML_MAP ? yaml_get(object, "metadata") :
								      NULL;
	struct text uid;

	if (kind < 0 || !metadata || metadata->kind != YAML_MAP)
		return OWNER_NONE;
	uid = text_in(metadata, "uid");
	if (!uid.len)
		return OWNER_NONE;
	if (table_get(&o->uids, uid))
		return OWNER_AGAIN;
	uid = arena_text(&o->arena, uid);
	/* The table keeps pointers that are not const; nobody writes through this one. */
	if (!uid.data || !table_set(&o->uids, uid, (void *)(uintptr_t)&kinds[kind]))
		return OWNER_MEMORY;
	return is_made(o, kind, metadata) ? OWNER_STANDS : OWNER_NONE;
}
