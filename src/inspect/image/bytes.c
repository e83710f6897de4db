/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	ROOM = 64 << 10,
	WINDOW_GZIP = 15 + 16,
	WINDOW_ZSTD = 27, /* 128 MiB: what zstd itself takes unasked */
};

struct bytes {
	int fd;
	uint64_t at, end; /* in the file */
	uint64_t left;	  /* of the limit */
	bool gzip, known, ended;
	z_stream z;
	ZSTD_DStream *zstd; /* NULL: not compressed by it */
	ZSTD_inBuffer zstd_in;
	bool in_frame; /* of zstd: what ends here is cut off */
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
	if (b)
		ZSTD_freeDStream(b->zstd);
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

/* Tables of zstd:chunked and the like are frames to be skipped, and may come first. */
static bool is_zstd(const unsigned char *magic)
{
	return !memcmp(magic, "\x28\xb5\x2f\xfd", 4) ||
	       ((magic[0] & 0xf0) == 0x50 && !memcmp(magic + 1, "\x2a\x4d\x18", 3));
}

static int open_zstd(struct bytes *b)
{
	b->zstd = ZSTD_createDStream();
	if (!b->zstd ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(b->zstd, ZSTD_d_windowLogMax, WINDOW_ZSTD)))
		return -ENOMEM;
	b->zstd_in.src = b->in;
	return 0;
}

/* By the first bytes. */
static int know(struct bytes *b)
{
	unsigned char magic[4] = { 0 };
	ssize_t n = pread(b->fd, magic, b->end - b->at < 4 ? b->end - b->at : 4, (off_t)b->at);

	b->known = true;
	if (n == 4 && is_zstd(magic))
		return open_zstd(b);
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

/* Frame after frame; 0 at the end of the last. */
static ssize_t unpack_some(struct bytes *b, void *out, size_t size)
{
	ZSTD_outBuffer o = { .dst = out, .size = size };

	while (!o.pos) {
		size_t r;

		if (b->zstd_in.pos == b->zstd_in.size) {
			ssize_t n = read_file(b, b->in, sizeof(b->in));

			if (n < 0)
				return n;
			if (!n && b->in_frame)
				return -EINVAL;
			if (!n)
				return 0;
			b->zstd_in.pos = 0;
			b->zstd_in.size = (size_t)n;
		}
		r = ZSTD_decompressStream(b->zstd, &o, &b->zstd_in);
		if (ZSTD_isError(r))
			return -EINVAL;
		b->in_frame = r != 0;
	}
	return (ssize_t)o.pos;
}

static ssize_t read_some(struct bytes *b, void *out, size_t size)
{
	if (b->zstd)
		return unpack_some(b, out, size);
	return b->gzip ? inflate_some(b, out, size) : read_file(b, out, size);
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
		ssize_t n = read_some(b, (char *)out + got, want);

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

	if (b->known && !b->gzip && !b->zstd) {
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
