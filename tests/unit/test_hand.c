/* SPDX-License-Identifier: Apache-2.0 */
/* The hand: which requests it takes, whom it never touches. Real processes, which are this test's own. */
#include "respond/hand.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/str.h"
#include "identity/process.h"
#include "respond/isolation.h"
#include "respond/ledger.h"
#include "respond/request.h"
#include "respond/target.h"
#include "unit.h"

enum { TICK_NS = 10000000, GARBAGE = 2000 };

static struct hand_request good(void)
{
	return (struct hand_request){ .size = sizeof(struct hand_request),
				      .action = HAND_KILL,
				      .pid = 4711,
				      .signal = 9,
				      .container = "0123abc",
				      .alert = "01998f5e-8a31-7abc-8def-0123456789ab",
				      .rule = "Miner" };
}

/* --- requests -------------------------------------------------------------------------------------------- */

static void test_requests(void **state)
{
	struct hand_request rq = good();

	assert_null(hand_request_check(&rq, sizeof(rq)));
#define REFUSED(row, change)                                     \
	do {                                                     \
		rq = good();                                     \
		change;                                          \
		check(row, hand_request_check(&rq, sizeof(rq))); \
	} while (0)
	check("short", hand_request_check(&rq, sizeof(rq) - 1));
	REFUSED("another size", rq.size++);
	REFUSED("an action", rq.action = HAND_ACTIONS);
	REFUSED("a scope", rq.scope = HAND_SCOPES);
	REFUSED("a flag", rq.flags = 4);
	REFUSED("init", rq.pid = 1);
	REFUSED("every process", rq.pid = -1);
	REFUSED("its own group", rq.pid = 0);
	REFUSED("no signal", rq.signal = 0);
	REFUSED("a high signal", rq.signal = 65);
	REFUSED("no container", rq.container[0] = '\0');
	REFUSED("a container upwards", strcpy(rq.container, "../../etc"));
	REFUSED("a container without end", memset(rq.container, 'a', sizeof(rq.container)));
	REFUSED("an alert", strcpy(rq.alert, "yes"));
	REFUSED("a rule without end", memset(rq.rule, 'a', sizeof(rq.rule)));
	REFUSED("host and container", rq.flags = HAND_HOST);
	REFUSED("all of the host",
		(rq.flags = HAND_HOST, rq.container[0] = '\0', rq.scope = HAND_CONTAINER));
	REFUSED("the host frozen",
		(rq.flags = HAND_HOST, rq.container[0] = '\0', rq.action = HAND_FREEZE));
	REFUSED("no path", rq.action = HAND_QUARANTINE);
	REFUSED("a path upwards",
		(rq.action = HAND_QUARANTINE, strcpy(rq.path, "/tmp/../etc/passwd")));
	REFUSED("a path that ends upwards",
		(rq.action = HAND_QUARANTINE, strcpy(rq.path, "/tmp/..")));
	REFUSED("a relative path", (rq.action = HAND_QUARANTINE, strcpy(rq.path, "etc/passwd")));
	REFUSED("too many networks", rq.network_count = HAND_NETWORKS + 1);
	REFUSED("too many ports", rq.port_count = HAND_PORTS + 1);
	REFUSED("a family", (rq.network_count = 1, rq.networks[0].family = 5));
	REFUSED("a prefix", (rq.network_count = 1,
			     rq.networks[0] = (struct hand_network){ .family = 4, .prefix = 33 }));
#undef REFUSED
	rq = good();
	rq.action = HAND_QUARANTINE;
	strcpy(rq.path, "/tmp/..x/...");
	assert_null(hand_request_check(&rq, sizeof(rq)));
}

/* --- whom it hits ---------------------------------------------------------------------------------------- */

static pid_t start_sleeper(uint64_t *ret_start_ns)
{
	struct process_status p;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_int_equal(process_read(pid, &p), 0);
	*ret_start_ns = p.start_ticks * TICK_NS;
	return pid;
}

static void end_sleeper(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct target_limits limits(void)
{
	struct target_limits l = { .own = { getpid() }, .own_count = 1 };

	assert_int_equal(cgroup_layout_detect(&l.layout, NULL), 0);
	return l;
}

static void test_targets(void **state)
{
	struct target_limits l = limits();
	char why[HAND_TEXT_MAX];
	struct hand_request rq = good();
	struct target t;
	uint64_t start_ns;
	pid_t pid = start_sleeper(&start_ns);

	rq.pid = pid;
	rq.start_ns = start_ns;
	check_number("a process of the host", target_find(&l, &rq, &t, why), HAND_REFUSED);
	target_deinit(&t);
	rq.flags = HAND_HOST;
	rq.container[0] = '\0';
	check_number("meant", target_find(&l, &rq, &t, why), HAND_DONE);
	check_number("meant", t.pid, pid);
	target_deinit(&t);
	rq.start_ns += 10 * TICK_NS;
	check_number("another of its number", target_find(&l, &rq, &t, why), HAND_GONE);
	target_deinit(&t);
	rq.pid = getpid();
	check_number("the guard", target_find(&l, &rq, &t, why) != HAND_DONE, true);
	target_deinit(&t);
	rq.pid = pid;
	rq.start_ns = start_ns;
	end_sleeper(pid);
	check_number("ended", target_find(&l, &rq, &t, why), HAND_GONE);
	target_deinit(&t);
}

/* Its number was given to another: that one is left alone. */
static void test_reused(void **state)
{
	uint64_t start_ns;
	pid_t pid = start_sleeper(&start_ns);

	assert_int_equal(target_signal(pid, start_ns / TICK_NS + 1, SIGKILL), -ESRCH);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(target_signal(pid, start_ns / TICK_NS, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* --- the process ----------------------------------------------------------------------------------------- */

struct world {
	int fd;
	pid_t hand;
	char *dir;
};

static void begin(struct world *w, uint64_t confirm_ns)
{
	int fds[2];

	w->dir = unit_dir();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	w->hand = fork();
	if (w->hand == 0) {
		const struct hand_options o = { .fd = fds[1],
						.parent = getppid(),
						.ledger = w->dir,
						.confirm_ns = confirm_ns };
		struct hand *h = NULL;

		close(fds[0]);
		_exit(hand_new(&h, &o, NULL) || hand_run(h));
	}
	close(fds[1]);
	w->fd = fds[0];
}

static void end(struct world *w)
{
	int status = -1;

	close(w->fd);
	waitpid(w->hand, &status, 0);
	assert_int_equal(status, 0);
	unit_dir_remove(w->dir);
}

static struct hand_reply ask(const struct world *w, const void *rq, size_t size)
{
	struct hand_reply reply = { .outcome = HAND_OUTCOMES };

	assert_int_equal(write(w->fd, rq, size), size);
	assert_int_equal(read(w->fd, &reply, sizeof(reply)), sizeof(reply));
	return reply;
}

static void test_garbage(void **state)
{
	struct chance c = { 7 };
	struct world w;

	begin(&w, 0);
	for (int i = 0; i < GARBAGE; i++) {
		struct hand_request rq = good();
		unsigned char *bytes = (unsigned char *)&rq;
		size_t size = i % 3 ? sizeof(rq) : 1 + chance_below(&c, sizeof(rq) - 1);

		rq.action = (uint32_t)chance_below(&c, HAND_ACTIONS + 1);
		rq.action += rq.action == HAND_POLICY;
		for (int k = 0; k < 64; k++)
			bytes[chance_below(&c, i % 2 ? sizeof(rq) : 256)] = (unsigned char)
				chance_next(&c);
		if (i % 5 == 0)
			rq.size = sizeof(rq);
		if (rq.size == sizeof(rq) && size == sizeof(rq) && rq.action == HAND_POLICY)
			continue; /* nothing is answered to it */
		check_number("garbage", ask(&w, &rq, size).outcome != HAND_DONE, true);
	}
	end(&w);
}

static void test_kill(void **state)
{
	struct hand_request rq = good();
	struct hand_reply reply;
	struct ledger ledger;
	struct world w;
	uint64_t start_ns, other_ns;
	pid_t pid = start_sleeper(&start_ns), other = start_sleeper(&other_ns);

	begin(&w, 0);
	rq.container[0] = '\0';
	rq.pid = pid;
	rq.start_ns = start_ns;
	rq.number = 12;
	rq.flags = HAND_HOST | HAND_DRY_RUN;
	reply = ask(&w, &rq, sizeof(rq));
	check_number("dry run", reply.outcome, HAND_WOULD);
	check_number("dry run", waitpid(pid, NULL, WNOHANG), 0);
	rq.flags = HAND_HOST;
	assert_int_equal(ledger_open(&ledger, w.dir, NULL), 0);
	assert_int_equal(ledger_switch(&ledger, true, NULL), 0);
	check_number("switched off", ask(&w, &rq, sizeof(rq)).outcome, HAND_OFF);
	check_number("switched off", waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(ledger_switch(&ledger, false, NULL), 0);
	reply = ask(&w, &rq, sizeof(rq));
	check_number("kill", reply.outcome, HAND_DONE);
	check_number("kill", reply.number, 12);
	check_number("kill", waitpid(pid, NULL, 0), pid);
	check_number("the other", waitpid(other, NULL, WNOHANG), 0);
	end_sleeper(other);
	end(&w);
}

/* What was not confirmed becomes a dry run, and the hand says so unasked. */
static void test_confirm(void **state)
{
	struct hand_request rq = good(), policy = { .size = sizeof(policy),
						    .action = HAND_POLICY,
						    .policy = 77 };
	struct hand_reply reply;
	struct world w;
	uint64_t start_ns;
	pid_t pid = start_sleeper(&start_ns);

	begin(&w, 1);
	assert_int_equal(write(w.fd, &policy, sizeof(policy)), sizeof(policy));
	assert_int_equal(read(w.fd, &reply, sizeof(reply)), sizeof(reply));
	check_number("told", reply.number, 0);
	check("told", strstr(reply.text, "not confirmed"));
	rq.container[0] = '\0';
	rq.flags = HAND_HOST;
	rq.pid = pid;
	rq.start_ns = start_ns;
	rq.policy = 77;
	check_number("of that policy", ask(&w, &rq, sizeof(rq)).outcome, HAND_WOULD);
	check_number("of that policy", waitpid(pid, NULL, WNOHANG), 0);
	rq.policy = 78;
	check_number("of another", ask(&w, &rq, sizeof(rq)).outcome, HAND_DONE);
	waitpid(pid, NULL, 0);
	end(&w);
}

/* --- parts ----------------------------------------------------------------------------------------------- */

static void test_sha256(void **state)
{
	static const struct {
		const char *text, *hash;
	} rows[] = {
		/* FIPS 180-4's examples, and the empty text. */
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[SHA256_TEXT_SIZE];
		struct sha256 h;

		sha256_init(&h);
		for (const char *at = rows[i].text; *at; at++)
			sha256_add(&h, at, 1);
		sha256_text(&h, text);
		check_text(rows[i].text, text, rows[i].hash);
	}
}

static void test_ledger(void **state)
{
	char *dir = unit_dir();
	struct ledger l;
	json_t *entry = json_pack("{s:s, s:s, s:{}}", "id", "01998f5e-8a31-7abc-8def-0123456789ab",
				  "state", "begun", "undo"),
	       *found = NULL;

	assert_int_equal(ledger_open(&l, dir, NULL), 0);
	assert_int_equal(ledger_put(&l, entry, NULL), 0);
	assert_int_equal(ledger_find(&l, "89ab", &found, NULL), 0);
	assert_true(ledger_is_active(found));
	assert_int_equal(ledger_find(&l, "ab", &entry, NULL), -ENOENT);
	json_object_set_new(found, "state", json_string("undone"));
	assert_int_equal(ledger_put(&l, found, NULL), 0);
	assert_false(ledger_is_active(found));
	assert_false(ledger_is_off(&l));
	json_decref(found);
	json_decref(entry);
	unit_dir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_targets),
		cmocka_unit_test(test_reused),	 cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_kill),	 cmocka_unit_test(test_confirm),
		cmocka_unit_test(test_sha256),	 cmocka_unit_test(test_ledger),
	};

	return unit_run(tests);
}
