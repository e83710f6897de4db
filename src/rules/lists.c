/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists are put into conditions as text, before anything is parsed: wherever a list's name stands
 * between blanks, brackets, commas or equals signs, quoted texts included. In the text that a list
 * brought in only lists that were defined later are looked for. It is an odd rule, but the one that
 * rule files were written for.
 */
#include "rules/model_private.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '=';
}

void lists_expand(struct ruleset *rs)
{
	vec_foreach(it, &rs->lists) {
		struct rule_list *l = *it;

		vec_foreach(item, &l->items) {
			struct rule_list *named = ruleset_list(rs, (*item)->text);
			const struct yaml_node **slot;

			if (!named || named->index >= l->visibility) {
				slot = vec_add(&l->expanded);
				if (slot)
					*slot = *item;
				continue;
			}
			named->used = true;
			vec_foreach(inner, &named->items) {
				slot = vec_add(&l->expanded);
				if (slot)
					*slot = *inner;
			}
		}
	}
}

struct substitution {
	struct ruleset *rs;
	struct source_builder *out;
	uint32_t depth;
	bool found;
};

static void substitute(struct substitution *sub, const struct source *s, uint32_t above);

/* Items with blanks get quotes, unless they begin with one. */
static void add_item(struct substitution *sub, const struct yaml_node *item, uint32_t above)
{
	bool quote = item->text.len && memchr(item->text.data, ' ', item->text.len) &&
		     item->text.data[0] != '"' && item->text.data[0] != '\'';
	const struct source_segment segment = { .node = item };
	const struct source text = { item->text, &segment, 1 };

	if (quote)
		source_add_made(sub->out, TEXT("\""), item, 0);
	substitute(sub, &text, above);
	if (quote)
		source_add_made(sub->out, TEXT("\""), item, 0);
}

static void trim_end(struct source_builder *out)
{
	size_t len = out->text.len;

	while (len && is_blank(out->text.data[len - 1]))
		len--;
	source_cut(out, len);
}

/* Puts list l in place of its name; *at is behind the name. */
static void put_in(struct substitution *sub, struct rule_list *l, const struct source *s,
		   uint32_t name_at, uint32_t *at)
{
	struct source_builder *out = sub->out;
	const struct yaml_node *place;
	uint32_t offset = 0;

	l->used = true;
	sub->found = true;
	place = source_node(s, name_at, &offset);
	trim_end(out);
	while (*at < s->text.len && is_blank(s->text.data[*at]))
		++*at;
	if (!l->expanded.len) {
		/* Nothing takes its place: one of the commas goes too. */
		if (out->text.len && out->text.data[out->text.len - 1] == ',')
			source_cut(out, out->text.len - 1);
		else if (*at < s->text.len && s->text.data[*at] == ',')
			++*at;
	}
	source_add_made(out, TEXT(" "), place, offset);
	for (size_t i = 0; i < l->expanded.len && !out->failed; i++) {
		if (i)
			source_add_made(out, TEXT(", "), place, offset);
		add_item(sub, l->expanded.items[i], l->index + 1);
	}
	source_add_made(out, TEXT(" "), place, offset);
}

static void substitute(struct substitution *sub, const struct source *s, uint32_t above)
{
	uint32_t at = 0, from = 0;

	if (++sub->depth > 64)
		sub->out->failed = true;
	while (at < s->text.len && !sub->out->failed) {
		uint32_t start = at;
		struct rule_list *l;

		if (is_delimiter(s->text.data[at])) {
			at++;
			continue;
		}
		while (at < s->text.len && !is_delimiter(s->text.data[at]))
			at++;
		l = ruleset_list(sub->rs, text_from(s->text.data + start, at - start));
		if (!l || l->index < above)
			continue;
		source_add_range(sub->out, s, from, start);
		put_in(sub, l, s, start, &at);
		from = at;
	}
	source_add_range(sub->out, s, from, s->text.len);
	sub->depth--;
}

const struct source *lists_substitute(struct ruleset *rs, const struct source *s)
{
	cleanup_source_builder struct source_builder out = SOURCE_BUILDER_INIT;
	struct substitution sub = { rs, &out, 0, false };

	substitute(&sub, s, 0);
	return !sub.found && !out.failed ? s : source_finish(&out, &rs->arena);
}
