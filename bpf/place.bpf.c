// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Follows control groups and processes so that it is known, without anybody in user space, what is in a
 * container: these programs and their maps are pinned, and go on when the guard has ended.
 *
 * A group becomes a container's when a program begins in it that is out of a root of its own: another
 * mount namespace's file, and another root directory than process 1 has. Until then a runtime may mount and
 * pivot as it likes.
 */
/* That of tracepoints, which nothing preempts: behind those of rooms. */
#define SCRATCH_SLOT() ABI_DENY_ROOMS
/* Subprograms of one name are one when objects are linked; those of bpf/deny.bpf.c work in another scratch. */
#define path_step place_path_step
#define path_walk place_path_walk
#include "bpf/lib/place.bpf.h"
#include "bpf/lib/program.bpf.h"

const volatile struct abi_settings settings __weak = {};

enum { ANCESTORS_MAX = 64 };

static __always_inline __u64 root_of(struct task_struct *task)
{
	return (__u64)BPF_CORE_READ(task, fs, root.mnt, mnt_root);
}

/*
 * Run once by the loader, on its behalf: what process 1 has as its root and mounts. The loader may be in a container
 * itself; its ancestors lead to process 1.
 */
SEC("raw_tp/sched_switch")
int place_learn_host(void *ctx)
{
	struct task_struct *task = current_task();
	struct abi_deny_state_now *now = state_now();

	for (int i = 0; i < ANCESTORS_MAX && BPF_CORE_READ(task, tgid) != 1; i++)
		task = BPF_CORE_READ(task, real_parent);
	if (!now || BPF_CORE_READ(task, tgid) != 1)
		return 1;
	now->host_root = root_of(task);
	now->host_mounts = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
	return 0;
}

/* The program that task begins is a container's own. */
static __always_inline bool is_contained(struct task_struct *task, struct file *file)
{
	struct mount *mnt = mount_of(BPF_CORE_READ(file, f_path.mnt));
	struct mnt_namespace *ns = BPF_CORE_READ(mnt, mnt_ns);
	struct abi_deny_state_now *now = state_now();

	return now && ns && ns == BPF_CORE_READ(task, nsproxy, mnt_ns) &&
	       root_of(task) != now->host_root;
}

/* --- strays ------------------------------------------------------------------------------------------ */

static __always_inline __u64 class_of_group(__u64 cgroup)
{
	const __u64 *class = bpf_map_lookup_elem(&deny_members, &cgroup);

	return class ? *class : 0;
}

static __always_inline void stray_count_add(enum abi_deny_strayed which, __s64 n)
{
	__u64 *count = stray_count(which);

	if (count)
		__sync_fetch_and_add(count, n);
}

/* Of two sets that look on one adds it: true. */
static __always_inline bool stray_keep(__u32 tgid, const struct abi_deny_stray *s)
{
	if (bpf_map_update_elem(&deny_strays, &tgid, s, BPF_NOEXIST))
		return false;
	stray_count_add(ABI_DENY_STRAYED_NOW, 1);
	return true;
}

static __always_inline void stray_end(__u32 tgid)
{
	if (stray_of(tgid) && !bpf_map_delete_elem(&deny_strays, &tgid))
		stray_count_add(ABI_DENY_STRAYED_NOW, -1);
}

/*
 * A process of a container gets from one control group into another. Groups that its container makes are places of the same class; from
 * any other, a container's that is asked something else too, it is a stray.
 */
static __always_inline void stray_begin(__u32 tgid, __u64 from, __u64 to)
{
	struct abi_deny_stray s = { .cgroup = from, .class = class_of_group(from) };

	if (from == to || !place_started(from))
		return;
	if ((!place_started(to) || class_of_group(to) != s.class) && stray_keep(tgid, &s))
		stray_count_add(ABI_DENY_STRAYED_EVER, 1);
}

static __always_inline bool is_outsider(__u32 tgid)
{
	return bpf_map_lookup_elem(&deny_outsiders, &tgid);
}

/* The group of a container, or of none, that a process is known to be in. */
static __always_inline void home_keep(__u32 tgid, __u64 cgroup)
{
	struct abi_program *p = bpf_map_lookup_elem(&programs, &tgid);

	if (p)
		p->home = cgroup;
}

/* --- processes --------------------------------------------------------------------------------------- */

/* What a stray begins makes no container's of the group that it is in. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(place_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	__u64 cgroup = task_cgroup_id(task);
	struct abi_deny_place *p = bpf_map_lookup_elem(&deny_places, &cgroup);
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	__u32 tgid = BPF_CORE_READ(task, tgid);
	bool stray = stray_of(tgid);

	if (p || stray)
		program_begin(task, file);
	else
		program_end(tgid);
	if (!p || stray)
		return 0;
	home_keep(tgid, cgroup);
	if (!is_contained(task, file))
		return 0;
	if (p->state == ABI_DENY_BORN) {
		p->state = ABI_DENY_STARTED;
		/* If nobody listens it is found later, by a look at all. */
		bpf_ringbuf_output(&deny_begun, &cgroup, sizeof(cgroup), 0);
	}
	bpf_map_delete_elem(&deny_outsiders, &tgid);
	return 0;
}

static __always_inline void outsider_add(__u32 tgid)
{
	__u8 yes = 1;

	bpf_map_update_elem(&deny_outsiders, &tgid, &yes, BPF_ANY);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(place_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid);
	__u64 cgroup = task_cgroup_id(child), before;
	struct abi_deny_stray *stray, same;

	if (from == tgid)
		return 0;
	program_inherit(from, child);
	stray = stray_of(from);
	if (stray) {
		same = *stray;
		stray_keep(tgid, &same);
		return 0;
	}
	/* clone3() can put a child into a group that its parent is not in. */
	before = task_cgroup_id(parent);
	if (is_outsider(from)) {
		if (place_started(cgroup))
			outsider_add(tgid);
	} else if (before != cgroup) {
		stray_begin(tgid, before, cgroup);
		if (place_started(cgroup) && !place_started(before))
			outsider_add(tgid);
	}
	home_keep(tgid, cgroup);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(place_exit, struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (BPF_CORE_READ(task, signal, live.counter)) /* other threads go on */
		return 0;
	bpf_map_delete_elem(&deny_outsiders, &tgid);
	stray_end(tgid);
	program_end(tgid);
	return 0;
}

/* Before it is moved, so that the group that it comes from is still known. */
SEC("fentry/cgroup_attach_task")
int BPF_PROG(place_attach, struct cgroup *to, struct task_struct *leader, bool threadgroup)
{
	__u64 before = task_cgroup_id(leader), after = cgroup_id(to);
	__u32 tgid = BPF_CORE_READ(leader, tgid);

	if (!cgroup_is_ours(to) || stray_of(tgid) || is_outsider(tgid))
		return 0;
	stray_begin(tgid, before, after);
	if (place_started(after) && !place_started(before))
		outsider_add(tgid);
	return 0;
}

/* Whether somebody who has been moved into a container's group was a container's before. */
static __always_inline bool is_from_inside(struct task_struct *leader, __u32 tgid)
{
	struct abi_deny_state_now *now = state_now();

	if (!now || is_contained(leader, BPF_CORE_READ(leader, mm, exe_file)))
		return true;
	if (tgid == current_tgid())
		return (__u64)BPF_CORE_READ(leader, nsproxy, mnt_ns) != now->host_mounts;
	return place_started(current_cgroup_id());
}

/*
 * The same where functions can't be attached to (rungs C and D): told when it has been moved, so the group that it comes from
 * is that which is kept with its program. What runs a program of a container is none that came in, and neither is who was moved by a
 * container; of one that moved itself the mount namespace decides, which a container does not get back to.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(place_moved, struct cgroup *to, const char *path, struct task_struct *leader,
	     bool threadgroup)
{
	__u32 tgid = BPF_CORE_READ(leader, tgid);
	struct abi_program *p;
	__u64 after;

	if (!cgroup_is_ours(to) || stray_of(tgid) || is_outsider(tgid))
		return 0;
	after = cgroup_id(to);
	p = bpf_map_lookup_elem(&programs, &tgid);
	if (p)
		stray_begin(tgid, p->home, after);
	if (!place_started(after))
		return 0;
	if (!is_from_inside(leader, tgid))
		outsider_add(tgid);
	else
		home_keep(tgid, after);
	return 0;
}

enum { NAME_MAX_LEN = 128, END = 8 };

/* Whether the name of a group, of len bytes with its NUL, ends like that. */
static __always_inline bool ends_with(const char *name, long len, const char *end, __u32 size)
{
	char last[END] = {};

	if (len <= size || bpf_probe_read_kernel(last, size, name + len - 1 - size))
		return false;
	for (__u32 i = 0; i < size; i++)
		if (last[i] != end[i])
			return false;
	return true;
}

/* Groups that service managers make for programs of the host. Those of containers are scopes. */
static __always_inline bool is_of_the_host(struct cgroup *cgroup)
{
	const char *name = BPF_CORE_READ(cgroup, kn, name);
	char text[NAME_MAX_LEN];
	long len = bpf_probe_read_kernel_str(text, sizeof(text), name);

	return ends_with(name, len, ".service", 8) || ends_with(name, len, ".slice", 6) ||
	       ends_with(name, len, ".socket", 7) || ends_with(name, len, ".mount", 6);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(place_cgroup, struct cgroup *cgroup, const char *path)
{
	struct abi_deny_place fresh = {}, *above;
	struct abi_deny_state_now *now = state_now();
	__u64 id, parent, same, *class;

	if (!cgroup_is_ours(cgroup))
		return 0;
	id = cgroup_id(cgroup);
	parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	above = bpf_map_lookup_elem(&deny_places, &parent);
	if (above && (above->state == ABI_DENY_STARTED || !is_of_the_host(cgroup)))
		fresh = *above;
	else if (!now || !now->newborn || is_of_the_host(cgroup))
		return 0;
	class = bpf_map_lookup_elem(&deny_members, &parent);
	if (class) {
		same = *class;
		bpf_map_update_elem(&deny_members, &id, &same, BPF_ANY);
	}
	bpf_map_update_elem(&deny_places, &id, &fresh, BPF_ANY);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(place_cgroup_gone, struct cgroup *cgroup, const char *path)
{
	__u64 id;

	if (!cgroup_is_ours(cgroup))
		return 0;
	id = cgroup_id(cgroup);
	bpf_map_delete_elem(&deny_places, &id);
	bpf_map_delete_elem(&deny_members, &id);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
