/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program against its filter's definition. A comparison changes its answer only at its value, beside
 * it, and, with a mask, in single bits; so it is enough to look there, and at what other comparisons
 * of the same call have there. All combinations of that are tried where they are few; else all of one
 * argument around each rule, and a fixed sequence of chosen ones.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/cbpf/program.h"

enum { VALUES_MAX = 4096, COMBINATIONS_MAX = 1 << 15, RULES_VARIED = 256 };

/* AUDIT_ARCH_* of machines that we are not, and none at all. */
static const uint32_t foreign_archs[] = { 0,	      1,	  0x40000002,
					  0x40000004, 0xc000003d, 0xc000003f,
					  0xc00000b7, 0x40000028, UINT32_MAX };

/* Numbers beside those of the tables, all of which are tried. */
static const uint32_t edge_numbers[] = { SYS_NR_MAX, 0x3fffffff, 0x7fffffff, 0x80000000,
					 0xbfffffff, 0xc0000000, 0xfffffffe, UINT32_MAX };

struct values {
	VEC(uint64_t) list;
};

static bool add_value(struct values *v, uint64_t value)
{
	uint64_t *slot;

	if (v->list.len >= VALUES_MAX)
		return true;
	vec_foreach(known, &v->list)
		if (*known == value)
			return true;
	slot = vec_add(&v->list);
	if (slot)
		*slot = value;
	return slot;
}

/* Where a comparison may change its mind. */
static bool add_boundaries(struct values *v, const struct cbpf_compare *c)
{
	uint64_t at = c->op == CBPF_MASKED_EQ ? c->value_two : c->value;
	bool good = add_value(v, at - 1) && add_value(v, at) && add_value(v, at + 1) &&
		    add_value(v, at ^ 1ULL << 32) && add_value(v, at & UINT32_MAX) &&
		    add_value(v, at | ~(uint64_t)UINT32_MAX);

	if (c->op != CBPF_MASKED_EQ)
		return good;
	good = good && add_value(v, at | ~c->value);
	for (int bit = 0; bit < 64 && good; bit++)
		good = add_value(v, at ^ 1ULL << bit);
	return good;
}

static uint64_t satisfying(const struct cbpf_rule *rule, unsigned index)
{
	uint64_t value = 0, bits = 0;

	for (unsigned i = 0; i < rule->count; i++) {
		const struct cbpf_compare *c = &rule->compares[i];

		if (c->index != index)
			continue;
		if (c->op == CBPF_MASKED_EQ)
			bits |= c->value_two;
		else if (c->op == CBPF_NE || c->op == CBPF_GT)
			value = c->value + 1 > value ? c->value + 1 : value;
		else if (c->op == CBPF_EQ || c->op == CBPF_GE)
			value = c->value > value ? c->value : value;
	}
	return value | bits;
}

struct trial {
	int (*visit)(const uint64_t args[6], void *context);
	void *context;
	struct values values[6];
	uint64_t chance;
};

static uint64_t trial_chance(struct trial *t)
{
	t->chance ^= t->chance << 13;
	t->chance ^= t->chance >> 7;
	t->chance ^= t->chance << 17;
	return t->chance;
}

static int try_all(struct trial *t, uint64_t args[6], unsigned index)
{
	int r = 0;

	if (index == 6)
		return t->visit(args, t->context);
	vec_foreach(value, &t->values[index].list) {
		args[index] = *value;
		r = r ? r : try_all(t, args, index + 1);
	}
	return r;
}

static int try_around_rule(struct trial *t, const struct cbpf_rule *rule)
{
	int r = 0;

	for (unsigned index = 0; index < 6 && !r; index++) {
		uint64_t args[6];

		for (unsigned i = 0; i < 6; i++)
			args[i] = satisfying(rule, i);
		vec_foreach(value, &t->values[index].list) {
			args[index] = *value;
			r = r ? r : t->visit(args, t->context);
		}
	}
	return r;
}

static int try_chosen(struct trial *t)
{
	int r = 0;

	for (int n = 0; n < COMBINATIONS_MAX / 4 && !r; n++) {
		uint64_t args[6];

		for (unsigned i = 0; i < 6; i++)
			args[i] = t->values[i].list.items[trial_chance(t) % t->values[i].list.len];
		r = t->visit(args, t->context);
	}
	return r;
}

int cbpf_each_boundary(const struct cbpf_call *call,
		       int (*visit)(const uint64_t args[6], void *context), void *context)
{
	struct trial t = { .visit = visit, .context = context, .chance = 0x9e3779b97f4a7c15 };
	uint64_t args[6] = { 0 }, combinations = 1;
	size_t varied = 0;
	int r = 0;

	for (unsigned i = 0; i < 6 && !r; i++) {
		if (!add_value(&t.values[i], 0))
			r = -ENOMEM;
		vec_foreach(rule, &call->rules)
			for (unsigned k = 0; k < rule->count && !r; k++)
				if (rule->compares[k].index == i &&
				    !add_boundaries(&t.values[i], &rule->compares[k]))
					r = -ENOMEM;
		combinations *= t.values[i].list.len;
		if (combinations > COMBINATIONS_MAX)
			combinations = COMBINATIONS_MAX + 1;
	}
	if (!r && combinations <= COMBINATIONS_MAX) {
		r = try_all(&t, args, 0);
	} else if (!r) {
		vec_foreach(rule, &call->rules)
			r = r || varied++ >= RULES_VARIED ? r : try_around_rule(&t, rule);
		r = r ? r : try_chosen(&t);
	}
	for (unsigned i = 0; i < 6; i++)
		vec_deinit(&t.values[i].list);
	return r;
}

/* --- the proof ---------------------------------------------------------------------------------- */

struct proof {
	const struct cbpf_program *program;
	const struct cbpf_filter *filter;
	struct seccomp_data data;
	struct error *err;
};

static int compare(struct proof *p)
{
	uint32_t want = cbpf_filter_decide(p->filter, &p->data), got = 0;
	char want_text[64], got_text[64];

	if (cbpf_simulate(p->program, &p->data, &got, NULL) && want == got)
		return 0;
	cbpf_action_text(want, want_text, sizeof(want_text));
	cbpf_action_text(got, got_text, sizeof(got_text));
	return error_set(p->err, EINVAL,
			 "the filter's program is wrong: for call %#x of architecture %#x with "
			 "(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx) it answers %s, not %s",
			 (unsigned)p->data.nr, p->data.arch, p->data.args[0], p->data.args[1],
			 p->data.args[2], p->data.args[3], p->data.args[4], p->data.args[5],
			 got_text, want_text);
}

static int compare_arguments(const uint64_t args[6], void *context)
{
	struct proof *p = context;

	memcpy(p->data.args, args, sizeof(p->data.args));
	return compare(p);
}

static int prove_number(struct proof *p, uint32_t arch, uint32_t nr)
{
	memset(&p->data, 0, sizeof(p->data));
	p->data.arch = arch;
	p->data.nr = (int)nr;
	return compare(p);
}

static int prove_table(struct proof *p, enum sys_arch arch)
{
	const struct sys_arch_def *def = &sys_archs[arch];
	int r = 0;

	for (uint32_t nr = 0; nr <= SYS_NR_MAX && !r; nr++)
		r = prove_number(p, def->audit_arch, nr + def->nr_flag);
	vec_foreach(call, &p->filter->tables[arch].calls) {
		if (!r)
			r = prove_number(p, def->audit_arch, call->nr + def->nr_flag);
		if (!r)
			r = cbpf_each_boundary(call, compare_arguments, p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(edge_numbers) && !r; i++)
		r = prove_number(p, def->audit_arch, edge_numbers[i]);
	return r;
}

int cbpf_prove(const struct cbpf_program *program, const struct cbpf_filter *f, struct error *err)
{
	struct proof p = { .program = program, .filter = f, .err = err };
	int r = 0;

	if (!cbpf_is_valid(program))
		return error_set(err, EINVAL, "the filter's program is none that a kernel takes");
	for (int arch = 0; arch < SYS_ARCH_MAX && !r; arch++)
		r = prove_table(&p, (enum sys_arch)arch);
	for (size_t i = 0; i < ARRAY_SIZE(foreign_archs) && !r; i++)
		for (uint32_t nr = 0; nr < SYS_NR_MAX && !r; nr++)
			r = prove_number(&p, foreign_archs[i], nr);
	return r;
}
