/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/flags.h"

static struct text long_name(struct text t, const struct flag_letter *letters)
{
	for (; letters && letters->letter && t.len == 1; letters++)
		if (letters->letter == t.data[0])
			return text_of(letters->name);
	return t;
}

static void put(struct arena *a, struct yaml_node *map, struct text name,
		const struct yaml_node *where, struct text value)
{
	struct yaml_node *n = yaml_make_scalar(a, where->file, where->line, where->column, value,
					       true),
			 *old = NULL, *list;

	for (uint32_t i = 0; i < map->count; i++)
		if (text_eq(map->entries[i].key, name))
			old = map->entries[i].value;
	if (!old) {
		if (map->count < FLAGS_MAX)
			yaml_make_put(a, map, name, n);
	} else if (old->kind == YAML_LIST) {
		if (old->count < FLAGS_MAX)
			yaml_make_add(a, old, n);
	} else {
		list = yaml_make_list(a, old->file, old->line, old->column);
		yaml_make_add(a, list, old);
		yaml_make_add(a, list, n);
		yaml_make_put(a, map, name, list);
	}
}

bool flags_add(struct arena *a, struct yaml_node *map, const struct yaml_node *argument,
	       struct text next, const struct flag_letter *letters)
{
	struct text t = argument->text, name;
	const char *equals;
	bool takes_next = next.data && !text_starts(next, TEXT("-"));

	if (!map || argument->kind != YAML_SCALAR || !text_starts(t, TEXT("-")))
		return false;
	t = text_from(t.data + 1, t.len - 1);
	if (text_starts(t, TEXT("-")))
		t = text_from(t.data + 1, t.len - 1);
	equals = t.len ? memchr(t.data, '=', t.len) : NULL;
	name = equals ? text_from(t.data, (size_t)(equals - t.data)) : t;
	name = long_name(name, letters);
	if (!name.len)
		return false;
	if (equals)
		put(a, map, name, argument,
		    text_from(equals + 1, t.len - (size_t)(equals + 1 - t.data)));
	else
		put(a, map, name, argument, takes_next ? next : TEXT("true"));
	return !equals && takes_next;
}

struct yaml_node *flags_of_cmdline(struct arena *a, const struct yaml_file *f, struct text cmdline,
				   const struct flag_letter *letters)
{
	struct yaml_node *list = yaml_make_list(a, f, 1, 1), *map = yaml_make_map(a, f, 1, 1);
	uint32_t column = 0;

	while (cmdline.len && column < FLAGS_MAX) {
		const char *end = memchr(cmdline.data, '\0', cmdline.len);
		uint32_t len = end ? (uint32_t)(end - cmdline.data) : cmdline.len;

		yaml_make_add(a, list,
			      yaml_make_scalar(a, f, 1, ++column, text_from(cmdline.data, len),
					       true));
		cmdline = text_from(cmdline.data + len + (end != NULL),
				    cmdline.len - len - (end != NULL));
	}
	flags_of_list(a, map, list, letters);
	return map;
}

void flags_of_list(struct arena *a, struct yaml_node *map, const struct yaml_node *list,
		   const struct flag_letter *letters)
{
	for (uint32_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++) {
		bool last = i + 1 == list->count || list->items[i + 1]->kind != YAML_SCALAR;

		i += flags_add(a, map, list->items[i], last ? TEXT_NONE : list->items[i + 1]->text,
			       letters);
	}
}
