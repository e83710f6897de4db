/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_make.h"

struct yaml_file *yaml_make_file(struct arena *a, const char *name)
{
	struct yaml_file *f = arena_new(a, struct yaml_file);

	if (!f)
		return NULL;
	f->name = name;
	f->cursor = arena_new(a, struct yaml_cursor);
	return f->cursor ? f : NULL;
}

static struct yaml_node *make(struct arena *a, enum yaml_kind kind, const struct yaml_file *f,
			      uint32_t line, uint32_t column)
{
	struct yaml_node *n = f ? arena_new(a, struct yaml_node) : NULL;

	if (n)
		*n = (struct yaml_node){
			.kind = kind, .file = f, .line = line, .column = column, .size = 1
		};
	return n;
}

struct yaml_node *yaml_make_map(struct arena *a, const struct yaml_file *f, uint32_t line,
				uint32_t column)
{
	return make(a, YAML_MAP, f, line, column);
}

struct yaml_node *yaml_make_list(struct arena *a, const struct yaml_file *f, uint32_t line,
				 uint32_t column)
{
	return make(a, YAML_LIST, f, line, column);
}

struct yaml_node *yaml_make_scalar(struct arena *a, const struct yaml_file *f, uint32_t line,
				   uint32_t column, struct text text, bool plain)
{
	struct yaml_node *n = make(a, YAML_SCALAR, f, line, column);

	if (!n)
		return NULL;
	n->plain = plain;
	n->text = arena_text(a, text);
	return n;
}

/* Room for one more: there is room up to the next power of two. */
static void *grow(struct arena *a, void *items, uint32_t count, size_t size)
{
	size_t room = 1;
	void *more;

	if (count && (count & (count - 1)))
		return items;
	while (room <= count)
		room *= 2;
	more = arena_alloc(a, room * size);
	if (more && count)
		memcpy(more, items, count * size);
	return more;
}

struct yaml_node *yaml_make_copy(struct arena *a, const struct yaml_node *map)
{
	struct yaml_node *n = make(a, YAML_MAP, map->file, map->line, map->column);

	for (uint32_t i = 0; i < map->count; i++)
		yaml_make_put(a, n, map->entries[i].key, map->entries[i].value);
	return n;
}

void yaml_make_put(struct arena *a, struct yaml_node *map, struct text key, struct yaml_node *value)
{
	struct yaml_entry *entries;

	if (!map || !value)
		return;
	for (uint32_t i = 0; i < map->count; i++) {
		if (!text_eq(map->entries[i].key, key))
			continue;
		map->entries[i].value = value;
		return;
	}
	entries = grow(a, map->entries, map->count, sizeof(*entries));
	if (!entries)
		return;
	map->entries = entries;
	entries[map->count++] = (struct yaml_entry){ .key = arena_text(a, key),
						     .line = value->line,
						     .column = value->column,
						     .value = value };
	map->size += value->size;
}

void yaml_make_add(struct arena *a, struct yaml_node *list, struct yaml_node *item)
{
	struct yaml_node **items;

	if (!list || !item)
		return;
	items = grow(a, list->items, list->count, sizeof(struct yaml_node *));
	if (!items)
		return;
	list->items = items;
	items[list->count++] = item;
	list->size += item->size;
}
