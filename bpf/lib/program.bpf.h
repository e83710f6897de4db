/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What processes run, kept from exec to exec so that a rule which asks for it can be decided where
 * something happens. A child runs what its parent runs, under the name of the thread that made it; so has it
 * guard/process_table.c, which must not differ.
 */
#pragma once
#include "bpf/lib/process.bpf.h"

#include "abi/program.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32); /* tgid */
	__type(value, struct abi_program);
} programs __weak SEC(".maps");

/* Only tracepoints work in it, which nothing preempts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_program);
} program_room __weak SEC(".maps");

static __always_inline __u8 truth(bool yes)
{
	return yes ? ABI_YES : ABI_NO;
}

static __always_inline void program_facts(struct abi_program *p, struct task_struct *task,
					  struct file *file, __u32 path_flags)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u16 layer = layer_of(BPF_CORE_READ(file, f_inode));
	__u64 caps = 0;
	__u32 exe;

	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	exe = exe_flags_of(task, file, caps);
	p->facts[ABI_PROGRAM_NAME] = ABI_YES;
	p->facts[ABI_PROGRAM_UPPER] = truth(layer & ABI_EVENT_UPPER);
	p->facts[ABI_PROGRAM_LOWER] = truth(layer & ABI_EVENT_LOWER);
	p->facts[ABI_PROGRAM_MEMORY] = truth(path_flags & ABI_PATH_MEMORY);
	p->facts[ABI_PROGRAM_DELETED] = truth(path_flags & ABI_PATH_DELETED);
	p->facts[ABI_PROGRAM_WRITABLE] = truth(exe & ABI_EXE_WRITABLE);
	p->facts[ABI_PROGRAM_SETUID] = truth(exe & ABI_EXE_SETUID);
	p->facts[ABI_PROGRAM_SETGID] = truth(exe & ABI_EXE_SETGID);
}

static __always_inline void program_keep(__u32 tgid, struct abi_program *p)
{
	/* One that finds no room is not known: what it does is told, and not denied for what it runs. */
	if (bpf_map_update_elem(&programs, &tgid, p, BPF_ANY))
		bpf_map_delete_elem(&programs, &tgid);
}

/* What task runs: all but who made it. False: there is no room to find out. */
static __always_inline bool program_describe(struct abi_program *p, struct task_struct *task,
					     struct file *file)
{
	struct scratch *s = scratch_get();
	__u32 len;

	if (!s)
		return false;
	path_of_file(s, file, mode_of(file));
	__builtin_memset(p, 0, sizeof(*p));
	bpf_core_read(&p->comm, sizeof(p->comm), &task->comm);
	p->uid = BPF_CORE_READ(task, cred, euid.val);
	len = ABI_PATH_MAX - s->at;
	if (len < ABI_PROGRAM_PATH && !(s->flags & ABI_PATH_TRUNCATED)) {
		barrier_var(len); /* the mask is for the verifier */
		bpf_probe_read_kernel(p->path, len & (ABI_PROGRAM_PATH - 1),
				      &s->path[s->at & (ABI_PATH_MAX - 1)]);
		p->len = len;
	}
	program_facts(p, task, file, s->flags);
	return true;
}

/* task begins to run file. */
subroutine int program_begin(struct task_struct *task, struct file *file)
{
	__u32 zero = 0, tgid = BPF_CORE_READ(task, tgid);
	struct abi_program *before = bpf_map_lookup_elem(&programs, &tgid);
	struct abi_program *p = bpf_map_lookup_elem(&program_room, &zero);

	if (!p || !program_describe(p, task, file))
		return 0;
	p->parent = before ? before->parent : 0;
	program_keep(tgid, p);
	return 0;
}

static __always_inline void program_inherit(__u32 parent, struct task_struct *child)
{
	struct abi_program *from = bpf_map_lookup_elem(&programs, &parent), *p;
	__u32 zero = 0, tgid = BPF_CORE_READ(child, tgid);

	p = bpf_map_lookup_elem(&program_room, &zero);
	if (!from || !p) {
		bpf_map_delete_elem(&programs, &tgid); /* of one whose end was not seen */
		return;
	}
	__builtin_memcpy(p, from, sizeof(*p));
	bpf_core_read(&p->comm, sizeof(p->comm), &child->comm);
	p->uid = ABI_ID_NONE;
	p->parent = parent;
	program_keep(tgid, p);
}

/* Of the program that a process runs. */
static __always_inline __u32 program_uid(__u32 tgid)
{
	struct abi_program *p = bpf_map_lookup_elem(&programs, &tgid);

	return p ? p->uid : ABI_ID_NONE;
}

static __always_inline void program_end(__u32 tgid)
{
	bpf_map_delete_elem(&programs, &tgid);
}

/* Puts into a record of a call what its process runs. */
static __always_inline void program_fill(struct room *r)
{
	struct abi_program *p = bpf_map_lookup_elem(&programs, &r->ev.tgid);
	__u32 len;
	char *to;

	if (!p)
		return;
	__builtin_memcpy(r->ev.call.comm, p->comm, sizeof(r->ev.call.comm));
	__builtin_memcpy(r->ev.call.program, p->facts, sizeof(r->ev.call.program));
	to = text_room(r);
	len = p->len;
	if (!to || !len || len >= ABI_PROGRAM_PATH)
		return;
	barrier_var(len); /* the mask is for the verifier */
	bpf_probe_read_kernel(to, len & (ABI_PROGRAM_PATH - 1), p->path);
	text_put(r, ABI_TEXT_PROGRAM, len);
}
