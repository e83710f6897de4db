/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What decision points share, in whatever form the kernel serves them: who is asked, the record that is made of
 * what is about to happen (or just has), counts, and what becomes of it.
 */
#pragma once
#include "bpf/lib/pool.bpf.h"

#include "bpf/lib/current.bpf.h"
#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/kept.bpf.h"
#include "bpf/lib/place.bpf.h"
#include "bpf/lib/process.bpf.h"
#include "bpf/lib/program.bpf.h"

/* x86-64's numbers of the calls that hooks stand for, and i386's of some. */
enum {
	NR_MMAP = 9,
	NR_CONNECT = 42,
	NR_SENDTO = 44,
	NR_BIND = 49,
	NR_EXECVE = 59,
	NR_KILL = 62,
	NR_TRUNCATE = 76,
	NR_RMDIR = 84,
	NR_PTRACE = 101,
	NR_MKNOD = 133,
	NR_PIVOT_ROOT = 155,
	NR_CHROOT = 161,
	NR_MOUNT = 165,
	NR_UMOUNT2 = 166,
	NR_INIT_MODULE = 175,
	NR_OPENAT = 257,
	NR_MKDIRAT = 258,
	NR_MKNODAT = 259,
	NR_FCHOWNAT = 260,
	NR_UNLINKAT = 263,
	NR_LINKAT = 265,
	NR_SYMLINKAT = 266,
	NR_FCHMODAT = 268,
	NR_UNSHARE = 272,
	NR_PERF_EVENT_OPEN = 298,
	NR_OPEN_BY_HANDLE_AT = 304,
	NR_SETNS = 308,
	NR_FINIT_MODULE = 313,
	NR_RENAMEAT2 = 316,
	NR_BPF = 321,
	NR_USERFAULTFD = 323,
	NR_IO_URING_SETUP = 425, /* of i386 too */
	/* Of i386 too. */
	NR_OPEN_TREE = 428,
	NR_MOVE_MOUNT = 429,
	NR_FSOPEN = 430,
	NR_FSMOUNT = 432,
	NR_FSPICK = 433,
	NR_MOUNT_SETATTR = 442,
	NR_OPEN_TREE_ATTR = 467,
	NR_COMPAT_MKNOD = 14,
	NR_COMPAT_MKNODAT = 297,
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
	VM_EXEC = 4,
	VM_SHARED = 8,
	PROT_READ = 1,
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	READ_IMPLIES_EXEC = 0x400000,
	MODULE = 2, /* READING_MODULE, LOADING_MODULE */
	KEXEC_IMAGE = 3,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DENY_HOOKS);
	__type(key, __u32);
	__type(value, struct abi_deny_count);
} deny_counts __weak SEC(".maps");

/* What filters work in (struct filter_scratch): its size is set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DENY_ROOMS);
	__type(key, __u32);
	__type(value, __u64);
} deny_scratch __weak SEC(".maps");

const volatile __u64 deny_set __weak = 0; /* what records call the set of rules by */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct abi_deny_class_key);
	__type(value, struct abi_deny_class);
} deny_classes __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_DENY_HOOKS *ABI_DENY_RULES);
	__type(key, __u32);
	__type(value, struct abi_deny_rule_count);
} deny_rule_counts __weak SEC(".maps");

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

/* What applies in the group, at the point. NULL: nothing does. */
static __always_inline const struct abi_deny_class *class_of(__u64 cgroup, __u32 point)
{
	struct abi_deny_class_key key = { .point = point };
	const __u64 *class = bpf_map_lookup_elem(&deny_members, &cgroup);
	const struct abi_deny_stray *s = class ? NULL : stray_of(current_tgid());

	if (class)
		key.class = *class;
	else if (s)
		key.class = s->class;
	return bpf_map_lookup_elem(&deny_classes, &key);
}

/* The number of the lowest bit, of which there is one. */
static __always_inline __u32 lowest(__u32 set)
{
	__u32 n = 0;

	for (__u32 half = 16; half; half /= 2) {
		if (set & ((1U << half) - 1))
			continue;
		set >>= half;
		n += half;
	}
	return n;
}

/* Of the rules that fit those that are in these; false: none is. */
static __always_inline bool rules_choose(struct abi_deny_told *told, const __u32 *fit,
					 const __u32 *these)
{
	__u32 word = 0, set = 0;

	for (__u32 w = ABI_DENY_RULE_WORDS; w-- > 0;) {
		told->rules[w] = fit[w] & these[w];
		if (told->rules[w]) {
			word = w;
			set = told->rules[w];
		}
	}
	if (set)
		told->first = 32 * word + lowest(set);
	return set;
}

static __always_inline void decision_count(const struct room *r, const struct abi_deny_told *told)
{
	__u32 rule = told->point * ABI_DENY_RULES + told->first;
	struct abi_deny_rule_count *of_rule = bpf_map_lookup_elem(&deny_rule_counts, &rule);
	struct abi_deny_count *n = count_of(told->point);
	bool denied = r->ev.flags & ABI_EVENT_DENIED;

	if (!n || !of_rule)
		return;
	n->denied += denied;
	n->would += !denied;
	of_rule->denied += denied;
	of_rule->would += !denied;
}

/*
 * What the guard that runs keeps of processes is in a map of its own, which it puts here; the map of a guard that has ended stays until
 * the next one's takes its place, and what is marked there nobody reads.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct kept_map);
} deny_kept __weak SEC(".maps");

/* As kept_ask(). */
subprogram int deny_ask_kept(__u64 start_ns, __u32 tgid)
{
	struct abi_kept_key key = { .start_ns = start_ns, .tgid = tgid };
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&deny_kept, &zero);

	return map && kept_mark(map, key);
}

/* Whoever reads the record has to know its process and those above it, also if that process ends at once. */
static __always_inline void kept_tell_decision(struct abi_event *ev)
{
	__u64 start_ns = start_of(BPF_CORE_READ(current_task(), group_leader));

	if (ev->kind == ABI_EVENT_CALL)
		ev->call.start_ns = start_ns;
	if (deny_ask_kept(start_ns, ev->tgid))
		ev->flags |= ABI_EVENT_UNTOLD;
}

/* Counts it too. */
static __always_inline void decision_tell(struct room *r, const struct abi_deny_told *told)
{
	char *to = text_room(r);
	struct abi_deny_count *n;
	__u32 size;

	decision_count(r, told);
	r->ev.text[ABI_DENY_POINT_TEXT].len = 0;
	if (to) {
		__builtin_memcpy(to, told, sizeof(*told));
		text_put(r, ABI_DENY_POINT_TEXT, sizeof(*told));
	}
	kept_tell_decision(&r->ev);
	size = (sizeof(r->ev) + r->used) & (ABI_EVENT_SIZE_MAX - 1);
	r->ev.size = size;
	n = count_of(told->point);
	if (bpf_ringbuf_output(&events, r, size, 0) && n)
		n->untold++;
}

/*
 * What the rules that the filter found do here; false: nothing, and nothing is told. Then the record says what becomes of it
 * (ABI_EVENT_DENIED, or ABI_EVENT_WOULD_DENY), and *error is 256 - errno, or 0 in a dry run.
 */
static __always_inline bool decide(struct room *r, __u32 slot, struct abi_deny_told *told,
				   __u8 *error)
{
	/* What the filter has left there (struct filter_scratch). */
	const __u32 *fit = bpf_map_lookup_elem(&deny_scratch, &slot);
	const struct abi_deny_class *class;
	bool enforce = r->ev.flags & ABI_EVENT_DENIED;

	told->set = deny_set;
	told->point = r->ev.text[ABI_DENY_POINT_TEXT].len;
	told->first = 0;
	class = class_of(r->ev.cgroup, told->point);
	if (!fit || !class)
		return false;
	if (!rules_choose(told, fit, class->enforce)) {
		if (!rules_choose(told, fit, class->dry_run))
			return false;
		enforce = false;
	}
	if (!enforce)
		r->ev.flags = (r->ev.flags & ~ABI_EVENT_DENIED) | ABI_EVENT_WOULD_DENY;
	*error = enforce ? class->error[told->first & (ABI_DENY_RULES - 1)] : 0;
	return true;
}

/* Decides, tells, and gives the room back. 256 - errno; 0: it is allowed. */
subroutine int deny_end(void)
{
	struct abi_deny_told told;
	__u32 slot = 0;
	struct room *r = pool_own(&slot);
	__u8 error = 0;

	if (!r)
		return 0;
	if (decide(r, slot, &told, &error))
		decision_tell(r, &told);
	pool_leave();
	return error;
}

/* What the filters of a function go on to: an array of its own, for programs of one kernel need one attach point. */
#define DENY_ARRAY(name)                               \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, ABI_DENY_CALLS);   \
		__type(key, __u32);                    \
		__type(value, __u32);                  \
	} deny_calls_##name SEC(".maps");

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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct abi_deny_guarded);
	__type(value, __u8);
} deny_guarded __weak SEC(".maps");

enum { GUARDED_DEPTH = 12 }; /* below the guard's own directories; deeper is not the guard's */

/* Marks the record in current's room if dentry, which may be of what is not there yet, is the guard's or in a directory of it. */
subprogram int mark_guarded(__u64 dentry)
{
	struct abi_deny_guarded key = {};
	struct dentry *at = (struct dentry *)dentry, *up;
	__u32 slot = 0;
	struct room *r = pool_own(&slot);

	if (!r)
		return 0;
	key.dev = BPF_CORE_READ(at, d_sb, s_dev);
	if (!bpf_map_lookup_elem(&deny_guarded, &key))
		return 0;
	for (int i = 0; i < GUARDED_DEPTH; i++) {
		key.ino = BPF_CORE_READ(at, d_inode, i_ino);
		if (key.ino && bpf_map_lookup_elem(&deny_guarded, &key)) {
			r->ev.call.path_flags |= ABI_PATH_OF_GUARD;
			return 0;
		}
		up = BPF_CORE_READ(at, d_parent);
		if (up == at)
			return 0;
		at = up;
	}
	return 0;
}

static __always_inline void mark_outside(struct room *r, struct vfsmount *on)
{
	if (is_mount_outside(on))
		r->ev.call.path_flags |= ABI_PATH_OUTSIDE;
}

static __always_inline void fill_path(struct room *r, const struct path *path)
{
	mark_outside(r, BPF_CORE_READ(path, mnt));
	mark_guarded((__u64)BPF_CORE_READ(path, dentry));
	text_directory(r, ABI_TEXT_PATH1, (__u64)BPF_CORE_READ(path, mnt),
		       (__u64)BPF_CORE_READ(path, dentry));
}

static __always_inline void fill_entry(struct room *r, __u32 which, const struct path *dir,
				       struct dentry *dentry)
{
	mark_outside(r, BPF_CORE_READ(dir, mnt));
	mark_guarded(address_of(dentry));
	text_directory(r, which, (__u64)BPF_CORE_READ(dir, mnt), address_of(dentry));
}

/*
 * A file of a control group that is no container's, opened to be written, is beyond the container, wherever it is mounted: who
 * puts a process there takes it out of what is asked about.
 */
static __always_inline void mark_group(struct room *r, struct file *file)
{
	__u64 magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	struct kernfs_node *directory;
	struct cgroup *cgroup;

	if ((magic != CGROUP_SUPER_MAGIC && magic != CGROUP2_SUPER_MAGIC) ||
	    !(BPF_CORE_READ(file, f_mode) & FMODE_WRITE))
		return;
	directory = BPF_CORE_READ(file, f_path.dentry, d_parent, d_inode, i_private);
	cgroup = BPF_CORE_READ(directory, priv);
	if (cgroup_is_ours(cgroup) && !place_started(cgroup_id(cgroup)))
		r->ev.call.path_flags |= ABI_PATH_OUTSIDE;
}

static __always_inline void fill_open(struct room *r, struct file *file)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = BPF_CORE_READ(file, f_flags);
	file_fill(r, file, false);
	mark_group(r, file);
	mark_guarded((__u64)BPF_CORE_READ(file, f_path.dentry));
}
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
	exe_fill(&r->ev, current_task(), file);
	r->ev.flags |= layer_of(BPF_CORE_READ(file, f_inode));
	r->ev.process.path_flags = text_file(r, ABI_TEXT_EXE, (__u64)file, mode_of(file));
	text_kernel(r, ABI_TEXT_NAME, name);
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
	mark_guarded((__u64)BPF_CORE_READ(at, path.dentry));
	path_prepend(s, BPF_CORE_READ(at, path.mnt), BPF_CORE_READ(at, path.dentry));
	path_complete(s);
	len = ABI_PATH_MAX - s->at;
	if (len >= ABI_PATH_MAX)
		return;
	*(__u16 *)to = AF_UNIX;
	bpf_probe_read_kernel(to + 2, len & (ABI_PATH_MAX - 1),
			      &s->path[s->at & (ABI_PATH_MAX - 1)]);
	text_put(r, ABI_TEXT_BYTES, len + 2);
}
/* Control groups ask about connections of TCP and UDP, in all ways that there are (bpf/deny_cgroup.bpf.c): nobody else does. */
const volatile bool inet_by_cgroup __weak = false;

static __always_inline bool is_asked_elsewhere(struct socket *socket)
{
	__u16 type = BPF_CORE_READ(socket, type), protocol = BPF_CORE_READ(socket, sk, sk_protocol);

	return inet_by_cgroup && ((type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
				  (type == SOCK_DGRAM && protocol == IPPROTO_UDP));
}

/* Whether what is mapped like that can be executed: for some programs of old, and whoever says so, all that can be read can. */
static __always_inline bool maps_code(unsigned long prot)
{
	return prot & PROT_EXEC ||
	       (prot & PROT_READ && BPF_CORE_READ(current_task(), personality) & READ_IMPLIES_EXEC);
}

/* In another mount namespace. One that is ending has none any more. */
static __always_inline bool is_beyond(struct task_struct *task)
{
	struct mnt_namespace *ns = BPF_CORE_READ(task, nsproxy, mnt_ns);

	return ns && ns != BPF_CORE_READ(current_task(), nsproxy, mnt_ns);
}
