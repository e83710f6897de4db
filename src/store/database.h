/* SPDX-License-Identifier: Apache-2.0 */
/* A file of SQLite's that is ours: made for its owner alone, opened with nothing in it trusted, of a version that is known. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Whose it is: what file(1) sees in its header, and the newest version of its tables. */
struct database_kind {
	int32_t application_id;
	int64_t newest;
	int busy_ms;   /* to wait for another writer */
	int value_max; /* bytes of a value or row */
};

/* Makes the file, and directories above it, if they are not there. ret_inode may be NULL. -errno. */
int database_make(const char *path, ino_t *ret_inode, struct error *err);
/* *ret is to be closed in any case; its inside is looked at by database_version(). -errno. */
int database_open(sqlite3 **ret, const char *path, const struct database_kind *kind, bool write,
		  struct error *err);
/* -EINVAL: it is something else's, or newer than this program. 0 for *ret: it is empty. */
int database_version(sqlite3 *db, const char *path, const struct database_kind *kind, int64_t *ret,
		     struct error *err);

/* Fills err with what SQLite says, under an errno that fits; returns it. */
int database_fail(sqlite3 *db, const char *path, const char *what, struct error *err);
/* Runs SQL without parameters and results. */
int database_exec(sqlite3 *db, const char *path, const char *sql, struct error *err);
/* A statement of one use; sqlite3_finalize() it. */
int database_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **ret,
		     struct error *err);
/* The number that is all that a query gives. */
int database_number(sqlite3 *db, const char *path, const char *sql, int64_t *ret,
		    struct error *err);
