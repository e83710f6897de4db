// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a system call that succeeded did to files and to the network.
 *
 * sys_exit tail-calls in here for the few calls that have a plan (table in src/uapi/exit_plan.c).
 * Files that have a descriptor are named by the kernel's own dentry; for calls that take a path the
 * program's string is kept below the resolved directory that it is relative to, and user space
 * resolves the rest. Arguments are read after the call: the registers still hold them.
 */
#include "bpf/lib/track.bpf.h"

#include "bpf/lib/arch.bpf.h"
#include "bpf/lib/fd.bpf.h"

const volatile struct abi_settings settings __weak = {};

struct exit_context {
	const struct pt_regs *regs;
	struct abi_task *task;
	struct abi_exit_plan plan;
};

/* The task, its actor and the plan of the call that just returned; false if there is none. */
static __always_inline bool exit_begin(struct exit_context *x, const struct pt_regs *regs)
{
	struct abi_exit_plan *plan;
	__u32 slot;

	x->regs = regs;
	x->task = task_find_actor();
	if (!x->task)
		return false;
	slot = x->task->table * ABI_CALL_NR_MAX + x->task->nr;
	plan = bpf_map_lookup_elem(&exit_plans, &slot);
	if (!plan)
		return false;
	x->plan = *plan;
	return true;
}

static __always_inline __u64 exit_arg(const struct exit_context *x, __u32 index)
{
	return call_arg(x->regs, x->task->table, index);
}

/* ops on an open file. The path is built only the first time this actor does this to this name. */
static __always_inline void file_learn(struct abi_task *t, struct file *file, __u32 ops)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct open_key key = {
		.ino = BPF_CORE_READ(inode, i_ino),
		.parent_ino = BPF_CORE_READ(dentry, d_parent, d_inode, i_ino),
		.dev = BPF_CORE_READ(inode, i_sb, s_dev),
		.name_hash = BPF_CORE_READ(dentry, d_name.hash),
		.actor = t->actor,
		.ops = ops,
	};
	struct abi_file_key file_key = { .actor = t->actor, .ops = ops };
	__u64 *seen = bpf_map_lookup_elem(&opens, &key), hash;
	struct abi_fact *known = NULL;
	struct scratch *s;

	if (!ops)
		return;
	if (seen) {
		file_key.hash = *seen;
		known = bpf_map_lookup_elem(&files, &file_key);
		if (!known)
			known = bpf_map_lookup_elem(&long_files, &file_key);
	}
	if (known) {
		fact_touch(known, now_ns());
		return;
	}
	s = scratch_get();
	if (!s)
		return;
	path_of_file(s, file, mode_of(file));
	hash = path_learn(t->cell, t->actor, ops);
	bpf_map_update_elem(&opens, &key, &hash, BPF_ANY);
}

static __always_inline __u32 open_ops(struct file *file)
{
	fmode_t mode = BPF_CORE_READ(file, f_mode);
	__u32 ops = 0;

	if (mode & FMODE_PATH)
		return 0;
	if (mode & FMODE_READ)
		ops |= ABI_FILE_READ;
	if (mode & FMODE_WRITE)
		ops |= ABI_FILE_WRITE;
	if (mode & FMODE_CREATED)
		ops |= ABI_FILE_CREATE;
	return ops;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_open, struct pt_regs *regs, long ret)
{
	struct exit_context x;
	struct file *file;

	if (settings.opens_by_hook || !exit_begin(&x, regs))
		return 0;
	file = file_of_fd(ret);
	if (file)
		file_learn(x.task, file, open_ops(file));
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_file, struct pt_regs *regs, long ret)
{
	struct exit_context x;
	struct file *file;

	if (!exit_begin(&x, regs))
		return 0;
	file = file_of_fd(exit_arg(&x, x.plan.path[0] & 7));
	if (file)
		file_learn(x.task, file, x.plan.ops[0]);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_map, struct pt_regs *regs, long ret)
{
	struct exit_context x;
	struct file *file;

	if (settings.opens_by_hook || !exit_begin(&x, regs))
		return 0;
	if (!(exit_arg(&x, 2) & PROT_EXEC))
		return 0;
	file = file_of_fd(exit_arg(&x, 4));
	if (file)
		file_learn(x.task, file, ABI_FILE_MAP_EXEC);
	return 0;
}

/* In front of s: the directory that a path is relative to. */
static __always_inline void path_prepend_base(struct scratch *s, bool absolute, __u32 dirfd,
					      bool has_dirfd)
{
	struct fs_struct *fs = BPF_CORE_READ(current_task(), fs);
	struct path base;

	if (absolute) {
		BPF_CORE_READ_INTO(&base, fs, root);
	} else if (!has_dirfd || (int)dirfd == AT_FDCWD) {
		BPF_CORE_READ_INTO(&base, fs, pwd);
	} else {
		struct file *dir = file_of_fd(dirfd);

		if (!dir)
			return;
		BPF_CORE_READ_INTO(&base, dir, f_path);
	}
	path_prepend(s, base.mnt, base.dentry);
}

/* Puts len bytes of s->raw at the end of s->path, with a slash in front if there is none. */
static __always_inline bool path_put_raw(struct scratch *s, __u32 len)
{
	__u32 at;

	if (len >= ABI_PATH_MAX - 1)
		return false;
	at = ABI_PATH_MAX - len;
	bpf_probe_read_kernel(&s->path[at & (ABI_PATH_MAX - 1)], len & (ABI_PATH_MAX - 1), s->raw);
	if (len && s->raw[0] != '/') {
		at--;
		s->path[at & (ABI_PATH_MAX - 1)] = '/';
	}
	s->at = at;
	s->flags |= ABI_PATH_RAW;
	return true;
}

static __noinline int path_arg_learn(struct abi_task *t, __u64 user, __u32 dirfd, __u32 ops,
				     bool has_dirfd)
{
	struct scratch *s = scratch_get();
	long len;

	if (!s || !t || !ops)
		return 0;
	len = bpf_probe_read_user_str(s->raw, sizeof(s->raw), (const void *)user);
	if (len <= 0) {
		loss_count(t->cell, ABI_LOSS_READ);
		return 0;
	}
	len--; /* the NUL; an empty path is the directory itself (AT_EMPTY_PATH) */
	s->path[ABI_PATH_MAX - 1] = 0;
	if (!path_put_raw(s, len)) {
		loss_count(t->cell, ABI_LOSS_READ);
		return 0;
	}
	path_prepend_base(s, s->raw[0] == '/', dirfd, has_dirfd);
	path_learn(t->cell, t->actor, ops);
	return 0;
}

/*
 * A script that was run, as it was asked for: its interpreter is the process's program then. Where the kernel's own functions
 * can be attached to, on_exec_check() has seen it.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_script, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	const char *name = BPF_CORE_READ(bprm, filename);
	struct abi_task *t;
	struct scratch *s;
	long len;

	if (settings.opens_by_hook || name == BPF_CORE_READ(bprm, interp))
		return 0;
	t = task_find_actor();
	s = scratch_get();
	if (!t || !s)
		return 0;
	len = bpf_probe_read_kernel_str(s->raw, sizeof(s->raw), name);
	if (len <= 1)
		return 0;
	s->path[ABI_PATH_MAX - 1] = 0;
	if (!path_put_raw(s, len - 1))
		return 0;
	path_prepend_base(s, s->raw[0] == '/', 0, false);
	path_learn(t->cell, t->actor, ABI_FILE_EXEC);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_path, struct pt_regs *regs, long ret)
{
	struct exit_context x;
	__u32 ops;

	if (!exit_begin(&x, regs))
		return 0;
	ops = x.plan.ops[0];
	if (settings.paths_by_hook && ops & ABI_FILE_NAMED)
		return 0;
	if (x.plan.flag < 6 && exit_arg(&x, x.plan.flag) & x.plan.flag_mask)
		ops = x.plan.flag_ops;
	path_arg_learn(x.task, exit_arg(&x, x.plan.path[0] & 7), exit_arg(&x, x.plan.dir[0] & 7),
		       ops, x.plan.dir[0] < 6);
	if (x.plan.path[1] < 6)
		path_arg_learn(x.task, exit_arg(&x, x.plan.path[1]),
			       exit_arg(&x, x.plan.dir[1] & 7), x.plan.ops[1], x.plan.dir[1] < 6);
	return 0;
}

static __always_inline void peer_learn(struct abi_task *t, struct abi_peer_key *key)
{
	struct abi_fact fresh = {}, *known;
	struct abi_cell *cell;

	known = bpf_map_lookup_elem(&peers, key);
	if (known) {
		fact_touch(known, now_ns());
		return;
	}
	cell = bpf_map_lookup_elem(&cells, &t->cell);
	if (cell && cell->peers >= ABI_PEERS_MAX) {
		key->many = 1;
		__builtin_memset(key->address, 0, sizeof(key->address));
	}
	if (fact_learn(&peers, key, &fresh, t->cell, ABI_LOSS_PEERS) && cell)
		__sync_fetch_and_add(&cell->peers, 1);
}

/* sockaddr_in and sockaddr_in6 as far as they matter here. */
struct inet_address {
	__u16 family;
	__u16 port; /* network order, as all below */
	__u32 v4;   /* flow information in v6 */
	__u8 v6[16];
	__u8 pad[8]; /* up to a power of two: see sockaddr_learn() */
};

/* sockaddr_un: learned as a file, because that is what it is to every layer that confines it. */
static __noinline int unix_learn(struct abi_task *t, __u64 user, __u32 len, __u32 ops)
{
	struct scratch *s = scratch_get();
	long n;

	if (!s || !t || !ops || len <= 2)
		return 0;
	len = len - 2 > 108 ? 108 : len - 2;
	s->path[ABI_PATH_MAX - 1] = 0;
	if (bpf_probe_read_user(s->raw, 1, (const void *)user + 2)) {
		loss_count(t->cell, ABI_LOSS_READ);
		return 0;
	}
	if (!s->raw[0]) {
		/* abstract: every byte counts */
		len--;
		if (bpf_probe_read_user(s->raw, len & 127, (const void *)user + 3))
			return 0;
		path_put_raw(s, len & 127);
		s->flags = ABI_PATH_ABSTRACT;
	} else {
		n = bpf_probe_read_user_str(s->raw, (len & 127) + 1, (const void *)user + 2);
		if (n <= 1)
			return 0;
		path_put_raw(s, (n - 1) & 127);
		path_prepend_base(s, s->raw[0] == '/', AT_FDCWD, false);
	}
	path_learn(t->cell, t->actor, ops);
	return 0;
}

static __noinline int sockaddr_learn(struct abi_task *t, __u32 fd, __u64 user, __u32 len, __u32 op)
{
	struct inet_address address = {};
	struct abi_peer_key key = {};
	struct sock *sk = sock_of_fd(fd);

	if (!t || !sk || !user || len < 2)
		return 0;
	if (len > sizeof(address))
		len = sizeof(address);
	/* The mask is for verifiers that lose the bound above when len is spilled (before 6.2). */
	if (bpf_probe_read_user(&address, len & 31, (const void *)user)) {
		loss_count(t->cell, ABI_LOSS_READ);
		return 0;
	}
	if (address.family == AF_UNIX) {
		unix_learn(t, user, len, op == ABI_PEER_BIND ? ABI_FILE_BIND : ABI_FILE_CONNECT);
		return 0;
	}
	key.actor = t->actor;
	key.op = op;
	key.protocol = BPF_CORE_READ(sk, sk_protocol);
	key.family = address.family;
	if (address.family == AF_INET || address.family == AF_INET6)
		key.port = bpf_ntohs(address.port);
	if (address.family == AF_INET)
		__builtin_memcpy(key.address, &address.v4, sizeof(address.v4));
	else if (address.family == AF_INET6)
		__builtin_memcpy(key.address, address.v6, sizeof(address.v6));
	peer_learn(t, &key);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_sockaddr, struct pt_regs *regs, long ret)
{
	struct exit_context x;
	__u32 at;

	if (!exit_begin(&x, regs))
		return 0;
	at = x.plan.path[0] & 7; /* the address; its length follows */
	sockaddr_learn(x.task, exit_arg(&x, 0), exit_arg(&x, at), exit_arg(&x, at + 1),
		       x.plan.ops[0]);
	return 0;
}

/* struct user_msghdr; the 32-bit one differs and is left out: loss_count() says so. */
struct msghdr_head {
	__u64 name;
	__u32 namelen;
};

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_sendmsg, struct pt_regs *regs, long ret)
{
	struct msghdr_head head = {};
	struct exit_context x;

	if (!exit_begin(&x, regs))
		return 0;
	if (x.task->table != ABI_TABLE_NATIVE ||
	    bpf_probe_read_user(&head, sizeof(head), (const void *)exit_arg(&x, 1))) {
		loss_count(x.task->cell, ABI_LOSS_READ);
		return 0;
	}
	if (head.name && head.namelen)
		sockaddr_learn(x.task, exit_arg(&x, 0), head.name, head.namelen, ABI_PEER_SEND);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_listen, struct pt_regs *regs, long ret)
{
	struct abi_peer_key key = { .op = ABI_PEER_LISTEN };
	struct exit_context x;
	struct sock *sk;

	if (!exit_begin(&x, regs))
		return 0;
	sk = sock_of_fd(exit_arg(&x, 0));
	if (!sk)
		return 0;
	key.actor = x.task->actor;
	key.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	key.protocol = BPF_CORE_READ(sk, sk_protocol);
	if (key.family == AF_INET) {
		__u32 address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);

		key.port = BPF_CORE_READ(sk, __sk_common.skc_num);
		__builtin_memcpy(key.address, &address, sizeof(address));
	} else if (key.family == AF_INET6) {
		key.port = BPF_CORE_READ(sk, __sk_common.skc_num);
		BPF_CORE_READ_INTO(&key.address, sk, __sk_common.skc_v6_rcv_saddr);
	} else {
		return 0;
	}
	peer_learn(x.task, &key);
	return 0;
}

/*
 * Where the kernel lets us attach to its own functions, opens and executable mappings are seen there:
 * also those that no system call of the program made (the dynamic loader mapped by execve, io_uring).
 * security_file_open() is called from do_dentry_open(), f_mode is complete by then.
 */
static __always_inline int on_file_open(struct file *file)
{
	struct abi_task *t = task_find_actor();

	if (t)
		file_learn(t, file, open_ops(file));
	return 0;
}

static __always_inline int on_mmap_file(struct file *file, unsigned long prot)
{
	struct abi_task *t;

	if (!file || !(prot & PROT_EXEC))
		return 0;
	t = task_find_actor();
	if (t)
		file_learn(t, file, ABI_FILE_MAP_EXEC);
	return 0;
}

/* Scripts: of other programs the exec itself tells, once it has succeeded. */
static __always_inline int on_exec_check(struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file);
	char begin[2] = {};
	struct abi_task *t;

	bpf_core_read(begin, sizeof(begin), &bprm->buf);
	if (begin[0] != '#' || begin[1] != '!')
		return 0;
	t = task_find_actor();
	if (t)
		file_learn(t, file, ABI_FILE_EXEC);
	return 0;
}

SEC("fentry/security_bprm_check")
int BPF_PROG(exec_check_fentry, struct linux_binprm *bprm)
{
	return on_exec_check(bprm);
}

SEC("kprobe/security_bprm_check")
int BPF_KPROBE(exec_check_kprobe, struct linux_binprm *bprm)
{
	return on_exec_check(bprm);
}

SEC("fentry/security_file_open")
int BPF_PROG(file_open_fentry, struct file *file)
{
	return on_file_open(file);
}

SEC("fentry/security_mmap_file")
int BPF_PROG(mmap_file_fentry, struct file *file, unsigned long prot)
{
	return on_mmap_file(file, prot);
}

SEC("kprobe/security_file_open")
int BPF_KPROBE(file_open_kprobe, struct file *file)
{
	return on_file_open(file);
}

SEC("kprobe/security_mmap_file")
int BPF_KPROBE(mmap_file_kprobe, struct file *file, unsigned long prot)
{
	return on_mmap_file(file, prot);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
