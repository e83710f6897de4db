/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lower part of the graph: the arguments of one call.
 *
 * A comparison of 64 bits becomes tests of 32-bit words, a rule a conjunction of tests or several of
 * them (terms). A state of the decision is which terms are still possible, and which of their tests
 * are still open; the word that most terms ask about is looked at next, once for all of them. States
 * that are equal are one. If that grows too large, the rules are asked one after the other instead.
 */
#include <errno.h>
#include <string.h>

#include "profile/cbpf/decision.h"

enum { TESTS_MAX = 2 * CBPF_COMPARES_MAX, TERMS_MAX = 512, STATES_MAX = 1024 };

/* low <= (word & mask) <= high */
struct test {
	uint32_t word, mask, low, high;
};

struct term {
	uint32_t action;
	unsigned count;
	struct test tests[TESTS_MAX];
};
typedef VEC(struct term) term_list;

/* Numbers first..last, or all but those; or a comparison with a mask. */
struct span {
	bool masked, inside;
	uint64_t first, last;
};

/* A comparison as a span; false if it can't hold. */
static bool span_of(const struct cbpf_compare *c, bool narrow, struct span *s)
{
	uint64_t most = narrow ? UINT32_MAX : UINT64_MAX, v = c->value & most;

	*s = (struct span){ .inside = true, .first = 0, .last = most };
	switch (c->op) {
	case CBPF_NE:
		s->inside = false;
		s->first = s->last = v;
		return true;
	case CBPF_LT:
		s->last = v - 1;
		return v > 0;
	case CBPF_LE:
		s->last = v;
		return true;
	case CBPF_EQ:
		s->first = s->last = v;
		return true;
	case CBPF_GE:
		s->first = v;
		return true;
	case CBPF_GT:
		s->first = v + 1;
		return v < most;
	case CBPF_MASKED_EQ:
		s->masked = true;
		s->first = v;
		s->last = c->value_two & most;
		return !(s->last & ~v);
	case CBPF_OPS:
		break;
	}
	return false;
}

static uint32_t low_half(uint64_t v)
{
	return (uint32_t)v;
}

static uint32_t high_half(uint64_t v)
{
	return (uint32_t)(v >> 32);
}

/* The words of struct seccomp_data that an argument is in; little endian. */
static uint32_t low_word(unsigned index)
{
	return DECISION_WORD_ARGS + 2 * index;
}

static uint32_t high_word(unsigned index)
{
	return DECISION_WORD_ARGS + 2 * index + 1;
}

/* --- terms -------------------------------------------------------------------------------------- */

/* Adds a test to a term; false if the term can't hold any more. */
static bool term_test(struct term *t, uint32_t word, uint32_t mask, uint32_t low, uint32_t high)
{
	if (low == 0 && high >= mask)
		return true;
	for (unsigned i = 0; i < t->count; i++) {
		struct test *known = &t->tests[i];

		if (known->word != word || known->mask != mask)
			continue;
		known->low = low > known->low ? low : known->low;
		known->high = high < known->high ? high : known->high;
		return known->low <= known->high;
	}
	t->tests[t->count++] = (struct test){ word, mask, low, high };
	return true;
}

static int term_add(term_list *list, const struct term *t)
{
	struct term *slot;

	if (list->len >= TERMS_MAX)
		return -E2BIG;
	slot = vec_add(list);
	if (!slot)
		return -ENOMEM;
	*slot = *t;
	return 0;
}

/* The term with a test of both halves more; nothing if that can't hold. */
static int term_halves(term_list *list, const struct term *t, unsigned index, uint32_t high_first,
		       uint32_t high_last, uint32_t low_first, uint32_t low_last)
{
	struct term more = *t;

	if (high_first > high_last || low_first > low_last)
		return 0;
	if (!term_test(&more, high_word(index), UINT32_MAX, high_first, high_last) ||
	    !term_test(&more, low_word(index), UINT32_MAX, low_first, low_last))
		return 0;
	return term_add(list, &more);
}

static int term_interval(term_list *list, const struct term *t, unsigned index, bool narrow,
			 uint64_t first, uint64_t last)
{
	uint32_t fh = high_half(first), fl = low_half(first), lh = high_half(last),
		 ll = low_half(last);
	int r;

	if (narrow || fh == lh)
		return term_halves(list, t, index, fh, narrow ? UINT32_MAX : lh, fl, ll);
	/* The first and the last block of 2^32 are cut, unless they are whole; between them is any. */
	r = fl ? term_halves(list, t, index, fh, fh, fl, UINT32_MAX) : 0;
	if (!r && ll != UINT32_MAX)
		r = term_halves(list, t, index, lh, lh, 0, ll);
	fh += fl != 0;
	lh -= ll != UINT32_MAX;
	return r || fh > lh ? r : term_halves(list, t, index, fh, lh, 0, UINT32_MAX);
}

static int term_compare(term_list *list, const struct term *t, const struct cbpf_compare *c,
			bool narrow)
{
	uint64_t most = narrow ? UINT32_MAX : UINT64_MAX;
	struct term more = *t;
	struct span s;
	int r = 0;

	if (!span_of(c, narrow, &s))
		return 0;
	if (s.masked) {
		if (!term_test(&more, high_word(c->index), high_half(s.first), high_half(s.last),
			       high_half(s.last)) ||
		    !term_test(&more, low_word(c->index), low_half(s.first), low_half(s.last),
			       low_half(s.last)))
			return 0;
		return term_add(list, &more);
	}
	if (s.inside)
		return term_interval(list, t, c->index, narrow, s.first, s.last);
	if (s.first > 0)
		r = term_interval(list, t, c->index, narrow, 0, s.first - 1);
	if (!r && s.last < most)
		r = term_interval(list, t, c->index, narrow, s.last + 1, most);
	return r;
}

/* Adds the terms of a rule: its comparisons multiplied out. */
static int rule_terms(term_list *list, const struct cbpf_rule *rule, bool narrow)
{
	term_list now = { 0 };
	struct term start = { .action = rule->action };
	int r = term_add(&now, &start);

	for (unsigned i = 0; i < rule->count && !r; i++) {
		term_list next = { 0 };

		vec_foreach(t, &now)
			r = r ? r : term_compare(&next, t, &rule->compares[i], narrow);
		vec_deinit(&now);
		now = (term_list){ next.items, next.len, next.size };
	}
	vec_foreach(t, &now)
		r = r ? r : term_add(list, t);
	vec_deinit(&now);
	return r;
}

/* --- states ------------------------------------------------------------------------------------- */

/* A term that is still possible, and its tests that are still open. No padding: compared as bytes. */
struct open_term {
	uint64_t tests;
	uint64_t term;
};
typedef VEC(struct open_term) state;

struct known_state {
	state state;
	int node;
};

struct builder {
	struct decision *decision;
	term_list terms;
	uint32_t otherwise;
	VEC(struct known_state) known;
};

static int build_state(struct builder *b, state *s);

static int known_find(const struct builder *b, const state *s)
{
	vec_foreach(k, &b->known)
		if (k->state.len == s->len &&
		    !memcmp(k->state.items, s->items, s->len * sizeof(*s->items)))
			return k->node;
	return -1;
}

/* Takes the state over. */
static int known_add(struct builder *b, state *s, int node)
{
	struct known_state *slot;

	if (b->known.len >= STATES_MAX)
		return -E2BIG;
	slot = vec_add(&b->known);
	if (!slot)
		return -ENOMEM;
	slot->node = node;
	slot->state = (state){ s->items, s->len, s->size };
	memset(s, 0, sizeof(*s));
	return node;
}

static const struct test *open_test(const struct builder *b, const struct open_term *o,
				    const struct test *like)
{
	const struct term *t = &b->terms.items[o->term];

	for (unsigned i = 0; i < t->count; i++)
		if (o->tests >> i & 1 && t->tests[i].word == like->word &&
		    t->tests[i].mask == like->mask)
			return &t->tests[i];
	return NULL;
}

/* Of the first term's open tests, the one whose word most terms ask about. */
static const struct test *choose(const struct builder *b, const state *s)
{
	const struct term *first = &b->terms.items[s->items[0].term];
	const struct test *best = NULL;
	size_t most = 0;

	for (unsigned i = 0; i < first->count; i++) {
		size_t n = 0;

		if (!(s->items[0].tests >> i & 1))
			continue;
		vec_foreach(o, s)
			n += open_test(b, o, &first->tests[i]) != NULL;
		if (n > most) {
			most = n;
			best = &first->tests[i];
		}
	}
	return best;
}

/* What is left of a state once it is known that the word is at `value`. */
static int state_after(const struct builder *b, const state *s, const struct test *asked,
		       uint32_t value, state *ret)
{
	if (b->decision->patience < s->len)
		return -E2BIG;
	b->decision->patience -= s->len;
	vec_foreach(o, s) {
		const struct test *test = open_test(b, o, asked);
		struct open_term *slot;

		if (test && (value < test->low || value > test->high))
			continue;
		slot = vec_add(ret);
		if (!slot)
			return -ENOMEM;
		*slot = *o;
		if (test)
			slot->tests &= ~(1ULL << (test - b->terms.items[o->term].tests));
		if (!slot->tests)
			return 0; /* it holds: those after it don't matter */
	}
	return 0;
}

static int edge_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Numbers at which the answer of some term to a question changes: the last ones before a change. */
static int state_edges(const struct builder *b, const state *s, const struct test *asked,
		       uint32_t **ret, size_t *ret_count)
{
	uint32_t *edges = calloc(2 * s->len + 1, sizeof(*edges));
	size_t n = 0, kept = 0;

	if (!edges)
		return -ENOMEM;
	vec_foreach(o, s) {
		const struct test *test = open_test(b, o, asked);

		if (test && test->low)
			edges[n++] = test->low - 1;
		if (test)
			edges[n++] = test->high;
	}
	edges[n++] = UINT32_MAX;
	qsort(edges, n, sizeof(*edges), edge_compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || edges[kept - 1] != edges[i])
			edges[kept++] = edges[i];
	*ret = edges;
	*ret_count = kept;
	return 0;
}

static int build_switch(struct builder *b, const state *s)
{
	const struct test asked = *choose(b, s);
	cleanup_free struct tree_segment *segments = NULL;
	cleanup_free uint32_t *edges = NULL;
	size_t count = 0;
	int r = state_edges(b, s, &asked, &edges, &count);

	segments = r ? NULL : calloc(count, sizeof(*segments));
	if (!r && !segments)
		r = -ENOMEM;
	for (size_t i = 0; i < count && r >= 0; i++) {
		state next = { 0 };

		r = state_after(b, s, &asked, edges[i], &next);
		segments[i].weight = 1 + 8 * next.len;
		segments[i].last = edges[i];
		if (!r)
			r = build_state(b, &next);
		segments[i].target = (uint32_t)r;
		vec_deinit(&next);
	}
	return r < 0 ? r :
		       decision_switch(b->decision, asked.word, asked.mask, segments, count, NULL,
				       0);
}

/* The node for a state; may take the state over. */
static int build_state(struct builder *b, state *s)
{
	int node;

	if (!s->len)
		return decision_return(b->decision, b->otherwise);
	if (!s->items[0].tests)
		return decision_return(b->decision, b->terms.items[s->items[0].term].action);
	node = known_find(b, s);
	if (node < 0)
		node = build_switch(b, s);
	else
		return node;
	return node < 0 ? node : known_add(b, s, node);
}

static int build_graph(struct builder *b)
{
	state start = { 0 };
	int r = 0;

	for (size_t i = 0; i < b->terms.len && !r; i++) {
		struct open_term *o = vec_add(&start);

		if (!o)
			r = -ENOMEM;
		else
			*o = (struct open_term){ (1ULL << b->terms.items[i].count) - 1, i };
	}
	if (!r)
		r = build_state(b, &start);
	vec_deinit(&start);
	return r;
}

/* --- one rule after the other ------------------------------------------------------------------- */

static int chain_switch(struct decision *d, uint32_t word, uint32_t first, uint32_t last,
			int inside, int below, int above)
{
	struct tree_segment s[3];
	size_t n = 0;

	if (inside < 0 || below < 0 || above < 0)
		return inside < 0 ? inside : below < 0 ? below : above;
	if (first)
		s[n++] = (struct tree_segment){ first - 1, (uint32_t)below, 1 };
	s[n++] = (struct tree_segment){ last, (uint32_t)inside, 1 };
	if (last != UINT32_MAX)
		s[n++] = (struct tree_segment){ UINT32_MAX, (uint32_t)above, 1 };
	return decision_switch(d, word, UINT32_MAX, s, n, NULL, 0);
}

static int chain_interval(struct decision *d, unsigned index, bool narrow, uint64_t first,
			  uint64_t last, int yes, int no)
{
	uint32_t low = low_word(index), high = high_word(index), fh = high_half(first),
		 lh = high_half(last);
	int at_first, at_last;

	if (narrow)
		return chain_switch(d, low, low_half(first), low_half(last), yes, no, no);
	if (fh == lh)
		return chain_switch(
			d, high, fh, fh,
			chain_switch(d, low, low_half(first), low_half(last), yes, no, no), no, no);
	at_first = chain_switch(d, low, low_half(first), UINT32_MAX, yes, no, no);
	at_last = chain_switch(d, low, 0, low_half(last), yes, no, no);
	if (lh - fh > 1)
		yes = chain_switch(d, high, fh + 1, lh - 1, yes, at_first, at_last);
	else
		yes = chain_switch(d, high, 0, fh, at_first, no, at_last);
	return chain_switch(d, high, fh, lh, yes, no, no);
}

static int chain_masked(struct decision *d, uint32_t word, uint32_t mask, uint32_t value, int yes,
			int no)
{
	struct tree_segment s[3];
	size_t n = 0;

	if (yes < 0 || no < 0 || !mask)
		return no < 0 ? no : yes;
	if (value)
		s[n++] = (struct tree_segment){ value - 1, (uint32_t)no, 1 };
	s[n++] = (struct tree_segment){ value, (uint32_t)yes, 1 };
	if (value != UINT32_MAX)
		s[n++] = (struct tree_segment){ UINT32_MAX, (uint32_t)no, 1 };
	return decision_switch(d, word, mask, s, n, NULL, 0);
}

static int chain_compare(struct decision *d, const struct cbpf_compare *c, bool narrow, int yes,
			 int no)
{
	struct span s;

	if (!span_of(c, narrow, &s))
		return no;
	if (!s.masked)
		return s.inside ? chain_interval(d, c->index, narrow, s.first, s.last, yes, no) :
				  chain_interval(d, c->index, narrow, s.first, s.last, no, yes);
	yes = chain_masked(d, low_word(c->index), low_half(s.first), low_half(s.last), yes, no);
	return chain_masked(d, high_word(c->index), high_half(s.first), high_half(s.last), yes, no);
}

static int build_chain(struct decision *d, const struct cbpf_call *call, bool narrow,
		       uint32_t otherwise)
{
	int node = decision_return(d, otherwise);

	for (size_t i = call->rules.len; i-- > 0 && node >= 0;) {
		const struct cbpf_rule *rule = &call->rules.items[i];
		int next = node;

		node = decision_return(d, rule->action);
		for (unsigned k = rule->count; k-- > 0 && node >= 0;)
			node = chain_compare(d, &rule->compares[k], narrow, node, next);
	}
	return node;
}

int decision_arguments(struct decision *d, const struct cbpf_call *call, bool narrow,
		       uint32_t otherwise)
{
	struct builder b = { .decision = d, .otherwise = otherwise };
	int r = 0;

	vec_foreach(rule, &call->rules)
		if (!rule->count)
			return decision_return(d, rule->action);
	if (d->plain)
		return build_chain(d, call, narrow, otherwise);
	vec_foreach(rule, &call->rules)
		r = r ? r : rule_terms(&b.terms, rule, narrow);
	if (!r)
		r = build_graph(&b);
	vec_foreach(k, &b.known)
		vec_deinit(&k->state);
	vec_deinit(&b.known);
	vec_deinit(&b.terms);
	return r == -E2BIG ? build_chain(d, call, narrow, otherwise) : r;
}
