/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of all profiles are put in one list, sorted by what they are, and each run of equal ones
 * becomes a fact, or none.
 */
#include "profile/algebra.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { ORIGINALS_MAX = 8 };

/* A fact, and which of the profiles it is of (two of them may be one and the same). */
struct member {
	const void *fact;
	size_t of;
};

struct members {
	VEC(struct member) list;
};

struct joiner {
	struct profile *out;
	const struct profile *const *list;
	size_t at_least;
	size_t count; /* profiles */
	bool failed;
};

/* --- evidence ----------------------------------------------------------------------------------- */

static void join_evidence(struct joiner *j, size_t of, const profile_evidence_list *list,
			  profile_evidence_list *to)
{
	vec_foreach(e, list) {
		uint32_t exe = profile_executable(j->out, j->list[of]->executables.items[e->exe]);
		struct profile_evidence *slot = NULL;

		vec_foreach(known, to)
			/* NOLINTNEXTLINE(clang-analyzer-core.*): vec_add() fills it */
			if (known->exe == exe)
				slot = known;
		if (!slot && exe != UINT32_MAX) {
			slot = vec_add(to);
			if (slot)
				*slot = (struct profile_evidence){ exe, 0, e->first_ns,
								   e->last_ns };
		}
		if (!slot) {
			j->failed = true;
			return;
		}
		slot->count = e->count > slot->count ? e->count : slot->count;
		slot->first_ns = e->first_ns < slot->first_ns ? e->first_ns : slot->first_ns;
		slot->last_ns = e->last_ns > slot->last_ns ? e->last_ns : slot->last_ns;
	}
}

/* --- arguments ---------------------------------------------------------------------------------- */

static bool has_arguments(const struct profile_call *c)
{
	return c->tuples.len || c->range.count;
}

static bool range_covers(const struct profile_range *r, const uint64_t values[ABI_CALL_ARGS_MAX])
{
	if (!r->count)
		return false;
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
		if (values[i] & ~r->arg[i].any_bits || r->arg[i].all_bits & ~values[i] ||
		    values[i] < r->arg[i].min || values[i] > r->arg[i].max)
			return false;
	return true;
}

/* How often a call was made with these; UINT64_MAX: it may have been. 0: never. */
static uint64_t made_with(const struct profile_call *c, const uint64_t values[ABI_CALL_ARGS_MAX])
{
	if (!has_arguments(c))
		return UINT64_MAX;
	vec_foreach(t, &c->tuples)
		if (!memcmp(t->values, values, sizeof(t->values)))
			return t->count ? t->count : 1;
	return range_covers(&c->range, values) ? UINT64_MAX : 0;
}

static void join_tuple(struct joiner *j, struct profile_call *to, const struct member *run,
		       size_t n, const uint64_t values[ABI_CALL_ARGS_MAX])
{
	uint64_t most = 0;
	size_t have = 0;

	vec_foreach(known, &to->tuples)
		if (!memcmp(known->values, values, sizeof(known->values)))
			return;
	for (size_t i = 0; i < n; i++) {
		uint64_t made = made_with(run[i].fact, values);

		have += made > 0;
		if (made != UINT64_MAX && made > most)
			most = made;
	}
	if (have >= j->at_least && profile_call_add_tuple(to, values, most))
		j->failed = true;
}

static void range_narrow(struct profile_range *to, const struct profile_range *from)
{
	if (!to->count) {
		*to = *from;
		return;
	}
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++) {
		to->arg[i].any_bits &= from->arg[i].any_bits;
		to->arg[i].all_bits |= from->arg[i].all_bits;
		to->arg[i].min = from->arg[i].min > to->arg[i].min ? from->arg[i].min :
								     to->arg[i].min;
		to->arg[i].max = from->arg[i].max < to->arg[i].max ? from->arg[i].max :
								     to->arg[i].max;
	}
	to->count = from->count > to->count ? from->count : to->count;
}

static bool range_is_empty(const struct profile_range *r)
{
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
		if (r->arg[i].min > r->arg[i].max || r->arg[i].all_bits & ~r->arg[i].any_bits)
			return true;
	return false;
}

/* In a union ranges grow; else what all that have one agree on is kept, which is never too much. */
static void join_ranges(struct joiner *j, struct profile_call *to, const struct member *run,
			size_t n)
{
	struct profile_range r = { 0 };
	uint64_t most = 0;
	size_t have = 0;

	for (size_t i = 0; i < n; i++) {
		const struct profile_call *c = run[i].fact;

		have += c->range.count || !has_arguments(c);
		most = c->range.count > most ? c->range.count : most;
		if (!c->range.count)
			continue;
		if (j->at_least > 1) {
			range_narrow(&r, &c->range);
		} else {
			struct profile_call scratch = { .range = r };

			profile_call_widen(&scratch, &c->range);
			r = scratch.range;
		}
	}
	r.count = most;
	if (have >= j->at_least && r.count && !range_is_empty(&r))
		to->range = r;
}

/* More combinations than a profile keeps: what they have in common. */
static void fold_tuples(struct profile_call *c)
{
	uint64_t most = c->range.count;

	if (c->tuples.len <= ABI_ARG_TUPLES_MAX)
		return;
	vec_foreach(t, &c->tuples) {
		struct profile_range one = { .count = 1 };

		for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
			one.arg[i].any_bits = one.arg[i].all_bits = one.arg[i].min =
				one.arg[i].max = t->values[i];
		profile_call_widen(c, &one);
		most = t->count > most ? t->count : most;
	}
	c->range.count = most;
	vec_deinit(&c->tuples);
}

/* False if nothing is left that as many have. */
static bool join_arguments(struct joiner *j, struct profile_call *to, const struct member *run,
			   size_t n)
{
	size_t any = 0;

	for (size_t i = 0; i < n; i++)
		any += !has_arguments(run[i].fact);
	if (any >= j->at_least)
		return true;
	for (size_t i = 0; i < n; i++) {
		const struct profile_call *c = run[i].fact;

		vec_foreach(t, &c->tuples)
			join_tuple(j, to, run, n, t->values);
	}
	join_ranges(j, to, run, n);
	fold_tuples(to);
	return has_arguments(to);
}

/* --- facts: what becomes of a run of equal ones ------------------------------------------------- */

static void join_call(struct joiner *j, const struct member *run, size_t n)
{
	const struct profile_call *first = run[0].fact;
	struct profile_call c = { .arch = first->arch,
				  .layer = first->layer,
				  .nr = first->nr,
				  .refused = first->refused },
			    *slot;

	if (n < j->at_least)
		return;
	if (!join_arguments(j, &c, run, n)) {
		vec_deinit(&c.tuples);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct profile_call *from = run[i].fact;

		c.phases |= from->phases;
		join_evidence(j, run[i].of, &from->evidence, &c.evidence);
	}
	slot = vec_add(&j->out->calls);
	if (slot) {
		*slot = c;
		return;
	}
	vec_deinit(&c.tuples);
	vec_deinit(&c.evidence);
	j->failed = true;
}

/* A run of one capability: in which calls it was asked for may differ. */
static void join_cap(struct joiner *j, const struct member *run, size_t n)
{
	size_t profiles = 0;

	for (size_t i = 0; i < n; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || run[k].of == run[i].of;
		profiles += !again;
	}
	for (size_t i = 0; i < n && profiles >= j->at_least; i++) {
		const struct profile_cap *from = run[i].fact;
		struct profile_cap *to = NULL;

		vec_foreach(known, &j->out->caps)
			if (!profile_cap_compare(known, from))
				to = known;
		if (!to) {
			to = vec_add(&j->out->caps);
			if (!to) {
				j->failed = true;
				return;
			}
			*to = *from;
			memset(&to->evidence, 0, sizeof(to->evidence));
		}
		join_evidence(j, run[i].of, &from->evidence, &to->evidence);
	}
}

static int string_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Some of the originals: the first ones in order, so that it does not matter who comes when. */
static void join_originals(struct joiner *j, const struct profile_file *from,
			   struct profile_file *to)
{
	vec_foreach(o, &from->originals) {
		bool known = false;
		char **slot, *copy;

		vec_foreach(have, &to->originals)
			/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): vec_add() fills it */
			known = known || str_eq(*have, *o);
		if (known)
			continue;
		copy = strdup(*o);
		slot = copy ? vec_add(&to->originals) : NULL;
		if (!slot) {
			free(copy);
			j->failed = true;
			return;
		}
		*slot = copy;
	}
	vec_sort(&to->originals, string_compare);
	while (to->originals.len > ORIGINALS_MAX)
		free(to->originals.items[--to->originals.len]);
	if (from->original_count > to->original_count)
		to->original_count = from->original_count;
}

static uint32_t join_ops(const struct joiner *j, const struct member *run, size_t n)
{
	uint32_t ops = 0;

	for (unsigned bit = 0; profile_file_op_name(bit); bit++) {
		size_t have = 0;

		for (size_t i = 0; i < n; i++)
			have += ((const struct profile_file *)run[i].fact)->ops >> bit & 1;
		if (have >= j->at_least)
			ops |= 1u << bit;
	}
	return ops;
}

static void join_file(struct joiner *j, const struct member *run, size_t n)
{
	const struct profile_file *first = run[0].fact;
	uint32_t ops = join_ops(j, run, n);
	struct profile_file *to = ops ? vec_add(&j->out->files) : NULL;

	if (!ops)
		return;
	if (to)
		*to = (struct profile_file){ .path = strdup(first->path),
					     .ops = ops,
					     .flags = first->flags,
					     .layer = first->layer,
					     .label = first->label ? strdup(first->label) : NULL };
	if (!to || !to->path || !to->label != !first->label) {
		j->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct profile_file *from = run[i].fact;

		if (from->rule && (!to->rule || strcmp(from->rule, to->rule) < 0))
			to->rule = from->rule;
		join_originals(j, from, to);
		join_evidence(j, run[i].of, &from->evidence, &to->evidence);
	}
}

static void join_peer(struct joiner *j, const struct member *run, size_t n)
{
	struct profile_peer *to = n >= j->at_least ? vec_add(&j->out->peers) : NULL;

	if (n < j->at_least)
		return;
	if (!to) {
		j->failed = true;
		return;
	}
	*to = *(const struct profile_peer *)run[0].fact;
	memset(&to->evidence, 0, sizeof(to->evidence));
	for (size_t i = 0; i < n; i++)
		join_evidence(j, run[i].of, &((const struct profile_peer *)run[i].fact)->evidence,
			      &to->evidence);
}

/* --- runs --------------------------------------------------------------------------------------- */

/* Capabilities are counted whatever the call that asked for them. */
static int same_cap(const void *a, const void *b)
{
	const struct profile_cap *x = a, *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->outcome != y->outcome)
		return x->outcome < y->outcome ? -1 : 1;
	return x->cap < y->cap ? -1 : x->cap > y->cap;
}

#define MEMBER_COMPARE(kind, compare)                                  \
	static int kind##_member_compare(const void *a, const void *b) \
	{                                                              \
		return compare(((const struct member *)a)->fact,       \
			       ((const struct member *)b)->fact);      \
	}
MEMBER_COMPARE(call, profile_call_compare)
MEMBER_COMPARE(cap, same_cap)
MEMBER_COMPARE(file, profile_file_compare)
MEMBER_COMPARE(peer, profile_peer_compare)

static void join_runs(struct joiner *j, struct members *m,
		      int (*compare)(const void *, const void *),
		      void (*join)(struct joiner *, const struct member *, size_t))
{
	vec_sort(&m->list, compare);
	for (size_t from = 0, to; from < m->list.len; from = to) {
		to = from + 1;
		while (to < m->list.len && !compare(&m->list.items[from], &m->list.items[to]))
			to++;
		join(j, &m->list.items[from], to - from);
	}
	vec_deinit(&m->list);
}

#define JOIN_FACTS(j, kind, facts)                                          \
	do {                                                                \
		struct members m_ = { 0 };                                  \
                                                                            \
		for (size_t i_ = 0; i_ < (j)->count; i_++) {                \
			vec_foreach(f_, &(j)->list[i_]->facts) {            \
				struct member *slot_ = vec_add(&m_.list);   \
                                                                            \
				if (slot_)                                  \
					*slot_ = (struct member){ f_, i_ }; \
				else                                        \
					(j)->failed = true;                 \
			}                                                   \
		}                                                           \
		join_runs(j, &m_, kind##_member_compare, join_##kind);      \
	} while (0)

/* --- what profiles say of themselves ------------------------------------------------------------ */

static bool same_text(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

/* A copy of what all say; nothing if one says something else. */
static char *agreed(struct joiner *j, size_t offset)
{
	const struct profile *const *list = j->list;
	const char *first = *(char *const *)((const char *)list[0] + offset);
	char *copy;

	for (size_t i = 1; i < j->count; i++) {
		const char *other = *(char *const *)((const char *)list[i] + offset);

		if (!first || !same_text(first, other))
			return NULL;
	}
	copy = first ? strdup(first) : NULL;
	j->failed = j->failed || (first && !copy);
	return copy;
}

static void join_recording(struct joiner *j)
{
	struct profile *out = j->out;

	out->recording.start_seen = out->recording.ready_seen = true;
	for (size_t i = 0; i < j->count; i++) {
		const struct profile *p = j->list[i];
		bool first = !i;

		if (first || p->recording.start_ns < out->recording.start_ns)
			out->recording.start_ns = p->recording.start_ns;
		if (first || p->recording.end_ns > out->recording.end_ns)
			out->recording.end_ns = p->recording.end_ns;
		if (first || p->recording.quiet_ns < out->recording.quiet_ns)
			out->recording.quiet_ns = p->recording.quiet_ns;
		out->recording.start_seen = out->recording.start_seen && p->recording.start_seen;
		/* Phases are known only if they are in all: else "start alone" would be a guess. */
		out->recording.ready_seen = out->recording.ready_seen && p->recording.ready_seen;
		for (int k = 0; k < ABI_LOSSES; k++)
			if (p->recording.losses[k] > out->recording.losses[k])
				out->recording.losses[k] = p->recording.losses[k];
	}
}

static bool same_credentials(const struct profile *a, const struct profile *b)
{
	return a->credentials.known == b->credentials.known &&
	       a->credentials.uid == b->credentials.uid &&
	       a->credentials.gid == b->credentials.gid &&
	       a->credentials.effective == b->credentials.effective &&
	       a->credentials.permitted == b->credentials.permitted &&
	       a->credentials.bounding == b->credentials.bounding;
}

static void join_runtime(struct joiner *j)
{
	struct profile *out = j->out;
	const struct profile *first = j->list[0];
	bool same = true, credentials = true;

	out->runtime.no_new_privileges = out->runtime.filtered = true;
	out->runtime.tail = first->runtime.tail;
	out->credentials = first->credentials;
	for (size_t i = 0; i < j->count; i++) {
		const struct profile *p = j->list[i];

		out->runtime.no_new_privileges &= p->runtime.no_new_privileges;
		out->runtime.filtered &= p->runtime.filtered;
		if (p->runtime.tail < out->runtime.tail)
			out->runtime.tail = p->runtime.tail;
		same = same && same_text(p->runtime.name, first->runtime.name);
		credentials = credentials && same_credentials(p, first);
	}
	if (!credentials)
		memset(&out->credentials, 0, sizeof(out->credentials));
	if (!same &&
	    profile_add_note(out, "the profiles are of different container runtimes: what either "
				  "of them might need beyond what was seen is not added"))
		j->failed = true;
}

static void join_notes(struct joiner *j)
{
	for (size_t i = 0; i < j->count; i++) {
		vec_foreach(note, &j->list[i]->notes) {
			bool known = false;

			vec_foreach(have, &j->out->notes)
				known = known || str_eq(*have, *note);
			if (!known && profile_add_note(j->out, "%s", *note))
				j->failed = true;
		}
	}
	vec_sort(&j->out->notes, string_compare);
}

static void join_head(struct joiner *j)
{
	struct profile *out = j->out;

	out->merlon = agreed(j, offsetof(struct profile, merlon));
	out->kernel = agreed(j, offsetof(struct profile, kernel));
	out->subject.engine = agreed(j, offsetof(struct profile, subject.engine));
	out->subject.name = agreed(j, offsetof(struct profile, subject.name));
	out->subject.image = agreed(j, offsetof(struct profile, subject.image));
	out->subject.image_digest = agreed(j, offsetof(struct profile, subject.image_digest));
	out->subject.pod_namespace = agreed(j, offsetof(struct profile, subject.pod_namespace));
	out->subject.pod_name = agreed(j, offsetof(struct profile, subject.pod_name));
	out->runtime.name = agreed(j, offsetof(struct profile, runtime.name));
	out->runtime.path = agreed(j, offsetof(struct profile, runtime.path));
	out->runtime.version = agreed(j, offsetof(struct profile, runtime.version));
	out->recording.file_hook = agreed(j, offsetof(struct profile, recording.file_hook));
	out->recording.cap_hook = agreed(j, offsetof(struct profile, recording.cap_hook));
	join_recording(j);
	join_runtime(j);
	join_notes(j);
}

/* All executables in order, so that it does not matter whose come first. */
static void join_executables(struct joiner *j)
{
	VEC(char *) all = { 0 };

	for (size_t i = 0; i < j->count; i++) {
		vec_foreach(exe, &j->list[i]->executables) {
			char **slot = vec_add(&all);

			if (slot)
				*slot = *exe;
			else
				j->failed = true;
		}
	}
	vec_sort(&all, string_compare);
	vec_foreach(exe, &all)
		if (profile_executable(j->out, *exe) == UINT32_MAX)
			j->failed = true;
	vec_deinit(&all);
}

struct profile *profile_join(const struct profile *const *list, size_t count, size_t at_least,
			     const char *name)
{
	struct joiner j = { .out = profile_new(name),
			    .list = list,
			    .at_least = at_least ? at_least : 1,
			    .count = count };

	if (!j.out || !count)
		return j.out;
	join_head(&j);
	join_executables(&j);
	JOIN_FACTS(&j, call, calls);
	JOIN_FACTS(&j, cap, caps);
	JOIN_FACTS(&j, file, files);
	JOIN_FACTS(&j, peer, peers);
	if (j.failed) {
		profile_free(j.out);
		return NULL;
	}
	profile_sort(j.out);
	return j.out;
}
