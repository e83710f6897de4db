/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "profile/algebra.h"
#include "profile/check.h"

static bool has_arguments(const struct profile_call *c)
{
	return c->tuples.len || c->range.count;
}

static void say_dropped(struct buf *dropped, const struct check_finding *f)
{
	const char *name = sys_call_name(f->call->arch, (int)f->call->nr);
	char action[64];

	cbpf_action_text(f->action, action, sizeof(action));
	if (dropped)
		buf_addf(dropped, "%s (%s)%s: %s\n", name ? name : "a call without a name",
			 sys_archs[f->call->arch].name,
			 f->values ? ", one combination of arguments" : "", action);
}

/* Takes one combination, the range, or the whole call out; what is left empty goes later. */
static void drop(struct profile_call *c, const uint64_t *values)
{
	if (!values) {
		c->range.count = 0;
		return;
	}
	vec_foreach(t, &c->tuples)
		if (t->values == values)
			t->count = 0;
}

static void sweep(struct profile *p, const bool *had_arguments, const bool *denied)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->calls.len; i++) {
		struct profile_call *c = &p->calls.items[i];
		size_t tuples = 0;

		for (size_t k = 0; k < c->tuples.len; k++)
			if (c->tuples.items[k].count)
				c->tuples.items[tuples++] = c->tuples.items[k];
		c->tuples.len = tuples;
		if (denied[i] && (!had_arguments[i] || !has_arguments(c))) {
			vec_deinit(&c->tuples);
			vec_deinit(&c->evidence);
			continue;
		}
		p->calls.items[kept++] = *c;
	}
	p->calls.len = kept;
}

int profile_restrict(struct profile *p, const struct cbpf_filter *rules, struct buf *dropped)
{
	const struct policy_options all = { .with_entered = true,
					    .with_denied = true,
					    .with_listener = true };
	cleanup_check struct check c = { 0 };
	cleanup_free bool *had = calloc(p->calls.len + 1, sizeof(*had));
	cleanup_free bool *denied = calloc(p->calls.len + 1, sizeof(*denied));
	int r = had && denied ? check_calls(&c, p, &all, rules, NULL) : -ENOMEM;

	if (r)
		return r;
	for (size_t i = 0; i < p->calls.len; i++) {
		had[i] = has_arguments(&p->calls.items[i]);
		vec_foreach(t, &p->calls.items[i].tuples)
			t->count += !t->count; /* 0 means dropped here */
	}
	vec_foreach(f, &c.findings) {
		size_t at = (size_t)(f->call - p->calls.items);

		if (f->verdict != CHECK_DENIED)
			continue;
		denied[at] = true;
		say_dropped(dropped, f);
		drop(&p->calls.items[at], f->values);
	}
	sweep(p, had, denied);
	return 0;
}
