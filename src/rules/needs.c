/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/needs.h"

#include <errno.h>

#include "rules/extend.h"
#include "rules/extend_private.h"
#include "rules/operand_value.h"
#include "rules/output.h"
#include "rules/types.h"

struct collector {
	struct rule_needs *needs;
	unsigned use;
	bool failed;
};

static void note_field(const struct operand *field, void *context)
{
	struct collector *c = context;
	struct field_need *slot;

	vec_foreach(known, &c->needs->fields) {
		if (!text_eq(known->field->text, field->text) ||
		    known->field->has_arg != field->has_arg ||
		    !text_eq(known->field->arg, field->arg))
			continue;
		known->uses |= c->use;
		return;
	}
	slot = vec_add(&c->needs->fields);
	if (slot)
		*slot = (struct field_need){ field, c->use };
	else
		c->failed = true;
}

/* fd.sip.name and its like: somebody has to look up what is compared with them. */
static bool is_domain(const struct operand *o)
{
	static const struct text fields[] = { TEXT("fd.cip.name"), TEXT("fd.sip.name"),
					      TEXT("fd.lip.name"), TEXT("fd.rip.name") };

	for (size_t i = 0; o->kind == OPERAND_FIELD && i < ARRAY_SIZE(fields); i++)
		if (text_eq(o->text, fields[i]))
			return true;
	return false;
}

/* Of parts of names nobody knows whose they are. */
static void note_domains(struct collector *c, const struct check *check)
{
	bool whole = check->op == OP_EQ || check->op == OP_NE || check->op == OP_IN ||
		     check->op == OP_INTERSECTS;

	for (uint32_t i = 0; whole && is_domain(check->left) && i < check->literal_count; i++) {
		struct text *slot = vec_add(&c->needs->domains);

		if (slot)
			*slot = check->literals[i].text;
		else
			c->failed = true;
	}
}

static bool note_checks(struct expr *e, void *context)
{
	if (e->kind != EXPR_CHECK)
		return true;
	note_domains(context, &e->check);
	operand_fields(e->check.left, note_field, context);
	if (e->check.right)
		operand_fields(e->check.right, note_field, context);
	return true;
}

static void add_condition(struct collector *c, struct expr *e)
{
	const struct type_truth truth = types_of_condition(e);

	expr_walk(e, note_checks, c);
	for (int i = 0; i < TYPE_SET_WORDS; i++)
		c->needs->types.bits[i] |= truth.can_be_true.bits[i];
}

static void add_operands(struct collector *c, const struct operand_list_of *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		operand_fields(list->items[i], note_field, c);
}

static void add_responses(struct collector *c, const struct rule_extensions *x)
{
	for (uint32_t i = 0; i < x->responses.count; i++)
		for (int k = 0; k < RESPONSE_PARAMS_MAX; k++)
			if (x->responses.items[i].args[k].field)
				operand_fields(x->responses.items[i].args[k].field, note_field, c);
}

static void add_extensions(struct collector *c, const struct rule_extensions *x)
{
	c->needs->state_bytes = extend_state_bytes(x);
	c->use = USE_STATE;
	if (x->count) {
		add_operands(c, &x->count->by);
		if (x->count->distinct)
			operand_fields(x->count->distinct, note_field, c);
	}
	if (x->first_seen) {
		add_operands(c, &x->first_seen->values);
		add_operands(c, &x->first_seen->per);
	}
	if (x->suppress)
		add_operands(c, &x->suppress->by);
	add_responses(c, x);
	if (x->sequence) {
		add_operands(c, &x->sequence->by);
		c->use = USE_CONDITION;
		for (uint32_t i = 0; i < x->sequence->step_count; i++)
			add_condition(c, x->sequence->steps[i].condition);
	}
}

int rule_needs(const struct rule *r, struct rule_needs *ret)
{
	struct collector c = { ret, USE_CONDITION, false };

	*ret = (struct rule_needs){ 0 };
	add_condition(&c, r->condition);
	c.use = USE_OUTPUT;
	for (uint32_t i = 0; r->output && i < r->output->field_count; i++)
		note_field(r->output->fields[i], &c);
	if (r->extensions)
		add_extensions(&c, r->extensions);
	for (uint32_t i = 0; i < event_type_count; i++) {
		/* What is not said is only needed of the rule's own source. */
		if (event_types[i].source != (enum event_source)r->event_source)
			ret->types.bits[i / 64] &= ~(1ULL << (i % 64));
		else if (type_set_has(&ret->types, i))
			ret->hooks |= 1ULL << event_types[i].hook;
	}
	return c.failed ? -ENOMEM : 0;
}

void rule_needs_deinit(struct rule_needs *n)
{
	vec_deinit(&n->fields);
	vec_deinit(&n->domains);
}
