// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decision points where nobody may deny: tracepoints, which every kernel has. What has been done is looked at when its call
 * returns, when a program begins or where a signal is made, as the record that a decision point would have made of it; a verdict
 * ends the process by SIGKILL. It never comes back from the call, so what an open gave is gone with it, and
 * a program does not begin; a mount or a rename has happened.
 *
 * Whoever may be ended is in the control group of a container that has started: deny_begin() asks that first, and
 * stop_end() again before the signal. Nothing else here sends one.
 *
 * Paths are as the program wrote them, made absolute: the kernel does not keep what they led to. Of what was opened, connected or
 * made a root it does, and that is told.
 */
#include "bpf/lib/deny.bpf.h"

#include "bpf/lib/call.bpf.h"

const volatile struct abi_settings settings __weak = {};
/* As in bpf/deny.bpf.c. */
const volatile __u64 deny_points __weak = 0;

enum {
	SIGKILL = 9,
	EINTR = 4,
	ERESTARTSYS = 512,
	PTRACE_SEIZE = 0x4206,
	AT_REMOVEDIR = 0x200,
	OPEN_TREE_CLONE = 1,
	MAP_ANONYMOUS = 0x20,
	SI_USER = 0,
	SI_TKILL = -6,
	CLONE3_FLAGS = 8, /* bytes that clone3() takes at least to say which */
};

/* Program arrays, one for each tracepoint: filters by decision point. */
#define STOP_ARRAY(name)                                  \
	struct {                                          \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);    \
		__uint(max_entries, ABI_DENY_STOP_CALLS); \
		__type(key, __u32);                       \
		__type(value, __u32);                     \
	} deny_calls_##name SEC(".maps");

/* What a filter goes on to. */
#define STOP_ENDS(name)                    \
	STOP_ARRAY(name)                   \
	SEC("tp_btf/" #name)               \
	int verdict_stop_##name(void *ctx) \
	{                                  \
		stop_end();                \
		return 0;                  \
	}                                  \
	SEC("tp_btf/" #name)               \
	int leave_stop_##name(void *ctx)   \
	{                                  \
		pool_leave();              \
		return 0;                  \
	}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABI_TABLES *ABI_CALL_NR_MAX);
	__type(key, __u32);
	__type(value, struct abi_stop_call);
} stop_calls SEC(".maps");

/* As deny_begin(), of what has happened. */
static __always_inline struct room *stop_begin(__u32 point, __u32 nr)
{
	struct room *r = deny_begin(point, nr);

	if (r)
		r->ev.flags |= ABI_EVENT_STOPPED;
	return r;
}

/* Ends current's process if that is the verdict, tells, and gives the room back. */
subroutine int stop_end(void)
{
	struct abi_deny_told told;
	__u64 cgroup = 0;
	__u32 slot = 0;
	struct room *r = pool_own(&slot);
	__u8 error = 0;

	if (!r)
		return 0;
	if (decide(r, slot, &told, &error)) {
		if (r->ev.flags & ABI_EVENT_DENIED &&
		    (mode_of_current(&cgroup) != ABI_DENY_ENFORCE || bpf_send_signal(SIGKILL)))
			r->ev.flags ^= ABI_EVENT_DENIED | ABI_EVENT_WOULD_DENY;
		decision_tell(r, &told);
	}
	pool_leave();
	return 0;
}

/* --- calls ------------------------------------------------------------------------------------------- */

static __always_inline struct abi_stop_call *stop_call_of(enum abi_table table, __u32 nr)
{
	__u32 slot = table * ABI_CALL_NR_MAX + nr;

	return nr < ABI_CALL_NR_MAX ? bpf_map_lookup_elem(&stop_calls, &slot) : NULL;
}

/* A connection that is under way goes on when the call is interrupted. */
static __always_inline bool has_happened(__u32 point, long ret)
{
	return ret >= 0 || (point == ABI_DENY_CONNECT &&
			    (ret == -EINPROGRESS || ret == -EINTR || ret == -ERESTARTSYS));
}

/* An argument that is there, by its number or ABI_ARG_NONE. */
static __always_inline __u64 argument(const struct call *c, __u32 index)
{
	return index < 6 ? c->args[index & 7] : 0;
}

static __always_inline int point_of_socket(const struct call *c)
{
	struct file *file = file_of_fd(c->args[0]);
	struct socket *socket = file ? socket_of_file(file) : NULL;
	__u16 family;

	if (!socket)
		return -1;
	family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);
	if (family == AF_INET || family == AF_INET6)
		return is_asked_elsewhere(socket) ? -1 : ABI_DENY_CONNECT;
	return family == AF_UNIX && BPF_CORE_READ(socket, type) != SOCK_DGRAM ?
		       ABI_DENY_CONNECT_UNIX :
		       -1;
}

/* Whom current has begun to trace: the latest is the first. */
static __always_inline int point_of_trace(const struct call *c)
{
	struct task_struct *task = current_task();
	void *entry = BPF_CORE_READ(task, ptraced.next);

	if (c->args[0] != PTRACE_ATTACH && c->args[0] != PTRACE_SEIZE)
		return -1;
	if (entry == (void *)task + bpf_core_field_offset(struct task_struct, ptraced))
		return -1;
	entry -= bpf_core_field_offset(struct task_struct, ptrace_entry);
	return is_beyond(entry) ? ABI_DENY_PTRACE : -1;
}

/* NULL: it has ended. */
static __always_inline struct task_struct *task_of(struct pid *pid)
{
	void *link = BPF_CORE_READ(pid, tasks[0].first);

	return link ? link - bpf_core_field_offset(struct task_struct, pid_links) : NULL;
}

/* Who has that number where current is, looked up as the kernel does: a struct pid; 0: nobody. */
subprogram __u64 pid_at(__u32 number)
{
	enum { LEVELS = 6, BITS = 6, MASK = (1 << BITS) - 1, MARK = 3, NODE = 2, NO_NODE = 4096 };
	__u64 entry = (__u64)BPF_CORE_READ(pidns_of(current_task()), idr.idr_rt.xa_head), slot;
	__u32 left = number;

	for (int i = 0; i < LEVELS && (entry & MARK) == NODE && entry > NO_NODE; i++) {
		struct xa_node *node = (struct xa_node *)(entry - NODE);
		__u32 shift = BPF_CORE_READ(node, shift) & 31;

		if (left >> shift > MASK)
			return 0;
		slot = (left >> shift) & MASK;
		left &= (1U << shift) - 1;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(struct xa_node, slots) +
					      slot * sizeof(entry));
	}
	return entry & MARK ? 0 : entry;
}

static __always_inline struct pid *pid_of_number(__u32 number)
{
	return (struct pid *)pid_at(number);
}

/* Whose memory current has read or written; of nothing nobody was asked. */
static __always_inline int point_of_memory(__u32 number, long ret)
{
	struct pid *pid = ret > 0 ? pid_of_number(number) : NULL;
	struct task_struct *owner = pid ? task_of(pid) : NULL;

	return owner && is_beyond(owner) ? ABI_DENY_PTRACE : -1;
}

/* Whose descriptor current has taken. */
static __always_inline int point_of_taken(__u32 pidfd)
{
	struct file *file = file_of_fd(pidfd);
	bool surely;
	struct task_struct *owner = file ? task_of(pid_of_pidfd(file, &surely)) : NULL;

	return owner && is_beyond(owner) ? ABI_DENY_PTRACE : -1;
}

/* Whose file below /proc it is; NULL: nobody's. */
static __always_inline struct task_struct *owner_of(struct inode *inode)
{
	void *proc = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	if (BPF_CORE_READ(inode, i_sb, s_magic) != PROC_SUPER_MAGIC)
		return NULL;
	return task_of(BPF_CORE_READ((struct proc_inode *)proc, pid));
}

/* What of another process only who may trace it can open: what it asks for, as PTRACE_ATTACH or PTRACE_PEEKDATA; 0: nothing. */
subprogram __u32 look_of_open(long fd)
{
	static const struct {
		char name[8] __attribute__((aligned(8)));
		__u32 request;
	} looks[] = {
		{ "mem", PTRACE_ATTACH },
		{ "environ", PTRACE_PEEKDATA },
		{ "auxv", PTRACE_PEEKDATA },
		{ "maps", PTRACE_PEEKDATA },
		{ "smaps", PTRACE_PEEKDATA },
		{ "pagemap", PTRACE_PEEKDATA },
		{ "syscall", PTRACE_PEEKDATA },
		{ "stack", PTRACE_PEEKDATA },
		/* of these the beginning: smaps_rollup, numa_maps, map_files */
		{ "smaps_r", PTRACE_PEEKDATA },
		{ "numa_ma", PTRACE_PEEKDATA },
		{ "map_fil", PTRACE_PEEKDATA },
	};
	struct file *file = file_of_fd(fd);
	struct task_struct *owner = file ? owner_of(BPF_CORE_READ(file, f_inode)) : NULL;
	__u32 request = 0;
	__u64 name = 0;

	if (!owner || !is_beyond(owner))
		return 0;
	bpf_probe_read_kernel_str(&name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	for (__u32 i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (name == *(const __u64 *)looks[i].name)
			request = looks[i].request;
	return request;
}

/* A file of a process beyond the container: if rules are about looking into those, it is that; else it is opened as any. */
static __always_inline int point_of_open(long fd)
{
	return deny_points >> ABI_DENY_PTRACE & 1 && look_of_open(fd) ? ABI_DENY_PTRACE :
									ABI_DENY_OPEN;
}

/* unshare(), clone() and clone3(), which its child returns from as well; that has read its memory, and is it. */
static __always_inline int point_of_userns(const struct abi_stop_call *as, const struct call *c)
{
	__u64 flags = argument(c, as->from[0]);

	if (as->fd < 6) /* it points to them */
		bpf_probe_read_user(&flags, CLONE3_FLAGS, (const void *)argument(c, as->fd));
	return flags & CLONE_NEWUSER ? ABI_DENY_USERNS : -1;
}

/* A file is mapped to be executed. */
static __always_inline int point_of_map(const struct abi_stop_call *as, const struct call *c)
{
	return maps_code(argument(c, as->from[2])) && !(argument(c, as->from[3]) & MAP_ANONYMOUS) ?
		       ABI_DENY_MMAP :
		       -1;
}

/* Which decision point the call belongs to, looking at its arguments; negative: none. */
static __always_inline int point_of_call(const struct abi_stop_call *as, const struct call *c,
					 long ret)
{
	switch (as->point - 1) {
	case ABI_DENY_OPEN:
		return point_of_open(ret);
	case ABI_DENY_CONNECT:
		return point_of_socket(c);
	case ABI_DENY_PTRACE: /* of a descriptor, of a number, or of whom current traces now */
		return as->fd < 6      ? point_of_taken(c->args[0]) :
		       as->from[0] < 6 ? point_of_memory(c->args[0], ret) :
					 point_of_trace(c);
	case ABI_DENY_USERNS:
		return point_of_userns(as, c);
	case ABI_DENY_MMAP:
		return point_of_map(as, c);
	case ABI_DENY_FSMOUNT:
		return as->fd < 6 && !(argument(c, as->fd) & OPEN_TREE_CLONE) ? -1 :
										ABI_DENY_FSMOUNT;
	case ABI_DENY_UNLINK:
		return argument(c, as->fd) & AT_REMOVEDIR ? ABI_DENY_RMDIR : ABI_DENY_UNLINK;
	default:
		return as->point - 1;
	}
}

/* Behind the directory that the last text is, which is the root if it is one byte long. */
static __always_inline void text_append(struct room *r, __u32 which, __u64 user)
{
	struct abi_span *span = &r->ev.text[which & 1];
	long len;
	char *to;

	if (span->len == 1 && r->used) {
		r->used--;
		span->len = 0;
	}
	to = text_room(r);
	if (!to)
		return;
	*to = '/';
	len = bpf_probe_read_user_str(to + 1, ABI_EVENT_TEXT_MAX - 1, (const void *)user);
	if (len <= 0 || len == ABI_EVENT_TEXT_MAX - 1)
		r->ev.flags |= ABI_EVENT_CUT;
	if (len > 1) {
		span->len += len;
		r->used += len;
	}
}

/* Four characters as a number: one comparison, where the verifier would go each way of four. */
#define WORD(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

/* The number that the eight characters at user begin with, and above its 32 bits how many characters it has. */
subprogram __u64 number_at(__u64 user)
{
	char text[8] = {};
	__u32 number = 0, i;

	bpf_probe_read_user(text, sizeof(text), (const void *)user);
#pragma unroll
	for (i = 0; i < 8; i++) {
		if (text[i] < '0' || text[i] > '9')
			break;
		number = 10 * number + (text[i] - '0');
	}
	return number | (__u64)i << 32;
}

/*
 * Where an absolute path leads by way of /proc: the mount of /proc/PID/root, of /proc/PID/cwd, and of what current has open as
 * /proc/self/fd/N; 0: no such way. No other link is followed. Verified once, for it has many ways itself.
 */
subprogram __u64 mount_by_proc(__u64 user)
{
	enum { PROC = 6, SELF = 4, FD = 4 };
	struct task_struct *task = current_task();
	__u32 head[2] = {}, self = 0, way = 0;
	struct file *file;
	struct pid *pid;
	__u64 at, found;
	__u32 number;

	if (bpf_probe_read_user(head, PROC, (const void *)user) ||
	    head[0] != WORD('/', 'p', 'r', 'o') || head[1] != WORD('c', '/', 0, 0))
		return 0;
	bpf_probe_read_user(&self, sizeof(self), (const void *)(user + PROC));
	found = number_at(user + PROC);
	number = (__u32)found;
	at = user + PROC + (found >> 32);
	if (number) {
		pid = pid_of_number(number);
		task = pid ? task_of(pid) : NULL;
	} else if (self == WORD('s', 'e', 'l', 'f')) {
		at = user + PROC + SELF;
	} else {
		return 0;
	}
	if (!task || bpf_probe_read_user(&way, sizeof(way), (const void *)at))
		return 0;
	if (way == WORD('/', 'r', 'o', 'o'))
		return (__u64)BPF_CORE_READ(task, fs, root.mnt);
	if (way == WORD('/', 'c', 'w', 'd'))
		return (__u64)BPF_CORE_READ(task, fs, pwd.mnt);
	if (number || way != WORD('/', 'f', 'd', '/'))
		return 0;
	file = file_of_fd((__u32)number_at(at + FD));
	return file ? (__u64)BPF_CORE_READ(file, f_path.mnt) : 0;
}

/* The path at user, from the root, into current's room; which: of the two. */
subprogram int text_absolute(__u32 which, __u64 user, __u32 dirfd)
{
	struct file *dir;
	struct path base;
	char first = 0;
	__u32 slot = 0;
	__u64 mnt;
	struct room *r = pool_own(&slot);

	if (!r || !user)
		return 0;
	if (bpf_probe_read_user(&first, 1, (const void *)user) || first == '/') {
		mnt = mount_by_proc(user);
		if (mnt)
			mark_outside(r, (struct vfsmount *)mnt);
		text_user_string(r, which, user);
		return 0;
	}
	if (dirfd == (__u32)AT_FDCWD) {
		BPF_CORE_READ_INTO(&base, current_task(), fs, pwd);
	} else {
		dir = file_of_fd(dirfd);
		if (!dir)
			return 0;
		BPF_CORE_READ_INTO(&base, dir, f_path);
	}
	mark_outside(r, base.mnt);
	text_directory(r, which, (__u64)base.mnt, (__u64)base.dentry);
	if (first)
		text_append(r, which, user);
	return 0;
}

static __always_inline void paths_fill(struct room *r, const struct abi_stop_call *as,
				       const struct call *c)
{
	for (__u32 i = 0; i < 2; i++)
		if (as->path[i] < 6)
			text_absolute(ABI_TEXT_PATH1 + i, argument(c, as->path[i]),
				      as->dir[i] < 6 ? argument(c, as->dir[i]) : AT_FDCWD);
}

static __always_inline void fill_root(struct room *r)
{
	struct path root;

	BPF_CORE_READ_INTO(&root, current_task(), fs, root);
	text_directory(r, ABI_TEXT_PATH1, (__u64)root.mnt, (__u64)root.dentry);
}

static __always_inline void fill_connected(struct room *r, const struct call *c)
{
	struct socket *socket = socket_of_file(file_of_fd(c->args[0]));
	__u32 size = c->args[2];
	char *to = text_room(r);

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	socket_fill(&r->ev.call, socket);
	if (size > ABI_EVENT_ADDRESS_MAX)
		size = ABI_EVENT_ADDRESS_MAX;
	barrier_var(size); /* the mask is for the verifier */
	size &= 2 * ABI_EVENT_ADDRESS_MAX - 1;
	if (to && size && !bpf_probe_read_user(to, size, (const void *)c->args[1]))
		text_put(r, ABI_TEXT_BYTES, size);
}

/* The other end has the path that it was bound to. */
static __always_inline void fill_connected_unix(struct room *r, const struct call *c)
{
	struct unix_sock *sk = (void *)sock_of_fd(c->args[0]);
	struct sock *peer = BPF_CORE_READ(sk, peer);

	if (peer && BPF_CORE_READ((struct unix_sock *)peer, path.dentry))
		fill_connect_unix(r, peer);
}

static __always_inline void file_of_call(struct room *r, enum abi_deny_hook point, __u32 fd)
{
	struct file *file = file_of_fd(fd);

	if (!file)
		return;
	if (point == ABI_DENY_OPEN)
		r->ev.call.args[2] = BPF_CORE_READ(file, f_flags);
	if (point == ABI_DENY_CHMOD || point == ABI_DENY_CHOWN || point == ABI_DENY_TRUNCATE) {
		mark_outside(r, BPF_CORE_READ(file, f_path.mnt));
		text_directory(r, ABI_TEXT_PATH1, (__u64)BPF_CORE_READ(file, f_path.mnt),
			       (__u64)BPF_CORE_READ(file, f_path.dentry));
	} else {
		file_fill(r, file, false);
		mark_group(r, file);
	}
	if (point != ABI_DENY_MODULE_FILE)
		mark_guarded((__u64)BPF_CORE_READ(file, f_path.dentry));
}

/* What is told of each point; what the table of calls says is there before. */
static __always_inline void stop_fill(struct room *r, enum abi_deny_hook point,
				      const struct abi_stop_call *as, const struct call *c,
				      long ret)
{
	switch (point) {
	case ABI_DENY_OPEN:
		r->ev.call.args[0] = (__u32)AT_FDCWD;
		file_of_call(r, point, ret);
		break;
	case ABI_DENY_CHMOD:
	case ABI_DENY_CHOWN:
	case ABI_DENY_TRUNCATE:
	case ABI_DENY_MODULE_FILE:
	case ABI_DENY_MMAP:
		if (point == ABI_DENY_CHMOD || point == ABI_DENY_CHOWN)
			r->ev.call.args[0] = (__u32)AT_FDCWD;
		if (as->fd < 6)
			file_of_call(r, point, argument(c, as->fd));
		break;
	case ABI_DENY_MKNOD:
		r->ev.call.args[0] = (__u32)AT_FDCWD;
		break;
	case ABI_DENY_CHROOT:
		fill_root(r);
		break;
	case ABI_DENY_MOUNT:
		text_user_string(r, ABI_TEXT_BYTES, c->args[2]);
		text_user_string(r, ABI_TEXT_PATH1, c->args[0]);
		break;
	case ABI_DENY_CONNECT:
		fill_connected(r, c);
		break;
	case ABI_DENY_CONNECT_UNIX:
		fill_connected_unix(r, c);
		break;
	case ABI_DENY_PTRACE:
		r->ev.call.args[0] = as->point - 1 == ABI_DENY_OPEN ? look_of_open(ret) :
								      PTRACE_ATTACH;
		break;
	case ABI_DENY_USERNS:
		r->ev.call.args[0] = CLONE_NEWUSER;
		break;
	default:
		break;
	}
}

STOP_ENDS(sys_exit)

SEC("tp_btf/sys_exit")
int BPF_PROG(deny_stop_sys_exit, struct pt_regs *regs, long ret)
{
	const struct abi_stop_call *as;
	struct call c = {};
	bool multiplexed;
	struct room *r;
	int point;

	if ((__s32)call_nr_on_exit(regs) == -1)
		return 0;
	multiplexed = call_identify(&c, regs);
	as = stop_call_of(c.table, c.nr);
	if (!as || !as->point || !has_happened(as->point - 1, ret))
		return 0;
	call_read_args(&c, regs, multiplexed);
	point = point_of_call(as, &c, ret);
	if (point < 0)
		return 0;
	r = stop_begin(point, point == ABI_DENY_RMDIR  ? NR_RMDIR :
			      point == ABI_DENY_PTRACE ? NR_PTRACE :
							 as->nr);
	if (!r)
		return 0;
	r->ev.call.args[0] = argument(&c, as->from[0]);
	r->ev.call.args[1] = argument(&c, as->from[1]);
	r->ev.call.args[2] = argument(&c, as->from[2]);
	r->ev.call.args[3] = argument(&c, as->from[3]);
	paths_fill(r, as, &c);
	stop_fill(r, point, as, &c, ret);
	bpf_tail_call(ctx, &deny_calls_sys_exit, ABI_DENY_FILTER + point);
	pool_leave();
	return 0;
}

/* --- programs ---------------------------------------------------------------------------------------- */

STOP_ENDS(sched_process_exec)

SEC("tp_btf/sched_process_exec")
int BPF_PROG(deny_stop_sched_process_exec, struct task_struct *task, int old_pid,
	     struct linux_binprm *bprm)
{
	struct room *r = stop_begin(ABI_DENY_EXEC, NR_EXECVE);

	if (!r)
		return 0;
	fill_exec(r, bprm);
	bpf_tail_call(ctx, &deny_calls_sched_process_exec, ABI_DENY_FILTER);
	pool_leave();
	return 0;
}

/* --- signals ----------------------------------------------------------------------------------------- */

/* Which argument of the call that current is in says what the signal is to carry; 0: none of its own, -1: it sends none. */
static __always_inline int signal_call(void)
{
	enum abi_table table;
	__u32 nr = current_call(&table);

	if (table == ABI_TABLE_COMPAT) {
		switch (nr) {
		case 37:  /* kill */
		case 238: /* tkill */
		case 270: /* tgkill */
			return 0;
		case 178: /* rt_sigqueueinfo */
		case 424: /* pidfd_send_signal */
			return 2;
		case 335: /* rt_tgsigqueueinfo */
			return 3;
		default:
			return -1;
		}
	}
	switch (nr) {
	case NR_KILL:
	case 200: /* tkill */
	case 234: /* tgkill */
		return 0;
	case 129: /* rt_sigqueueinfo; x32's */
	case 524:
	case 424:
		return 2;
	case 297: /* rt_tgsigqueueinfo; x32's */
	case 536:
		return 3;
	default:
		return -1;
	}
}

/*
 * Whether current asks for the signal: timers and the like may make one on its CPU while it is in a call. What the kernel makes
 * by itself has no info; what a program says is in its memory.
 */
static __always_inline bool is_sent_by_current(__u64 info)
{
	int own[3] = {}, made[3] = {}; /* si_signo, si_errno, si_code */
	struct pt_regs *regs = current_regs();
	int index = signal_call();
	__u64 user;

	if (index < 0 || info <= 1 || bpf_probe_read_kernel(made, sizeof(made), (void *)info))
		return false;
	if (made[2] == SI_USER || made[2] == SI_TKILL)
		return true;
	if (!index)
		return false;
	if (BPF_CORE_READ(current_task(), thread_info.status) & TS_COMPAT)
		user = (__u32)(index == 2 ? BPF_CORE_READ(regs, dx) : BPF_CORE_READ(regs, si));
	else
		user = index == 2 ? BPF_CORE_READ(regs, dx) : BPF_CORE_READ(regs, r10);
	return !bpf_probe_read_user(own, sizeof(own), (const void *)user) && own[2] == made[2];
}

STOP_ENDS(signal_generate)

SEC("tp_btf/signal_generate")
int BPF_PROG(deny_stop_signal_generate, int number, void *info, struct task_struct *task)
{
	struct room *r;

	if (!is_beyond(task) || !is_sent_by_current(address_of(info)))
		return 0;
	r = stop_begin(ABI_DENY_KILL, NR_KILL);
	if (!r)
		return 0;
	r->ev.call.args[1] = (__u32)number;
	bpf_tail_call(ctx, &deny_calls_signal_generate, ABI_DENY_FILTER);
	pool_leave();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
