/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record in the making: its head, and the texts behind it. */
#pragma once
#include "bpf/lib/budget.bpf.h"
#include "bpf/lib/path_head.bpf.h"

enum {
	/* With what follows it 32 KiB: no entry of a per-CPU map may be larger. */
	ROOM_DATA = ABI_EVENT_SIZE_MAX - sizeof(struct abi_event) - 2 * sizeof(__u64),
	ROOM_MASK = 16383, /* a text begins here or before: so it fits with all its bytes */
};
_Static_assert(ROOM_MASK + ABI_EVENT_TEXT_MAX <= ROOM_DATA, "the last text fits");

struct room {
	struct abi_event ev;
	char data[ROOM_DATA];
	__u32 used;    /* bytes of data */
	__u16 early;   /* a filter dropped it: ABI_EVENT_ROOM_EARLY */
	__u16 pending; /* what is remembered then: remember.bpf.h */
	__u64 owner;   /* task, where rooms are taken and given back: pool.bpf.h */
};
_Static_assert(__builtin_offsetof(struct room, owner) == ABI_EVENT_ROOM_OWNER,
	       "filters look there");
_Static_assert(__builtin_offsetof(struct room, early) == ABI_EVENT_ROOM_EARLY,
	       "filters write there");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct room);
} rooms __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events __weak SEC(".maps");

/* The number of a process or thread in the initial namespace, or in its own. */
static __always_inline __u32 pid_number(struct pid *pid, bool inner)
{
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	struct upid *own;
	if (!pid)
		return 0;
	own = numbers + (inner ? BPF_CORE_READ(pid, level) : 0) * bpf_core_type_size(struct upid);
	return BPF_CORE_READ(own, nr);
}

/* Of cred. By where they are: what a set is called inside has changed (kernel_cap_t). */
#define CAPS_AT(set) bpf_core_field_offset(struct cred, set)
static __always_inline void caps_fill(struct abi_event *ev, const struct cred *cred)
{
#ifdef KERNEL_LOADS
	if (HAS_LOADS) {
		const void *at = TYPED(cred);

		ev->caps_inheritable = *(const __u64 *)(at + CAPS_AT(cap_inheritable));
		ev->caps_permitted = *(const __u64 *)(at + CAPS_AT(cap_permitted));
		ev->caps_effective = *(const __u64 *)(at + CAPS_AT(cap_effective));
		return;
	}
#endif
	if (CAPS_AT(cap_effective) ==
	    CAPS_AT(cap_inheritable) + 2 * sizeof(__u64)) { /* by one read */
		bpf_probe_read_kernel(&ev->caps_inheritable, 3 * sizeof(__u64),
				      (const void *)cred + CAPS_AT(cap_inheritable));
		return;
	}
	bpf_core_read(&ev->caps_inheritable, sizeof(__u64), &cred->cap_inheritable);
	bpf_core_read(&ev->caps_permitted, sizeof(__u64), &cred->cap_permitted);
	bpf_core_read(&ev->caps_effective, sizeof(__u64), &cred->cap_effective);
}

/* The head of a record about task. */
static __always_inline void event_head(struct abi_event *ev, enum abi_event_kind kind,
				       struct task_struct *task, __u64 cgroup)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct pair ids = {};

	__builtin_memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	ev->nr = ABI_CALL_NR_MAX;
	ev->time_ns = bpf_ktime_get_boot_ns();
	ev->cgroup = cgroup;
	PAIR_READ(&ids, task, struct task_struct, pid, tgid);
	ev->tid = ids.first;
	ev->tgid = ids.second;
	ev->vtid = pid_number(BPF_CORE_READ(task, thread_pid), true);
	PAIR_READ(&ids, cred, struct cred, euid.val, egid.val);
	ev->uid = ids.first;
	ev->gid = ids.second;
	caps_fill(ev, cred);
	ev->cpu = bpf_get_smp_processor_id();
}

static __always_inline void room_head(struct room *r, enum abi_event_kind kind,
				      struct task_struct *task, __u64 cgroup)
{
	event_head(&r->ev, kind, task, cgroup);
	r->used = 0;
}

/* This CPU's room with the head of a record about task; NULL: nothing to tell. */
static __always_inline struct room *room_begin(enum abi_event_kind kind, struct task_struct *task,
					       __u64 cgroup)
{
	__u32 zero = 0;
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);

	if (r)
		room_head(r, kind, task, cgroup);
	return r;
}

/* Hands the record over; b: whose it is, NULL: nobody's who is watched. */
static __always_inline void room_send(struct room *r, struct abi_budget *b)
{
	bool call = r->ev.kind == ABI_EVENT_CALL || r->ev.kind == ABI_EVENT_PATHS;
	__u32 size = sizeof(r->ev) + r->used;

	size &= ABI_EVENT_SIZE_MAX - 1;
	r->ev.size = size;
	if (bpf_ringbuf_output(&events, r, size, 0))
		drop_count(b, call ? ABI_DROP_RING : ABI_DROP_LIFE);
	else if (b)
		budget_charge(b, call ? size : 0);
}

/* Births, execs and deaths. */
static __always_inline void room_send_life(struct room *r)
{
	struct abi_group *g = bpf_map_lookup_elem(&groups, &r->ev.cgroup);

	if (!is_watched(g)) {
		room_send(r, NULL);
		return;
	}
	r->ev.flags |= ABI_EVENT_WATCHED;
	room_send(r, budget_of(g, r->ev.cgroup));
}

/* Room for a text; NULL if the texts before left none. */
static __always_inline char *text_room(struct room *r)
{
	if (r->used > ROOM_MASK) {
		r->ev.flags |= ABI_EVENT_CUT;
		return NULL;
	}
	return &r->data[r->used & ROOM_MASK];
}

static __always_inline void text_put(struct room *r, __u32 which, __u32 len)
{
	/* The mask is for the verifier, which loses a bound of which in a register of its own. */
	barrier_var(which);
	which &= 7;
	r->ev.text[which].at = sizeof(r->ev) + r->used;
	r->ev.text[which].len = len;
	r->used += len;
}

/* False: there is no room for it, or it can't be read. */
static __always_inline bool text_user_string(struct room *r, __u32 which, __u64 user)
{
	char *to = text_room(r);
	long len;

	if (!to || !user)
		return false;
	len = bpf_probe_read_user_str(to, ABI_EVENT_TEXT_MAX, (const void *)user);
	if (len <= 0 || len == ABI_EVENT_TEXT_MAX)
		r->ev.flags |= ABI_EVENT_CUT;
	if (len > 1)
		text_put(r, which, len - 1);
	return len > 0;
}

static __always_inline void text_user_bytes(struct room *r, __u32 which, __u64 user, __u64 len)
{
	char *to = text_room(r);

	if (!to || !user || !len)
		return;
	if (len > ABI_EVENT_TEXT_MAX - 1) {
		len = ABI_EVENT_TEXT_MAX - 1;
		r->ev.flags |= ABI_EVENT_CUT;
	}
	if (bpf_probe_read_user(to, len & (ABI_EVENT_TEXT_MAX - 1), (const void *)user))
		r->ev.flags |= ABI_EVENT_CUT;
	else
		text_put(r, which, len);
}

/* The path that this CPU's scratch holds. */
static __always_inline void text_path(struct room *r, __u32 which, struct scratch *s)
{
	char *to = text_room(r);
	__u32 len;

	path_complete(s);
	len = ABI_PATH_MAX - s->at;
	if (s->flags & ABI_PATH_TRUNCATED)
		r->ev.flags |= ABI_EVENT_CUT;
	if (!to || len >= ABI_PATH_MAX)
		return;
	bpf_probe_read_kernel(to, len & (ABI_PATH_MAX - 1), &s->path[s->at & (ABI_PATH_MAX - 1)]);
	text_put(r, which, len);
}

subroutine int text_directory(struct room *r, __u32 which, __u64 mnt, __u64 dentry)
{
	struct scratch *s = scratch_get();

	if (!s || !r)
		return 0;
	path_prepend(s, (struct vfsmount *)mnt, (struct dentry *)dentry);
	if (s->at == ABI_PATH_MAX) {
		s->at = ABI_PATH_MAX - 1;
		s->path[ABI_PATH_MAX - 1] = '/';
	}
	text_path(r, which, s);
	return 0;
}

/* The path of file, whose inode has that mode; what kind of path it is as the result. */
subroutine int text_file(struct room *r, __u32 which, __u64 file, __u32 mode)
{
	struct scratch *s = scratch_get();

	if (!s || !r)
		return 0;
	path_of_file(s, (struct file *)file, mode);
	text_path(r, which, s);
	return s->flags;
}
