/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP POST of alerts as JSON, one at a time or in arrays, in order. Everything goes through a spool on
 * disk; one request is under way at a time, and what it had is done when the receiver has answered
 * 2xx. Else it is sent again, with pauses that double: at least once, each with its uuid.
 */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "base/fs.h"
#include "base/str.h"
#include "sinks/sink.h"
#include "sinks/spool.h"

#define SPOOL_BYTES_USUAL (64ULL << 20)
#define SECOND 1000000000LL

enum {
	BODY_MAX = 1 << 20,
	ANSWER_MAX = 64 << 10,
	HEADERS_FILE_MAX = 64 << 10,
	REFUSALS_MAX = 3, /* of what the receiver says it will never take */
	RETRY_AFTER_MAX_S = 600,
};
#define FIRST_PAUSE_NS (SECOND / 2)

struct webhook {
	struct sink *sink;
	struct spool *spool;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	bool under_way, failed_before, one_by_one;
	uint64_t sent_end; /* the record after the last one that is under way */
	size_t answer_len;
	int refusals;
	int64_t pause_ns, again_ns, timer_ns;
	uint64_t given_up; /* as told by the spool so far */
	char reason[CURL_ERROR_SIZE];
};

struct curl_watch {
	struct watch watch;
	struct webhook *webhook;
	curl_socket_t fd;
};

/* --- libcurl in our loop ------------------------------------------------------------------------ */

static void ready(struct watch *w, uint32_t events)
{
	struct curl_watch *c = (struct curl_watch *)w;
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	curl_multi_socket_action(c->webhook->multi, c->fd, what, &running); /* may free c */
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
	struct webhook *h = context;
	struct curl_watch *c = of_socket;

	if (what == CURL_POLL_REMOVE) {
		poller_remove(h->sink->poller, fd);
		free(c);
		return 0;
	}
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -1;
		*c = (struct curl_watch){ { ready }, h, fd };
		curl_multi_assign(h->multi, fd, c);
	}
	return poller_set(h->sink->poller, fd,
			  (what & CURL_POLL_IN ? EPOLLIN : 0) |
				  (what & CURL_POLL_OUT ? EPOLLOUT : 0),
			  &c->watch);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct webhook *h = context;

	h->timer_ns = timeout_ms < 0 ? INT64_MAX : poller_now() + timeout_ms * 1000000LL;
	return 0;
}

/* Nobody wants the answer; one without an end is cut off. */
static size_t on_answer(char *data, size_t size, size_t count, void *context)
{
	struct webhook *h = context;

	h->answer_len += size * count;
	return h->answer_len > ANSWER_MAX ? 0 : size * count;
}

/* --- opening ------------------------------------------------------------------------------------ */

static int add_header(struct webhook *h, const char *line, struct error *err)
{
	struct curl_slist *more = curl_slist_append(h->headers, line);

	if (!more)
		return error_errno(err, ENOMEM, "headers");
	h->headers = more;
	return 0;
}

static int read_headers(struct webhook *h, const char *path, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	unsigned number = 0;
	char *line, *rest;
	int r = fs_read(path, HEADERS_FILE_MAX, &text, err);

	if (r)
		return r;
	if (strlen(text.data) != text.len)
		return error_set(err, EINVAL, "%s: has NUL bytes", path);
	for (rest = text.data; !r && (line = strsep(&rest, "\n")) != NULL;) {
		size_t n = strlen(line), name;

		number++;
		if (n && line[n - 1] == '\r')
			line[--n] = '\0';
		if (!n || *line == '#')
			continue;
		name = strspn(line,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
		if (!name || line[name] != ':' ||
		    strchr(line, '\r')) /* the value is not shown: a secret */
			return error_set(err, EINVAL, "%s:%u: not \"Name: value\"", path, number);
		r = add_header(h, line, err);
	}
	return r;
}

static int check_url(const char *url, struct error *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	int r = 0;

	if (!u)
		return error_errno(err, ENOMEM, "webhook");
	if (curl_url_set(u, CURLUPART_URL, url, 0) ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    (!str_eq(scheme, "http") && !str_eq(scheme, "https")))
		r = error_set(err, EINVAL, "webhook needs a URL as https://host:port/path");
	curl_free(scheme);
	curl_url_cleanup(u);
	return r;
}

static int set_up_curl(struct webhook *h, struct error *err)
{
	const struct sink_config *c = &h->sink->config;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return error_set(err, EIO, "libcurl cannot be used");
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy)
		return error_errno(err, ENOMEM, "webhook");
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_URL, c->target);
	curl_easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "merlon");
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, (long)(c->timeout_ns / 1000000));
	curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(c->timeout_ns / 1000000));
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->reason);
	if (c->ca && curl_easy_setopt(h->easy, CURLOPT_CAINFO, c->ca))
		return error_set(err, EINVAL, "ca=%s cannot be used", c->ca);
	return 0;
}

static int open_webhook(struct sink *s, struct error *err)
{
	struct webhook *h = s->state = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return error_errno(err, ENOMEM, "webhook");
	h->sink = s;
	h->body = BUF_INIT;
	h->timer_ns = INT64_MAX;
	r = check_url(s->config.target, err);
	if (!r)
		r = add_header(h, "Content-Type: application/json", err);
	if (!r)
		r = add_header(h, "Expect:", err); /* no extra round trip for a body above 1 MiB */
	if (!r && s->config.headers)
		r = read_headers(h, s->config.headers, err);
	if (!r)
		r = set_up_curl(h, err);
	if (!r)
		r = spool_open(&h->spool, s->config.spool,
			       s->config.max_bytes ? s->config.max_bytes : SPOOL_BYTES_USUAL, err);
	if (!r && spool_first(h->spool) < spool_end(h->spool))
		s->wake_ns = 0; /* of a process before this one */
	return r;
}

/* --- sending ------------------------------------------------------------------------------------ */

/* Puts what waits into the body, as much as goes into a request. False: nothing waits. */
static bool fill(struct webhook *h)
{
	uint64_t most = h->one_by_one ? 1 : h->sink->config.batch;
	bool array = h->sink->config.batch > 1;
	uint64_t seq = spool_first(h->spool), n = 0;

	buf_reset(&h->body);
	if (array)
		buf_add_char(&h->body, '[');
	for (; n < most && h->body.len < BODY_MAX; n++, seq++) {
		size_t before = h->body.len;

		if (n)
			buf_add_char(&h->body, ',');
		if (spool_read(h->spool, &seq, &h->body)) {
			h->body.len = before;
			break;
		}
		h->sent_end = seq + 1;
	}
	if (array)
		buf_add_char(&h->body, ']');
	return n && !h->body.failed;
}

static void start(struct webhook *h)
{
	if (!fill(h))
		return;
	h->answer_len = 0;
	*h->reason = '\0';
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, h->body.data);
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body.len);
	if (curl_multi_add_handle(h->multi, h->easy)) { /* no memory: later */
		h->again_ns = poller_now() + SECOND;
		return;
	}
	h->under_way = true;
	h->sink->counters[SINK_RETRIED] += h->failed_before;
}

/* Half a second, doubled each time, a quarter more or less: receivers that come back are not stormed. */
static void pause_for(struct webhook *h, int64_t now_ns)
{
	int64_t most = (int64_t)h->sink->config.retry_ns, pause;
	curl_off_t asked = 0;
	uint32_t chance = 0;

	h->pause_ns = h->pause_ns ? h->pause_ns * 2 : FIRST_PAUSE_NS;
	if (h->pause_ns > most)
		h->pause_ns = most;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = UINT32_MAX / 2;
	pause = h->pause_ns / 4 * 3 + h->pause_ns / 2 / 1024 * (chance % 1024);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &asked);
	if (asked > RETRY_AFTER_MAX_S)
		asked = RETRY_AFTER_MAX_S;
	if (asked * SECOND > pause)
		pause = asked * SECOND;
	h->again_ns = now_ns + pause;
}

static void delivered(struct webhook *h, bool taken)
{
	struct sink *s = h->sink;
	uint64_t first = spool_first(h->spool);
	uint64_t n = h->sent_end > first ? h->sent_end - first : 0;

	s->counters[taken ? SINK_SENT : SINK_DROPPED] += n;
	spool_done(h->spool, h->sent_end);
	h->pause_ns = h->again_ns = 0;
	h->failed_before = false;
	h->refusals = 0;
	if (taken)
		sink_well(s, SINK_OUTWARD);
}

/* True if the receiver says that this will never be taken, however often it comes. */
static bool is_refusal(long status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

static void failed(struct webhook *h, long status, const char *why, int64_t now_ns)
{
	struct sink *s = h->sink;

	s->counters[SINK_FAILED]++;
	h->failed_before = true;
	if (status)
		sink_unwell(s, SINK_OUTWARD, "answered HTTP %ld; alerts wait", status);
	else
		sink_unwell(s, SINK_OUTWARD, "%s; alerts wait", why);
	if (is_refusal(status) && h->sent_end - spool_first(h->spool) > 1) {
		h->one_by_one = true; /* one of them is it */
	} else if (is_refusal(status) && ++h->refusals >= REFUSALS_MAX) {
		delivered(h, false);
		return;
	}
	pause_for(h, now_ns);
}

static void finish(struct webhook *h, int64_t now_ns)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		long status = 0;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_multi_remove_handle(h->multi, h->easy);
		h->under_way = false;
		/* An answer that was too long to be read is one all the same. */
		if (status >= 200 && status < 300 &&
		    (code == CURLE_OK || code == CURLE_WRITE_ERROR)) {
			delivered(h, true);
			h->one_by_one = h->one_by_one &&
					spool_first(h->spool) < spool_end(h->spool);
		} else {
			failed(h, code == CURLE_OK || code == CURLE_WRITE_ERROR ? status : 0,
			       *h->reason ? h->reason : curl_easy_strerror(code), now_ns);
		}
	}
}

static void count(struct webhook *h)
{
	struct sink *s = h->sink;
	uint64_t given_up = spool_given_up(h->spool);

	s->counters[SINK_DROPPED] += given_up - h->given_up;
	h->given_up = given_up;
	s->counters[SINK_WAITING] = spool_end(h->spool) - spool_first(h->spool);
	s->counters[SINK_SPOOLED] = spool_bytes(h->spool);
}

static void take(struct sink *s, const struct alert *a, struct text line)
{
	struct webhook *h = s->state;
	int r = spool_add(h->spool, line);

	if (r) {
		s->counters[SINK_FAILED]++;
		s->counters[SINK_DROPPED]++;
		sink_unwell(s, SINK_SPOOL, "its spool cannot be written: %s", strerror(-r));
	} else {
		sink_well(s, SINK_SPOOL);
	}
	s->wake_ns = 0;
	count(h);
}

static void turn(struct sink *s, int64_t now_ns)
{
	struct webhook *h = s->state;
	int running, r = spool_sync(h->spool);

	if (r)
		sink_unwell(s, SINK_SPOOL, "its spool cannot be written: %s", strerror(-r));
	if (now_ns >= h->timer_ns) {
		h->timer_ns = INT64_MAX;
		curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	finish(h, now_ns);
	if (!h->under_way && now_ns >= h->again_ns)
		start(h);
	count(h);
	s->wake_ns = h->timer_ns;
	if (!h->under_way && spool_first(h->spool) < spool_end(h->spool) &&
	    h->again_ns < s->wake_ns)
		s->wake_ns = h->again_ns;
}

/* The token in the file may be another one now; who asks for this wants no more of the pause. */
static void reopen(struct sink *s)
{
	struct webhook *h = s->state;
	struct curl_slist *old = h->headers;
	struct error err = ERROR_INIT;

	h->again_ns = 0;
	s->wake_ns = 0;
	if (!s->config.headers || h->under_way)
		return;
	h->headers = NULL;
	if (add_header(h, "Content-Type: application/json", &err) ||
	    add_header(h, "Expect:", &err) || read_headers(h, s->config.headers, &err)) {
		curl_slist_free_all(h->headers);
		h->headers = old;
		sink_unwell(s, SINK_OUTWARD, "%s; the headers stay as they were", err.text);
		return;
	}
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_slist_free_all(old);
}

static void close_webhook(struct sink *s)
{
	struct webhook *h = s->state;

	if (!h)
		return;
	if (h->under_way)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	if (h->multi) {
		curl_multi_cleanup(h->multi); /* calls on_socket() */
		curl_global_cleanup();
	}
	curl_slist_free_all(h->headers);
	if (h->spool)
		spool_sync(h->spool);
	spool_close(h->spool);
	buf_deinit(&h->body);
	free(h);
}

const struct sink_ops sink_webhook = {
	.name = "webhook",
	.target = "URL",
	.needs_target = true,
	.help = "HTTP POST of JSON, through a spool: nothing is lost while the receiver is down",
	.open = open_webhook,
	.take = take,
	.turn = turn,
	.reopen = reopen,
	.close = close_webhook,
};
