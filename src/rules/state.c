/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/state.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"
#include "rules/extend_private.h"
#include "rules/operand_value.h"

enum { BUCKETS = 64 }; /* of a count that does not keep every time */

/* --- tables --------------------------------------------------------------------------------------------------- */

#define NONE UINT32_MAX

struct key {
	uint64_t a, b;
};

struct entry {
	struct key key;
	uint32_t chain;	       /* the next of the same bucket */
	uint32_t older, newer; /* by last use */
	bool used;
};

/* Keys with a payload of fixed size each. */
struct keys {
	struct entry *entries;
	unsigned char *payloads;
	uint32_t *buckets;
	size_t stride;
	uint32_t size, count, bucket_count;
	uint32_t oldest, newest;
};

static bool keys_init(struct keys *t, uint32_t size, size_t stride)
{
	for (t->bucket_count = 16; t->bucket_count < size; t->bucket_count *= 2)
		;
	t->size = size;
	t->stride = (stride + 7) & ~(size_t)7;
	t->oldest = t->newest = NONE;
	t->entries = calloc(size, sizeof(*t->entries));
	t->payloads = calloc(size, t->stride);
	t->buckets = malloc(t->bucket_count * sizeof(*t->buckets));
	if (!t->entries || !t->payloads || !t->buckets)
		return false;
	memset(t->buckets, 0xff, t->bucket_count * sizeof(*t->buckets));
	return true;
}

static void keys_deinit(struct keys *t)
{
	free(t->entries);
	free(t->payloads);
	free(t->buckets);
}

static size_t keys_memory(const struct keys *t)
{
	return t->size * (sizeof(struct entry) + t->stride) + t->bucket_count * sizeof(*t->buckets);
}

static void unlink_use(struct keys *t, uint32_t i)
{
	struct entry *e = &t->entries[i];

	if (e->older != NONE)
		t->entries[e->older].newer = e->newer;
	else
		t->oldest = e->newer;
	if (e->newer != NONE)
		t->entries[e->newer].older = e->older;
	else
		t->newest = e->older;
}

static void link_newest(struct keys *t, uint32_t i)
{
	struct entry *e = &t->entries[i];

	e->older = t->newest;
	e->newer = NONE;
	if (t->newest != NONE)
		t->entries[t->newest].newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static uint32_t keys_find(const struct keys *t, struct key k)
{
	uint32_t i = t->buckets[k.a & (t->bucket_count - 1)];

	while (i != NONE && !(t->entries[i].key.a == k.a && t->entries[i].key.b == k.b))
		i = t->entries[i].chain;
	return i;
}

static void unchain(struct keys *t, uint32_t i)
{
	uint32_t *at = &t->buckets[t->entries[i].key.a & (t->bucket_count - 1)];

	while (*at != i)
		at = &t->entries[*at].chain;
	*at = t->entries[i].chain;
}

/* The payload of a key; a new one is zeroed (*ret_new), maybe in place of the key used longest ago. */
static void *keys_use(struct keys *t, struct key k, bool *ret_new, uint64_t *evicted)
{
	uint32_t i = keys_find(t, k);

	*ret_new = i == NONE;
	if (i != NONE) {
		unlink_use(t, i);
	} else {
		if (t->count < t->size) {
			i = t->count++;
		} else {
			i = t->oldest;
			unlink_use(t, i);
			unchain(t, i);
			++*evicted;
		}
		t->entries[i].key = k;
		t->entries[i].chain = t->buckets[k.a & (t->bucket_count - 1)];
		t->buckets[k.a & (t->bucket_count - 1)] = i;
		memset(t->payloads + i * t->stride, 0, t->stride);
	}
	link_newest(t, i);
	return t->payloads + i * t->stride;
}

/* NULL: not there. */
static void *keys_peek(const struct keys *t, struct key k)
{
	uint32_t i = keys_find(t, k);

	return i == NONE ? NULL : t->payloads + i * t->stride;
}

/* --- keys of events ----------------------------------------------------------------------------------------------- */

struct rule_state {
	const struct rule *rule;
	struct keys count, sequence, seen, groups, suppress;
	uint64_t seed[2];
	uint64_t now; /* never goes back */
};

static void key_add(struct key *k, const void *data, size_t len, const uint64_t seed[2])
{
	k->a = hash_mix(k->a ^ hash_bytes(data, len, seed[0]), 0x9e3779b97f4a7c15ULL);
	k->b = hash_mix(k->b ^ hash_bytes(data, len, seed[1]), 0xa0761d6478bd642fULL);
}

static void key_add_value(struct key *k, const struct value *v, const uint64_t seed[2])
{
	if (v->list) {
		for (uint32_t i = 0; i < v->len; i++)
			key_add_value(k, &v->items[i], seed);
		key_add(k, &v->len, sizeof(v->len), seed);
	} else if (v->type == VALUE_STRING || v->type == VALUE_BYTES) {
		key_add(k, v->string, v->len, seed);
	} else if (v->type == VALUE_ADDRESS || v->type == VALUE_NETWORK) {
		key_add(k, v->address, sizeof(*v->address), seed);
	} else {
		key_add(k, &v->u, sizeof(v->u), seed);
	}
}

/* Fields that an event does not have are a value of their own. */
static void key_add_fields(struct key *k, const struct operand_list_of *fields,
			   const struct event *ev, struct scratch *scratch, const uint64_t seed[2])
{
	for (uint32_t i = 0; i < fields->count; i++) {
		struct value v;

		if (operand_read(fields->items[i], ev, scratch, &v))
			key_add_value(k, &v, seed);
		else
			key_add(k, "missing", 8, seed);
	}
}

/* The oldest process above p in the same container; on the host the one below process 1. */
static const struct process *tree_root(const struct process *p)
{
	for (uint32_t n = 0; p && p->parent && n < PROCESS_ANCESTORS_MAX; n++) {
		if (p->parent->container != p->container || p->parent->pid <= 1)
			break;
		p = p->parent;
	}
	return p;
}

static void key_add_process(struct key *k, const struct process *p, const uint64_t seed[2])
{
	const uint64_t id[2] = { p ? (uint64_t)p->pid : 0, p ? p->start_ns : 0 };

	key_add(k, id, sizeof(id), seed);
}

static struct key scope_key(const struct rule_state *s, const struct rule_sequence *q,
			    const struct event *ev, struct scratch *scratch)
{
	const struct process *p = ev->process;
	struct key k = { 0, 0 };
	struct text id;
	uint32_t uid;

	switch (q->scope) {
	case SCOPE_TREE:
		key_add_process(&k, tree_root(p), s->seed);
		break;
	case SCOPE_PROCESS:
		key_add_process(&k, p, s->seed);
		break;
	case SCOPE_CONTAINER:
		id = p && p->container ? p->container->id : TEXT("host");
		key_add(&k, id.data, id.len, s->seed);
		break;
	case SCOPE_USER:
		uid = p ? p->uid : ID_NONE;
		id = p && p->container ? p->container->id : TEXT("host");
		key_add(&k, &uid, sizeof(uid), s->seed);
		key_add(&k, id.data, id.len, s->seed);
		break;
	default:
		key_add_fields(&k, &q->by, ev, scratch, s->seed);
		break;
	}
	return k;
}

/* --- counts -------------------------------------------------------------------------------------------------------- */

struct times { /* every event's time, the oldest at head */
	uint32_t head, count;
	uint64_t at[];
};

struct buckets {       /* how many in each 64th of the window */
	uint64_t last; /* number of the newest bucket since 1970 */
	uint32_t counts[BUCKETS];
};

struct distinct {
	uint64_t hash, time;
};

static bool count_times(struct times *t, uint64_t n, uint64_t now, uint64_t since)
{
	while (t->count && t->at[t->head] < since) {
		t->head = (uint32_t)((t->head + 1) % n);
		t->count--;
	}
	t->at[(t->head + t->count) % n] = now;
	if (++t->count < n)
		return false;
	t->count = 0;
	return true;
}

static bool count_buckets(struct buckets *b, uint64_t n, uint64_t now, uint64_t window)
{
	uint64_t width = window / BUCKETS ? window / BUCKETS : 1, number = now / width, sum = 0;

	if (number - b->last >= BUCKETS)
		memset(b->counts, 0, sizeof(b->counts));
	else
		for (uint64_t i = b->last + 1; i <= number; i++)
			b->counts[i % BUCKETS] = 0;
	b->last = number;
	b->counts[number % BUCKETS]++;
	for (int i = 0; i < BUCKETS; i++)
		sum += b->counts[i];
	if (sum < n)
		return false;
	memset(b->counts, 0, sizeof(b->counts));
	return true;
}

static bool count_distinct(struct distinct *d, uint64_t n, uint64_t hash, uint64_t now,
			   uint64_t since)
{
	struct distinct *free_slot = NULL, *own = NULL;
	uint64_t live = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (d[i].hash == hash)
			own = &d[i];
		else if (!d[i].hash || d[i].time < since)
			free_slot = free_slot ? free_slot : &d[i];
		else
			live++;
	}
	own = own ? own : free_slot;
	if (own)
		*own = (struct distinct){ hash, now };
	if (live + 1 < n)
		return false;
	memset(d, 0, n * sizeof(*d));
	return true;
}

uint64_t extend_count_entry(const struct rule_count *c)
{
	uint64_t payload = c->distinct ? c->at_least * sizeof(struct distinct) :
			   c->at_least <= EXTEND_EXACT_MAX ?
					 sizeof(struct times) + c->at_least * sizeof(uint64_t) :
					 sizeof(struct buckets);

	return payload + sizeof(struct entry) + 8;
}

static bool count_reached(struct rule_state *s, const struct event *ev, struct scratch *scratch,
			  uint64_t *counters)
{
	const struct rule_count *c = s->rule->extensions->count;
	uint64_t since = s->now > c->within_ns ? s->now - c->within_ns : 0;
	struct key k = { 0, 0 }, value = { 0, 0 };
	struct value v;
	void *payload;
	bool is_new;

	key_add_fields(&k, &c->by, ev, scratch, s->seed);
	if (c->distinct) {
		if (!operand_read(c->distinct, ev, scratch, &v))
			return false;
		key_add_value(&value, &v, s->seed);
	}
	payload = keys_use(&s->count, k, &is_new, &counters[EVAL_COUNT_EVICTED]);
	if (c->distinct)
		return count_distinct(payload, c->at_least, value.a | 1, s->now, since);
	if (c->at_least <= EXTEND_EXACT_MAX)
		return count_times(payload, c->at_least, s->now, since);
	return count_buckets(payload, c->at_least, s->now, c->within_ns);
}

/* --- sequences ----------------------------------------------------------------------------------------------------- */

/* Payload: for each step when the latest chain of steps that reached it began; 0: none did. */
uint64_t extend_sequence_entry(const struct rule_sequence *q)
{
	return q->step_count * sizeof(uint64_t) + sizeof(struct entry) + 8;
}

static bool in_window(const struct rule_state *s, uint64_t start, uint64_t window)
{
	return start && s->now - start <= window;
}

static void advance(struct rule_state *s, const struct event *ev)
{
	uint64_t now = ev->time_ns > 0 ? (uint64_t)ev->time_ns : 1;

	s->now = now > s->now ? now : s->now;
}

void rule_state_step(struct rule_state *s, int step, const struct event *ev,
		     struct scratch *scratch, uint64_t *counters)
{
	const struct rule_sequence *q = s->rule->extensions->sequence;
	struct key k;
	uint64_t *starts;
	bool is_new;

	advance(s, ev);
	k = scope_key(s, q, ev, scratch);
	if (step == 0) {
		starts = keys_use(&s->sequence, k, &is_new, &counters[EVAL_SEQUENCE_EVICTED]);
		starts[0] = s->now;
		return;
	}
	starts = keys_peek(&s->sequence, k);
	if (starts && in_window(s, starts[step - 1], q->within_ns))
		starts[step] = starts[step - 1];
}

static bool sequence_complete(struct rule_state *s, const struct event *ev, struct scratch *scratch)
{
	const struct rule_sequence *q = s->rule->extensions->sequence;
	uint64_t *starts = keys_peek(&s->sequence, scope_key(s, q, ev, scratch));
	uint64_t *last = starts ? &starts[q->step_count - 1] : NULL;

	if (!last || !in_window(s, *last, q->within_ns))
		return false;
	*last = 0; /* each chain is told once */
	return true;
}

/* --- first seen ---------------------------------------------------------------------------------------------------- */

uint64_t extend_seen_entry(void)
{
	return 2 * (sizeof(uint64_t) + sizeof(struct entry) + 8);
}

static bool is_first_seen(struct rule_state *s, const struct event *ev, struct scratch *scratch,
			  uint64_t *counters)
{
	const struct rule_first_seen *f = s->rule->extensions->first_seen;
	struct key group = { 0, 0 }, k;
	uint64_t *since, *last;
	bool is_new, known;

	key_add_fields(&group, &f->per, ev, scratch, s->seed);
	since = keys_use(&s->groups, group, &is_new, &counters[EVAL_FIRST_SEEN_EVICTED]);
	if (is_new)
		*since = s->now;
	k = group;
	key_add_fields(&k, &f->values, ev, scratch, s->seed);
	last = keys_use(&s->seen, k, &is_new, &counters[EVAL_FIRST_SEEN_EVICTED]);
	known = !is_new && (!f->keep_ns || s->now - *last <= f->keep_ns);
	*last = s->now;
	return !known && s->now - *since >= f->learn_ns;
}

/* --- suppression ----------------------------------------------------------------------------------------------------- */

struct held {
	uint64_t last; /* alert */
	uint64_t count;
};

uint64_t extend_suppress_entry(void)
{
	return sizeof(struct held) + sizeof(struct entry) + 8;
}

static bool is_suppressed(struct rule_state *s, const struct event *ev, struct scratch *scratch,
			  uint64_t *counters, uint64_t *ret_suppressed)
{
	const struct rule_suppress *u = s->rule->extensions->suppress;
	struct key k = { 0, 0 };
	struct held *h;
	bool is_new;

	key_add_fields(&k, &u->by, ev, scratch, s->seed);
	h = keys_use(&s->suppress, k, &is_new, &counters[EVAL_SUPPRESS_EVICTED]);
	if (h->last && s->now - h->last < u->for_ns) {
		h->count++;
		counters[EVAL_SUPPRESSED]++;
		return true;
	}
	*ret_suppressed = h->count;
	*h = (struct held){ s->now, 0 };
	return false;
}

/* --- all --------------------------------------------------------------------------------------------------------------- */

enum state_verdict rule_state_match(struct rule_state *s, const struct event *ev,
				    struct scratch *scratch, uint64_t *counters,
				    uint64_t *ret_suppressed)
{
	const struct rule_extensions *x = s->rule->extensions;

	advance(s, ev);
	if (x->sequence && !sequence_complete(s, ev, scratch))
		return STATE_NOT_YET;
	if (x->count && !count_reached(s, ev, scratch, counters))
		return STATE_NOT_YET;
	if (x->first_seen && !is_first_seen(s, ev, scratch, counters))
		return STATE_NOT_YET;
	if (x->suppress && is_suppressed(s, ev, scratch, counters, ret_suppressed))
		return STATE_SUPPRESSED;
	return STATE_ALERT;
}

struct rule_state *rule_state_new(const struct rule *r)
{
	const struct rule_extensions *x = r->extensions;
	struct rule_state *s = calloc(1, sizeof(*s));
	const size_t overhead = sizeof(struct entry) + 8;
	bool good = s;

	if (!s)
		return NULL;
	s->rule = r;
	if (getrandom(s->seed, sizeof(s->seed), GRND_NONBLOCK) < 0)
		s->seed[0] = s->seed[1] = (uintptr_t)s;
	if (x->count)
		good = keys_init(&s->count, x->count->keys_max,
				 extend_count_entry(x->count) - overhead);
	if (good && x->sequence)
		good = keys_init(&s->sequence, x->sequence->keys_max,
				 extend_sequence_entry(x->sequence) - overhead);
	if (good && x->first_seen)
		good = keys_init(&s->seen, x->first_seen->keys_max, sizeof(uint64_t)) &&
		       keys_init(&s->groups, x->first_seen->keys_max, sizeof(uint64_t));
	if (good && x->suppress)
		good = keys_init(&s->suppress, x->suppress->keys_max, sizeof(struct held));
	if (good)
		return s;
	rule_state_free(s);
	return NULL;
}

void rule_state_free(struct rule_state *s)
{
	if (!s)
		return;
	keys_deinit(&s->count);
	keys_deinit(&s->sequence);
	keys_deinit(&s->seen);
	keys_deinit(&s->groups);
	keys_deinit(&s->suppress);
	free(s);
}

size_t rule_state_memory(const struct rule_state *s)
{
	return sizeof(*s) + keys_memory(&s->count) + keys_memory(&s->sequence) +
	       keys_memory(&s->seen) + keys_memory(&s->groups) + keys_memory(&s->suppress);
}
