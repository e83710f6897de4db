/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/closure.h"

/* More alternatives than this for one call are generalised: each costs a comparison at run time. */
enum { MATCHES_MAX = 16 };

static int entry_compare(const void *a, const void *b)
{
	const struct policy_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct policy_entry *entry_find(struct policy *policy, const char *name)
{
	vec_foreach(e, &policy->entries)
		if (str_eq(e->name, name))
			return e;
	return NULL;
}

static struct policy_entry *entry_add(struct policy *policy, const char *name,
				      enum policy_reason reason)
{
	struct policy_entry *e = entry_find(policy, name);

	if (!e) {
		e = vec_add(&policy->entries);
		if (!e)
			return NULL;
		e->name = name;
	}
	e->reasons |= reason;
	return e;
}

void policy_deinit(struct policy *policy)
{
	vec_foreach(e, &policy->entries) {
		vec_deinit(&e->matches);
		free(e->widened);
	}
	vec_deinit(&policy->entries);
	vec_deinit(&policy->unnamed);
}

const struct policy_entry *policy_find(const struct policy *policy, const char *name)
{
	return entry_find((struct policy *)policy, name);
}

/* Why a call belongs into a policy, by its layer; 0: it does not. */
static enum policy_reason layer_reason(const struct profile_call *c, const struct policy_options *o)
{
	if (c->phases == PROFILE_LISTENER && !o->with_listener)
		return 0;
	switch (c->layer) {
	case PROFILE_APP:
		return POLICY_OBSERVED;
	case PROFILE_TAIL:
		return o->without_runtime ? 0 : POLICY_RUNTIME;
	case PROFILE_ENTERED:
	case PROFILE_ENTERED_TAIL:
		return o->with_entered ? POLICY_ENTERED : 0;
	case PROFILE_SETUP:
	case PROFILE_ENTERED_SETUP:
	case PROFILE_LAYERS:
		break;
	}
	return 0;
}

bool policy_wants(const struct profile_call *c, const struct policy_options *o)
{
	return layer_reason(c, o) != 0;
}

/* --- arguments ---------------------------------------------------------------------------------- */

/* What all values of a call have in common, over the layers in the policy. */
struct hull {
	bool any;
	struct profile_range range;
};

static void hull_widen(struct hull *h, const struct profile_call *c, unsigned count)
{
	struct profile_call scratch = { .range = h->range };

	vec_foreach(t, &c->tuples) {
		struct profile_range one = { .count = t->count ? t->count : 1 };

		for (unsigned i = 0; i < count; i++)
			one.arg[i].any_bits = one.arg[i].all_bits = one.arg[i].min =
				one.arg[i].max = t->values[i];
		profile_call_widen(&scratch, &one);
	}
	profile_call_widen(&scratch, &c->range);
	h->range = scratch.range;
	h->any = true;
}

/*
 * The lattice: the exact set of deciding bits; if there are too many, one match in which bits that
 * were never set must stay clear; if that says nothing, any value.
 */
static int generalise(struct policy_entry *e, const struct sys_arg_plan *plan, const struct hull *h)
{
	struct policy_match m = { 0 };
	bool says_something = false;

	for (unsigned i = 0; i < plan->count; i++) {
		uint64_t never = plan->arg[i].mask & ~h->range.arg[i].any_bits;

		if (!plan->arg[i].flags && h->range.arg[i].min != h->range.arg[i].max)
			never = 0; /* a number: clear bits mean nothing */
		m.mask[plan->arg[i].index] = never;
		says_something |= never != 0;
	}
	vec_deinit(&e->matches);
	free(e->widened);
	e->widened = str_format("more than %d combinations of arguments: %s", MATCHES_MAX,
				says_something ? "flags that were never used stay forbidden" :
						 "any are allowed");
	if (!e->widened)
		return -ENOMEM;
	return !says_something || match_list_add(&e->matches, &m) ? 0 : -ENOMEM;
}

static int arguments_build(struct policy_entry *e, const struct profile *p,
			   const struct policy_options *o)
{
	const struct sys_arg_plan *plan = sys_arg_plan(e->name);
	struct hull h = { 0 };
	bool exact = true;

	if (!plan || o->arguments == POLICY_ARGUMENTS_NONE ||
	    (plan->use == SYS_ARG_STRICT && o->arguments != POLICY_ARGUMENTS_STRICT))
		return 0;
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (!name || !str_eq(name, e->name) || !layer_reason(c, o) ||
		    (c->refused && !o->with_denied))
			continue;
		if (!c->tuples.len && !c->range.count) {
			vec_deinit(&e->matches); /* arguments of these were not recorded */
			return 0;
		}
		hull_widen(&h, c, plan->count);
		exact = exact && !c->range.count;
		vec_foreach(t, &c->tuples) {
			struct policy_match m = { 0 };

			for (unsigned i = 0; i < plan->count; i++) {
				m.mask[plan->arg[i].index] = plan->arg[i].mask;
				m.value[plan->arg[i].index] = t->values[i] & plan->arg[i].mask;
			}
			if (!match_list_add(&e->matches, &m))
				return -ENOMEM;
		}
	}
	if (h.any && (!exact || e->matches.len > MATCHES_MAX))
		return generalise(e, plan, &h);
	return 0;
}

/*
 * A closure entry gets the caution that its arguments deserve: no new namespaces by way of a twin. An
 * entry that was there and compares its arguments gets the harmless ones besides.
 */
static int closure_arguments(struct policy_entry *e, bool fresh, const struct policy_options *o)
{
	const struct sys_arg_plan *plan = sys_arg_plan(e->name);
	struct policy_match none = { 0 }, harmless = { 0 };

	if (!plan || plan->use != SYS_ARG_DANGER || o->arguments == POLICY_ARGUMENTS_NONE ||
	    (!fresh && !e->matches.len))
		return 0;
	for (unsigned i = 0; i < plan->count; i++) {
		none.mask[plan->arg[i].index] = plan->arg[i].mask;
		harmless.value[plan->arg[i].index] = plan->arg[i].harmless;
	}
	memcpy(harmless.mask, none.mask, sizeof(none.mask));
	return match_list_add(&e->matches, &none) && match_list_add(&e->matches, &harmless) ?
		       0 :
		       -ENOMEM;
}

/* --- building ----------------------------------------------------------------------------------- */

static int add_observed(struct policy *policy, const struct profile *p,
			const struct policy_options *o)
{
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		enum policy_reason reason = layer_reason(c, o);
		struct policy_entry *e;

		if (!reason || (c->refused && !o->with_denied))
			continue;
		if (!name) {
			uint32_t *slot = vec_add(&policy->unnamed);

			if (!slot)
				return -ENOMEM;
			*slot = c->nr;
			continue;
		}
		e = entry_add(policy, name, c->refused ? POLICY_DENIED : reason);
		if (!e)
			return -ENOMEM;
		policy->archs[c->arch] = true;
		e->count += profile_evidence_sum(&c->evidence).count;
	}
	return 0;
}

/* Marks calls that belong to the start alone: every time they were seen was before it was ready. */
static void mark_start_only(struct policy *policy, const struct profile *p,
			    const struct policy_options *o)
{
	vec_foreach(e, &policy->entries)
		e->start_only = p->recording.ready_seen && e->reasons == POLICY_OBSERVED;
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		struct policy_entry *e = name ? entry_find(policy, name) : NULL;

		if (e && !c->refused && layer_reason(c, o) && c->phases != PROFILE_START)
			e->start_only = false;
	}
}

static void drop_start_only(struct policy *policy)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->entries.len; i++) {
		struct policy_entry *e = &policy->entries.items[i];

		if (!e->start_only) {
			policy->entries.items[kept++] = *e;
			continue;
		}
		vec_deinit(&e->matches);
		free(e->widened);
	}
	policy->entries.len = kept;
}

/* serves: it is not only implied by what the start does. */
static int closure_add(struct policy *policy, const char *call, const char *why, bool serves,
		       const struct policy_options *o)
{
	struct policy_entry *e = entry_find(policy, call);
	bool fresh = !e;

	if (fresh) {
		e = entry_add(policy, call, POLICY_CLOSURE);
		if (!e)
			return -ENOMEM;
		e->why = why;
		e->start_only = !serves;
	}
	e->start_only = e->start_only && !serves;
	return closure_arguments(e, fresh, o);
}

static int add_closure(struct policy *policy, const struct policy_options *o)
{
	for (size_t i = 0; i < closure_rules_count; i++) {
		const struct closure_rule *rule = &closure_rules[i];
		bool wanted = !rule->when[0], serves = wanted;

		for (int k = 0; k < CLOSURE_TRIGGERS_MAX && rule->when[k]; k++) {
			const struct policy_entry *e = entry_find(policy, rule->when[k]);

			if (!e || !(e->reasons & ~(unsigned)POLICY_CLOSURE))
				continue;
			wanted = true;
			serves = serves || !e->start_only;
		}
		if (!wanted || (rule->only_32bit && !policy->archs[SYS_ARCH_X86]))
			continue;
		if (closure_add(policy, rule->call, rule->why, serves, o))
			return -ENOMEM;
	}
	return 0;
}

static int add_runtime_closure(struct policy *policy, const struct profile *p,
			       const struct policy_options *o)
{
	for (size_t i = 0; i < closure_runtimes_count; i++) {
		const struct closure_runtime *rule = &closure_runtimes[i];

		if (!p->runtime.name || !str_eq(p->runtime.name, rule->runtime))
			continue;
		/* Before the exec no agent may be asked: the runtime has yet to tell it. */
		for (const char *const *call = rule->calls; *call; call++)
			if (closure_add(policy, *call, rule->why, true, o))
				return -ENOMEM;
	}
	return 0;
}

static int add_asked(struct policy *policy, const struct policy_options *o, struct error *err)
{
	for (const char *const *name = o->allow; name && *name; name++) {
		struct policy_entry *e;

		if (!sys_call_is_known(*name)) {
			const char *close = sys_call_suggest(*name);

			return error_set(err, EINVAL, "no system call is called \"%s\"%s%s%s",
					 *name, close ? " (did you mean " : "", close ? close : "",
					 close ? "?)" : "");
		}
		e = entry_add(policy, *name, POLICY_ASKED);
		if (!e)
			return -ENOMEM;
		e->start_only = false;
		vec_deinit(&e->matches);
	}
	return 0;
}

/* What is in the policy for a better reason stays as it is. */
static int add_predicted(struct policy *policy, const struct policy_options *o)
{
	for (const char *const *name = o->predicted; name && *name; name++) {
		struct policy_entry *e;

		if (entry_find(policy, *name))
			continue;
		e = entry_add(policy, *name, POLICY_PREDICTED);
		if (!e)
			return -ENOMEM;
		e->why = "never seen, but code of the workload can make it";
		e->logged = o->log_predicted;
		if (!e->logged && closure_arguments(e, true, o))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Where clone is allowed, clone3 is answered with ENOSYS, also if it was never seen: a libc that asks for
 * it first and hears EPERM gives up (glibc 2.34).
 */
static int deflect_clone3(struct policy *policy, const struct policy_options *options)
{
	struct policy_entry *e = entry_find(policy, "clone3");

	if (options->clone3 || !entry_find(policy, "clone") || (e && e->reasons & POLICY_ASKED) ||
	    (!e && options->without_closure))
		return 0;
	if (!e)
		e = entry_add(policy, "clone3", POLICY_CLOSURE);
	if (!e)
		return -ENOMEM;
	e->deflected = true;
	e->why = "its flags are in memory, out of a filter's sight: with ENOSYS libc takes clone, whose "
		 "flags are checked";
	return 0;
}

int policy_build(struct policy *policy, const struct profile *profile,
		 const struct policy_options *options, struct error *err)
{
	int r;

	memset(policy, 0, sizeof(*policy));
	policy->archs[SYS_ARCH_X86_64] = true;
	r = add_observed(policy, profile, options);
	mark_start_only(policy, profile, options);
	if (options->serve_only)
		drop_start_only(policy);
	vec_foreach(e, &policy->entries)
		r = r ? r : arguments_build(e, profile, options);
	if (!r && !options->without_closure)
		r = add_closure(policy, options);
	if (!r && !options->without_closure && !options->without_runtime)
		r = add_runtime_closure(policy, profile, options);
	if (!r)
		r = add_asked(policy, options, err);
	if (!r)
		r = add_predicted(policy, options);
	if (r) {
		policy_deinit(policy);
		return r == -ENOMEM ? error_errno(err, ENOMEM, "policy") : r;
	}
	r = deflect_clone3(policy, options);
	if (r) {
		policy_deinit(policy);
		return error_errno(err, ENOMEM, "policy");
	}
	vec_sort(&policy->entries, entry_compare);
	return 0;
}

uint64_t policy_capabilities(const struct profile *profile, const struct policy_options *options)
{
	uint64_t set = 0;

	vec_foreach(c, &profile->caps) {
		bool wanted = c->layer == PROFILE_APP ||
			      (options->with_entered && c->layer == PROFILE_ENTERED);

		if (wanted && (c->outcome == ABI_CAP_USED ||
			       (c->outcome == ABI_CAP_REFUSED && options->with_denied)))
			set |= 1ULL << c->cap;
	}
	return set;
}
