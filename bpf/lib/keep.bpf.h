/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Births, execs and ends that are kept (kept.bpf.h) instead of told. */
#pragma once
#include "bpf/lib/kept_tell.bpf.h"
#include "bpf/lib/room.bpf.h"

/* Written while this runs. */
extern volatile struct abi_keeping keeping __weak;

/* By enum abi_keep. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_KEEPS);
	__type(key, __u32);
	__type(value, __u64);
} keeps __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, ABI_EXEC_FILTERS);
	__type(key, __u32);
	__type(value, __u32);
} exec_filters __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ABI_RAN_GROUPS *ABI_RAN_LINES);
	__type(key, struct abi_ran_key);
	__type(value, struct abi_ran);
} ran __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ABI_RAN_GROUPS);
	__type(key, __u64);
	__type(value, __u64);
} outspoken __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * ABI_KEPT_MAX);
	__type(key, struct abi_kept_number);
	__type(value, struct abi_kept_owners);
} kept_numbers __weak SEC(".maps");

static __always_inline void keep_count(enum abi_keep what)
{
	__u32 slot = what;
	__u64 *n = bpf_map_lookup_elem(&keeps, &slot);

	if (n)
		*n += 1;
}

static __always_inline bool keep_is_on(__u64 cgroup)
{
	return keeping.on && is_watched(bpf_map_lookup_elem(&groups, &cgroup));
}

static __always_inline bool keep_is_known(const struct abi_kept *k)
{
	return k->flags & ABI_KEPT_KNOWN || k->epoch != keeping.epoch;
}

/* The room with the record as an entry: what is behind the record is the entry's own. False: there is no room for it. */
static __always_inline bool keep_put(struct room *r, const struct abi_kept_key *key)
{
	r->ev.size = sizeof(r->ev) + r->used;
	((struct abi_kept *)r)->epoch = keeping.epoch;
	if (bpf_map_update_elem(&kept, key, r, BPF_ANY)) {
		keep_count(ABI_KEEP_FULL);
		return false;
	}
	return true;
}

static __always_inline bool is_same(const struct abi_kept_key *a, const struct abi_kept_key *b)
{
	return a->start_ns == b->start_ns && a->tgid == b->tgid;
}

static __always_inline void number_put(__u32 pidns, __u32 number, const struct abi_kept_key *whose)
{
	struct abi_kept_number n = { .pidns = pidns, .number = number };
	struct abi_kept_owners *has = bpf_map_lookup_elem(&kept_numbers, &n), fresh = {};

	fresh.now = *whose;
	if (has && !is_same(&has->now, whose))
		fresh.before = has->now;
	if (bpf_map_update_elem(&kept_numbers, &n, &fresh, BPF_ANY))
		keep_count(ABI_KEEP_FULL);
}

/* If another had it before, what was told of that one may not have been looked at. */
static __always_inline void number_forget(__u32 pidns, __u32 number,
					  const struct abi_kept_key *whose)
{
	struct abi_kept_number n = { .pidns = pidns, .number = number };
	struct abi_kept_owners *has = bpf_map_lookup_elem(&kept_numbers, &n);

	if (has && is_same(&has->before, whose))
		has->before.tgid = 0;
	if (!has || !is_same(&has->now, whose))
		return;
	if (!has->before.tgid) {
		bpf_map_delete_elem(&kept_numbers, &n);
		return;
	}
	has->now = has->before;
	has->before.tgid = 0;
}

/* A process that is new here, of whom the record is. */
static __always_inline void keep_numbers(const struct abi_event_process *p,
					 const struct abi_kept_key *key)
{
	number_put(0, key->tgid, key);
	if (p->vpid != key->tgid)
		number_put(p->pidns, p->vpid, key);
}

static __always_inline void keep_forget(const struct abi_kept *k, const struct abi_kept_key *key)
{
	const struct abi_event_process *p = &((const struct abi_event *)k->record)->process;

	number_forget(0, key->tgid, key);
	if (p->vpid != key->tgid)
		number_forget(p->pidns, p->vpid, key);
	bpf_map_delete_elem(&kept, key);
}

/* Whose child it is, if that one is kept. */
static __always_inline void keep_below(struct abi_kept *fresh, struct task_struct *task)
{
	struct abi_kept *up;

	fresh->parent = kept_key(BPF_CORE_READ(task, real_parent));
	up = bpf_map_lookup_elem(&kept, &fresh->parent);
	if (up)
		__sync_fetch_and_add(&up->children, 1);
	else
		__builtin_memset(&fresh->parent, 0, sizeof(fresh->parent));
}

/* Whether a process that makes a child is not kept: it is older than the guard, or does not fit. */
static __always_inline bool keep_lacks(struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task);

	return !bpf_map_lookup_elem(&kept, &key);
}

/* Such a process, which user space knows, with what it runs in the room: so that its children need not be told. */
subroutine int keep_older(struct room *r, struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task);
	struct abi_kept *fresh = (struct abi_kept *)r;

	if (!r || r->used > ABI_KEPT_RECORD - sizeof(r->ev))
		return false;
	fresh->exit_ns = 0;
	fresh->children = fresh->threads = fresh->earlier = 0;
	fresh->flags = ABI_KEPT_KNOWN | ABI_KEPT_TOLD;
	keep_below(fresh, task);
	if (!keep_put(r, &key))
		return false;
	keep_numbers(&r->ev.process, &key);
	return true;
}

/* A birth. What the child runs is what is kept of its parent, and who it is says the record in the room. False: it has to be told. */
subroutine int keep_fork(struct room *r, struct task_struct *parent, struct task_struct *child)
{
	struct abi_kept_key above = kept_key(parent), key = kept_key(child);
	struct abi_kept *k = bpf_map_lookup_elem(&kept, &above), *fresh = (struct abi_kept *)r;
	const struct abi_event *from;

	if (!k || !r || k->flags & ABI_KEPT_OLD)
		return false;
	from = (const struct abi_event *)k->record;
	r->ev.kind = ABI_EVENT_EXEC;
	r->ev.flags |= from->flags & (ABI_EVENT_UPPER | ABI_EVENT_LOWER | ABI_EVENT_CUT);
	__builtin_memcpy(r->ev.text, from->text, sizeof(r->ev.text));
	r->ev.process.exe_ino = from->process.exe_ino;
	r->ev.process.exe_dev = from->process.exe_dev;
	r->ev.process.path_flags = from->process.path_flags;
	r->ev.process.exe_ctime_ns = from->process.exe_ctime_ns;
	r->ev.process.exe_mtime_ns = from->process.exe_mtime_ns;
	r->ev.process.exe_flags = from->process.exe_flags;
	__builtin_memcpy(r->ev.process.stdio, from->process.stdio, sizeof(r->ev.process.stdio));
	r->ev.process.pidns_start_ns = r->ev.process.vpid == 1 ? r->ev.process.start_ns :
								 from->process.pidns_start_ns;
	r->ev.process.uid_before = ABI_ID_NONE;
	bpf_probe_read_kernel(r->data, ABI_KEPT_RECORD - sizeof(r->ev), k->record + sizeof(r->ev));
	r->used = from->size - sizeof(r->ev);
	fresh->parent = above;
	fresh->exit_ns = 0;
	fresh->children = fresh->threads = fresh->flags = fresh->earlier = 0;
	if (keep_put(r, &key)) {
		keep_numbers(&r->ev.process, &key);
		__sync_fetch_and_add(&k->children,
				     1); /* the parent can't end meanwhile: it is here */
		return true;
	}
	r->ev.kind = ABI_EVENT_FORK;
	__builtin_memset(r->ev.text, 0, sizeof(r->ev.text));
	r->used = 0;
	return false;
}

/*
 * If current has got another working directory it is the first text of the record in the room. It goes behind what is kept, or over the last
 * one there; a child that is born by another thread meanwhile may get either.
 */
subprogram int keep_cwd(__u32 plan_flags, __u64 result)
{
	enum { CWD_MAX = 1024, LAST = ABI_KEPT_RECORD - CWD_MAX };
	__u32 zero = 0, from, at;
	struct abi_kept_key key;
	struct abi_event *ev;
	struct abi_span cwd;
	struct abi_kept *k;
	struct room *r;

	if (!(plan_flags & ABI_PLAN_CWD) || result)
		return 0;
	key = kept_key(current_task());
	k = bpf_map_lookup_elem(&kept, &key);
	r = bpf_map_lookup_elem(&rooms, &zero);
	if (!k || !r)
		return 0;
	ev = (struct abi_event *)k->record;
	cwd = ev->text[ABI_TEXT_CWD];
	at = cwd.len && cwd.at + cwd.len == ev->size ? cwd.at : ev->size;
	from = r->ev.text[ABI_TEXT_DIR1].at;
	cwd.at = at;
	cwd.len = r->ev.text[ABI_TEXT_DIR1].len;
	if (at >= LAST || !cwd.len || cwd.len >= CWD_MAX || from > ROOM_MASK) {
		k->flags |= ABI_KEPT_OLD;
		return 0;
	}
	bpf_probe_read_kernel(&k->record[at], cwd.len & (CWD_MAX - 1), (void *)r + from);
	ev->size = at + cwd.len;
	ev->text[ABI_TEXT_CWD] = cwd;
	return 0;
}

/* A birth of a thread; false: it has to be told. */
static __always_inline bool keep_thread(struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task);
	struct abi_kept *k = bpf_map_lookup_elem(&kept, &key);

	if (!k)
		return false;
	__sync_fetch_and_add(&k->threads, 1);
	return !keep_is_known(k);
}

/* The exec in the room is kept: a line of what happened in its group. False: it is to be told, as what comes after an alert. */
subroutine int keep_line(struct room *r)
{
	struct abi_group *g = r ? bpf_map_lookup_elem(&groups, &r->ev.cgroup) : NULL;
	struct abi_budget *b;
	struct abi_ran_key key = {};
	struct abi_ran *line;
	__u64 *until;
	__u32 len, at;

	if (!r)
		return false;
	key.payer = g && g->payer ? g->payer : r->ev.cgroup;
	until = bpf_map_lookup_elem(&outspoken, &key.payer);
	if (until && *until > r->ev.time_ns)
		return false;
	b = budget_of(g, r->ev.cgroup);
	at = r->ev.text[ABI_TEXT_ARGS].at;
	if (!b || at > ROOM_MASK)
		return false;
	key.line = b->ran % ABI_RAN_LINES;
	__sync_fetch_and_add(&b->ran, 1);
	line = (void *)r + sizeof(*r) - 2 * sizeof(*line); /* no text is there */
	line->time_ns = r->ev.time_ns;
	line->tgid = r->ev.tgid;
	__builtin_memcpy(line->comm, r->ev.process.comm, sizeof(line->comm));
	len = r->ev.text[ABI_TEXT_ARGS].len;
	line->len = len < ABI_RAN_ARGS ? len : ABI_RAN_ARGS;
	bpf_probe_read_kernel(line->args, sizeof(line->args), (void *)r + at);
	bpf_map_update_elem(&ran, &key, line, BPF_ANY);
	return true;
}

/*
 * What the process has been until now is put aside if user space has been told something of it, and may not have looked yet. Returns how
 * many programs of it have been.
 */
static __always_inline __u32 keep_aside(struct abi_kept *k, struct abi_kept_key key)
{
	__u32 earlier = k->earlier;

	if (!(k->flags & ABI_KEPT_TOLD))
		return earlier;
	key.earlier = 1 + earlier % ABI_KEPT_EARLIER;
	if (bpf_map_update_elem(&kept, &key, k, BPF_ANY))
		keep_count(ABI_KEEP_FULL);
	k = bpf_map_lookup_elem(&kept, &key);
	if (k)
		k->exit_ns = bpf_ktime_get_boot_ns();
	return earlier + 1;
}

/* An exec, whose record is in the room. False: it has to be told; else if a filter wants it. */
subroutine int keep_exec(struct room *r, struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task);
	struct abi_kept *k = bpf_map_lookup_elem(&kept, &key), *fresh = (struct abi_kept *)r;

	if (!r)
		return false;
	if (!keep_is_on(r->ev.cgroup) || r->used > ABI_KEPT_RECORD - sizeof(r->ev)) {
		if (keep_is_on(r->ev.cgroup))
			keep_count(ABI_KEEP_LARGE);
		if (k)
			k->flags |= ABI_KEPT_OLD;
		return false;
	}
	fresh->exit_ns = 0;
	fresh->threads = fresh->earlier = 0;
	if (k) {
		fresh->earlier = keep_aside(k, key);
		fresh->parent = k->parent;
		fresh->children = k->children;
		fresh->flags = keep_is_known(k) ? ABI_KEPT_KNOWN : 0;
	} else { /* of whose birth was told */
		fresh->children = 0;
		fresh->flags = ABI_KEPT_KNOWN;
		keep_below(fresh, task);
	}
	if (keep_put(r, &key)) {
		if (!k)
			keep_numbers(&r->ev.process, &key);
		/* By what its first process runs a container becomes known while it can be asked about. */
		return k && r->ev.process.vpid != 1 && keep_line(r);
	}
	if (k)
		k->flags |= ABI_KEPT_OLD;
	return false;
}

/* The end of a process. False: it has to be told. */
subroutine int keep_exit(struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task), above;
	struct abi_kept *k = bpf_map_lookup_elem(&kept, &key);

	if (!k)
		return false;
	k->exit_ns = bpf_ktime_get_boot_ns();
	if (!keeping.on)
		return false;
	for (int i = 0; i < ABI_KEPT_ABOVE; i++) {
		if (keep_is_known(k) || (__s32)k->children > 0)
			break;
		above = k->parent;
		keep_forget(k, &key);
		if (!above.tgid)
			break;
		key = above;
		k = bpf_map_lookup_elem(&kept, &key);
		if (!k)
			break;
		__sync_fetch_and_add(&k->children, -1);
		if (!k->exit_ns)
			break;
	}
	return true;
}

/* Somebody sends it a signal, which is told: it may end by that before user space has looked who it is. */
static __always_inline void keep_target(struct task_struct *task)
{
	struct abi_kept_key key = kept_key(task);
	struct abi_kept *k = bpf_map_lookup_elem(&kept, &key);

	if (k)
		k->flags |= ABI_KEPT_KNOWN;
}
