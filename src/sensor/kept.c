/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/kept.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "sensor/event_record.h"

/* The kernel may put another in its place while it is read. */
static bool is_of(const struct abi_kept *k, const struct abi_kept_key *key)
{
	const struct abi_event *ev = event_record_check(k->record, sizeof(k->record));

	return ev && ev->kind == ABI_EVENT_EXEC && ev->tgid == key->tgid &&
	       ev->process.start_ns == key->start_ns;
}

bool sensor_kept_find(int map, const struct abi_kept_key *key, struct abi_kept *ret)
{
	return !bpf_map_lookup_elem(map, key, ret) && is_of(ret, key);
}

int sensor_kept_each(int map, sensor_kept_fn fn, void *arg)
{
	cleanup_free struct abi_kept *k = malloc(sizeof(*k));
	struct abi_kept_key key, next, *last = NULL;
	int r = 0;

	if (!k)
		return -ENOMEM;
	/* If the last one is removed meanwhile the kernel begins anew: so there is a bound. */
	for (uint32_t n = 0; n < 2 * ABI_KEPT_MAX && !r; n++) {
		if (bpf_map_get_next_key(map, last, &next))
			break;
		if (last && !bpf_map_lookup_elem(map, &key, k))
			r = fn(&key, k, arg);
		key = next;
		last = &key;
	}
	if (last && !r && !bpf_map_lookup_elem(map, &key, k))
		r = fn(&key, k, arg);
	return r;
}

void sensor_kept_remove(const struct sensor_kept *s, const struct abi_kept_key *key)
{
	bpf_map_delete_elem(s->map, key);
}

bool sensor_kept_number(const struct sensor_kept *s, struct abi_kept_number n, uint64_t time_ns,
			struct abi_kept_key *ret)
{
	struct abi_kept_owners has;

	if (bpf_map_lookup_elem(s->numbers, &n, &has))
		return false;
	*ret = has.now.start_ns <= time_ns ? has.now : has.before;
	return ret->tgid;
}

static bool is_same(const struct abi_kept_key *a, const struct abi_kept_key *b)
{
	return a->start_ns == b->start_ns && a->tgid == b->tgid;
}

/* If another gets it meanwhile that one is not found by it. */
void sensor_kept_forget_number(const struct sensor_kept *s, struct abi_kept_number n,
			       const struct abi_kept_key *whose)
{
	struct abi_kept_owners has;

	if (bpf_map_lookup_elem(s->numbers, &n, &has))
		return;
	if (is_same(&has.now, whose)) {
		bpf_map_delete_elem(s->numbers, &n);
	} else if (is_same(&has.before, whose)) {
		has.before = (struct abi_kept_key){ 0 };
		bpf_map_update_elem(s->numbers, &n, &has, BPF_EXIST);
	}
}

void sensor_kept_clear(int map)
{
	struct abi_kept_key key;

	for (uint32_t n = 0; n < 2 * ABI_KEPT_MAX && !bpf_map_get_next_key(map, NULL, &key); n++)
		bpf_map_delete_elem(map, &key);
}
