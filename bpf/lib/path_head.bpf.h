/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths with more names than a walk has steps, or more bytes than it has room. Their end alone looks like
 * another path: whoever goes deep enough would not be below /tmp for any rule. So the walk goes on up
 * without room for names, and the first of them are put in front: /tmp/a/b/c/.../y/z.
 */
#pragma once
#include "bpf/lib/path.bpf.h"

enum {
	HEAD_ROOM = SCRATCH_HEAD * (255 + 1), /* names and their slashes */
	DOTS = 3,
	CLIMB_MAX = 1000, /* kernels before 5.17 keep a state for each turn while they verify */
};

/* Remembers the names that it passes, the last in the place of the first. False at the top. */
subprogram int path_climb_step(void)
{
	struct scratch *s = scratch_current();
	struct link link;

	if (!s)
		return 0;
	if (s->dentry == s->root)
		return path_cross(s);
	link_read(&link, (struct dentry *)s->dentry);
	if ((__u64)link.parent == s->dentry || !link.parent)
		return 0;
	s->head[s->climbed++ & (SCRATCH_HEAD - 1)] = s->dentry;
	s->dentry = (__u64)link.parent;
	return 1;
}

/* There is room: HEAD_ROOM and its dots were left free. */
static __always_inline void path_prepend_char(struct scratch *s, char c)
{
	__u32 at = s->at - 1;

	barrier_var(at); /* the mask is for the verifier */
	s->path[at & (ABI_PATH_MAX - 1)] = c;
	s->at = at;
}

/*
 * For a walk that ended before the top, whose state the scratch has. What lies deeper still does not
 * look like a path from the root: it begins with three dots.
 */
subprogram int path_head(void)
{
	struct scratch *s = scratch_current();
	__u32 known, passed;
	bool top = false;

	if (!s)
		return 0;
	s->climbed = 0;
	for (int i = 0; i < CLIMB_MAX && !top; i++)
		top = !path_climb_step();
	passed = s->climbed;
	known = passed < SCRATCH_HEAD ? passed : SCRATCH_HEAD;
	if (!top)
		known = 0;
	if (known == passed && s->at >= HEAD_ROOM) {
		s->flags &= ~ABI_PATH_TRUNCATED;
	} else {
		if (s->at < HEAD_ROOM + DOTS + 1)
			s->at = HEAD_ROOM + DOTS + 1;
		for (int i = 0; i < DOTS; i++)
			path_prepend_char(s, '.');
		if (top)
			path_prepend_char(s, '/');
	}
	for (__u32 i = 0; i < SCRATCH_HEAD; i++) {
		struct link link;

		if (i >= known)
			break;
		link_read(&link,
			  (struct dentry *)s->head[(passed - known + i) & (SCRATCH_HEAD - 1)]);
		path_prepend_name(s, &link, true);
	}
	return 0;
}

/* The whole of a path, or of what is longer the beginning and the end. */
static __always_inline void path_complete(struct scratch *s)
{
	if (s->flags & ABI_PATH_TRUNCATED)
		path_head();
}
