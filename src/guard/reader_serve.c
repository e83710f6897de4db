/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/reader_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "guard/facts.h"
#include "guard/reader_wire.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define BIT(ask) (1u << (ask))

/* --- what may be asked --------------------------------------------------------------------------------- */

/* Files of runtimes and engines, wherever a runtime's state says that they are. */
static const char *const names[] = { "state.json", "status", "config.json", "config.v2.json",
				     "containers.json" };

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/') && !strstr(path, "/../") &&
	       !str_ends(path, "/..");
}

static bool has_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; slash && i < ARRAY_SIZE(names); i++)
		if (str_eq(slash + 1, names[i]))
			return true;
	return false;
}

static bool is_tree(const struct reader_serve_options *o, const char *path)
{
	for (size_t i = 0; i < o->tree_count; i++)
		if (str_eq(path, o->trees[i]) || is_below(path, o->trees[i]))
			return true;
	return false;
}

bool reader_allows(const struct reader_serve_options *o, unsigned ask, const char *path)
{
	switch (ask) {
	case ASK_FILE:
		return (path[0] == '/' && has_name(path)) || is_tree(o, path);
	case ASK_LIST:
		return str_eq(path, "/proc") || is_below(path, o->groups) || is_tree(o, path);
	case ASK_ID:
		return is_below(path, o->groups);
	default: /* whether something is there is no secret worth a table */
		return true;
	}
}

/* --- answers ------------------------------------------------------------------------------------------ */

struct asked {
	const struct reader_serve_options *o;
	uint32_t pid;
	const char *first, *second;
	uint64_t limit;
	struct buf *out;
};

static int answer_file(const struct asked *a)
{
	size_t limit = a->limit < FILE_LIMIT ? a->limit : FILE_LIMIT;
	struct stat st;

	/* A container may have files of these names, and links to anywhere. */
	if (!is_tree(a->o, a->first) && !lstat(a->first, &st) && S_ISLNK(st.st_mode))
		return -ELOOP;
	return fs_read(a->first, limit, a->out, NULL);
}

static int answer_kind(const struct asked *a)
{
	return fs_kind(a->first);
}

static int add_name(const char *name, bool is_dir, void *arg)
{
	buf_add_char(arg, is_dir ? 'd' : '-');
	buf_add(arg, name, strlen(name) + 1);
	return 0;
}

static int answer_list(const struct asked *a)
{
	return fs_list(a->first, add_name, a->out);
}

static int answer_id(const struct asked *a)
{
	uint64_t id = 0;
	int r = fs_id(a->first, &id);

	buf_add(a->out, &id, sizeof(id));
	return r;
}

static int answer_process(const struct asked *a)
{
	return facts_direct.kernel(a->pid, a->out, NULL);
}

static int answer_own(const struct asked *a)
{
	return facts_direct.own(a->pid, 0, a->out, NULL);
}

static int answer_layer(const struct asked *a)
{
	return facts_direct.layer(a->first, a->second, NULL);
}

static int answer_users(const struct asked *a)
{
	return facts_direct.users(a->pid, a->out, NULL);
}

static int answer_hash(const struct asked *a)
{
	char hash[SHA256_TEXT_SIZE];
	int r = facts_direct.hash(a->pid, *a->first ? a->first : NULL, a->limit, hash, NULL);

	if (!r)
		buf_add(a->out, hash, sizeof(hash));
	return r;
}

static int (*const answers[READER_ASKS])(const struct asked *a) = {
	[ASK_FILE] = answer_file,   [ASK_KIND] = answer_kind,	    [ASK_LIST] = answer_list,
	[ASK_ID] = answer_id,	    [ASK_PROCESS] = answer_process, [ASK_OWN] = answer_own,
	[ASK_LAYER] = answer_layer, [ASK_USERS] = answer_users,	    [ASK_HASH] = answer_hash,
};

/* --- packets -------------------------------------------------------------------------------------------- */

/* The two texts, each ending where its length says; false: it is no question. */
static bool take_texts(const struct reader_question *q, size_t size, struct asked *a)
{
	size_t room = size - offsetof(struct reader_question, texts);

	a->first = a->second = "";
	if (q->first_len > room || q->second_len > room - q->first_len)
		return false;
	if (q->first_len && q->texts[q->first_len - 1])
		return false;
	if (q->second_len && q->texts[q->first_len + q->second_len - 1])
		return false;
	if (q->first_len)
		a->first = q->texts;
	if (q->second_len)
		a->second = q->texts + q->first_len;
	return true;
}

static int answer(const struct reader_serve_options *o, const struct reader_question *q,
		  size_t size, struct buf *out)
{
	struct asked a = { .o = o, .pid = q->pid, .limit = q->limit, .out = out };
	int r;

	if (q->ask >= READER_ASKS || !take_texts(q, size, &a))
		return -EINVAL;
	if (!reader_allows(o, q->ask, a.first))
		return -EACCES;
	r = answers[q->ask](&a);
	return !r && out->failed ? -ENOBUFS : r;
}

static bool put_answer(int socket, uint32_t seq, int result, const struct buf *out)
{
	struct reader_answer p = { .seq = seq, .result = result };
	size_t at = 0;

	do {
		size_t n = out->len - at < READER_PIECE_MAX ? out->len - at : READER_PIECE_MAX;

		if (n)
			memcpy(p.bytes, out->data + at, n);
		at += n;
		p.more = at < out->len;
		if (send(socket, &p, offsetof(struct reader_answer, bytes) + n, MSG_NOSIGNAL) < 0)
			return false;
	} while (p.more);
	return true;
}

void reader_serve(const struct reader_serve_options *o)
{
	cleanup_buf struct buf out = BUF_INIT;
	struct reader_question q;
	ssize_t n;
	bool told = true;

	while (told && (n = recv(o->socket, &q, sizeof(q), 0)) != 0) {
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < (ssize_t)offsetof(struct reader_question, texts))
			break;
		__atomic_store_n(o->at, q.seq, __ATOMIC_RELEASE);
		buf_reset(&out);
		r = answer(o, &q, (size_t)n, &out);
		told = put_answer(o->socket, q.seq, r, &out);
		__atomic_store_n(o->at, 0, __ATOMIC_RELEASE);
	}
}
