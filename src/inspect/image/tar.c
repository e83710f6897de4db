/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { BLOCK = 512, HEADER_MAX = 1 << 20, EXTRA_MAX = 16 };

/* POSIX.1-1988, with the checksum over all of it, itself as blanks. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a block");

void tar_init(struct tar *t, struct bytes *bytes)
{
	*t = (struct tar){ .bytes = bytes };
}

/* Octal digits, or base 256 with the first bit set. */
static bool number(const char *field, size_t len, uint64_t *ret)
{
	size_t i = 0;

	*ret = 0;
	if (field[0] & 0x80) {
		for (i = 1; i < len; i++) {
			if (*ret >> 55)
				return false;
			*ret = *ret << 8 | (unsigned char)field[i];
		}
		return true;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*ret = *ret << 3 | (uint64_t)(field[i] - '0');
	return i == len || !field[i] || field[i] == ' ';
}

static bool sum_fits(const struct header *h)
{
	const unsigned char *bytes = (const void *)h;
	uint64_t wanted, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, sum) &&
				       i < offsetof(struct header, sum) + sizeof(h->sum) ?
			       ' ' :
			       bytes[i];
	return number(h->sum, sizeof(h->sum), &wanted) && wanted == sum;
}

static bool is_zero(const struct header *h)
{
	static const struct header none;

	return !memcmp(h, &none, sizeof(none));
}

/* "./a//b/" is "a//b": whoever compares paths has to live with the rest. */
static bool set_path(struct tar_member *m, const char *path, size_t len)
{
	while (len && (*path == '/' || (len > 1 && path[0] == '.' && path[1] == '/'))) {
		size_t n = *path == '/' ? 1 : 2;

		path += n;
		len -= n;
	}
	while (len && path[len - 1] == '/')
		len--;
	if (len > TAR_PATH_MAX || memchr(path, '\0', len))
		return false;
	memcpy(m->path, path, len);
	m->path[len] = '\0';
	if (str_eq(m->path, "."))
		m->path[0] = '\0';
	return true;
}

static bool set_name(struct tar_member *m, const struct header *h)
{
	char path[sizeof(h->prefix) + 1 + sizeof(h->name) + 1];
	bool prefixed = !memcmp(h->magic, "ustar", 5) && h->magic[5] == '\0' && h->prefix[0];

	snprintf(path, sizeof(path), "%.*s%s%.*s", prefixed ? (int)sizeof(h->prefix) : 0, h->prefix,
		 prefixed ? "/" : "", (int)sizeof(h->name), h->name);
	return set_path(m, path, strlen(path));
}

/* "27 path=some/where\n", one behind the other. */
static bool read_pax(struct tar_member *m, const struct buf *b, bool *ret_path, bool *ret_size)
{
	const char *at = b->data, *end = b->data + b->len;

	while (at < end) {
		char *space;
		unsigned long len = strtoul(at, &space, 10);
		const char *key, *value, *next = at + len;

		if (space == at || *space != ' ' || len > (size_t)(end - at) || next <= space + 1 ||
		    next[-1] != '\n')
			return false;
		key = space + 1;
		value = memchr(key, '=', (size_t)(next - key));
		if (!value)
			return false;
		value++;
		if (str_starts(key, "path=")) {
			*ret_path = true;
			if (!set_path(m, value, (size_t)(next - 1 - value)))
				return false;
		} else if (str_starts(key, "size=")) {
			*ret_size = true;
			m->size = strtoull(value, NULL, 10);
		}
		at = next;
	}
	return true;
}

static int skip_rest(struct tar *t)
{
	int r = bytes_skip(t->bytes, t->left);

	t->at += t->left;
	t->left = t->content = 0;
	return r;
}

static void begin(struct tar *t, uint64_t size)
{
	t->content = size;
	t->left = (size + BLOCK - 1) / BLOCK * BLOCK;
}

static int read_header(struct tar *t, struct header *h)
{
	ssize_t n = bytes_read(t->bytes, h, BLOCK);

	if (n < 0)
		return (int)n;
	/* An archive that is cut between members has been written by somebody careless, often enough. */
	if (!n || (n == BLOCK && is_zero(h)))
		return 0;
	t->at += BLOCK;
	return n == BLOCK && sum_fits(h) ? 1 : -EINVAL;
}

/* What a header before the member's own says of it; *ret_known: the path, the size. */
static int take_extra(struct tar *t, char type, struct tar_member *m, bool *path, bool *size)
{
	struct buf b = { .limit = HEADER_MAX };
	int r = tar_read(t, HEADER_MAX, &b);

	if (!r && b.len && type == 'L') {
		*path = true;
		r = set_path(m, b.data, strnlen(b.data, b.len)) ? 0 : -EINVAL;
	} else if (!r && b.len && type == 'x') {
		r = read_pax(m, &b, path, size) ? 0 : -EINVAL;
	}
	buf_deinit(&b);
	return r;
}

int tar_next(struct tar *t, struct tar_member *ret)
{
	bool path = false, sized = false;
	struct header h;
	uint64_t size, mode, uid, gid;
	int r = skip_rest(t);

	for (int i = 0; !r && i < EXTRA_MAX; i++) {
		r = read_header(t, &h);
		if (r <= 0)
			return r;
		if (!number(h.size, sizeof(h.size), &size) || size > UINT64_MAX / 2)
			return -EINVAL;
		if (!h.type || !strchr("LKxg", h.type)) {
			if ((!path && !set_name(ret, &h)) ||
			    !number(h.mode, sizeof(h.mode), &mode) ||
			    !number(h.uid, sizeof(h.uid), &uid) ||
			    !number(h.gid, sizeof(h.gid), &gid))
				return -EINVAL;
			ret->type = h.type ? h.type : '0';
			ret->mode = (uint32_t)mode & 07777;
			ret->uid = (uint32_t)uid;
			ret->gid = (uint32_t)gid;
			if (!sized)
				ret->size = size;
			/* Links say the size of what they lead to, and have no content. */
			if (strchr("12345", ret->type))
				ret->size = 0;
			ret->offset = t->at;
			if (ret->size > UINT64_MAX / 2)
				return -EINVAL;
			begin(t, ret->size);
			return 1;
		}
		begin(t, size);
		r = take_extra(t, h.type, ret, &path, &sized);
		if (!r)
			r = skip_rest(t);
	}
	return r ? r : -EINVAL;
}

int tar_read(struct tar *t, size_t limit, struct buf *b)
{
	char room[8192];

	buf_reset(b);
	if (t->content > limit)
		return -EFBIG;
	while (t->content) {
		size_t want = t->content < sizeof(room) ? (size_t)t->content : sizeof(room);
		ssize_t n = bytes_read(t->bytes, room, want);

		if (n < 0)
			return (int)n;
		if ((size_t)n < want)
			return -EINVAL;
		buf_add(b, room, want);
		t->at += want;
		t->content -= want;
		t->left -= want;
	}
	return b->failed ? -ENOMEM : 0;
}
