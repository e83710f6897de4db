/* SPDX-License-Identifier: Apache-2.0 */
#include "store/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "store/database.h"

static const struct database_kind kind = {
	.application_id = 0x4d524c49, /* "MRLI" */
	.newest = 1,
	.busy_ms = 10000,
	.value_max = 1 << 20,
};

struct history {
	sqlite3 *db;
	char *path;
};

/* "seen" is the last run that saw it, "mended" the first that did not: NULL as long as it is there. */
static const char schema[] =
	"CREATE TABLE subject (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE run ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL REFERENCES subject (id),"
	" time INTEGER NOT NULL, version TEXT NOT NULL, score INTEGER NOT NULL,"
	" low INTEGER NOT NULL, medium INTEGER NOT NULL, high INTEGER NOT NULL,"
	" critical INTEGER NOT NULL, passed INTEGER NOT NULL, exempt INTEGER NOT NULL,"
	" added INTEGER NOT NULL DEFAULT 0, mended INTEGER NOT NULL DEFAULT 0,"
	" standing INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL);"
	"CREATE INDEX run_subject ON run (subject, id);"
	"CREATE TABLE finding ("
	" id INTEGER PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subject (id),"
	" key TEXT NOT NULL, name TEXT NOT NULL, severity INTEGER NOT NULL, object TEXT NOT NULL,"
	" path TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, since INTEGER NOT NULL,"
	" first INTEGER NOT NULL, seen INTEGER NOT NULL, mended INTEGER);"
	"CREATE UNIQUE INDEX finding_open ON finding (subject, key) WHERE mended IS NULL;"
	"CREATE INDEX finding_mended ON finding (subject, mended) WHERE mended IS NOT NULL;";

static int fail(const struct history *h, struct error *err)
{
	return database_fail(h->db, h->path, "failed", err);
}

static int run_sql(struct history *h, const char *sql, struct error *err)
{
	return database_exec(h->db, h->path, sql, err);
}

static int prepare(struct history *h, const char *sql, sqlite3_stmt **ret, struct error *err)
{
	return database_prepare(h->db, h->path, sql, ret, err);
}

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text ? text : "", -1, SQLITE_STATIC);
}

/* --- the file ------------------------------------------------------------------------------------ */

static int make_tables(struct history *h, struct error *err)
{
	char sql[128];
	int64_t version;
	int r = run_sql(h, "BEGIN EXCLUSIVE", err);

	if (!r) /* somebody else may have been faster */
		r = database_version(h->db, h->path, &kind, &version, err);
	if (!r && version < kind.newest)
		r = run_sql(h, schema, err);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		 (int)kind.application_id, (int)kind.newest);
	if (!r)
		r = run_sql(h, sql, err);
	if (r)
		run_sql(h, "ROLLBACK", NULL);
	return r;
}

static int open_database(struct history *h, bool write, struct error *err)
{
	int64_t version = 0;
	int r = database_open(&h->db, h->path, &kind, write, err);

	if (!r)
		r = database_version(h->db, h->path, &kind, &version, err);
	if (!r && write)
		r = run_sql(h, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
	if (!r && write && version < kind.newest)
		r = make_tables(h, err);
	else if (!r && version < kind.newest)
		r = error_set(err, ENOENT, "%s: nothing is stored yet", h->path);
	return r;
}

int history_open(struct history **ret, const char *path, bool write, struct error *err)
{
	cleanup_history struct history *h = calloc(1, sizeof(*h));
	struct stat st;
	int r;

	if (h)
		h->path = strdup(path);
	if (!h || !h->path)
		return error_errno(err, ENOMEM, "%s", path);
	if (!write && stat(path, &st) < 0)
		return error_set(err, errno, "%s: %s", path,
				 errno == ENOENT ?
					 "no inspection was stored (merlon inspect --store)" :
					 strerror(errno));
	r = write ? database_make(path, NULL, err) : 0;
	if (!r)
		r = open_database(h, write, err);
	if (r)
		return r;
	*ret = TAKE_PTR(h);
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	sqlite3_close_v2(h->db);
	free(h->path);
	free(h);
}

/* --- a run --------------------------------------------------------------------------------------- */

static int subject_of(struct history *h, const char *name, int64_t *ret, bool *ret_new,
		      struct error *err)
{
	sqlite3_stmt *st;
	int r = prepare(
		h,
		"INSERT INTO subject (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET"
		" name = name RETURNING id, (SELECT count(*) FROM run WHERE run.subject = subject.id)",
		&st, err);

	if (r)
		return r;
	bind_text(st, 1, name);
	if (sqlite3_step(st) == SQLITE_ROW) {
		*ret = sqlite3_column_int64(st, 0);
		*ret_new = !sqlite3_column_int64(st, 1);
		sqlite3_step(st);
	} else {
		r = fail(h, err);
	}
	sqlite3_finalize(st);
	return r;
}

static int insert_run(struct history *h, struct history_run *run, int64_t subject,
		      struct error *err)
{
	sqlite3_stmt *st;
	int r = prepare(
		h,
		"INSERT INTO run (subject, time, version, score, low, medium, high, critical,"
		" passed, exempt, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		&st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, subject);
	sqlite3_bind_int64(st, 2, run->time_ns);
	bind_text(st, 3, run->version);
	sqlite3_bind_int64(st, 4, run->score);
	for (int i = 0; i < HISTORY_LEVELS; i++)
		sqlite3_bind_int64(st, 5 + i, (int64_t)run->levels[i]);
	sqlite3_bind_int64(st, 9, (int64_t)run->passed);
	sqlite3_bind_int64(st, 10, (int64_t)run->exempt);
	sqlite3_bind_int(st, 11, run->first);
	r = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(h, err);
	run->id = sqlite3_last_insert_rowid(h->db);
	sqlite3_finalize(st);
	return r;
}

struct statements {
	sqlite3_stmt *see, *add;
};

/* What is there already is seen again; all else is added. */
static int add_item(struct history *h, const struct statements *s, const struct history_run *run,
		    int64_t subject, struct history_item *item, struct error *err)
{
	int r;

	sqlite3_bind_int64(s->see, 1, run->id);
	sqlite3_bind_int64(s->see, 2, item->line);
	bind_text(s->see, 3, item->file);
	sqlite3_bind_int64(s->see, 4, subject);
	bind_text(s->see, 5, item->key);
	sqlite3_bind_int(s->see, 6, (int)item->severity);
	r = sqlite3_step(s->see);
	if (r == SQLITE_ROW) {
		item->since_ns = sqlite3_column_int64(s->see, 0);
		item->fresh = sqlite3_column_int64(s->see, 1) == run->id && !run->first;
		r = sqlite3_step(s->see);
		sqlite3_reset(s->see);
		return r == SQLITE_DONE ? 0 : fail(h, err);
	}
	sqlite3_reset(s->see);
	if (r != SQLITE_DONE)
		return fail(h, err);
	item->since_ns = run->time_ns;
	item->fresh = !run->first;
	sqlite3_bind_int64(s->add, 1, subject);
	bind_text(s->add, 2, item->key);
	bind_text(s->add, 3, item->check);
	sqlite3_bind_int(s->add, 4, (int)item->severity);
	bind_text(s->add, 5, item->object);
	bind_text(s->add, 6, item->path);
	bind_text(s->add, 7, item->file);
	sqlite3_bind_int64(s->add, 8, item->line);
	sqlite3_bind_int64(s->add, 9, run->time_ns);
	sqlite3_bind_int64(s->add, 10, run->id);
	r = sqlite3_step(s->add);
	sqlite3_reset(s->add);
	return r == SQLITE_DONE ? 0 : fail(h, err);
}

static int add_items(struct history *h, const struct history_run *run, int64_t subject,
		     struct history_item *items, size_t count, struct error *err)
{
	struct statements s = { NULL, NULL };
	int r = prepare(h,
			"UPDATE finding SET seen = ?1, line = ?2, file = ?3, severity = ?6 WHERE"
			" subject = ?4 AND key = ?5 AND mended IS NULL RETURNING since, first",
			&s.see, err);

	if (!r)
		r = prepare(
			h,
			"INSERT INTO finding (subject, key, name, severity, object, path, file, line,"
			" since, first, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
			&s.add, err);
	for (size_t i = 0; i < count && !r; i++)
		r = add_item(h, &s, run, subject, &items[i], err);
	sqlite3_finalize(s.see);
	sqlite3_finalize(s.add);
	return r;
}

/* Runs SQL with the subject as ?1 and the run as ?2. */
static int run_with(struct history *h, const char *sql, int64_t subject, int64_t run,
		    struct error *err)
{
	sqlite3_stmt *st;
	int r = prepare(h, sql, &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, subject);
	sqlite3_bind_int64(st, 2, run);
	while ((r = sqlite3_step(st)) == SQLITE_ROW)
		;
	r = r == SQLITE_DONE ? 0 : fail(h, err);
	sqlite3_finalize(st);
	return r;
}

static int count_of(struct history *h, const char *where, const struct history_run *run,
		    int64_t subject, uint64_t *ret, struct error *err)
{
	char sql[256];
	int64_t n = 0;
	int r;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM finding WHERE subject = %lld AND %s %lld",
		 (long long)subject, where, (long long)run->id);
	r = database_number(h->db, h->path, sql, &n, err);
	*ret = (uint64_t)n;
	return r;
}

/* What was found in what can't be read now, below it, or in what was rendered of it ("prod (kubectl)"), is taken as seen. */
static int see_unread(struct history *h, const struct history_run *run, int64_t subject,
		      struct error *err)
{
	sqlite3_stmt *st = NULL;
	int r = run->unread ?
			prepare(h,
				"UPDATE finding SET seen = ?1 WHERE subject = ?2 AND mended IS NULL AND (file = ?3"
				" OR substr(file, 1, length(?3) + 1) = ?3 || '/'"
				" OR substr(file, 1, length(?3) + 2) = ?3 || ' (')",
				&st, err) :
			0;

	for (const char *const *file = run->unread; file && *file && !r; file++) {
		sqlite3_bind_int64(st, 1, run->id);
		sqlite3_bind_int64(st, 2, subject);
		bind_text(st, 3, *file);
		r = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(h, err);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return r;
}

/* What is gone, and how many of each. */
static int compare(struct history *h, struct history_run *run, int64_t subject, struct error *err)
{
	int r = run_with(h,
			 "UPDATE finding SET mended = ?2 WHERE subject = ?1 AND mended IS NULL AND"
			 " seen <> ?2",
			 subject, run->id, err);

	run->added = 0;
	if (!r && !run->first)
		r = count_of(h, "mended IS NULL AND first =", run, subject, &run->added, err);
	if (!r)
		r = count_of(h, "mended =", run, subject, &run->mended, err);
	if (!r)
		r = count_of(h, "mended IS NULL AND first <", run, subject, &run->standing, err);
	if (!r)
		r = run_with(
			h,
			"UPDATE run SET mended = (SELECT count(*) FROM finding WHERE subject = ?1"
			" AND mended = ?2), standing = (SELECT count(*) FROM finding WHERE"
			" subject = ?1 AND mended IS NULL AND first < ?2), added ="
			" CASE first WHEN 1 THEN 0 ELSE (SELECT count(*) FROM finding WHERE"
			" subject = ?1 AND mended IS NULL AND finding.first = ?2) END"
			" WHERE id = ?2 AND subject = ?1",
			subject, run->id, err);
	return r;
}

/* The oldest runs go, and what was mended before those that stay. */
static int retain(struct history *h, int64_t subject, int64_t keep, struct error *err)
{
	int r = run_with(h,
			 "DELETE FROM run WHERE subject = ?1 AND id IN (SELECT id FROM run WHERE"
			 " subject = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
			 subject, keep, err);

	if (!r)
		r = run_with(h,
			     "DELETE FROM finding WHERE subject = ?1 AND mended IS NOT NULL AND"
			     " mended < (SELECT min(id) FROM run WHERE subject = ?1) AND ?2 > 0",
			     subject, keep, err);
	return r;
}

int history_add(struct history *h, struct history_run *run, struct history_item *items,
		size_t count, struct error *err)
{
	int64_t subject = 0;
	int r = run_sql(h, "BEGIN IMMEDIATE", err);

	if (r)
		return r;
	r = subject_of(h, run->subject, &subject, &run->first, err);
	if (!r)
		r = insert_run(h, run, subject, err);
	if (!r)
		r = add_items(h, run, subject, items, count, err);
	if (!r)
		r = see_unread(h, run, subject, err);
	if (!r)
		r = compare(h, run, subject, err);
	if (!r)
		r = retain(h, subject, HISTORY_RUNS, err);
	if (!r)
		r = run_sql(h, "COMMIT", err);
	if (r)
		run_sql(h, "ROLLBACK", NULL);
	return r;
}

/* --- reading ------------------------------------------------------------------------------------- */

static const char *column(sqlite3_stmt *st, int at)
{
	const char *text = (const char *)sqlite3_column_text(st, at);

	return text ? text : "";
}

int history_runs(struct history *h, const char *subject, uint32_t limit, history_run_fn *fn,
		 void *context, struct error *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *st;
	int r = prepare(
		h,
		"SELECT run.id, time, name, version, score, low, medium, high, critical, passed,"
		" exempt, added, mended, standing, first FROM run JOIN subject ON"
		" subject.id = subject WHERE ?1 IS NULL OR name = ?1 ORDER BY run.id DESC LIMIT ?2",
		&st, err);

	if (r)
		return r;
	if (subject)
		bind_text(st, 1, subject);
	sqlite3_bind_int64(st, 2, limit ? (int64_t)limit : -1);
	while (!r && (step = sqlite3_step(st)) == SQLITE_ROW) {
		struct history_run run = { .id = sqlite3_column_int64(st, 0),
					   .time_ns = sqlite3_column_int64(st, 1),
					   .subject = column(st, 2),
					   .version = column(st, 3),
					   .score = (unsigned)sqlite3_column_int(st, 4),
					   .passed = (uint64_t)sqlite3_column_int64(st, 9),
					   .exempt = (uint64_t)sqlite3_column_int64(st, 10),
					   .added = (uint64_t)sqlite3_column_int64(st, 11),
					   .mended = (uint64_t)sqlite3_column_int64(st, 12),
					   .standing = (uint64_t)sqlite3_column_int64(st, 13),
					   .first = sqlite3_column_int(st, 14) };

		for (int i = 0; i < HISTORY_LEVELS; i++)
			run.levels[i] = (uint64_t)sqlite3_column_int64(st, 5 + i);
		r = fn(context, &run, err);
	}
	if (!r && step != SQLITE_DONE)
		r = fail(h, err);
	sqlite3_finalize(st);
	return r;
}

int history_items(struct history *h, int64_t run, enum history_change which, history_item_fn *fn,
		  void *context, struct error *err)
{
	static const char *const wheres[] = {
		[HISTORY_ADDED] = "finding.first = ?1 AND NOT run.first",
		[HISTORY_MENDED] = "finding.mended = ?1",
		[HISTORY_STANDING] = "(finding.first < ?1 OR run.first AND finding.first = ?1)"
				     " AND coalesce(finding.mended > ?1, 1)",
	};
	cleanup_free char *sql = str_format(
		"SELECT key, name, object, path, file, line, severity, since FROM finding"
		" JOIN run ON run.id = ?1 AND run.subject = finding.subject WHERE %s"
		" ORDER BY severity DESC, object, name, path",
		wheres[which]);
	int step = SQLITE_DONE;
	sqlite3_stmt *st = NULL;
	int r = sql ? prepare(h, sql, &st, err) : error_errno(err, ENOMEM, "%s", h->path);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, run);
	while (!r && (step = sqlite3_step(st)) == SQLITE_ROW) {
		int severity = sqlite3_column_int(st, 6);
		struct history_item item = { .key = column(st, 0),
					     .check = column(st, 1),
					     .object = column(st, 2),
					     .path = column(st, 3),
					     .file = column(st, 4),
					     .line = (uint32_t)sqlite3_column_int64(st, 5),
					     .since_ns = sqlite3_column_int64(st, 7),
					     .fresh = which == HISTORY_ADDED };

		item.severity = severity < 0 || severity >= HISTORY_LEVELS ? 0 : (unsigned)severity;
		r = fn(context, &item, err);
	}
	if (!r && step != SQLITE_DONE)
		r = fail(h, err);
	sqlite3_finalize(st);
	return r;
}
