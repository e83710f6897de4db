/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/throttle.h"

#include <stdlib.h>

#include "base/hash.h"

enum { SLOTS = 1024, WAYS = 4 };

struct slot {
	const struct rule *rule; /* NULL: free */
	char container[THROTTLE_CONTAINER_MAX];
	uint64_t held;
	uint32_t tokens;
	int64_t filled_ns, last_ns; /* when tokens was right; when it was asked last */
};

struct throttle {
	uint32_t burst;
	int64_t interval_ns;
	uint64_t held; /* ever */
	/* Held back in slots that were given away: told with whatever is settled next. */
	uint64_t homeless;
	const struct rule *homeless_rule;
	struct slot slots[SLOTS];
};

struct throttle *throttle_new(uint32_t burst, uint64_t interval_ns)
{
	struct throttle *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->burst = burst;
	t->interval_ns = interval_ns ? (int64_t)interval_ns : 1;
	return t;
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static struct slot *slot_of(struct throttle *t, const struct rule *r, struct text container,
			    int64_t now_ns)
{
	uint64_t at = hash_bytes(container.data, container.len, hash_u64(r->index, 0)) % SLOTS;
	struct slot *worst = NULL;

	for (uint32_t i = 0; i < WAYS; i++) {
		struct slot *s = &t->slots[(at + i) % SLOTS];

		if (s->rule == r && text_eq_str(container, s->container))
			return s;
		if (!worst || (worst->rule && (!s->rule || s->last_ns < worst->last_ns)))
			worst = s;
	}
	if (worst->held) {
		t->homeless += worst->held;
		t->homeless_rule = worst->rule;
	}
	*worst = (struct slot){ .rule = r, .tokens = t->burst, .filled_ns = now_ns };
	memcpy(worst->container, container.data ?: "", container.len);
	return worst;
}

bool throttle_pass(struct throttle *t, const struct rule *r, struct text container, int64_t now_ns,
		   uint64_t *held)
{
	struct slot *s;
	int64_t more;

	*held = 0;
	if (!t->burst)
		return true;
	if (container.len >= THROTTLE_CONTAINER_MAX)
		container.len = THROTTLE_CONTAINER_MAX - 1;
	s = slot_of(t, r, container, now_ns);
	s->last_ns = now_ns;
	more = now_ns > s->filled_ns ? (now_ns - s->filled_ns) / t->interval_ns : 0;
	if (more) {
		s->tokens = more < t->burst - s->tokens ? s->tokens + (uint32_t)more : t->burst;
		s->filled_ns += more * t->interval_ns;
	}
	if (!s->tokens) {
		s->held++;
		t->held++;
		return false;
	}
	s->tokens--;
	*held = s->held;
	s->held = 0;
	return true;
}

void throttle_settle(struct throttle *t, int64_t now_ns, int64_t quiet_ns, throttle_held_fn fn,
		     void *arg)
{
	if (t->homeless)
		fn(t->homeless_rule, "", t->homeless, arg);
	t->homeless = 0;
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct slot *s = &t->slots[i];

		if (!s->held || (quiet_ns && now_ns - s->last_ns < quiet_ns))
			continue;
		fn(s->rule, s->container, s->held, arg);
		s->held = 0;
	}
}

void throttle_reset(struct throttle *t)
{
	memset(t->slots, 0, sizeof(t->slots));
	t->homeless = 0;
}

uint64_t throttle_held(const struct throttle *t)
{
	return t->held;
}
