/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/reader_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"

enum {
	NEVER_MS = 10000, /* not even the parent answers */
	BARRED_MAX = 64,
	HANGS_MAX = 8, /* in a window: what all containers together may cost */
};

#define WINDOW_NS (60LL * 1000000000)
#define NOBODY_NS (10LL * 1000000000)

const char *const reader_ask_names[READER_ASKS] = {
	[ASK_FILE] = "file",	    [ASK_KIND] = "kind",       [ASK_LIST] = "directory",
	[ASK_ID] = "control_group", [ASK_PROCESS] = "process", [ASK_OWN] = "process_memory",
	[ASK_LAYER] = "layer",	    [ASK_USERS] = "users",     [ASK_HASH] = "program",
};

struct reader_client {
	int socket, complaints;
	uint32_t seq;
	struct fs_agent agent;
	struct facts facts;
	struct reader_numbers numbers;
	struct reader_given_up last;
	/* What did not answer is not asked again: groups of processes by number, paths by hash. The last ones. */
	uint64_t barred[BARRED_MAX];
	unsigned barred_count;
	int64_t window_ns; /* when it began */
	unsigned hangs;	   /* in it */
	int64_t nobody_until_ns;
};

static bool is_barred(const struct reader_client *c, uint64_t what)
{
	for (unsigned i = 0; i < BARRED_MAX && i < c->barred_count; i++)
		if (c->barred[i] == what)
			return true;
	return false;
}

static void bar(struct reader_client *c, uint64_t what)
{
	if (!is_barred(c, what))
		c->barred[c->barred_count++ % BARRED_MAX] = what;
}

/* --- questions -------------------------------------------------------------------------------------------- */

/* Only what the kernel alone answers is asked whatever happened. */
static bool may_hang(enum reader_ask ask)
{
	return ask == ASK_OWN || ask == ASK_USERS || ask == ASK_HASH || ask == ASK_LAYER ||
	       ask == ASK_KIND;
}

static bool is_too_much(struct reader_client *c)
{
	int64_t now = clock_passed_ns();

	if (now - c->window_ns > WINDOW_NS) {
		c->window_ns = now;
		c->hangs = 0;
	}
	return c->hangs >= HANGS_MAX;
}

static int give_up(struct reader_client *c, const struct reader_question *q)
{
	is_too_much(c); /* begins a window, if that is over */
	c->hangs++;
	c->numbers.given_up[q->ask]++;
	/* Who does it is the better answer. */
	if (c->last.pid && !q->pid)
		return -ETIMEDOUT;
	c->last = (struct reader_given_up){ .ask = q->ask, .pid = q->pid };
	if (q->first_len)
		str_printable(c->last.path, sizeof(c->last.path), q->texts, q->first_len - 1);
	return -ETIMEDOUT;
}

/* The pieces of the answer to question q, added to out. */
static int await(struct reader_client *c, const struct reader_question *q, struct buf *out)
{
	struct reader_answer p;
	uint32_t waited = 0;

	for (;;) {
		ssize_t n = recv(c->socket, &p, sizeof(p), 0);

		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0) {
			waited += READER_SLOW_MS;
			if (waited >= NEVER_MS)
				return give_up(c, q);
			(void)!write(c->complaints, &(struct reader_complaint){ q->seq, waited },
				     sizeof(struct reader_complaint));
			continue;
		}
		if (n < (ssize_t)offsetof(struct reader_answer, bytes) || p.seq != q->seq)
			continue; /* of a question that was given up */
		if (p.result ==
		    -EHOSTDOWN) /* all readers hang: no use in waiting for each question */
			c->nobody_until_ns = clock_passed_ns() + NOBODY_NS;
		if (p.result == -ETIMEDOUT || p.result == -EHOSTDOWN)
			return give_up(c, q);
		if (out)
			buf_add(out, p.bytes, (size_t)n - offsetof(struct reader_answer, bytes));
		if (!p.more)
			return out && out->failed ? -ENOMEM : p.result;
	}
}

static int put_text(struct reader_question *q, uint32_t *len, const char *text)
{
	size_t at = q->first_len, n = text ? strlen(text) + 1 : 0;

	if (n > sizeof(q->texts) - at)
		return -ENAMETOOLONG;
	if (n)
		memcpy(q->texts + at, text, n);
	*len = (uint32_t)n;
	return 0;
}

static int ask(struct reader_client *c, enum reader_ask what, uint32_t pid, const char *first,
	       const char *second, uint64_t limit, struct buf *out)
{
	struct reader_question q;
	int r;

	memset(&q, 0, offsetof(struct reader_question, texts));
	q.ask = what;
	q.pid = pid;
	q.limit = limit;
	r = put_text(&q, &q.first_len, first);
	r = r ? r : put_text(&q, &q.second_len, second);
	if (r)
		return r;
	if ((may_hang(what) && is_too_much(c)) || clock_passed_ns() < c->nobody_until_ns) {
		c->numbers.spared++;
		return -EBUSY;
	}
	q.seq = ++c->seq ? c->seq : ++c->seq;
	c->numbers.asked++;
	if (send(c->socket, &q,
		 offsetof(struct reader_question, texts) + q.first_len + q.second_len,
		 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EAGAIN ? give_up(c, &q) : -errno;
	return await(c, &q, out);
}

/* Unless the same did not answer before. */
static int ask_once(struct reader_client *c, enum reader_ask what, uint64_t of, uint32_t pid,
		    const char *first, const char *second, struct buf *out)
{
	int r;

	if (is_barred(c, of)) {
		c->numbers.spared++;
		return -ETIMEDOUT;
	}
	r = ask(c, what, pid, first, second, 0, out);
	if (r == -ETIMEDOUT)
		bar(c, of);
	return r;
}

/* --- files ------------------------------------------------------------------------------------------------- */

static int agent_read(const char *path, size_t limit, struct buf *b, void *arg)
{
	int r = ask(arg, ASK_FILE, 0, path, NULL, limit, b);

	buf_add(b, "", 0);
	return r;
}

static int agent_kind(const char *path, void *arg)
{
	return ask_once(arg, ASK_KIND, hash_bytes(path, strlen(path), 0), 0, path, NULL, NULL);
}

static int agent_list(const char *path, fs_name_fn fn, void *list_arg, void *arg)
{
	cleanup_buf struct buf names = BUF_INIT;
	int r = ask(arg, ASK_LIST, 0, path, NULL, 0, &names);

	for (size_t at = 0; !r && at + 2 < names.len;) {
		const char *name = names.data + at + 1;

		r = fn(name, names.data[at] == 'd', list_arg);
		at += 1 + strlen(name) + 1;
	}
	return r;
}

static int agent_id(const char *path, uint64_t *ret, void *arg)
{
	cleanup_buf struct buf id = BUF_INIT;
	int r = ask(arg, ASK_ID, 0, path, NULL, 0, &id);

	if (r)
		return r;
	if (id.len != sizeof(*ret))
		return -EPROTO;
	memcpy(ret, id.data, sizeof(*ret));
	return 0;
}

/* --- processes --------------------------------------------------------------------------------------------- */

static int facts_kernel(uint32_t pid, struct buf *out, void *arg)
{
	return ask(arg, ASK_PROCESS, pid, NULL, NULL, 0, out);
}

static int facts_own(uint32_t pid, uint64_t cgroup, struct buf *out, void *arg)
{
	return ask_once(arg, ASK_OWN, cgroup, pid, NULL, NULL, out);
}

static int facts_layer(const char *upper, const char *path, void *arg)
{
	return ask_once(arg, ASK_LAYER, hash_bytes(upper, strlen(upper), 0), 0, upper, path, NULL);
}

static int facts_users(uint32_t pid, struct buf *out, void *arg)
{
	return ask(arg, ASK_USERS, pid, NULL, NULL, 0, out);
}

static int facts_hash(uint32_t pid, const char *path, uint64_t ino, char out[SHA256_TEXT_SIZE],
		      void *arg)
{
	cleanup_buf struct buf hash = BUF_INIT;
	int r = ask(arg, ASK_HASH, pid, path, NULL, ino, &hash);

	if (!r && (hash.len != SHA256_TEXT_SIZE || hash.data[SHA256_TEXT_SIZE - 1]))
		r = -EPROTO;
	if (!r)
		memcpy(out, hash.data, SHA256_TEXT_SIZE);
	return r;
}

/* --- the client ---------------------------------------------------------------------------------------------- */

int reader_client_new(struct reader_client **ret, int asking, int complaints)
{
	struct reader_client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(asking);
		close(complaints);
		return -ENOMEM;
	}
	c->socket = asking;
	c->complaints = complaints;
	c->agent = (struct fs_agent){ agent_read, agent_kind, agent_list, agent_id, c };
	c->facts = (struct facts){
		facts_kernel, facts_own, facts_layer, facts_users, facts_hash, c
	};
	*ret = c;
	return 0;
}

void reader_client_free(struct reader_client *c)
{
	if (!c)
		return;
	close(c->socket);
	close(c->complaints);
	free(c);
}

const struct fs_agent *reader_client_agent(struct reader_client *c)
{
	return &c->agent;
}

const struct facts *reader_client_facts(struct reader_client *c)
{
	return &c->facts;
}

void reader_client_numbers(struct reader_client *c, struct reader_numbers *ret,
			   struct reader_given_up *last)
{
	*ret = c->numbers;
	*last = c->last;
	c->last = (struct reader_given_up){ 0 };
}
