/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"
#include "guard/call_table.h"
#include "sensor/stream.h"

enum {
	ROWS_MAX = 256,
	REQUEST_MAX = 32 << 20, /* bytes: lists of 100,000 paths */
	TURN_BYTES = 64 << 10,	/* how much is taken at once */
};

enum { COMING_MAX = REQUEST_MAX + 2 * TURN_BYTES };

enum what { LOADER_ADD, LOADER_COMMIT };

struct request {
	uint32_t what,
		size; /* of what follows it: LOADER_ADD a filter, LOADER_COMMIT a struct type_set */
};

/* Then come the instructions, and the maps: each a head, its keys and its values. */
struct filter_head {
	uint32_t row, insns, maps;
	uint8_t reads_paths, early, early_args[2];
};

struct map_head {
	uint32_t key_size, value_size, count, trie;
};

struct answer {
	int32_t code; /* 0, or an errno */
	char text[252];
};

/* --- the engine's side ------------------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EPIPE;
		done += (size_t)n;
	}
	return 0;
}

static int read_all(int fd, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, (char *)to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EPIPE;
		done += (size_t)n;
	}
	return 0;
}

static int ask(struct loader_client *c, const struct buf *request, struct error *err)
{
	struct answer a;
	int r = write_all(c->fd, request->data, request->len);

	if (!r)
		r = read_all(c->fd, &a, sizeof(a));
	if (r)
		return error_set(err, EPIPE, "nobody loads filters any longer");
	if (!a.code)
		return 0;
	a.text[sizeof(a.text) - 1] = '\0';
	return error_set(err, a.code, "%s", a.text);
}

static void add_map(struct buf *to, const struct program_map *m)
{
	const struct map_head head = { m->key_size, m->value_size, m->count, m->trie };

	buf_add(to, &head, sizeof(head));
	buf_add(to, m->keys, (size_t)m->count * m->key_size);
	buf_add(to, m->values, (size_t)m->count * m->value_size);
}

uint32_t loader_row_of(struct filter_target t)
{
	if (t.row)
		return (uint32_t)(t.row - call_rows);
	return call_row_count +
	       (text_eq_str(t.type->name, "execveat") ? LOADER_EXECVEAT : LOADER_EXECVE);
}

void loader_write(struct buf *to, uint32_t row, const struct kernel_filter *f)
{
	const struct filter_head head = { row,
					  (uint32_t)f->insns.len,
					  (uint32_t)f->maps.len,
					  f->reads_paths,
					  f->early.holds,
					  { f->early.args[0], f->early.args[1] } };

	buf_add(to, &head, sizeof(head));
	buf_add(to, f->insns.items, f->insns.len * sizeof(*f->insns.items));
	vec_foreach(m, &f->maps)
		add_map(to, m);
}

int loader_add(struct loader_client *c, uint32_t row, const struct kernel_filter *f,
	       struct error *err)
{
	cleanup_buf struct buf request = { .limit = REQUEST_MAX };
	struct request head = { .what = LOADER_ADD };

	buf_add(&request, &head, sizeof(head));
	loader_write(&request, row, f);
	if (request.failed)
		return error_set(err, E2BIG, "a filter with lists of more than %d MB",
				 REQUEST_MAX >> 20);
	head.size = (uint32_t)(request.len - sizeof(head));
	memcpy(request.data, &head, sizeof(head));
	return ask(c, &request, err);
}

int loader_commit(struct loader_client *c, const struct type_set *types, struct error *err)
{
	cleanup_buf struct buf request = BUF_INIT;
	const struct request head = { .what = LOADER_COMMIT, .size = sizeof(*types) };

	buf_add(&request, &head, sizeof(head));
	buf_add(&request, types, sizeof(*types));
	return ask(c, &request, err);
}

/* --- the parent's side ------------------------------------------------------------------------------- */

struct loader {
	int fd;
	struct live *live;
	struct buf coming;
	uint64_t seed; /* of digests */
	/* Programs by row, fd -1: none. The kernel walks each for milliseconds: one that is there already is not loaded again. */
	struct loaded {
		int fd;
		struct sensor_reads reads;
		uint64_t digest; /* of the request */
	} aside[ROWS_MAX], in_force[ROWS_MAX];
};

static void drop(struct loaded all[ROWS_MAX])
{
	for (size_t i = 0; i < ROWS_MAX; i++) {
		if (all[i].fd >= 0)
			close(all[i].fd);
		all[i].fd = -1;
	}
}

int loader_new(struct loader **ret, int fd, struct live *live)
{
	struct loader *l = calloc(1, sizeof(*l));

	if (!l) {
		close(fd);
		return -ENOMEM;
	}
	l->fd = fd;
	l->live = live;
	if (getrandom(&l->seed, sizeof(l->seed), 0) < 0)
		l->seed = (uint64_t)getpid();
	l->coming.limit = COMING_MAX;
	for (size_t i = 0; i < ROWS_MAX; i++)
		l->aside[i].fd = l->in_force[i].fd = -1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*ret = l;
	return 0;
}

static void end(struct loader *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	buf_deinit(&l->coming);
	drop(l->aside);
	drop(l->in_force);
}

void loader_free(struct loader *l)
{
	if (!l)
		return;
	end(l);
	free(l);
}

int loader_fd(const struct loader *l)
{
	return l ? l->fd : -1;
}

/* Loads of a map's address: two instructions, the second of which has no code. */
static bool is_map_load(const struct bpf_insn *i, uint32_t maps)
{
	return (!i->src_reg || (i->src_reg == BPF_PSEUDO_MAP_FD && (uint32_t)i->imm < maps)) &&
	       !i[1].code && !i[1].src_reg;
}

static bool is_harmless_call(const struct bpf_insn *i)
{
	return !i->src_reg && (i->imm == BPF_FUNC_map_lookup_elem || i->imm == BPF_FUNC_tail_call);
}

static bool is_harmless(const struct bpf_insn *insns, uint32_t count, uint32_t maps)
{
	for (uint32_t n = 0; n < count; n++) {
		const struct bpf_insn *i = &insns[n];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || n + 1 == count ||
			    !is_map_load(i, maps))
				return false;
			n++;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_CALL && !is_harmless_call(i))
				return false;
			break;
		case BPF_STX:
			if (BPF_MODE(i->code) != BPF_MEM)
				return false;
			break;
		default:
			break;
		}
	}
	return true;
}

struct bytes {
	const uint8_t *at;
	size_t left;
};

/* NULL: there are not so many. */
static const void *take(struct bytes *b, size_t size)
{
	const uint8_t *at = b->at;

	if (size > b->left)
		return NULL;
	b->at += size;
	b->left -= size;
	return at;
}

static bool take_map(struct bytes *b, struct program_map *m)
{
	const struct map_head *at = take(b, sizeof(*at));
	struct map_head head;

	if (!at)
		return false;
	memcpy(&head, at, sizeof(head));
	*m = (struct program_map){ .key_size = head.key_size,
				   .value_size = head.value_size,
				   .count = head.count,
				   .trie = head.trie != 0 };
	if (!head.key_size || !head.value_size || head.key_size > ABI_EVENT_TEXT_MAX ||
	    head.value_size > ABI_EVENT_TEXT_MAX)
		return false;
	m->keys = (uint8_t *)take(b, (size_t)head.count * head.key_size);
	m->values = (uint8_t *)take(b, (size_t)head.count * head.value_size);
	return m->keys && m->values;
}

int loader_read(const void *request, size_t size, struct loader_filter *ret, struct error *err)
{
	struct bytes b = { request, size };
	const void *at = take(&b, sizeof(struct filter_head)), *code;
	struct filter_head head = { 0 };

	*ret = (struct loader_filter){ 0 };
	if (at)
		memcpy(&head, at, sizeof(head));
	if (!at || head.row >= call_row_count + LOADER_EXECS || head.insns > FILTER_INSTRUCTIONS ||
	    head.maps > PROGRAM_MAPS_MAX - SENSOR_FILTER_MAPS)
		return error_set(err, EINVAL, "a filter that is none");
	code = take(&b, (size_t)head.insns * sizeof(*ret->insns));
	ret->insns = code ? malloc((size_t)head.insns * sizeof(*ret->insns) + 1) : NULL;
	if (!ret->insns)
		return error_errno(err, code ? ENOMEM : EINVAL, "a filter");
	memcpy(ret->insns, code, (size_t)head.insns * sizeof(*ret->insns));
	for (uint32_t i = 0; i < head.maps; i++)
		if (!take_map(&b, &ret->maps[i]))
			return error_set(err, EINVAL, "a filter with a list that is none");
	if (!is_harmless(ret->insns, head.insns, SENSOR_FILTER_MAPS + head.maps))
		return error_set(err, EPERM, "a filter that would do more than filter");
	ret->row = head.row;
	ret->reads = (struct sensor_reads){ .paths = head.reads_paths,
					    .early = head.early,
					    .args = { head.early_args[0], head.early_args[1] } };
	ret->source = (struct program_source){ .name = "filter",
					       .insns = ret->insns,
					       .insn_count = head.insns,
					       .maps = ret->maps,
					       .map_count = head.maps };
	return 0;
}

void loader_filter_deinit(struct loader_filter *f)
{
	free(f->insns);
	f->insns = NULL;
}

static int load(struct loader *l, const struct loader_filter *f, uint64_t digest, int *ret_fd,
		struct error *err)
{
	const struct loaded *old = &l->in_force[f->row];

	if ((old->fd < 0 || old->digest != digest) && f->row >= call_row_count)
		return live_load_exec_filter(l->live, &f->source, ret_fd, err);
	if (old->fd < 0 || old->digest != digest)
		return live_load_filter(l->live, &f->source, ret_fd, err);
	*ret_fd = fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
	return *ret_fd < 0 ? error_errno(err, errno, "a filter") : 0;
}

static int add(struct loader *l, const void *request, size_t size, struct error *err)
{
	cleanup_loader_filter struct loader_filter f;
	const uint64_t digest = hash_bytes(request, size, l->seed);
	int fd, r = loader_read(request, size, &f, err);

	if (!r)
		r = load(l, &f, digest, &fd, err);
	if (r)
		return r;
	if (l->aside[f.row].fd >= 0)
		close(l->aside[f.row].fd);
	l->aside[f.row] = (struct loaded){ fd, f.reads, digest };
	return 0;
}

static int put_in_force(struct live *live, uint32_t row, const struct loaded *f)
{
	if (row >= call_row_count)
		return live_filter_exec(live, row - call_row_count == LOADER_EXECVEAT, f->fd);
	return live_filter(live, &call_rows[row], f->fd, f->reads);
}

/* Execs are kept while they are filtered, and no rule waits for the end of a process. */
static bool may_keep(const struct loader *l, const struct type_set *types)
{
	return l->in_force[call_row_count + LOADER_EXECVE].fd >= 0 &&
	       !type_set_has(types, event_type_index(event_type_find(TEXT("procexit"))));
}

static int commit(struct loader *l, const void *request, size_t size, struct error *err)
{
	struct type_set types;
	int r = 0;

	if (size != sizeof(types))
		return error_set(err, EINVAL, "types that are none");
	memcpy(&types, request, sizeof(types));
	for (uint32_t row = 0; !r && row < call_row_count + LOADER_EXECS; row++) {
		struct loaded *now = &l->in_force[row], *next = &l->aside[row];

		r = put_in_force(l->live, row, next);
		if (r)
			break;
		if (now->fd >= 0)
			close(now->fd);
		*now = *next;
		next->fd = -1;
	}
	drop(l->aside);
	live_keep(l->live, !r && may_keep(l, &types));
	if (r)
		return error_errno(err, -r, "filters");
	return live_attach(l->live, &types, err);
}

/* Who asked waits for the answer before it asks again: nothing can be behind the request. */
static void answer(struct loader *l, const struct request *q, const void *payload)
{
	struct error err = ERROR_INIT;
	struct answer a = { 0 };
	int r = q->what == LOADER_ADD	 ? add(l, payload, q->size, &err) :
		q->what == LOADER_COMMIT ? commit(l, payload, q->size, &err) :
					   error_set(&err, EINVAL, "a request that is none");

	a.code = -r;
	snprintf(a.text, sizeof(a.text), "%s", r ? err.text : "");
	buf_reset(&l->coming);
	if (q->what == LOADER_COMMIT) /* it may be long until the next */
		buf_deinit(&l->coming);
	l->coming.limit = COMING_MAX;
	if (write_all(l->fd, &a, sizeof(a)))
		end(l);
}

void loader_take(struct loader *l)
{
	char chunk[TURN_BYTES];
	struct request q;
	ssize_t n;

	if (l->fd < 0)
		return;
	n = read(l->fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		buf_add(&l->coming, chunk, (size_t)n);
	if (n <= 0 || l->coming.failed) {
		end(l);
		return;
	}
	if (l->coming.len < sizeof(q))
		return;
	memcpy(&q, l->coming.data, sizeof(q));
	if (q.size > REQUEST_MAX)
		end(l);
	else if (l->coming.len >= sizeof(q) + q.size)
		answer(l, &q, l->coming.data + sizeof(q));
}
