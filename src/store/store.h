/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where alerts are kept: an SQLite database in WAL mode, which people may read and annotate while
 * the guard writes.
 *
 * The writer adds alerts as they come and calls store_turn() once per turn of its loop: what was added
 * since the last turn is one transaction. A killed process loses what no turn has committed; power
 * loss may lose the last seconds (synchronous=NORMAL), and neither leaves a damaged file. What can't
 * be stored is counted, told once through err, and never stops the writer.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/string_list.h"

struct store;

#define STORE_PATH "/var/lib/merlon/alerts.db"

struct store_config {
	const char *path;
	int64_t keep_ns;    /* alerts that are older go; 0: none */
	uint64_t max_bytes; /* of the file; the oldest go, activity first. 0: no limit */
};

enum store_counter {
	STORE_STORED,
	STORE_SUPPRESSED, /* of those stored */
	STORE_DUPLICATES, /* their uuid was there already */
	STORE_FAILED,	  /* could not be stored: lost to the store */
	STORE_EXPIRED,	  /* deleted because of their age */
	STORE_EVICTED,	  /* deleted because of the size of the file */
	STORE_BROKEN,	  /* rows that were read and are no alerts */
	STORE_MOVED,	  /* damaged files moved aside */
	STORE_COUNTERS
};
extern const char *const store_counters[STORE_COUNTERS];

/*
 * For the one who writes alerts: makes the file and its folder (for root alone), or brings an older
 * one up to date. A damaged file is moved aside (store_moved_aside()) and a new one begun. -EINVAL: the
 * file is a database of something else, or of a newer merlon.
 */
int store_open(struct store **ret, const struct store_config *config, struct error *err);
/* A store that exists, to look at it, or (write) to annotate it. -ENOENT: there is none. */
int store_open_existing(struct store **ret, const char *path, bool write, struct error *err);
void store_close(struct store *s);
/* True if the path has another file now, or none: the writer has begun anew, or somebody took it away. */
bool store_is_replaced(const struct store *s);
DEFINE_CLEANUP(struct store *, store_close)
#define cleanup_store cleanup(store_closep)

/*
 * Adds an alert, of any kind, to the transaction of this turn. suppression: by which one it is not
 * sent, or 0. 1: it was there already.
 */
int store_add(struct store *s, const struct alert *a, int64_t suppression, struct error *err);
/*
 * Commits; now and then deletes a bounded number of what is too old or too much. 1: there is more to be
 * deleted, the next turn should be soon.
 */
int store_turn(struct store *s, int64_t now_ns, struct error *err);

uint64_t store_counter(const struct store *s, enum store_counter which);
/* What retention has deleted in all the life of the file. */
uint64_t store_deleted(struct store *s, enum store_counter which);
uint64_t store_bytes(struct store *s);
/* The name that a damaged file was given, or NULL. */
const char *store_moved_aside(const struct store *s);

/* --- reading ------------------------------------------------------------------------------------ */

/* Zero and NULL ask for nothing, but for priority: ALERT_DEBUG is everything. Names are globs. */
struct store_query {
	int64_t since_ns, until_ns;
	int64_t after_id; /* greater ones only, in the order in which they came */
	const char *rule;
	const char *container; /* its name, or the beginning of its ID */
	const char *pod, *namespace, *source;
	enum alert_priority priority; /* and worse */
	bool unacknowledged;
	bool suppressed; /* these instead of the others */
	bool everything; /* suppressed or not */
	uint32_t limit;	 /* the newest so many; 0: all */
};

struct store_row {
	int64_t id;
	struct alert alert;
	int64_t suppression;
	int64_t acknowledged_ns; /* 0: not yet */
	const char *acknowledged_by, *acknowledged_why;
};

/* A positive value ends the reading and is returned. */
typedef int store_row_fn(void *context, const struct store_row *row, struct error *err);

/* Newest first; oldest first if after_id is asked for. */
int store_list(struct store *s, const struct store_query *q, store_row_fn *fn, void *context,
	       struct error *err);
/* By its number, or by the beginning of its uuid (4 digits or more). -ENOENT: none; -EINVAL: several. */
int store_find(struct store *s, const char *name, int64_t *ret_id, struct error *err);
int store_get(struct store *s, int64_t id, store_row_fn *fn, void *context, struct error *err);
/* What a container did between two times: alerts of kind activity, oldest first. */
int store_activity(struct store *s, const char *container_id, int64_t since_ns, int64_t until_ns,
		   store_row_fn *fn, void *context, struct error *err);

/* The words of --by: what alerts are counted by. NULL-terminated. */
extern const char *const store_groups[];
struct store_group {
	const char *key; /* NULL: alerts that have none */
	uint64_t count, suppressed, acknowledged;
	enum alert_priority worst;
	int64_t first_ns, last_ns;
};
typedef int store_group_fn(void *context, const struct store_group *g, struct error *err);
/* -EINVAL: by is none of store_groups. The most frequent first; hours in their order. */
int store_stats(struct store *s, const char *by, int64_t since_ns, store_group_fn *fn,
		void *context, struct error *err);

/* --- annotating ----------------------------------------------------------------------------------- */

/* 1: it was acknowledged before, and stays as it was. */
int store_acknowledge(struct store *s, int64_t id, int64_t now_ns, const char *who,
		      const char *reason, struct error *err);

/* What is not to be sent. Every criterion that is there must fit; there is at least one. */
struct suppression {
	int64_t id;
	const char *rule, *container, *image, *namespace, *process; /* globs, or NULL */
	const char *reason, *who;
	int64_t created_ns, expires_ns; /* 0: never */
	uint64_t hits;
	int64_t last_ns; /* 0: no hit yet */
};

/* Findings only: what was lost, and what the guard says of itself, can't be suppressed. */
bool suppression_fits(const struct suppression *p, const struct alert *a, int64_t now_ns);

int store_suppress(struct store *s, const struct suppression *p, int64_t *ret_id,
		   struct error *err);
/* -ENOENT: there is none of that number. */
int store_unsuppress(struct store *s, int64_t id, struct error *err);
typedef int suppression_fn(void *context, const struct suppression *p, struct error *err);
int store_suppressions(struct store *s, suppression_fn *fn, void *context, struct error *err);
/* The first that fits, or 0. Sees what others have added to the file meanwhile. */
int64_t store_suppressed_by(struct store *s, const struct alert *a, int64_t now_ns);
