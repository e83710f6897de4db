/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/program_hash.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { PROGRAMS_MAX = 256, ABOVE_MAX = 3 };

/* Of each window, so much at most: meanwhile the ring fills. */
#define WINDOW_NS (10LL * 1000000000)
#define BUDGET_NS (1LL * 1000000000)

/* A file that was written since has another time of change. */
struct program {
	uint64_t ino, ctime_ns;
	const struct event_container
		*container; /* never looked into: inode numbers are of one file system */
	char hash[SHA256_TEXT_SIZE];
};

struct program_hashes {
	struct program programs[PROGRAMS_MAX]; /* the last ones */
	size_t count;
	int64_t window_ns, spent_ns;
};

int program_hashes_new(struct program_hashes **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void program_hashes_free(struct program_hashes *h)
{
	free(h);
}

static const struct program *find(const struct program_hashes *h, const struct process *p)
{
	for (size_t i = 0; i < PROGRAMS_MAX && i < h->count; i++) {
		const struct program *known = &h->programs[i];

		if (known->ino == p->exe_inode && known->ctime_ns == p->exe_ctime_ns &&
		    known->container == p->container)
			return known;
	}
	return NULL;
}

/* By itself, else by its path from who started it and is in the same place. */
static int read_hash(const struct facts *how, const struct process *p, char out[SHA256_TEXT_SIZE])
{
	int r = how->hash((uint32_t)p->pid, NULL, p->exe_inode, out, how->arg);
	const struct process *above = p->parent;
	char path[PATH_MAX];

	if (!p->exepath.len || p->exepath.len >= sizeof(path))
		return r;
	memcpy(path, p->exepath.data, p->exepath.len);
	path[p->exepath.len] = '\0';
	for (int i = 0; r && r != -ETIMEDOUT && r != -EFBIG && above && i < ABOVE_MAX;
	     i++, above = above->parent)
		if (above->container == p->container && above->pid > 0)
			r = how->hash((uint32_t)above->pid, path, p->exe_inode, out, how->arg);
	return r;
}

static bool has_time(struct program_hashes *h, int64_t now)
{
	if (now - h->window_ns > WINDOW_NS) {
		h->window_ns = now;
		h->spent_ns = 0;
	}
	return h->spent_ns < BUDGET_NS;
}

bool program_hash(struct program_hashes *h, const struct facts *how, const struct process *p,
		  char out[SHA256_TEXT_SIZE])
{
	const struct program *known = find(h, p);
	int64_t began = clock_passed_ns();
	struct program *slot;
	int r;

	if (known) {
		memcpy(out, known->hash, SHA256_TEXT_SIZE);
		return true;
	}
	if (!p->exe_inode || p->pid <= 0 || !has_time(h, began))
		return false;
	r = read_hash(how, p, out);
	h->spent_ns += clock_passed_ns() - began;
	if (r)
		return false;
	slot = &h->programs[h->count++ % PROGRAMS_MAX];
	*slot = (struct program){ .ino = p->exe_inode,
				  .ctime_ns = p->exe_ctime_ns,
				  .container = p->container };
	memcpy(slot->hash, out, SHA256_TEXT_SIZE);
	return true;
}
