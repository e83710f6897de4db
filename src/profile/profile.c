/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *const profile_layer_names[] = {
	[PROFILE_SETUP] = "setup",
	[PROFILE_TAIL] = "runtime",
	[PROFILE_APP] = "app",
	[PROFILE_ENTERED_SETUP] = "entered-setup",
	[PROFILE_ENTERED_TAIL] = "entered-runtime",
	[PROFILE_ENTERED] = "entered",
};
static_assert(ARRAY_SIZE(profile_layer_names) == PROFILE_LAYERS, "a name for each");

const char *const profile_loss_names[] = {
	[ABI_LOSS_TASKS] = "tasks",	 [ABI_LOSS_ACTORS] = "actors",
	[ABI_LOSS_EXES] = "executables", [ABI_LOSS_CALLS] = "calls",
	[ABI_LOSS_ARGS] = "arguments",	 [ABI_LOSS_CAPS] = "capabilities",
	[ABI_LOSS_FILES] = "files",	 [ABI_LOSS_PEERS] = "peers",
	[ABI_LOSS_READ] = "unreadable",	 [ABI_LOSS_DEPTH] = "deep_paths",
	[ABI_LOSS_NOTICES] = "notices",	 [ABI_LOSS_CELLS] = "cells",
};
static_assert(ARRAY_SIZE(profile_loss_names) == ABI_LOSSES, "a name for each");

const char *const profile_cap_outcome_names[] = {
	[ABI_CAP_USED] = "used",
	[ABI_CAP_PROBED] = "probed",
	[ABI_CAP_REFUSED] = "refused",
};

const char *const profile_peer_op_names[] = {
	[ABI_PEER_BIND] = "bind", [ABI_PEER_LISTEN] = "listen", [ABI_PEER_CONNECT] = "connect",
	[ABI_PEER_SEND] = "send", [ABI_PEER_ACCEPT] = "accept",
};
static_assert(ARRAY_SIZE(profile_peer_op_names) == ABI_PEER_ACCEPT + 1, "a name for each");

const char *const profile_tail_source_names[] = {
	[PROFILE_TAIL_NONE] = "none",
	[PROFILE_TAIL_OBSERVED] = "observed",
	[PROFILE_TAIL_CALIBRATED] = "calibrated",
};

static const char *const file_op_names[] = {
	"read",	       "write",	    "create",	   "exec",  "map-exec", "unlink",
	"rename-from", "rename-to", "link-target", "link",  "symlink",	"mkdir",
	"rmdir",       "mknod",	    "chmod",	   "chown", "truncate", "setxattr",
	"utime",       "connect",   "bind",	   "chdir", "mount",
};
static_assert(1u << (ARRAY_SIZE(file_op_names) - 1) == ABI_FILE_MOUNT, "a name for each bit");

const char *profile_file_op_name(unsigned bit)
{
	return bit < ARRAY_SIZE(file_op_names) ? file_op_names[bit] : NULL;
}

struct profile *profile_new(const char *name)
{
	struct profile *p = calloc(1, sizeof(*p));

	if (p)
		p->name = strdup(name);
	if (p && !p->name) {
		free(p);
		return NULL;
	}
	return p;
}

#define free_strings(v)            \
	do {                       \
		vec_foreach(s_, v) \
			free(*s_); \
		vec_deinit(v);     \
	} while (0)

/* The members that point to text of their own. */
static void texts_free(struct profile *p)
{
	char **owned[] = { &p->name,
			   &p->merlon,
			   &p->kernel,
			   &p->subject.id,
			   &p->subject.name,
			   &p->subject.engine,
			   &p->subject.image,
			   &p->subject.image_digest,
			   &p->subject.pod_namespace,
			   &p->subject.pod_name,
			   &p->subject.cgroup,
			   &p->runtime.name,
			   &p->runtime.path,
			   &p->runtime.version,
			   &p->recording.file_hook,
			   &p->recording.cap_hook };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(*owned[i]);
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	texts_free(p);
	free_strings(&p->subject.command);
	free_strings(&p->executables);
	free_strings(&p->notes);
	vec_foreach(c, &p->calls) {
		vec_deinit(&c->evidence);
		vec_deinit(&c->tuples);
	}
	vec_deinit(&p->calls);
	vec_foreach(c, &p->caps)
		vec_deinit(&c->evidence);
	vec_deinit(&p->caps);
	vec_foreach(f, &p->files) {
		free(f->path);
		free(f->label);
		vec_deinit(&f->evidence);
		free_strings(&f->originals);
	}
	vec_deinit(&p->files);
	vec_foreach(peer, &p->peers)
		vec_deinit(&peer->evidence);
	vec_deinit(&p->peers);
	free(p);
}

uint32_t profile_executable(struct profile *p, const char *path)
{
	char **slot;

	for (size_t i = 0; i < p->executables.len; i++)
		if (str_eq(p->executables.items[i], path))
			return (uint32_t)i;
	slot = vec_add(&p->executables);
	if (!slot)
		return UINT32_MAX;
	*slot = strdup(path);
	if (!*slot) {
		p->executables.len--;
		return UINT32_MAX;
	}
	return (uint32_t)(p->executables.len - 1);
}

int profile_evidence_add(profile_evidence_list *list, const struct profile_evidence *e)
{
	struct profile_evidence *slot;

	vec_foreach(known, list) {
		if (known->exe != e->exe)
			continue;
		known->count += e->count;
		if (e->first_ns < known->first_ns)
			known->first_ns = e->first_ns;
		if (e->last_ns > known->last_ns)
			known->last_ns = e->last_ns;
		return 0;
	}
	slot = vec_add(list);
	if (!slot)
		return -1;
	*slot = *e;
	return 0;
}

struct profile_evidence profile_evidence_sum(const profile_evidence_list *list)
{
	struct profile_evidence sum = { 0 };
	uint64_t most = 0;

	vec_foreach(e, list) {
		if (!sum.count || e->first_ns < sum.first_ns)
			sum.first_ns = e->first_ns;
		if (e->last_ns > sum.last_ns)
			sum.last_ns = e->last_ns;
		if (e->count > most) {
			most = e->count;
			sum.exe = e->exe;
		}
		sum.count += e->count;
	}
	return sum;
}

struct profile_call *profile_add_call(struct profile *p, enum sys_arch arch, uint32_t nr,
				      enum profile_layer layer, bool refused,
				      const struct profile_evidence *e)
{
	struct profile_call *c = NULL;

	vec_foreach(known, &p->calls)
		if (known->nr == nr && known->arch == arch && known->layer == layer &&
		    known->refused == refused)
			c = known;
	if (!c) {
		c = vec_add(&p->calls);
		if (!c)
			return NULL;
		c->arch = arch;
		c->nr = nr;
		c->layer = layer;
		c->refused = refused;
	}
	return profile_evidence_add(&c->evidence, e) ? NULL : c;
}

struct profile_cap *profile_add_cap(struct profile *p, const struct profile_cap *key,
				    const struct profile_evidence *e)
{
	struct profile_cap *c = NULL;

	vec_foreach(known, &p->caps)
		if (known->cap == key->cap && known->layer == key->layer &&
		    known->outcome == key->outcome && known->nr == key->nr &&
		    known->arch == key->arch)
			c = known;
	if (!c) {
		c = vec_add(&p->caps);
		if (!c)
			return NULL;
		*c = *key;
		memset(&c->evidence, 0, sizeof(c->evidence));
	}
	return profile_evidence_add(&c->evidence, e) ? NULL : c;
}

/* Files can be many: they are appended here and merged by profile_sort(). */
bool profile_label_is_valid(const char *type)
{
	if (!isalpha((unsigned char)*type))
		return false;
	for (const char *c = type; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.')
			return false;
	return true;
}

struct profile_file *profile_add_file(struct profile *p, const char *path, uint32_t ops,
				      uint32_t flags, enum profile_layer layer,
				      const struct profile_evidence *e)
{
	struct profile_file *f = vec_add(&p->files);

	if (!f)
		return NULL;
	f->path = strdup(path);
	f->ops = ops;
	f->flags = flags;
	f->layer = layer;
	if (!f->path || profile_evidence_add(&f->evidence, e)) {
		free(f->path);
		p->files.len--;
		return NULL;
	}
	return f;
}

struct profile_peer *profile_add_peer(struct profile *p, const struct profile_peer *key,
				      const struct profile_evidence *e)
{
	struct profile_peer *peer = NULL;

	vec_foreach(known, &p->peers)
		if (known->op == key->op && known->layer == key->layer &&
		    known->family == key->family && known->port == key->port &&
		    known->protocol == key->protocol && known->many == key->many &&
		    !memcmp(known->address, key->address, sizeof(key->address)))
			peer = known;
	if (!peer) {
		peer = vec_add(&p->peers);
		if (!peer)
			return NULL;
		*peer = *key;
		memset(&peer->evidence, 0, sizeof(peer->evidence));
	}
	return profile_evidence_add(&peer->evidence, e) ? NULL : peer;
}

int profile_add_note(struct profile *p, const char *fmt, ...)
{
	char **slot, *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -1;
	slot = vec_add(&p->notes);
	if (!slot) {
		free(text);
		return -1;
	}
	*slot = text;
	return 0;
}

int profile_call_add_tuple(struct profile_call *c, const uint64_t values[ABI_CALL_ARGS_MAX],
			   uint64_t count)
{
	struct profile_tuple *t = NULL;

	vec_foreach(known, &c->tuples)
		if (!memcmp(known->values, values, sizeof(known->values)))
			t = known;
	if (!t) {
		t = vec_add(&c->tuples);
		if (!t)
			return -1;
		memcpy(t->values, values, sizeof(t->values));
	}
	t->count += count;
	return 0;
}

void profile_call_widen(struct profile_call *c, const struct profile_range *from)
{
	struct profile_range *to = &c->range;

	if (!from->count)
		return;
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++) {
		if (!to->count) {
			to->arg[i] = from->arg[i];
			continue;
		}
		to->arg[i].any_bits |= from->arg[i].any_bits;
		to->arg[i].all_bits &= from->arg[i].all_bits;
		if (from->arg[i].min < to->arg[i].min)
			to->arg[i].min = from->arg[i].min;
		if (from->arg[i].max > to->arg[i].max)
			to->arg[i].max = from->arg[i].max;
	}
	to->count += from->count;
}

/* --- order -------------------------------------------------------------------------------------- */

#define COMPARE(a, b)                              \
	do {                                       \
		if ((a) != (b))                    \
			return (a) < (b) ? -1 : 1; \
	} while (0)

static int tuple_compare(const void *a, const void *b)
{
	const struct profile_tuple *x = a, *y = b;

	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
		COMPARE(x->values[i], y->values[i]);
	return 0;
}

static int evidence_compare(const void *a, const void *b)
{
	const struct profile_evidence *x = a, *y = b;

	COMPARE(x->exe, y->exe);
	return 0;
}

int profile_call_compare(const void *a, const void *b)
{
	const struct profile_call *x = a, *y = b;

	COMPARE(x->layer, y->layer);
	COMPARE(x->arch, y->arch);
	COMPARE(x->nr, y->nr);
	COMPARE(x->refused, y->refused);
	return 0;
}

int profile_cap_compare(const void *a, const void *b)
{
	const struct profile_cap *x = a, *y = b;

	COMPARE(x->layer, y->layer);
	COMPARE(x->outcome, y->outcome);
	COMPARE(x->cap, y->cap);
	COMPARE(x->arch, y->arch);
	COMPARE(x->nr, y->nr);
	return 0;
}

int profile_file_compare(const void *a, const void *b)
{
	const struct profile_file *x = a, *y = b;
	int r;

	COMPARE(x->layer, y->layer);
	r = strcmp(x->path, y->path);
	r = r ? r : strcmp(x->label ? x->label : "", y->label ? y->label : "");
	return r ? r : x->flags < y->flags ? -1 : x->flags > y->flags;
}

int profile_peer_compare(const void *a, const void *b)
{
	const struct profile_peer *x = a, *y = b;

	COMPARE(x->layer, y->layer);
	COMPARE(x->op, y->op);
	COMPARE(x->family, y->family);
	COMPARE(x->protocol, y->protocol);
	COMPARE(x->port, y->port);
	COMPARE(x->many, y->many);
	return memcmp(x->address, y->address, sizeof(x->address));
}

static int string_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- the same fact twice: the second goes into the first, and what it owned with it -------------- */

static void evidence_join(profile_evidence_list *into, profile_evidence_list *from)
{
	vec_foreach(e, from)
		profile_evidence_add(into, e);
	vec_deinit(from);
}

static void call_join(struct profile_call *into, struct profile_call *from)
{
	into->phases |= from->phases;
	vec_foreach(t, &from->tuples)
		profile_call_add_tuple(into, t->values, t->count);
	vec_deinit(&from->tuples);
	profile_call_widen(into, &from->range);
	evidence_join(&into->evidence, &from->evidence);
}

static void cap_join(struct profile_cap *into, struct profile_cap *from)
{
	evidence_join(&into->evidence, &from->evidence);
}

static void file_join(struct profile_file *into, struct profile_file *from)
{
	into->ops |= from->ops;
	into->original_count += from->original_count;
	vec_foreach(o, &from->originals) {
		char **slot = vec_add(&into->originals);

		if (slot)
			*slot = *o;
		else
			free(*o);
	}
	vec_deinit(&from->originals);
	evidence_join(&into->evidence, &from->evidence);
	free(from->path);
	free(from->label);
}

static void peer_join(struct profile_peer *into, struct profile_peer *from)
{
	evidence_join(&into->evidence, &from->evidence);
}

/* Sorts, and joins neighbours that compare equal. */
#define SORT_FACTS(v, compare, join)                                                    \
	do {                                                                            \
		size_t kept_ = 0;                                                       \
                                                                                        \
		vec_sort(v, compare);                                                   \
		for (size_t i_ = 0; i_ < (v)->len; i_++) {                              \
			if (kept_ && !compare(&(v)->items[kept_ - 1], &(v)->items[i_])) \
				join(&(v)->items[kept_ - 1], &(v)->items[i_]);          \
			else                                                            \
				(v)->items[kept_++] = (v)->items[i_];                   \
		}                                                                       \
		(v)->len = kept_;                                                       \
	} while (0)

void profile_sort(struct profile *p)
{
	SORT_FACTS(&p->calls, profile_call_compare, call_join);
	SORT_FACTS(&p->caps, profile_cap_compare, cap_join);
	SORT_FACTS(&p->files, profile_file_compare, file_join);
	SORT_FACTS(&p->peers, profile_peer_compare, peer_join);
	vec_foreach(c, &p->calls) {
		vec_sort(&c->tuples, tuple_compare);
		vec_sort(&c->evidence, evidence_compare);
	}
	vec_foreach(c, &p->caps)
		vec_sort(&c->evidence, evidence_compare);
	vec_foreach(f, &p->files) {
		vec_sort(&f->evidence, evidence_compare);
		vec_sort(&f->originals, string_compare);
	}
	vec_foreach(peer, &p->peers)
		vec_sort(&peer->evidence, evidence_compare);
}

size_t profile_count_calls(const struct profile *p, unsigned layer_mask, bool refused)
{
	bool seen[SYS_ARCH_MAX][SYS_NR_MAX + 1] = { 0 };
	size_t n = 0;

	vec_foreach(c, &p->calls) {
		if (!(layer_mask >> c->layer & 1) || c->refused != refused || seen[c->arch][c->nr])
			continue;
		seen[c->arch][c->nr] = true;
		n++;
	}
	return n;
}
