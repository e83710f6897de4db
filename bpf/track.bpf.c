// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Births, moves and deaths: of control groups and of the tasks in them.
 *
 * All five hooks are tracepoints with BTF arguments, which every rung of the ladder has (5.5 and
 * later). Where they fire: cgroup_mkdir() after the group is complete; cgroup_attach_task() with
 * cgroup_mutex held, before the moved task runs on in its new group; kernel_clone() after the
 * child is complete, in its group (also with CLONE_INTO_CGROUP), before it runs; begin_new_exec()
 * and later, once the point of no return is passed; do_exit() for every thread.
 */
#include "bpf/lib/track.bpf.h"

#include "bpf/lib/arch.bpf.h"

const volatile struct abi_settings settings __weak = {};

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	__u64 id, parent;
	struct abi_cell *above, *cell;
	struct scratch *s;

	if (!cgroup_is_ours(cgroup))
		return 0;
	parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	above = bpf_map_lookup_elem(&cells, &parent);
	if (!settings.watch_new && (!above || above->flags & ABI_CELL_IGNORED))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	cell = &s->cell;
	__builtin_memset(cell, 0, sizeof(*cell));
	id = cgroup_id(cgroup);
	cell->parent = parent;
	cell->born_ns = now_ns();
	cell->flags = ABI_CELL_BORN;
	if (above && !(above->flags & ABI_CELL_IGNORED))
		cell->flags = above->flags & (ABI_CELL_COMMAND | ABI_CELL_STARTED | ABI_CELL_BORN);
	bpf_probe_read_kernel_str(cell->path, sizeof(cell->path), path);
	if (bpf_map_update_elem(&cells, &id, cell, BPF_NOEXIST))
		loss_count(parent, ABI_LOSS_CELLS);
	else
		notice_send(ABI_NOTICE_BORN, id, 0);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	__u64 id = cgroup_id(cgroup);
	struct abi_cell *cell;

	if (!cgroup_is_ours(cgroup))
		return 0;
	cell = bpf_map_lookup_elem(&cells, &id);
	if (cell) {
		cell->flags |= ABI_CELL_GONE;
		notice_send(ABI_NOTICE_GONE, id, 0);
	}
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach_task, struct cgroup *to, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	__u64 id = cgroup_id(to);
	__u32 tid = BPF_CORE_READ(task, pid);
	struct abi_cell *cell;
	struct abi_task *t;

	if (!cgroup_is_ours(to))
		return 0;
	t = bpf_map_lookup_elem(&tasks, &tid);
	cell = bpf_map_lookup_elem(&cells, &id);
	if (!cell || cell->flags & ABI_CELL_IGNORED) {
		if (t)
			bpf_map_delete_elem(&tasks, &tid);
		return 0;
	}
	if (!t) {
		task_admit(task, id, cell, NULL);
	} else if (t->cell != id) { /* moved inside the container, by a systemd in it, say */
		t->cell = id;
		t->actor = 0;
	}
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 id = task_cgroup_id(child);
	__u32 tid = BPF_CORE_READ(child, pid);
	struct abi_task *from = task_find(), copy; /* parent is current */
	struct abi_cell *cell;

	if (from && from->cell == id) {
		copy = *from;
		copy.caps_granted = copy.caps_refused = 0;
		task_store(tid, &copy);
		return 0;
	}
	cell = bpf_map_lookup_elem(&cells, &id);
	if (cell && !(cell->flags & ABI_CELL_IGNORED))
		task_admit(child, id, cell, from);
	return 0;
}

/* The application starts: remember under which restrictions. */
static __always_inline void cell_start(struct task_struct *task, struct abi_task *t)
{
	struct abi_cell *cell = bpf_map_lookup_elem(&cells, &t->cell);
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u32 flags;

	if (!cell || cell->flags & ABI_CELL_STARTED)
		return;
	flags = cell->flags | ABI_CELL_STARTED;
	if (BPF_CORE_READ(task, atomic_flags) & (1UL << PFA_NO_NEW_PRIVS))
		flags |= ABI_CELL_NNP;
	if (BPF_CORE_READ(task, seccomp.mode) == SECCOMP_MODE_FILTER)
		flags |= ABI_CELL_FILTERED;
	bpf_core_read(&cell->caps_effective, sizeof(__u64), &cred->cap_effective);
	bpf_core_read(&cell->caps_permitted, sizeof(__u64), &cred->cap_permitted);
	bpf_core_read(&cell->caps_bounding, sizeof(__u64), &cred->cap_bset);
	cell->uid = BPF_CORE_READ(cred, uid.val);
	cell->gid = BPF_CORE_READ(cred, gid.val);
	cell->started_ns = now_ns();
	cell->flags = flags;
	notice_send(ABI_NOTICE_STARTED, t->cell, current_tgid());
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	__u32 tid = current_tid(), old_tid = old_pid;
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct abi_task *t = bpf_map_lookup_elem(&tasks, &old_tid), moved;
	struct abi_cell *cell;
	struct scratch *s;

	if (t && old_tid != tid) { /* a thread that execs takes its leader's number */
		moved = *t;
		bpf_map_delete_elem(&tasks, &old_tid);
		t = task_store(tid, &moved);
	}
	if (!t)
		t = task_find();
	if (!t || !file)
		return 0;
	if (t->stage != ABI_STAGE_APP) {
		cell = bpf_map_lookup_elem(&cells, &t->cell);
		if ((cell && cell->flags & ABI_CELL_COMMAND) ||
		    exe_is_contained(task, file, t->outer_mntns))
			t->stage = ABI_STAGE_APP;
	}
	t->exe = exe_number((__u64)file, t->cell);
	t->actor = 0;
	if (!task_resolve(t) || t->stage != ABI_STAGE_APP)
		return 0;
	if (t->origin == ABI_ORIGIN_WORKLOAD)
		cell_start(task, t);
	s = scratch_get();
	if (s) {
		path_of_file(s, file, mode_of(file));
		path_learn(t->cell, t->actor, ABI_FILE_EXEC);
	}
	return 0;
}

/*
 * A filter that kills leaves no sys_exit: the thread dies of SIGSYS between two calls that we saw.
 * Which call it was, the saved registers tell (bpf_task_pt_regs: 5.15, dd6e10fbd9fb); before, it is
 * learned as a refused call of unknown number.
 */
static __always_inline void call_killed(struct task_struct *task, struct abi_task *t)
{
	struct abi_call_key key = { .nr = ABI_CALL_NR_MAX, .refused = 1 };

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
		__u32 nr = BPF_CORE_READ(regs, orig_ax);

		key.table = call_table(task, &nr);
		if (nr < ABI_CALL_NR_MAX)
			key.nr = nr;
	}
	if (!task_resolve(t))
		return;
	key.actor = t->actor;
	call_learn(t, &key);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	__u32 tid = current_tid();
	struct abi_task *t = bpf_map_lookup_elem(&tasks, &tid);

	if (!t)
		return 0;
	if (t->in_call == ABI_CALL_NONE && (BPF_CORE_READ(task, exit_code) & 0x7f) == SIGSYS)
		call_killed(task, t);
	bpf_map_delete_elem(&tasks, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
