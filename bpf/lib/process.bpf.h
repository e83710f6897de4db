/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a record says of a process, of the file that it runs, and of its first descriptors. */
#pragma once
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/kept.bpf.h"

enum { PIDTYPE_PGID = 2, PIDTYPE_SID = 3 };

static __always_inline struct pid_namespace *pidns_of(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	struct pid_namespace *ns = NULL;
	struct upid *own;

	own = numbers + BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);
	bpf_core_read(&ns, sizeof(ns), &own->ns);
	return ns;
}

static __always_inline void process_fill(struct abi_event_process *p, struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);
	__u32 minor;

	p->parent = BPF_CORE_READ(task, real_parent, tgid);
	p->start_ns = start_of(BPF_CORE_READ(task, group_leader));
	p->pidns = BPF_CORE_READ(pidns_of(task), ns.inum);
	p->vpid = pid_number(BPF_CORE_READ(task, group_leader, thread_pid), true);
	p->sid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_SID]), true);
	p->pgid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_PGID]), false);
	p->vpgid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_PGID]), true);
	p->loginuid = ~0U;
	if (bpf_core_field_exists(task->loginuid))
		p->loginuid = BPF_CORE_READ(task, loginuid.val);
	bpf_core_read(&p->comm, sizeof(p->comm), &task->comm);
	if (!tty)
		return;
	/* As /proc/PID/stat has it: new_encode_dev(). */
	minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);
	p->tty = (minor & 0xff) | BPF_CORE_READ(tty, driver, major) << 8 | (minor & ~0xffU) << 12;
}

/* Bit 31 is a mark of the kernel's own since 6.13: I_CTIME_QUERIED. */
static __always_inline __s64 stamp(__s64 seconds, __u32 nanoseconds)
{
	return seconds * 1000000000 + (nanoseconds & 0x7fffffff);
}

#define STAMP(inode, member) \
	stamp(BPF_CORE_READ(inode, member.tv_sec), BPF_CORE_READ(inode, member.tv_nsec))

static __always_inline void exe_times(struct abi_event_process *p, struct inode *inode)
{
	struct inode___renamed *renamed = (void *)inode;
	struct inode___apart *apart = (void *)inode;

	if (bpf_core_field_exists(apart->i_ctime_sec)) {
		p->exe_ctime_ns = stamp(BPF_CORE_READ(apart, i_ctime_sec),
					BPF_CORE_READ(apart, i_ctime_nsec));
		p->exe_mtime_ns = stamp(BPF_CORE_READ(apart, i_mtime_sec),
					BPF_CORE_READ(apart, i_mtime_nsec));
		return;
	}
	if (bpf_core_field_exists(renamed->__i_ctime))
		p->exe_ctime_ns = STAMP(renamed, __i_ctime);
	else
		p->exe_ctime_ns = STAMP(inode, i_ctime);
	if (bpf_core_field_exists(renamed->__i_mtime))
		p->exe_mtime_ns = STAMP(renamed, __i_mtime);
	else
		p->exe_mtime_ns = STAMP(inode, i_mtime);
}

static __always_inline bool may_write(struct file *file, const struct cred *cred, __u64 caps)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u16 mode = BPF_CORE_READ(inode, i_mode);

	if (BPF_CORE_READ(file, f_path.mnt, mnt_flags) & MNT_READONLY ||
	    BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY)
		return false;
	if (caps & 1ULL << CAP_DAC_OVERRIDE)
		return true;
	if (BPF_CORE_READ(inode, i_uid.val) == BPF_CORE_READ(cred, euid.val))
		return mode & 0200;
	if (BPF_CORE_READ(inode, i_gid.val) == BPF_CORE_READ(cred, egid.val))
		return mode & 0020;
	return mode & 0002;
}

/* Of file, which task runs with these capabilities: enum abi_exe_flag. */
static __always_inline __u32 exe_flags_of(struct task_struct *task, struct file *file, __u64 caps)
{
	__u16 mode = BPF_CORE_READ(file, f_inode, i_mode);
	__u32 flags = 0;

	if (may_write(file, BPF_CORE_READ(task, cred), caps))
		flags |= ABI_EXE_WRITABLE;
	if (mode & S_ISUID)
		flags |= ABI_EXE_SETUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		flags |= ABI_EXE_SETGID;
	return flags;
}

/* What file, which task runs, is. */
static __always_inline void exe_fill(struct abi_event *ev, struct task_struct *task,
				     struct file *file)
{
	struct abi_event_process *p = &ev->process;
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	p->exe_ino = BPF_CORE_READ(inode, i_ino);
	p->exe_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	exe_times(p, inode);
	p->exe_flags = exe_flags_of(task, file, ev->caps_effective);
}

/* What current has as descriptor n. */
subroutine int stdio_fill(struct room *r, __u32 n)
{
	struct abi_event_stdio *to;
	struct socket *socket;
	struct file *file;

	if (!r || n > 2)
		return 0;
	to = &r->ev.process.stdio[n];
	file = file_of_fd(n);
	if (!file)
		return 0;
	to->inode_mode = BPF_CORE_READ(file, f_inode, i_mode);
	socket = socket_of_file(file);
	if (socket)
		to->family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);
	else
		to->path_flags = text_file(r, ABI_TEXT_STDIO + n, (__u64)file, to->inode_mode);
	return 0;
}
