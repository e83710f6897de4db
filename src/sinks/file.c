/* SPDX-License-Identifier: Apache-2.0 */
/* Lines appended to a file, which is rotated by size: PATH, PATH.1 (the last one), PATH.2 ... */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/str.h"
#include "sinks/sink.h"

#define MAX_BYTES_USUAL (100ULL << 20)

struct log {
	int fd;
	uint64_t size, rotate_at;
};

/*
 * A line that a crash of the machine has cut must not become the beginning of the next one: a file
 * that does not end with a newline gets one.
 */
static int open_log(struct sink *s, struct error *err)
{
	struct log *f = s->state;
	const char *path = s->config.target;
	struct stat st;
	char last;

	f->fd = open(path,
		     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0600);
	if (f->fd < 0)
		return error_errno(err, errno, "%s", path);
	if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(f->fd);
		f->fd = -1;
		return error_set(err, EINVAL, "%s: not a file", path);
	}
	f->size = (uint64_t)st.st_size;
	if (st.st_size && pread(f->fd, &last, 1, st.st_size - 1) == 1 && last != '\n' &&
	    write(f->fd, "\n", 1) == 1)
		f->size++;
	return 0;
}

static int open_file(struct sink *s, struct error *err)
{
	struct log *f = s->state = calloc(1, sizeof(*f));

	if (!f)
		return error_errno(err, ENOMEM, "outputs");
	f->fd = -1;
	if (!s->config.max_bytes)
		s->config.max_bytes = MAX_BYTES_USUAL;
	f->rotate_at = s->config.max_bytes;
	return open_log(s, err);
}

static void close_log(struct log *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* Tells why it does not work, and is tried again with the next alert. */
static bool open_again(struct sink *s)
{
	struct error err = ERROR_INIT;
	struct log *f = s->state;

	if (f->fd >= 0 || !open_log(s, &err))
		return true;
	sink_unwell(s, SINK_OUTWARD, "%s", err.text);
	return false;
}

/* A file that can't be moved grows on; it is told, and tried again when it has grown by a tenth. */
static void rotate(struct sink *s)
{
	struct log *f = s->state;
	const char *path = s->config.target;
	int r = 0;

	for (uint64_t i = s->config.keep; i > 0; i--) {
		cleanup_free char *from = i > 1 ? str_format("%s.%llu", path,
							     (unsigned long long)i - 1) :
						  strdup(path);
		cleanup_free char *to = str_format("%s.%llu", path, (unsigned long long)i);

		r = from && to ? rename(from, to) : -1; /* the older ones may not be there */
	}
	if (!s->config.keep)
		r = unlink(path);
	if (r < 0) {
		sink_unwell(s, SINK_ROTATION, "cannot be rotated, and grows: %s", strerror(errno));
		f->rotate_at = f->size + s->config.max_bytes / 10;
		return;
	}
	sink_well(s, SINK_ROTATION);
	f->rotate_at = s->config.max_bytes;
	close_log(f);
	open_again(s);
}

/* All of it, or nothing: a line that the disk has no room for leaves no half of itself. */
static int append(struct log *f, struct text line)
{
	struct stat st;
	size_t done = 0;
	int r = 0;

	while (done < line.len && !r) {
		ssize_t n = write(f->fd, line.data + done, line.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (!r)
		f->size += line.len;
	/* By what the file has now: somebody may have truncated it meanwhile. */
	else if (done && (fstat(f->fd, &st) < 0 || st.st_size < (off_t)done ||
			  ftruncate(f->fd, st.st_size - (off_t)done) < 0))
		f->size += done;
	return r;
}

static void take(struct sink *s, const struct alert *a, struct text line)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct log *f = s->state;
	int r = -ENOMEM;

	if (s->config.format == SINK_TEXT) {
		alert_render(a, &(struct alert_style){ .date = true }, &text);
	} else {
		buf_add(&text, line.data, line.len);
		buf_add_char(&text, '\n');
	}
	if (f->fd >= 0 && f->size && f->size + text.len > f->rotate_at)
		rotate(s);
	if (open_again(s) && !text.failed)
		r = append(f, text_from(text.data, text.len));
	if (!r) {
		s->counters[SINK_SENT]++;
		sink_well(s, SINK_OUTWARD);
		return;
	}
	s->counters[SINK_FAILED]++;
	s->counters[SINK_DROPPED]++;
	sink_unwell(s, SINK_OUTWARD, "not written: %s", strerror(-r));
}

static void turn(struct sink *s, int64_t now_ns)
{
}

static void reopen(struct sink *s)
{
	close_log(s->state);
	open_again(s);
}

static void close_file(struct sink *s)
{
	struct log *f = s->state;

	if (!f)
		return;
	close_log(f);
	free(f);
}

const struct sink_ops sink_file = {
	.name = "file",
	.target = "PATH",
	.needs_target = true,
	.help = "lines of JSON appended to a file, which is rotated",
	.open = open_file,
	.take = take,
	.turn = turn,
	.reopen = reopen,
	.close = close_file,
};
