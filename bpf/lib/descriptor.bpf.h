/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a record of a call says of a file, a socket or a descriptor. */
#pragma once
#include "bpf/lib/fd.bpf.h"
#include "bpf/lib/room.bpf.h"

/*
 * Which layer of overlayfs an inode is in. What follows the inode in fs/overlayfs's struct ovl_inode is
 * __upperdentry, since 4.13 (09d8b586731b); as overlayfs may be a module, its BTF is not asked.
 */
static __always_inline __u16 layer_on(struct super_block *sb, struct inode *inode)
{
	struct dentry *upper = NULL;

	if (BPF_CORE_READ(sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof(upper),
			      (void *)inode + bpf_core_type_size(struct inode));
	return upper ? ABI_EVENT_UPPER : ABI_EVENT_LOWER;
}

static __always_inline __u16 layer_of(struct inode *inode)
{
	return layer_on(BPF_CORE_READ(inode, i_sb), inode);
}

static __always_inline void socket_fill(struct abi_event_call *c, struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	c->socket_type = BPF_CORE_READ(socket, type);
	c->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	c->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (c->family != AF_INET && c->family != AF_INET6)
		return;
	/* What listen() is told is copied to each connection that is accepted, and stays (sk_clone_lock()). */
	if (BPF_CORE_READ(sk, sk_max_ack_backlog))
		c->socket_type |= ABI_SOCKET_ACCEPTED;
	c->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	c->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (c->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)c->local, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)c->remote, sk, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO((struct in6_addr *)c->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)c->remote, sk, __sk_common.skc_v6_daddr);
	}
}

/* Where the socket is that a local one is connected to, whatever link or relative path was given for it. */
static __always_inline void text_peer(struct room *r, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct unix_sock *sk = (void *)BPF_CORE_READ(socket, sk);
	struct unix_sock *peer = (void *)BPF_CORE_READ(sk, peer);
	struct path path = {};

	if (!peer)
		return;
	BPF_CORE_READ_INTO(&path, peer, path);
	if (path.dentry)
		text_directory(r, ABI_TEXT_FILE, (__u64)path.mnt, (__u64)path.dentry);
}

/* Whose pidfd it is; of any other file it is nonsense. */
static __always_inline struct pid *pid_of_pidfd(struct file *file, bool *ret_surely)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	*ret_surely = BPF_CORE_READ(inode, i_sb, s_magic) == PID_FS_MAGIC;
	/* Since 6.9 (cb12fd8e0dab). */
	return *ret_surely ? BPF_CORE_READ(inode, i_private) : BPF_CORE_READ(file, private_data);
}

/* The same; user space tells what is nonsense by the name of the file. */
static __always_inline void pidfd_fill(struct room *r, struct file *file)
{
	bool surely;
	struct pid *pid = pid_of_pidfd(file, &surely);

	if (surely)
		r->ev.flags |= ABI_EVENT_PIDFD;
	r->ev.call.target = pid_number(pid, false);
}

/* Of somebody, and not of mounts that are detached. */
static __always_inline bool is_of_somebody(struct mnt_namespace *ns)
{
	struct mnt_namespace___tree *tree = (void *)ns;

	if (bpf_core_field_exists(ns->seq))
		return BPF_CORE_READ(ns, seq);
	if (bpf_core_field_exists(tree->ns.ns_id))
		return BPF_CORE_READ(tree, ns.ns_id);
	return true;
}

/*
 * Whether a file or directory came from beyond current's mount namespace: by a descriptor that was left open, or by way of
 * another process in /proc. What is in no tree (pipes, memory, detached mounts) did not.
 */
static __always_inline bool is_mount_outside(struct vfsmount *on)
{
	struct mount *mnt = mount_of(on);
	struct mnt_namespace *ns = BPF_CORE_READ(mnt, mnt_ns);

	if (!ns || (__s64)ns > -4096L || ns == BPF_CORE_READ(current_task(), nsproxy, mnt_ns))
		return false;
	return is_of_somebody(ns);
}

static __always_inline bool is_outside(struct file *file, __u16 mode)
{
	__u16 kind = mode & S_IFMT;

	return (kind == S_IFREG || kind == S_IFDIR) &&
	       is_mount_outside(BPF_CORE_READ(file, f_path.mnt));
}

/* What is behind a descriptor, but its path. */
struct file_seen {
	__u64 ino;
	__u32 dev, file_mode;
	__u16 mode;  /* of its inode */
	__u16 flags; /* enum abi_event_flag */
	bool outside;
	struct socket *socket; /* with ABI_EVENT_SOCKET */
};

static __always_inline void file_see(struct file_seen *to, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);

	to->mode = BPF_CORE_READ(inode, i_mode);
	to->flags = ABI_EVENT_FILE | layer_on(sb, inode);
	to->ino = BPF_CORE_READ(inode, i_ino);
	to->dev = BPF_CORE_READ(sb, s_dev);
	to->file_mode = BPF_CORE_READ(file, f_mode);
	to->outside = is_outside(file, to->mode);
	to->socket = NULL;
	if ((to->mode & S_IFMT) == S_IFSOCK)
		to->socket = BPF_CORE_READ(file, private_data);
	if (to->socket)
		to->flags |= ABI_EVENT_SOCKET;
}

static __always_inline void file_fill(struct room *r, struct file *file, bool pidfd)
{
	struct file_seen seen;

	file_see(&seen, file);
	r->ev.flags |= seen.flags;
	r->ev.call.inode_mode = seen.mode;
	r->ev.call.ino = seen.ino;
	r->ev.call.dev = seen.dev;
	r->ev.call.file_mode = seen.file_mode;
	if (pidfd)
		pidfd_fill(r, file);
	if (seen.socket) {
		socket_fill(&r->ev.call, seen.socket);
		return;
	}
	r->ev.call.path_flags = text_file(r, ABI_TEXT_FILE, (__u64)file, seen.mode);
	if (seen.outside)
		r->ev.call.path_flags |= ABI_PATH_OUTSIDE;
}

static __always_inline void fd_fill(struct room *r, __s32 fd, bool pidfd)
{
	struct file *file = file_of_fd(fd);

	r->ev.call.fd = fd;
	if (!file)
		return;
	file_fill(r, file, pidfd);
	if (r->ev.call.family == AF_UNIX)
		text_peer(r, file);
}
