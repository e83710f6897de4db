/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <sqlite3.h>
#include <sys/types.h>

#include "base/vec.h"
#include "store/store.h"

/* Statements that are prepared once. */
enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ADD_ALERT,
	SQL_ADD_ACTIVITY,
	SQL_HIT,
	SQL_DATA_VERSION,
	SQL_EXPIRE_ALERTS,
	SQL_EXPIRE_ACTIVITY,
	SQL_EVICT_ALERTS,
	SQL_EVICT_ACTIVITY,
	SQL_COUNT_DELETED,
	STATEMENTS
};

struct store {
	sqlite3 *db;
	char *path, *moved_aside;
	bool writer;
	ino_t inode; /* of the file that was opened */
	int64_t keep_ns;
	uint64_t max_bytes;
	sqlite3_stmt *statements[STATEMENTS];
	bool open_transaction;
	uint32_t pending; /* rows of the open transaction */
	uint32_t since_check;
	int64_t checked_ns;
	uint64_t counters[STORE_COUNTERS];
	VEC(struct suppression) suppressions; /* texts are owned */
	int64_t data_version;		      /* of the file, when they were read */
};

/* Fills err with what SQLite says, under an errno that fits; returns it. */
int store_fail(struct store *s, struct error *err, const char *what);
/* Runs SQL without parameters and results. */
int store_exec(struct store *s, const char *sql, struct error *err);
/* A statement of one use; sqlite3_finalize() it. */
int store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret, struct error *err);

/* open.c */
int store_prepare_all(struct store *s, struct error *err);
/* True if the file itself is damaged. */
bool store_is_damaged(const struct store *s);
/* Closes the database, moves its file away, begins a new one. */
int store_begin_anew(struct store *s, struct error *err);

/* store.c: a transaction for writing, of several rows or of one annotation. */
int store_transaction(struct store *s, struct error *err);
/* Runs a prepared statement to its end and resets it; the number of rows changed, or -errno. */
int store_run(struct store *s, enum statement which, struct error *err);

/* retention.c: 1 if there is more to do */
int store_retain(struct store *s, int64_t now_ns, struct error *err);

/* suppression.c */
void suppressions_deinit(struct store *s);

void bind_text(sqlite3_stmt *st, int at, const char *text);

/* "fits(pattern, text)" in SQL. */
void store_sql_fits(sqlite3_context *context, int count, sqlite3_value **values);
