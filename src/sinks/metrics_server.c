/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/str.h"

enum { CONNECTIONS = 16, MEMORY = 16 << 10, SECONDS = 10, RENDERED_MAX = 8 << 20 };

struct metrics_server {
	struct watch watch;
	struct MHD_Daemon *daemon;
	struct metrics_source source;
	struct poller *poller;
	int fd;
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *type,
			      struct buf *body)
{
	/* Takes the body over, also when it fails; an empty one has no memory. */
	size_t len = body->len;
	struct MHD_Response *r = MHD_create_response_from_buffer(len, buf_take(body),
								 MHD_RESPMEM_MUST_FREE);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result answer_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "%s\n", text);
	return answer(c, status, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result answer_metrics(struct metrics_server *m, struct MHD_Connection *c)
{
	struct buf body = { .limit = RENDERED_MAX };
	metric_list list = { 0 };

	m->source.fill(m->source.context, &list);
	metrics_render(&list, &body);
	vec_deinit(&list);
	if (body.failed) {
		buf_deinit(&body);
		return answer_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "too much to tell");
	}
	return answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}

/* A body is not read: the connection is closed behind the answer. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **of_request)
{
	struct metrics_server *m = context;
	const char *sick;

	if (!str_eq(method, MHD_HTTP_METHOD_GET) && !str_eq(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only");
	if (str_eq(url, "/metrics"))
		return answer_metrics(m, c);
	if (!str_eq(url, "/healthz"))
		return answer_text(c, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz");
	sick = m->source.health ? m->source.health(m->source.context) : NULL;
	return answer_text(c, sick ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
			   sick ? sick : "ok");
}

static void ready(struct watch *w, uint32_t events)
{
	MHD_run(((struct metrics_server *)w)->daemon);
}

/* "PORT", "ADDRESS:PORT", "[ADDRESS]:PORT" */
static int parse_address(const char *text, struct sockaddr_storage *ret, struct error *err)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	bool bracket = *text == '[' && colon && colon > text + 1 && colon[-1] == ']';
	cleanup_free char *host = !colon  ? strdup("127.0.0.1") :
				  bracket ? str_dup_n(text + 1, (size_t)(colon - text) - 2) :
					    str_dup_n(text, (size_t)(colon - text));
	uint64_t n;

	*ret = (struct sockaddr_storage){ 0 };
	if (host && str_to_u64(port, &n) && n <= UINT16_MAX) {
		if (!bracket && inet_pton(AF_INET, host, &in->sin_addr) == 1) {
			in->sin_family = AF_INET;
			in->sin_port = htons((uint16_t)n);
			return 0;
		}
		if (bracket && inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
			in6->sin6_family = AF_INET6;
			in6->sin6_port = htons((uint16_t)n);
			return 0;
		}
	}
	return error_set(err, EINVAL, "\"%s\" is neither PORT, ADDRESS:PORT nor [ADDRESS]:PORT",
			 text);
}

static int start(struct metrics_server *m, const char *address, struct error *err)
{
	struct sockaddr_storage at;
	const union MHD_DaemonInfo *info;
	unsigned flags = MHD_USE_EPOLL;
	int r = parse_address(address, &at, err);

	if (r)
		return r;
	if (at.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	m->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, m, MHD_OPTION_SOCK_ADDR, &at,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SECONDS,
				     MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	if (!m->daemon)
		return error_errno(err, errno ? errno : EADDRINUSE, "metrics at %s", address);
	info = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	m->fd = info ? info->epoll_fd : -1;
	r = poller_set(m->poller, m->fd, EPOLLIN, &m->watch);
	return r ? error_errno(err, -r, "metrics") : 0;
}

int metrics_server_new(struct metrics_server **ret, const char *address,
		       const struct metrics_source *source, struct poller *poller,
		       struct error *err)
{
	struct metrics_server *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return error_errno(err, ENOMEM, "metrics");
	m->watch.ready = ready;
	m->source = *source;
	m->poller = poller;
	m->fd = -1;
	r = start(m, address, err);
	if (r)
		metrics_server_free(m);
	else
		*ret = m;
	return r;
}

void metrics_server_free(struct metrics_server *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		poller_remove(m->poller, m->fd);
	if (m->daemon)
		MHD_stop_daemon(m->daemon);
	free(m);
}

uint16_t metrics_server_port(const struct metrics_server *m)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(m->daemon,
							       MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}

int64_t metrics_server_turn(struct metrics_server *m, int64_t now_ns)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(m->daemon);
	return MHD_get_timeout(m->daemon, &ms) == MHD_YES ? now_ns + (int64_t)ms * 1000000 :
							    INT64_MAX;
}
