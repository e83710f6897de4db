/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who is running: the task map (thread id -> actor) and what fills it.
 *
 * A thread gets its entry when it is forked by one that has one, or when it is put into a watched
 * control group; it loses it when it exits or leaves. Threads that we never saw being made (the
 * process was moved as a whole, or was there before us) inherit from their leader at first sight.
 */
#pragma once
#include "bpf/lib/cgroup.bpf.h"
#include "bpf/lib/path_fact.bpf.h"

/* A number nobody has: 5.10 has no atomic that returns the old value, so each CPU counts alone. */
static __always_inline __u32 number_next(void)
{
	__u32 zero = 0, *last = bpf_map_lookup_elem(&numbers, &zero);

	if (!last)
		return 0;
	*last += 1;
	return *last << 10 | (bpf_get_smp_processor_id() & 1023);
}

static __always_inline __u32 mntns_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline void notice_send(enum abi_notice_kind kind, __u64 cell, __u32 tgid)
{
	struct abi_notice notice = { .kind = kind, .tgid = tgid, .cell = cell };

	if (bpf_ringbuf_output(&notices, &notice, sizeof(notice), 0))
		loss_count(cell, ABI_LOSS_NOTICES);
}

/* The number of the executable behind file, learned with its path at first sight; 0 if lost. */
subprogram __u32 exe_number(__u64 file_address, __u64 cell)
{
	struct file *file = (struct file *)file_address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct abi_exe_key key = {
		.ino = BPF_CORE_READ(inode, i_ino),
		.dev = BPF_CORE_READ(inode, i_sb, s_dev),
		.generation = BPF_CORE_READ(inode, i_generation),
	};
	struct abi_exe *exe = bpf_map_lookup_elem(&exes, &key);
	struct scratch *s;
	__u32 len;

	if (exe)
		return exe->id;
	s = scratch_get();
	if (!s)
		return 0;
	path_of_file(s, file, mode_of(file));
	len = ABI_PATH_MAX - s->at;
	if (len > ABI_EXE_PATH_MAX - 1) { /* keep the end: it names the program */
		s->flags |= ABI_PATH_TRUNCATED;
		len = ABI_EXE_PATH_MAX - 1;
		s->at = ABI_PATH_MAX - len;
	}
	__builtin_memset(&s->exe, 0, sizeof(s->exe));
	s->exe.flags = s->flags;
	s->exe.id = number_next();
	bpf_probe_read_kernel(s->exe.path, len & (ABI_EXE_PATH_MAX - 1),
			      &s->path[s->at & (ABI_PATH_MAX - 1)]);
	bpf_map_update_elem(&exes, &key, &s->exe, BPF_NOEXIST);
	exe = bpf_map_lookup_elem(&exes, &key); /* ours, or that of a CPU that was first */
	if (exe)
		return exe->id;
	loss_count(cell, ABI_LOSS_EXES);
	return 0;
}

/*
 * Gives t its actor, if its executable is known. It is, for every task whose birth, move or exec we
 * saw; those that ran before are looked up at their next system call (enter_first in syscall.bpf.c).
 */
static __always_inline bool task_resolve(struct abi_task *t)
{
	struct abi_actor key = {};
	__u32 fresh, *actor;

	if (t->actor)
		return true;
	if (!t->exe)
		return false;
	key.cell = t->cell;
	key.exe = t->exe;
	key.stage = t->stage;
	key.origin = t->origin;
	actor = bpf_map_lookup_elem(&actors, &key);
	if (!actor) {
		fresh = number_next();
		bpf_map_update_elem(&actors, &key, &fresh, BPF_NOEXIST);
		actor = bpf_map_lookup_elem(&actors, &key);
	}
	if (!actor) {
		loss_count(t->cell, ABI_LOSS_ACTORS);
		return false;
	}
	t->actor = *actor;
	return true;
}

static __always_inline struct abi_task *task_store(__u32 tid, struct abi_task *t)
{
	if (bpf_map_update_elem(&tasks, &tid, t, BPF_ANY))
		loss_count(t->cell, ABI_LOSS_TASKS);
	return bpf_map_lookup_elem(&tasks, &tid);
}

/* The entry of current, or NULL if nobody watches it: the common case, so the cheap one. */
static __always_inline struct abi_task *task_find(void)
{
	__u32 tid = current_tid(), tgid = current_tgid();
	struct abi_task *t = bpf_map_lookup_elem(&tasks, &tid), copy;

	if (t || tid == tgid)
		return t;
	t = bpf_map_lookup_elem(&tasks, &tgid);
	if (!t)
		return NULL;
	copy = *t;
	copy.in_call = ABI_CALL_UNKNOWN;
	copy.caps_granted = copy.caps_refused = 0;
	return task_store(tid, &copy);
}

/* As task_find(), with an actor. */
static __always_inline struct abi_task *task_find_actor(void)
{
	struct abi_task *t = task_find();

	return t && task_resolve(t) ? t : NULL;
}

static __always_inline void call_learn(struct abi_task *t, struct abi_call_key *key)
{
	struct abi_call fresh = {};

	fact_learn(&calls, key, &fresh.fact, t->cell, ABI_LOSS_CALLS);
}

/*
 * Makes task a member of the cell. from is the entry of the task that it descends from, if that
 * one is watched too; otherwise the task comes from outside: it is what the container was made
 * for, or, once that runs, an intruder, a probe or somebody's shell.
 */
static __always_inline void task_admit(struct task_struct *task, __u64 cell_id,
				       struct abi_cell *cell, const struct abi_task *from)
{
	struct task_struct *outer = BPF_CORE_READ(task, real_parent);
	__u32 tid = BPF_CORE_READ(task, pid);
	struct abi_task fresh = {};

	if (from) {
		fresh = *from;
		fresh.actor = 0;
	} else {
		struct file *own = BPF_CORE_READ(task, mm, exe_file);

		fresh.filter = (__u64)BPF_CORE_READ(task, seccomp.filter);
		fresh.exe = own ? exe_number((__u64)own, cell_id) : 0;
		fresh.outer_mntns = mntns_of(outer);
		if (cell->flags & ABI_CELL_STARTED)
			fresh.origin = ABI_ORIGIN_ENTERED;
		if (!cell->init_tgid) {
			struct file *file = BPF_CORE_READ(outer, mm, exe_file);

			cell->init_tgid = BPF_CORE_READ(task, tgid);
			if (file)
				cell->runtime_exe = exe_number((__u64)file, cell_id);
			notice_send(ABI_NOTICE_ENTERED, cell_id, cell->init_tgid);
		}
	}
	fresh.cell = cell_id;
	fresh.in_call = ABI_CALL_UNKNOWN;
	fresh.caps_granted = fresh.caps_refused = 0;
	task_store(tid, &fresh);
}

/* True if file is in the root of its own that a runtime made for task: another mount namespace than
 * the runtime's. The runtime's re-executions of itself (from a memfd, or before it unshares) are not. */
static __always_inline bool exe_is_contained(struct task_struct *task, struct file *file,
					     __u32 outer_mntns)
{
	struct mount *mnt = mount_of(BPF_CORE_READ(file, f_path.mnt));
	struct mnt_namespace *ns = BPF_CORE_READ(mnt, mnt_ns);

	return ns && ns == BPF_CORE_READ(task, nsproxy, mnt_ns) && mntns_of(task) != outer_mntns;
}
