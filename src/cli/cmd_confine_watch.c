/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "confine/audit_socket.h"
#include "confine/collector.h"

enum {
	FLUSH_MS = 500, /* how long an event waits for the rest of its records */
	QUIET_MS = 300, /* without a record: at the end nothing is under way any more */
	DRAIN_MS = 3000,
};

static const struct option_def options[] = {
	{ "container", 'c', "ID|NAME", "only what this container is denied", false, COMPLETE_NONE,
	  NULL },
	{ "agent", 0, "SOCKET",
	  "also answer filters made with --complain --two-phase SOCKET: they tell of arguments",
	  false, COMPLETE_FILE, NULL },
	{ "output", 'o', "FILE", "keep all denials there, a JSON object in each line", false,
	  COMPLETE_FILE, NULL },
	{ "duration", 'd', "TIME", "end after this (90s, 10m)", false, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print each new denial as a line of JSON", false, COMPLETE_NONE, NULL },
};

struct watch {
	bool json;
	struct collector *collector;
	struct audit_reader *reader;
	struct agent *agent;
	int audit_fd, signal_fd, timer_fd, epoll_fd;
	uint64_t records_lost;
};

/* --- telling ------------------------------------------------------------------------------------ */

static void tell(const struct denial *d, void *arg)
{
	const struct watch *w = arg;
	char time[CLOCK_TEXT_MAX], what[512];

	if (w->json) {
		cleanup_json json_t *o = denial_to_json(d);

		print_json_line(o);
		fflush(stdout);
		return;
	}
	clock_format(d->first_ns, time);
	denial_text(d, what, sizeof(what));
	printf("%.8s  %-12s %s %s %s  by %s (pid %d)\n", time + 11,
	       d->container ? shown(d->container) : "-", denial_layer_names[d->layer],
	       d->enforced ? "denied" : "would deny", shown_path(what),
	       d->executable ? shown_path(d->executable) :
	       d->comm	     ? shown_path(d->comm) :
			       "?",
	       d->pid);
	if (d->parents.len) {
		printf("%23s started by", "");
		vec_foreach(parent, &d->parents)
			printf("%s %s", parent == d->parents.items ? "" : " <-",
			       shown_path(*parent));
		putchar('\n');
	}
	fflush(stdout);
}

static int save(const struct watch *w, const char *path, struct error *err)
{
	cleanup_buf struct buf out = BUF_INIT;

	vec_foreach(d, collector_denials(w->collector)) {
		cleanup_json json_t *o = denial_to_json(d);
		cleanup_free char *text = json_dumps(o, JSON_COMPACT);

		if (!text)
			return error_errno(err, ENOMEM, "%s", path);
		buf_addf(&out, "%s\n", text);
	}
	if (out.failed)
		return error_set(err, EFBIG, "%s: too large", path);
	return fs_write_atomic(path, out.data ? out.data : "", out.len, 0644, err);
}

static void sum_up(const struct watch *w)
{
	const struct collector_counts *c = collector_counts(w->collector);
	const struct audit_counts *a = audit_counts(w->reader);

	fprintf(stderr, "%s denials, %zu different", str_grouped(c->denials),
		collector_denials(w->collector)->len);
	if (c->elsewhere)
		fprintf(stderr, "; %s elsewhere", str_grouped(c->elsewhere));
	if (c->gone)
		fprintf(stderr, "; %s of processes that had ended before it was known where",
			str_grouped(c->gone));
	if (c->lost)
		fprintf(stderr, "; LOST: %s that were too many to keep", str_grouped(c->lost));
	if (w->records_lost)
		fprintf(stderr, "; LOST: the kernel dropped records %s times",
			str_grouped(w->records_lost));
	if (a->broken)
		fprintf(stderr, "; %s audit records made no sense", str_grouped(a->broken));
	fputc('\n', stderr);
}

/* --- setting up --------------------------------------------------------------------------------- */

static int add_fd(struct watch *w, int fd, struct error *err)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0 || epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		return error_errno(err, errno, "cannot wait for events");
	return 0;
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int timer_open(void)
{
	struct itimerspec every = { .it_interval.tv_nsec = FLUSH_MS * 1000000L,
				    .it_value.tv_nsec = FLUSH_MS * 1000000L };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

static void say(const char *text, void *arg)
{
	fprintf(stderr, "%s\n", shown(text));
}

static int watch_open(struct watch *w, const struct arguments *args, struct error *err)
{
	struct collector_options c = { arg_value(args, "container"), tell, w };
	int r = collector_new(&w->collector, &c, err);

	if (r)
		return r;
	w->reader = audit_reader_new(collector_take_record, w->collector);
	if (!w->reader)
		return error_errno(err, ENOMEM, "denials");
	w->audit_fd = audit_socket_open(err);
	if (w->audit_fd < 0)
		return w->audit_fd;
	w->signal_fd = signals_open();
	w->timer_fd = timer_open();
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		return error_errno(err, errno, "cannot wait for events");
	r = add_fd(w, w->audit_fd, err);
	r = r ? r : add_fd(w, w->signal_fd, err);
	r = r ? r : add_fd(w, w->timer_fd, err);
	if (!r && arg_value(args, "agent")) {
		struct agent_options a = { .socket = arg_value(args, "agent"),
					   .say = say,
					   .told = collector_take_call,
					   .told_arg = w->collector };

		r = agent_new(&w->agent, &a, err);
	}
	return r;
}

static void watch_close(struct watch *w)
{
	agent_free(w->agent);
	close_fd(&w->audit_fd);
	close_fd(&w->signal_fd);
	close_fd(&w->timer_fd);
	close_fd(&w->epoll_fd);
	audit_reader_free(w->reader);
	collector_free(w->collector);
}

/* --- the loop ----------------------------------------------------------------------------------- */

/* Positive: a signal came. */
static int step(struct watch *w, struct error *err)
{
	struct epoll_event events[4];
	int n, r = 0, ended = 0;

	if (w->agent) {
		bool ready;

		r = agent_step(w->agent, w->epoll_fd, &ready, err);
	}
	n = r ? 0 : epoll_wait(w->epoll_fd, events, ARRAY_SIZE(events), w->agent ? 0 : -1);
	for (int i = 0; i < n && !r; i++) {
		struct signalfd_siginfo info;
		uint64_t ticks;

		if (events[i].data.fd == w->audit_fd)
			r = audit_socket_read(w->audit_fd, w->reader, &w->records_lost, err);
		else if (events[i].data.fd == w->signal_fd)
			ended = read(w->signal_fd, &info, sizeof(info)) == sizeof(info);
		else if (read(w->timer_fd, &ticks, sizeof(ticks)) == sizeof(ticks))
			audit_flush(w->reader);
	}
	return r ? r : ended;
}

/* The kernel's audit thread hands records on when it comes to it: what was denied before the end is told. */
static int drain(struct watch *w, struct error *err)
{
	struct pollfd p = { .fd = w->audit_fd, .events = POLLIN };
	const int64_t end_ns = clock_passed_ns() + DRAIN_MS * INT64_C(1000000);
	int r;

	do
		r = audit_socket_read(w->audit_fd, w->reader, &w->records_lost, err);
	while (!r && clock_passed_ns() < end_ns && poll(&p, 1, QUIET_MS) > 0);
	audit_flush(w->reader);
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *duration = arg_value(args, "duration"), *output = arg_value(args, "output");
	struct watch w = { .json = arg_flag(args, "json"),
			   .audit_fd = -1,
			   .signal_fd = -1,
			   .timer_fd = -1,
			   .epoll_fd = -1 };
	uint64_t length_ns = 0;
	int64_t end_ns;
	size_t n;
	int r;

	arg_operands(args, &n);
	if (n)
		return error_set(err, USAGE_ERROR, "no operand is wanted; --container names one");
	if (duration && !str_to_duration(duration, &length_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (90s, 10m, 1h30m)",
				 duration);
	r = watch_open(&w, args, err);
	if (!r)
		fprintf(stderr, "watching; Ctrl-C ends\n");
	end_ns = clock_wall_ns() + (int64_t)length_ns;
	while (!r && (!length_ns || clock_wall_ns() < end_ns))
		r = step(&w, err);
	if (r >= 0) {
		r = drain(&w, err);
		if (!r && output)
			r = save(&w, output, err);
		sum_up(&w);
	}
	watch_close(&w);
	return r;
}

const struct command cmd_confine_watch = {
	.name = "watch",
	.summary = "show what layers of confinement deny, or would deny, while it happens",
	.description =
		"Collects denials from the kernel's audit records: of seccomp filters that log (made with "
		"merlon profile export --complain), of AppArmor in complain or enforce mode, of SELinux in "
		"permissive or enforcing mode. Each is shown once, with the program, its container, and "
		"the processes that started it, and counted from then on.\n\n"
		"An audit record has no arguments of the call. Filters made with --complain --two-phase "
		"SOCKET ask the agent at SOCKET (--agent) about everything that the profile does not allow; "
		"every call goes on, after it was told of with all its arguments.\n\n"
		"merlon profile learn folds accepted denials back into the profile.",
	.examples = "  merlon profile export -f seccomp --complain web.merlon.json -o web.json\n"
		    "  merlon confine watch --container web -o denials.json\n"
		    "  merlon profile learn web.merlon.json denials.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
