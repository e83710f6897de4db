/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/filter.h"

#include <assert.h>
#include <errno.h>

#include "base/hash.h"
#include "guard/filter/emit.h"
#include "rules/extend.h"

enum { FILTER_MEMORY = 256 << 20 };

/* --- parts ------------------------------------------------------------------------------------------ */

static enum filter_extent extent_of(const struct filter_part *p)
{
	if (p->weak->kind == NODE_FALSE)
		return FILTER_NEVER;
	if (p->weak->kind == NODE_TRUE && p->exact->kind != NODE_TRUE)
		return FILTER_NOT_AT_ALL;
	return node_has_unknown(p->exact) ? FILTER_PARTLY : FILTER_WHOLLY;
}

static int add_part(struct lower *l, struct kernel_filter *f, const struct rule *r, int step,
		    const struct expr *condition)
{
	struct filter_part p = { .rule = r, .step = step }, *slot;

	p.exact = lower_condition(l, condition);
	p.weak = node_weaken(&f->arena, p.exact, false);
	if (!p.weak)
		return -ENOMEM;
	p.extent = extent_of(&p);
	if (p.extent == FILTER_NEVER)
		return 0;
	slot = vec_add(&f->parts);
	if (!slot)
		return -ENOMEM;
	*slot = p;
	return 0;
}

/* A rule is wanted where its condition or a step of its sequence may hold. */
static int add_rule(struct lower *l, struct kernel_filter *f, const struct rule *r)
{
	const struct rule_sequence *s = r->extensions ? r->extensions->sequence : NULL;
	int e;

	if (l->wants && !l->wants(r, l->wants_arg))
		return 0;
	if (!r->enabled || r->skipped || !r->condition ||
	    (int)f->target.type->source != r->event_source)
		return 0;
	e = add_part(l, f, r, -1, r->condition);
	for (uint32_t i = 0; !e && s && i < s->step_count; i++)
		e = add_part(l, f, r, (int)i, s->steps[i].condition);
	return e;
}

/* Moves the terms that weakened trees still have to new views; the others need no looking at. */
static bool keep_terms(struct text_views *from, struct text_views *to, struct node *n)
{
	const struct text_view *v;
	int view, term;

	if (n->kind == NODE_AND || n->kind == NODE_OR)
		for (uint32_t i = 0; i < n->group.count; i++)
			if (!keep_terms(from, to, n->group.items[i]))
				return false;
	if (n->kind != NODE_TEXT)
		return true;
	v = &from->items.items[n->text.view];
	view = text_view_get(to, v->kind, v->span);
	term = view < 0 ? -1 : text_term_get(to, (uint32_t)view, v->terms.items[n->text.term]);
	n->text.view = (uint16_t)view;
	n->text.term = (uint16_t)term;
	return term >= 0;
}

/* --- the program ------------------------------------------------------------------------------------ */

/* The room that this task has taken; its number is in AT_KEY then. */
static void emit_own_room(struct emitter *e)
{
	struct bpf_code *c = &e->code;
	uint32_t found = bpf_code_label(c);

	bpf_call(c, BPF_FUNC_get_current_task);
	bpf_alu(c, BPF_MOV, REG_TEXT, R0);
	for (int32_t i = 0; i < ABI_DENY_ROOMS; i++) {
		uint32_t next = bpf_code_label(c);

		bpf_store_imm(c, 4, FP, AT_KEY, i);
		bpf_map(c, R1, FILTER_MAP_ROOM);
		bpf_alu(c, BPF_MOV, R2, FP);
		bpf_alu_imm(c, BPF_ADD, R2, AT_KEY);
		bpf_call(c, BPF_FUNC_map_lookup_elem);
		bpf_jump_imm(c, BPF_JEQ, R0, 0, next);
		bpf_alu(c, BPF_MOV, REG_RECORD, R0);
		bpf_load(c, 8, R1, REG_RECORD, ABI_EVENT_ROOM_OWNER);
		bpf_jump(c, BPF_JEQ, R1, REG_TEXT, found);
		bpf_code_place(c, next);
	}
	bpf_goto(c, e->leave);
	bpf_code_place(c, found);
}

static void emit_lookup(struct emitter *e, int32_t map, enum bpf_reg to)
{
	struct bpf_code *c = &e->code;

	bpf_map(c, R1, map);
	bpf_alu(c, BPF_MOV, R2, FP);
	bpf_alu_imm(c, BPF_ADD, R2, AT_KEY);
	bpf_call(c, BPF_FUNC_map_lookup_elem);
	bpf_jump_imm(c, BPF_JEQ, R0, 0, e->leave);
	bpf_alu(c, BPF_MOV, to, R0);
}

/* Of what goes through io_uring the record has less, and elsewhere: it is rare enough to be sent, for all rules. */
static void emit_if_uring(struct emitter *e, bool all, uint32_t yes)
{
	struct bpf_code *c = &e->code;
	const int at = offsetof(struct filter_scratch, candidates);
	uint32_t no = bpf_code_label(c),
		 words = all ? ((uint32_t)e->filter->parts.len + 31) / 32 : 0;

	if (e->filter->target.kind != ABI_EVENT_CALL)
		return;
	bpf_load(c, 2, R1, REG_RECORD, offsetof(struct abi_event, flags));
	bpf_alu_imm(c, BPF_AND, R1, ABI_EVENT_URING);
	bpf_jump_imm(c, BPF_JEQ, R1, 0, no);
	for (uint32_t w = 0; w < words; w++)
		bpf_store_imm(c, 4, REG_SCRATCH, at + (int)(4 * w), -1);
	bpf_goto(c, yes);
	bpf_code_place(c, no);
}

/* To program call - 1; 0: to none. */
static void emit_tail_call(struct emitter *e, uint32_t call)
{
	struct bpf_code *c = &e->code;

	if (!call)
		return;
	bpf_load(c, 8, R1, FP, AT_CONTEXT);
	bpf_map(c, R2, FILTER_MAP_CALLS);
	bpf_number(c, R3, call - 1);
	bpf_call(c, BPF_FUNC_tail_call);
}

/* A number that no filter has otherwise: the digest comes there, of what has this in its place. */
#define NO_DIGEST 0x6469676573743f3fULL

static bool tells(const struct emitter *e, const struct filter_options *o)
{
	return o->tells && o->candidates && e->filter->target.kind == ABI_EVENT_CALL &&
	       e->filter->drops && e->filter->parts.len <= FILTER_TOLD;
}

static void emit_found(struct emitter *e)
{
	struct bpf_code *c = &e->code;
	const int flags = offsetof(struct abi_event, flags);
	int size = e->filter->parts.len > 32 ? 8 : 4;

	bpf_number(c, R1, NO_DIGEST);
	bpf_store(c, 8, REG_RECORD, offsetof(struct abi_event, call.found.filter), R1);
	bpf_load(c, size, R1, REG_SCRATCH, offsetof(struct filter_scratch, candidates));
	bpf_store(c, 8, REG_RECORD, offsetof(struct abi_event, call.found.parts), R1);
	bpf_load(c, 2, R1, REG_RECORD, flags);
	bpf_alu_imm(c, BPF_OR, R1, ABI_EVENT_FOUND);
	bpf_store(c, 2, REG_RECORD, flags, R1);
}

static uint64_t digest_of(const struct kernel_filter *f, uint64_t so_far)
{
	so_far = hash_bytes(f->insns.items, f->insns.len * sizeof(*f->insns.items), so_far);
	vec_foreach(m, &f->maps) {
		so_far = hash_bytes(m->keys, (size_t)m->count * m->key_size, so_far);
		so_far = hash_bytes(m->values, (size_t)m->count * m->value_size, so_far);
	}
	return so_far ? so_far : 1;
}

/* For the same call: two of them may be the same program. */
static void put_digest(struct kernel_filter *f)
{
	struct text name = f->target.type->name;

	f->digest = digest_of(f, hash_bytes(name.data, name.len, 0));
	for (size_t i = 0; i + 1 < f->insns.len; i++) {
		struct bpf_insn *insn = &f->insns.items[i];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insn->imm == (int32_t)(uint32_t)NO_DIGEST &&
		    insn[1].imm == (int32_t)(NO_DIGEST >> 32)) {
			insn->imm = (int32_t)(uint32_t)f->digest;
			insn[1].imm = (int32_t)(f->digest >> 32);
		}
		i++;
	}
}

static void emit_end(struct emitter *e, const struct filter_options *o, uint32_t yes)
{
	struct bpf_code *c = &e->code;

	if (o->hook)
		bpf_code_place(c, e->leave);
	emit_tail_call(e, o->leave_call);
	bpf_alu_imm(c, BPF_MOV, R0, o->hook ? o->hook->allow : FILTER_DROP);
	bpf_exit(c);
	if (!o->hook)
		bpf_code_place(c, e->leave); /* a map without its one value: there is none such */
	bpf_code_place(c, yes);
	emit_tail_call(e, o->tail_call);
	bpf_alu_imm(c, BPF_MOV, R0, o->hook ? o->hook->allow : FILTER_EMIT);
	bpf_exit(c);
}

static bool opens(const struct filter_target *t)
{
	return t->row &&
	       (t->row->plan.flags & (ABI_PLAN_NEW_FD | ABI_PLAN_PIDFD)) == ABI_PLAN_NEW_FD;
}

/* Parts become clauses; what is not of the file waits, if the stages before can be remembered then. */
static int split(struct emitter *e, const struct filter_options *o)
{
	struct filter_early *early = &e->filter->early;
	int r;

	*early = (struct filter_early){ 0 };
	e->remembers = o->remembers && opens(&e->filter->target);
	r = emit_split_parts(e);
	if (r || !e->remembers)
		return r;
	*early = emit_early(e);
	e->remembers = early->holds;
	return early->holds ? 0 : emit_split_parts(e);
}

/* Stage by stage: what can't be wanted by what is known already leaves at once. */
static int emit_stages(struct emitter *e, const struct filter_options *o, uint32_t yes)
{
	struct bpf_code *c = &e->code;
	uint32_t no = bpf_code_label(c), early = bpf_code_label(c);
	int r = emit_place_views(e);

	e->numbering = e->filter->terms ? e->filter->terms->numbering : 0;
	r = r ? r : split(e, o);
	emit_all_parts(e);
	for (enum emit_stage stage = STAGE_NUMBERS; !r && stage < EMIT_STAGES; stage++) {
		uint32_t maybe = bpf_code_label(c);
		unsigned looks = stage == STAGE_ALL ? emit_looks(e) : 0;

		/* Texts may be asked for by a clause of a later stage alone. */
		if (stage > STAGE_NUMBERS && !emit_has_clauses(e, stage) &&
		    !emit_has_views(e, stage))
			continue;
		emit_look_up(e, looks);
		r = emit_views(e, stage);
		emit_clauses(e, stage, maybe, e->remembers && stage < STAGE_ALL ? early : no);
		bpf_code_place(c, maybe);
	}
	if (tells(e, o))
		emit_found(e);
	bpf_goto(c, yes);
	bpf_code_place(c, early);
	if (e->remembers)
		bpf_store_imm(c, 2, REG_RECORD, ABI_EVENT_ROOM_EARLY, 1);
	bpf_code_place(c, no);
	return r;
}

static int emit_program(struct emitter *e, const struct filter_options *o)
{
	struct bpf_code *c = &e->code;
	uint32_t yes = bpf_code_label(c);
	const size_t parts = e->filter->parts.len;
	bool all = o->candidates && parts && parts <= FILTER_CANDIDATES;
	int r = 0;

	e->leave = bpf_code_label(c);
	bpf_store(c, 8, FP, AT_CONTEXT, R1);
	if (!e->filter->drops && !all) {
		bpf_goto(c, yes);
	} else if (parts || e->filter->target.kind == ABI_EVENT_CALL) {
		bpf_store_imm(c, 4, FP, AT_KEY, 0);
		if (o->hook)
			emit_own_room(e);
		else
			emit_lookup(e, FILTER_MAP_ROOM, REG_RECORD);
		emit_lookup(e, FILTER_MAP_SCRATCH, REG_SCRATCH);
		if (!o->hook)
			emit_if_uring(e, all, yes);
		r = emit_stages(e, o, yes);
	}
	emit_end(e, o, yes);
	return r ? r : bpf_code_finish(c);
}

/* -E2BIG: too long */
static int assemble(struct kernel_filter *f, const struct filter_options *o)
{
	struct emitter e = { .filter = f,
			     .certain = o->hook != NULL,
			     .room_size = o->room_size ? o->room_size : ABI_EVENT_SIZE_MAX };
	int r;

	bpf_code_init(&e.code, o->instructions ? o->instructions : FILTER_INSTRUCTIONS);
	r = emit_program(&e, o);
	if (!r) {
		f->has_candidates = o->candidates && f->parts.len <= FILTER_CANDIDATES;
		f->insns.items = e.code.insns.items;
		f->insns.len = e.code.insns.len;
		f->insns.size = e.code.insns.size;
		e.code.insns.items = NULL;
		if (tells(&e, o))
			put_digest(f);
	}
	bpf_code_deinit(&e.code);
	vec_deinit(&e.clauses);
	return r;
}

static int assemble_or_emit(struct kernel_filter *f, const struct filter_options *o)
{
	struct filter_options plain = *o;
	int r = assemble(f, o);

	if (r != -E2BIG)
		return r;
	plain.candidates = false;
	f->overlooks = false;
	f->maps.len = 0;
	if (o->candidates)
		return assemble_or_emit(f, &plain);
	f->too_long = true;
	f->drops = false;
	vec_foreach(p, &f->parts)
		p->extent = FILTER_TOO_LONG;
	return assemble(f, &plain);
}

/* Of a descriptor's name it is enough to have that, where it is known. */
static bool reads_paths(const struct text_views *views)
{
	vec_foreach(v, &views->items)
		if (v->kind <= VIEW_RAW_HERE && v->span <= ABI_TEXT_DIR2)
			return true;
	return false;
}

/* --- outside ---------------------------------------------------------------------------------------- */

/* The rules, or only one. */
static int compile(const struct ruleset *rs, const struct rule *only, struct filter_target target,
		   const struct filter_options *options, struct kernel_filter *ret)
{
	static const struct filter_options standard;
	struct text_views views = { 0 };
	struct lower l;
	int r = 0;

	*ret = (struct kernel_filter){ .target = target,
				       .arena = ARENA_INIT(FILTER_MEMORY),
				       .drops = true,
				       .terms = options ? options->terms : NULL };
	l = (struct lower){ .arena = &ret->arena, .views = &views, .target = target };
	if (options) {
		l.paths_by_name = options->paths_by_name;
		l.hook = options->hook;
		l.terms = options->terms;
		l.wants = only ? NULL : options->wants;
		l.wants_arg = options->wants_arg;
	}
	if (only)
		r = add_rule(&l, ret, only);
	for (size_t i = 0; !r && rs && i < rs->rules.len; i++)
		r = add_rule(&l, ret, rs->rules.items[i]);
	for (size_t i = 0; !r && i < ret->parts.len; i++) {
		struct node *weak = ret->parts.items[i].weak;

		ret->drops &= weak->kind != NODE_TRUE;
		r = keep_terms(&views, &ret->views, weak) ? 0 : -ENOMEM;
	}
	text_views_deinit(&views);
	ret->reads_paths = reads_paths(&ret->views);
	if (!r)
		r = assemble_or_emit(ret, options ? options : &standard);
	if (r)
		kernel_filter_deinit(ret);
	return r;
}

int kernel_filter_compile(const struct ruleset *rs, struct filter_target target,
			  const struct filter_options *options, struct kernel_filter *ret)
{
	return compile(rs, NULL, target, options, ret);
}

int kernel_filter_compile_rule(const struct rule *rule, struct filter_target target,
			       const struct filter_options *options, struct kernel_filter *ret)
{
	return compile(NULL, rule, target, options, ret);
}

void kernel_filter_deinit(struct kernel_filter *f)
{
	text_views_deinit(&f->views);
	vec_deinit(&f->parts);
	vec_deinit(&f->insns);
	vec_deinit(&f->maps);
	arena_deinit(&f->arena);
}

bool kernel_filter_must_emit(struct filter_target target)
{
	return target.kind == ABI_EVENT_CALL && target.row->plan.flags & ABI_PLAN_CWD;
}

size_t kernel_filter_targets(struct filter_target *ret, size_t max)
{
	static const char *const execs[] = { "execve", "execveat" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(execs); i++, n++)
		if (n < max)
			ret[n] = (struct filter_target){ ABI_EVENT_EXEC,
							 event_type_find(text_of(execs[i])), NULL };
	for (size_t i = 0; i < call_row_count; i++) {
		const struct call_row *row = &call_rows[i];
		const struct event_type *type = event_type_find(
			text_of(row->type ? row->type : row->call));

		if (!type || row->no_call) /* no filter looks at it */
			continue;
		if (n < max)
			ret[n] = (struct filter_target){ ABI_EVENT_CALL, type, row };
		n++;
	}
	return n;
}
