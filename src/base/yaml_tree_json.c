/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as JSON: plain scalars get the types that they look like. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "base/yaml_tree.h"

/* Decimal, 0x..., and with a leading zero octal: nobody writes a mode otherwise. */
static bool read_integer(struct text t, json_int_t *ret)
{
	char text[32], *end;

	if (!t.len || t.len >= sizeof(text) || !strchr("+-0123456789", t.data[0]))
		return false;
	memcpy(text, t.data, t.len);
	text[t.len] = '\0';
	errno = 0;
	*ret = strtoll(text, &end, 0);
	return !*end && !errno && end[-1] >= '0';
}

static json_t *scalar_json(const struct yaml_node *n)
{
	json_int_t i;

	if (!n->plain)
		return utf8_json(n->text);
	if (yaml_is_null(n))
		return json_null();
	if (text_eq_str(n->text, "true") || text_eq_str(n->text, "True"))
		return json_true();
	if (text_eq_str(n->text, "false") || text_eq_str(n->text, "False"))
		return json_false();
	return read_integer(n->text, &i) ? json_integer(i) : utf8_json(n->text);
}

/* The reader bounds depth and size. */
json_t *yaml_json(const struct yaml_node *n)
{
	json_t *all;

	switch (n->kind) {
	case YAML_SCALAR:
		return scalar_json(n);
	case YAML_LIST:
		all = json_array();
		for (uint32_t i = 0; i < n->count; i++)
			json_array_append_new(all, yaml_json(n->items[i]));
		return all;
	case YAML_MAP:
		all = json_object();
		for (uint32_t i = 0; i < n->count; i++) {
			struct text key = n->entries[i].key;
			cleanup_free char *name = strndup(key.data, key.len);

			if (name && utf8_valid(key))
				json_object_set_new(all, name, yaml_json(n->entries[i].value));
		}
		return all;
	}
	return NULL;
}
