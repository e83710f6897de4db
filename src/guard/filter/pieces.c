/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/pieces.h"

#include <string.h>

bool piece_is_known(struct text t, uint32_t at)
{
	for (uint32_t i = 0; i < PIECE_LEN; i++)
		if (at + i >= t.len || t.data[at + i] == ' ' || t.data[at + i] == '\0')
			return false;
	return true;
}

uint32_t piece_slot(struct text t, uint32_t at)
{
	uint32_t bytes = 0;

	memcpy(&bytes, t.data + at, PIECE_LEN);
	return (uint32_t)((uint64_t)bytes * PIECE_FACTOR >> PIECE_SHIFT) & (PIECE_SLOTS - 1);
}

bool piece_any(struct text t)
{
	for (uint32_t at = 0; at < t.len; at++)
		if (piece_is_known(t, at))
			return true;
	return false;
}

/* --- what a regular expression can't do without ------------------------------------------------------- */

enum { DEPTH_MAX = 16 };

struct reader {
	struct text p;
	uint32_t at;
	bool failed; /* something that is not understood here */
};

static char here(const struct reader *r)
{
	return r->at < r->p.len ? r->p.data[r->at] : '\0';
}

static bool is_quantifier(char c)
{
	return c && strchr("?*+{", c);
}

/* Goes past how often something comes, if that is said. True: at least once. */
static bool read_quantifier(struct reader *r)
{
	char c = here(r);

	if (!is_quantifier(c))
		return true;
	while (c == '{' && here(r) != '}') {
		if (r->at >= r->p.len) {
			r->failed = true;
			return false;
		}
		r->at++;
	}
	r->at++;
	if (here(r) == '?' || here(r) == '+') /* how eagerly */
		r->at++;
	if (is_quantifier(here(r)))
		r->failed = true;
	return c == '+';
}

static void add_need(struct word_needs *n, const struct word_need *one)
{
	if (one->count && n->count < NEEDS_MAX)
		n->items[n->count++] = *one;
}

static void end_run(struct word_needs *n, struct text run)
{
	if (piece_any(run))
		add_need(n, &(struct word_need){ .texts = { run }, .count = 1 });
}

static void read_class(struct reader *r)
{
	r->at++;
	if (here(r) == '^')
		r->at++;
	do {
		char c = here(r);

		if (!c || c == '[' || c == '\0') {
			r->failed = true;
			return;
		}
		r->at += c == '\\' ? 2 : 1;
	} while (here(r) != ']');
	r->at++;
}

static void read_escape(struct reader *r)
{
	char c;

	r->at++;
	c = here(r);
	if (!c || ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
		r->failed |= !c || !strchr("dDwWsSbB", c);
	r->at++;
}

static void read_alternatives(struct reader *r, int depth, struct word_needs *ret);

static void read_group(struct reader *r, int depth, struct word_needs *ret)
{
	struct word_needs inner = { 0 };

	r->at++;
	if (here(r) == '?' && r->at + 1 < r->p.len && r->p.data[r->at + 1] == ':')
		r->at += 2;
	else if (here(r) == '?' || here(r) == '*')
		r->failed = true;
	read_alternatives(r, depth + 1, &inner);
	if (here(r) != ')')
		r->failed = true;
	r->at++;
	if (read_quantifier(r))
		for (uint32_t i = 0; i < inner.count; i++)
			add_need(ret, &inner.items[i]);
}

/* Up to a bar, a bracket that ends it, or the end: all of what it is made of. */
static void read_sequence(struct reader *r, int depth, struct word_needs *ret)
{
	uint32_t run = r->at;

	while (!r->failed && r->at < r->p.len && here(r) != '|' && here(r) != ')') {
		char c = here(r);
		uint32_t start = r->at;
		bool plain = (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 &&
			     !strchr("(.[\\^$#]{}*+?", c);

		if (plain && (r->at + 1 == r->p.len || !is_quantifier(r->p.data[r->at + 1]))) {
			r->at++;
			continue;
		}
		if (c == '(') {
			read_group(r, depth, ret);
		} else if (c == '[') {
			read_class(r);
			read_quantifier(r);
		} else if (c == '\\') {
			read_escape(r);
			read_quantifier(r);
		} else if (plain) { /* with how often it comes */
			r->at++;
			start += read_quantifier(r);
		} else if (c == '{' || c == '*' || c == '+' || c == '?') {
			r->failed = true;
		} else {
			r->at++;
			read_quantifier(r);
		}
		end_run(ret, text_from(r->p.data + run, start - run));
		run = r->at;
	}
	if (!r->failed)
		end_run(ret, text_from(r->p.data + run, r->at - run));
}

static const struct word_need *longest(const struct word_needs *n)
{
	const struct word_need *best = NULL;
	uint32_t most = 0;

	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t len = UINT32_MAX;

		for (uint32_t k = 0; k < n->items[i].count; k++)
			if (n->items[i].texts[k].len < len)
				len = n->items[i].texts[k].len;
		if (len > most) {
			most = len;
			best = &n->items[i];
		}
	}
	return best;
}

/* One sequence needs what it needs; of several, one of each. */
static void read_alternatives(struct reader *r, int depth, struct word_needs *ret)
{
	struct word_need one_of = { .count = 0 };
	bool all = true;

	if (depth > DEPTH_MAX)
		r->failed = true;
	for (bool first = true; !r->failed; first = false) {
		struct word_needs sequence = { 0 };
		const struct word_need *best;

		read_sequence(r, depth, &sequence);
		if (first && here(r) != '|') {
			*ret = sequence;
			return;
		}
		best = longest(&sequence);
		all &= best && one_of.count + best->count <= ALTERNATIVES_MAX;
		for (uint32_t i = 0; all && i < best->count; i++)
			one_of.texts[one_of.count++] = best->texts[i];
		if (here(r) != '|')
			break;
		r->at++;
	}
	if (all)
		add_need(ret, &one_of);
}

void regex_needs(struct text pattern, struct word_needs *ret)
{
	struct reader r = { .p = pattern };

	*ret = (struct word_needs){ 0 };
	read_alternatives(&r, 0, ret);
	if (r.failed || r.at != r.p.len)
		ret->count = 0;
}
