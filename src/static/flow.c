/* SPDX-License-Identifier: Apache-2.0 */
#include "static/flow.h"

#include <errno.h>

#include "base/cleanup.h"

/* What remains to be looked at: the place, just before an instruction. */
struct state {
	uint32_t op;
	bool upper_only; /* the lowest byte was replaced later on: `plus` has it */
	struct flow_place place;
};

struct jump {
	uint32_t to, from;
};

enum { SLOTS = FLOW_STATES_MAX * 2 };

struct flow {
	const struct code *code;
	enum flow_convention convention;
	VEC(struct jump) jumps;	  /* within the function, sorted by where they go */
	VEC(uint32_t) wanderers;  /* jumps to who knows where: switch tables */
	VEC(bool) padding;	  /* by instruction: nobody ever executes it */
	VEC(struct state) states; /* of this question: looked at, or waiting for it */
	uint16_t slots[SLOTS];	  /* hash of states: index + 1 */
	uint32_t steps;		  /* of this question */
};

/* --- the ways through a function ---------------------------------------------------------------- */

size_t flow_find(const struct code *code, uint64_t address)
{
	size_t low = 0, high = code->ops.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (code->ops.items[mid].at < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < code->ops.len && code->ops.items[low].at == address ? low : SIZE_MAX;
}

static bool falls_through(const struct code_op *op)
{
	return op->kind != CODE_JUMP && op->kind != CODE_END;
}

static int jump_compare(const void *a, const void *b)
{
	const struct jump *x = a, *y = b;

	return x->to != y->to	 ? (x->to < y->to ? -1 : 1) :
	       x->from < y->from ? -1 :
				   x->from > y->from;
}

/* The first of the jumps that go to an instruction; there may be none. */
static size_t jumps_to(const struct flow *f, uint32_t op)
{
	size_t low = 0, high = f->jumps.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (f->jumps.items[mid].to < op)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_jumped_to(const struct flow *f, uint32_t op)
{
	size_t i = jumps_to(f, op);

	return i < f->jumps.len && f->jumps.items[i].to == op;
}

static int jumps_collect(struct flow *f)
{
	const struct code *c = f->code;

	for (size_t i = 0; i < c->ops.len; i++) {
		const struct code_op *op = &c->ops.items[i];
		struct jump *jump;
		uint32_t *wanderer;
		size_t to;

		if (op->kind == CODE_JUMP && !op->target && !op->address) {
			wanderer = vec_add(&f->wanderers);
			if (!wanderer)
				return -ENOMEM;
			*wanderer = (uint32_t)i;
		}
		if ((op->kind != CODE_JUMP && op->kind != CODE_BRANCH) || !op->target)
			continue;
		to = flow_find(c, op->target);
		if (to == SIZE_MAX)
			continue;
		jump = vec_add(&f->jumps);
		if (!jump)
			return -ENOMEM;
		*jump = (struct jump){ (uint32_t)to, (uint32_t)i };
	}
	vec_sort(&f->jumps, jump_compare);
	return 0;
}

/* Fillers between the end of one thing and the beginning of the next lead nowhere. */
static int padding_mark(struct flow *f)
{
	const struct code *c = f->code;

	for (size_t i = 0; i < c->ops.len; i++) {
		bool *mark = vec_add(&f->padding);

		if (!mark)
			return -ENOMEM;
		*mark = i && c->ops.items[i].kind == CODE_NOTHING &&
			(!falls_through(&c->ops.items[i - 1]) || f->padding.items[i - 1]) &&
			!is_jumped_to(f, (uint32_t)i);
	}
	return 0;
}

int flow_new(struct flow **ret, const struct code *code, enum flow_convention convention)
{
	struct flow *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->code = code;
	f->convention = convention;
	r = jumps_collect(f);
	r = r ? r : padding_mark(f);
	if (r)
		flow_free(f);
	else
		*ret = f;
	return r;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	vec_deinit(&f->jumps);
	vec_deinit(&f->wanderers);
	vec_deinit(&f->padding);
	vec_deinit(&f->states);
	free(f);
}

void flow_answer_deinit(struct flow_answer *a)
{
	vec_deinit(&a->values);
	vec_deinit(&a->inputs);
}

/* --- answers ------------------------------------------------------------------------------------ */

static int answer_value(struct flow_answer *a, const struct state *s, uint64_t value)
{
	uint64_t *slot;

	value = (s->upper_only ? value & ~0xffULL : value) + (uint64_t)s->place.plus;
	vec_foreach(known, &a->values)
		if (*known == value)
			return 0;
	if (a->values.len >= FLOW_VALUES_MAX) {
		a->unknown = true;
		return 0;
	}
	slot = vec_add(&a->values);
	if (!slot)
		return -ENOMEM;
	*slot = value;
	return 0;
}

static bool same_place(const struct flow_place *a, const struct flow_place *b)
{
	return a->reg == b->reg && a->memory == b->memory && a->offset == b->offset &&
	       a->plus == b->plus;
}

static int answer_input(struct flow_answer *a, const struct state *s, uint64_t entry)
{
	struct flow_input *slot;
	bool below = s->place.memory && s->place.reg == CODE_RSP && s->place.offset < 8;

	if (s->upper_only || below || a->inputs.len >= FLOW_VALUES_MAX) {
		a->unknown = true;
		return 0;
	}
	vec_foreach(known, &a->inputs)
		if (known->entry == entry && same_place(&known->place, &s->place))
			return 0;
	slot = vec_add(&a->inputs);
	if (!slot)
		return -ENOMEM;
	*slot = (struct flow_input){ entry, s->place };
	return 0;
}

/* --- states ------------------------------------------------------------------------------------- */

static uint32_t state_hash(const struct state *s)
{
	uint64_t h = s->op;

	h = h * 0x9e3779b97f4a7c15ULL + s->place.reg + (s->place.memory ? 64 : 0);
	h = h * 0x9e3779b97f4a7c15ULL + (uint64_t)s->place.offset;
	h = h * 0x9e3779b97f4a7c15ULL + (uint64_t)s->place.plus + (s->upper_only ? 1 : 0);
	return (uint32_t)(h >> 33);
}

/* Puts a state into the queue unless it was there before. */
static int state_add(struct flow *f, const struct state *s, struct flow_answer *a)
{
	struct state *slot;
	uint32_t at = state_hash(s) % SLOTS;

	for (; f->slots[at]; at = (at + 1) % SLOTS) {
		const struct state *known = &f->states.items[f->slots[at] - 1];

		if (known->op == s->op && known->upper_only == s->upper_only &&
		    same_place(&known->place, &s->place))
			return 0;
	}
	if (f->states.len >= FLOW_STATES_MAX) {
		a->unknown = true;
		return 0;
	}
	slot = vec_add(&f->states);
	if (!slot)
		return -ENOMEM;
	*slot = *s;
	f->slots[at] = (uint16_t)f->states.len;
	return 0;
}

/* --- backwards over one instruction ------------------------------------------------------------- */

static bool survives_calls(const struct flow *f, uint8_t reg)
{
	static const uint16_t kept = 1u << CODE_RBX | 1u << CODE_RSP | 1u << CODE_RBP | 0xfu << 12;

	return reg == CODE_RSP || (f->convention == FLOW_SYSTEM_V && (kept >> reg & 1));
}

static int become(struct flow *f, const struct state *s, uint8_t reg, bool memory, int64_t offset,
		  struct flow_answer *a)
{
	struct state next = *s;

	if (reg >= CODE_REGISTERS) {
		a->unknown = true;
		return 0;
	}
	next.place.reg = reg;
	next.place.memory = memory;
	next.place.offset = offset;
	return state_add(f, &next, a);
}

static int unknown(struct flow_answer *a)
{
	a->unknown = true;
	return 0;
}

/* s->op is the instruction, s->place what is asked for after it. */
static int back_register(struct flow *f, const struct state *s, const struct code_op *op,
			 struct flow_answer *a)
{
	struct state next = *s;
	uint8_t reg = s->place.reg;
	int r;

	if (op->kind == CODE_CALL)
		return survives_calls(f, reg) ? state_add(f, s, a) : unknown(a);
	if (!(op->writes >> reg & 1))
		return state_add(f, s, a);
	if (op->to != reg)
		return unknown(a);
	switch ((enum code_kind)op->kind) {
	case CODE_SET:
		return answer_value(a, s, (uint64_t)op->value);
	case CODE_SET_BYTE:
		if (!s->upper_only)
			next.place.plus = (int64_t)((uint64_t)next.place.plus +
						    (uint64_t)op->value);
		next.upper_only = true;
		return state_add(f, &next, a);
	case CODE_COPY:
		if (s->upper_only && op->value)
			return unknown(a);
		next.place.plus = (int64_t)((uint64_t)next.place.plus + (uint64_t)op->value);
		return become(f, &next, op->from, false, 0, a);
	case CODE_MAYBE:
		r = state_add(f, s, a);
		return r ? r : become(f, s, op->from, false, 0, a);
	case CODE_LOAD:
		return op->width < 4 ? unknown(a) : become(f, s, op->from, true, op->value, a);
	case CODE_POP:
		return become(f, s, CODE_RSP, true, 0, a);
	default:
		return unknown(a);
	}
}

static bool overlaps(const struct code_op *op, const struct flow_place *p)
{
	return op->to == p->reg && op->value < p->offset + 4 && p->offset < op->value + op->width;
}

/* The stack pointer moves; what is pushed is stored. */
static int back_stack(struct flow *f, const struct state *s, const struct code_op *op,
		      struct flow_answer *a)
{
	int64_t offset = s->place.offset;

	if (op->kind == CODE_POP)
		return op->to == CODE_RSP ? unknown(a) :
					    become(f, s, CODE_RSP, true, offset + 8, a);
	if (offset == 0 && op->kind == CODE_PUSH_SET)
		return answer_value(a, s, (uint64_t)op->value);
	if (offset == 0)
		return become(f, s, op->from, false, 0, a);
	return offset > 0 && offset < 8 ? unknown(a) : become(f, s, CODE_RSP, true, offset - 8, a);
}

static int back_memory(struct flow *f, const struct state *s, const struct code_op *op,
		       struct flow_answer *a)
{
	const struct flow_place *p = &s->place;

	switch ((enum code_kind)op->kind) {
	case CODE_STORE:
	case CODE_STORE_SET:
	case CODE_SPOIL:
		if (!overlaps(op, p))
			break;
		if (op->kind == CODE_SPOIL || op->value != p->offset || op->width < 4)
			return unknown(a);
		return op->kind == CODE_STORE ? become(f, s, op->from, false, 0, a) :
						answer_value(a, s, (uint64_t)op->number);
	case CODE_PUSH:
	case CODE_PUSH_SET:
	case CODE_POP:
		if (p->reg == CODE_RSP)
			return back_stack(f, s, op, a);
		break;
	case CODE_CALL:
		/* Only what is on the stack, told by the stack or frame pointer, is nobody else's. */
		return (p->reg == CODE_RSP && p->offset >= 0) ||
				       (p->reg == CODE_RBP && survives_calls(f, p->reg)) ?
			       state_add(f, s, a) :
			       unknown(a);
	case CODE_COPY:
		if (op->to == p->reg)
			return become(f, s, op->from, true,
				      (int64_t)((uint64_t)p->offset + (uint64_t)op->value), a);
		break;
	default:
		break;
	}
	return op->writes >> p->reg & 1 ? unknown(a) : state_add(f, s, a);
}

/*
 * Compilers know what a branch has told: behind "if it is 0", they take the register for the number.
 * Whether a register is 0 because of the way that was taken over a branch.
 */
static bool known_zero(const struct flow *f, uint32_t branch, bool taken, uint8_t reg)
{
	const struct code_op *ops = f->code->ops.items;

	if (ops[branch].taken != (taken ? 1 : -1))
		return false;
	for (uint32_t i = branch; i && !is_jumped_to(f, i); i--) {
		const struct code_op *op = &ops[i - 1];

		if (op->flags)
			return op->zero == reg;
		if (!falls_through(op) || op->writes >> reg & 1)
			return false;
	}
	return false;
}

/* Over the instruction that was executed just before, which was a jump or came by itself. */
static int back_over(struct flow *f, const struct state *s, uint32_t before, struct flow_answer *a)
{
	const struct code_op *op = &f->code->ops.items[before];
	struct state at = *s;

	if (++f->steps > FLOW_STEPS_MAX)
		return unknown(a);
	at.op = before;
	if (!s->place.memory && op->kind == CODE_BRANCH &&
	    known_zero(f, before, before + 1 != s->op, s->place.reg))
		return answer_value(a, s, 0);
	return s->place.memory ? back_memory(f, &at, op, a) : back_register(f, &at, op, a);
}

/* To everything that may have been executed just before. */
static int step(struct flow *f, const struct state *s, struct flow_answer *a)
{
	const struct code_op *ops = f->code->ops.items;
	bool any = false;
	int r = 0;

	if (s->op && falls_through(&ops[s->op - 1]) && !f->padding.items[s->op - 1]) {
		any = true;
		r = back_over(f, s, s->op - 1, a);
	}
	for (size_t i = jumps_to(f, s->op); !r && i < f->jumps.len && f->jumps.items[i].to == s->op;
	     i++) {
		any = true;
		r = back_over(f, s, f->jumps.items[i].from, a);
	}
	if (r || (any && s->op))
		return r;
	/* The beginning, the case of a switch, or where another function jumps in. */
	if (s->op)
		for (size_t i = 0; !r && i < f->wanderers.len && f->steps <= FLOW_STEPS_MAX; i++)
			r = back_over(f, s, f->wanderers.items[i], a);
	return r ? r : answer_input(a, s, ops[s->op].at);
}

int flow_trace(struct flow *f, size_t op, const struct flow_place *place,
	       struct flow_answer *answer)
{
	struct state first = { .op = (uint32_t)op, .place = *place };
	int r;

	f->states.len = 0;
	f->steps = 0;
	memset(f->slots, 0, sizeof(f->slots));
	r = state_add(f, &first, answer);
	for (size_t i = 0; !r && i < f->states.len && f->steps <= FLOW_STEPS_MAX; i++) {
		struct state s = f->states.items[i];

		r = step(f, &s, answer);
	}
	return r;
}
