/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of RFC 5424 to a local socket (datagrams), or over UDP (RFC 5426) or TCP (octet counting, RFC
 * 6587). Names are resolved when the sink is opened. No transport of syslog confirms anything: "sent"
 * is what the kernel took.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "sinks/message_queue.h"
#include "sinks/sink.h"

enum {
	WAITING_MAX = 4 << 20,
	SHORT_MAX = 2048,     /* of a message that a datagram could not hold (RFC 5424, 6.1) */
	DATAGRAM_MAX = 60000, /* beyond, it is cut at once */
	LAST_MS = 1000,
	DEAD_MS = 30000, /* a peer that acknowledges nothing for so long is gone */
};
#define SECOND 1000000000LL

struct syslog {
	struct watch watch;
	struct sink *sink;
	int fd;
	struct sockaddr_storage address;
	socklen_t address_len;
	int type; /* SOCK_DGRAM, SOCK_STREAM */
	int64_t again_ns, pause_ns;
	struct message_queue queue;
};

/* --- the peer ----------------------------------------------------------------------------------- */

static int local_address(struct syslog *y, const char *path, struct error *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&y->address;

	if (strlen(path) >= sizeof(un->sun_path))
		return error_set(err, EINVAL, "%s: too long for a socket", path);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	y->address_len = sizeof(*un);
	y->type = SOCK_DGRAM;
	return 0;
}

/* "HOST:PORT", "[ADDRESS]:PORT" */
static int network_address(struct syslog *y, const char *target, int type, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = type }, *found = NULL;
	const char *colon = strrchr(target, ':');
	bool bracket = *target == '[' && colon && colon > target + 1 && colon[-1] == ']';
	cleanup_free char *host = !colon  ? NULL :
				  bracket ? str_dup_n(target + 1, (size_t)(colon - target) - 2) :
					    str_dup_n(target, (size_t)(colon - target));
	int r;

	if (!host || !*host || !colon[1])
		return error_set(err, EINVAL, "\"%s\" is not HOST:PORT", target);
	r = getaddrinfo(host, colon + 1, &hints, &found);
	if (r)
		return error_set(err, EINVAL, "%s: %s", target, gai_strerror(r));
	memcpy(&y->address, found->ai_addr, found->ai_addrlen);
	y->address_len = found->ai_addrlen;
	y->type = type;
	freeaddrinfo(found);
	return 0;
}

static int find_peer(struct syslog *y, const char *target, struct error *err)
{
	if (!target)
		return local_address(y, "/dev/log", err);
	if (*target == '/')
		return local_address(y, target, err);
	if (str_starts(target, "udp:"))
		return network_address(y, target + 4, SOCK_DGRAM, err);
	if (str_starts(target, "tcp:"))
		return network_address(y, target + 4, SOCK_STREAM, err);
	return error_set(err, EINVAL,
			 "syslog goes to a /PATH, udp:HOST:PORT or tcp:HOST:PORT, not to \"%s\"",
			 target);
}

static void hang_up(struct syslog *y)
{
	if (y->fd < 0)
		return;
	poller_remove(y->sink->poller, y->fd);
	close(y->fd);
	y->fd = -1;
	queue_restart(&y->queue);
}

/* The next attempt is later each time, up to half a minute. */
static void lost(struct syslog *y, int error)
{
	struct sink *s = y->sink;

	hang_up(y);
	s->counters[SINK_FAILED]++;
	y->pause_ns = y->pause_ns ? y->pause_ns * 2 : SECOND / 2;
	if (y->pause_ns > 30 * SECOND)
		y->pause_ns = 30 * SECOND;
	y->again_ns = poller_now() + y->pause_ns;
	sink_unwell(s, SINK_OUTWARD, "%s; alerts wait", strerror(error));
}

static bool call(struct syslog *y)
{
	const int on = 1, dead = DEAD_MS;

	if (y->fd >= 0)
		return true;
	if (poller_now() < y->again_ns)
		return false;
	y->sink->counters[SINK_RETRIED] += y->pause_ns != 0;
	y->fd = socket(y->address.ss_family, y->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (y->fd < 0) {
		lost(y, errno);
		return false;
	}
	if (y->type == SOCK_STREAM) {
		setsockopt(y->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		setsockopt(y->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
	}
	if (connect(y->fd, (struct sockaddr *)&y->address, y->address_len) < 0 &&
	    errno != EINPROGRESS) {
		lost(y, errno);
		return false;
	}
	return true;
}

/* --- messages ----------------------------------------------------------------------------------- */

static void add_word(struct buf *out, const char *word, size_t max)
{
	size_t n = 0;

	/* PRINTUSASCII: no blanks, no controls (RFC 5424, 6) */
	for (; word && word[n] && n < max; n++)
		buf_add_char(out, word[n] > 32 && word[n] < 127 ? word[n] : '_');
	if (!n)
		buf_add_char(out, '-');
}

static void format(const struct sink *s, const struct alert *a, struct text line, struct buf *out)
{
	char time[CLOCK_TEXT_MAX];

	clock_format(a->time_ns, time);
	/* Six digits of a second are the most that may stand there. */
	buf_addf(out, "<%u>1 %.26sZ ", (unsigned)s->config.facility * 8 + (unsigned)a->priority,
		 time);
	add_word(out, a->hostname, 255);
	buf_add_str(out, " merlon - ");
	add_word(out, alert_kinds[a->kind], 32);
	buf_add_str(out, " - ");
	if (s->config.format == SINK_JSON) {
		buf_add(out, line.data, line.len);
		return;
	}
	utf8_show(out, text_of(a->rule));
	buf_add_str(out, ": ");
	if (a->container_name || a->container_id) {
		utf8_show(out, text_of(a->container_name ? a->container_name : a->container_id));
		buf_add_str(out, ": ");
	}
	utf8_show(out, text_of(alert_sentence(a)));
	buf_addf(out, " [%s]", a->uuid);
}

/* At a character, not in it. */
static size_t cut(const struct buf *b, size_t max)
{
	size_t n = b->len < max ? b->len : max;

	while (n && n < b->len && ((unsigned char)b->data[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* --- the line ----------------------------------------------------------------------------------- */

static void wait_for_peer(struct syslog *y)
{
	uint32_t events = (y->type == SOCK_STREAM ? EPOLLIN | EPOLLRDHUP : 0) |
			  (y->queue.head ? EPOLLOUT : 0);

	if (y->fd >= 0)
		poller_set(y->sink->poller, y->fd, events, &y->watch);
}

/* The kernel tells of a datagram before, or that the peer has closed: the next message begins anew. */
static void heed_error(struct syslog *y)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!getsockopt(y->fd, SOL_SOCKET, SO_ERROR, &error, &len) && error)
		y->sink->counters[SINK_FAILED]++;
	hang_up(y);
}

/* False: no more can be sent now. */
static bool send_head(struct syslog *y)
{
	struct text t = queue_head(&y->queue);
	ssize_t n = send(y->fd, t.data, t.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	struct sink *s = y->sink;

	if (n < 0 && errno == EMSGSIZE && t.len > SHORT_MAX)
		n = send(y->fd, t.data, SHORT_MAX, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ?
			    -1 :
			    (ssize_t)t.len;
	if (n >= 0) {
		if (queue_wrote(&y->queue, (size_t)n)) {
			s->counters[SINK_SENT]++;
			y->pause_ns = 0;
			sink_well(s, SINK_OUTWARD);
		}
		return true;
	}
	if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
		return false;
	if (y->type == SOCK_DGRAM && y->address.ss_family != AF_UNIX && errno == ECONNREFUSED) {
		s->counters[SINK_FAILED]++; /* of a datagram before this one, which is gone */
		return true;
	}
	lost(y, errno);
	return false;
}

static void flush(struct syslog *y)
{
	struct sink *s = y->sink;

	while (y->queue.head && call(y) && send_head(y))
		;
	wait_for_peer(y);
	s->wake_ns = y->queue.head && y->fd < 0 ? y->again_ns : INT64_MAX;
	s->counters[SINK_WAITING] = y->queue.count;
}

static void ready(struct watch *w, uint32_t events)
{
	struct syslog *y = (struct syslog *)w;
	char junk[256];
	ssize_t n = 0;

	if (y->type == SOCK_STREAM && events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) {
		n = recv(y->fd, junk, sizeof(junk), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			lost(y, n ? errno : ECONNRESET);
			y->sink->wake_ns = y->queue.head ? y->again_ns : INT64_MAX;
			return;
		}
	}
	if (y->type == SOCK_DGRAM && events & (EPOLLERR | EPOLLHUP))
		heed_error(y);
	flush(y);
}

static int open_syslog(struct sink *s, struct error *err)
{
	struct syslog *y = s->state = calloc(1, sizeof(*y));

	if (!y)
		return error_errno(err, ENOMEM, "outputs");
	y->watch.ready = ready;
	y->sink = s;
	y->fd = -1;
	y->queue.limit = WAITING_MAX;
	return find_peer(y, s->config.target, err);
}

static void take(struct sink *s, const struct alert *a, struct text line)
{
	struct syslog *y = s->state;
	cleanup_buf struct buf text = BUF_INIT;
	char count[24] = "";
	size_t n;

	format(s, a, line, &text);
	n = y->type == SOCK_DGRAM ? cut(&text, DATAGRAM_MAX) : text.len;
	if (y->type == SOCK_STREAM)
		snprintf(count, sizeof(count), "%zu ", n);
	if (text.failed || !queue_add(&y->queue, text_of(count), text_from(text.data, n)))
		s->counters[SINK_DROPPED]++;
	flush(y);
}

static void turn(struct sink *s, int64_t now_ns)
{
	flush(s->state);
}

static void reopen(struct sink *s)
{
	struct syslog *y = s->state;

	hang_up(y);
	y->again_ns = 0;
	find_peer(y, s->config.target, NULL);
	flush(y);
}

static void close_syslog(struct sink *s)
{
	struct syslog *y = s->state;
	struct pollfd p;

	if (!y)
		return;
	if (y->queue.head)
		flush(y);
	for (int64_t end = poller_now() + LAST_MS * 1000000LL;
	     y->queue.head && y->fd >= 0 && poller_now() < end;) {
		p = (struct pollfd){ .fd = y->fd, .events = POLLOUT };
		poll(&p, 1, 50);
		flush(y);
	}
	s->counters[SINK_DROPPED] += y->queue.count;
	hang_up(y);
	queue_deinit(&y->queue);
	free(y);
}

const struct sink_ops sink_syslog = {
	.name = "syslog",
	.target = "/PATH|udp:HOST:PORT|tcp:HOST:PORT",
	.help = "RFC 5424 to /dev/log or another socket, over UDP or TCP",
	.open = open_syslog,
	.take = take,
	.turn = turn,
	.reopen = reopen,
	.close = close_syslog,
};
