/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/check.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static const struct check_span any = { 0, UINT64_MAX, 0, 0 };

static struct check_span exactly(uint64_t value)
{
	return (struct check_span){ value, value, ~value, value };
}

/* --- comparisons of what is known --------------------------------------------------------------- */

/* The lower half of an argument, which is all that 32-bit tables have. */
static struct check_span narrowed(const struct check_span *s)
{
	struct check_span n = { s->min & UINT32_MAX, s->max & UINT32_MAX,
				s->clear | ~(uint64_t)UINT32_MAX, s->set & UINT32_MAX };

	if (s->max - s->min > UINT32_MAX || n.min > n.max) {
		n.min = 0;
		n.max = UINT32_MAX;
	}
	return n;
}

/* Whether a number of the span is surely (1), never (0) or perhaps (-1) in low..high. */
static int within(const struct check_span *s, uint64_t low, uint64_t high)
{
	if (s->min > high || s->max < low || low > high)
		return 0;
	return s->min >= low && s->max <= high ? 1 : -1;
}

static int negated(int answer)
{
	return answer < 0 ? answer : !answer;
}

static int equals(const struct check_span *s, uint64_t value)
{
	if (value & s->clear || s->set & ~value)
		return 0;
	return within(s, value, value);
}

static int equals_masked(const struct check_span *s, uint64_t mask, uint64_t value)
{
	if (value & ~mask || value & s->clear || s->set & mask & ~value)
		return 0;
	return mask & ~(s->clear | s->set) ? -1 : 1;
}

int check_compare(const struct cbpf_compare *c, const struct check_span *span, bool narrow)
{
	uint64_t width = narrow ? UINT32_MAX : UINT64_MAX;
	uint64_t v = c->value & width, two = c->value_two & width;
	struct check_span s = narrow ? narrowed(span) : *span;

	switch (c->op) {
	case CBPF_NE:
		return negated(equals(&s, v));
	case CBPF_LT:
		return v ? within(&s, 0, v - 1) : 0;
	case CBPF_LE:
		return within(&s, 0, v);
	case CBPF_EQ:
		return equals(&s, v);
	case CBPF_GE:
		return within(&s, v, UINT64_MAX);
	case CBPF_GT:
		return v == UINT64_MAX ? 0 : within(&s, v + 1, UINT64_MAX);
	case CBPF_MASKED_EQ:
		return equals_masked(&s, v, two);
	case CBPF_OPS:
		break;
	}
	return 0;
}

/* --- one call ----------------------------------------------------------------------------------- */

/* The answers that a filter may give. */
struct answers {
	bool permits, refuses;
	uint32_t action; /* one that refuses */
};

static void answer(struct answers *a, uint32_t action)
{
	if (cbpf_action_permits(action)) {
		a->permits = true;
		return;
	}
	if (!a->refuses)
		a->action = action;
	a->refuses = true;
}

static int rule_holds(const struct cbpf_rule *rule, const struct check_span spans[6], bool narrow)
{
	int all = 1;

	for (unsigned i = 0; i < rule->count; i++) {
		int one = check_compare(&rule->compares[i], &spans[rule->compares[i].index],
					narrow);

		if (!one)
			return 0;
		all = one < 0 ? one : all;
	}
	return all;
}

static void ask_rules(struct answers *a, const struct cbpf_filter *f, const struct profile_call *c,
		      const struct check_span spans[6])
{
	const struct cbpf_table *t = &f->tables[c->arch];
	const struct cbpf_call *call = NULL;

	if (!t->open) {
		answer(a, f->foreign);
		return;
	}
	vec_foreach(known, &t->calls)
		if (known->nr == c->nr)
			call = known;
	if (!call) {
		answer(a, f->otherwise);
		return;
	}
	vec_foreach(rule, &call->rules) {
		if (rule->count)
			continue;
		answer(a, rule->action);
		return;
	}
	vec_foreach(rule, &call->rules) {
		int holds = rule_holds(rule, spans, sys_archs[c->arch].narrow);

		if (holds)
			answer(a, rule->action);
		if (holds > 0)
			return;
	}
	answer(a, f->otherwise);
}

static void ask_program(struct answers *a, const struct cbpf_program *program,
			const struct profile_call *c, const struct check_span spans[6])
{
	struct seccomp_data data = { .nr = (int)(c->nr | sys_archs[c->arch].nr_flag),
				     .arch = sys_archs[c->arch].audit_arch };
	uint32_t action = SECCOMP_RET_KILL_THREAD;

	for (int i = 0; i < 6; i++)
		data.args[i] = spans[i].min;
	if (!cbpf_simulate(program, &data, &action, NULL))
		action = SECCOMP_RET_KILL_THREAD;
	answer(a, action);
}

/* --- a profile ---------------------------------------------------------------------------------- */

struct checker {
	struct check *result;
	const struct cbpf_filter *rules;
	const struct cbpf_program *program;
};

static enum check_verdict verdict_of(const struct answers *a, const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);

	if (a->permits)
		return CHECK_DEPENDS;
	return a->action == (SECCOMP_RET_ERRNO | ENOSYS) && name && str_eq(name, "clone3") ?
		       CHECK_DEFLECTED :
		       CHECK_DENIED;
}

static int ask(struct checker *k, const struct profile_call *c, const struct check_span spans[6],
	       const uint64_t *values, uint64_t count)
{
	struct answers a = { 0 };
	struct check_finding *finding;

	if (k->rules)
		ask_rules(&a, k->rules, c, spans);
	else
		ask_program(&a, k->program, c, spans);
	k->result->asked++;
	if (!a.refuses)
		return 0;
	finding = vec_add(&k->result->findings);
	if (!finding)
		return -ENOMEM;
	*finding = (struct check_finding){ c, verdict_of(&a, c), a.action, values, count };
	k->result->depends += finding->verdict == CHECK_DEPENDS;
	k->result->denied += finding->verdict == CHECK_DENIED;
	return 0;
}

static void spans_of_range(const struct profile_call *c, const struct sys_arg_plan *plan,
			   struct check_span spans[6])
{
	for (unsigned i = 0; i < plan->count; i++)
		spans[plan->arg[i].index] = (struct check_span){ c->range.arg[i].min,
								 c->range.arg[i].max,
								 ~c->range.arg[i].any_bits,
								 c->range.arg[i].all_bits };
}

static int check_call(struct checker *k, const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	struct check_span spans[6] = { any, any, any, any, any, any };
	int r = 0;

	if (!plan || (!c->tuples.len && !c->range.count))
		return ask(k, c, spans, NULL, profile_evidence_sum(&c->evidence).count);
	vec_foreach(t, &c->tuples) {
		for (unsigned i = 0; i < plan->count; i++)
			spans[plan->arg[i].index] = exactly(t->values[i]);
		r = r ? r : ask(k, c, spans, t->values, t->count);
	}
	if (!r && c->range.count) {
		spans_of_range(c, plan, spans);
		r = ask(k, c, spans, NULL, c->range.count);
	}
	return r;
}

int check_calls(struct check *c, const struct profile *p, const struct policy_options *o,
		const struct cbpf_filter *rules, const struct cbpf_program *program)
{
	struct checker k = { c, rules, program };
	int r = 0;

	vec_foreach(call, &p->calls)
		if (!r && policy_wants(call, o) && (!call->refused || o->with_denied))
			r = check_call(&k, call);
	return r;
}

void check_deinit(struct check *c)
{
	vec_deinit(&c->findings);
}
