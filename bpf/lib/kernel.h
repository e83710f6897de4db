/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, reduced to the fields that are read here. Offsets are relocated at load time against the running kernel's
 * BTF (CO-RE), so order and completeness don't matter; names do. Kept by hand: it shows exactly what we depend on. A test checks
 * every field against the BTF of each kernel of the matrix.
 */
#pragma once
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

/* Tells libbpf's headers that registers go by the kernel's own names here. */
#define __VMLINUX_H__

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef __u32 fmode_t;
typedef __u64 u64;
typedef __u32 u32;

struct pt_regs {
	unsigned long di, si, dx, r10, r8, r9; /* x86-64 system call arguments, in order */
	unsigned long bx, cx, bp;	       /* i386 uses bx cx dx si di bp */
	unsigned long ax, orig_ax;
};

struct thread_info {
	u32 status;
};
struct kernfs_node {
	const char *name;
	u64 id;
	void *priv; /* of a control group's directory: the group */
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct qstr {
	u32 hash, len;
	const unsigned char *name;
};

typedef struct {
	__u32 val;
} kuid_t, kgid_t;

struct super_block {
	u32 s_dev;
	unsigned long s_magic, s_flags;
};

struct timespec64 {
	long long tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned long i_ino;
	u32 i_generation;
	struct super_block *i_sb;
	void *i_private;
	struct timespec64 i_ctime, i_mtime;
};

/* Of a file below /proc/PID. */
struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

/* 6.6 renamed the one (13bc24457850), 6.7 the other (12cd44023651). */
struct inode___renamed {
	struct timespec64 __i_ctime, __i_mtime;
};

/* 6.11 took them apart (3aa63a569c64). */
struct inode___apart {
	long long i_ctime_sec, i_mtime_sec;
	u32 i_ctime_nsec, i_mtime_nsec;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
	struct hlist_bl_node d_hash;
};

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
	u64 seq; /* 0: of detached mounts */
};

/* The same by another name since 6.18. */
struct ns_common___tree {
	u64 ns_id;
};
struct mnt_namespace___tree {
	struct ns_common___tree ns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	fmode_t f_mode;
	unsigned int f_flags;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end, env_start, env_end;
};

/* A tree of 64 branches each; links to nodes are marked by their lowest bits. */
struct xa_node {
	unsigned char shift; /* of the bits of the number that say which branch */
	void *slots[1];
};

struct xarray {
	void *xa_head;
};

struct idr {
	struct xarray idr_rt;
};

struct pid_namespace {
	struct idr idr;
	struct task_struct *child_reaper;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[1]; /* more; by what it is to them: the first, their own */
	struct upid numbers[1];
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not exited */
	struct pid *pids[4];
	struct tty_struct *tty;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct user_namespace {
	struct ns_common ns;
};

typedef struct {
	__u64 bits; /* not by name: __u32 cap[2] before 6.3 (f122a08b197d), the same eight bytes */
} kernel_cap_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset;
	struct user_namespace *user_ns;
};

struct seccomp {
	int mode;
	struct seccomp_filter *filter;
};

struct list_head {
	struct list_head *next;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags; /* PF_* */
	unsigned int personality;
	void *stack;
	int pid, tgid, exit_code;
	unsigned long atomic_flags;
	struct task_struct *real_parent, *group_leader;
	struct list_head ptraced; /* whom it traces, the latest first */
	struct list_head ptrace_entry;
	struct mm_struct *mm;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	const struct cred *cred, *real_cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct seccomp seccomp;
	struct signal_struct *signal;
	struct pid *thread_pid;
	struct hlist_node pid_links[1]; /* as struct pid's */
	u64 start_boottime;
	kuid_t loginuid; /* with CONFIG_AUDIT */
	char comm[16];
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};

struct linux_binprm {
	const char *filename, *interp;
	struct file *file;
	char buf[2]; /* how the file begins; there is more of it */
};

#pragma clang attribute pop

#include "bpf/lib/constants.h"
#include "bpf/lib/kernel_net.h"
