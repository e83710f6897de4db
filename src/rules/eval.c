/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/eval.h"

#include <assert.h>
#include <stdlib.h>

#include "rules/operand_value.h"
#include "rules/program_private.h"
#include "rules/state.h"

/*
 * Results of an event are stamped with its number instead of being cleared before the next: of a
 * thousand remembered results most events fill a few dozen.
 */
struct evaluator {
	const struct program *p;
	struct scratch scratch;
	struct regex_room regex;
	uint32_t stamp;
	uint32_t *slots;  /* stamp << 1 | result */
	uint32_t *inputs; /* stamp << 1 | is there */
	struct value *values;
	uint64_t *candidates;
	struct rule_state **states;
	uint64_t counters[EVAL_COUNTERS];
};

const char *const evaluator_counters[] = {
	[EVAL_EVENTS] = "events",
	[EVAL_MATCHES] = "matches",
	[EVAL_MATCHES_DROPPED] = "matches_dropped",
	[EVAL_FIELDS_TOO_LARGE] = "fields_too_large",
	[EVAL_REGEX_LIMITED] = "regex_limited",
	[EVAL_SUPPRESSED] = "alerts_suppressed",
	[EVAL_COUNT_EVICTED] = "count_keys_evicted",
	[EVAL_SEQUENCE_EVICTED] = "sequence_keys_evicted",
	[EVAL_FIRST_SEEN_EVICTED] = "first_seen_keys_evicted",
	[EVAL_SUPPRESS_EVICTED] = "suppress_keys_evicted",
};
static_assert(ARRAY_SIZE(evaluator_counters) == EVAL_COUNTERS, "a name for each");

enum { STAMP_MAX = INT32_MAX };

struct evaluator *evaluator_new(const struct program *p, size_t scratch)
{
	struct evaluator *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->p = p;
	e->scratch.size = (uint32_t)(scratch ? scratch : EVAL_SCRATCH_DEFAULT);
	e->scratch.data = malloc(e->scratch.size);
	e->slots = calloc(p->slots.len + 1, sizeof(*e->slots));
	e->inputs = calloc(p->inputs.len + 1, sizeof(*e->inputs));
	e->values = calloc(p->inputs.len + 1, sizeof(*e->values));
	e->candidates = calloc(p->words_max + 1, sizeof(*e->candidates));
	e->states = calloc(p->stateful_count + 1, sizeof(*e->states));
	if (!e->scratch.data || !e->slots || !e->inputs || !e->values || !e->candidates ||
	    !e->states || !regex_room_init(&e->regex)) {
		evaluator_free(e);
		return NULL;
	}
	for (uint32_t i = 0; i < p->stateful_count; i++) {
		e->states[i] = rule_state_new(p->stateful[i]);
		if (!e->states[i]) {
			evaluator_free(e);
			return NULL;
		}
	}
	return e;
}

void evaluator_free(struct evaluator *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; e->states && i < e->p->stateful_count; i++)
		rule_state_free(e->states[i]);
	regex_room_deinit(&e->regex);
	free(e->scratch.data);
	free(e->slots);
	free(e->inputs);
	free(e->values);
	free(e->candidates);
	free(e->states);
	free(e);
}

uint64_t evaluator_counter(const struct evaluator *e, enum evaluator_counter which)
{
	if (which == EVAL_FIELDS_TOO_LARGE)
		return e->scratch.refused;
	if (which == EVAL_REGEX_LIMITED)
		return e->regex.limited;
	return e->counters[which];
}

struct scratch *evaluator_scratch(struct evaluator *e)
{
	return &e->scratch;
}

/* --- one event ---------------------------------------------------------------------------------------------------- */

/* NULL: the event does not have it. */
static const struct value *input(struct evaluator *e, uint32_t i, const struct event *ev)
{
	uint32_t state = e->inputs[i];

	if (state >> 1 != e->stamp) {
		const struct operand *o = e->p->inputs.items[i].operand;
		bool there = o->kind == OPERAND_FIELD ?
				     field_read(&o->field, ev, &e->scratch, &e->values[i]) :
				     operand_read(o, ev, &e->scratch, &e->values[i]);

		e->inputs[i] = state = e->stamp << 1 | there;
	}
	return state & 1 ? &e->values[i] : NULL;
}

static bool term_holds(struct evaluator *e, const struct term *t, const struct event *ev)
{
	const struct value *left = input(e, t->left, ev), *right = NULL;

	if (!left)
		return false;
	if (t->right != NONE) {
		right = input(e, t->right, ev);
		if (!right)
			return false;
	}
	return match_run(&t->match, t->checks[0]->left, left, right, &e->regex);
}

static bool code_holds(struct evaluator *e, uint32_t pc, const struct event *ev);

static bool slot_holds(struct evaluator *e, uint32_t i, const struct event *ev)
{
	uint32_t state = e->slots[i];

	if (state >> 1 != e->stamp) {
		const struct slot *s = &e->p->slots.items[i];
		bool holds = s->term != NONE ? term_holds(e, &e->p->terms.items[s->term], ev) :
					       code_holds(e, s->pc, ev);

		e->slots[i] = state = e->stamp << 1 | holds;
	}
	return state & 1;
}

static bool code_holds(struct evaluator *e, uint32_t pc, const struct event *ev)
{
	const struct insn *code = e->p->code.items;

	while (pc < PC_FALSE)
		pc = slot_holds(e, code[pc].slot, ev) ? code[pc].yes : code[pc].no;
	return pc == PC_TRUE;
}

static void mark(struct evaluator *e, const uint32_t *entries, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		e->candidates[entries[i] / 64] |= 1ULL << (entries[i] % 64);
}

static void mark_key(struct evaluator *e, const struct access *a, const struct text_set_slot *slot)
{
	if (slot)
		mark(e, a->entries + a->starts[slot->value],
		     a->starts[slot->value + 1] - a->starts[slot->value]);
}

static void mark_by_value(struct evaluator *e, const struct access *a, const struct value *v)
{
	struct text t = a->kind == ACCESS_NUMBERS ? text_from((const char *)&v->u, sizeof(v->u)) :
						    value_text(v);

	if (a->kind == ACCESS_VALUES || a->kind == ACCESS_NUMBERS) {
		mark_key(e, a, text_set_find(a->keys, t));
		return;
	}
	for (uint32_t i = 0; i < a->keys->length_count && a->keys->lengths[i] <= t.len; i++)
		mark_key(e, a, text_set_part(a->keys, t, i));
}

static void find_candidates(struct evaluator *e, const struct type_program *t,
			    const struct event *ev)
{
	memcpy(e->candidates, t->always, t->words * sizeof(*e->candidates));
	for (uint32_t i = 0; i < t->access_count; i++) {
		const struct access *a = &t->accesses[i];
		const struct value *v = input(e, a->input, ev);

		if (!v)
			continue;
		if (!v->list)
			mark_by_value(e, a, v);
		for (uint32_t k = 0; v->list && k < v->len; k++)
			mark_by_value(e, a, &v->items[k]);
	}
	for (uint32_t i = 0; i < t->gate_count; i++)
		if (slot_holds(e, t->gates[i].slot, ev) == t->gates[i].wanted)
			mark(e, t->gates[i].entries, t->gates[i].count);
}

struct run {
	struct rule_match *out;
	size_t max, count;
	bool done; /* with the rules: steps of sequences are still looked at */
};

static void take_rule(struct evaluator *e, const struct entry *entry, const struct event *ev,
		      struct run *run)
{
	struct rule_match m = { .rule = entry->rule };
	enum state_verdict verdict = STATE_ALERT;

	if (entry->state != NONE)
		verdict = rule_state_match(e->states[entry->state], ev, &e->scratch, e->counters,
					   &m.suppressed);
	if (verdict == STATE_NOT_YET)
		return;
	run->done = e->p->matching == MATCHING_FIRST;
	if (verdict == STATE_SUPPRESSED)
		return;
	e->counters[EVAL_MATCHES]++;
	if (run->count < run->max)
		run->out[run->count++] = m;
	else
		e->counters[EVAL_MATCHES_DROPPED]++;
}

/* Entries from first on, up to end, that are candidates and hold. */
static void run_rules(struct evaluator *e, const struct type_program *t, const struct event *ev,
		      struct run *run)
{
	for (uint32_t w = 0; w < t->words && !run->done; w++) {
		uint64_t bits = e->candidates[w];

		while (bits && !run->done) {
			uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);

			bits &= bits - 1;
			if (i >= t->rules)
				return;
			if (code_holds(e, t->entries[i].pc, ev))
				take_rule(e, &t->entries[i], ev, run);
		}
	}
}

/* Steps come after the rules, so that an event does not complete a sequence that it begins; and of one
 * sequence the last one first, so that it does not take two steps. */
static void run_steps(struct evaluator *e, const struct type_program *t, const struct event *ev)
{
	for (uint32_t i = t->count; i-- > t->rules;) {
		const struct entry *entry = &t->entries[i];

		if (e->candidates[i / 64] >> (i % 64) & 1 && code_holds(e, entry->pc, ev))
			rule_state_step(e->states[entry->state], entry->step, ev, &e->scratch,
					e->counters);
	}
}

uint32_t program_entry(const struct program *p, const struct event_type *type, const struct rule *r,
		       int step)
{
	const struct type_program *t = &p->types[event_type_index(type)];

	for (uint32_t i = 0; i < t->count; i++)
		if (t->entries[i].rule == r && t->entries[i].step == step)
			return i;
	return EVAL_NO_ENTRY;
}

size_t evaluator_run(struct evaluator *e, const struct event *ev, struct rule_match *out,
		     size_t max)
{
	return evaluator_run_among(e, ev, NULL, out, max);
}

size_t evaluator_run_among(struct evaluator *e, const struct event *ev,
			   const struct eval_choice *among, struct rule_match *out, size_t max)
{
	const struct type_program *t = &e->p->types[event_type_index(ev->type)];
	struct run run = { .out = out, .max = max };

	e->counters[EVAL_EVENTS]++;
	if (!t->count)
		return 0;
	if (e->stamp++ == STAMP_MAX) {
		memset(e->slots, 0, e->p->slots.len * sizeof(*e->slots));
		memset(e->inputs, 0, e->p->inputs.len * sizeof(*e->inputs));
		e->stamp = 1;
	}
	scratch_reset(&e->scratch);
	if (among && t->words <= ARRAY_SIZE(among->entries))
		memcpy(e->candidates, among->entries, t->words * sizeof(*e->candidates));
	else
		find_candidates(e, t, ev);
	run_rules(e, t, ev, &run);
	if (t->count > t->rules)
		run_steps(e, t, ev);
	return run.count;
}
