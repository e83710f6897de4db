/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"

enum { MEMBERS_MAX = 16384 };

static int compare_members(const void *x, const void *y)
{
	const struct blobs_member *a = x, *b = y;

	return strcmp(a->path, b->path);
}

/* Where the members of an archive are; it can't be compressed as a whole. */
static int index_tar(struct blobs *s, uint64_t size, struct error *err)
{
	cleanup_bytes struct bytes *bytes = bytes_open(s->tar, 0, size, UINT64_MAX);
	cleanup_free struct tar_member *m = calloc(1, sizeof(*m));
	struct tar t;
	int r;

	if (!bytes || !m)
		return error_errno(err, ENOMEM, "image");
	tar_init(&t, bytes);
	while ((r = tar_next(&t, m)) > 0) {
		struct blobs_member *slot;

		if (m->type != '0' || m->offset > size || m->size > size - m->offset)
			continue;
		slot = s->members.len < MEMBERS_MAX ? vec_add(&s->members) : NULL;
		if (!slot)
			return error_set(err, EFBIG, "too many members");
		*slot = (struct blobs_member){ strdup(m->path), m->offset, m->size };
		if (!slot->path)
			return error_errno(err, ENOMEM, "image");
	}
	vec_sort(&s->members, compare_members);
	return r ? error_set(err, -r, "this is no tar archive") : 0;
}

/* What undoes a compression; NULL: there is none. */
static const char *unpacker(const unsigned char *magic)
{
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		return "gunzip";
	if (!memcmp(magic, "\3757zX", 4))
		return "unxz";
	return !memcmp(magic, "BZh", 3)		     ? "bunzip2" :
	       !memcmp(magic, "\x28\xb5\x2f\xfd", 4) ? "unzstd" :
						       NULL;
}

int blobs_open(struct blobs *s, const char *path, struct error *err)
{
	struct stat st;
	unsigned char magic[4] = { 0 };
	const char *program;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r = 0;

	*s = (struct blobs){ .root = -1, .tar = -1 };
	if (fd < 0 || fstat(fd, &st)) {
		r = error_errno(err, errno, "%s", path);
	} else if (S_ISDIR(st.st_mode)) {
		s->root = fd;
	} else if (S_ISREG(st.st_mode)) {
		s->tar = fd;
		program = pread(fd, magic, 4, 0) == 4 ? unpacker(magic) : NULL;
		if (program)
			r = error_set(err, EINVAL, "%s: compressed as a whole: %s it first", path,
				      program);
		else if (index_tar(s, (uint64_t)st.st_size, err))
			r = error_prefix(err, "%s: ", path);
	} else {
		close(fd);
		r = error_set(err, EINVAL, "%s: neither a directory nor a file", path);
	}
	if (r)
		blobs_close(s);
	return r;
}

void blobs_close(struct blobs *s)
{
	if (s->root >= 0)
		close(s->root);
	if (s->tar >= 0)
		close(s->tar);
	vec_foreach(m, &s->members)
		free(m->path);
	vec_deinit(&s->members);
	s->root = s->tar = -1;
}

int blobs_find(const struct blobs *s, const char *name, struct blob *ret)
{
	struct blobs_member key = { .path = (char *)name }, *m;
	struct stat st;
	int fd;

	if (s->root < 0) {
		m = s->members.len ? bsearch(&key, s->members.items, s->members.len, sizeof(*m),
					     compare_members) :
				     NULL;
		if (!m)
			return -ENOENT;
		*ret = (struct blob){ s->tar, false, m->offset, m->size };
		return 0;
	}
	fd = fs_open_in_root(s->root, name);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st)) {
		close(fd);
		return -EIO;
	}
	*ret = (struct blob){ fd, true, 0, (uint64_t)st.st_size };
	return 0;
}

void blob_close(struct blob *b)
{
	if (b->owned)
		close(b->fd);
	b->owned = false;
}

int blobs_read(const struct blobs *s, const char *name, size_t limit, struct buf *out)
{
	struct blob b;
	int r = blobs_find(s, name, &b);
	char *room = NULL;

	if (r)
		return r;
	buf_reset(out);
	if (b.size > limit)
		r = -EFBIG;
	else if (!(room = malloc((size_t)b.size + 1)))
		r = -ENOMEM;
	else if (pread(b.fd, room, (size_t)b.size, (off_t)b.offset) != (ssize_t)b.size)
		r = -EIO;
	else
		buf_add(out, room, (size_t)b.size);
	free(room);
	blob_close(&b);
	return r;
}
