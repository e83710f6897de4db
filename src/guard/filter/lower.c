/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter/lower.h"

#include <ctype.h>
#include <linux/bpf.h>

#include "event/names.h"
#include "guard/filter/container_terms.h"
#include "rules/compare.h"
#include "rules/match.h"
#include "rules/partial.h"

enum { NUMBERS_MAX = 64, HOLDS_MEMORY = 1 << 24 };

struct node *lower_unknown(struct lower *l, const struct check *c, const char *reason)
{
	return node_unknown(l->arena, c, reason);
}

bool lower_holds(const struct check *c, const struct value *v)
{
	cleanup_arena struct arena a = ARENA_INIT(HOLDS_MEMORY);
	struct regex_room room = { 0 };
	struct match m = { 0 };
	bool holds = (c->op != OP_REGEX || regex_room_init(&room)) && match_init(&m, &a, c) &&
		     match_run(&m, c->left, v, NULL, &room);

	match_deinit(&m);
	regex_room_deinit(&room);
	return holds;
}

/* --- numbers -------------------------------------------------------------------------------------- */

struct node *lower_masked(struct lower *l, struct number_place p, uint64_t mask, unsigned op,
			  uint64_t number)
{
	return node_number(l->arena, (struct number_test){ p.at, p.size, p.extend, (uint8_t)op,
							   mask, number });
}

struct node *lower_test(struct lower *l, struct number_place p, unsigned op, uint64_t number)
{
	return lower_masked(l, p, 0, op, number);
}

/* How a jump compares, without and with a sign. */
static const uint8_t number_ops[RULE_OPS][2] = {
	[OP_EQ] = { BPF_JEQ, BPF_JEQ },	 [OP_IN] = { BPF_JEQ, BPF_JEQ },
	[OP_NE] = { BPF_JNE, BPF_JNE },	 [OP_LT] = { BPF_JLT, BPF_JSLT },
	[OP_LE] = { BPF_JLE, BPF_JSLE }, [OP_GT] = { BPF_JGT, BPF_JSGT },
	[OP_GE] = { BPF_JGE, BPF_JSGE }, [OP_INTERSECTS] = { BPF_JEQ, BPF_JEQ },
};

/* One comparison; numbers that the place can't hold decide it. */
static struct node *compare(struct lower *l, const struct check *c, struct number_place p,
			    const struct value *v)
{
	bool minus = v->type == VALUE_INT && v->i < 0;
	struct value same_sign = { .u = 0, .type = VALUE_UINT };

	if (minus && !p.is_signed) /* less than whatever it is */
		return node_constant(l->arena, compare_values(c->op, &same_sign, v));
	if (!minus && p.is_signed && v->u > INT64_MAX) /* more than whatever it is */
		return node_constant(l->arena, compare_values(c->op, &same_sign, v));
	return lower_test(l, p, number_ops[c->op][p.is_signed], v->u);
}

struct node *lower_number(struct lower *l, const struct check *c, struct number_place p)
{
	struct node *items[NUMBERS_MAX];

	if (c->op == OP_EXISTS)
		return node_constant(l->arena, true);
	if (!number_ops[c->op][0] && c->op != OP_EQ)
		return lower_unknown(l, c, "this operator on numbers");
	if (c->literal_count > NUMBERS_MAX)
		return lower_unknown(l, c, "more than 64 numbers");
	for (uint32_t i = 0; i < c->literal_count; i++)
		items[i] = compare(l, c, p, &c->values[i]);
	return node_group(l->arena, NODE_OR, items, c->literal_count);
}

struct node *lower_bool(struct lower *l, const struct check *c, struct node *b)
{
	bool yes = lower_holds(c, &(struct value){ .u = 1, .type = VALUE_BOOL });
	bool no = lower_holds(c, &(struct value){ .u = 0, .type = VALUE_BOOL });

	if (yes == no)
		return node_constant(l->arena, yes);
	return yes ? b : node_not(l->arena, b);
}

/* --- texts ---------------------------------------------------------------------------------------- */

struct node *lower_cases(struct lower *l, const struct check *c, const struct text_case *cases,
			 uint32_t count, struct node *rest)
{
	struct node **when = arena_array(l->arena, struct node *, count + 1);
	struct node **fits = arena_array(l->arena, struct node *, count + 1);
	uint32_t n = 0;

	if (!when || !fits)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		const struct value v = value_of_text(cases[i].text);

		when[i] = cases[i].when;
		if (lower_holds(c, &v))
			fits[n++] = cases[i].when;
	}
	return node_either(l->arena, node_group(l->arena, NODE_OR, fits, n),
			   node_both(l->arena, rest,
				     node_not(l->arena,
					      node_group(l->arena, NODE_OR, when, count))));
}

struct node *lower_digits(struct lower *l, const struct check *c)
{
	bool plain = c->op == OP_EXISTS || c->op == OP_EQ || c->op == OP_NE || c->op == OP_IN ||
		     c->op == OP_CONTAINS || c->op == OP_ICONTAINS || c->op == OP_STARTSWITH ||
		     c->op == OP_ENDSWITH;
	const struct value any = value_of_text(TEXT("0"));

	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text t = value_text(&c->values[i]);
		bool letter = false;

		for (uint32_t k = 0; k < t.len; k++)
			letter |= isalpha((unsigned char)t.data[k]) != 0;
		plain &= letter;
	}
	return plain ? node_constant(l->arena, lower_holds(c, &any)) :
		       lower_unknown(l, c, "a number as text");
}

/* --- conditions ----------------------------------------------------------------------------------- */

/* Whether no text fits two of the values: then "one of them" is "any of them". */
static bool are_exclusive(const struct check *c)
{
	bool begins = c->op == OP_STARTSWITH;

	if (c->modifier != MODIFIER_ONEOF || c->left->type != VALUE_STRING ||
	    (!begins && c->op != OP_ENDSWITH))
		return false;
	for (uint32_t i = 0; i < c->literal_count; i++) {
		for (uint32_t k = 0; k < c->literal_count; k++) {
			struct text a = value_text(&c->values[i]), b = value_text(&c->values[k]);

			if (i != k && (begins ? text_starts(a, b) : text_ends(a, b)))
				return false;
		}
	}
	return true;
}

/* --- decision points -------------------------------------------------------------------------------- */

/* "evt.arg.flags" as well as "fd.name" */
static bool is_field(const struct field_ref *f, const char *name)
{
	struct text full = text_of(name);
	struct text own = f->def->name;

	if (!text_starts(full, own))
		return false;
	if (full.len == own.len)
		return true;
	return f->key.data && full.data[own.len] == '.' &&
	       text_eq(text_from(full.data + own.len + 1, full.len - own.len - 1), f->key);
}

static bool hook_knows(const struct filter_hook *h, const struct field_ref *f)
{
	static const char *const common[] = { "evt.failed",
					      "evt.is_denied",
					      "evt.res",
					      "user.uid",
					      "group.gid",
					      "proc.pid",
					      "thread.tid",
					      "thread.vtid",
					      "proc.name",
					      "proc.exepath",
					      "proc.is_exe_upper_layer",
					      "proc.is_exe_lower_layer",
					      "proc.is_exe_from_memfd",
					      "proc.is_exe_deleted",
					      "proc.is_exe_writable",
					      "proc.is_exe_setuid",
					      "proc.is_exe_setgid" };

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (is_field(f, common[i]))
			return true;
	for (const char *const *name = h->fields; *name; name++)
		if (is_field(f, *name))
			return true;
	return false;
}

/* Only containers are asked: their ids are never "host". */
static struct node *in_container(struct lower *l, const struct check *c)
{
	for (uint32_t i = 0; i < c->literal_count; i++)
		if (!text_eq_str(value_text(&c->values[i]), "host"))
			return lower_unknown(l, c, "which container it is");
	if (c->op == OP_EQ || c->op == OP_IN)
		return node_constant(l->arena, false);
	return c->op == OP_NE || c->op == OP_EXISTS ? node_constant(l->arena, true) :
						      lower_unknown(l, c, "which container it is");
}

static struct node *lower_check(struct lower *l, const struct check *c)
{
	const struct operand *o = c->left;
	enum truth by_type = partial_check_for_type(c, l->target.type);
	bool several = c->modifier != MODIFIER_NONE && c->modifier != MODIFIER_ANYOF &&
		       c->literal_count > 1;
	const struct field_place *p;

	if (by_type != TRUTH_UNKNOWN)
		return node_constant(l->arena, by_type == TRUTH_TRUE);
	if (c->right)
		return lower_unknown(l, c, "another field on the right side");
	if (o->kind != OPERAND_FIELD || o->list)
		return lower_unknown(l, c, "a transformer or a list");
	if (l->hook && text_eq_str(o->field.def->name, "container.id"))
		return in_container(l, c);
	if (l->hook && l->target.kind == ABI_EVENT_EXEC &&
	    text_eq_str(o->field.def->name, "proc.name"))
		return lower_unknown(l, c, "a program is given its name later");
	if (l->hook && !hook_knows(l->hook, &o->field))
		return lower_unknown(l, c, "the kernel does not know it where it asks");
	p = field_place_find(o->field.def->name, l->target.kind);
	if (!p)
		return lower_unknown(l, c, "the record does not have the field");
	if (several && !are_exclusive(c)) /* one or all of them fit: then any does */
		return node_both(l->arena, p->lower(l, c, p),
				 lower_unknown(l, c, "how many of several values fit"));
	return p->lower(l, c, p);
}

struct node *lower_condition(struct lower *l, const struct expr *e)
{
	int term = container_terms_find(l->terms, e);
	struct node **items, *n;

	if (term >= 0)
		return node_term(l->arena, (uint32_t)term);
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		items = arena_array(l->arena, struct node *, e->group.count + 1);
		for (uint32_t i = 0; items && i < e->group.count; i++) {
			items[i] = lower_condition(l, e->group.items[i]);
			if (!items[i])
				return NULL;
		}
		return items ? node_group(l->arena, e->kind == EXPR_AND ? NODE_AND : NODE_OR, items,
					  e->group.count) :
			       NULL;
	case EXPR_NOT:
		n = lower_condition(l, e->child);
		return node_not(l->arena, n);
	case EXPR_MACRO:
		return lower_condition(l, e->macro.body);
	case EXPR_CHECK:
		return lower_check(l, &e->check);
	}
	return NULL;
}
