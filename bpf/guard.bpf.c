// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The guard's eyes: what processes of watched control groups do, as records in a ring.
 *
 * Only tracepoints with BTF arguments, which every rung of the ladder has. A system call is looked at
 * when it returns: its result is known, its arguments are still in the registers, and what a
 * descriptor refers to is what the kernel opened, not what the program's memory says. Calls without a
 * plan leave after one look into an array; so there is no state per task that could overflow.
 */
#define KERNEL_LOADS /* one family of those that are linked may: libbpf 1.1 does not link what two declare */

#include "bpf/lib/descent.bpf.h"
#include "bpf/lib/program.bpf.h"

#include "bpf/lib/call.bpf.h"
#include "bpf/lib/capability.bpf.h"
#include "bpf/lib/current.bpf.h"
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/keep.bpf.h"
#include "bpf/lib/plan.bpf.h"
#include "bpf/lib/remember.bpf.h"
#include "bpf/lib/sent.bpf.h"

const volatile struct abi_settings settings __weak = {};
const volatile struct abi_event_settings event_settings __weak = {};
volatile __u32 spared[ABI_SPARED_MAX] __weak = {};
volatile __u32 homeless __weak = 0;
/* By number: bit per enum abi_table in which it has a plan, or may stand for one that has. Written while this runs. */
volatile __u8 asked_for[ABI_CALL_NR_MAX] = { [NR_SOCKETCALL] = 1 << ABI_TABLE_COMPAT };
volatile struct abi_keeping keeping __weak = {};
volatile __u32 filter_generation __weak = 0;

/* --- processes ------------------------------------------------------------------------------------ */

/* What current runs, from its program's file and its memory; name: that it was asked for by, in the kernel. */
subroutine int runs_fill(struct room *r, __u64 name)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	unsigned long start, end;
	struct path cwd;
	long len;
	char *to;

	if (!r)
		return 0;
	r->ev.process.pidns_start_ns = start_of(BPF_CORE_READ(pidns_of(task), child_reaper));
	exe_fill(&r->ev, task, file);
	r->ev.flags |= layer_of(BPF_CORE_READ(file, f_inode));
	r->ev.process.path_flags = text_file(r, ABI_TEXT_EXE, (__u64)file, mode_of(file));
	BPF_CORE_READ_INTO(&cwd, task, fs, pwd);
	text_directory(r, ABI_TEXT_CWD, (__u64)cwd.mnt, (__u64)cwd.dentry);
	to = text_room(r);
	if (to && name) {
		len = bpf_probe_read_kernel_str(to, ABI_EVENT_TEXT_MAX, (const void *)name);
		if (len > 1)
			text_put(r, ABI_TEXT_NAME, len - 1);
	}
	start = BPF_CORE_READ(mm, arg_start);
	end = BPF_CORE_READ(mm, arg_end);
	text_user_bytes(r, ABI_TEXT_ARGS, start, end - start);
	start = BPF_CORE_READ(mm, env_start);
	end = BPF_CORE_READ(mm, env_end);
	text_user_bytes(r, ABI_TEXT_ENV, start, end - start);
	stdio_fill(r, 0);
	stdio_fill(r, 1);
	stdio_fill(r, 2);
	return 0;
}

/* Current makes a child. */
static __always_inline void keep_current(struct task_struct *parent)
{
	__u64 cgroup = home_of_task(parent);
	struct room *r;

	if (!keep_is_on(cgroup) || !BPF_CORE_READ(parent, mm) || !keep_lacks(parent))
		return;
	r = room_begin(ABI_EVENT_EXEC, parent, cgroup);
	if (!r)
		return;
	process_fill(&r->ev.process, parent);
	r->ev.process.uid_before = ABI_ID_NONE;
	runs_fill(r, 0);
	keep_older(r, parent);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(guard_fork, struct task_struct *parent, struct task_struct *child)
{
	bool thread = BPF_CORE_READ(child, tgid) == BPF_CORE_READ(parent, tgid);
	__u64 start_ns = start_of(BPF_CORE_READ(parent, group_leader));
	struct room *r;

	if (is_spared(BPF_CORE_READ(child, tgid))) /* a thread of the guard */
		return 0;
	if (thread && keep_thread(child))
		return 0;
	if (!thread) {
		home_keep(BPF_CORE_READ(child, tgid), home_of_task(parent), task_cgroup_id(child));
		program_inherit(BPF_CORE_READ(parent, tgid), child);
		descent_begin(parent, child);
		keep_current(parent);
	}
	r = room_begin(ABI_EVENT_FORK, child, home_of_task(child));
	if (!r)
		return 0;
	process_fill(&r->ev.process, child);
	if (r->ev.tgid != BPF_CORE_READ(parent, tgid))
		r->ev.process.parent = BPF_CORE_READ(parent, tgid); /* also with CLONE_PARENT */
	else
		r->ev.process.parent = r->ev.tgid;
	if (!thread && keep_is_on(r->ev.cgroup) && keep_fork(r, parent, child))
		return 0;
	r->ev.process.parent_start_ns = start_ns;
	kept_tell(&r->ev, start_ns, r->ev.process.parent);
	room_send_life(r);
	return 0;
}

enum { NR_EXECVEAT = 322 }; /* x86-64's number */

static __always_inline void exec_send(struct room *r)
{
	kept_tell(&r->ev, r->ev.process.start_ns, r->ev.tgid);
	room_send_life(r);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(guard_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	__u64 cgroup = home_of_task(task);
	__u32 uid_before = program_uid(BPF_CORE_READ(task, tgid));
	struct room *r;

	if (is_watched(bpf_map_lookup_elem(&groups, &cgroup))) {
		program_begin(task, file);
		descent_exec(task, cgroup);
	} else {
		program_end(BPF_CORE_READ(task, tgid));
		descent_forget(BPF_CORE_READ(task, tgid));
	}
	capabilities_forget(BPF_CORE_READ(task, tgid));
	r = room_begin(ABI_EVENT_EXEC, task, cgroup);
	if (!r)
		return 0;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
		__u32 nr = BPF_CORE_READ(regs, orig_ax);

		r->ev.nr = nr < ABI_CALL_NR_MAX ? nr : ABI_CALL_NR_MAX;
	}
	process_fill(&r->ev.process, task);
	r->ev.process.uid_before = uid_before;
	runs_fill(r, (__u64)BPF_CORE_READ(bprm, filename));
	if (keep_is_on(cgroup))
		r->ev.flags |= ABI_EVENT_WATCHED;
	if (keep_exec(r, task)) {
		count_looked_at();
		bpf_tail_call(ctx, &exec_filters, r->ev.nr == NR_EXECVEAT ? ABI_EXEC_FILTER_AT : 0);
	}
	exec_send(r);
	return 0;
}

/* Called by a filter that wants the record of an exec which this CPU's room holds. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(guard_send_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	__u32 zero = 0;
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);

	if (r)
		exec_send(r);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(guard_exit, struct task_struct *task)
{
	struct room *r;

	if (BPF_CORE_READ(task, signal, live.counter)) /* other threads go on */
		return 0;
	program_end(BPF_CORE_READ(task, tgid));
	descent_forget(BPF_CORE_READ(task, tgid));
	capabilities_forget(BPF_CORE_READ(task, tgid));
	if (keep_exit(task)) {
		home_forget(BPF_CORE_READ(task, tgid));
		return 0;
	}
	r = room_begin(ABI_EVENT_EXIT, task, home_of_task(task));
	home_forget(BPF_CORE_READ(task, tgid));
	if (!r)
		return 0;
	process_fill(&r->ev.process, task);
	r->ev.process.status = BPF_CORE_READ(task, exit_code);
	kept_tell(&r->ev, r->ev.process.start_ns, r->ev.tgid);
	room_send_life(r);
	return 0;
}

enum { NR_KILL = 62, NR_TKILL = 200, NR_TGKILL = 234, NR_PIDFD_SEND_SIGNAL = 424 };

SEC("tp_btf/signal_generate")
int BPF_PROG(guard_signal, int number, void *info, struct task_struct *task)
{
	if (!(asked_for[NR_KILL] | asked_for[NR_TKILL] | asked_for[NR_TGKILL] |
	      asked_for[NR_PIDFD_SEND_SIGNAL]))
		return 0;
	if (BPF_CORE_READ(task, tgid) != current_tgid() && keep_is_on(home_of_current()))
		keep_target(task);
	return 0;
}

/* Of a single thread, which only version 1 moves, where the others are is what counts. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(guard_moved, struct cgroup *to, const char *path, struct task_struct *leader,
	     bool threadgroup)
{
	__u32 tgid = BPF_CORE_READ(leader, tgid);

	if (cgroup_is_ours(to) && BPF_CORE_READ(leader, pid) == tgid && !is_spared(tgid))
		descent_move(tgid, cgroup_id(to));
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(guard_cgroup, struct cgroup *cgroup, const char *path)
{
	struct abi_group *above, fresh = {};
	__u64 id, parent;
	struct room *r;
	char *to;
	long len;

	if (!cgroup_is_ours(cgroup))
		return 0;
	id = cgroup_id(cgroup);
	parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	above = bpf_map_lookup_elem(&groups, &parent);
	if (above)
		fresh = *above;
	if (event_settings.newborn)
		fresh.watched = 1;
	/* A group that there is no room for is not watched: that is a loss like others. */
	if ((above || event_settings.newborn) && bpf_map_update_elem(&groups, &id, &fresh, BPF_ANY))
		drop_count(NULL, ABI_DROP_LIFE);
	r = room_begin(ABI_EVENT_CGROUP, current_task(), id);
	if (!r)
		return 0;
	r->ev.group.parent = parent;
	to = text_room(r);
	if (to) {
		len = bpf_probe_read_kernel_str(to, ABI_EVENT_TEXT_MAX, path);
		if (len > 1)
			text_put(r, ABI_TEXT_GROUP, len - 1);
	}
	room_send(r, NULL);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(guard_cgroup_gone, struct cgroup *cgroup, const char *path)
{
	struct room *r;
	__u64 id;

	if (!cgroup_is_ours(cgroup))
		return 0;
	id = cgroup_id(cgroup);
	bpf_map_delete_elem(&groups, &id);
	r = room_begin(ABI_EVENT_CGROUP_GONE, current_task(), id);
	if (r)
		room_send(r, NULL);
	return 0;
}

/* --- system calls ---------------------------------------------------------------------------------- */

/* The text in an argument and, if it is a relative path, the directory that it is relative to; if there is none, what it would be. */
static __always_inline void path_fill(struct room *r, __u32 which, __u64 user, bool has_dir,
				      __s32 dirfd)
{
	char *written = text_room(r);
	struct path base;

	if (user ? !text_user_string(r, which, user) || !written || *written == '/' : !has_dir)
		return;
	if (!has_dir || dirfd == AT_FDCWD) {
		BPF_CORE_READ_INTO(&base, current_task(), fs, pwd);
	} else {
		struct file *dir = file_of_fd(dirfd);

		if (!dir)
			return;
		BPF_CORE_READ_INTO(&base, dir, f_path);
	}
	text_directory(r, which + ABI_TEXT_DIR1, (__u64)base.mnt, (__u64)base.dentry);
}

static __always_inline void paths_fill(struct room *r, const struct abi_event_plan *plan)
{
	struct abi_event_call *c = &r->ev.call;

	if (plan->path[0] < 6)
		path_fill(r, ABI_TEXT_PATH1, c->args[plan->path[0]], plan->dir[0] < 6,
			  plan->dir[0] < 6 ? c->args[plan->dir[0]] : 0);
	if (plan->path[1] < 6)
		path_fill(r, ABI_TEXT_PATH2, c->args[plan->path[1]], plan->dir[1] < 6,
			  plan->dir[1] < 6 ? c->args[plan->dir[1]] : 0);
}

/* What ABI_PLAN_LATE left out. The plan may have changed since: so it is the record that says what it lacks. */
static __always_inline void late_fill(struct room *r, const struct abi_event_plan *plan)
{
	if (plan->flags & ABI_PLAN_NEW_FD && r->ev.flags & ABI_EVENT_FILE &&
	    !r->ev.text[ABI_TEXT_PATH1].len)
		paths_fill(r, plan);
}

static __always_inline void call_fill(struct room *r, const struct abi_event_plan *plan,
				      const struct call *as)
{
	struct abi_event_call *c = &r->ev.call;
	struct path cwd;

	c->fd = -1;
	if (plan->flags & ABI_PLAN_CWD && !c->result) {
		BPF_CORE_READ_INTO(&cwd, current_task(), fs, pwd);
		text_directory(r, ABI_TEXT_DIR1, (__u64)cwd.mnt, (__u64)cwd.dentry);
	}
	if (plan->flags & ABI_PLAN_NEW_FD) {
		if (c->result >= 0)
			fd_fill(r, c->result, plan->flags & ABI_PLAN_PIDFD);
	} else if (plan->fd < 6) {
		fd_fill(r, c->args[plan->fd], plan->flags & ABI_PLAN_PIDFD);
	}
	if (!(plan->flags & ABI_PLAN_LATE && r->ev.flags & ABI_EVENT_FILE))
		paths_fill(r, plan);
	if (plan->bytes < 5 && plan->bytes_len == ABI_BYTES_TEXT) {
		text_user_string(r, ABI_TEXT_BYTES, c->args[plan->bytes]);
	} else if (plan->bytes < 5 && plan->bytes_len == ABI_BYTES_MESSAGE) {
		text_user_bytes(r, ABI_TEXT_BYTES, as->address,
				as->address_len < ABI_EVENT_ADDRESS_MAX ? as->address_len :
									  ABI_EVENT_ADDRESS_MAX);
	} else if (plan->bytes < 5) {
		__u64 len = plan->bytes_len ? plan->bytes_len : (__u32)c->args[plan->bytes + 1];

		if (len > ABI_EVENT_ADDRESS_MAX)
			len = ABI_EVENT_ADDRESS_MAX;
		text_user_bytes(r, ABI_TEXT_BYTES, c->args[plan->bytes], len);
	}
}

/* What the plan says of the result and of an argument, before anything is looked at. */
static __always_inline bool is_asked_for(const struct abi_event_plan *plan, const struct call *c,
					 long ret)
{
	__u32 word;

	if (plan->flags & ABI_PLAN_FAILED && ret >= 0)
		return false;
	if (plan->flags & ABI_PLAN_STDIO && (ret < 0 || ret > 2))
		return false;
	if (plan->when > 5)
		return true;
	word = c->args[plan->when & 7] & plan->mask;
	return (word == plan->value[0] || word == plan->value[1]) ==
	       !(plan->flags & ABI_PLAN_UNLESS);
}

/* And what the memory of the program, and the kernel, say of it. */
static __always_inline bool is_told(const struct abi_event_plan *plan, struct call *c, long ret)
{
	bool asked = is_asked_for(plan, c, ret);

	if (plan->bytes_len == ABI_BYTES_MESSAGE && !message_address(c, plan->bytes))
		asked = false;
	return asked || (plan->flags & ABI_PLAN_FIRST && sends_first(c->args[0], ret));
}

/*
 * Most calls have no plan, and each instruction until that is known is paid for by every call of the machine: so the table,
 * which only the task knows, is asked for where it makes a difference. rt_sigreturn and tracers leave -1, which is no number.
 */
static __always_inline bool may_have_plan(const struct pt_regs *regs)
{
	__u32 nr = call_nr_on_exit(regs), tables;

	if ((nr & ~X32_BIT) >= ABI_CALL_NR_MAX)
		return false;
	tables = asked_for[nr & (ABI_CALL_NR_MAX - 1)];
	if (tables & 1 << (nr & X32_BIT ? ABI_TABLE_X32 : ABI_TABLE_NATIVE))
		return true;
	return tables & 1 << ABI_TABLE_COMPAT && current_is_compat();
}

/* Tells of a call that somebody wants. What it costs is asked only now: most that are looked at are wanted by nobody. */
static __always_inline void call_send(struct room *r, const struct abi_event_plan *plan)
{
	struct abi_group *g = bpf_map_lookup_elem(&groups, &r->ev.cgroup);
	struct abi_budget *b = budget_at(g, r->ev.cgroup, r->ev.time_ns);

	if (!b)
		return;
	if (plan)
		late_fill(r, plan);
	kept_tell_call(&r->ev);
	room_send(r, b);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(guard_call, struct pt_regs *regs, long ret)
{
	const struct abi_event_plan *plan;
	bool multiplexed;
	int pending = 0;
	__u64 cgroup;
	struct room *r;

	if (!may_have_plan(regs))
		return 0;

	struct call c = {};

	multiplexed = call_identify(&c, regs);
	plan = plan_of(c.table, c.nr);
	if (!plan)
		return 0;
	call_read_args(&c, regs, multiplexed);
	if (!is_told(plan, &c, ret))
		return 0;
	cgroup = home_of_current();
	if (!is_asked_about(bpf_map_lookup_elem(&groups, &cgroup)))
		return 0;
	if (plan->flags & ABI_PLAN_REMEMBER && ret >= 0) {
		pending = open_begin(&c, plan, ret);
		if (pending == OPEN_DROPPED) {
			count_look(ABI_LOOK_REMEMBERED);
			return 0;
		}
	}
	r = room_begin(ABI_EVENT_CALL, current_task(), cgroup);
	if (!r)
		return 0;
	remember_settle(r);
	r->early = 0;
	r->pending = pending;
	r->ev.flags = ABI_EVENT_WATCHED;
	r->ev.table = c.table;
	r->ev.nr = c.nr;
	r->ev.call.result = ret;
	__builtin_memcpy(r->ev.call.args, c.args, sizeof(r->ev.call.args));
	call_fill(r, plan, &c);
	program_fill(r);
	if (plan->data != ABI_ARG_NONE)
		data_fill(plan->data, plan->data_form);
	keep_cwd(plan->flags, ret);
	count_looked_at();
	bpf_tail_call(ctx, &filters, c.table * ABI_CALL_NR_MAX + c.nr);
	call_send(r, plan); /* there is no filter for it */
	return 0;
}

/* Called by a filter that wants the record which this CPU's room holds. */
SEC("tp_btf/sys_exit")
int BPF_PROG(guard_send, struct pt_regs *regs, long ret)
{
	__u32 zero = 0;
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);

	if (r)
		call_send(r, plan_of(r->ev.table, r->ev.nr));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
