/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/reader.h"

#include "base/cleanup.h"

enum { ITEMS_MAX = 4096 };

void reader_complain(struct reader *r, const struct at *at, const char *wanted)
{
	static const char *const is[] = {
		[YAML_SCALAR] = "what is here", [YAML_LIST] = "a list", [YAML_MAP] = "a map"
	};
	cleanup_buf struct buf path = BUF_INIT;

	at_add_path(at, &path);
	diag_error(r->diags, at_place(at), "type", "%s: %s was expected, not %s",
		   path.data ? path.data : "", wanted, is[at->node->kind]);
}

struct flag reader_flag(struct reader *r, const struct at *parent, const char *name)
{
	struct flag f = { UNSET, at_member(parent, name) };

	if (at_is_true(&f.at))
		f.value = ON;
	else if (at_is_false(&f.at))
		f.value = OFF;
	else if (f.at.node)
		reader_complain(r, &f.at, "true or false");
	return f;
}

struct word reader_word_at(struct reader *r, struct at at)
{
	struct word w = { TEXT_NONE, at };

	if (at.node && at.node->kind != YAML_SCALAR)
		reader_complain(r, &at, "a text");
	else if (at.node)
		w.value = at.node->text;
	return w;
}

struct word reader_word(struct reader *r, const struct at *parent, const char *name)
{
	return reader_word_at(r, at_member(parent, name));
}

struct number reader_number(struct reader *r, const struct at *parent, const char *name)
{
	struct number n = { false, 0, at_member(parent, name) };

	n.set = at_number(&n.at, &n.value);
	if (n.at.node && !n.set)
		reader_complain(r, &n.at, "a number");
	return n;
}

/* The list at a place; its items' places get a parent that stays. *ret_count is 0 for what is no list. */
struct at *reader_list(struct reader *r, const struct at *parent, const char *name,
		       uint32_t *ret_count)
{
	struct at *list = arena_new(r->arena, struct at);

	*ret_count = 0;
	if (!list)
		return NULL;
	*list = at_member(parent, name);
	if (list->node && list->node->kind != YAML_LIST) {
		reader_complain(r, list, "a list");
		return list;
	}
	*ret_count = at_count(list);
	if (*ret_count > ITEMS_MAX) {
		reader_complain(r, list, "a list of at most 4096 items");
		*ret_count = ITEMS_MAX;
	}
	return list;
}

struct words reader_words(struct reader *r, const struct at *parent, const char *name)
{
	struct words w = { 0 };
	struct at *list = reader_list(r, parent, name, &w.count);

	if (!list) {
		w.count = 0;
		return w;
	}
	w.at = *list;
	w.items = arena_array(r->arena, struct word, w.count + 1);
	if (!w.items)
		w.count = 0;
	for (uint32_t i = 0; i < w.count; i++)
		w.items[i] = reader_word_at(r, at_item(list, i));
	return w;
}

/* Every place that is a parent of others is kept where it does not move. */
const struct at *reader_keep(struct reader *r, struct at at)
{
	struct at *kept = arena_new(r->arena, struct at);

	if (kept)
		*kept = at;
	return kept;
}
