/* SPDX-License-Identifier: Apache-2.0 */
#include "record/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "profile/path_rule.h"

enum { TICK_MAX_NS = 10000000 }; /* CONFIG_HZ is 100 or more */

/* An actor's number and who that is; sorted by number. */
struct actor_row {
	uint32_t number;
	uint32_t exe;
	uint64_t cell;
	enum profile_layer layer;
	struct collect_target *target; /* NULL: not one of ours */
	uint32_t exe_index;	       /* in the target's profile */
};

struct exe_row {
	uint32_t id;
	const struct abi_exe *exe;
};

/* When what runs in a cell was ready: after it had begun to listen, it waited for clients. */
struct ready_row {
	uint64_t cell;
	uint64_t listen_ns, ready_ns; /* 0: not seen */
};

struct collector {
	struct recorder *recorder;
	struct collect_target *targets;
	size_t target_count;
	VEC(struct actor_row) actors;
	struct recorder_dump exe_dump;
	struct exe_row *exes; /* sorted by id; into exe_dump */
	VEC(struct ready_row) ready;
	int64_t clock_offset_ns;
};

static int number_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static enum profile_layer layer_of(const struct abi_actor *a)
{
	static const enum profile_layer layers[ABI_ORIGINS][ABI_STAGES] = {
		[ABI_ORIGIN_WORKLOAD] = { PROFILE_SETUP, PROFILE_TAIL, PROFILE_APP },
		[ABI_ORIGIN_ENTERED] = { PROFILE_ENTERED_SETUP, PROFILE_ENTERED_TAIL,
					 PROFILE_ENTERED },
	};

	return layers[a->origin < ABI_ORIGINS ? a->origin : 0]
		     [a->stage < ABI_STAGES ? a->stage : ABI_STAGE_APP];
}

static struct collect_target *target_of(struct collect_target *targets, size_t count, uint64_t cell)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < targets[t].cell_count; i++)
			if (targets[t].cells[i] == cell)
				return &targets[t];
	return NULL;
}

static char *exe_path(const struct collector *c, uint32_t id)
{
	const struct exe_row *row = bsearch(&id, c->exes, c->exe_dump.count, sizeof(*c->exes),
					    number_compare);

	if (!row)
		return strdup("(unknown)");
	return profile_path_escape(row->exe->path, strnlen(row->exe->path, ABI_EXE_PATH_MAX));
}

static int exes_read(struct collector *c)
{
	int r = recorder_dump(c->recorder, RECORDER_EXES, &c->exe_dump);

	c->exes = r ? NULL : calloc(c->exe_dump.count + 1, sizeof(*c->exes));
	if (!c->exes)
		return r ? r : -ENOMEM;
	for (size_t i = 0; i < c->exe_dump.count; i++) {
		c->exes[i].exe = recorder_dump_value(&c->exe_dump, i);
		c->exes[i].id = c->exes[i].exe->id;
	}
	qsort(c->exes, c->exe_dump.count, sizeof(*c->exes), number_compare);
	return 0;
}

/* Reads who is who; after this every fact's actor number leads to a target or to nobody. */
static int actors_read(struct collector *c)
{
	cleanup_dump struct recorder_dump actors = { 0 };
	int r = recorder_dump(c->recorder, RECORDER_ACTORS, &actors);

	if (!r)
		r = exes_read(c);
	if (r)
		return r;
	for (size_t i = 0; i < actors.count; i++) {
		const struct abi_actor *a = recorder_dump_key(&actors, i);
		struct collect_target *target = target_of(c->targets, c->target_count, a->cell);
		cleanup_free char *path = NULL;
		struct actor_row *row;

		if (!target)
			continue;
		row = vec_add(&c->actors);
		path = exe_path(c, a->exe);
		if (!row || !path)
			return -ENOMEM;
		row->number = *(const uint32_t *)recorder_dump_value(&actors, i);
		row->exe = a->exe;
		row->cell = a->cell;
		row->layer = layer_of(a);
		row->target = target;
		row->exe_index = profile_executable(target->profile, path);
		if (row->exe_index == UINT32_MAX)
			return -ENOMEM;
	}
	vec_sort(&c->actors, number_compare);
	return 0;
}

static const struct actor_row *actor_find(const struct collector *c, uint32_t number)
{
	if (!c->actors.len)
		return NULL;
	return bsearch(&number, c->actors.items, c->actors.len, sizeof(*c->actors.items),
		       number_compare);
}

static struct profile_evidence evidence_of(const struct collector *c, const struct actor_row *a,
					   const struct abi_fact *f)
{
	return (struct profile_evidence){
		.exe = a->exe_index,
		.count = f->count,
		.first_ns = (int64_t)f->first_ns + c->clock_offset_ns,
		.last_ns = (int64_t)f->last_ns + c->clock_offset_ns,
	};
}

/* --- phases ------------------------------------------------------------------------------------- */

static const char *const wait_calls[] = { "accept",	 "accept4",	 "epoll_wait",
					  "epoll_pwait", "epoll_pwait2", "poll",
					  "ppoll",	 "select",	 "pselect6" };

static bool is_wait(const struct abi_call_key *k)
{
	const char *name = sys_call_name(sys_arch_of_table(k->table), k->nr);

	for (size_t i = 0; name && i < ARRAY_SIZE(wait_calls); i++)
		if (str_eq(name, wait_calls[i]))
			return true;
	return false;
}

static struct ready_row *ready_find(struct collector *c, uint64_t cell)
{
	vec_foreach(row, &c->ready)
		if (row->cell == cell)
			return row;
	return NULL;
}

static void earliest(uint64_t *to, uint64_t ns)
{
	if (!*to || ns < *to)
		*to = ns;
}

/* The workload itself: what a debug shell listens on does not make it ready. */
static const struct actor_row *workload_actor(const struct collector *c, uint32_t number)
{
	const struct actor_row *a = actor_find(c, number);

	return a && a->layer == PROFILE_APP ? a : NULL;
}

/*
 * A cell is a container's life from one start to its end, so each start has a moment of its own. Calls
 * that began to wait before there was anything to listen on don't count: programs wait for helpers too.
 */
static int ready_read(struct collector *c)
{
	cleanup_dump struct recorder_dump peers = { 0 }, calls = { 0 };
	int r = recorder_dump(c->recorder, RECORDER_PEERS, &peers);

	if (!r)
		r = recorder_dump(c->recorder, RECORDER_CALLS, &calls);
	for (size_t i = 0; !r && i < peers.count; i++) {
		const struct abi_peer_key *k = recorder_dump_key(&peers, i);
		const struct abi_fact *f = recorder_dump_value(&peers, i);
		const struct actor_row *a = workload_actor(c, k->actor);
		struct ready_row *row = a ? ready_find(c, a->cell) : NULL;

		if (!a || k->op != ABI_PEER_LISTEN)
			continue;
		if (!row)
			row = vec_add(&c->ready);
		if (!row)
			return -ENOMEM;
		row->cell = a->cell;
		earliest(&row->listen_ns, f->first_ns);
	}
	for (size_t i = 0; !r && i < calls.count; i++) {
		const struct abi_call_key *k = recorder_dump_key(&calls, i);
		const struct abi_call *v = recorder_dump_value(&calls, i);
		const struct actor_row *a = workload_actor(c, k->actor);
		struct ready_row *row = a && is_wait(k) ? ready_find(c, a->cell) : NULL;

		if (row && v->fact.first_ns >= row->listen_ns)
			earliest(&row->ready_ns, v->fact.first_ns);
	}
	return r;
}

static unsigned phases_of(struct collector *c, const struct actor_row *a, const struct abi_fact *f)
{
	const struct ready_row *row = a->layer == PROFILE_APP ? ready_find(c, a->cell) : NULL;
	uint64_t last_ns = f->last_ns;

	if (!row || !row->ready_ns)
		return 0;
	/* A first time is exact, a later one is that of the last timer tick: in doubt it serves. */
	if (f->count > 1)
		last_ns += TICK_MAX_NS;
	a->target->profile->recording.ready_seen = true;
	return (f->first_ns < row->ready_ns ? PROFILE_START : 0u) |
	       (last_ns >= row->ready_ns ? PROFILE_SERVE : 0u);
}

/* --- one function per map: from an entry to a fact ---------------------------------------------- */

static int take_call(struct collector *c, const void *key, const void *value)
{
	const struct abi_call_key *k = key;
	const struct abi_call *v = value;
	const struct actor_row *a = actor_find(c, k->actor);
	struct profile_evidence e;
	struct profile_call *call;

	if (!a)
		return 0;
	e = evidence_of(c, a, &v->fact);
	call = profile_add_call(a->target->profile, sys_arch_of_table(k->table), k->nr, a->layer,
				k->refused, &e);
	if (!call)
		return -ENOMEM;
	call->phases |= phases_of(c, a, &v->fact);
	return 0;
}

static struct profile_call *call_find(const struct actor_row *a, enum sys_arch arch, uint32_t nr)
{
	vec_foreach(call, &a->target->profile->calls)
		if (call->nr == nr && call->arch == arch && call->layer == a->layer &&
		    !call->refused)
			return call;
	return NULL;
}

static int take_args(struct collector *c, const void *key, const void *value)
{
	const struct abi_args_key *k = key;
	const struct abi_fact *f = value;
	const struct actor_row *a = actor_find(c, k->actor);
	struct profile_call *call = a ? call_find(a, sys_arch_of_table(k->table), k->nr) : NULL;

	return call && profile_call_add_tuple(call, (const uint64_t *)k->values, f->count) ?
		       -ENOMEM :
		       0;
}

static int take_range(struct collector *c, const void *key, const void *value, size_t cpus)
{
	const struct abi_call_key *k = key;
	const struct abi_arg_range *v = value;
	const struct actor_row *a = actor_find(c, k->actor);
	struct profile_call *call = a ? call_find(a, sys_arch_of_table(k->table), k->nr) : NULL;

	for (size_t cpu = 0; call && cpu < cpus; cpu++) {
		struct profile_range range = { .count = v[cpu].count };

		for (int i = 0; i < ABI_CALL_ARGS_MAX; i++) {
			range.arg[i].any_bits = v[cpu].arg[i].any_bits;
			range.arg[i].all_bits = ~v[cpu].arg[i].not_all_bits;
			range.arg[i].min = ~v[cpu].arg[i].not_min;
			range.arg[i].max = v[cpu].arg[i].max;
		}
		profile_call_widen(call, &range);
	}
	return 0;
}

static int take_cap(struct collector *c, const void *key, const void *value)
{
	const struct abi_cap_key *k = key;
	const struct actor_row *a = actor_find(c, k->actor);
	struct profile_evidence e;
	struct profile_cap cap;

	if (!a)
		return 0;
	e = evidence_of(c, a, value);
	cap = (struct profile_cap){ .cap = k->cap,
				    .layer = a->layer,
				    .outcome = k->outcome,
				    .arch = sys_arch_of_table(k->table),
				    .nr = k->nr };
	return profile_add_cap(a->target->profile, &cap, &e) ? 0 : -ENOMEM;
}

static int take_file(struct collector *c, const void *key, const void *value)
{
	const struct abi_file_key *k = key;
	const struct abi_file *f = value;
	const struct actor_row *a = actor_find(c, k->actor);
	const char *raw = (const char *)(f + 1);
	cleanup_free char *resolved = NULL, *text = NULL;
	struct profile_evidence e;

	if (!a)
		return 0;
	if (f->flags & ABI_PATH_RAW && !memchr(raw, 0, f->len)) {
		cleanup_free char *plain = str_dup_n(raw, f->len);

		if (!plain)
			return -ENOMEM;
		profile_path_normalise(plain);
		resolved = links_resolve(a->target->links, a->target->root_fd, plain);
		text = resolved ? profile_path_escape(resolved, strlen(resolved)) : NULL;
	} else {
		text = profile_path_escape(raw, f->len);
	}
	if (text && f->flags & ABI_PATH_DIRECTORY && !str_ends(text, "/")) {
		char *directory = str_format("%s/", text);

		free(text);
		text = directory;
	}
	if (!text)
		return -ENOMEM;
	e = evidence_of(c, a, &f->fact);
	return profile_add_file(a->target->profile, text, k->ops,
				f->flags & ~(uint32_t)ABI_PATH_RAW, a->layer, &e) ?
		       0 :
		       -ENOMEM;
}

static int take_peer(struct collector *c, const void *key, const void *value)
{
	const struct abi_peer_key *k = key;
	const struct actor_row *a = actor_find(c, k->actor);
	struct profile_evidence e;
	struct profile_peer peer;

	if (!a)
		return 0;
	e = evidence_of(c, a, value);
	peer = (struct profile_peer){ .op = k->op,
				      .layer = a->layer,
				      .family = k->family,
				      .port = k->port,
				      .protocol = k->protocol,
				      .many = k->many };
	memcpy(peer.address, k->address, sizeof(peer.address));
	return profile_add_peer(a->target->profile, &peer, &e) ? 0 : -ENOMEM;
}

static int take_cell(struct collector *c, const void *key, const void *value)
{
	const struct abi_cell *cell = value;
	struct collect_target *t = target_of(c->targets, c->target_count, *(const uint64_t *)key);
	struct profile *p;

	if (!t)
		return 0;
	p = t->profile;
	for (int i = 0; i < ABI_LOSSES; i++)
		p->recording.losses[i] += cell->losses[i];
	if (cell->flags & ABI_CELL_BORN)
		p->recording.start_seen = true;
	if (cell->runtime_exe && !(cell->flags & ABI_CELL_COMMAND) && !p->runtime.path)
		p->runtime.path = exe_path(c, cell->runtime_exe);
	if (!(cell->flags & ABI_CELL_STARTED) || (p->credentials.known && !cell->started_ns))
		return 0;
	p->credentials.uid = cell->uid;
	p->credentials.gid = cell->gid;
	p->credentials.effective = cell->caps_effective;
	p->credentials.permitted = cell->caps_permitted;
	p->credentials.bounding = cell->caps_bounding;
	p->credentials.known = true;
	p->runtime.no_new_privileges = cell->flags & ABI_CELL_NNP;
	p->runtime.filtered = cell->flags & ABI_CELL_FILTERED;
	return 0;
}

/* In the order in which facts build on each other. */
static const struct {
	enum recorder_map map;
	int (*take)(struct collector *c, const void *key, const void *value);
} takers[] = {
	{ RECORDER_CELLS, take_cell }, { RECORDER_CALLS, take_call },
	{ RECORDER_ARGS, take_args },  { RECORDER_CAPS, take_cap },
	{ RECORDER_FILES, take_file }, { RECORDER_LONG_FILES, take_file },
	{ RECORDER_PEERS, take_peer },
};

int collect(struct recorder *r, struct collect_target *targets, size_t count, struct error *err)
{
	struct collector c = { .recorder = r,
			       .targets = targets,
			       .target_count = count,
			       .clock_offset_ns = clock_boot_offset_ns() };
	cleanup_dump struct recorder_dump ranges = { 0 };
	int result = actors_read(&c);

	if (!result)
		result = ready_read(&c);
	for (size_t i = 0; !result && i < ARRAY_SIZE(takers); i++) {
		cleanup_dump struct recorder_dump d = { 0 };

		result = recorder_dump(r, takers[i].map, &d);
		for (size_t k = 0; !result && k < d.count; k++)
			result = takers[i].take(&c, recorder_dump_key(&d, k),
						recorder_dump_value(&d, k));
	}
	if (!result)
		result = recorder_dump(r, RECORDER_ARG_RANGES, &ranges);
	for (size_t k = 0; !result && k < ranges.count; k++)
		result = take_range(&c, recorder_dump_key(&ranges, k),
				    recorder_dump_value(&ranges, k),
				    ranges.value_size / sizeof(struct abi_arg_range));
	vec_deinit(&c.actors);
	vec_deinit(&c.ready);
	recorder_dump_deinit(&c.exe_dump);
	free(c.exes);
	return result ? error_errno(err, -result, "cannot read the recording") : 0;
}

/* --- forgetting --------------------------------------------------------------------------------- */

static bool has_cell(const uint64_t *cells, size_t count, uint64_t cell)
{
	for (size_t i = 0; i < count; i++)
		if (cells[i] == cell)
			return true;
	return false;
}

int collect_forget(struct recorder *r, const uint64_t *cells, size_t count)
{
	static const enum recorder_map by_actor[] = { RECORDER_CALLS,	   RECORDER_ARGS,
						      RECORDER_ARG_RANGES, RECORDER_CAPS,
						      RECORDER_FILES,	   RECORDER_LONG_FILES,
						      RECORDER_PEERS };
	cleanup_dump struct recorder_dump actors = { 0 };
	cleanup_free uint32_t *numbers = NULL;
	size_t n = 0;
	int result = recorder_dump(r, RECORDER_ACTORS, &actors);

	numbers = result ? NULL : calloc(actors.count + 1, sizeof(*numbers));
	if (!numbers)
		return result ? result : -ENOMEM;
	for (size_t i = 0; i < actors.count; i++) {
		const struct abi_actor *a = recorder_dump_key(&actors, i);

		if (has_cell(cells, count, a->cell))
			numbers[n++] = *(const uint32_t *)recorder_dump_value(&actors, i);
	}
	qsort(numbers, n, sizeof(*numbers), number_compare);
	for (size_t m = 0; n && m < ARRAY_SIZE(by_actor); m++) {
		cleanup_dump struct recorder_dump d = { 0 };

		if (recorder_dump(r, by_actor[m], &d))
			continue;
		for (size_t i = 0; i < d.count; i++) /* every key begins with the actor's number */
			if (bsearch(recorder_dump_key(&d, i), numbers, n, sizeof(*numbers),
				    number_compare))
				recorder_forget(r, by_actor[m], recorder_dump_key(&d, i));
	}
	for (size_t i = 0; i < actors.count; i++) {
		const struct abi_actor *a = recorder_dump_key(&actors, i);

		if (has_cell(cells, count, a->cell))
			recorder_forget(r, RECORDER_ACTORS, a);
	}
	for (size_t i = 0; i < count; i++)
		recorder_forget(r, RECORDER_CELLS, &cells[i]);
	return 0;
}

/* --- statistics --------------------------------------------------------------------------------- */

int collect_statistics(struct recorder *r, const uint64_t *cells, size_t count,
		       struct collect_stats *ret)
{
	cleanup_dump struct recorder_dump actors = { 0 }, calls = { 0 }, all = { 0 };
	VEC(struct actor_row) ours = { 0 };
	bool seen[ABI_TABLES][ABI_CALL_NR_MAX + 1] = { 0 };
	int result = recorder_dump(r, RECORDER_ACTORS, &actors);

	memset(ret, 0, sizeof(*ret));
	if (!result)
		result = recorder_dump(r, RECORDER_CALLS, &calls);
	if (!result)
		result = recorder_dump(r, RECORDER_CELLS, &all);
	for (size_t i = 0; !result && i < actors.count; i++) {
		const struct abi_actor *a = recorder_dump_key(&actors, i);
		struct actor_row *row;

		if (!has_cell(cells, count, a->cell))
			continue;
		row = vec_add(&ours);
		if (!row) {
			result = -ENOMEM;
			break;
		}
		row->number = *(const uint32_t *)recorder_dump_value(&actors, i);
		row->layer = layer_of(a);
	}
	vec_sort(&ours, number_compare);
	for (size_t i = 0; !result && ours.len && i < calls.count; i++) {
		const struct abi_call_key *k = recorder_dump_key(&calls, i);
		const struct abi_call *v = recorder_dump_value(&calls, i);
		const struct actor_row *row = bsearch(&k->actor, ours.items, ours.len,
						      sizeof(*ours.items), number_compare);

		if (!row)
			continue;
		ret->calls += v->fact.count;
		ret->refused += k->refused ? v->fact.count : 0;
		if (row->layer == PROFILE_APP && !k->refused && !seen[k->table][k->nr]) {
			seen[k->table][k->nr] = true;
			ret->distinct++;
		}
	}
	for (size_t i = 0; !result && i < all.count; i++) {
		const struct abi_cell *cell = recorder_dump_value(&all, i);

		if (!has_cell(cells, count, *(const uint64_t *)recorder_dump_key(&all, i)))
			continue;
		ret->facts += cell->facts;
		if (cell->last_fact_ns > ret->last_fact_ns)
			ret->last_fact_ns = cell->last_fact_ns;
		for (int k = 0; k < ABI_LOSSES; k++)
			ret->losses += k == ABI_LOSS_NOTICES ? 0 : cell->losses[k];
	}
	vec_deinit(&ours);
	return result;
}
