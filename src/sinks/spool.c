/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "sinks/spool_record.h"

enum {
	SEGMENT_BYTES = 1 << 20, /* one that is larger gets no more records */
	SEGMENT_MAX = SEGMENT_BYTES + SPOOL_PAYLOAD_MAX + 4096,
	TIDY_BYTES = 64 << 10, /* the last one is deleted when all is delivered and it has so many */
	NAME_SIZE = 40,
};

struct segment {
	uint64_t first, end; /* numbers of records: end is one more than the last */
	uint64_t bytes;
};

struct cursor {
	uint64_t seq, sum;
};

struct spool {
	int dir, lock, cursor;
	VEC(struct segment) segments; /* oldest first; only the last one gets records */
	int tail; /* the last segment, for writing; -1: the next record begins one */
	uint64_t first, end, max_bytes, bytes, given_up, damaged;
	bool dirty;
	/* Where spool_read() is. */
	struct buf page; /* all of the segment whose first record is page_of */
	uint64_t page_of, page_seq;
	size_t page_at;
};

static void segment_name(uint64_t first, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%020" PRIu64 ".spool", first);
}

/* --- what is there ------------------------------------------------------------------------------ */

static int is_segment(const struct dirent *e)
{
	return strlen(e->d_name) == 26 && strspn(e->d_name, "0123456789") == 20 &&
	       str_eq(e->d_name + 20, ".spool");
}

static int read_segment(struct spool *s, uint64_t first, struct buf *out, struct error *err)
{
	char name[NAME_SIZE];

	segment_name(first, name);
	buf_reset(out);
	return fs_read_at(s->dir, name, SEGMENT_MAX, out, err);
}

/* Looks through a file; what is behind the last whole record is cut off. */
static int load_segment(struct spool *s, uint64_t first, struct error *err)
{
	cleanup_buf struct buf all = BUF_INIT;
	struct segment seg = { first, first, 0 }, *slot;
	char name[NAME_SIZE];
	struct text payload;
	uint64_t seq;
	size_t n;
	int r = read_segment(s, first, &all, err);

	if (r)
		return r;
	while ((n = spool_record_read(text_from(all.data + seg.bytes, all.len - seg.bytes), &seq,
				      &payload)) > 0 &&
	       seq == seg.end) {
		seg.end++;
		seg.bytes += n;
	}
	segment_name(first, name);
	if (seg.bytes < all.len) {
		cleanup_fd int fd = openat(s->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

		s->damaged++;
		if (fd < 0 || ftruncate(fd, (off_t)seg.bytes) < 0)
			return error_errno(err, errno, "%s", name);
	}
	if (!seg.bytes ||
	    (s->segments.len && first < s->end)) { /* nothing, or the same once more */
		unlinkat(s->dir, name, 0);
		return 0;
	}
	slot = vec_add(&s->segments);
	if (!slot)
		return error_errno(err, ENOMEM, "%s", name);
	*slot = seg;
	s->bytes += seg.bytes;
	s->end = seg.end;
	return 0;
}

static int load_segments(struct spool *s, const char *path, struct error *err)
{
	struct dirent **entries = NULL;
	int n = scandirat(s->dir, ".", &entries, is_segment, alphasort), r = 0;

	if (n < 0)
		return error_errno(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		uint64_t first = strtoull(entries[i]->d_name, NULL, 10);

		if (!r && first && first < UINT64_MAX / 2)
			r = load_segment(s, first, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static uint64_t cursor_sum(uint64_t seq)
{
	return hash_u64(seq, 0x6375727365ULL);
}

static void load_cursor(struct spool *s)
{
	struct cursor c = { 0 };

	s->first = s->segments.len ? s->segments.items[0].first : 1;
	if (pread(s->cursor, &c, sizeof(c), 0) != sizeof(c) || c.sum != cursor_sum(c.seq) ||
	    c.seq > UINT64_MAX / 2)
		c.seq = 0;
	if (!s->segments.len)
		s->end = c.seq ? c.seq : 1;
	if (c.seq > s->first)
		s->first = c.seq;
	if (s->first > s->end) /* the files that it spoke of are gone */
		s->end = s->first;
}

static void save_cursor(struct spool *s)
{
	struct cursor c = { s->first, cursor_sum(s->first) };

	if (pwrite(s->cursor, &c, sizeof(c), 0) != sizeof(c))
		return; /* then some are sent twice */
}

/* --- open and close ----------------------------------------------------------------------------- */

static int open_dir(struct spool *s, const char *path, struct error *err)
{
	int r = fs_is_dir(path) ? 0 : fs_mkdirs(path, 0700, err);

	if (r)
		return r;
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir >= 0)
		s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return error_errno(err, errno, "%s", path);
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, EBUSY, "%s: another process sends from this spool", path);
	s->cursor = openat(s->dir, "cursor", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return s->cursor < 0 ? error_errno(err, errno, "%s/cursor", path) : 0;
}

static void drop_delivered(struct spool *s);

int spool_open(struct spool **ret, const char *dir, uint64_t max_bytes, struct error *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "%s", dir);
	s->dir = s->lock = s->cursor = s->tail = -1;
	s->max_bytes = max_bytes;
	s->page = BUF_INIT;
	s->end = 1;
	r = open_dir(s, dir, err);
	if (!r)
		r = load_segments(s, dir, err);
	if (r) {
		spool_close(s);
		return r;
	}
	load_cursor(s);
	drop_delivered(s);
	*ret = s;
	return 0;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->cursor >= 0 && s->first)
		save_cursor(s);
	close_fd(&s->tail);
	close_fd(&s->cursor);
	close_fd(&s->lock);
	close_fd(&s->dir);
	vec_deinit(&s->segments);
	buf_deinit(&s->page);
	free(s);
}

/* --- writing ------------------------------------------------------------------------------------ */

static void close_tail(struct spool *s)
{
	if (s->tail < 0)
		return;
	if (s->dirty)
		fdatasync(s->tail);
	close(s->tail);
	s->tail = -1;
}

static void drop_segment(struct spool *s)
{
	struct segment *oldest = &s->segments.items[0];
	char name[NAME_SIZE];

	if (s->segments.len == 1)
		close_tail(s);
	segment_name(oldest->first, name);
	unlinkat(s->dir, name, 0);
	s->bytes -= oldest->bytes;
	memmove(oldest, oldest + 1, --s->segments.len * sizeof(*oldest));
}

static void make_room(struct spool *s, uint64_t bytes)
{
	while (s->segments.len && s->bytes + bytes > s->max_bytes) {
		uint64_t end = s->segments.items[0].end;

		if (end > s->first) {
			s->given_up += end - s->first;
			s->first = end;
		}
		drop_segment(s);
	}
}

/* A new file, and its name is on the disk before what is in it counts. */
static int begin_segment(struct spool *s)
{
	struct segment *seg;
	char name[NAME_SIZE];
	int r = 0;

	close_tail(s);
	segment_name(s->end, name);
	s->tail = openat(s->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->tail < 0)
		return -errno;
	seg = vec_add(&s->segments);
	if (!seg)
		r = -ENOMEM;
	else if (fsync(s->dir) < 0)
		r = -errno;
	if (!r) {
		*seg = (struct segment){ s->end, s->end, 0 };
		return 0;
	}
	if (seg)
		s->segments.len--;
	close_fd(&s->tail);
	s->tail = -1;
	unlinkat(s->dir, name, 0);
	return r;
}

static int write_all(int fd, const struct buf *b, uint64_t at)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = pwrite(fd, b->data + done, b->len - done, (off_t)(at + done));

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int spool_add(struct spool *s, struct text payload)
{
	cleanup_buf struct buf record = BUF_INIT;
	struct segment *seg;
	int r;

	if (!payload.len || payload.len > SPOOL_PAYLOAD_MAX)
		return -EMSGSIZE;
	spool_record_add(&record, s->end, payload);
	if (record.failed)
		return -ENOMEM;
	make_room(s, record.len);
	if (s->tail < 0 || s->segments.items[s->segments.len - 1].bytes >= SEGMENT_BYTES) {
		r = begin_segment(s);
		if (r)
			return r;
	}
	seg = &s->segments.items[s->segments.len - 1];
	r = write_all(s->tail, &record, seg->bytes);
	if (r) {
		/* If not even that works, the next record overwrites it, or the next start cuts it off. */
		if (ftruncate(s->tail, (off_t)seg->bytes) < 0)
			s->damaged++;
		return r;
	}
	seg->bytes += record.len;
	seg->end = ++s->end;
	s->bytes += record.len;
	s->dirty = true;
	return 0;
}

int spool_sync(struct spool *s)
{
	if (!s->dirty)
		return 0;
	s->dirty = false;
	return s->tail >= 0 && fdatasync(s->tail) < 0 ? -errno : 0;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* Has the segment with record seq, or the first one after it, in the page, at that record. */
static bool turn_page(struct spool *s, uint64_t seq)
{
	vec_foreach(seg, &s->segments) {
		if (seg->end <= seq)
			continue;
		if (read_segment(s, seg->first, &s->page, NULL)) {
			s->damaged++;
			continue;
		}
		s->page_of = seg->first;
		s->page_seq = seg->first;
		s->page_at = 0;
		return true;
	}
	return false;
}

/* The next record in the page that is not below seq. */
static bool next_in_page(struct spool *s, uint64_t seq, struct text *ret)
{
	uint64_t number;
	size_t n;

	while ((n = spool_record_read(text_from(s->page.data + s->page_at, s->page.len - s->page_at),
				      &number, ret)) > 0) {
		s->page_at += n;
		s->page_seq = number + 1;
		if (number >= seq)
			return true;
	}
	return false;
}

int spool_read(struct spool *s, uint64_t *seq, struct buf *out)
{
	uint64_t wanted = *seq < s->first ? s->first : *seq;
	struct text payload;

	if (wanted >= s->end)
		return 1;
	/* What the page has not: it is of another time, or of another place. */
	if (!s->page_of || s->page_seq != wanted || !s->page.len ||
	    !next_in_page(s, wanted, &payload)) {
		bool found = turn_page(s, wanted) && next_in_page(s, wanted, &payload);

		if (!found) { /* not as it was written: on with the file after it */
			uint64_t end = wanted;

			vec_foreach(seg, &s->segments)
				if (end == wanted && seg->end > wanted)
					end = seg->end;
			s->page_of = 0;
			if (wanted != s->first || end == wanted)
				return 1;
			s->damaged++;
			s->given_up += end - wanted;
			s->first = *seq = end;
			return spool_read(s, seq, out);
		}
	}
	*seq = s->page_seq - 1;
	buf_add(out, payload.data, payload.len);
	return 0;
}

static void drop_delivered(struct spool *s)
{
	while (s->segments.len > 1 && s->segments.items[0].end <= s->first)
		drop_segment(s);
	if (s->segments.len == 1 && s->first >= s->end &&
	    (s->segments.items[0].bytes >= TIDY_BYTES || s->tail < 0))
		drop_segment(s);
}

void spool_done(struct spool *s, uint64_t seq)
{
	if (seq <= s->first)
		return;
	s->first = seq < s->end ? seq : s->end;
	save_cursor(s);
	drop_delivered(s);
}

uint64_t spool_first(const struct spool *s)
{
	return s->first;
}

uint64_t spool_end(const struct spool *s)
{
	return s->end;
}

/* Of those that wait: what is delivered and still there does not count. */
uint64_t spool_bytes(const struct spool *s)
{
	return s->first == s->end ? 0 : s->bytes;
}

uint64_t spool_given_up(const struct spool *s)
{
	return s->given_up;
}

uint64_t spool_damaged(const struct spool *s)
{
	return s->damaged;
}
