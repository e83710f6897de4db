/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a tar archive (ustar, GNU's long names, pax), one after the other, from hostile bytes. */
#pragma once
#include "base/buf.h"
#include "inspect/image/bytes.h"

enum { TAR_PATH_MAX = 4096 };

struct tar_member {
	char path[TAR_PATH_MAX + 1]; /* without "./" and slashes in front and behind */
	char type; /* '0' a file, '5' a directory, '2' a link, '3' and '4' devices ... */
	uint32_t mode, uid, gid;
	uint64_t size;	 /* of the content */
	uint64_t offset; /* of the content in what is read, if that is not compressed */
};

struct tar {
	struct bytes *bytes; /* borrowed */
	uint64_t at, left;   /* where it is; bytes of the member that were not read, with padding */
	uint64_t content;    /* the same without */
};

void tar_init(struct tar *t, struct bytes *bytes);
/* 1: there is one; 0: the end; -errno: -EINVAL for what is no archive. */
int tar_next(struct tar *t, struct tar_member *ret);
/* All content of the member into b (reset), which is at most limit bytes: -EFBIG. */
int tar_read(struct tar *t, size_t limit, struct buf *b);
