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

#include "bpf/lib/descriptor.bpf.h"
#include "bpf/lib/place.bpf.h"
#include "bpf/lib/program.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* x86-64's numbers of the calls that hooks stand for. */
enum {
	NR_CONNECT = 42,
	NR_PTRACE = 101,
	NR_PIVOT_ROOT = 155,
	NR_CHROOT = 161,
	NR_MOUNT = 165,
	NR_OPENAT = 257,
	NR_UNLINKAT = 263,
	NR_MKNODAT = 259,
	NR_RENAMEAT2 = 316,
	NR_FCHMODAT = 268,
	NR_BPF = 321,
	NR_MOVE_MOUNT = 429,
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
static __always_inline struct room *deny_begin(__u32 hook, __u32 nr)
{
	struct abi_deny_count *n;
	enum abi_deny_mode mode;
	__u64 cgroup = 0;
	struct room *r;

	mode = mode_of_current(&cgroup);
	if (mode == ABI_DENY_OBSERVE)
		return NULL;
	n = count_of(hook);
	r = pool_take();
	if (n && r)
		n->asked++;
	else if (n)
		n->busy++;
	if (!r)
		return NULL;
	room_head(r, ABI_EVENT_CALL, current_task(), cgroup);
	r->ev.flags = ABI_EVENT_WATCHED |
		      (mode == ABI_DENY_ENFORCE ? ABI_EVENT_DENIED : ABI_EVENT_WOULD_DENY);
	r->ev.table = ABI_TABLE_NATIVE;
	r->ev.nr = nr;
	r->ev.call.fd = -1;
	program_fill(r);
	return r;
}

/* Tells, and gives the room back. True: it is denied. */
static __noinline int deny_end(__u32 hook)
{
	struct abi_deny_count *n = count_of(hook);
	__u32 slot = 0, size, denied;
	struct room *r = pool_own(&slot);

	if (!r || !n)
		return 0;
	denied = r->ev.flags & ABI_EVENT_DENIED;
	if (denied)
		n->denied++;
	else
		n->would++;
	size = (sizeof(r->ev) + r->used) & (ABI_EVENT_SIZE_MAX - 1);
	r->ev.size = size;
	if (bpf_ringbuf_output(&events, r, size, 0))
		n->untold++;
	pool_leave();
	return denied ? 1 : 0;
}

/*
 * The programs of a hook in one of the two forms: deny_HOOK_FORM is attached; verdict and leave are what the
 * filter goes on to. Each hook has its array: on a kernel one form is loaded. FILL gets the room and the hook's arguments.
 */
#define DENY_ARRAY(name)                                     \
	struct {                                             \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);       \
		__uint(max_entries, ABI_DENY_CALLS);         \
		__type(key, __u32);                          \
		__type(value, __u32);                        \
	} deny_calls_##name SEC(".maps");

#define DENY_FORM(form, section, name, hook, nr, fill, ...)               \
	SEC(section)                                                      \
	int BPF_PROG(deny_##form##_##name, ##__VA_ARGS__)                 \
	{                                                                 \
		struct room *r = deny_begin(hook, nr);                    \
                                                                          \
		if (!r)                                                   \
			return 0;                                         \
		fill;                                                     \
		bpf_tail_call(ctx, &deny_calls_##name, ABI_DENY_FILTER);  \
		pool_leave();                                             \
		return 0;                                                 \
	}                                                                 \
	SEC(section)                                                      \
	int verdict_##form##_##name(void *ctx)                            \
	{                                                                 \
		if (deny_end(hook))                                       \
			return -EPERM;                                    \
		return 0;                                                 \
	}                                                                 \
	SEC(section)                                                      \
	int leave_##form##_##name(void *ctx)                              \
	{                                                                 \
		pool_leave();                                             \
		return 0;                                                 \
	}

#define DENY_HOOK(name, hook, nr, fill, ...)                                               \
	DENY_ARRAY(name)                                                                   \
	DENY_FORM(lsm, "lsm/" #name, name, hook, nr, fill, ##__VA_ARGS__)                  \
	DENY_FORM(mod, "fmod_ret/security_" #name, name, hook, nr, fill, ##__VA_ARGS__)

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

static __always_inline void fill_path(struct room *r, const struct path *path)
{
	text_directory(r, ABI_TEXT_PATH1, (__u64)BPF_CORE_READ(path, mnt),
		       (__u64)BPF_CORE_READ(path, dentry));
}

static __always_inline void fill_entry(struct room *r, __u32 which, const struct path *dir,
				       struct dentry *dentry)
{
	text_directory(r, which, (__u64)BPF_CORE_READ(dir, mnt), (__u64)dentry);
}

static __always_inline void fill_open(struct room *r, struct file *file)
{
	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = BPF_CORE_READ(file, f_flags);
	file_fill(r, file, false);
}
DENY_HOOK(file_open, ABI_DENY_OPEN, NR_OPENAT, fill_open(r, file), struct file *file)

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
DENY_HOOK(path_mknod, ABI_DENY_MKNOD, NR_MKNODAT, fill_mknod(r, dir, dentry, mode, dev),
	  const struct path *dir, struct dentry *dentry, __u16 mode, __u32 dev)

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

static __always_inline void fill_move_mount(struct room *r, const struct path *from, const struct path *to)
{
	fill_entry(r, ABI_TEXT_PATH1, from, BPF_CORE_READ(from, dentry));
	fill_entry(r, ABI_TEXT_PATH2, to, BPF_CORE_READ(to, dentry));
}
DENY_HOOK(move_mount, ABI_DENY_MOVE_MOUNT, NR_MOVE_MOUNT, fill_move_mount(r, from, to),
	  const struct path *from, const struct path *to)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
