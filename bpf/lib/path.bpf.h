/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths, as seen from the root of the mount namespace that a file is in: for a container after
 * pivot_root that is the container's own root, no matter which chroot or symbolic link the program
 * went through. Walked by hand: bpf_d_path() is allowed at few attach points and needs 5.10 at the
 * least. Names are put in front of each other in a buffer that fills from its end.
 */
#pragma once
#include "bpf/lib/scratch.bpf.h"

enum { PATH_STEPS_MAX = 96 }; /* components and mount crossings together */

/* Which of this CPU's: there is one where nothing preempts a program, else pool.bpf.h knows. */
#ifndef SCRATCH_SLOT
#define SCRATCH_SLOT() 0
#endif

static __always_inline struct scratch *scratch_current(void)
{
	__u32 slot = SCRATCH_SLOT();

	return bpf_map_lookup_elem(&scratches, &slot);
}

/* The same, emptied. */
static __always_inline struct scratch *scratch_get(void)
{
	struct scratch *s = scratch_current();

	if (s) {
		s->at = ABI_PATH_MAX;
		s->flags = 0;
	}
	return s;
}

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((void *)mnt - bpf_core_field_offset(struct mount, mnt));
}

/* What a step looks at: d_parent and d_name, which follow each other in every kernel so far. */
struct link {
	struct dentry *parent;
	struct qstr name;
};

static __always_inline void link_read(struct link *to, struct dentry *dentry)
{
	if (!HAS_LOADS &&
	    bpf_core_field_offset(struct dentry, d_name) ==
		    bpf_core_field_offset(struct dentry, d_parent) + sizeof(to->parent) &&
	    bpf_core_field_offset(struct qstr, len) == __builtin_offsetof(struct qstr, len) &&
	    bpf_core_field_offset(struct qstr, name) == __builtin_offsetof(struct qstr, name)) {
		bpf_probe_read_kernel(to, sizeof(*to),
				      (void *)dentry +
					      bpf_core_field_offset(struct dentry, d_parent));
		return;
	}
	to->parent = BPF_CORE_READ(dentry, d_parent);
	to->name.len = BPF_CORE_READ(dentry, d_name.len);
	to->name.name = BPF_CORE_READ(dentry, d_name.name);
}

/* Puts a name in front; false if the buffer is full. */
static __always_inline bool path_prepend_name(struct scratch *s, const struct link *link,
					      bool slash)
{
	const unsigned char *name = link->name.name;
	__u32 len = link->name.len, at = s->at;

	if (len > 255 || at > ABI_PATH_MAX || at < len + 1)
		return false;
	at -= len;
	/* The masks are for the verifier: it does not follow the comparisons above through s. */
	bpf_probe_read_kernel(&s->path[at & (ABI_PATH_MAX - 1)], len & 255, name);
	if (slash) {
		at--;
		s->path[at & (ABI_PATH_MAX - 1)] = '/';
	}
	s->at = at;
	return true;
}

/* From the root of a mount to what it is mounted on; false at the top. */
static __always_inline bool path_cross(struct scratch *s)
{
	struct mount *mnt = (struct mount *)s->mnt, *up = BPF_CORE_READ(mnt, mnt_parent);

	if (up == mnt || !up)
		return false;
	s->dentry = (__u64)BPF_CORE_READ(mnt, mnt_mountpoint);
	s->mnt = (__u64)up;
	s->root = (__u64)BPF_CORE_READ(up, mnt.mnt_root);
	return true;
}

/*
 * One step up: puts a name in front, or crosses from a mount to what it is mounted on. False at the top.
 * Where the walk is, is in the scratch: so the verifier sees a step once, not once for each turn of the
 * loop and each way to get there, of which kernels before 6.2 made some 160,000 instructions.
 */
subprogram int path_step(void)
{
	struct scratch *s = scratch_current();
	struct dentry *dentry;
	struct link link;

	if (!s)
		return 0;
	dentry = (struct dentry *)s->dentry;
	if (s->dentry == s->root) {
		if (path_cross(s))
			return 1;
		if (s->at != ABI_PATH_MAX ||
		    (BPF_CORE_READ(dentry, d_inode, i_mode) & S_IFMT) == S_IFDIR)
			return 0;
		/* A file that is a mount of its own, and detached: runtimes execute themselves like that
		 * (CVE-2019-5736). Its name in its file system is what is left. */
		s->flags |= ABI_PATH_DETACHED;
		s->root = 0;
	}
	link_read(&link, dentry);
	if (link.parent == dentry || !link.parent) {
		if (s->root) { /* never linked into a file system: memfd, pipe, socket */
			s->flags |= ABI_PATH_MEMORY;
			path_prepend_name(s, &link, false);
		}
		return 0;
	}
	if (!path_prepend_name(s, &link, true)) {
		s->flags |= ABI_PATH_TRUNCATED;
		return 0;
	}
	s->dentry = (__u64)link.parent;
	return 1;
}

/* From where this CPU's scratch says, until the top. */
subprogram int path_walk(void)
{
	struct scratch *s;

	for (int i = 0; i < PATH_STEPS_MAX; i++)
		if (!path_step())
			return 0;
	s = scratch_current();
	if (s)
		s->flags |= ABI_PATH_TRUNCATED;
	return 0;
}

/* Puts the path of dentry on vfsmnt in front of what the scratch holds. */
static __always_inline void path_prepend(struct scratch *s, struct vfsmount *on,
					 struct dentry *dentry)
{
	s->dentry = (__u64)dentry;
	s->mnt = (__u64)mount_of(on);
	s->root = (__u64)BPF_CORE_READ(on, mnt_root);
	path_walk();
}

static __always_inline __u16 mode_of(struct file *file)
{
	return BPF_CORE_READ(file, f_inode, i_mode);
}

/* mode: mode_of(file). */
static __always_inline void path_of_file(struct scratch *s, struct file *file, __u16 mode)
{
	struct path path;

	if (HAS_LOADS)
		path = (struct path){ BPF_CORE_READ(file, f_path.mnt),
				      BPF_CORE_READ(file, f_path.dentry) };
	else
		BPF_CORE_READ_INTO(&path, file, f_path);
	path_prepend(s, path.mnt, path.dentry);
	if ((mode & S_IFMT) == S_IFDIR)
		s->flags |= ABI_PATH_DIRECTORY;
	if (!(s->flags & ABI_PATH_MEMORY) && !BPF_CORE_READ(path.dentry, d_hash.pprev) &&
	    s->at < ABI_PATH_MAX)
		s->flags |= ABI_PATH_DELETED;
	if (s->at == ABI_PATH_MAX) { /* the root itself */
		s->at = ABI_PATH_MAX - 1;
		s->path[ABI_PATH_MAX - 1] = '/';
	}
}
