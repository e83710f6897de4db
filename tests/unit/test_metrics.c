/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "sinks/metrics_server.h"
#include "unit.h"

/* --- the format --------------------------------------------------------------------------------- */

static void rendered(void **state)
{
	struct metric rows[] = {
		{ .name = "a_total",
		  .help = "Two \\ lines\n",
		  .value = 3,
		  .labels = { { "x", "y" }, { "q", "a\"b\\c\nd\xff" } } },
		{ .name = "a_total", .help = "Two", .value = 1e15 },
		{ .name = "b", .help = "B", .type = METRIC_GAUGE, .value = 0.5 },
		{ .name = "bad name", .help = "left out", .value = 1 },
		{ .name = "9", .help = "left out", .value = 1 },
		{ .name = "c", .value = -INFINITY, .labels = { { "bad-label", "left out" } } },
		{ .name = "d", .value = NAN },
	};
	metric_list list = { rows, ARRAY_SIZE(rows), ARRAY_SIZE(rows) };
	cleanup_buf struct buf out = BUF_INIT;

	metrics_render(&list, &out);
	assert_string_equal(out.data, "# HELP a_total Two \\\\ lines\\n\n# TYPE a_total counter\n"
				      "a_total{x=\"y\",q=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 3\n"
				      "a_total 1000000000000000\n"
				      "# HELP b B\n# TYPE b gauge\nb 0.5\n"
				      "# HELP c \n# TYPE c counter\nc -Inf\n"
				      "# HELP d \n# TYPE d counter\nd NaN\n");
}

/* --- the server --------------------------------------------------------------------------------- */

static void fill(void *context, metric_list *list)
{
	struct metric *m = vec_add(list);

	*m = (struct metric){ .name = "merlon_answers_total", .help = "Answers", .value = 42 };
}

static const char *health(void *context)
{
	return *(const char **)context;
}

static int dial(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Sends a request, and turns the poller until the other end closes. */
static char *ask(struct metrics_server *m, struct poller *p, const char *request)
{
	int fd = dial(metrics_server_port(m));
	struct buf answer = BUF_INIT;
	char chunk[4096];

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	for (int i = 0; i < 500; i++) {
		struct pollfd wait = { .fd = p->epoll, .events = POLLIN };
		ssize_t n;

		poll(&wait, 1, 2);
		poller_turn(p);
		metrics_server_turn(m, poller_now());
		n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&answer, chunk, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			break;
	}
	close(fd);
	buf_add(&answer, "", 0);
	return buf_take(&answer);
}

static void answers(void **state)
{
	static const struct {
		const char *request, *sick, *status, *has;
	} rows[] = {
		{ "GET /metrics", NULL, "200", "\r\n\r\n# HELP merlon_answers_total Answers\n" },
		{ "GET /metrics?x=y", NULL, "200", "merlon_answers_total 42\n" },
		{ "HEAD /metrics", NULL, "200", "version=0.0.4" },
		{ "GET /healthz", NULL, "200", "\r\n\r\nok\n" },
		{ "GET /healthz", "no sensor", "503", "\r\n\r\nno sensor\n" },
		{ "GET /", NULL, "404", "/metrics" },
		{ "GET /../etc/passwd", NULL, "404", "/metrics" },
		{ "DELETE /metrics", NULL, "405", "Allow: GET, HEAD" },
		{ "BREW /metrics", NULL, "405", "GET and HEAD" },
	};
	const char *sick = NULL;
	struct metrics_source source = { fill, health, &sick };
	struct metrics_server *m = NULL;
	struct poller p;

	assert_int_equal(poller_init(&p, NULL), 0);
	assert_int_equal(metrics_server_new(&m, "0", &source, &p, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *request = str_format(
			"%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", rows[i].request);
		cleanup_free char *answer = NULL;

		sick = rows[i].sick;
		answer = ask(m, &p, request);
		assert_non_null(answer);
		check(rows[i].request, str_starts(answer, "HTTP/1.1 "));
		check(rows[i].request, !strncmp(answer + 9, rows[i].status, 3));
		check(rows[i].request, strstr(answer, rows[i].has) != NULL);
	}
	metrics_server_free(m);
	poller_deinit(&p);
}

/* Requests that are no requests, and connections that say nothing, stop nobody. */
static void hostile_clients(void **state)
{
	const char *sick = NULL;
	struct metrics_source source = { fill, health, &sick };
	struct metrics_server *m = NULL;
	struct poller p;
	char *big = malloc(100001);
	int silent[64];

	assert_int_equal(poller_init(&p, NULL), 0);
	assert_int_equal(metrics_server_new(&m, "127.0.0.1:0", &source, &p, NULL), 0);
	memset(big, 'A', 100000);
	big[100000] = '\0';
	memcpy(big, "GET /", 5);
	free(ask(m, &p, big));
	free(ask(m, &p, "\r\n\r\n\x01\x02\x03 nonsense\r\n\r\n"));
	free(ask(m, &p,
		 "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\nabc"));
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = dial(metrics_server_port(m));
	for (int i = 0; i < 100; i++)
		poller_turn(&p);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		close(silent[i]);
	for (int i = 0; i < 100; i++)
		poller_turn(&p);
	{
		cleanup_free char *answer = ask(m, &p, "GET /healthz HTTP/1.0\r\n\r\n");

		assert_non_null(strstr(answer, "ok\n"));
	}
	metrics_server_free(m);
	poller_deinit(&p);
	free(big);
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "0", true },
		{ "127.0.0.1:0", true },
		{ "[::1]:0", true },
		{ "localhost:0", false },
		{ "", false },
		{ ":0", false },
		{ "127.0.0.1:", false },
		{ "65536", false },
		{ "1.2.3:4", false },
		{ "::1:0", false },
		{ "[127.0.0.1]:0", false },
		{ "-1", false },
	};
	struct metrics_source source = { fill, NULL, NULL };
	struct poller p;

	assert_int_equal(poller_init(&p, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct metrics_server *m = NULL;
		struct error err = ERROR_INIT;
		int r = metrics_server_new(&m, rows[i].text, &source, &p, &err);

		if (str_starts(rows[i].text, "[::1]") && r && r != -EINVAL)
			continue; /* no IPv6 here */
		check_number(rows[i].text, r, rows[i].good ? 0 : -EINVAL);
		metrics_server_free(m);
	}
	poller_deinit(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rendered),
		cmocka_unit_test(answers),
		cmocka_unit_test(hostile_clients),
		cmocka_unit_test(addresses),
	};

	return unit_run(tests);
}
