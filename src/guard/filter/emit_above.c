/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is looked up by process: what it may do, and the programs of its ancestors. The way up goes through the map of
 * descents as long as those who are meant live: who has ended is not in it, and who got its number has started at
 * another time. What is above a process that has ended is not known here.
 */
#include "guard/filter/emit.h"

#include "abi/program.h"

#define AT(member) ((int)offsetof(struct abi_event, member))
#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))
#define DESCENT(member) ((int)offsetof(struct abi_descent, member))
#define PROGRAM(member) ((int)offsetof(struct abi_program, member))

/* The map's value for the process of AT_KEY, in R0; or to none. */
static void look_up(struct emitter *e, int32_t map, uint32_t none)
{
	struct bpf_code *c = &e->code;

	bpf_map(c, R1, map);
	bpf_alu(c, BPF_MOV, R2, FP);
	bpf_alu_imm(c, BPF_ADD, R2, AT_KEY);
	bpf_call(c, BPF_FUNC_map_lookup_elem);
	bpf_jump_imm(c, BPF_JEQ, R0, 0, none);
}

#define PROCESS(member) (SCRATCH(process) + (int)offsetof(struct filter_process, member))

static void copy_number(struct emitter *e, int size, int from, int to)
{
	bpf_load(&e->code, size, R1, R0, from);
	bpf_store(&e->code, size, REG_SCRATCH, to, R1);
}

static void look_up_process(struct emitter *e)
{
	struct bpf_code *c = &e->code;
	uint32_t none = bpf_code_label(c);

	bpf_store_imm(c, 1, REG_SCRATCH, PROCESS(known), 0);
	bpf_load(c, 4, R1, REG_RECORD, AT(tgid));
	bpf_store(c, 4, FP, AT_KEY, R1);
	look_up(e, FILTER_MAP_DESCENTS, none);
	copy_number(e, 4, DESCENT(vpid), PROCESS(vpid));
	bpf_store_imm(c, 1, REG_SCRATCH, PROCESS(known), 1);
	bpf_code_place(c, none);
}

#define GROUP(member) ((int)offsetof(struct abi_group, member))

/* Answers under another numbering are to other questions: they are not looked at. */
static void copy_answers(struct emitter *e)
{
	struct bpf_code *c = &e->code;
	uint32_t others = bpf_code_label(c);

	bpf_load(c, 4, R1, R0, GROUP(numbering));
	bpf_jump32_imm(c, BPF_JNE, R1, (int32_t)e->numbering, others);
	copy_number(e, 8, GROUP(yes), PROCESS(yes));
	copy_number(e, 8, GROUP(no), PROCESS(no));
	bpf_code_place(c, others);
}

static void look_up_group(struct emitter *e, bool terms)
{
	struct bpf_code *c = &e->code;
	uint32_t end = bpf_code_label(c);

	bpf_store_imm(c, 1, REG_SCRATCH, PROCESS(contained), 0);
	if (terms) {
		bpf_store_imm(c, 8, REG_SCRATCH, PROCESS(yes), 0);
		bpf_store_imm(c, 8, REG_SCRATCH, PROCESS(no), 0);
	}
	bpf_load(c, 8, R1, REG_RECORD, AT(cgroup));
	bpf_store(c, 8, FP, AT_START, R1);
	bpf_map(c, R1, FILTER_MAP_GROUPS);
	bpf_alu(c, BPF_MOV, R2, FP);
	bpf_alu_imm(c, BPF_ADD, R2, AT_START);
	bpf_call(c, BPF_FUNC_map_lookup_elem);
	bpf_jump_imm(c, BPF_JEQ, R0, 0, end);
	if (terms)
		copy_answers(e);
	bpf_load(c, 8, R1, R0, GROUP(payer));
	bpf_jump_imm(c, BPF_JEQ, R1, 0, end);
	bpf_store_imm(c, 1, REG_SCRATCH, PROCESS(contained), 1);
	bpf_code_place(c, end);
}

void emit_look_up(struct emitter *e, unsigned looks)
{
	if (looks & LOOK_PROCESS)
		look_up_process(e);
	if (looks & LOOK_GROUP)
		look_up_group(e, looks & LOOK_TERMS);
}

/* What R0 has found is in the group that the record is of, if that is asked; its parent is put aside. */
static void put_parent_aside(struct emitter *e, unsigned span, uint32_t none)
{
	struct bpf_code *c = &e->code;

	if (span & ABOVE_INSIDE) {
		bpf_load(c, 8, R1, R0, DESCENT(cgroup));
		bpf_load(c, 8, R2, REG_RECORD, AT(cgroup));
		bpf_jump(c, BPF_JNE, R1, R2, none);
	}
	bpf_load(c, 4, R1, R0, DESCENT(parent));
	bpf_store(c, 4, FP, AT_NEXT, R1);
	bpf_load(c, 8, R1, R0, DESCENT(parent_start_ns));
	bpf_store(c, 8, FP, AT_NEXT_START, R1);
}

/* Goes up to the parent that was put aside. */
static void go_up(struct emitter *e)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R1, FP, AT_NEXT);
	bpf_store(c, 4, FP, AT_KEY, R1);
	bpf_load(c, 8, R1, FP, AT_NEXT_START);
	bpf_store(c, 8, FP, AT_START, R1);
}

/* From the process that the record is about to its parent. */
static void leave_process(struct emitter *e, unsigned span, uint32_t none)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R1, REG_RECORD, AT(tgid));
	bpf_store(c, 4, FP, AT_KEY, R1);
	look_up(e, FILTER_MAP_DESCENTS, none);
	put_parent_aside(e, span, none);
	go_up(e);
}

/* The process of AT_KEY is the one that is meant; or to none. */
static void need_ancestor(struct emitter *e, unsigned span, uint32_t none)
{
	struct bpf_code *c = &e->code;

	look_up(e, FILTER_MAP_DESCENTS, none);
	bpf_load(c, 8, R1, R0, DESCENT(start_ns));
	bpf_load(c, 8, R2, FP, AT_START);
	bpf_jump(c, BPF_JNE, R1, R2, none);
	put_parent_aside(e, span, none);
}

/* The name or the path that R0 has. */
static void copy_bytes(struct emitter *e, int from, int size)
{
	for (int at = 0; at < size; at += 8) {
		bpf_load(&e->code, 8, R1, R0, from + at);
		bpf_store(&e->code, 8, REG_SCRATCH, SCRATCH(above) + at, R1);
	}
}

static void take_name(struct emitter *e)
{
	struct bpf_code *c = &e->code;
	uint32_t known = bpf_code_label(c);

	copy_bytes(e, PROGRAM(comm), ABI_EVENT_COMM);
	for (int i = 0; i < ABI_EVENT_COMM; i++) {
		bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), i);
		bpf_load(c, 1, R1, REG_SCRATCH, SCRATCH(above) + i);
		bpf_jump_imm(c, BPF_JEQ, R1, 0, known);
	}
	bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), ABI_EVENT_COMM);
	bpf_code_place(c, known);
}

static void take_path(struct emitter *e, uint32_t unknown)
{
	enum { CHUNK = 64 };
	struct bpf_code *c = &e->code;
	uint32_t copied = bpf_code_label(c);

	bpf_load(c, 4, R2, R0, PROGRAM(len));
	bpf_jump_imm(c, BPF_JEQ, R2, 0, unknown);
	bpf_jump_imm(c, BPF_JGE, R2, ABI_PROGRAM_PATH, unknown);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), R2);
	for (int at = 0; at < ABI_PROGRAM_PATH; at += CHUNK) {
		bpf_jump_imm(c, BPF_JLE, R2, at, copied);
		for (int i = at; i < at + CHUNK; i += 8) {
			bpf_load(c, 8, R1, R0, PROGRAM(path) + i);
			bpf_store(c, 8, REG_SCRATCH, SCRATCH(above) + i, R1);
		}
	}
	bpf_code_place(c, copied);
}
static_assert(sizeof(((struct filter_scratch *)0)->above) == ABI_PROGRAM_PATH, "there is room");

/* Of the process of AT_KEY. */
static void take_text(struct emitter *e, const struct text_view *v, uint32_t unknown)
{
	struct bpf_code *c = &e->code;

	look_up(e, FILTER_MAP_PROGRAMS, unknown);
	bpf_load(c, 1, R1, R0, PROGRAM(facts[ABI_PROGRAM_NAME]));
	bpf_jump_imm(c, BPF_JNE, R1, ABI_YES, unknown);
	if (v->kind == VIEW_ABOVE_NAME)
		take_name(e);
	else
		take_path(e, unknown);
}

void emit_point_above(struct emitter *e)
{
	bpf_alu(&e->code, BPF_MOV, REG_TEXT, REG_SCRATCH);
	bpf_alu_imm(&e->code, BPF_ADD, REG_TEXT, SCRATCH(above));
}

void emit_find_above(struct emitter *e, const struct text_view *v, const struct view_labels *to)
{
	unsigned levels = v->span & ABOVE_MASK;

	leave_process(e, v->span, to->unknown);
	need_ancestor(e, v->span, to->unknown);
	for (unsigned i = ABOVE_PARENT; i < levels; i++) {
		go_up(e);
		need_ancestor(e, v->span, to->unknown);
	}
	take_text(e, v, to->unknown);
}

/* That one fits is known when it is found; that none does is not, as there may be others further up. */
int emit_any_above(struct emitter *e, struct text_view *v)
{
	const uint32_t words = ((uint32_t)v->terms.len + 31) / 32;
	struct bpf_code *c = &e->code;
	uint32_t again = bpf_code_label(c), next = bpf_code_label(c), end = bpf_code_label(c);
	int r;

	for (uint32_t w = 0; w < words; w++)
		bpf_store_imm(c, 4, REG_SCRATCH, scratch_may(v->word + w), 0);
	leave_process(e, v->span, end);
	bpf_alu_imm(c, BPF_MOV, REG_INDEX, ABOVE_LOOKED_AT);
	bpf_code_place(c, again);
	need_ancestor(e, v->span, end);
	take_text(e, v, next);
	emit_point_above(e);
	emit_need_path(e, v, next);
	r = emit_compare(e, v, next);
	if (r < 0)
		return r;
	bpf_code_place(c, next);
	go_up(e);
	bpf_alu_imm(c, BPF_SUB, REG_INDEX, 1);
	bpf_jump_imm(c, BPF_JNE, REG_INDEX, 0, again);
	bpf_code_place(c, end);
	for (uint32_t w = 0; w < words; w++) {
		bpf_load(c, 4, R1, REG_SCRATCH, scratch_may(v->word + w));
		bpf_alu_imm(c, BPF_XOR, R1, -1);
		bpf_store(c, 4, REG_SCRATCH, scratch_may_not(v->word + w), R1);
		bpf_store_imm(c, 4, REG_SCRATCH, scratch_may(v->word + w), -1);
	}
	return 0;
}
