/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "sensor/kept.h"

enum { CHAIN_MAX = 32 };

struct kept {
	struct sensor_kept maps;
	struct process_table *processes;
	struct abi_kept chain[CHAIN_MAX]; /* the process at hand, and those above it */
	struct abi_kept earlier;	  /* one that is looked at */
	struct abi_kept_key visitors[2 * CHAIN_MAX];
	size_t visitor_count;
};

int kept_new(struct kept **ret, struct sensor_kept maps, struct process_table *processes)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->maps = maps;
	k->processes = processes;
	*ret = k;
	return 0;
}

void kept_free(struct kept *k)
{
	free(k);
}

static const struct abi_event *record_of(const struct abi_kept *k)
{
	return (const struct abi_event *)k->record;
}

static bool had_ended(const struct abi_kept *k, uint64_t time_ns)
{
	return k->exit_ns && k->exit_ns < time_ns;
}

/* Who is above the n-th: one that had ended before it did is passed over, as where all is told (process_table.h). */
static const struct process *above(const struct kept *k, const struct process *const done[],
				   size_t count, size_t n, uint64_t time_ns)
{
	const struct abi_kept *below = &k->chain[n];

	for (size_t i = n + 1; i < count; i++)
		if (!had_ended(below, time_ns) || !k->chain[i].exit_ns ||
		    k->chain[i].exit_ns > below->exit_ns)
			return done[i];
	return NULL;
}

static void note_visitor(struct kept *k, const struct abi_kept *from)
{
	const struct abi_event *ev = record_of(from);

	if (from->flags & ABI_KEPT_KNOWN || k->visitor_count == ARRAY_SIZE(k->visitors) ||
	    process_table_has(k->processes, ev->tgid, ev->process.start_ns))
		return;
	k->visitors[k->visitor_count++] = (struct abi_kept_key){ .start_ns = ev->process.start_ns,
								 .tgid = ev->tgid };
}

void kept_done(struct kept *k)
{
	while (k->visitor_count) {
		const struct abi_kept_key *key = &k->visitors[--k->visitor_count];

		process_table_end(k->processes, key->tgid, key->start_ns);
	}
}

/* What is kept of a process, with what it was then: it may have run other programs since. */
static bool find_at(struct kept *k, struct abi_kept_key key, uint64_t time_ns, struct abi_kept *ret)
{
	uint32_t last;

	if (!sensor_kept_find(k->maps.map, &key, ret))
		return false;
	last = ret->earlier;
	for (uint32_t n = last; n && last - n < ABI_KEPT_EARLIER; n--) {
		if (record_of(ret)->time_ns <= time_ns)
			break;
		key.earlier = 1 + (n - 1) % ABI_KEPT_EARLIER;
		if (!sensor_kept_find(k->maps.map, &key, &k->earlier) ||
		    k->earlier.earlier != n - 1)
			break; /* nothing was told of it, or all that was has been taken */
		memcpy(ret->record, k->earlier.record, sizeof(ret->record));
	}
	return true;
}

static int bring(struct kept *k, struct abi_kept_key key, uint64_t time_ns)
{
	const struct process *done[CHAIN_MAX] = { NULL };
	size_t count = 0, n;
	int r = 0;

	while (count < CHAIN_MAX && key.tgid && find_at(k, key, time_ns, &k->chain[count]))
		key = k->chain[count++].parent;
	for (n = count; !r && n-- > 0;) {
		const struct abi_kept *from = &k->chain[n];
		const struct process_kept what = {
			.record = record_of(from),
			.above = above(k, done, count, n, time_ns),
			.threads = from->threads,
			.ended = n && had_ended(from, time_ns),
		};

		if (!what.ended)
			note_visitor(k, from);
		r = process_table_bring(k->processes, &what, &done[n]);
	}
	for (n = 1; n < count; n++)
		if (done[n] && had_ended(&k->chain[n], time_ns))
			process_table_let_go(done[n]);
	return r;
}

int kept_bring(struct kept *k, const struct abi_event *record)
{
	struct abi_kept_key key = { .start_ns = record->process.start_ns, .tgid = record->tgid };

	if (record->kind == ABI_EVENT_CALL)
		key.start_ns = record->call.start_ns;
	else if (record->kind == ABI_EVENT_FORK)
		key = (struct abi_kept_key){ .start_ns = record->process.parent_start_ns,
					     .tgid = record->process.parent };
	return bring(k, key, record->time_ns);
}

int kept_bring_other(struct kept *k, uint32_t number, uint32_t pidns, uint64_t time_ns)
{
	struct abi_kept_key key;

	if (!sensor_kept_number(&k->maps, (struct abi_kept_number){ pidns, number }, time_ns,
				&key) ||
	    !sensor_kept_find(k->maps.map, &key, &k->earlier) || had_ended(&k->earlier, time_ns))
		return 0; /* or it is of somebody who is not kept by now */
	process_table_renumber(k->processes, pidns, number, key.tgid);
	return bring(k, key, time_ns);
}

/* --- those that ended ------------------------------------------------------------------------------- */

struct remains {
	struct abi_kept_key key;
	uint32_t pidns, vpid;
	uint64_t exit_ns;
};

struct sweep {
	uint64_t before_ns;
	VEC(struct remains) ended;
	VEC(struct abi_kept_key) parents;
	bool failed;
};

static int look_for_ended(const struct abi_kept_key *key, const struct abi_kept *k, void *arg)
{
	struct sweep *s = arg;
	struct abi_kept_key *parent = k->parent.tgid ? vec_add(&s->parents) : NULL;
	struct remains *r;

	if (parent)
		*parent = k->parent;
	s->failed |= k->parent.tgid && !parent;
	if (!k->exit_ns || k->exit_ns >= s->before_ns)
		return 0;
	r = vec_add(&s->ended);
	if (r)
		*r = (struct remains){ .key = *key,
				       .pidns = record_of(k)->process.pidns,
				       .vpid = record_of(k)->process.vpid,
				       .exit_ns = k->exit_ns };
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct abi_kept_key));
}

static int by_end(const void *a, const void *b)
{
	const struct remains *x = a, *y = b;

	return x->exit_ns < y->exit_ns ? -1 : x->exit_ns > y->exit_ns;
}

int kept_sweep(struct kept *k, uint64_t before_ns)
{
	struct sweep s = { .before_ns = before_ns };
	int r = sensor_kept_each(k->maps.map, look_for_ended, &s);

	if (s.parents.len)
		qsort(s.parents.items, s.parents.len, sizeof(*s.parents.items), by_key);
	if (s.ended.len)
		qsort(s.ended.items, s.ended.len, sizeof(*s.ended.items), by_end);
	vec_foreach(e, &s.ended) {
		if (!e->key.earlier)
			process_table_end(k->processes, e->key.tgid, e->key.start_ns);
		if (s.failed || (s.parents.len && bsearch(&e->key, s.parents.items, s.parents.len,
							  sizeof(e->key), by_key)))
			continue;
		if (!e->key.earlier) {
			sensor_kept_forget_number(&k->maps,
						  (struct abi_kept_number){ 0, e->key.tgid },
						  &e->key);
			sensor_kept_forget_number(&k->maps,
						  (struct abi_kept_number){ e->pidns, e->vpid },
						  &e->key);
		}
		sensor_kept_remove(&k->maps, &e->key);
	}
	vec_deinit(&s.ended);
	vec_deinit(&s.parents);
	return r;
}
