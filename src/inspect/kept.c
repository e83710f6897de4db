/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/kept.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/yaml_make.h"

void kept_deinit(struct kept_objects *all)
{
	vec_deinit(&all->items);
	table_deinit(&all->last);
}

static struct yaml_node *copy(struct kept_objects *all, const struct yaml_node *n)
{
	struct yaml_node *made = arena_new(all->arena, struct yaml_node);

	if (!made)
		return NULL;
	*made = *n;
	made->file = all->file;
	made->offset = 0;
	if (n->kind == YAML_SCALAR) {
		made->text = arena_text(all->arena, n->text);
		return made;
	}
	if (n->kind == YAML_MAP)
		made->entries = arena_array(all->arena, struct yaml_entry, n->count + 1);
	else
		made->items = arena_array(all->arena, struct yaml_node *, n->count + 1);
	for (uint32_t i = 0; i < n->count && !all->arena->failed; i++) {
		if (n->kind == YAML_LIST) {
			made->items[i] = copy(all, n->items[i]);
			continue;
		}
		made->entries[i] = n->entries[i];
		made->entries[i].key = arena_text(all->arena, n->entries[i].key);
		made->entries[i].value = copy(all, n->entries[i].value);
	}
	return made;
}

/* Nodes say which file they are in. */
static bool set_file(struct kept_objects *all, const char *name)
{
	if (all->file && str_eq(all->file->name, name))
		return true;
	name = arena_dup(all->arena, name, strlen(name));
	all->file = name ? yaml_make_file(all->arena, name) : NULL;
	return all->file;
}

static struct text key_of(char *out, size_t size, struct text kind, struct text name_space)
{
	int n = snprintf(out, size, "%.*s/%.*s", (int)kind.len, kind.len ? kind.data : "",
			 (int)name_space.len, name_space.len ? name_space.data : "");

	return text_from(out, n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1);
}

bool kept_add(struct kept_objects *all, const struct object *o, uint32_t number, bool owned)
{
	struct kept *slot;
	struct text id;
	char key[600];

	if (!set_file(all, o->root.node->file->name))
		return false;
	slot = vec_add(&all->items);
	if (!slot)
		return false;
	*slot = (struct kept){ .root = copy(all, o->root.node),
			       .kind = arena_text(all->arena, o->kind_name),
			       .api_version = arena_text(all->arena, o->api_version),
			       .number = number,
			       .owned = owned };
	id = key_of(key, sizeof(key), o->kind_name, o->name_space);
	slot->previous = (uint32_t)(uintptr_t)table_get(&all->last, id);
	id = arena_text(all->arena, id);
	return !all->arena->failed && table_set(&all->last, id, (void *)(uintptr_t)all->items.len);
}

const struct kept *kept_last(const struct kept_objects *all, struct text kind,
			     struct text name_space)
{
	char key[600];
	uintptr_t at = (uintptr_t)table_get(&all->last, key_of(key, sizeof(key), kind, name_space));

	return at ? &all->items.items[at - 1] : NULL;
}

const struct kept *kept_before(const struct kept_objects *all, const struct kept *k)
{
	return k->previous ? &all->items.items[k->previous - 1] : NULL;
}
