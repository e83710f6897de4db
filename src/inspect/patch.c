/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patch.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/str.h"

static char *unescape(const char *token, size_t len)
{
	char *out = malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < len; i++) {
		bool escape = token[i] == '~' && i + 1 < len;

		out[n++] = !escape ? token[i] : token[++i] == '1' ? '/' : '~';
	}
	if (out)
		out[n] = '\0';
	return out;
}

static json_t *step(json_t *value, const char *token, size_t len)
{
	cleanup_free char *name = unescape(token, len);
	uint64_t index;

	if (!name)
		return NULL;
	if (json_is_array(value))
		return str_to_u64(name, &index) ? json_array_get(value, index) : NULL;
	return json_object_get(value, name);
}

/* As far as it goes; *ret_rest is what is left of the pointer then. */
static json_t *walk(json_t *value, const char *pointer, const char **ret_rest)
{
	while (*pointer == '/') {
		size_t len = strcspn(pointer + 1, "/");
		json_t *next = step(value, pointer + 1, len);

		if (!next || json_is_null(next))
			break;
		value = next;
		pointer += len + 1;
	}
	*ret_rest = pointer;
	return value;
}

json_t *pointer_find(json_t *value, const char *pointer)
{
	const char *rest;
	json_t *found = walk(value, pointer, &rest);

	return *rest ? NULL : found;
}

char *pointer_last(const char *pointer, size_t *ret_parent)
{
	const char *slash = strrchr(pointer, '/');

	*ret_parent = slash ? (size_t)(slash - pointer) : 0;
	return slash ? unescape(slash + 1, strlen(slash + 1)) : NULL;
}

static json_t *operation(const char *name, const char *path, size_t len, json_t *value)
{
	json_t *op = json_object();

	json_object_set_new(op, "op", json_string(name));
	json_object_set_new(op, "path", json_stringn(path, len));
	if (value)
		json_object_set_new(op, "value", value);
	return op;
}

/* Something that is not there: with all of the maps around it that are not there either. */
static json_t *plan_missing(json_t *parent, const char *pointer, const char *rest,
			    const json_t *value)
{
	size_t first = 1 + strcspn(rest + 1, "/");
	json_t *wrapped = json_deep_copy(value);
	cleanup_free char *path = strdup(rest + first);

	if (!json_is_object(parent) || !path) {
		json_decref(wrapped);
		return NULL;
	}
	for (size_t len; *path; path[len] = '\0') {
		cleanup_free char *name = pointer_last(path, &len);
		json_t *outer = json_object();

		json_object_set_new(outer, name ? name : "", wrapped);
		wrapped = outer;
	}
	return operation(step(parent, rest + 1, first - 1) ? "replace" : "add", pointer,
			 (size_t)(rest - pointer) + first, wrapped);
}

/* Up to what holds more than this one. An item is what people count: what holds items only stays. */
static size_t widen(json_t *object, const char *pointer)
{
	size_t len = strlen(pointer), up;

	for (;;) {
		cleanup_free char *path = str_dup_n(pointer, len), *parent = NULL, *name = NULL;
		json_t *around;

		name = path ? pointer_last(path, &up) : NULL;
		parent = name && up ? str_dup_n(pointer, up) : NULL;
		around = parent ? pointer_find(object, parent) : NULL;
		if (!around || json_object_size(around) + json_array_size(around) != 1)
			return len;
		free(name);
		name = pointer_last(parent, &(size_t){ 0 });
		if (!name || str_to_u64(name, &(uint64_t){ 0 }))
			return len;
		len = up;
	}
}

json_t *patch_plan(json_t *object, const char *pointer, enum fix_op op, const json_t *value)
{
	const char *rest;
	json_t *found = walk(object, pointer, &rest), *list;
	cleanup_free char *first = NULL;

	if (op == FIX_REMOVE)
		return *rest || !*pointer ?
			       NULL :
			       operation("remove", pointer, widen(object, pointer), NULL);
	if (op == FIX_ADD && !*rest) {
		if (!json_is_array(found))
			return NULL;
		first = str_format("%s/0", pointer);
		return first ? operation("add", first, strlen(first), json_deep_copy(value)) : NULL;
	}
	if (*rest) {
		list = op == FIX_ADD ? json_array() : NULL;
		if (list)
			json_array_append_new(list, json_deep_copy(value));
		found = plan_missing(found, pointer, rest, list ? list : value);
		json_decref(list);
		return found;
	}
	if (!*pointer || json_is_object(found) || json_is_array(found) || json_equal(found, value))
		return NULL;
	return operation("replace", pointer, strlen(pointer), json_deep_copy(value));
}

bool patch_is_careful(json_t *object, const char *pointer, const json_t *operation)
{
	const json_t *is = pointer_find(object, pointer);

	return !str_eq(json_string_value(json_object_get(operation, "op")), "add") && is &&
	       !json_is_null(is);
}

bool patch_apply(json_t *object, const json_t *op)
{
	const char *path = json_string_value(json_object_get(op, "path"));
	const char *name = json_string_value(json_object_get(op, "op"));
	json_t *value = json_deep_copy(json_object_get(op, "value")), *parent;
	size_t len = 0;
	cleanup_free char *last = path ? pointer_last(path, &len) : NULL;
	cleanup_free char *before = last ? str_dup_n(path, len) : NULL;
	uint64_t index;
	int r = -1;

	parent = before ? pointer_find(object, before) : NULL;
	if (json_is_array(parent) && str_to_u64(last, &index))
		r = str_eq(name, "remove") ? json_array_remove(parent, index) :
		    str_eq(name, "add")	   ? json_array_insert(parent, index, value) :
					     json_array_set(parent, index, value);
	else if (json_is_object(parent))
		r = str_eq(name, "remove") ? json_object_del(parent, last) :
					     json_object_set(parent, last, value);
	json_decref(value);
	return !r;
}
