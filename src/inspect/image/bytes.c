/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { ROOM = 64 << 10, WINDOW_GZIP = 15 + 16 };

struct bytes {
	int fd;
	uint64_t at, end; /* in the file */
	uint64_t left;	  /* of the limit */
	bool gzip, known, ended;
	z_stream z;
	unsigned char in[ROOM];
};

struct bytes *bytes_open(int fd, uint64_t offset, uint64_t size, uint64_t limit)
{
	struct bytes *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fd = fd;
	b->at = offset;
	b->end = size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
	b->left = limit;
	return b;
}

struct bytes *bytes_close(struct bytes *b)
{
	if (b && b->gzip)
		inflateEnd(&b->z);
	free(b);
	return NULL;
}

static ssize_t read_file(struct bytes *b, void *out, size_t size)
{
	ssize_t n;

	if (size > b->end - b->at)
		size = b->end - b->at;
	do {
		n = size ? pread(b->fd, out, size, (off_t)b->at) : 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	b->at += (uint64_t)n;
	return n;
}

/* By the first bytes; zstd has its own, and is not understood. */
static int know(struct bytes *b)
{
	unsigned char magic[4] = { 0 };
	ssize_t n = pread(b->fd, magic, b->end - b->at < 4 ? b->end - b->at : 4, (off_t)b->at);

	b->known = true;
	if (n == 4 && !memcmp(magic, "\x28\xb5\x2f\xfd", 4))
		return -ENOTSUP;
	if (n < 2 || magic[0] != 0x1f || magic[1] != 0x8b)
		return 0;
	if (inflateInit2(&b->z, WINDOW_GZIP) != Z_OK)
		return -ENOMEM;
	b->gzip = true;
	return 0;
}

/* Several members one behind the other are one stream. */
static ssize_t inflate_some(struct bytes *b, void *out, size_t size)
{
	b->z.next_out = out;
	b->z.avail_out = (unsigned)size;
	while (b->z.avail_out == size && !b->ended) {
		int r;

		if (!b->z.avail_in) {
			ssize_t n = read_file(b, b->in, sizeof(b->in));

			if (n < 0)
				return n;
			if (!n)
				return -EINVAL;
			b->z.next_in = b->in;
			b->z.avail_in = (unsigned)n;
		}
		r = inflate(&b->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END) {
			if (!b->z.avail_in && b->at == b->end)
				b->ended = true;
			else if (inflateReset(&b->z) != Z_OK)
				return -EINVAL;
		} else if (r != Z_OK && r != Z_BUF_ERROR) {
			return -EINVAL;
		}
	}
	return (ssize_t)(size - b->z.avail_out);
}

ssize_t bytes_read(struct bytes *b, void *out, size_t size)
{
	size_t got = 0;

	if (!b->known) {
		int r = know(b);

		if (r)
			return r;
	}
	while (got < size) {
		size_t want = size - got < (1 << 30) ? size - got : 1 << 30;
		ssize_t n = b->gzip ? inflate_some(b, (char *)out + got, want) :
				      read_file(b, (char *)out + got, want);

		if (n < 0)
			return n;
		if (!n)
			break;
		if ((uint64_t)n > b->left)
			return -EFBIG;
		b->left -= (uint64_t)n;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int bytes_skip(struct bytes *b, uint64_t size)
{
	char room[8192];

	if (b->known && !b->gzip) {
		if (size > b->end - b->at)
			return -EINVAL;
		b->at += size;
		return 0;
	}
	while (size) {
		size_t want = size < sizeof(room) ? (size_t)size : sizeof(room);
		ssize_t n = bytes_read(b, room, want);

		if (n < 0)
			return (int)n;
		if ((size_t)n < want)
			return -EINVAL;
		size -= (uint64_t)n;
	}
	return 0;
}
