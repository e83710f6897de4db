/* SPDX-License-Identifier: Apache-2.0 */
/* What runs, made from the graph: per event type, how rules are found, and jump code for each. */
#include <stdlib.h>

#include "rules/program_private.h"
#include "rules/types.h"

enum {
	GROUP_LEAVES_MIN = 3, /* smaller groups cost less than to remember them */
	COVER_KEYS_MAX = 1 << 20,
};

/* --- code ---------------------------------------------------------------------------------------------------- */

static uint32_t slot_new(struct program *p, uint32_t term, uint32_t pc)
{
	struct slot *s = vec_add(&p->slots);

	if (!s) {
		p->failed = true;
		return 0;
	}
	*s = (struct slot){ term, pc };
	return (uint32_t)p->slots.len - 1;
}

static uint32_t insn_new(struct program *p, uint32_t slot, uint32_t yes, uint32_t no)
{
	struct insn *i = vec_add(&p->code);

	if (!i) {
		p->failed = true;
		return PC_FALSE;
	}
	*i = (struct insn){ slot, yes, no };
	return (uint32_t)p->code.len - 1;
}

static uint32_t emit(struct program *p, uint32_t node, uint32_t yes, uint32_t no);

struct by_cost {
	uint32_t node, cost;
};

static int cheaper(const void *a, const void *b)
{
	const struct by_cost *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* Members from the last to the first: each jumps to what was made before it. */
static uint32_t emit_group(struct program *p, uint32_t node, uint32_t yes, uint32_t no)
{
	uint32_t count = p->nodes.items[node].count, pc;
	bool all = p->nodes.items[node].kind == NODE_AND;
	struct by_cost *order = calloc(count, sizeof(*order));

	if (!order) {
		p->failed = true;
		return PC_FALSE;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = p->nodes.items[node].items[i];

		order[i] = (struct by_cost){ n, p->nodes.items[n].cost };
	}
	qsort(order, count, sizeof(*order), cheaper);
	pc = all ? yes : no;
	for (uint32_t i = count; i--;)
		pc = all ? emit(p, order[i].node, pc, no) : emit(p, order[i].node, yes, pc);
	free(order);
	return pc;
}

/* The slot of a term, or of a group that several use; NONE: the node's code is put in place. */
static uint32_t slot_of(struct program *p, uint32_t node)
{
	struct node *n = &p->nodes.items[node];
	uint32_t pc;

	if (n->slot != NONE)
		return n->slot;
	if (n->kind == NODE_TERM)
		return n->slot = slot_new(p, n->a, 0);
	if ((n->kind != NODE_AND && n->kind != NODE_OR) || n->uses < 2 ||
	    n->leaves < GROUP_LEAVES_MIN)
		return NONE;
	pc = emit_group(p, node, PC_TRUE, PC_FALSE);
	return p->nodes.items[node].slot = slot_new(p, NONE, pc);
}

static uint32_t emit(struct program *p, uint32_t node, uint32_t yes, uint32_t no)
{
	uint32_t slot;

	switch (p->nodes.items[node].kind) {
	case NODE_FALSE:
		return no;
	case NODE_TRUE:
		return yes;
	case NODE_NOT:
		return emit(p, p->nodes.items[node].a, no, yes);
	default:
		slot = slot_of(p, node);
		return slot == NONE ? emit_group(p, node, yes, no) : insn_new(p, slot, yes, no);
	}
}

/* How many groups or entries each node is a member of: the first use goes into the members. */
static void count_uses(struct program *p, uint32_t node)
{
	struct node *n = &p->nodes.items[node];

	if (n->uses++)
		return;
	if (n->kind == NODE_NOT)
		count_uses(p, n->a);
	for (uint32_t i = 0; i < n->count; i++)
		count_uses(p, n->items[i]);
}

/* --- covers: what a condition can't do without ------------------------------------------------------------------ */

/* One of several things; at least one of them must hold, or the condition is false. */
struct need {
	enum access_kind kind; /* ACCESS_KINDS: a node's result */
	uint32_t input;
	const struct term *term;
	uint32_t node; /* ACCESS_KINDS: this one is wanted (or its opposite) */
	bool wanted;
};

enum { NEEDS_MAX = 64 };
#define SHARE_MAX 0.9

struct cover {
	VEC(struct need) needs;
	double share; /* a guess how many of the events fulfil it */
	bool failed;
};

static void cover_deinit(struct cover *c)
{
	vec_deinit(&c->needs);
}

static void need_add(struct cover *c, struct need n)
{
	struct need *slot = vec_add(&c->needs);

	if (slot)
		*slot = n;
	c->failed = c->failed || !slot;
}

static double at_most(double share, double most)
{
	return share < most ? share : most;
}

/* How the entries that a term belongs to can be found by its input's value; ACCESS_KINDS: not so. */
static enum access_kind access_of(const struct program *p, const struct term *t)
{
	const struct operand *o = p->inputs.items[t->left].operand;
	const struct match *m = &t->match;

	if (o->list || t->right != NONE || m->negate)
		return ACCESS_KINDS;
	switch (m->kind) {
	case MATCH_TEXT_EQ:
		return o->type == VALUE_STRING && m->op != OP_NE ? ACCESS_VALUES : ACCESS_KINDS;
	case MATCH_TEXT_SET:
		return o->type == VALUE_STRING ? ACCESS_VALUES : ACCESS_KINDS;
	case MATCH_PREFIXES:
	case MATCH_SUFFIXES:
		if (o->type != VALUE_STRING || text_set_find(m->set, TEXT("")))
			return ACCESS_KINDS;
		return m->kind == MATCH_PREFIXES ? ACCESS_PREFIXES : ACCESS_SUFFIXES;
	case MATCH_NUMBER:
		return m->op == OP_EQ && o->type != VALUE_BOOL ? ACCESS_NUMBERS : ACCESS_KINDS;
	case MATCH_NUMBERS:
		return o->type != VALUE_BOOL ? ACCESS_NUMBERS : ACCESS_KINDS;
	default:
		return ACCESS_KINDS;
	}
}

static uint32_t keys_of(const struct term *t)
{
	return t->match.kind == MATCH_NUMBERS ? t->match.number_count :
	       t->match.set		      ? t->match.set->count :
						1;
}

static void cover_term(const struct program *p, uint32_t node, struct cover *c)
{
	static const struct {
		double base, per_key, most;
	} shares[] = {
		[ACCESS_VALUES] = { 0.01, 0.002, 0.3 },
		[ACCESS_PREFIXES] = { 0.02, 0.005, 0.4 },
		[ACCESS_SUFFIXES] = { 0.03, 0.005, 0.4 },
		[ACCESS_NUMBERS] = { 0.05, 0.01, 0.4 },
	};
	const struct term *t = &p->terms.items[p->nodes.items[node].a];
	enum access_kind kind = access_of(p, t);

	need_add(c, (struct need){ kind, t->left, t, node, true });
	if (kind < ACCESS_KINDS)
		c->share = at_most(shares[kind].base + shares[kind].per_key * keys_of(t),
				   shares[kind].most);
	else
		c->share = t->match.kind == MATCH_NUMBER || t->match.kind == MATCH_EXISTS ||
					   t->match.negate ?
				   0.5 :
				   0.35;
}

static void cover_of(const struct program *p, uint32_t node, struct cover *c);

/*
 * What many entries have in common (a file is opened, a container's process does it) tells them apart
 * badly, whatever it looks like; with a few entries that can't be known.
 */
static double popularity(const struct program *p, uint32_t node)
{
	uint32_t uses = p->nodes.items[node].uses;

	return uses < 8 ? 0 : at_most(0.02 * uses, 0.5);
}

static void cover_and(const struct program *p, const struct node *n, struct cover *c)
{
	struct cover best = { .share = 2 };

	for (uint32_t i = 0; i < n->count; i++) {
		struct cover one = { 0 };

		cover_of(p, n->items[i], &one);
		one.share += popularity(p, n->items[i]);
		if (!one.failed && one.share < best.share) {
			cover_deinit(&best);
			best = one;
		} else {
			cover_deinit(&one);
		}
	}
	*c = best;
	c->failed = best.share > 1;
}

static void cover_or(const struct program *p, const struct node *n, struct cover *c)
{
	for (uint32_t i = 0; i < n->count && !c->failed; i++) {
		struct cover one = { 0 };

		cover_of(p, n->items[i], &one);
		c->share += one.share;
		c->failed = one.failed || c->share > SHARE_MAX || c->needs.len > NEEDS_MAX;
		vec_foreach(need, &one.needs)
			need_add(c, *need);
		cover_deinit(&one);
	}
}

static void cover_of(const struct program *p, uint32_t node, struct cover *c)
{
	const struct node *n = &p->nodes.items[node];

	switch (n->kind) {
	case NODE_TERM:
		cover_term(p, node, c);
		break;
	case NODE_AND:
		cover_and(p, n, c);
		break;
	case NODE_OR:
		cover_or(p, n, c);
		break;
	case NODE_NOT:
		need_add(c, (struct need){ ACCESS_KINDS, 0, NULL, n->a, false });
		c->share = 0.75;
		break;
	default:
		c->failed = true;
		break;
	}
	/* What most events fulfil is not worth a look of its own. */
	if (c->share > SHARE_MAX || c->needs.len > NEEDS_MAX)
		c->failed = true;
}

/* --- how the entries of a type are found ------------------------------------------------------------------------ */

struct pair {
	uint32_t key, entry;
};

struct access_builder {
	uint32_t input;
	enum access_kind kind;
	VEC(const struct term *) terms;
	VEC(uint32_t) entries; /* one per term */
};

struct type_builder {
	struct program *p;
	struct type_program *t;
	VEC(struct access_builder) accesses;
	VEC(struct gate) gates; /* entries collected beside it */
	VEC(struct pair) gate_pairs;
};

static struct access_builder *access_for(struct type_builder *b, uint32_t input,
					 enum access_kind kind)
{
	struct access_builder *a;

	vec_foreach(known, &b->accesses)
		if (known->input == input && known->kind == kind)
			return known;
	a = vec_add(&b->accesses);
	if (a) {
		a->input = input;
		a->kind = kind;
	}
	return a;
}

static void add_access(struct type_builder *b, const struct need *n, uint32_t entry)
{
	struct access_builder *a = access_for(b, n->input, n->kind);
	const struct term **term = a ? vec_add(&a->terms) : NULL;
	uint32_t *e = a ? vec_add(&a->entries) : NULL;

	if (!term || !e) {
		b->p->failed = true;
		return;
	}
	*term = n->term;
	*e = entry;
}

static void add_gate(struct type_builder *b, uint32_t node, bool wanted, uint32_t entry)
{
	struct gate *gate = NULL;
	struct pair *pair;
	uint32_t slot;

	while (b->p->nodes.items[node].kind == NODE_NOT) {
		node = b->p->nodes.items[node].a;
		wanted = !wanted;
	}
	/* Groups that only this entry has are evaluated with it, not before it. */
	slot = slot_of(b->p, node);
	if (slot == NONE) {
		b->t->always[entry / 64] |= 1ULL << (entry % 64);
		return;
	}
	vec_foreach(g, &b->gates)
		if (g->slot == slot && g->wanted == wanted)
			gate = g;
	if (!gate) {
		gate = vec_add(&b->gates);
		if (gate)
			*gate = (struct gate){ .slot = slot, .wanted = wanted };
	}
	pair = vec_add(&b->gate_pairs);
	if (!gate || !pair) {
		b->p->failed = true;
		return;
	}
	*pair = (struct pair){ (uint32_t)(gate - b->gates.items), entry };
}

static void find_by(struct type_builder *b, uint32_t entry)
{
	struct cover c = { 0 };

	cover_of(b->p, b->t->entries[entry].node, &c);
	if (c.failed || !c.needs.len)
		b->t->always[entry / 64] |= 1ULL << (entry % 64);
	for (size_t i = 0; !c.failed && i < c.needs.len; i++) {
		const struct need *n = &c.needs.items[i];

		if (n->kind == ACCESS_KINDS)
			add_gate(b, n->node, n->wanted, entry);
		else
			add_access(b, n, entry);
	}
	cover_deinit(&c);
}

static int by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

/* Calls fn for every key of a term; numbers are keyed by their bytes. Terms do not move any more. */
static void each_key(const struct term *t, void (*fn)(struct text key, void *context),
		     void *context)
{
	const struct match *m = &t->match;

	if (m->kind == MATCH_TEXT_EQ) {
		fn(m->text, context);
		return;
	}
	if (m->kind == MATCH_NUMBER) {
		fn(text_from((const char *)&m->number.u, sizeof(m->number.u)), context);
		return;
	}
	for (uint32_t i = 0; i < m->number_count; i++)
		fn(text_from((const char *)&m->numbers[i], sizeof(m->numbers[i])), context);
	for (uint32_t i = 0; m->kind != MATCH_NUMBERS && i < m->set->size; i++)
		if (m->set->slots[i].key.data)
			fn(m->set->slots[i].key, context);
}

struct key_sink {
	struct program *p;
	struct text_set *keys;
	VEC(struct pair) pairs;
	uint32_t entry;
};

static void take_key(struct text key, void *context)
{
	struct key_sink *sink = context;
	struct pair *pair = vec_add(&sink->pairs);

	if (!pair) {
		sink->p->failed = true;
		return;
	}
	*pair = (struct pair){ text_set_add(sink->keys, key)->value, sink->entry };
}

static uint32_t key_count(const struct access_builder *b)
{
	uint32_t n = 0;

	for (size_t i = 0; i < b->terms.len; i++)
		n += keys_of(b->terms.items[i]);
	return n;
}

/* The pairs as one array of entries with a start per key. */
static bool access_finish(struct program *p, struct access *a, const struct access_builder *b)
{
	struct key_sink sink = { .p = p };

	*a = (struct access){ .input = b->input, .kind = b->kind };
	a->keys = sink.keys = text_set_new(&p->arena, key_count(b), b->kind == ACCESS_SUFFIXES);
	if (!a->keys)
		return false;
	for (size_t i = 0; i < b->terms.len; i++) {
		sink.entry = b->entries.items[i];
		each_key(b->terms.items[i], take_key, &sink);
	}
	vec_sort(&sink.pairs, by_key);
	a->starts = arena_array(&p->arena, uint32_t, a->keys->count + 1);
	a->entries = arena_array(&p->arena, uint32_t, sink.pairs.len + 1);
	for (size_t i = 0; a->starts && a->entries && i < sink.pairs.len; i++) {
		a->entries[i] = sink.pairs.items[i].entry;
		a->starts[sink.pairs.items[i].key + 1] = (uint32_t)i + 1;
	}
	vec_deinit(&sink.pairs);
	return a->starts && a->entries && text_set_finish(a->keys, &p->arena);
}

static bool gates_finish(struct type_builder *b)
{
	struct program *p = b->p;
	uint32_t *entries = arena_array(&p->arena, uint32_t, b->gate_pairs.len + 1);

	b->t->gates = arena_array(&p->arena, struct gate, b->gates.len + 1);
	if (!entries || !b->t->gates)
		return false;
	vec_sort(&b->gate_pairs, by_key);
	for (size_t i = 0; i < b->gate_pairs.len; i++) {
		struct gate *g = &b->gates.items[b->gate_pairs.items[i].key];

		entries[i] = b->gate_pairs.items[i].entry;
		if (!g->count++)
			g->entries = &entries[i];
	}
	b->t->gate_count = (uint32_t)b->gates.len;
	if (b->gates.len)
		memcpy(b->t->gates, b->gates.items, b->gates.len * sizeof(*b->t->gates));
	return true;
}

static bool build_access(struct program *p, struct type_program *t)
{
	struct type_builder b = { .p = p, .t = t };
	bool good;

	for (uint32_t i = 0; i < t->count; i++)
		find_by(&b, i);
	t->accesses = arena_array(&p->arena, struct access, b.accesses.len + 1);
	good = t->accesses && gates_finish(&b);
	for (size_t i = 0; good && i < b.accesses.len; i++)
		good = access_finish(p, &t->accesses[i], &b.accesses.items[i]);
	t->access_count = (uint32_t)b.accesses.len;
	vec_foreach(a, &b.accesses) {
		vec_deinit(&a->terms);
		vec_deinit(&a->entries);
	}
	vec_deinit(&b.accesses);
	vec_deinit(&b.gates);
	vec_deinit(&b.gate_pairs);
	return good && !p->failed;
}

/* --- types ---------------------------------------------------------------------------------------------------- */

typedef VEC(struct entry) entry_list;

/* The nodes of a rule: its condition, then its steps. */
struct rule_nodes {
	struct rule *rule;
	uint32_t state, condition, steps[EXTEND_STEPS_MAX];
};

static void add_entry(struct program *p, entry_list *list, const struct rule_nodes *r, int step,
		      uint32_t type, uint32_t **memo, size_t *memo_size)
{
	uint32_t node = graph_specialise(p, step < 0 ? r->condition : r->steps[step], type, memo,
					 memo_size);
	struct entry *e;

	if (node == 0)
		return;
	e = vec_add(list);
	if (e)
		*e = (struct entry){ r->rule, step, r->state, node, 0 };
	p->failed = p->failed || !e;
}

typedef VEC(struct rule_nodes) rule_node_list;

static bool build_type(struct program *p, const rule_node_list *rules, uint32_t type,
		       entry_list *list)
{
	struct type_program *t = &p->types[type];
	uint32_t *memo = NULL;
	size_t memo_size = 0;

	list->len = 0;
	vec_foreach(r, rules)
		if (r->rule->event_source == (int)event_types[type].source)
			add_entry(p, list, r, -1, type, &memo, &memo_size);
	t->rules = (uint32_t)list->len;
	vec_foreach(r, rules) {
		const struct rule_extensions *x = r->rule->extensions;

		if (r->rule->event_source != (int)event_types[type].source || !x || !x->sequence)
			continue;
		for (uint32_t i = 0; i < x->sequence->step_count; i++)
			add_entry(p, list, r, (int)i, type, &memo, &memo_size);
	}
	free(memo);
	t->count = (uint32_t)list->len;
	t->words = (t->count + 63) / 64;
	t->entries = arena_array(&p->arena, struct entry, t->count + 1);
	t->always = arena_array(&p->arena, uint64_t, t->words + 1);
	if (!t->entries || !t->always)
		return false;
	if (list->items)
		memcpy(t->entries, list->items, t->count * sizeof(*t->entries));
	p->words_max = t->words > p->words_max ? t->words : p->words_max;
	return true;
}

static bool has_state(const struct rule_extensions *x)
{
	return x && (x->count || x->sequence || x->first_seen || x->suppress);
}

static bool collect_rules(struct program *p, rule_node_list *rules)
{
	p->stateful = arena_array(&p->arena, struct rule *, p->rs->rules.len + 1);
	vec_foreach(it, &p->rs->rules) {
		const struct rule_extensions *x = (*it)->extensions;
		struct rule *r = *it;
		struct rule_nodes *n;

		if (!r->enabled || r->skipped || !r->condition)
			continue;
		n = vec_add(rules);
		if (!n || !p->stateful)
			return false;
		n->rule = r;
		n->state = NONE;
		n->condition = graph_add(p, r->condition);
		for (uint32_t i = 0; x && x->sequence && i < x->sequence->step_count; i++)
			n->steps[i] = graph_add(p, x->sequence->steps[i].condition);
		if (has_state(x)) {
			n->state = p->stateful_count;
			p->stateful[p->stateful_count++] = r;
		}
	}
	return !p->failed;
}

bool code_build(struct program *p)
{
	rule_node_list rules = { 0 };
	entry_list list = { 0 };
	bool good = collect_rules(p, &rules);

	p->types = arena_array(&p->arena, struct type_program, event_type_count);
	good = good && p->types;
	for (uint32_t i = 0; good && i < event_type_count; i++)
		good = build_type(p, &rules, i, &list) && !p->failed;
	/* Uses are counted over all types before any code is made: what is shared is made once. */
	for (uint32_t i = 0; good && i < event_type_count; i++)
		for (uint32_t k = 0; k < p->types[i].count; k++)
			count_uses(p, p->types[i].entries[k].node);
	for (uint32_t i = 0; good && i < event_type_count; i++) {
		struct type_program *t = &p->types[i];

		for (uint32_t k = 0; k < t->count; k++)
			t->entries[k].pc = emit(p, t->entries[k].node, PC_TRUE, PC_FALSE);
		good = build_access(p, t);
	}
	vec_deinit(&rules);
	vec_deinit(&list);
	return good && !p->failed && !p->arena.failed;
}
