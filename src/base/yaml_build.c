/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_build.h"

#include "base/cleanup.h"

enum { ANCHORS_MAX = 256 };

static struct diag_place place_at(const struct yaml_builder *b, struct yaml_mark m)
{
	return (struct diag_place){ b->file->name, m.line + 1, m.column + 1 };
}

void yaml_build_fail(struct yaml_builder *b, struct yaml_mark at, const char *what)
{
	if (!b->failed)
		diag_error(b->diags, place_at(b, at), "yaml", "%s", what);
	b->failed = true;
}

static bool fail_node(struct yaml_builder *b, const struct yaml_node *n, const char *what)
{
	if (!b->failed)
		diag_error(b->diags, yaml_place(n), "yaml", "%s", what);
	b->failed = true;
	return false;
}

/* Whether the innermost open node is the list that is split. */
static bool is_split(const struct yaml_builder *b)
{
	return b->split && b->depth == 2 && b->stack[1].node->kind == YAML_LIST &&
	       b->stack[0].node->kind == YAML_MAP && b->stack[0].have_key &&
	       text_eq_str(b->stack[0].key.key, b->split);
}

static struct arena *arena_of(const struct yaml_builder *b)
{
	bool inside = b->split && b->depth >= 2 && b->stack[1].node->kind == YAML_LIST &&
		      b->stack[0].node->kind == YAML_MAP && b->stack[0].have_key &&
		      text_eq_str(b->stack[0].key.key, b->split);

	return inside ? b->inner : b->outer;
}

static struct yaml_node *node_new(struct yaml_builder *b, enum yaml_kind kind, struct yaml_mark at)
{
	struct arena *a = arena_of(b);
	struct yaml_node *n = arena_new(a, struct yaml_node);

	if (!n || ++b->nodes > b->limits->nodes) {
		yaml_build_fail(b, at,
				"this is too large: it has more parts than anything here needs");
		return NULL;
	}
	n->kind = kind;
	n->file = b->file;
	n->size = 1;
	n->line = at.line + 1;
	n->column = at.column + 1;
	n->offset = at.offset;
	return n;
}

static void remember(struct yaml_builder *b, struct text name, struct yaml_mark at,
		     struct yaml_node *n)
{
	struct yaml_anchor *slot;

	if (!name.data || !n)
		return;
	if (b->anchors.len >= ANCHORS_MAX) {
		yaml_build_fail(b, at, "too many anchors");
		return;
	}
	slot = vec_add(&b->anchors);
	if (slot)
		*slot = (struct yaml_anchor){ arena_text(arena_of(b), name), n };
}

/* Where a key is among those that are there; NULL: it is new. */
static struct yaml_entry *find_entry(const struct yaml_frame *f, struct text key)
{
	vec_foreach(e, &f->entries)
		if (text_eq(e->key, key))
			return e;
	return NULL;
}

static void add_entry(struct yaml_builder *b, struct yaml_frame *top)
{
	struct yaml_entry *there = find_entry(top, top->key.key);
	struct diag_place p = { b->file->name, top->key.line, top->key.column };

	if (there && b->limits->strict) {
		diag_error(b->diags, p, "duplicate-key",
			   "\"%.*s\" is there twice: the last one counts", (int)top->key.key.len,
			   top->key.key.data);
		*there = top->key;
		return;
	}
	if (there) {
		diag_warning(b->diags, p, "duplicate-key",
			     "\"%.*s\" is there twice: the first one counts", (int)top->key.key.len,
			     top->key.key.data);
		return;
	}
	there = vec_add(&top->entries);
	if (there)
		*there = top->key;
}

static void place_in_map(struct yaml_builder *b, struct yaml_frame *top, struct yaml_node *n)
{
	char why[64];

	if (!top->have_key) {
		if (n->kind != YAML_SCALAR) {
			fail_node(b, n, "a key must be plain text");
			return;
		}
		top->key = (struct yaml_entry){ n->text, n->line, n->column, NULL };
		top->have_key = true;
		return;
	}
	if (top->entries.len >= b->limits->keys) {
		snprintf(why, sizeof(why), "a map with more than %u keys", b->limits->keys);
		fail_node(b, n, why);
		return;
	}
	top->key.value = n;
	add_entry(b, top);
	top->have_key = false;
}

/* Puts a finished node where it belongs. */
static void place(struct yaml_builder *b, struct yaml_node *n)
{
	struct yaml_frame *top = b->depth ? &b->stack[b->depth - 1] : NULL;
	struct yaml_node **slot;

	if (!n || b->failed)
		return;
	if (!top || is_split(b)) {
		b->done = n;
		b->item = top != NULL;
		b->nodes = top ? 0 : b->nodes;
		return;
	}
	top->node->size += n->size;
	if (top->node->kind == YAML_MAP) {
		place_in_map(b, top, n);
		return;
	}
	slot = vec_add(&top->items);
	if (slot)
		*slot = n;
}

void yaml_build_scalar(struct yaml_builder *b, struct yaml_mark at, struct text text, bool plain,
		       bool block, struct text anchor)
{
	struct yaml_node *n = node_new(b, YAML_SCALAR, at);

	if (!n)
		return;
	n->plain = plain;
	n->block = block;
	n->text = text_from(arena_dup(arena_of(b), text.data ? text.data : "", text.len), text.len);
	if (!n->text.data) {
		yaml_build_fail(b, at, "this is too large for the memory that it may take");
		return;
	}
	remember(b, anchor, at, n);
	place(b, n);
}

void yaml_build_open(struct yaml_builder *b, enum yaml_kind kind, struct yaml_mark at,
		     struct text anchor)
{
	struct yaml_node *n;

	if (b->depth >= b->limits->depth || b->depth >= YAML_TREE_DEPTH_MAX) {
		yaml_build_fail(b, at, "nested too deeply");
		return;
	}
	n = node_new(b, kind, at);
	if (!n)
		return;
	remember(b, anchor, at, n);
	memset(&b->stack[b->depth], 0, sizeof(b->stack[0]));
	b->stack[b->depth++].node = n;
}

void yaml_build_alias(struct yaml_builder *b, struct yaml_mark at, struct text name)
{
	for (size_t i = b->anchors.len; i--;) {
		struct yaml_anchor *a = &b->anchors.items[i];

		if (!text_eq(a->name, name))
			continue;
		/* Those that are still open would hold themselves. */
		for (uint32_t d = 0; d < b->depth; d++) {
			if (b->stack[d].node != a->node)
				continue;
			yaml_build_fail(b, at, "an alias inside of what it stands for");
			return;
		}
		b->nodes += a->node->size;
		if (b->nodes <= b->limits->nodes)
			place(b, a->node);
		else
			yaml_build_fail(b, at, "this is too large once its aliases are followed");
		return;
	}
	yaml_build_fail(b, at, "an alias without its anchor");
}

/* What a "<<" brings that is not there yet. */
static void merge_map(struct yaml_builder *b, struct yaml_frame *top, const struct yaml_node *from)
{
	for (uint32_t i = 0; from->kind == YAML_MAP && i < from->count; i++) {
		struct yaml_entry *slot;

		if (find_entry(top, from->entries[i].key))
			continue;
		if (top->entries.len >= b->limits->keys) {
			fail_node(b, from, "a map with too many keys once it is merged");
			return;
		}
		slot = vec_add(&top->entries);
		if (slot)
			*slot = from->entries[i];
	}
}

static void merge(struct yaml_builder *b, struct yaml_frame *top)
{
	struct yaml_entry *e = b->limits->merge ? find_entry(top, TEXT("<<")) : NULL;
	const struct yaml_node *from = e ? e->value : NULL;

	if (!from)
		return;
	if (from->kind == YAML_MAP)
		merge_map(b, top, from);
	for (uint32_t i = 0; from->kind == YAML_LIST && i < from->count; i++)
		merge_map(b, top, from->items[i]);
}

void yaml_build_close(struct yaml_builder *b)
{
	struct yaml_frame *top;
	struct arena *a;
	struct yaml_node *n;

	if (!b->depth || b->failed)
		return;
	a = b->depth > 2 ? arena_of(b) : b->outer;
	top = &b->stack[b->depth - 1];
	n = top->node;
	if (n->kind == YAML_LIST) {
		n->count = (uint32_t)top->items.len;
		n->items = arena_array(a, struct yaml_node *, top->items.len + 1);
		if (n->items && n->count)
			memcpy(n->items, top->items.items, n->count * sizeof(*n->items));
	} else {
		merge(b, top);
		n->count = (uint32_t)top->entries.len;
		n->entries = arena_array(a, struct yaml_entry, top->entries.len + 1);
		if (n->entries && n->count)
			memcpy(n->entries, top->entries.items, n->count * sizeof(*n->entries));
	}
	if ((n->kind == YAML_LIST && !n->items) || (n->kind == YAML_MAP && !n->entries))
		fail_node(b, n, "this is too large for the memory that it may take");
	vec_deinit(&top->items);
	vec_deinit(&top->entries);
	b->depth--;
	place(b, n);
}

void yaml_builder_reset(struct yaml_builder *b)
{
	while (b->depth) {
		vec_deinit(&b->stack[b->depth - 1].items);
		vec_deinit(&b->stack[b->depth - 1].entries);
		b->depth--;
	}
	b->anchors.len = 0;
	b->nodes = 0;
	b->done = NULL;
	b->item = false;
	b->failed = false;
}

void yaml_builder_deinit(struct yaml_builder *b)
{
	yaml_builder_reset(b);
	vec_deinit(&b->anchors);
}
