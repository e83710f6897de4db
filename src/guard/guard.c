/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/heap.h"
#include "guard/deny_renew.h"
#include "guard/keeper.h"
#include "guard/loader.h"
#include "guard/notify.h"
#include "guard/privilege.h"
#include "guard/reader.h"
#include "guard/reader_client.h"
#include "guard/resolver.h"
#include "identity/cgroup.h"
#include "respond/hand.h"

enum { OUTPUTS_LOST = 3 }; /* exit status of outputs that ended well, but had lost alerts */
enum {
	TURN_MS = 100,
	OUTPUTS_TURN_MS = 1000,
	PIPE_ROOM = 1 << 20,
	LAST_WORDS_MS = 15000,
	HAND_END_MS = 10000,
	LOOK_MS = 10
};

#define ENGINE_END_NS (20LL * 1000000000) /* more than it waits for the outputs */

/* From the engine to the parent. */
struct message {
	enum { MESSAGE_READY, MESSAGE_END } what;
	size_t rules;
	struct watch_stats stats;
	struct error err; /* code 0: it ended well */
};

struct guard {
	const struct guard_options *o;
	struct live *live;
	struct outlet out;
	struct reader *reader;
	char **trees; /* that it may read; the paths are others' */
	struct notifier notifier;
	struct keeper keeper;
	struct deny_renewed renewed;
	pid_t engine, outputs, hand; /* hand 0: there is none */
	int hand_fd;		     /* the engine's end, until it has it */
	bool hand_ended, hand_failed;
	pid_t resolver;
	int resolver_fd; /* as hand_fd */
	int status;	 /* the reading end of the engine's messages */
	struct loader *loader;
	int signals;
	bool engine_ready, engine_ended, outputs_ended;
	bool outputs_failed, outputs_lost;
	bool start_failed;
	struct error start_err; /* of the command */
	struct message coming;
	size_t have;	     /* bytes of it */
	struct message last; /* MESSAGE_END once that came */
	int64_t asked_ns; /* when the engine was asked to end, of clock_passed_ns(); 0: not yet */
	bool killed;
};

static int block_signals(int extra)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (extra)
		sigaddset(&set, extra);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* --- the outputs process ------------------------------------------------------------------------------- */

static void take_output_signals(const struct guard_outputs *to, int signals)
{
	struct signalfd_siginfo info;

	/* It ends when there are no more documents, not when somebody asks. */
	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGHUP && to->reopen)
			to->reopen(to->arg);
}

static int outputs_follow(const struct guard_outputs *to, struct inlet *in, int signals)
{
	int r = 0;

	while (!r) {
		struct pollfd fds[] = { { .fd = in->fd, .events = POLLIN },
					{ .fd = signals, .events = POLLIN },
					{ .fd = to->fd ? to->fd(to->arg) : -1, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), OUTPUTS_TURN_MS) < 0 && errno != EINTR)
			return -errno;
		take_output_signals(to, signals);
		if (fds[0].revents)
			r = inlet_take(in, to->take, to->arg);
		to->turn(to->arg);
	}
	return r == -EPIPE ? 0 : r;
}

static _Noreturn void outputs_main(const struct guard_options *o, pid_t parent, int fd)
{
	struct inlet in = INLET_INIT;
	struct error err = ERROR_INIT;
	int signals = block_signals(0), r = 0;
	bool opened = false, lost = false;

	prctl(PR_SET_NAME, "merlon-outputs");
	in.fd = fd;
	signal(SIGPIPE, SIG_IGN);
	if (o->outputs.prepare)
		r = o->outputs.prepare(o->outputs.arg, &err);
	if (!r)
		r = privilege_drop(ROLE_OUTPUTS, o->user, parent, &err);
	if (!r && o->outputs.open) {
		r = o->outputs.open(o->outputs.arg, &err);
		opened = !r;
	}
	if (!r)
		r = outputs_follow(&o->outputs, &in, signals);
	if (r)
		fprintf(stderr, "merlon: outputs: %s\n", err.code ? err.text : strerror(-r));
	if (opened && o->outputs.close)
		lost = o->outputs.close(o->outputs.arg);
	inlet_deinit(&in);
	_exit(r ? EXIT_FAILURE : lost ? OUTPUTS_LOST : EXIT_SUCCESS);
}

static int start_outputs(struct guard *g, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return error_errno(err, errno, "pipe");
	g->outputs = fork();
	if (g->outputs == 0) {
		close(fds[1]);
		outputs_main(g->o, parent, fds[0]);
	}
	close(fds[0]);
	g->out.fd = fds[1];
	/* Room while the outputs are busy; less is fine too. */
	fcntl(fds[1], F_SETPIPE_SZ, PIPE_ROOM);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	return g->outputs < 0 ? error_errno(err, errno, "fork") : 0;
}

/* --- the hand ------------------------------------------------------------------------------------------- */

static _Noreturn void hand_main(const struct guard_options *o, pid_t parent, int fd)
{
	const struct hand_options ho = { .fd = fd,
					 .parent = parent,
					 .containers = o->live.containers,
					 .container_count = o->live.container_count,
					 .ledger = o->ledger,
					 .confirm_ns = o->confirm_ns };
	struct cgroup_layout layout;
	struct error err = ERROR_INIT;
	struct hand *h = NULL;
	int r;

	prctl(PR_SET_NAME, "merlon-hand");
	signal(SIGPIPE, SIG_IGN);
	r = cgroup_layout_detect(&layout, &err);
	r = r ? r : hand_new(&h, &ho, &err);
	r = r ? r :
		privilege_drop(layout.mode == CGROUP_V2 ? ROLE_HAND : ROLE_HAND_V1, NULL, parent,
			       &err);
	r = r ? r : hand_run(h);
	if (r)
		fprintf(stderr, "merlon: responses: %s\n", err.code ? err.text : strerror(-r));
	_exit(r ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* First of all: it shares no descriptor with the others. */
static int start_hand(struct guard *g, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (!g->o->watch.policy_count)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return error_errno(err, errno, "socketpair");
	g->hand = fork();
	if (g->hand == 0) {
		close(fds[0]);
		close(g->signals);
		hand_main(g->o, parent, fds[1]);
	}
	close(fds[1]);
	g->hand_fd = fds[0];
	fcntl(g->hand_fd, F_SETFL, O_NONBLOCK);
	return g->hand < 0 ? error_errno(err, errno, "fork") : 0;
}

/* --- what denies ----------------------------------------------------------------------------------------- */

/* In a process of its own: it reads rules, and may have to load programs. What can't be renewed goes on. */
static int renew_denial(struct guard *g, struct error *err)
{
	struct deny_renewed *renewed = mmap(NULL, sizeof(*renewed), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (renewed == MAP_FAILED)
		return error_errno(err, errno, "what denies");
	child = fork();
	if (child == 0) {
		struct error why = ERROR_INIT;

		if (deny_renew(renewed, &why))
			fprintf(stderr, "merlon: %s; what it denies is not told of here\n",
				why.text);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0) {
		int code = errno;

		munmap(renewed, sizeof(*renewed));
		return error_errno(err, code, "fork");
	}
	waitpid(child, NULL, 0);
	g->renewed = *renewed;
	munmap(renewed, sizeof(*renewed));
	return 0;
}

static int start_keeper(struct guard *g, struct error *err)
{
	int r = keeper_start(&g->keeper, err);

	if (g->keeper.numbers)
		*(g->renewed.failed ? &g->keeper.numbers->not_back :
				      &g->keeper.numbers->lost) = g->renewed.lost;
	return r;
}

/* --- the resolver ---------------------------------------------------------------------------------------- */

static int start_resolver(struct guard *g, struct error *err)
{
	struct error why = ERROR_INIT;
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return error_errno(err, errno, "socketpair");
	g->resolver = fork();
	if (g->resolver == 0) {
		close(fds[0]);
		close(g->signals);
		if (g->hand_fd >= 0)
			close(g->hand_fd);
		prctl(PR_SET_NAME, "merlon-resolver");
		if (!privilege_drop(ROLE_RESOLVER, NULL, parent, &why))
			_exit(resolver_serve(fds[1]) ? EXIT_FAILURE : EXIT_SUCCESS);
		fprintf(stderr, "merlon: names: %s\n", why.text);
		_exit(EXIT_FAILURE);
	}
	close(fds[1]);
	g->resolver_fd = fds[0];
	return g->resolver < 0 ? error_errno(err, errno, "fork") : 0;
}

/* --- the engine process --------------------------------------------------------------------------------- */

static int engine_status = -1; /* where ready() writes: one engine in a process */

static void send_message(const struct message *m)
{
	/* Larger than PIPE_BUF, but nobody else writes there. */
	(void)!write(engine_status, m, sizeof(*m));
}

static void on_ready(size_t rules, void *arg)
{
	struct message m = { .what = MESSAGE_READY, .rules = rules };

	send_message(&m);
}

static _Noreturn void engine_main(struct guard *g, pid_t parent, int status, int loader)
{
	struct loader_client client = { loader };
	struct message m = { .what = MESSAGE_END };
	struct watch_options wo = g->o->watch;
	int r, asking, complaining;

	prctl(PR_SET_NAME, "merlon-engine");
	signal(SIGPIPE, SIG_IGN);
	engine_status = status;
	wo.ready = on_ready;
	wo.loader = &client;
	wo.look = &g->o->live;
	wo.beats = g->notifier.beats;
	wo.keeper = g->keeper.numbers;
	reader_take(g->reader, &asking, &complaining);
	/* What libraries would open a file for. */
	tzset();
	json_object_seed(0);
	wo.hand = g->hand_fd;
	wo.resolver = g->resolver_fd;
	r = privilege_drop(ROLE_ENGINE, g->o->user, parent, &m.err);
	if (!r)
		r = reader_client_new(&wo.reader, asking, complaining);
	if (r && !m.err.code)
		error_errno(&m.err, -r, "reader");
	if (!r)
		r = watch_run(g->live, &g->out, &wo, &m.stats, &m.err);
	send_message(&m);
	/* What the parent has is not ours to free: the programs, the command. */
	_exit(r ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int start_engine(struct guard *g, struct error *err)
{
	pid_t parent = getpid();
	int fds[2], loader[2], r;

	if (pipe2(fds, O_CLOEXEC))
		return error_errno(err, errno, "pipe");
	g->status = fds[0];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, loader)) {
		close(fds[1]);
		return error_errno(err, errno, "socketpair");
	}
	g->engine = fork();
	if (g->engine == 0) {
		close(fds[0]);
		close(loader[0]);
		engine_main(g, parent, fds[1], loader[1]);
	}
	close(fds[1]);
	close(loader[1]);
	r = loader_new(&g->loader, loader[0], g->live);
	outlet_deinit(&g->out); /* the engine has the only writing end: its end is the outputs' */
	if (g->engine < 0 || r)
		return error_errno(err, r ? -r : errno, "the engine");
	reader_hand_over(g->reader);
	live_spare(g->live, g->engine);
	live_spare(g->live, g->outputs);
	live_spare(g->live, reader_pid(g->reader));
	if (g->hand > 0)
		live_spare(g->live, g->hand);
	if (g->keeper.pid > 0)
		live_spare(g->live, g->keeper.pid);
	if (g->hand_fd >= 0)
		close(TAKE_FD(g->hand_fd));
	close(TAKE_FD(g->resolver_fd));
	return 0;
}

static int start_reader(struct guard *g, struct error *err)
{
	const struct watch_options *w = &g->o->watch;
	struct reader_options o = { .user = g->o->user };
	int r;

	/* Rules, and what is done about them. */
	g->trees = calloc(w->rules.path_count + w->policy_count + 2, sizeof(*g->trees));
	if (!g->trees)
		return error_errno(err, ENOMEM, "reader");
	for (size_t i = 0; i < w->rules.path_count; i++)
		g->trees[o.tree_count++] = w->rules.paths[i];
	for (size_t i = 0; i < w->policy_count; i++)
		g->trees[o.tree_count++] = w->policies[i];
	if (w->rules.denied)
		g->trees[o.tree_count++] = (char *)w->rules.denied;
	o.trees = g->trees;
	r = reader_new(&g->reader, &o, err);
	return r ? r : reader_start(g->reader, err);
}

/* --- the parent ------------------------------------------------------------------------------------------ */

static void pass_on(struct guard *g, int number)
{
	if (!g->engine_ended)
		kill(g->engine, number);
	if (number == SIGTERM && !g->asked_ns) {
		g->asked_ns = clock_passed_ns();
		notifier_stopping(&g->notifier);
	}
	if (number == SIGHUP && !g->outputs_ended)
		kill(g->outputs, number);
}

static void take_signals(struct guard *g)
{
	struct signalfd_siginfo info;
	int status;

	while (read(g->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			pass_on(g, SIGHUP);
		} else if (info.ssi_signo != SIGCHLD) {
			pass_on(g, SIGTERM);
		}
	}
	if (!g->engine_ended && waitpid(g->engine, NULL, WNOHANG) == g->engine)
		g->engine_ended = true;
	if (g->hand > 0 && !g->hand_ended && waitpid(g->hand, &status, WNOHANG) == g->hand) {
		g->hand_ended = true;
		g->hand_failed = status != 0;
	}
	/* They end well only when the engine has closed its end. */
	if (!g->outputs_ended && waitpid(g->outputs, &status, WNOHANG) == g->outputs) {
		g->outputs_ended = true;
		g->outputs_lost = WIFEXITED(status) && WEXITSTATUS(status) == OUTPUTS_LOST;
		g->outputs_failed = status && !g->outputs_lost;
	}
}

static void on_engine_ready(struct guard *g, size_t rules)
{
	g->engine_ready = true;
	notifier_ready(&g->notifier, rules);
	g->o->watch.ready(rules, g->o->watch.arg);
	if (live_start(g->live, &g->start_err)) {
		g->start_failed = true;
		pass_on(g, SIGTERM);
	}
	heap_trim();
}

/* Never waits, however little of a message comes. */
static void take_message(struct guard *g)
{
	struct message *m = &g->coming;
	ssize_t n = read(g->status, (char *)m + g->have, sizeof(*m) - g->have);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) { /* it has ended */
		close(g->status);
		g->status = -1;
		return;
	}
	g->have += (size_t)n;
	if (g->have < sizeof(*m))
		return;
	g->have = 0;
	/* What looks at hostile data is not trusted with our memory, nor with the command a second time. */
	m->err.text[sizeof(m->err.text) - 1] = '\0';
	if (m->what == MESSAGE_END)
		g->last = *m;
	else if (!g->engine_ready)
		on_engine_ready(g, m->rules);
}

/* The engine waits for what the reader does not bring. */
static void judge_reader(struct guard *g)
{
	pid_t old = reader_pid(g->reader);

	if (!reader_judge(g->reader))
		return;
	live_unspare(g->live, old);
	live_spare(g->live, reader_pid(g->reader));
}

/* Its end does not end the guard: class 0 applies to who comes until it is there again. */
static void turn_keeper(struct guard *g)
{
	pid_t old = g->keeper.pid;

	keeper_turn(&g->keeper);
	if (g->keeper.pid == old)
		return;
	if (old > 0)
		live_unspare(g->live, old);
	if (g->keeper.pid > 0)
		live_spare(g->live, g->keeper.pid);
}

/* Until the engine has ended, and the outputs have taken its last words. */
static void supervise(struct guard *g)
{
	bool end_passed_on = false;

	while (!g->engine_ended || g->status >= 0) {
		struct pollfd fds[] = { { .fd = g->status, .events = POLLIN },
					{ .fd = g->signals, .events = POLLIN },
					{ .fd = loader_fd(g->loader), .events = POLLIN },
					{ .fd = reader_complaints(g->reader), .events = POLLIN } };

		poll(fds, ARRAY_SIZE(fds), TURN_MS);
		if (fds[0].revents)
			take_message(g);
		if (fds[2].revents)
			loader_take(g->loader);
		if (fds[3].revents & POLLIN)
			judge_reader(g);
		take_signals(g);
		turn_keeper(g);
		notifier_feed(&g->notifier);
		if (!end_passed_on &&
		    (g->outputs_ended || g->hand_ended || live_is_over(g->live))) {
			end_passed_on = true;
			pass_on(g, SIGTERM);
		}
		if (g->asked_ns && !g->killed && !g->engine_ended &&
		    clock_passed_ns() - g->asked_ns > ENGINE_END_NS) {
			g->killed = true;
			kill(g->engine, SIGKILL);
		}
	}
	for (int waited = 0; !g->outputs_ended && waited < LAST_WORDS_MS; waited += LOOK_MS) {
		const struct timespec step = { .tv_nsec = LOOK_MS * 1000000L };

		nanosleep(&step, NULL);
		take_signals(g);
	}
	if (!g->outputs_ended) {
		kill(g->outputs, SIGKILL);
		waitpid(g->outputs, NULL, 0);
		g->outputs_ended = g->outputs_failed = true;
	}
}

/* It ends with the engine, unless something of a container holds it: what it had begun is noted as that. */
static void end_hand(const struct guard *g)
{
	if (g->hand <= 0 || g->hand_ended || child_reap(g->hand, HAND_END_MS))
		return;
	fprintf(stderr,
		"merlon: responses: the hand did not end in %d s, and was killed; "
		"'merlon responses' tells what was begun\n",
		HAND_END_MS / 1000);
	kill(g->hand, SIGKILL);
	child_reap(g->hand, HAND_END_MS);
}

static int judge(const struct guard *g, struct watch_stats *stats, struct error *err)
{
	if (g->last.what != MESSAGE_END && g->killed)
		return error_set(
			err, ETIME,
			"the guard's engine did not end when asked, and was killed: what it saw last was not told");
	if (g->last.what != MESSAGE_END)
		return error_set(err, ECHILD,
				 "the guard's engine ended unasked: nothing was watched since");
	*stats = g->last.stats;
	stats->outputs_lost = g->outputs_lost;
	if (g->start_failed) {
		*err = g->start_err;
		return -err->code;
	}
	if (g->last.err.code) {
		*err = g->last.err;
		return -err->code;
	}
	if (g->hand_failed)
		return error_set(err, ECHILD, "who carries responses out ended unasked");
	return g->outputs_failed ? error_set(err, EPIPE, "the guard's outputs ended unasked") : 0;
}

static int run(struct guard *g, struct watch_stats *stats, struct error *err)
{
	static const struct type_set nothing;
	struct live_options lo = g->o->live;
	int r;

	if (geteuid() != 0)
		return error_set(err, EPERM, "guarding needs root");
	lo.want = &nothing; /* the engine says, once it has read the rules */
	lo.calls = true;
	lo.denials = true;
	lo.filter_scratch = sizeof(struct filter_scratch);
	g->signals = block_signals(SIGCHLD);
	if (g->signals < 0)
		return error_errno(err, errno, "signalfd");
	r = g->o->watch.rules.denied ? renew_denial(g, err) : 0;
	if (!r)
		r = start_hand(g, err);
	if (!r)
		r = start_resolver(g, err);
	if (!r)
		r = start_outputs(g, err);
	if (!r) /* while there is little that it could see of ours */
		r = start_reader(g, err);
	if (!r) /* behind those: who asks what the kernel can do has read all of its types */
		r = g->o->watch.rules.denied ? start_keeper(g, err) : 0;
	if (!r)
		r = live_new(&g->live, &lo, err);
	heap_trim(); /* before the engine has a copy */
	if (!r)
		r = start_engine(g, err);
	if (r)
		return r;
	supervise(g);
	return judge(g, stats, err);
}

int guard_run(const struct guard_options *o, struct watch_stats *stats, struct error *err)
{
	struct guard g = { .o = o,
			   .out = OUTLET_INIT,
			   .status = -1,
			   .signals = -1,
			   .keeper = KEEPER_NONE,
			   .hand_fd = -1,
			   .resolver_fd = -1 };
	int r;

	*stats = (struct watch_stats){ 0 };
	heap_map_large();
	notifier_init(&g.notifier);
	r = run(&g, stats, err);
	notifier_deinit(&g.notifier);
	if (g.hand_fd >= 0)
		close(g.hand_fd);
	if (g.resolver_fd >= 0)
		close(g.resolver_fd);
	keeper_deinit(&g.keeper);
	if (g.resolver > 0) { /* it may be in the middle of something */
		kill(g.resolver, SIGKILL);
		waitpid(g.resolver, NULL, 0);
	}
	end_hand(&g);
	outlet_deinit(&g.out); /* if it did not come to an engine: the outputs end by that */
	if (g.outputs > 0 && !g.outputs_ended)
		waitpid(g.outputs, NULL, 0);
	loader_free(g.loader);
	reader_free(g.reader);
	live_free(g.live);
	free(g.trees);
	if (g.status >= 0)
		close(g.status);
	if (g.signals >= 0)
		close(g.signals);
	return r;
}
