// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What processes of containers run that began before anybody looked: run by the loader once the programs of bpf/place.bpf.c are
 * attached. So what happens meanwhile is seen by those, and is right: nothing that is there is changed here.
 *
 * It goes through all threads, and is run again while a run finds somebody: the child of a process that was not
 * known yet is not known either.
 */
/* A reader may be preempted by tracepoints: what it works in is its own. There is one at a time. */
#define SCRATCH_SLOT() (ABI_DENY_ROOMS + 1)
/* As in bpf/place.bpf.c. */
#define path_step running_path_step
#define path_walk running_path_walk
#include "bpf/lib/place.bpf.h"
#include "bpf/lib/program.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* What it is called with, as the kernel has it. */
struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task; /* NULL: behind the last */
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_program);
} running_room SEC(".maps");

/* In a control group of a container: of the set that begins they are told before those of the machine. */
static __always_inline bool is_in_container(struct task_struct *task)
{
	__u64 cgroup = task_cgroup_id(task);

	return bpf_map_lookup_elem(&deny_places, &cgroup) ||
	       bpf_map_lookup_elem(&deny_members, &cgroup);
}

/* A byte for each process that has become known. */
SEC("iter/task")
int running_learn(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct abi_program *p;
	__u32 zero = 0, tgid;
	struct file *file;
	__u8 found = 1;

	if (!task)
		return 0;
	tgid = BPF_CORE_READ(task, tgid);
	file = BPF_CORE_READ(task, mm, exe_file); /* none: it ends, or is the kernel's */
	if (!file || bpf_map_lookup_elem(&programs, &tgid) || !is_in_container(task))
		return 0;
	p = bpf_map_lookup_elem(&running_room, &zero);
	if (!p || !program_describe(p, task, file))
		return 0;
	/* The process has the name of its first thread. */
	BPF_CORE_READ_INTO(&p->comm, task, group_leader, comm);
	p->parent = BPF_CORE_READ(task, real_parent, tgid);
	p->home = task_cgroup_id(task);
	if (bpf_map_update_elem(&programs, &tgid, p, BPF_NOEXIST))
		return 0;
	/* Its end may have been seen before it was put there. */
	if (!BPF_CORE_READ(task, signal, live.counter))
		bpf_map_delete_elem(&programs, &tgid);
	else
		bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
