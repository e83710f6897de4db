/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/reader_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/parts.h"
#include "guard/process_scan.h"
#include "guard/reader_serve.h"
#include "unit.h"

enum { LARGE = 3 * READER_PIECE_MAX + 17 };

static int setup(void **state)
{
	*state = unit_dir();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	unit_dir_remove(*state);
	return 0;
}

/* A reader without privileges, and the engine's side of it. */
struct pair {
	struct reader_client *client;
	const struct fs_agent *agent;
	const struct facts *facts;
	pid_t reader;
};

static void pair_open(struct pair *p, char *tree)
{
	static uint32_t at;
	char *trees[] = { tree };
	int fds[2], complaints[2];
	const struct timeval slow = { .tv_usec = 20000 };

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(pipe2(complaints, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &slow, sizeof(slow)), 0);
	p->reader = fork();
	if (!p->reader) {
		const struct reader_serve_options o = { fds[1], &at, "/sys/fs/cgroup", trees, 1 };

		close(fds[0]);
		reader_serve(&o);
		_exit(0);
	}
	close(fds[1]);
	close(complaints[0]);
	assert_int_equal(reader_client_new(&p->client, fds[0], complaints[1]), 0);
	p->agent = reader_client_agent(p->client);
	p->facts = reader_client_facts(p->client);
}

static void pair_close(struct pair *p)
{
	reader_client_free(p->client);
	assert_int_equal(waitpid(p->reader, NULL, 0), p->reader);
}

static void files_come_whole(void **state)
{
	cleanup_buf struct buf large = BUF_INIT, got = BUF_INIT;
	char *path = strdup(unit_path(*state, "large"));
	struct pair p;

	for (int i = 0; i < LARGE; i++)
		buf_add_char(&large, (char)('a' + i % 23));
	unit_file_write(path, large.data, large.len);
	pair_open(&p, *state);
	assert_int_equal(p.agent->read(path, LARGE, &got, p.agent->arg), 0);
	check_bytes("a large file", got.data, got.len, large.data, large.len);
	buf_reset(&got);
	assert_int_equal(p.agent->read(path, LARGE - 1, &got, p.agent->arg), -EFBIG);
	buf_reset(&got);
	assert_int_equal(p.agent->read(unit_path(*state, "none"), LARGE, &got, p.agent->arg),
			 -ENOENT);
	assert_int_equal(p.agent->kind(path, p.agent->arg), S_IFREG);
	assert_int_equal(p.agent->kind(*state, p.agent->arg), S_IFDIR);
	pair_close(&p);
	free(path);
}

static int find_large(const char *name, bool is_dir, void *arg)
{
	if (!strcmp(name, "large") && !is_dir)
		*(bool *)arg = true;
	return 0;
}

static int stop_at_once(const char *name, bool is_dir, void *arg)
{
	return 7;
}

static void directories_are_listed(void **state)
{
	bool found = false;
	struct pair p;

	unit_file_write(unit_path(*state, "large"), "", 0);
	pair_open(&p, *state);
	assert_int_equal(p.agent->list(*state, find_large, &found, p.agent->arg), 0);
	assert_true(found);
	assert_int_equal(p.agent->list(*state, stop_at_once, NULL, p.agent->arg), 7);
	assert_int_equal(p.agent->list("/etc", find_large, &found, p.agent->arg), -EACCES);
	pair_close(&p);
}

struct seen {
	uint32_t pid, uid;
	bool args;
};

static int see(const struct process_facts *f, void *arg)
{
	struct seen *s = arg;

	*s = (struct seen){ f->pid, f->uid, f->args.len > 0 };
	return 0;
}

static void processes_are_as_if_read_directly(void **state)
{
	const struct cgroup_layout nowhere = { .mount = "/none" };
	struct seen here = { 0 }, there = { 0 };
	struct pair p;

	pair_open(&p, *state);
	assert_int_equal(process_scan_one(&facts_direct, &nowhere, (uint32_t)getpid(), see, &here),
			 0);
	assert_int_equal(process_scan_one(p.facts, &nowhere, (uint32_t)getpid(), see, &there), 0);
	assert_memory_equal(&here, &there, sizeof(here));
	assert_true(there.pid == (uint32_t)getpid() && there.args);
	assert_int_equal(process_scan_one(p.facts, &nowhere, UINT32_MAX, see, &there), -ESRCH);
	pair_close(&p);
}

/* Nobody is there to judge: the client gives up by itself, and does not ask again. */
static void silence_is_given_up(void **state)
{
	struct reader_given_up last;
	struct reader_numbers n;
	cleanup_buf struct buf out = BUF_INIT;
	struct pair p;

	pair_open(&p, *state);
	assert_int_equal(kill(p.reader, SIGSTOP), 0);
	assert_int_equal(p.facts->own(77, 5, &out, p.facts->arg), -ETIMEDOUT);
	assert_int_equal(p.facts->own(78, 5, &out, p.facts->arg), -ETIMEDOUT);
	reader_client_numbers(p.client, &n, &last);
	assert_int_equal(n.asked, 1);
	assert_int_equal(n.given_up[ASK_OWN], 1);
	assert_int_equal(n.spared, 1);
	assert_true(last.ask == ASK_OWN && last.pid == 77);
	assert_int_equal(kill(p.reader, SIGCONT), 0);
	/* Its answer comes now, and is not taken for that to another question. */
	assert_int_equal(p.agent->kind("/", p.agent->arg), S_IFDIR);
	pair_close(&p);
}

static void paths_are_refused(void **state)
{
	static char rules[] = "/etc/merlon/rules", file[] = "mine.yaml";
	char *trees[] = { rules, file };
	const struct reader_serve_options o = { .groups = "/sys/fs/cgroup",
						.trees = trees,
						.tree_count = 2 };
	static const struct {
		unsigned ask;
		const char *path;
		bool allowed;
	} rows[] = {
		{ ASK_FILE, "/run/runc/x/state.json", true },
		{ ASK_FILE, "/var/lib/docker/containers/x/config.v2.json", true },
		{ ASK_FILE, "state.json", false },
		{ ASK_FILE, "/etc/shadow", false },
		{ ASK_FILE, "/etc/merlon/rules/a.yaml", true },
		{ ASK_FILE, "/etc/merlon/rules", true },
		{ ASK_FILE, "/etc/merlon/rules/../../shadow", false },
		{ ASK_FILE, "/etc/merlon/rulesets/a.yaml", false },
		{ ASK_FILE, "mine.yaml", true },
		{ ASK_FILE, "yours.yaml", false },
		{ ASK_FILE, "/root/.ssh/id_rsa", false },
		{ ASK_LIST, "/proc", true },
		{ ASK_LIST, "/proc/1/root", false },
		{ ASK_LIST, "/sys/fs/cgroup", true },
		{ ASK_LIST, "/sys/fs/cgroup/a/b", true },
		{ ASK_LIST, "/sys/fs/cgroup/a/../../..", false },
		{ ASK_LIST, "/root", false },
		{ ASK_ID, "/sys/fs/cgroup/a/", true },
		{ ASK_ID, "/etc", false },
		{ ASK_KIND, "/anything", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].path, reader_allows(&o, rows[i].ask, rows[i].path),
			     rows[i].allowed);
}

static void parts_make_sense_or_not(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct text rest, part;

	parts_add(&b, "ab", 2);
	parts_add(&b, NULL, 0);
	rest = text_from(b.data, b.len);
	assert_true(parts_next(&rest, &part) && text_eq_str(part, "ab") && !part.data[2]);
	assert_true(parts_next(&rest, &part) && !part.len && part.data);
	assert_false(parts_next(&rest, &part));
	for (size_t cut = 0; cut < 7; cut++) { /* of the first: 4 + 2 + 1 bytes */
		rest = text_from(b.data, cut);
		assert_false(parts_next(&rest, &part));
	}
	b.data[6] = 'x'; /* where the NUL was */
	rest = text_from(b.data, b.len);
	assert_false(parts_next(&rest, &part));
	memset(b.data, 0xff, 4);
	rest = text_from(b.data, b.len);
	assert_false(parts_next(&rest, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_are_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_are_as_if_read_directly, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_given_up, setup, teardown),
		cmocka_unit_test(paths_are_refused),
		cmocka_unit_test(parts_make_sense_or_not),
	};

	return unit_run(tests);
}
