/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/outlet.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 << 10, WAIT_MS = 10000 };

void outlet_deinit(struct outlet *o)
{
	if (o->fd >= 0)
		close(o->fd);
	buf_deinit(&o->queue);
	*o = OUTLET_INIT;
}

static int add_json(const char *data, size_t size, void *arg)
{
	buf_add(arg, data, size);
	return 0;
}

void outlet_put(struct outlet *o, json_t *document)
{
	size_t before = o->queue.len;

	int r = json_dump_callback(document, add_json, &o->queue, JSON_COMPACT);

	buf_add_char(&o->queue, '\n');
	json_decref(document);
	if (!r && !o->queue.failed)
		return;
	/* The whole document or nothing of it. */
	o->queue.failed = false;
	o->queue.len = before;
	o->refused++;
}

int outlet_flush(struct outlet *o, bool wait)
{
	while (outlet_has_more(o)) {
		ssize_t n = write(o->fd, o->queue.data + o->sent, o->queue.len - o->sent);
		struct pollfd writable = { .fd = o->fd, .events = POLLOUT };

		if (n > 0)
			o->sent += (size_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno != EAGAIN)
			return -errno;
		else if (!wait)
			break;
		else if (poll(&writable, 1, WAIT_MS) == 0)
			return -ETIMEDOUT;
	}
	if (!outlet_has_more(o)) {
		buf_reset(&o->queue);
		o->sent = 0;
	} else if (o->sent > OUTLET_ROOM / 4) {
		o->queue.len -= o->sent;
		memmove(o->queue.data, o->queue.data + o->sent, o->queue.len);
		o->sent = 0;
	}
	return 0;
}

void inlet_deinit(struct inlet *i)
{
	if (i->fd >= 0)
		close(i->fd);
	buf_deinit(&i->line);
	*i = INLET_INIT;
}

static void take_lines(struct inlet *i, inlet_fn fn, void *arg)
{
	size_t at = 0;
	char *nl;

	while (at < i->line.len && (nl = memchr(i->line.data + at, '\n', i->line.len - at))) {
		/* Programs may put a NUL into a text: into the name of an abstract socket, for one. */
		fn(json_loadb(i->line.data + at, (size_t)(nl - i->line.data) - at, JSON_ALLOW_NUL,
			      NULL),
		   arg);
		at = (size_t)(nl - i->line.data) + 1;
	}
	i->line.len -= at;
	memmove(i->line.data, i->line.data + at, i->line.len);
}

int inlet_take(struct inlet *i, inlet_fn fn, void *arg)
{
	char piece[PIECE];
	ssize_t n = read(i->fd, piece, sizeof(piece));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	buf_add(&i->line, piece, (size_t)n);
	if (i->line.failed)
		return -ENOBUFS;
	take_lines(i, fn, arg);
	return 0;
}
