/* SPDX-License-Identifier: Apache-2.0 */
/* Files of an image by their names: in a directory, or as members of a tar. */
#pragma once
#include "base/error.h"
#include "base/table.h"
#include "base/vec.h"
#include "inspect/image/tar.h"

struct blobs_member {
	char *path;
	uint64_t offset, size;
};

struct blobs {
	int root; /* a directory; -1 */
	int tar;  /* a file; -1 */
	VEC(struct blobs_member) members;
};

/* A part of an open file: fd is the caller's, if it is not the store's. */
struct blob {
	int fd;
	bool owned;
	uint64_t offset, size;
};

int blobs_open(struct blobs *s, const char *path, struct error *err);
void blobs_close(struct blobs *s);
/* -ENOENT: there is nothing of this name. */
int blobs_find(const struct blobs *s, const char *name, struct blob *ret);
void blob_close(struct blob *b);
/* All of a file that is at most limit bytes. */
int blobs_read(const struct blobs *s, const char *name, size_t limit, struct buf *out);
