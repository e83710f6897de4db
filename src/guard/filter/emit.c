/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/emit.h"

static void emit_number(struct emitter *e, const struct number_test *t, uint32_t yes, uint32_t no)
{
	struct bpf_code *c = &e->code;

	if (t->at & LOOKED_UP)
		bpf_load(c, t->size, R1, REG_SCRATCH,
			 (int)offsetof(struct filter_scratch, process) + (t->at & ~LOOKED_UP));
	else
		bpf_load(c, t->size, R1, REG_RECORD, t->at);
	if (t->extend) {
		bpf_alu_imm(c, BPF_LSH, R1, 64 - 8 * t->extend);
		bpf_alu_imm(c, BPF_ARSH, R1, 64 - 8 * t->extend);
	}
	if (t->mask && t->mask <= INT32_MAX) {
		bpf_alu_imm(c, BPF_AND, R1, (int32_t)t->mask);
	} else if (t->mask) {
		bpf_number(c, R2, t->mask);
		bpf_alu(c, BPF_AND, R1, R2);
	}
	/* An immediate is extended with its sign: that is the same number, however it is compared. */
	if ((int64_t)t->number == (int32_t)t->number) {
		bpf_jump_imm(c, t->op, R1, (int32_t)t->number, yes);
	} else {
		bpf_number(c, R2, t->number);
		bpf_jump(c, t->op, R1, R2, yes);
	}
	bpf_goto(c, no);
}

/* Whether a term may hold, or may not; if that has to be certain, whether the contrary may not be. */
static void emit_text(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no)
{
	const struct text_view *v = &e->filter->views.items.items[n->text.view];
	uint32_t word = v->word + n->text.term / 32, bit = n->text.term % 32;

	bpf_load(&e->code, 4, R1, REG_SCRATCH,
		 n->negated != e->certain ? scratch_may_not(word) : scratch_may(word));
	bpf_jump32_imm(&e->code, BPF_JSET, R1, (int32_t)(1u << bit), e->certain ? no : yes);
	bpf_goto(&e->code, e->certain ? yes : no);
}

/* Unless the contrary is known; if it has to be certain, only if it is known itself. */
static void emit_fact(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 1, R1, REG_RECORD, n->fact);
	bpf_jump_imm(c, e->certain ? BPF_JNE : BPF_JEQ, R1,
		     n->negated == e->certain ? ABI_NO : ABI_YES, no);
	bpf_goto(c, yes);
}

/* The same of an answer, which is there or is not. */
static void emit_term(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no)
{
	const bool yes_counts = n->negated != e->certain;
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R1, REG_SCRATCH,
		 (int)(offsetof(struct filter_scratch, process) +
		       (yes_counts ? offsetof(struct filter_process, yes) :
				     offsetof(struct filter_process, no)) +
		       n->term / 32 * 4));
	bpf_jump32_imm(c, BPF_JSET, R1, (int32_t)(1u << n->term % 32), e->certain ? yes : no);
	bpf_goto(c, e->certain ? no : yes);
}

/* Nested as deeply as conditions are, which the parser bounds. */
void emit_tree(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no)
{
	switch (n->kind) {
	case NODE_FALSE:
		bpf_goto(&e->code, no);
		break;
	case NODE_NUMBER:
		emit_number(e, &n->number, n->negated ? no : yes, n->negated ? yes : no);
		break;
	case NODE_TEXT:
		emit_text(e, n, yes, no);
		break;
	case NODE_FACT:
		emit_fact(e, n, yes, no);
		break;
	case NODE_TERM:
		emit_term(e, n, yes, no);
		break;
	case NODE_AND:
	case NODE_OR:
		for (uint32_t i = 0; i < n->group.count; i++) {
			uint32_t next = bpf_code_label(&e->code);
			bool and = n->kind == NODE_AND;

			emit_tree(e, n->group.items[i], and? next : yes, and? no : next);
			bpf_code_place(&e->code, next);
		}
		bpf_goto(&e->code, n->kind == NODE_AND ? yes : no);
		break;
	default: /* NODE_TRUE; there are no others in a weakened tree */
		bpf_goto(&e->code, yes);
		break;
	}
}
