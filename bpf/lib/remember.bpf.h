/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Opens of which the answer is known. Most opens are repeated, and of most the filter needs nothing but the file to say
 * that no rule can want it (abi/event.h, ABI_PLAN_REMEMBER). What it was asked about is then kept, whole, and compared,
 * whole, with the next: no hash decides, and nothing has to be noticed when files are renamed, removed or mounted over,
 * for the path is walked each time.
 *
 * A filter can't write here. It leaves a word in the room where it drops; what was asked is written down beforehand, and
 * begins to hold when the next open of this CPU finds that word.
 */
#pragma once
#include "bpf/lib/arch.bpf.h"
#include "bpf/lib/call.bpf.h"
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/plan.bpf.h"

/* Counted up whenever a filter has changed: what was remembered before is of another. */
extern volatile __u32 filter_generation __weak;

enum {
	REMEMBERED = 128, /* opens, on each CPU; a power of two */
	REMEMBERED_WORDS = 16,
	REMEMBERED_PATH = REMEMBERED_WORDS * 8, /* bytes; longer ones are asked about */
};

/* All that the first stages of a filter may look at, but the path: guard/filter/early.c. */
struct open_facts {
	__u64 ino;
	__u64 args[2]; /* those that the plan names */
	__u32 dev, path_flags;
	__u32 file_mode;
	__u16 inode_mode, flags;
	__u32 uid, gid;
	__u32 generation, slot;
	__u8 early[2];
	__u16 len; /* of the path */
	__u32 pad;
};
enum { OPEN_FACTS_WORDS = sizeof(struct open_facts) / 8 };
_Static_assert(sizeof(struct open_facts) % 8 == 0, "compared by words");

enum { OPEN_DROPPED = -1 };

struct remembered {
	struct open_facts facts;
	__u64 path[REMEMBERED_WORDS]; /* zeros behind it */
	__u32 holds;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REMEMBERED);
	__type(key, __u32);
	__type(value, struct remembered);
} remembered_opens __weak SEC(".maps");

/* What is asked about now: not on the stack, so that what compares it is verified by itself. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct open_facts);
} open_at_hand __weak SEC(".maps");

/* What was written down last holds if its filter has said so. */
static __always_inline void remember_settle(struct room *r)
{
	__u32 slot = r->pending - 1;
	struct remembered *m;

	if (!r->pending)
		return;
	r->pending = 0;
	if (!r->early)
		return;
	m = bpf_map_lookup_elem(&remembered_opens, &slot);
	if (m)
		m->holds = 1;
}

/* Those of the call; the others are zero. */
static __always_inline void open_facts_begin(struct open_facts *f, const struct call *c,
					     const struct abi_event_plan *plan)
{
	__builtin_memset(f, 0, sizeof(*f));
	f->args[0] = c->args[plan->early[0] & 7];
	f->args[1] = c->args[plan->early[1] & 7];
	f->slot = c->table * ABI_CALL_NR_MAX + c->nr;
	f->early[0] = plan->early[0];
	f->early[1] = plan->early[1];
}

/* Those of current, and of the file whose path this CPU's scratch has. */
static __always_inline void open_facts_fill(struct open_facts *f, const struct file_seen *seen,
					    const struct scratch *s)
{
	const struct cred *cred = BPF_CORE_READ(current_task(), cred);
	struct pair ids = {};

	f->ino = seen->ino;
	f->dev = seen->dev;
	f->path_flags = s->flags | (seen->outside ? ABI_PATH_OUTSIDE : 0);
	f->file_mode = seen->file_mode;
	f->inode_mode = seen->mode;
	f->flags = seen->flags;
	PAIR_READ(&ids, cred, struct cred, euid.val, egid.val);
	f->uid = ids.first;
	f->gid = ids.second;
	f->generation = filter_generation;
	f->len = ABI_PATH_MAX - s->at;
}

static __always_inline const __u64 *path_word(const struct scratch *s, __u32 i)
{
	/* The mask is for the verifier; zeros follow the text. */
	return (const __u64 *)&s->path[(s->at & (ABI_PATH_MAX - 1)) + 8 * i];
}

static __always_inline bool open_is_that(const struct remembered *m, const struct open_facts *f,
					 const struct scratch *s)
{
	const __u64 *a = (const __u64 *)&m->facts, *b = (const __u64 *)f;

	for (int i = 0; i < OPEN_FACTS_WORDS; i++)
		if (a[i] != b[i])
			return false;
	for (__u32 i = 0; i < REMEMBERED_WORDS; i++) {
		if (8 * i >= f->len)
			break;
		if (m->path[i] != *path_word(s, i))
			return false;
	}
	return true;
}

static __always_inline void open_write_down(struct remembered *m, const struct open_facts *f,
					    const struct scratch *s)
{
	m->holds = 0;
	m->facts = *f;
	for (__u32 i = 0; i < REMEMBERED_WORDS; i++) {
		if (8 * i >= f->len)
			break;
		m->path[i] = *path_word(s, i);
	}
}

/*
 * Whether the filter would drop the open at hand, of which the facts of the call are there: OPEN_DROPPED, or what of the
 * room's pending has to be so that what it says is remembered.
 */
static __always_inline int open_compare(const struct open_facts *f, const struct scratch *s)
{
	__u32 slot = ((f->ino ^ (__u64)f->slot << 32) * 0x9e3779b97f4a7c15ULL >> 32) &
		     (REMEMBERED - 1);
	struct remembered *m = bpf_map_lookup_elem(&remembered_opens, &slot);

	if (!m)
		return 0;
	if (open_is_that(
		    m, f,
		    s)) /* if it does not hold, it was asked before, and not dropped, or not by that */
		return m->holds ? OPEN_DROPPED : 0;
	open_write_down(m, f, s);
	return slot + 1;
}

/* The same of what fd refers to. */
subprogram int open_ask(__u32 fd)
{
	__u32 zero = 0;
	struct open_facts *f = bpf_map_lookup_elem(&open_at_hand, &zero);
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);
	struct file *file = file_of_fd(fd);
	struct scratch *s = scratch_get();
	struct file_seen seen;

	if (!f || !r || !file || !s)
		return 0;
	remember_settle(r);
	file_see(&seen, file);
	if (seen.flags & ABI_EVENT_SOCKET)
		return 0;
	path_of_file(s, file, seen.mode);
	if (s->flags & ABI_PATH_TRUNCATED || s->at < ABI_PATH_MAX - REMEMBERED_PATH)
		return 0;
	open_facts_fill(f, &seen, s);
	return open_compare(f, s);
}

/* The same of the call that current has made. */
static __always_inline int open_begin(const struct call *c, const struct abi_event_plan *plan,
				      __u32 fd)
{
	__u32 zero = 0;
	struct open_facts *f = bpf_map_lookup_elem(&open_at_hand, &zero);

	if (!f)
		return 0;
	open_facts_begin(f, c, plan);
	return open_ask(fd);
}
