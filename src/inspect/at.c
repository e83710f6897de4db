/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/at.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

static const struct yaml_node *step(const struct yaml_node *n, const char *key, size_t len)
{
	if (!n || n->kind != YAML_MAP)
		return NULL;
	for (uint32_t i = 0; i < n->count; i++)
		if (n->entries[i].key.len == len && !memcmp(n->entries[i].key.data, key, len))
			return n->entries[i].value;
	return NULL;
}

/* As deep as the names are there; *ret: the last that was. */
static const struct yaml_node *walk(const struct yaml_node *n, const char *name,
				    const struct yaml_node **last)
{
	while (n && *name) {
		size_t len = strcspn(name, ".");

		*last = n;
		n = step(n, name, len);
		name += len + (name[len] == '.');
	}
	return n && !yaml_is_null(n) ? n : NULL;
}

struct at at_member(const struct at *parent, const char *name)
{
	const struct yaml_node *last;

	return (struct at){ parent, name, AT_MEMBER, walk(parent->node, name, &last) };
}

struct at at_key(const struct at *parent, const char *key)
{
	const struct yaml_node *n = step(parent->node, key, strlen(key));

	return (struct at){ parent, key, AT_KEY, n && !yaml_is_null(n) ? n : NULL };
}

struct at at_item(const struct at *parent, uint32_t index)
{
	const struct yaml_node *list = parent->node;
	bool there = list && list->kind == YAML_LIST && index < list->count;

	return (struct at){ parent, NULL, (int32_t)index, there ? list->items[index] : NULL };
}

/* Every finding has a path: printf() was an eighth of an inspection. */
static void add_number(struct buf *out, unsigned n)
{
	if (n >= 10)
		add_number(out, n / 10);
	buf_add_char(out, (char)('0' + n % 10));
}

void at_add_path(const struct at *a, struct buf *out)
{
	if (!a->parent)
		return;
	at_add_path(a->parent, out);
	if (a->index >= 0) {
		buf_add_char(out, '[');
		add_number(out, (unsigned)a->index);
		buf_add_char(out, ']');
	} else if (a->index == AT_KEY) {
		char key[256];

		str_printable(key, sizeof(key), a->name, strlen(a->name));
		buf_addf(out, "[\"%s\"]", key);
	} else {
		if (out->len)
			buf_add_char(out, '.');
		buf_add_str(out, a->name);
	}
}

static void add_token(struct buf *out, const char *s, size_t len)
{
	buf_add_char(out, '/');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '~')
			buf_add_str(out, "~0");
		else if (s[i] == '/')
			buf_add_str(out, "~1");
		else
			buf_add_char(out, s[i]);
	}
}

void path_add_pointer(const char *path, struct buf *out)
{
	while (*path) {
		size_t len = strcspn(path, ".");

		add_token(out, path, len);
		path += len + (path[len] == '.');
	}
}

void at_add_pointer(const struct at *a, struct buf *out)
{
	if (!a->parent)
		return;
	at_add_pointer(a->parent, out);
	if (a->index >= 0) {
		buf_add_char(out, '/');
		add_number(out, (unsigned)a->index);
	} else if (a->index == AT_KEY) {
		add_token(out, a->name, strlen(a->name));
	} else {
		path_add_pointer(a->name, out);
	}
}

struct diag_place at_place(const struct at *a)
{
	const struct yaml_node *last = NULL;

	if (a->node)
		return yaml_place(a->node);
	for (; a->parent; a = a->parent) {
		if (!a->parent->node)
			continue;
		last = a->parent->node;
		if (a->index == AT_MEMBER)
			walk(last, a->name, &last);
		break;
	}
	if (!last)
		last = a->node;
	return last ? yaml_place(last) : (struct diag_place){ NULL, 0, 0 };
}

struct text at_text(const struct at *a)
{
	return a->node && a->node->kind == YAML_SCALAR ? a->node->text : TEXT_NONE;
}

uint32_t at_count(const struct at *a)
{
	return a->node && a->node->kind != YAML_SCALAR ? a->node->count : 0;
}

/* The words of YAML 1.1: the tools that send manifests to a cluster read that. */
static bool is_word(const struct at *a, const char *const *words)
{
	if (!a->node || a->node->kind != YAML_SCALAR || !a->node->plain)
		return false;
	for (; *words; words++)
		if (a->node->text.len == strlen(*words) &&
		    !strncasecmp(a->node->text.data, *words, a->node->text.len))
			return true;
	return false;
}

bool at_is_true(const struct at *a)
{
	return is_word(a, (const char *const[]){ "true", "yes", "on", "y", NULL });
}

bool at_is_false(const struct at *a)
{
	return is_word(a, (const char *const[]){ "false", "no", "off", "n", NULL });
}

bool at_number(const struct at *a, int64_t *ret)
{
	struct text t = at_text(a);
	char copy[32], *end;

	if (!t.len || t.len >= sizeof(copy) || !a->node->plain ||
	    !strchr("+-0123456789", t.data[0]))
		return false;
	memcpy(copy, t.data, t.len);
	copy[t.len] = '\0';
	errno = 0;
	*ret = strtoll(copy, &end, 0);
	return !errno && !*end && end != copy;
}
