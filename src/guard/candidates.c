/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/candidates.h"

#include <errno.h>

struct candidate_filter {
	uint64_t digest;
	const struct event_type *type;
	uint32_t count;
	uint32_t entries[FILTER_TOLD]; /* by part; EVAL_NO_ENTRY: nothing to evaluate */
};

/* By digest; the type tells apart two of one digest, should there be any. */
static int order(uint64_t digest, const struct event_type *type, const struct candidate_filter *f)
{
	uintptr_t a = (uintptr_t)type, b = (uintptr_t)f->type;

	if (digest != f->digest)
		return digest > f->digest ? 1 : -1;
	return (a > b) - (a < b);
}

static int compare(const void *x, const void *f)
{
	const struct candidate_filter *a = x;

	return order(a->digest, a->type, f);
}

static int compare_event(const void *x, const void *f)
{
	const struct event *ev = x;

	return order(ev->filter, ev->type, f);
}

int candidates_add(struct candidates *c, const struct program *p, const struct kernel_filter *f)
{
	struct candidate_filter *slot;

	if (!f->digest)
		return 0;
	slot = vec_add(&c->filters);
	if (!slot)
		return -ENOMEM;
	slot->digest = f->digest;
	slot->type = f->target.type;
	slot->count = (uint32_t)f->parts.len;
	for (uint32_t i = 0; i < slot->count; i++)
		slot->entries[i] = program_entry(p, slot->type, f->parts.items[i].rule,
						 f->parts.items[i].step);
	vec_sort(&c->filters, compare);
	return 0;
}

void candidates_deinit(struct candidates *c)
{
	vec_deinit(&c->filters);
}

static bool choose(const struct candidate_filter *f, uint64_t parts, struct eval_choice *ret)
{
	*ret = (struct eval_choice){ 0 };
	for (uint32_t i = 0; i < f->count; i++) {
		uint32_t entry = f->entries[i];

		if (!(parts >> i & 1) || entry == EVAL_NO_ENTRY)
			continue;
		if (entry >= EVAL_CHOICE_MAX)
			return false;
		ret->entries[entry / 64] |= 1ULL << (entry % 64);
	}
	return true;
}

bool candidates_of(const struct candidates *c, const struct event *ev, struct eval_choice *ret)
{
	const struct candidate_filter *f = NULL;

	if (ev->filter && c->filters.len)
		f = bsearch(ev, c->filters.items, c->filters.len, sizeof(*f), compare_event);
	return f && choose(f, ev->filter_parts, ret);
}
