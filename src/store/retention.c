/* SPDX-License-Identifier: Apache-2.0 */
/* What is too old, or too much, goes: a bounded number of rows at a time, so that a turn stays short. */
#include <errno.h>

#include "base/clock.h"
#include "store/store_private.h"

enum {
	CHECK_EVERY_S = 30,
	CHECK_ROWS = 256,  /* or when so many were added */
	DELETE_ROWS = 256, /* at most, in a turn */
	VACUUM_PAGES = 1024,
};
#define SECOND 1000000000LL

static int64_t pragma(struct store *s, const char *sql)
{
	sqlite3_stmt *st;
	int64_t n = 0;

	if (store_prepare(s, sql, &st, NULL))
		return 0;
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

uint64_t store_bytes(struct store *s)
{
	return (uint64_t)(pragma(s, "PRAGMA page_count") * pragma(s, "PRAGMA page_size"));
}

/* Of the pages that hold something. */
static uint64_t used_bytes(struct store *s)
{
	return (uint64_t)((pragma(s, "PRAGMA page_count") - pragma(s, "PRAGMA freelist_count")) *
			  pragma(s, "PRAGMA page_size"));
}

static int delete_rows(struct store *s, enum statement which, int64_t before_ns,
		       enum store_counter why, struct error *err)
{
	sqlite3_stmt *st = s->statements[which], *count = s->statements[SQL_COUNT_DELETED];
	int n, r;

	if (which == SQL_EXPIRE_ALERTS || which == SQL_EXPIRE_ACTIVITY)
		sqlite3_bind_int64(st, 1, before_ns);
	sqlite3_bind_int(st, 2, DELETE_ROWS);
	n = store_run(s, which, err);
	if (n <= 0)
		return n;
	sqlite3_bind_int(count, 1, (int)why);
	sqlite3_bind_int(count, 2, n);
	r = store_run(s, SQL_COUNT_DELETED, err);
	if (r < 0)
		return r;
	s->counters[why] += (uint64_t)n;
	return n;
}

static int delete_old(struct store *s, int64_t now_ns, struct error *err)
{
	int64_t before = now_ns - s->keep_ns;
	int alerts, activity;

	if (!s->keep_ns)
		return 0;
	activity = delete_rows(s, SQL_EXPIRE_ACTIVITY, before, STORE_EXPIRED, err);
	if (activity < 0)
		return activity;
	alerts = delete_rows(s, SQL_EXPIRE_ALERTS, before, STORE_EXPIRED, err);
	return alerts < 0 ? alerts : alerts + activity;
}

/* A fifth is kept free, so that it is not for every alert that the oldest goes. */
static int delete_much(struct store *s, struct error *err)
{
	int n;

	if (!s->max_bytes || used_bytes(s) <= s->max_bytes / 5 * 4)
		return 0;
	n = delete_rows(s, SQL_EVICT_ACTIVITY, 0, STORE_EVICTED, err);
	return n ? n : delete_rows(s, SQL_EVICT_ALERTS, 0, STORE_EVICTED, err);
}

int store_retain(struct store *s, int64_t now_ns, struct error *err)
{
	int old, much = 0, r;

	if (now_ns - s->checked_ns < CHECK_EVERY_S * SECOND && now_ns >= s->checked_ns &&
	    s->since_check < CHECK_ROWS)
		return 0;
	r = store_transaction(s, err);
	if (r)
		return r;
	old = delete_old(s, now_ns, err);
	if (old >= 0)
		much = delete_much(s, err);
	s->open_transaction = false;
	if (old < 0 || much < 0) {
		store_run(s, SQL_ROLLBACK, NULL);
		s->checked_ns = now_ns;
		s->since_check = 0;
		return old < 0 ? old : much;
	}
	r = store_run(s, SQL_COMMIT, err);
	if (r < 0) {
		if (!sqlite3_get_autocommit(s->db))
			store_run(s, SQL_ROLLBACK, NULL);
		return r;
	}
	if (old + much) {
		char sql[64];

		snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
		r = store_exec(s, sql, err);
		return r ? r : 1;
	}
	s->checked_ns = now_ns;
	s->since_check = 0;
	return 0;
}

uint64_t store_deleted(struct store *s, enum store_counter which)
{
	sqlite3_stmt *st;
	uint64_t n = 0;

	if (store_prepare(s, "SELECT count FROM deleted WHERE why = ?1", &st, NULL))
		return 0;
	sqlite3_bind_int(st, 1, (int)which);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}
