/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on their way to files, sockets and the store; a receiver of HTTP is in tests/containers/test_outputs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "sample_alert.h"
#include "sinks/outputs.h"
#include "unit.h"

struct fixture {
	char *dir;
	struct outputs *outputs;
	char told[4096];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = unit_dir();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	outputs_free(f->outputs);
	unit_dir_remove(f->dir);
	free(f);
	return 0;
}

static void tell(void *context, const char *text)
{
	struct fixture *f = context;
	size_t n = strlen(f->told);

	snprintf(f->told + n, sizeof(f->told) - n, "%s\n", text);
}

static void open_outputs(struct fixture *f, const char *const *sinks, const char *store)
{
	struct outputs_config config = {
		.sinks = sinks, .store.path = store, .tell = tell, .tell_context = f
	};
	struct error err = ERROR_INIT;

	if (outputs_new(&f->outputs, &config, &err))
		print_error("# %s\n", err.text);
	assert_non_null(f->outputs);
}

static void open_one(struct fixture *f, const char *sink)
{
	open_outputs(f, (const char *const[]){ sink, NULL }, NULL);
}

static void take(struct fixture *f, int n, const char *rule)
{
	cleanup_alert struct alert a = sample_alert(n, rule, "web");

	outputs_take(f->outputs, &a);
}

/* Turns as the owner of a poll loop does, until nothing is to be done for a while. */
static void turn(struct fixture *f)
{
	struct pollfd p = { .fd = outputs_fd(f->outputs), .events = POLLIN };

	for (int i = 0; i < 50 && poll(&p, 1, 20) > 0; i++)
		outputs_turn(f->outputs);
}

static uint64_t counter(struct fixture *f, const char *of, const char *name)
{
	outputs_counter_list list = { 0 };
	uint64_t n = UINT64_MAX;

	outputs_counters(f->outputs, &list);
	vec_foreach(c, &list)
		if (str_starts(c->of, of) && str_eq(c->name, name))
			n = c->value;
	vec_deinit(&list);
	return n;
}

static size_t lines_of(const char *path, int *first)
{
	cleanup_free char *text = unit_file_read(path, NULL);
	size_t n = 0;

	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n++) {
		cleanup_json json_t *o = json_loadb(line, (size_t)(end - line), 0, NULL);
		const char *uuid = json_string_value(json_object_get(o, "uuid"));

		check(line, uuid != NULL);
		if (!n && first)
			*first = (int)strtol(uuid + 24, NULL, 16);
	}
	return n;
}

/* --- files -------------------------------------------------------------------------------------- */

static void lines_in_a_file(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s,min=warning", path);
	cleanup_alert struct alert low = sample_alert(9, "R", NULL);
	struct stat st;

	open_one(f, word);
	for (int i = 1; i <= 3; i++)
		take(f, i, "R");
	low.priority = ALERT_NOTICE;
	outputs_take(f->outputs, &low);
	assert_int_equal(lines_of(path, NULL), 3);
	assert_int_equal(counter(f, "file", "sent"), 3);
	assert_int_equal(counter(f, "file", "taken"), 3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void files_rotate(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s,max=4096,keep=2", path);
	int newest = 0, older = 0, oldest = 0;
	size_t n;

	open_one(f, word);
	for (int i = 1; i <= 60; i++)
		take(f, i, "R");
	n = lines_of(path, &newest);
	assert_int_equal(newest + (int)n, 61);
	n = lines_of(unit_path(f->dir, "log.1"), &older);
	assert_int_equal(older + (int)n, newest);
	n = lines_of(unit_path(f->dir, "log.2"), &oldest);
	assert_int_equal(oldest + (int)n, older);
	assert_true(oldest > 1);
	assert_int_not_equal(access(unit_path(f->dir, "log.3"), F_OK), 0);
}

static void a_file_that_can_not_be_moved_grows(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s,max=4096,keep=1", path);

	/* what stands where the old one would go */
	assert_int_equal(mkdir(unit_path(f->dir, "log.1"), 0700), 0);
	open_one(f, word);
	for (int i = 1; i <= 60; i++)
		take(f, i, "R");
	assert_int_equal(lines_of(path, NULL), 60);
	assert_non_null(strstr(f->told, "cannot be rotated, and grows"));
	assert_null(strstr(strstr(f->told, "cannot be rotated") + 1, "cannot be rotated"));
	assert_int_equal(rmdir(unit_path(f->dir, "log.1")), 0);
	for (int i = 61; i <= 70; i++)
		take(f, i, "R");
	assert_non_null(strstr(f->told, "is rotated again"));
	assert_true(lines_of(path, NULL) < 10);
}

static void files_that_were_moved(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s", path);

	open_one(f, word);
	take(f, 1, "R");
	assert_int_equal(rename(path, unit_path(f->dir, "moved")), 0);
	take(f, 2, "R");
	outputs_reopen(f->outputs);
	take(f, 3, "R");
	assert_int_equal(lines_of(unit_path(f->dir, "moved"), NULL), 2);
	assert_int_equal(lines_of(path, NULL), 1);
}

/* A crash of the machine has left half a line. */
static void half_a_line_stays_alone(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s", path), *text = NULL;

	unit_file_write(path, "{\"half", 6);
	open_one(f, word);
	take(f, 1, "R");
	text = unit_file_read(path, NULL);
	assert_true(str_starts(text, "{\"half\n{\""));
}

/* --- pipes -------------------------------------------------------------------------------------- */

/* Standard output is a pipe that nobody reads: the guard goes on, and what is too much is counted. */
static void a_reader_that_sleeps(void **state)
{
	struct fixture *f = *state;
	int saved = dup(STDOUT_FILENO), ends[2];
	uint64_t taken = 40000, dropped, waiting, got = 0;
	char *chunk = malloc(1 << 20);

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	open_one(f, "json");
	for (uint64_t i = 1; i <= taken; i++)
		take(f, (int)i, "R");
	dropped = counter(f, "json", "dropped");
	waiting = counter(f, "json", "waiting");
	for (int i = 0; i < 100000 && counter(f, "json", "waiting"); i++) {
		ssize_t n = read(ends[0], chunk, 1 << 20);

		for (ssize_t k = 0; k < n; k++)
			got += chunk[k] == '\n';
		outputs_turn(f->outputs);
	}
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_true(waiting > 1000 && dropped > 0);
	assert_int_equal(counter(f, "json", "waiting"), 0);
	assert_int_equal(counter(f, "json", "sent") + dropped, taken);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	for (ssize_t n; (n = read(ends[0], chunk, 1 << 20)) > 0;)
		for (ssize_t k = 0; k < n; k++)
			got += chunk[k] == '\n';
	close(ends[0]);
	assert_int_equal(got, counter(f, "json", "sent"));
	assert_non_null(strstr(f->told, "nobody reads it"));
	free(chunk);
}

static void a_reader_that_is_gone(void **state)
{
	struct fixture *f = *state;
	int saved = dup(STDOUT_FILENO), ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	open_one(f, "text,color=never");
	take(f, 1, "R");
	take(f, 2, "R");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(counter(f, "text", "dropped"), 2);
	assert_non_null(strstr(f->told, "text: cannot be written: Broken pipe"));
}

/* --- syslog ------------------------------------------------------------------------------------- */

static int local_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void syslog_locally(void **state)
{
	struct fixture *f = *state;
	const char *path = unit_path(f->dir, "log");
	cleanup_free char *word = str_format("syslog:%s", path);
	int fd = local_socket(path);
	char text[4096] = "";

	open_one(f, word);
	take(f, 1, "A\nrule\x1b");
	turn(f);
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "<84>1 2026-11-22T09:31:05.001000Z node-7 merlon - finding - "
				  "A\\nrule\\u001b: web: A sentence "
				  "[019ab0c4-0000-7000-8000-000000000001]");
	close(fd);
}

/* The daemon is not there yet, or restarts: alerts wait for it, in order. */
static void syslog_that_comes_late(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("syslog:%s,format=json", path);
	char text[4096];
	int fd;

	open_one(f, word);
	take(f, 1, "R");
	take(f, 2, "R");
	assert_int_equal(counter(f, "syslog", "waiting"), 2);
	fd = local_socket(path);
	for (int i = 0; i < 100 && counter(f, "syslog", "waiting"); i++) {
		turn(f);
		usleep(20000);
	}
	for (int i = 1; i <= 2; i++) {
		cleanup_json json_t *o = NULL;
		ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

		assert_true(n > 0);
		text[n] = '\0';
		assert_non_null(strchr(text, '{'));
		o = json_loads(strchr(text, '{'), 0, NULL);
		assert_int_equal(
			strtol(json_string_value(json_object_get(o, "uuid")) + 24, NULL, 16), i);
	}
	close(fd);
	assert_non_null(strstr(f->told, "alerts wait"));
	assert_non_null(strstr(f->told, "works again"));
}

/* What the network says of a datagram that is gone keeps nobody busy. */
static void syslog_to_a_closed_port(void **state)
{
	struct fixture *f = *state;
	struct pollfd p;

	open_one(f, "syslog:udp:127.0.0.1:1");
	for (int i = 1; i <= 3; i++) {
		take(f, i, "R");
		turn(f);
		p = (struct pollfd){ .fd = outputs_fd(f->outputs), .events = POLLIN };
		assert_int_equal(poll(&p, 1, 20), 0);
	}
	assert_int_equal(counter(f, "syslog", "sent"), 3);
	assert_true(counter(f, "syslog", "failed") > 0);
}

/* The daemon goes away and comes back, with nothing to be sent meanwhile. */
static void syslog_that_restarts(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("syslog:%s", path);
	int fd = local_socket(path);
	struct pollfd p;
	char text[4096];

	open_one(f, word);
	take(f, 1, "R");
	turn(f);
	close(fd);
	unlink(path);
	turn(f);
	p = (struct pollfd){ .fd = outputs_fd(f->outputs), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 20), 0);
	fd = local_socket(path);
	take(f, 2, "R");
	for (int i = 0; i < 100 && counter(f, "syslog", "waiting"); i++) {
		turn(f);
		usleep(20000);
	}
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	close(fd);
}

static int tcp_listener(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(*port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void syslog_over_tcp(void **state)
{
	struct fixture *f = *state;
	uint16_t port = 0;
	int listener = tcp_listener(&port), fd;
	cleanup_free char *word = str_format("syslog:tcp:127.0.0.1:%u", port);
	char text[4096] = "";
	size_t n;

	open_one(f, word);
	take(f, 1, "R");
	turn(f);
	fd = accept(listener, NULL, NULL);
	turn(f);
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	n = strtoul(text, NULL, 10);
	assert_int_equal(strlen(strchr(text, ' ') + 1), n); /* octet counting */
	close(fd);					    /* the peer restarts */
	turn(f);
	take(f, 2, "R");
	for (int i = 0; i < 100 && counter(f, "syslog", "sent") < 2; i++) {
		turn(f);
		usleep(20000);
	}
	fd = accept(listener, NULL, NULL);
	memset(text, 0, sizeof(text));
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "000000000002]"));
	close(fd);
	close(listener);
}

/* --- store and suppression ---------------------------------------------------------------------- */

static void suppressed_alerts_are_stored_and_not_sent(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *store = strdup(unit_path(f->dir, "alerts.db"));
	cleanup_free char *word = str_format("file:%s", path);
	cleanup_store struct store *person = NULL;
	int64_t id;

	open_outputs(f, (const char *const[]){ word, NULL }, store);
	assert_int_equal(store_open_existing(&person, store, true, NULL), 0);
	take(f, 1, "Shell");
	turn(f);
	assert_int_equal(store_suppress(person,
					&(struct suppression){
						.rule = "She*", .reason = "x", .who = "y" },
					&id, NULL),
			 0);
	take(f, 2, "Shell");
	take(f, 3, "Other");
	turn(f);
	assert_int_equal(lines_of(path, NULL), 2);
	assert_int_equal(counter(f, "store", "stored"), 3);
	assert_int_equal(counter(f, "store", "suppressed"), 1);
	assert_int_equal(outputs_lost(f->outputs), 0);
}

/* Somebody moved the store away, its log or not: a new one is begun, and nothing that comes is lost. */
static void a_store_that_was_taken_away(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "alerts.db"));
	cleanup_store struct store *person = NULL;

	open_outputs(f, NULL, path);
	take(f, 1, "R");
	turn(f);
	assert_int_equal(unlink(path), 0);
	take(f, 2, "R");
	turn(f);
	take(f, 3, "R");
	turn(f);
	assert_int_equal(store_open_existing(&person, path, false, NULL), 0);
	assert_int_equal(store_find(person, "019ab0c4-0000-7000-8000-000000000002", &(int64_t){ 0 },
				    NULL),
			 0);
	assert_int_equal(store_find(person, "019ab0c4-0000-7000-8000-000000000001", &(int64_t){ 0 },
				    NULL),
			 -ENOENT);
	assert_null(store_moved_aside(person));
	assert_int_equal(counter(f, "store", "stored"), 3);
}

static void activity_is_stored_and_not_sent(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *store = strdup(unit_path(f->dir, "alerts.db"));
	cleanup_free char *word = str_format("file:%s", path);
	cleanup_alert struct alert a = sample_alert(1, "R", "web");

	a.kind = ALERT_ACTIVITY;
	open_outputs(f, (const char *const[]){ word, NULL }, store);
	outputs_take(f->outputs, &a);
	turn(f);
	assert_int_equal(counter(f, "store", "stored"), 1);
	assert_int_equal(counter(f, "file", "taken"), 0);
}

static void what_can_not_be_opened(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct outputs_config config = { .sinks = (const char *const[]){
						 "json", "file:/nonexistent/x", NULL } };

	assert_int_equal(outputs_new(&f->outputs, &config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "output \"file:/nonexistent/x\""));
	config = (struct outputs_config){ .store.path = "/proc/nothing/x.db" };
	assert_true(outputs_new(&f->outputs, &config, &err) < 0);
	config = (struct outputs_config){ .metrics = "nonsense" };
	assert_int_equal(outputs_new(&f->outputs, &config, &err), -EINVAL);
}

static void documents_that_are_no_alerts(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = strdup(unit_path(f->dir, "log"));
	cleanup_free char *word = str_format("file:%s", path);

	open_one(f, word);
	outputs_take_json(f->outputs, sample_document(1, "R", NULL));
	outputs_take_json(f->outputs, sample_json("{'rule': 'R'}"));
	outputs_take_json(f->outputs, NULL);
	assert_int_equal(lines_of(path, NULL), 1);
	assert_int_equal(counter(f, "outputs", "malformed"), 2);
	assert_int_equal(outputs_lost(f->outputs), 2);
	assert_non_null(strstr(f->told, "\"time\" is missing"));
}

/* Nobody is there to take it, and no server ever was: taking and turning go on at once. */
static void a_webhook_never_blocks(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *word = str_format("webhook:http://127.0.0.1:1/,spool=%s/spool", f->dir);
	int64_t start = poller_now();

	open_one(f, word);
	for (int i = 1; i <= 1000; i++)
		take(f, i, "R");
	turn(f);
	assert_true(poller_now() - start < 3000000000LL);
	assert_int_equal(counter(f, "webhook", "waiting"), 1000);
	assert_true(counter(f, "webhook", "failed") > 0);
	assert_true(counter(f, "webhook", "spooled_bytes") > 1000 * 100);
	outputs_free(f->outputs);
	f->outputs = NULL;
	open_one(f, word); /* another process goes on with it */
	assert_int_equal(counter(f, "webhook", "waiting"), 1000);
	assert_int_equal(outputs_waiting(f->outputs), 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(lines_in_a_file),
		TEST(files_rotate),
		TEST(a_file_that_can_not_be_moved_grows),
		TEST(files_that_were_moved),
		TEST(half_a_line_stays_alone),
		TEST(a_reader_that_sleeps),
		TEST(a_reader_that_is_gone),
		TEST(syslog_locally),
		TEST(syslog_that_comes_late),
		TEST(syslog_to_a_closed_port),
		TEST(syslog_that_restarts),
		TEST(syslog_over_tcp),
		TEST(suppressed_alerts_are_stored_and_not_sent),
		TEST(a_store_that_was_taken_away),
		TEST(activity_is_stored_and_not_sent),
		TEST(what_can_not_be_opened),
		TEST(documents_that_are_no_alerts),
		TEST(a_webhook_never_blocks),
	};

	return unit_run(tests);
}
