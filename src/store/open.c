/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a store: what is in the file, of which version, and what to do with a damaged one. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/database.h"
#include "store/store_private.h"

enum {
	CHECKED_BYTES = 64 << 20, /* a larger file is not read through at the start */
};

/* Each brings a file one version further; a released one never changes. */
static const char *const migrations[] = {
	"CREATE TABLE alert ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, priority INTEGER NOT NULL, rule TEXT NOT NULL, source TEXT NOT NULL,"
	" hostname TEXT, container TEXT, container_name TEXT, image TEXT, pod TEXT, namespace TEXT,"
	" process TEXT, pid INTEGER, suppression INTEGER, document TEXT NOT NULL);"
	"CREATE INDEX alert_time ON alert (time);"
	"CREATE INDEX alert_container ON alert (container, time);"
	"CREATE TABLE activity ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,"
	" container TEXT, document TEXT NOT NULL);"
	"CREATE INDEX activity_time ON activity (time);"
	"CREATE INDEX activity_container ON activity (container, time);"
	"CREATE TABLE acknowledgement ("
	" alert INTEGER PRIMARY KEY REFERENCES alert (id) ON DELETE CASCADE, time INTEGER NOT NULL,"
	" who TEXT NOT NULL, reason TEXT NOT NULL);"
	"CREATE TABLE suppression ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT, container TEXT, image TEXT, namespace TEXT,"
	" process TEXT, reason TEXT NOT NULL CHECK (reason <> ''), who TEXT NOT NULL,"
	" created INTEGER NOT NULL, expires INTEGER NOT NULL DEFAULT 0,"
	" hits INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT 0,"
	" CHECK (coalesce(rule, container, image, namespace, process) IS NOT NULL));"
	"CREATE TABLE deleted (why INTEGER PRIMARY KEY, count INTEGER NOT NULL);",
};

static const char *const statements[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_ADD_ALERT] =
		"INSERT INTO alert (uuid, time, kind, priority, rule, source, hostname, container,"
		" container_name, image, pod, namespace, process, pid, suppression, document) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
		" ON CONFLICT (uuid) DO NOTHING",
	[SQL_ADD_ACTIVITY] =
		"INSERT INTO activity (uuid, time, container, document) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT (uuid) DO NOTHING",
	[SQL_HIT] = "UPDATE suppression SET hits = hits + 1, last = max(last, ?2) WHERE id = ?1",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_EXPIRE_ALERTS] = "DELETE FROM alert WHERE id IN"
			      " (SELECT id FROM alert WHERE time < ?1 ORDER BY time LIMIT ?2)",
	[SQL_EXPIRE_ACTIVITY] = "DELETE FROM activity WHERE id IN"
				" (SELECT id FROM activity WHERE time < ?1 ORDER BY time LIMIT ?2)",
	[SQL_EVICT_ALERTS] = "DELETE FROM alert WHERE id IN"
			     " (SELECT id FROM alert ORDER BY time, id LIMIT ?2)",
	[SQL_EVICT_ACTIVITY] = "DELETE FROM activity WHERE id IN"
			       " (SELECT id FROM activity ORDER BY time, id LIMIT ?2)",
	[SQL_COUNT_DELETED] = "INSERT INTO deleted (why, count) VALUES (?1, ?2)"
			      " ON CONFLICT (why) DO UPDATE SET count = count + ?2",
};
static_assert(ARRAY_SIZE(statements) == STATEMENTS, "one for each");

static const struct database_kind kind = {
	.application_id = 0x4d524c4e, /* "MRLN": what file(1) and others see in the header */
	.newest = ARRAY_SIZE(migrations),
	.busy_ms = 2000, /* for somebody's annotation to be written */
	.value_max = 4 * ALERT_SIZE_MAX,
};

static int open_database(struct store *s, bool write, struct error *err)
{
	int r = database_open(&s->db, s->path, &kind, write, err);

	if (r)
		return r;
	r = sqlite3_create_function(s->db, "fits", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
				    store_sql_fits, NULL, NULL);
	if (r)
		return store_fail(s, err, "cannot be opened");
	return store_exec(s, "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON", err);
}

static void close_database(struct store *s)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	sqlite3_close_v2(s->db);
	s->db = NULL;
	s->open_transaction = false;
	s->pending = 0;
	suppressions_deinit(s);
}

int store_prepare_all(struct store *s, struct error *err)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &s->statements[i], NULL))
			return store_fail(s, err, "cannot be used");
	return 0;
}

/* A damaged page that nobody reads today is found in time to begin anew. */
static int check_pages(struct store *s, struct error *err)
{
	sqlite3_stmt *st;
	const char *answer;
	int r;

	if (store_bytes(s) > CHECKED_BYTES)
		return 0;
	r = store_prepare(s, "PRAGMA quick_check(1)", &st, err);
	if (r)
		return r;
	if (sqlite3_step(st) != SQLITE_ROW) {
		r = store_fail(s, err, "cannot be read");
	} else {
		answer = (const char *)sqlite3_column_text(st, 0);
		if (!answer || !str_eq(answer, "ok"))
			r = error_set(err, EBADMSG, "%s: damaged: %s", s->path,
				      answer ? answer : "?");
	}
	sqlite3_finalize(st);
	return r;
}

static int migrate(struct store *s, int64_t version, struct error *err)
{
	int r = store_exec(s, "BEGIN EXCLUSIVE", err);

	if (!r) /* somebody else may have been faster */
		r = database_number(s->db, s->path, "PRAGMA user_version", &version, err);
	for (; !r && version < (int64_t)ARRAY_SIZE(migrations); version++)
		r = store_exec(s, migrations[version], err);
	if (!r) {
		char sql[128];

		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
			 (int)kind.application_id, ARRAY_SIZE(migrations));
		r = store_exec(s, sql, err);
	}
	if (!r)
		return store_exec(s, "COMMIT", err);
	store_exec(s, "ROLLBACK", NULL);
	return r;
}

/* auto_vacuum is decided before anything is written, that is before WAL is switched on. */
static int prepare_file(struct store *s, struct error *err)
{
	int64_t version = 0;
	int r = database_version(s->db, s->path, &kind, &version, err);

	if (!r && !version)
		r = store_exec(s, "PRAGMA auto_vacuum = INCREMENTAL", err);
	if (!r)
		r = store_exec(s,
			       "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			       "PRAGMA journal_size_limit = 4194304",
			       err);
	if (!r && version)
		r = check_pages(s, err);
	if (!r && version < (int64_t)ARRAY_SIZE(migrations))
		r = migrate(s, version, err);
	return r ? r : store_prepare_all(s, err);
}

static int open_for_writing(struct store *s, struct error *err)
{
	int r = database_make(s->path, &s->inode, err);

	if (!r)
		r = open_database(s, true, err);
	return r ? r : prepare_file(s, err);
}

bool store_is_damaged(const struct store *s)
{
	int code = s->db ? sqlite3_errcode(s->db) & 0xff : 0;

	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

int store_begin_anew(struct store *s, struct error *err)
{
	cleanup_free char *log = str_format("%s-wal", s->path),
			  *index = str_format("%s-shm", s->path), *aside_log = NULL;
	char time[CLOCK_TEXT_MAX];

	close_database(s);
	clock_format(clock_wall_ns(), time);
	free(s->moved_aside);
	s->moved_aside = str_format("%s.damaged-%s", s->path, time);
	aside_log = s->moved_aside ? str_format("%s-wal", s->moved_aside) : NULL;
	if (!log || !index || !aside_log)
		return error_errno(err, ENOMEM, "%s", s->path);
	if (rename(s->path, s->moved_aside) < 0)
		return error_errno(err, errno, "%s: damaged, and cannot be moved aside", s->path);
	rename(log, aside_log); /* may not be there */
	unlink(index);
	s->counters[STORE_MOVED]++;
	return open_for_writing(s, err);
}

static struct store *store_new(const char *path)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s)
		s->path = strdup(path);
	if (s && s->path)
		return s;
	free(s);
	return NULL;
}

int store_open(struct store **ret, const struct store_config *config, struct error *err)
{
	struct error own = ERROR_INIT;
	struct store *s = store_new(config->path);
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "%s", config->path);
	s->writer = true;
	s->keep_ns = config->keep_ns;
	s->max_bytes = config->max_bytes;
	r = open_for_writing(s, &own);
	if (r == -EBADMSG)
		r = store_begin_anew(s, &own);
	if (r) {
		store_close(s);
		return error_set(err, own.code, "%s", own.text);
	}
	*ret = s;
	return 0;
}

int store_open_existing(struct store **ret, const char *path, bool write, struct error *err)
{
	cleanup_store struct store *s = store_new(path);
	int64_t version = 0;
	struct stat st;
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "%s", path);
	if (stat(path, &st) < 0)
		return error_set(err, errno, "%s: %s", path,
				 errno == ENOENT ?
					 "there is no store of alerts (--store names another)" :
					 strerror(errno));
	s->inode = st.st_ino;
	r = open_database(s, write, err);
	if (!r)
		r = database_version(s->db, s->path, &kind, &version, err);
	if (!r && version != (int64_t)ARRAY_SIZE(migrations))
		r = error_set(err, EINVAL,
			      "%s: made by an older merlon: its guard brings it up to date", path);
	if (r)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

bool store_is_replaced(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 ? st.st_ino != s->inode : errno == ENOENT;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->open_transaction)
		store_exec(s, "COMMIT", NULL);
	close_database(s);
	free(s->path);
	free(s->moved_aside);
	free(s);
}

const char *store_moved_aside(const struct store *s)
{
	return s->counters[STORE_MOVED] ? s->moved_aside : NULL;
}
