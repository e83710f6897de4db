/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people, or lines of JSON, on standard output or standard error: a terminal, a pipe, a file. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/str.h"
#include "sinks/message_queue.h"
#include "sinks/sink.h"

enum {
	WAITING_MAX = 8 << 20,
	CHUNK = 4096, /* PIPE_BUF: a pipe that poll() calls writable takes that much without blocking */
	LAST_MS = 1000,
};

struct stream {
	struct watch watch;
	struct sink *sink;
	int fd;
	bool pollable, waiting, colour;
	struct message_queue queue;
};

/* The descriptor is shared with whoever started us, so it is not made non-blocking: asked instead. */
static bool has_room(const struct stream *f, int timeout_ms)
{
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };

	return !f->pollable || poll(&p, 1, timeout_ms) > 0;
}

static void wait_for_room(struct stream *f, bool wanted)
{
	if (f->waiting == wanted)
		return;
	f->waiting = wanted;
	if (!wanted)
		poller_remove(f->sink->poller, f->fd);
	else if (poller_set(f->sink->poller, f->fd, EPOLLOUT, &f->watch))
		f->waiting = false;
}

static void flush(struct stream *f, int timeout_ms)
{
	struct sink *s = f->sink;

	while (f->queue.head && has_room(f, timeout_ms)) {
		struct text t = queue_head(&f->queue);
		ssize_t n = write(f->fd, t.data, t.len > CHUNK ? CHUNK : t.len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			break;
		if (n < 0) {
			s->counters[SINK_FAILED]++;
			s->counters[SINK_DROPPED]++;
			sink_unwell(s, SINK_OUTWARD, "cannot be written: %s", strerror(errno));
			queue_drop_head(&f->queue);
			continue;
		}
		if (queue_wrote(&f->queue, (size_t)n)) {
			s->counters[SINK_SENT]++;
			sink_well(s, SINK_OUTWARD);
		}
	}
	s->counters[SINK_WAITING] = f->queue.count;
	wait_for_room(f, f->queue.head != NULL);
}

static void ready(struct watch *w, uint32_t events)
{
	flush((struct stream *)w, 0);
}

static int open_stream(struct sink *s, struct error *err)
{
	const char *target = s->config.target ? s->config.target : "stdout";
	struct stream *f;

	if (!str_eq(target, "stdout") && !str_eq(target, "stderr"))
		return error_set(err, EINVAL, "%s goes to stdout or stderr, not to \"%s\"",
				 s->ops->name, target);
	f = s->state = calloc(1, sizeof(*f));
	if (!f)
		return error_errno(err, ENOMEM, "outputs");
	f->watch.ready = ready;
	f->sink = s;
	f->fd = str_eq(target, "stdout") ? STDOUT_FILENO : STDERR_FILENO;
	f->queue.limit = WAITING_MAX;
	f->colour = s->config.colour == SINK_ALWAYS ||
		    (s->config.colour == SINK_AUTO && alert_colour(f->fd));
	/* epoll refuses what is always ready: a file, /dev/null */
	f->pollable = poller_set(s->poller, f->fd, 0, &f->watch) == 0;
	if (f->pollable)
		poller_remove(s->poller, f->fd);
	return 0;
}

static void take(struct sink *s, const struct alert *a, struct text line)
{
	struct stream *f = s->state;
	cleanup_buf struct buf text = BUF_INIT;

	if (s->config.format == SINK_TEXT) {
		alert_render(a, &(struct alert_style){ .colour = f->colour }, &text);
		line = text.failed ? TEXT_NONE : text_from(text.data, text.len);
	}
	if (!line.len ||
	    !queue_add(&f->queue, line, s->config.format == SINK_TEXT ? TEXT("") : TEXT("\n"))) {
		s->counters[SINK_DROPPED]++;
		sink_unwell(s, SINK_OUTWARD, "nobody reads it: alerts are dropped");
	}
	flush(f, 0);
}

static void turn(struct sink *s, int64_t now_ns)
{
	flush(s->state, 0);
}

static void close_stream(struct sink *s)
{
	struct stream *f = s->state;

	if (!f)
		return;
	flush(f, LAST_MS);
	s->counters[SINK_DROPPED] += f->queue.count;
	wait_for_room(f, false);
	queue_deinit(&f->queue);
	free(f);
}

const struct sink_ops sink_text = {
	.name = "text",
	.target = "stdout|stderr",
	.help = "lines for people, coloured on a terminal",
	.open = open_stream,
	.take = take,
	.turn = turn,
	.close = close_stream,
};

const struct sink_ops sink_json = {
	.name = "json",
	.target = "stdout|stderr",
	.help = "lines of JSON",
	.open = open_stream,
	.take = take,
	.turn = turn,
	.close = close_stream,
};
