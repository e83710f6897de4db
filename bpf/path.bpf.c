// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is done to names: made, removed, renamed, linked, their mode and owner changed.
 *
 * security_path_*() (CONFIG_SECURITY_PATH, which every kernel with AppArmor or TOMOYO has) is called
 * when the kernel has found the directory and the entry: no symbolic link, "..", or race of the
 * program's string is left. Where these can't be attached to, sys_exit learns the string instead
 * (exit.bpf.c), and user space resolves it as far as the container still exists. So for chown, always:
 * its hook takes structures by value, which trampolines could not pass before 6.0.
 */
#include "bpf/lib/track.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* ops on the entry dentry of a directory on mnt. */
static __always_inline int entry_learn(const struct path *dir, struct dentry *dentry, __u32 ops)
{
	struct abi_task *t = task_find_actor();
	struct scratch *s = scratch_get();

	if (!t || !s)
		return 0;
	path_prepend(s, BPF_CORE_READ(dir, mnt), dentry);
	path_learn(t->cell, t->actor, ops);
	return 0;
}

static __always_inline int object_learn(const struct path *path, __u32 ops)
{
	return entry_learn(path, BPF_CORE_READ(path, dentry), ops);
}

static __always_inline int rename_learn(const struct path *from, struct dentry *old,
					const struct path *to, struct dentry *fresh)
{
	entry_learn(from, old, ABI_FILE_RENAME_FROM);
	return entry_learn(to, fresh, ABI_FILE_RENAME_TO);
}

/* The old name's mount is the new one's: links do not cross mounts. */
static __always_inline int link_learn(struct dentry *old, const struct path *to,
				      struct dentry *fresh)
{
	entry_learn(to, old, ABI_FILE_LINK_TARGET);
	return entry_learn(to, fresh, ABI_FILE_LINK);
}

/* Each hook twice: where BPF trampolines work, and where only kprobes do. */
#define ENTRY_HOOK(name, ops)                                                               \
	SEC("fentry/security_path_" #name)                                                  \
	int BPF_PROG(path_##name##_fentry, const struct path *dir, struct dentry *dentry)   \
	{                                                                                   \
		return entry_learn(dir, dentry, ops);                                       \
	}                                                                                   \
	SEC("kprobe/security_path_" #name)                                                  \
	int BPF_KPROBE(path_##name##_kprobe, const struct path *dir, struct dentry *dentry) \
	{                                                                                   \
		return entry_learn(dir, dentry, ops);                                       \
	}

#define OBJECT_HOOK(name, ops)                                        \
	SEC("fentry/security_path_" #name)                            \
	int BPF_PROG(path_##name##_fentry, const struct path *path)   \
	{                                                             \
		return object_learn(path, ops);                       \
	}                                                             \
	SEC("kprobe/security_path_" #name)                            \
	int BPF_KPROBE(path_##name##_kprobe, const struct path *path) \
	{                                                             \
		return object_learn(path, ops);                       \
	}

ENTRY_HOOK(unlink, ABI_FILE_UNLINK)
ENTRY_HOOK(mkdir, ABI_FILE_MKDIR)
ENTRY_HOOK(rmdir, ABI_FILE_RMDIR)
ENTRY_HOOK(mknod, ABI_FILE_MKNOD)
ENTRY_HOOK(symlink, ABI_FILE_SYMLINK)
OBJECT_HOOK(truncate, ABI_FILE_TRUNCATE)
OBJECT_HOOK(chmod, ABI_FILE_CHMOD)

SEC("fentry/security_path_rename")
int BPF_PROG(path_rename_fentry, const struct path *from, struct dentry *old, const struct path *to,
	     struct dentry *fresh)
{
	return rename_learn(from, old, to, fresh);
}

SEC("kprobe/security_path_rename")
int BPF_KPROBE(path_rename_kprobe, const struct path *from, struct dentry *old,
	       const struct path *to, struct dentry *fresh)
{
	return rename_learn(from, old, to, fresh);
}

SEC("fentry/security_path_link")
int BPF_PROG(path_link_fentry, struct dentry *old, const struct path *to, struct dentry *fresh)
{
	return link_learn(old, to, fresh);
}

SEC("kprobe/security_path_link")
int BPF_KPROBE(path_link_kprobe, struct dentry *old, const struct path *to, struct dentry *fresh)
{
	return link_learn(old, to, fresh);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
