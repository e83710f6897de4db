/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when was everything watched and told: a small file which each guard keeps, so that the one after it can say what
 * was seen by nobody. It is written in place, as one record of a fixed size, once a second, and only when all that was seen
 * until then is with the outputs: a guard that is killed at any moment has told whatever is before the time in it.
 *
 * One guard at a time keeps a file; another that wants the same takes over when that one has ended.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* What a guard has watched so far. Nanoseconds since 1970. */
struct watched {
	int64_t from_ns, until_ns;
	bool ended;	  /* it was asked to, and has told everything */
	uint64_t waiting; /* alerts that are in memory only: a receiver was not there */
};

struct gap {
	int64_t from_ns, to_ns;
	bool ended;	   /* the guard before was stopped; false: it was killed */
	uint64_t waiting;  /* alerts of the guard before that its outputs had not taken */
	int64_t processes; /* begun on this machine meanwhile, at most; -1: nobody knows */
};

struct last_seen {
	int fd;	     /* owned; -1: there is no file */
	bool ours;   /* nobody else keeps it */
	bool looked; /* at what the guard before has left in it */
	bool first;  /* there was none */
	struct {
		int64_t at_ns, count;
	} forks[2]; /* of the machine since it booted: before the time in the file, and later */
	uint64_t gaps;
	int64_t unwatched_ns; /* both since the file was begun */
};
#define LAST_SEEN_INIT ((struct last_seen){ .fd = -1 })

/*
 * Makes the file if it is missing, and gives it to that user. Its folder must be there. If this guard is killed before it
 * has told anything, what nobody has seen begins now.
 */
int last_seen_open(struct last_seen *s, const char *path, uid_t uid, gid_t gid, struct error *err);
void last_seen_close(struct last_seen *s);

/* Before each last_seen_keep(). True, once: *gap was seen by nobody. */
bool last_seen_gap(struct last_seen *s, const struct watched *now, struct gap *gap);
/* All until now->until_ns is with those whom it concerns. Does nothing while another guard keeps the file. */
void last_seen_keep(struct last_seen *s, const struct watched *now);
