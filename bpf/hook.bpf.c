// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a system call that returns can't tell: paths as the kernel resolved them (names that are made or
 * removed are gone by then, and a program's string may have changed), and what is done through io_uring,
 * by no call at all.
 *
 * kprobes on security_*(), not trampolines: a program on a trampoline may be preempted, and the room that
 * records are made in is one per CPU. Where there are no kprobes (rung D) the path is what the program
 * wrote and where it was then; io_uring_setup() is all that is told of io_uring.
 */
#include "bpf/lib/call.bpf.h"
#include "bpf/lib/current.bpf.h"
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/kept.bpf.h"
#include "bpf/lib/plan.bpf.h"

const volatile struct abi_settings settings __weak = {};
const volatile struct abi_event_settings event_settings __weak = {};
volatile __u32 spared[ABI_SPARED_MAX] __weak = {};
volatile __u32 homeless __weak = 0;

/* x86-64's numbers of the calls that hooks stand for when there is none. */
enum {
	NR_CONNECT = 42,
	NR_TRUNCATE = 76,
	NR_OPENAT = 257,
	NR_MKDIRAT = 258,
	NR_MKNODAT = 259,
	NR_UNLINKAT = 263,
	NR_RENAMEAT2 = 316,
	NR_LINKAT = 265,
	NR_SYMLINKAT = 266,
	NR_FCHMODAT = 268,
	NR_IO_URING_ENTER = 426, /* in every table */

	PF_IO_WORKER = 0x10,
};

/* Through io_uring: by one of its workers, or when requests are handed in. */
static __always_inline bool is_uring(__u32 nr)
{
	return BPF_CORE_READ(current_task(), flags) & PF_IO_WORKER || nr == NR_IO_URING_ENTER;
}

static __always_inline struct room *hook_begin(enum abi_event_kind kind, __u32 nr,
					       enum abi_table table, __u64 cgroup)
{
	struct room *r = room_begin(kind, current_task(), cgroup);

	if (!r)
		return NULL;
	r->ev.flags = ABI_EVENT_WATCHED;
	r->ev.table = table;
	r->ev.nr = nr;
	r->ev.call.fd = -1;
	return r;
}

/*
 * By no call, and so rarely that user space may look each time what is kept of the process: programs on kprobes can't, where
 * maps that allocate (kept.bpf.h) are refused to them.
 */
static __always_inline void uring_mark(struct room *r)
{
	r->ev.flags |= ABI_EVENT_URING | ABI_EVENT_UNTOLD;
	r->ev.call.start_ns = start_of(BPF_CORE_READ(current_task(), group_leader));
}

/*
 * Tells what one or two paths are: beside the call that is under way, or, through io_uring, as the call
 * that nr_as names.
 */
subprogram int hook_paths(__u32 nr_as, __u64 mnt1, __u64 dentry1, __u64 mnt2, __u64 dentry2)
{
	enum abi_table table;
	__u32 nr = current_call(&table);
	const struct abi_event_plan *plan;
	bool uring = is_uring(nr);
	struct abi_budget *b;
	struct room *r;
	__u64 cgroup;

	if (uring) {
		nr = nr_as;
		table = ABI_TABLE_NATIVE;
	}
	plan = plan_of(table, nr);
	if (!plan || !(plan->flags & ABI_PLAN_PATHS))
		return 0;
	cgroup = home_of_current();
	b = budget_for_call(cgroup);
	if (!b)
		return 0;
	r = hook_begin(uring ? ABI_EVENT_CALL : ABI_EVENT_PATHS, nr, table, cgroup);
	if (!r)
		return 0;
	if (uring)
		uring_mark(r);
	text_directory(r, ABI_TEXT_PATH1, mnt1, dentry1);
	if (dentry2)
		text_directory(r, ABI_TEXT_PATH2, mnt2, dentry2);
	room_send(r, b);
	return 0;
}

#define MNT(path) ((__u64)BPF_CORE_READ(path, mnt))

#define ENTRY_HOOK(name, nr)                                                            \
	SEC("kprobe/security_path_" #name)                                              \
	int BPF_KPROBE(hook_path_##name, const struct path *dir, struct dentry *dentry) \
	{                                                                               \
		return hook_paths(nr, MNT(dir), (__u64)dentry, 0, 0);                   \
	}

#define OBJECT_HOOK(name, nr)                                                               \
	SEC("kprobe/security_path_" #name)                                                  \
	int BPF_KPROBE(hook_path_##name, const struct path *path)                           \
	{                                                                                   \
		return hook_paths(nr, MNT(path), (__u64)BPF_CORE_READ(path, dentry), 0, 0); \
	}

ENTRY_HOOK(unlink, NR_UNLINKAT)
ENTRY_HOOK(rmdir, NR_UNLINKAT)
ENTRY_HOOK(mkdir, NR_MKDIRAT)
ENTRY_HOOK(mknod, NR_MKNODAT)
ENTRY_HOOK(symlink, NR_SYMLINKAT)
OBJECT_HOOK(truncate, NR_TRUNCATE)
OBJECT_HOOK(chmod, NR_FCHMODAT)

SEC("kprobe/security_path_rename")
int BPF_KPROBE(hook_path_rename, const struct path *from, struct dentry *old, const struct path *to,
	       struct dentry *fresh)
{
	return hook_paths(NR_RENAMEAT2, MNT(from), (__u64)old, MNT(to), (__u64)fresh);
}

/* The old name's mount is the new one's: links do not cross mounts. */
SEC("kprobe/security_path_link")
int BPF_KPROBE(hook_path_link, struct dentry *old, const struct path *to, struct dentry *fresh)
{
	return hook_paths(NR_LINKAT, MNT(to), (__u64)old, MNT(to), (__u64)fresh);
}

/* A record of something that goes through io_uring, if somebody asks for the call that would do it. */
static __always_inline struct room *uring_begin(__u32 nr, struct abi_budget **b)
{
	enum abi_table table;
	struct room *r;
	__u64 cgroup;

	if (!is_uring(current_call(&table)) || !plan_of(ABI_TABLE_NATIVE, nr))
		return NULL;
	cgroup = home_of_current();
	*b = budget_for_call(cgroup);
	if (!*b)
		return NULL;
	r = hook_begin(ABI_EVENT_CALL, nr, ABI_TABLE_NATIVE, cgroup);
	if (r)
		uring_mark(r);
	return r;
}

SEC("kprobe/security_file_open")
int BPF_KPROBE(hook_uring_open, struct file *file)
{
	struct abi_budget *b = NULL;
	struct room *r = uring_begin(NR_OPENAT, &b);

	if (!r)
		return 0;
	r->ev.call.args[0] = AT_FDCWD;
	r->ev.call.args[2] = BPF_CORE_READ(file, f_flags);
	file_fill(r, file, false);
	room_send(r, b);
	return 0;
}

SEC("kprobe/security_socket_connect")
int BPF_KPROBE(hook_uring_connect, struct socket *socket, const void *address, int len)
{
	struct abi_budget *b = NULL;
	struct room *r = uring_begin(NR_CONNECT, &b);
	__u32 size = len;
	char *to;

	if (!r)
		return 0;
	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	socket_fill(&r->ev.call, socket);
	to = text_room(r);
	if (size > ABI_EVENT_ADDRESS_MAX)
		size = ABI_EVENT_ADDRESS_MAX;
	barrier_var(size); /* the mask is for the verifier */
	size &= 2 * ABI_EVENT_ADDRESS_MAX - 1;
	if (to && size && !bpf_probe_read_kernel(to, size, address))
		text_put(r, ABI_TEXT_BYTES, size);
	room_send(r, b);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
