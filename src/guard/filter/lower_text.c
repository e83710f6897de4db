/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on a text of the record: each becomes a term of the text's view, or several. */
#include "base/glob.h"
#include "guard/filter/lower.h"

static struct node *term(struct lower *l, uint32_t view, enum text_op op, const struct text *texts,
			 uint32_t count)
{
	int n = text_term_get(l->views, view, (struct text_term){ op, texts, count });

	return n < 0 ? NULL : node_text(l->arena, view, (uint32_t)n);
}

/* "a/b" for "/a//b/". */
static struct text path_text(struct lower *l, struct text p)
{
	char *out = arena_alloc(l->arena, p.len + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; out && i < p.len; i++) {
		if (p.data[i] == '/' && (!n || i + 1 == p.len || p.data[i + 1] == '/'))
			continue;
		out[n++] = p.data[i];
	}
	while (n && out[n - 1] == '/')
		n--;
	return text_from(out, n);
}

static bool all_plain(const struct check *c, bool path)
{
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text t = value_text(&c->values[i]);

		/* What is in memory has a name with a colon and no slash in front. */
		if (t.len > TEXT_KEY_MAX || (path && glob_is_pattern(t)) ||
		    (path && t.len && memchr(t.data, ':', t.len)))
			return false;
	}
	return true;
}

/* The values as texts, in the order in which the terms of a view can be told apart. */
static const struct text *texts_of(struct lower *l, const struct check *c, bool path)
{
	struct text *texts = arena_array(l->arena, struct text, c->literal_count + 1);

	for (uint32_t i = 0; texts && i < c->literal_count; i++) {
		texts[i] = value_text(&c->values[i]);
		if (path)
			texts[i] = path_text(l, texts[i]);
	}
	return texts;
}

static struct node *path_term(struct lower *l, const struct check *c, uint32_t view)
{
	const struct text *texts = texts_of(l, c, true);
	enum view_kind kind = l->views->items.items[view].kind;

	if (kind == VIEW_SPAN_OR_NONE || kind == VIEW_RAW_HERE || kind == VIEW_COMM ||
	    kind == VIEW_FD_FILENAME)
		return lower_unknown(l, c, "pmatch on a text that may be no whole path");
	for (uint32_t i = 0; texts && i < c->literal_count; i++)
		if (!texts[i].len) /* the root: everything is below it */
			return term(l, view, TEXT_PRESENT, NULL, 0);
	for (uint32_t i = 0; texts && i < c->literal_count; i++)
		if (texts[i].len == TEXT_KEY_MAX) /* no room for the slash behind it */
			return lower_unknown(l, c, "a path of more than 255 bytes");
	return texts ? term(l, view, TEXT_PATH, texts, c->literal_count) : NULL;
}

/* One text or several, of which one has to fit. */
static struct node *any_of(struct lower *l, const struct check *c, uint32_t view, enum text_op op)
{
	const struct text *texts = texts_of(l, c, false);

	for (uint32_t i = 0; texts && op != TEXT_EQUAL && i < c->literal_count; i++)
		if (!texts[i].len) /* every text begins, ends with nothing, and has it */
			return term(l, view, TEXT_PRESENT, NULL, 0);
	return texts ? term(l, view, op, texts, c->literal_count) : NULL;
}

static struct node *piece(struct lower *l, uint32_t view, enum text_op op, struct text t)
{
	struct text *texts = arena_array(l->arena, struct text, 1);

	if (!texts)
		return NULL;
	*texts = t;
	return term(l, view, op, texts, 1);
}

/*
 * "a*b*c": begins with a, has b, ends with c. That is all of it if only one of them is there; else
 * they may overlap, or stand in another order.
 */
static struct node *glob(struct lower *l, const struct check *c, uint32_t view, struct text p)
{
	struct node *all = term(l, view, TEXT_PRESENT, NULL, 0);
	uint32_t pieces = 0, from = 0;

	for (uint32_t i = 0; i <= p.len; i++) {
		struct text t = text_from(p.data + from, i - from);
		enum text_op op = from == 0 && i == p.len ? TEXT_EQUAL :
				  from == 0		  ? TEXT_BEGINS :
				  i == p.len		  ? TEXT_ENDS :
							    TEXT_HAS;

		if (i < p.len && p.data[i] != '*')
			continue;
		from = i + 1;
		if (!t.len && op != TEXT_EQUAL)
			continue;
		all = node_both(l->arena, all, piece(l, view, op, t));
		pieces++;
	}
	if (pieces > 1)
		all = node_both(l->arena, all, lower_unknown(l, c, "several pieces of a pattern"));
	return all;
}

static struct node *globs(struct lower *l, const struct check *c, uint32_t view)
{
	struct node **items = arena_array(l->arena, struct node *, c->literal_count);

	for (uint32_t i = 0; items && i < c->literal_count; i++) {
		struct text p = value_text(&c->values[i]);
		bool plain = p.len <= TEXT_KEY_MAX;

		for (uint32_t k = 0; k < p.len; k++)
			plain &= p.data[k] != '?' && p.data[k] != '[' && p.data[k] != '\\';
		items[i] = plain ? glob(l, c, view, p) :
				   lower_unknown(l, c, "a pattern of more than texts and *");
	}
	return items ? node_group(l->arena, NODE_OR, items, c->literal_count) : NULL;
}

/* Whether a byte of a pattern may be anything but itself. */
static bool is_special(char c)
{
	return (unsigned char)c >= 0x80 || (unsigned char)c < 0x20 ||
	       strchr("\\^$.|?*+()[]{}#", c) != NULL;
}

/* Whether a pattern has alternatives that are in no brackets, or sets options for what follows. */
static bool is_open(struct text p)
{
	int depth = 0;

	for (uint32_t i = 0; i < p.len; i++) {
		if (p.data[i] == '\\') {
			i++;
		} else if (p.data[i] == '[') {
			i += 1 + (i + 1 < p.len && p.data[i + 1] == '^');
			while (++i < p.len && p.data[i] != ']')
				i += p.data[i] == '\\';
		} else if (p.data[i] == '(') {
			depth++;
			if (i + 1 < p.len && (p.data[i + 1] == '?' || p.data[i + 1] == '*'))
				return true;
		} else if (p.data[i] == ')') {
			depth--;
		} else if (p.data[i] == '|' && depth <= 0) {
			return true;
		}
	}
	return false;
}

/* A regular expression, which the whole text has to match: what it begins and ends with. */
static struct node *regex(struct lower *l, const struct check *c, uint32_t view, struct text p)
{
	struct node *all = node_both(l->arena, term(l, view, TEXT_PRESENT, NULL, 0),
				     lower_unknown(l, c, "a regular expression"));
	uint32_t begin = 0, end = 0;

	if (is_open(p))
		return all;
	if (p.len && p.data[0] == '^')
		p = text_from(p.data + 1, p.len - 1);
	while (begin < p.len && !is_special(p.data[begin]))
		begin++;
	while (end < p.len && !is_special(p.data[p.len - 1 - end]))
		end++;
	if (begin == p.len)
		end = 0;
	else if (begin && strchr("?*{", p.data[begin]))
		begin--; /* the last of them need not be there */
	if (end && end < p.len && p.data[p.len - 1 - end] == '\\')
		end--; /* the first of them is not itself */
	if (begin && begin <= TEXT_KEY_MAX)
		all = node_both(l->arena, all,
				piece(l, view, TEXT_BEGINS, text_from(p.data, begin)));
	if (end && end <= TEXT_KEY_MAX)
		all = node_both(l->arena, all,
				piece(l, view, TEXT_ENDS, text_from(p.data + p.len - end, end)));
	return all;
}

static struct node *regexes(struct lower *l, const struct check *c, uint32_t view)
{
	struct node **items = arena_array(l->arena, struct node *, c->literal_count);

	for (uint32_t i = 0; items && i < c->literal_count; i++)
		items[i] = regex(l, c, view, c->literals[i].text);
	return items ? node_group(l->arena, NODE_OR, items, c->literal_count) : NULL;
}

static struct node *on_view(struct lower *l, const struct check *c, uint32_t view)
{
	struct node *present = term(l, view, TEXT_PRESENT, NULL, 0);

	switch (c->op) {
	case OP_EXISTS:
		return present;
	case OP_PMATCH:
		return path_term(l, c, view);
	case OP_GLOB:
		return globs(l, c, view);
	case OP_REGEX:
		return regexes(l, c, view);
	case OP_STARTSWITH:
		return any_of(l, c, view, TEXT_BEGINS);
	case OP_ENDSWITH:
		return any_of(l, c, view, TEXT_ENDS);
	case OP_CONTAINS:
		return any_of(l, c, view, TEXT_HAS);
	case OP_NE:
		return node_both(l->arena, present,
				 node_not(l->arena, any_of(l, c, view, TEXT_EQUAL)));
	default:
		return any_of(l, c, view, TEXT_EQUAL);
	}
}

static const char *reason_against(const struct check *c)
{
	bool equal = c->op == OP_EQ || c->op == OP_NE || c->op == OP_IN || c->op == OP_INTERSECTS;
	bool begins = c->op == OP_STARTSWITH || c->op == OP_PMATCH; /* any number: emit_trie.c */

	if (!equal && c->op != OP_EXISTS && c->op != OP_PMATCH && c->op != OP_GLOB &&
	    c->op != OP_REGEX && c->op != OP_STARTSWITH && c->op != OP_ENDSWITH &&
	    c->op != OP_CONTAINS)
		return "this operator on texts";
	if (c->op != OP_GLOB && c->op != OP_REGEX && !all_plain(c, c->op == OP_PMATCH))
		return "a wildcard, or more than 256 bytes";
	if (!equal && !begins && c->literal_count > TEXT_COMPARE_MAX)
		return "more than 128 texts, and neither whole ones nor beginnings";
	if (c->op == OP_CONTAINS && c->literal_count > TEXT_PIECES_MAX)
		return "more than 64 texts to be in it";
	return c->op == OP_NE && c->literal_count > 1 ? "!= with several texts" : NULL;
}

struct node *lower_text(struct lower *l, const struct check *c, enum view_kind kind, unsigned span)
{
	const char *reason = reason_against(c);
	int view;

	if (reason)
		return lower_unknown(l, c, reason);
	if (c->op != OP_EXISTS && !c->literal_count)
		return node_constant(l->arena, false);
	view = text_view_get(l->views, kind, span);
	return view < 0 ? NULL : on_view(l, c, (uint32_t)view);
}
