// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decision points. Each is a function of the kernel that is asked before something is done: as a hook
 * of a security module (lsm/), or, where BPF is none of the active ones, on the function that asks all of them (fmod_ret/).
 *
 * What is about to be done becomes a record, that of the call which would do it; the filter of the hook,
 * made of the rules at run time (src/guard/filter), looks at it and goes on to one of two programs: leave, or, if rules
 * fit, verdict. That looks up what these rules are to do in this container, denies and tells. All three are of the same type and attach point, as kernels from 6.12 on want it.
 * A hook that no rule is about is not attached.
 */
#include "bpf/lib/deny.bpf.h"

const volatile struct abi_settings settings __weak = {};
/* Bit by decision point: rules are about it. */
const volatile __u64 deny_points __weak = 0;

/* What a decision point returns: the verifier wants to see that it is an errno. */
static __always_inline int error_of(__u64 error)
{
	if (!error)
		return 0;
	asm volatile("%0 &= 255;"
		     "%0 |= -256;"
		     : "+r"(error));
	return (int)error;
}

/*
 * The programs of a function in one of the two forms: deny_FORM_NAME is attached; verdict and leave are what a
 * filter goes on to. Each function has its array: on a kernel one form is loaded. POINT says which decision point it is, of
 * those that begin with FIRST; negative: none. FILL gets the room and the function's arguments.
 */
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
		return error_of(deny_end());                                               \
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

/*
 * overlayfs opens the files below, and its own when it copies one up, by a mount of its own that is in no tree, with the credentials of
 * who mounted it: what was asked of the file above has been answered. Nobody else has both.
 */
static __always_inline bool is_below(struct file *file)
{
	struct task_struct *task = current_task();
	struct mount *mnt;
	__s64 ns;

	if (BPF_CORE_READ(task, cred) == BPF_CORE_READ(task, real_cred))
		return false;
	mnt = mount_of(BPF_CORE_READ(file, f_path.mnt));
	ns = (__s64)BPF_CORE_READ(mnt, mnt_ns);
	return !ns || ns > -4096L;
}
DENY_AT(file_open, ABI_DENY_OPEN, is_below(file) ? -1 : ABI_DENY_OPEN, NR_OPENAT,
	fill_open(r, file), struct file *file)

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

/* open() asks this of files that it makes too, which is asked about as an open. */
static __always_inline int point_of_mknod(__u16 mode)
{
	enum abi_table table;
	__u32 nr;

	if ((mode & S_IFMT) != S_IFREG && mode & S_IFMT)
		return ABI_DENY_MKNOD;
	nr = current_call(&table);
	if (table == ABI_TABLE_COMPAT)
		return nr == NR_COMPAT_MKNOD || nr == NR_COMPAT_MKNODAT ? ABI_DENY_MKNOD : -1;
	return nr == NR_MKNOD || nr == NR_MKNODAT ? ABI_DENY_MKNOD : -1;
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

static __always_inline void fill_chown(struct room *r, const struct path *path, unsigned int uid,
				       unsigned int gid)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = uid;
	r->ev.call.args[3] = gid;
	fill_path(r, path);
}
DENY_HOOK(path_chown, ABI_DENY_CHOWN, NR_FCHOWNAT, fill_chown(r, path, uid, gid),
	  const struct path *path, unsigned int uid, unsigned int gid)

static __always_inline void fill_link(struct room *r, struct dentry *old, const struct path *dir,
				      struct dentry *fresh)
{
	/* The old name's mount is the new one's: links do not cross mounts. */
	fill_entry(r, ABI_TEXT_PATH1, dir, old);
	fill_entry(r, ABI_TEXT_PATH2, dir, fresh);
}
DENY_HOOK(path_link, ABI_DENY_LINK, NR_LINKAT, fill_link(r, old, dir, fresh), struct dentry *old,
	  const struct path *dir, struct dentry *fresh)
DENY_HOOK(path_symlink, ABI_DENY_SYMLINK, NR_SYMLINKAT, fill_entry(r, ABI_TEXT_PATH2, dir, dentry),
	  const struct path *dir, struct dentry *dentry)
DENY_HOOK(path_mkdir, ABI_DENY_MKDIR, NR_MKDIRAT, fill_entry(r, ABI_TEXT_PATH1, dir, dentry),
	  const struct path *dir, struct dentry *dentry)
DENY_HOOK(path_rmdir, ABI_DENY_RMDIR, NR_RMDIR, fill_entry(r, ABI_TEXT_PATH1, dir, dentry),
	  const struct path *dir, struct dentry *dentry)
DENY_HOOK(path_truncate, ABI_DENY_TRUNCATE, NR_TRUNCATE, fill_path(r, path),
	  const struct path *path)

static __always_inline int point_of_mmap(struct file *file, unsigned long prot)
{
	return file && maps_code(prot) ? ABI_DENY_MMAP : -1;
}

/* Of the flags only whether what others write to the file is seen there: loaders want none of that, and compilers at run time do. */
static __always_inline void fill_map(struct room *r, struct file *file, bool shared)
{
	r->ev.call.args[2] = PROT_EXEC;
	r->ev.call.args[3] = shared ? MAP_SHARED : MAP_PRIVATE;
	file_fill(r, file, false);
}

/* The hook has what is asked for, and what becomes of that. */
DENY_ARRAY(mmap_file)
DENY_FORM(lsm, "lsm/mmap_file", mmap_file, ABI_DENY_MMAP, point_of_mmap(file, prot), NR_MMAP,
	  fill_map(r, file, (flags & MAP_SHARED) != 0), struct file *file, unsigned long asked,
	  unsigned long prot, unsigned long flags)
DENY_FORM(mod, "fmod_ret/security_mmap_file", mmap_file, ABI_DENY_MMAP, point_of_mmap(file, prot),
	  NR_MMAP, fill_map(r, file, (flags & MAP_SHARED) != 0), struct file *file,
	  unsigned long prot, unsigned long flags)

static __always_inline int point_of_mprotect(struct vm_area_struct *vma, unsigned long prot)
{
	if (!maps_code(prot) || BPF_CORE_READ(vma, vm_flags) & VM_EXEC)
		return -1;
	return BPF_CORE_READ(vma, vm_file) ? ABI_DENY_MPROTECT : -1;
}
DENY_AT(file_mprotect, ABI_DENY_MPROTECT, point_of_mprotect(vma, prot), NR_MMAP,
	fill_map(r, BPF_CORE_READ(vma, vm_file), BPF_CORE_READ(vma, vm_flags) & VM_SHARED),
	struct vm_area_struct *vma, unsigned long prot)

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

static __always_inline void fill_umount(struct room *r, struct vfsmount *mnt, int flags)
{
	r->ev.call.args[1] = (__u32)flags;
	text_directory(r, ABI_TEXT_PATH1, address_of(mnt), (__u64)BPF_CORE_READ(mnt, mnt_root));
}
DENY_HOOK(sb_umount, ABI_DENY_UMOUNT, NR_UMOUNT2, fill_umount(r, mnt, flags), struct vfsmount *mnt,
	  int flags)

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

	if (is_asked_elsewhere(socket))
		return -1;
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

DENY_AT(unix_stream_connect, ABI_DENY_CONNECT_UNIX, point_of_unix(other), NR_CONNECT,
	fill_connect_unix(r, other), struct sock *sock, struct sock *other, struct sock *fresh)

/* --- processes ------------------------------------------------------------------------------------- */

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

/* Code for the kernel, or another kernel to be begun (kexec). */
static __always_inline bool is_of_kernel(int id)
{
	return id == MODULE || id == KEXEC_IMAGE;
}

DENY_AT(kernel_read_file, ABI_DENY_MODULE_FILE, is_of_kernel(id) ? ABI_DENY_MODULE_FILE : -1,
	NR_FINIT_MODULE, file_fill(r, file, false), struct file *file, int id)
DENY_AT(kernel_load_data, ABI_DENY_MODULE_DATA, is_of_kernel(id) ? ABI_DENY_MODULE_DATA : -1,
	NR_INIT_MODULE, (void)id, int id)

/*
 * Before Linux 5.12 what goes through io_uring is done by threads of the kernel, which are in no container's group: there the ring
 * itself is asked about, which is a file. The function has another name than its hook.
 */
static __always_inline int point_of_file(void)
{
	enum abi_table table;

	return current_call(&table) == NR_IO_URING_SETUP ? ABI_DENY_URING : -1;
}
DENY_ARRAY(file_alloc_security)
DENY_FORM(lsm, "lsm/file_alloc_security", file_alloc_security, ABI_DENY_URING, point_of_file(),
	  NR_IO_URING_SETUP, (void)file, struct file *file)
DENY_FORM(mod, "fmod_ret/security_file_alloc", file_alloc_security, ABI_DENY_URING, point_of_file(),
	  NR_IO_URING_SETUP, (void)file, struct file *file)

DENY_HOOK(userns_create, ABI_DENY_USERNS, NR_UNSHARE, r->ev.call.args[0] = CLONE_NEWUSER,
	  const struct cred *cred)

static __always_inline int point_of_anon(const struct qstr *name)
{
	static const char wanted[] = "[userfaultfd]";
	char text[sizeof(wanted)] = {};
	int differs = 0;

	bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(name, name));
	/* Without a branch for each: the verifier walks all ways through them. */
	for (__u32 i = 0; i < sizeof(wanted); i++)
		differs |= text[i] ^ wanted[i];
	return differs ? -1 : ABI_DENY_USERFAULT;
}
DENY_AT(inode_init_security_anon, ABI_DENY_USERFAULT, point_of_anon(name), NR_USERFAULTFD,
	(void)name, struct inode *inode, const struct qstr *name)

/*
 * Whether the check of a capability is one that rules may be about: meant to be noticed, by the task's own credentials against its
 * own user namespace, as recordings have it (bpf/capability.bpf.c), and it would be granted.
 */
static __always_inline bool is_capability(const struct cred *cred, struct user_namespace *ns,
					  int cap, unsigned int opts)
{
	__u64 held = 0;

	if (!(deny_points >> ABI_DENY_CAPABILITY & 1) || opts & CAP_OPT_NOAUDIT || cap < 0 ||
	    cap > 63 || cred != BPF_CORE_READ(current_task(), real_cred) ||
	    ns != BPF_CORE_READ(cred, user_ns))
		return false;
	bpf_core_read(&held, sizeof(held), &cred->cap_effective);
	return held >> cap & 1;
}

/* Calls that mount without saying where, or change what is mounted; open_tree() asks if it copies. */
static __always_inline bool is_of_mounts(__u32 nr)
{
	return nr == NR_FSOPEN || nr == NR_FSMOUNT || nr == NR_FSPICK || nr == NR_OPEN_TREE ||
	       nr == NR_MOUNT_SETATTR || nr == NR_OPEN_TREE_ATTR;
}

/* What has no question of its own asks for a capability. */
static __always_inline int point_of_capable(const struct cred *cred, struct user_namespace *ns,
					    int cap, unsigned int opts)
{
	int other = is_capability(cred, ns, cap, opts) ? ABI_DENY_CAPABILITY : -1;
	enum abi_table table;
	__u32 nr;
	bool compat;

	if (cap != CAP_SYS_ADMIN && cap != CAP_DAC_READ_SEARCH)
		return other;
	nr = current_call(&table);
	if (cap == CAP_SYS_ADMIN && is_of_mounts(nr))
		return ABI_DENY_FSMOUNT;
	compat = table == ABI_TABLE_COMPAT;
	if (nr == (compat ? NR_COMPAT_SETNS : NR_SETNS))
		return ABI_DENY_SETNS;
	if (cap == CAP_DAC_READ_SEARCH &&
	    nr == (compat ? NR_COMPAT_OPEN_BY_HANDLE_AT : NR_OPEN_BY_HANDLE_AT))
		return ABI_DENY_BY_HANDLE;
	return other;
}

static __always_inline __u32 nr_of_capable(int which)
{
	return which == ABI_DENY_SETNS	    ? NR_SETNS :
	       which == ABI_DENY_FSMOUNT    ? NR_FSMOUNT :
	       which == ABI_DENY_CAPABILITY ? ABI_NR_CAPABILITY :
					      NR_OPEN_BY_HANDLE_AT;
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
static __always_inline void fill_capable(struct room *r, int which, int cap)
{
	if (which == ABI_DENY_FSMOUNT)
		return;
	if (which != ABI_DENY_CAPABILITY) {
		fill_setns(r);
		return;
	}
	r->ev.call.args[0] = cap;
	r->ev.call.args[1] = 1;
}
DENY_AT(capable, ABI_DENY_SETNS, point_of_capable(cred, ns, cap, opts), nr_of_capable(which),
	fill_capable(r, which, cap), const struct cred *cred, struct user_namespace *ns, int cap,
	unsigned int opts)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
