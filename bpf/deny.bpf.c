// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decision points. Each is a function of the kernel that is asked before something is done: as a hook
 * of a security module (lsm/), or, where BPF is none of the active ones, on the function that asks all of them (fmod_ret/).
 *
 * What is about to be done becomes a record, that of the call which would do it; the filter of the hook,
 * made of the rules at run time (src/guard/filter), looks at it and goes on to one of two programs: verdict, which
 * denies and tells, or leave. All three are of the same type and attach point, as kernels from 6.12 on want it.
 * A hook that no rule is about is not attached.
 */
#include "bpf/lib/pool.bpf.h"

#include "bpf/lib/current.bpf.h"
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/place.bpf.h"
#include "bpf/lib/process.bpf.h"
#include "bpf/lib/program.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* x86-64's numbers of the calls that hooks stand for, and i386's of some. */
enum {
	NR_CONNECT = 42,
	NR_EXECVE = 59,
	NR_KILL = 62,
	NR_PTRACE = 101,
	NR_PIVOT_ROOT = 155,
	NR_CHROOT = 161,
	NR_MOUNT = 165,
	NR_INIT_MODULE = 175,
	NR_OPENAT = 257,
	NR_MKNODAT = 259,
	NR_UNLINKAT = 263,
	NR_FCHMODAT = 268,
	NR_UNSHARE = 272,
	NR_PERF_EVENT_OPEN = 298,
	NR_OPEN_BY_HANDLE_AT = 304,
	NR_SETNS = 308,
	NR_FINIT_MODULE = 313,
	NR_RENAMEAT2 = 316,
	NR_BPF = 321,
	NR_USERFAULTFD = 323,
	NR_MOVE_MOUNT = 429,
	NR_COMPAT_OPEN_BY_HANDLE_AT = 342,
	NR_COMPAT_SETNS = 346,
};

/* Of the kernel's own headers. */
enum {
	CAP_DAC_READ_SEARCH = 2,
	CAP_SYS_ADMIN = 21,
	CLONE_NEWUSER = 0x10000000,
	MODE_ATTACH = 2,  /* PTRACE_MODE_ATTACH */
	MODE_NOAUDIT = 4, /* a question that is not meant: whether something is to be shown */
	PTRACE_PEEKDATA = 2,
	PTRACE_ATTACH = 16,
	MODULE = 2, /* READING_MODULE, LOADING_MODULE */
};

enum { EPERM = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DENY_HOOKS);
	__type(key, __u32);
	__type(value, struct abi_deny_count);
} deny_counts SEC(".maps");

/* What filters work in (struct filter_scratch): its size is set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DENY_ROOMS);
	__type(key, __u32);
	__type(value, __u64);
} deny_scratch SEC(".maps");

static __always_inline struct abi_deny_count *count_of(__u32 hook)
{
	return bpf_map_lookup_elem(&deny_counts, &hook);
}

/* A room with the head of a record; NULL: nothing is to be decided. */
static __always_inline struct room *deny_begin(__u32 point, __u32 nr)
{
	struct abi_deny_count *n;
	enum abi_deny_mode mode;
	__u64 cgroup = 0;
	struct room *r;

	mode = mode_of_current(&cgroup);
	if (mode == ABI_DENY_OBSERVE)
		return NULL;
	n = count_of(point);
	r = pool_take();
	if (n && r)
		n->asked++;
	else if (n)
		n->busy++;
	if (!r)
		return NULL;
	room_head(r, point == ABI_DENY_EXEC ? ABI_EVENT_EXEC : ABI_EVENT_CALL, current_task(),
		  cgroup);
	r->ev.flags = ABI_EVENT_WATCHED |
		      (mode == ABI_DENY_ENFORCE ? ABI_EVENT_DENIED : ABI_EVENT_WOULD_DENY);
	r->ev.table = ABI_TABLE_NATIVE;
	r->ev.nr = nr;
	if (point != ABI_DENY_EXEC) {
		r->ev.call.fd = -1;
		program_fill(r);
	}
	r->ev.text[ABI_DENY_POINT_TEXT].len = point;
	return r;
}

/* Tells, and gives the room back. True: it is denied. */
static __noinline int deny_end(void)
{
	__u32 slot = 0, size, denied;
	struct room *r = pool_own(&slot);
	struct abi_deny_count *n;

	if (!r)
		return 0;
	n = count_of(r->ev.text[ABI_DENY_POINT_TEXT].len);
	r->ev.text[ABI_DENY_POINT_TEXT].len = 0;
	denied = r->ev.flags & ABI_EVENT_DENIED;
	size = (sizeof(r->ev) + r->used) & (ABI_EVENT_SIZE_MAX - 1);
	r->ev.size = size;
	if (bpf_ringbuf_output(&events, r, size, 0) && n)
		n->untold++;
	if (n && denied)
		n->denied++;
	else if (n)
		n->would++;
	pool_leave();
	return denied ? 1 : 0;
}

/*
 * The programs of a function in one of the two forms: deny_FORM_NAME is attached; verdict and leave are what a
 * filter goes on to. Each function has its array: on a kernel one form is loaded. POINT says which decision point it is, of
 * those that begin with FIRST; negative: none. FILL gets the room and the function's arguments.
 */
#define DENY_ARRAY(name)                               \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, ABI_DENY_CALLS);   \
		__type(key, __u32);                    \
		__type(value, __u32);                  \
	} deny_calls_##name SEC(".maps");

#define DENY_FORM(form, section, name, first, point, nr, fill, ...)                        \
	SEC(section)                                                                       \
	int BPF_PROG(deny_##form##_##name, ##__VA_ARGS__)                                  \
	{                                                                                  \
		int which = (point);                                                       \
		struct room *r = which < 0 ? NULL : deny_begin(which, nr);                 \
                                                                                           \
		if (!r)                                                                    \
			return 0;                                                          \
		fill;                                                                      \
		bpf_tail_call(ctx, &deny_calls_##name, ABI_DENY_FILTER + which - (first)); \
		pool_leave();                                                              \
		return 0;                                                                  \
	}                                                                                  \
	SEC(section)                                                                       \
	int verdict_##form##_##name(void *ctx)                                             \
	{                                                                                  \
		if (deny_end())                                                            \
			return -EPERM;                                                     \
		return 0;                                                                  \
	}                                                                                  \
	SEC(section)                                                                       \
	int leave_##form##_##name(void *ctx)                                               \
	{                                                                                  \
		pool_leave();                                                              \
		return 0;                                                                  \
	}

#define DENY_AT(name, first, point, nr, fill, ...)                                \
	DENY_ARRAY(name)                                                          \
	DENY_FORM(lsm, "lsm/" #name, name, first, point, nr, fill, ##__VA_ARGS__) \
	DENY_FORM(mod, "fmod_ret/security_" #name, name, first, point, nr, fill, ##__VA_ARGS__)

/* A function with one decision point. */
#define DENY_HOOK(name, point, nr, fill, ...) DENY_AT(name, point, point, nr, fill, ##__VA_ARGS__)

static __always_inline void text_kernel(struct room *r, __u32 which, const char *text)
{
	char *to = text_room(r);
	long len;

	if (!to || !text)
		return;
	len = bpf_probe_read_kernel_str(to, ABI_EVENT_TEXT_MAX, text);
	if (len <= 0 || len == ABI_EVENT_TEXT_MAX)
		r->ev.flags |= ABI_EVENT_CUT;
	if (len > 1)
		text_put(r, which, len - 1);
}

/* Arguments of these programs are typed for the verifier, and subprograms take numbers only. */
static __always_inline __u64 address_of(const void *p)
{
	const void *spilled = p;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &spilled);
	return address;
}

static __always_inline void fill_path(struct room *r, const struct path *path)
{
	text_directory(r, ABI_TEXT_PATH1, (__u64)BPF_CORE_READ(path, mnt),
		       (__u64)BPF_CORE_READ(path, dentry));
}

static __always_inline void fill_entry(struct room *r, __u32 which, const struct path *dir,
				       struct dentry *dentry)
{
	text_directory(r, which, (__u64)BPF_CORE_READ(dir, mnt), address_of(dentry));
}

static __always_inline void fill_open(struct room *r, struct file *file)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = BPF_CORE_READ(file, f_flags);
	file_fill(r, file, false);
}
DENY_HOOK(file_open, ABI_DENY_OPEN, NR_OPENAT, fill_open(r, file), struct file *file)

/*
 * The program that would run; of a script first the script, then its interpreter. What it is called (comm) follows
 * from the name that it was asked for by, and is not told.
 */
static __always_inline void fill_exec(struct room *r, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file);
	const char *name = BPF_CORE_READ(bprm, filename);

	process_fill(&r->ev.process, current_task());
	__builtin_memset(r->ev.process.comm, 0, sizeof(r->ev.process.comm));
	exe_fill(&r->ev.process, current_task(), file);
	r->ev.flags |= layer_of(BPF_CORE_READ(file, f_inode));
	r->ev.process.path_flags = text_file(r, ABI_TEXT_EXE, (__u64)file, mode_of(file));
	text_kernel(r, ABI_TEXT_NAME, name);
}
DENY_ARRAY(bprm_check_security)
DENY_FORM(lsm, "lsm/bprm_check_security", bprm_check_security, ABI_DENY_EXEC, ABI_DENY_EXEC,
	  NR_EXECVE, fill_exec(r, bprm), struct linux_binprm *bprm)
DENY_FORM(mod, "fmod_ret/security_bprm_check", bprm_check_security, ABI_DENY_EXEC, ABI_DENY_EXEC,
	  NR_EXECVE, fill_exec(r, bprm), struct linux_binprm *bprm)

DENY_HOOK(path_unlink, ABI_DENY_UNLINK, NR_UNLINKAT, fill_entry(r, ABI_TEXT_PATH1, dir, dentry),
	  const struct path *dir, struct dentry *dentry)

static __always_inline void fill_rename(struct room *r, const struct path *from, struct dentry *old,
					const struct path *to, struct dentry *fresh)
{
	fill_entry(r, ABI_TEXT_PATH1, from, old);
	fill_entry(r, ABI_TEXT_PATH2, to, fresh);
}
DENY_HOOK(path_rename, ABI_DENY_RENAME, NR_RENAMEAT2, fill_rename(r, from, old, to, fresh),
	  const struct path *from, struct dentry *old, const struct path *to, struct dentry *fresh)

static __always_inline void fill_mknod(struct room *r, const struct path *dir,
				       struct dentry *dentry, __u16 mode, __u32 dev)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = mode;
	r->ev.call.args[3] = dev;
	fill_entry(r, ABI_TEXT_PATH1, dir, dentry);
}

/* open() asks this of files that it makes. */
static __always_inline int point_of_mknod(__u16 mode)
{
	return (mode & S_IFMT) == S_IFREG || !(mode & S_IFMT) ? -1 : ABI_DENY_MKNOD;
}
DENY_AT(path_mknod, ABI_DENY_MKNOD, point_of_mknod(mode), NR_MKNODAT,
	fill_mknod(r, dir, dentry, mode, dev), const struct path *dir, struct dentry *dentry,
	__u16 mode, __u32 dev)

static __always_inline void fill_chmod(struct room *r, const struct path *path, __u16 mode)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = mode;
	fill_path(r, path);
}
DENY_HOOK(path_chmod, ABI_DENY_CHMOD, NR_FCHMODAT, fill_chmod(r, path, mode),
	  const struct path *path, __u16 mode)

DENY_HOOK(path_chroot, ABI_DENY_CHROOT, NR_CHROOT, fill_path(r, path), const struct path *path)

static __always_inline void fill_mount(struct room *r, const char *dev, const struct path *path,
				       const char *type, unsigned long flags)
{
	r->ev.call.args[3] = flags;
	text_kernel(r, ABI_TEXT_BYTES, type);
	text_kernel(r, ABI_TEXT_PATH1, dev);
	fill_entry(r, ABI_TEXT_PATH2, path, BPF_CORE_READ(path, dentry));
}
DENY_HOOK(sb_mount, ABI_DENY_MOUNT, NR_MOUNT, fill_mount(r, dev, path, type, flags),
	  const char *dev, const struct path *path, const char *type, unsigned long flags)

static __always_inline void fill_move_mount(struct room *r, const struct path *from,
					    const struct path *to)
{
	fill_entry(r, ABI_TEXT_PATH1, from, BPF_CORE_READ(from, dentry));
	fill_entry(r, ABI_TEXT_PATH2, to, BPF_CORE_READ(to, dentry));
}
DENY_HOOK(move_mount, ABI_DENY_MOVE_MOUNT, NR_MOVE_MOUNT, fill_move_mount(r, from, to),
	  const struct path *from, const struct path *to)

static __always_inline void fill_pivot_root(struct room *r, const struct path *old,
					    const struct path *fresh)
{
	fill_entry(r, ABI_TEXT_PATH1, fresh, BPF_CORE_READ(fresh, dentry));
	fill_entry(r, ABI_TEXT_PATH2, old, BPF_CORE_READ(old, dentry));
}
DENY_HOOK(sb_pivotroot, ABI_DENY_PIVOT_ROOT, NR_PIVOT_ROOT, fill_pivot_root(r, old, fresh),
	  const struct path *old, const struct path *fresh)

/* --- connections ----------------------------------------------------------------------------------- */

/* What is too short for an address of its family connects to nothing. */
static __always_inline int point_of_connect(struct socket *socket, const struct sockaddr *address,
					    int len)
{
	enum { LEN_INET = 16, LEN_INET6 = 24 };
	__u16 family = BPF_CORE_READ(address, sa_family);

	return (family == AF_INET && len >= LEN_INET) || (family == AF_INET6 && len >= LEN_INET6) ?
		       ABI_DENY_CONNECT :
		       -1;
}

static __always_inline void fill_connect(struct room *r, struct socket *socket, const void *address,
					 int len)
{
	struct abi_event_call *c = &r->ev.call;
	__u32 size = len;
	__u16 port = 0, family = 0;
	char *to;

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	socket_fill(c, socket);
	bpf_probe_read_kernel(&family, sizeof(family), address);
	bpf_probe_read_kernel(&port, sizeof(port), address + 2);
	c->remote_port = bpf_ntohs(port);
	if (family == AF_INET)
		bpf_probe_read_kernel(c->remote, 4, address + 4);
	else
		bpf_probe_read_kernel(c->remote, 16, address + 8);
	c->family = family; /* IPv4 by a socket for both is told as what it is */
	to = text_room(r);
	if (size > ABI_EVENT_ADDRESS_MAX)
		size = ABI_EVENT_ADDRESS_MAX;
	barrier_var(size); /* the mask is for the verifier */
	size &= 2 * ABI_EVENT_ADDRESS_MAX - 1;
	if (to && size && !bpf_probe_read_kernel(to, size, address))
		text_put(r, ABI_TEXT_BYTES, size);
}
DENY_AT(socket_connect, ABI_DENY_CONNECT, point_of_connect(socket, address, len), NR_CONNECT,
	fill_connect(r, socket, address, len), struct socket *socket,
	const struct sockaddr *address, int len)

static __always_inline int point_of_unix(struct sock *other)
{
	return BPF_CORE_READ((struct unix_sock *)other, path.dentry) ? ABI_DENY_CONNECT_UNIX : -1;
}

/* An address of the path at which the other socket is, from the root of the mount namespace that it was made in. */
static __always_inline void fill_connect_unix(struct room *r, struct sock *other)
{
	struct unix_sock *at = (struct unix_sock *)other;
	struct scratch *s = scratch_get();
	char *to = text_room(r);
	__u32 len;

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	r->ev.call.family = AF_UNIX;
	r->ev.call.socket_type = 1; /* SOCK_STREAM */
	if (!s || !to)
		return;
	path_prepend((__u64)BPF_CORE_READ(at, path.mnt), (__u64)BPF_CORE_READ(at, path.dentry));
	len = ABI_PATH_MAX - s->at;
	if (s->flags & ABI_PATH_TRUNCATED || len >= ABI_PATH_MAX)
		return;
	*(__u16 *)to = AF_UNIX;
	bpf_probe_read_kernel(to + 2, len & (ABI_PATH_MAX - 1),
			      &s->path[s->at & (ABI_PATH_MAX - 1)]);
	text_put(r, ABI_TEXT_BYTES, len + 2);
}
DENY_AT(unix_stream_connect, ABI_DENY_CONNECT_UNIX, point_of_unix(other), NR_CONNECT,
	fill_connect_unix(r, other), struct sock *sock, struct sock *other, struct sock *fresh)

/* --- processes ------------------------------------------------------------------------------------- */

/* In another mount namespace. One that is ending has none any more. */
static __always_inline bool is_beyond(struct task_struct *task)
{
	struct mnt_namespace *ns = BPF_CORE_READ(task, nsproxy, mnt_ns);

	return ns && ns != BPF_CORE_READ(current_task(), nsproxy, mnt_ns);
}

/* Debuggers work on what is in their own container; /proc/PID/root, environ and the like ask as well. */
static __always_inline int point_of_ptrace(struct task_struct *child, unsigned int mode)
{
	return mode & MODE_NOAUDIT || !is_beyond(child) ? -1 : ABI_DENY_PTRACE;
}

static __always_inline void fill_ptrace(struct room *r, unsigned int mode)
{
	r->ev.call.args[0] = mode & MODE_ATTACH ? PTRACE_ATTACH : PTRACE_PEEKDATA;
}
DENY_AT(ptrace_access_check, ABI_DENY_PTRACE, point_of_ptrace(child, mode), NR_PTRACE,
	fill_ptrace(r, mode), struct task_struct *child, unsigned int mode)

DENY_AT(task_kill, ABI_DENY_KILL, is_beyond(task) ? ABI_DENY_KILL : -1, NR_KILL,
	r->ev.call.args[1] = (__u32)number, struct task_struct *task, void *info, int number)

/* --- the kernel ------------------------------------------------------------------------------------ */

DENY_HOOK(bpf, ABI_DENY_BPF, NR_BPF, r->ev.call.args[0] = (__u32)cmd, int cmd)
DENY_HOOK(perf_event_open, ABI_DENY_PERF, NR_PERF_EVENT_OPEN, (void)attr, void *attr)

DENY_AT(kernel_read_file, ABI_DENY_MODULE_FILE, id == MODULE ? ABI_DENY_MODULE_FILE : -1,
	NR_FINIT_MODULE, file_fill(r, file, false), struct file *file, int id)
DENY_AT(kernel_load_data, ABI_DENY_MODULE_DATA, id == MODULE ? ABI_DENY_MODULE_DATA : -1,
	NR_INIT_MODULE, (void)id, int id)

DENY_HOOK(userns_create, ABI_DENY_USERNS, NR_UNSHARE, r->ev.call.args[0] = CLONE_NEWUSER,
	  const struct cred *cred)

static __always_inline int point_of_anon(const struct qstr *name)
{
	static const char wanted[] = "[userfaultfd]";
	char text[sizeof(wanted)] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(name, name));
	for (__u32 i = 0; i < sizeof(wanted); i++)
		if (text[i] != wanted[i])
			return -1;
	return ABI_DENY_USERFAULT;
}
DENY_AT(inode_init_security_anon, ABI_DENY_USERFAULT, point_of_anon(name), NR_USERFAULTFD,
	(void)name, struct inode *inode, const struct qstr *name)

/* What has no question of its own asks for a capability. */
static __always_inline int point_of_capable(int cap)
{
	enum abi_table table;
	__u32 nr;
	bool compat;

	if (cap != CAP_SYS_ADMIN && cap != CAP_DAC_READ_SEARCH)
		return -1;
	nr = current_call(&table);
	compat = table == ABI_TABLE_COMPAT;
	if (nr == (compat ? NR_COMPAT_SETNS : NR_SETNS))
		return ABI_DENY_SETNS;
	if (cap == CAP_DAC_READ_SEARCH &&
	    nr == (compat ? NR_COMPAT_OPEN_BY_HANDLE_AT : NR_OPEN_BY_HANDLE_AT))
		return ABI_DENY_BY_HANDLE;
	return -1;
}

static __always_inline void fill_setns(struct room *r)
{
	struct pt_regs *regs = current_regs();
	__u32 nr = 0;

	if (call_table(current_task(), &nr) == ABI_TABLE_COMPAT) {
		r->ev.call.args[0] = (__u32)BPF_CORE_READ(regs, bx);
		r->ev.call.args[1] = (__u32)BPF_CORE_READ(regs, cx);
	} else {
		r->ev.call.args[0] = BPF_CORE_READ(regs, di);
		r->ev.call.args[1] = (__u32)BPF_CORE_READ(regs, si);
	}
}
DENY_AT(capable, ABI_DENY_SETNS, point_of_capable(cap),
	which == ABI_DENY_SETNS ? NR_SETNS : NR_OPEN_BY_HANDLE_AT, fill_setns(r),
	const struct cred *cred, void *ns, int cap)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
