/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/glob.h"
#include "store/database.h"
#include "store/store_private.h"

enum { PENDING_MAX = 512 /* rows of a transaction; a turn that brings more commits in between */ };

const char *const store_counters[] = {
	[STORE_STORED] = "stored",	   [STORE_SUPPRESSED] = "suppressed",
	[STORE_DUPLICATES] = "duplicates", [STORE_FAILED] = "failed",
	[STORE_EXPIRED] = "expired",	   [STORE_EVICTED] = "evicted",
	[STORE_BROKEN] = "broken",	   [STORE_MOVED] = "moved_aside",
};
static_assert(ARRAY_SIZE(store_counters) == STORE_COUNTERS, "a name for each");

/* --- SQLite ------------------------------------------------------------------------------------- */

int store_fail(struct store *s, struct error *err, const char *what)
{
	return database_fail(s->db, s->path, what, err);
}

int store_exec(struct store *s, const char *sql, struct error *err)
{
	return database_exec(s->db, s->path, sql, err);
}

int store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret, struct error *err)
{
	return database_prepare(s->db, s->path, sql, ret, err);
}

int store_run(struct store *s, enum statement which, struct error *err)
{
	sqlite3_stmt *st = s->statements[which];
	int r;

	do {
		r = sqlite3_step(st);
	} while (r == SQLITE_ROW);
	r = r == SQLITE_DONE ? sqlite3_changes(s->db) : store_fail(s, err, "not written");
	sqlite3_reset(st);
	return r;
}

void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, at);
}

void store_sql_fits(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *pattern = (const char *)sqlite3_value_text(values[0]);
	const char *text = (const char *)sqlite3_value_text(values[1]);

	sqlite3_result_int(context,
			   pattern && text && glob_match_nocase(text_of(pattern), text_of(text)));
}

/* --- writing ------------------------------------------------------------------------------------ */

int store_transaction(struct store *s, struct error *err)
{
	int r;

	if (s->open_transaction)
		return 0;
	r = store_run(s, SQL_BEGIN, err);
	s->open_transaction = r >= 0;
	return r < 0 ? r : 0;
}

/* What the transaction had is gone; a damaged file is changed for a new one. Returns r. */
static int give_up(struct store *s, uint32_t more, int r)
{
	struct error again = ERROR_INIT;
	bool damaged = store_is_damaged(s);

	s->counters[STORE_FAILED] += s->pending + more;
	s->pending = 0;
	s->open_transaction = false;
	if (s->db && !sqlite3_get_autocommit(s->db))
		store_run(s, SQL_ROLLBACK, NULL);
	if (damaged)
		store_begin_anew(s, &again);
	return r;
}

static int add_row(struct store *s, const struct alert *a, int64_t suppression,
		   const char *document, struct error *err)
{
	bool activity = a->kind == ALERT_ACTIVITY;
	enum statement which = activity ? SQL_ADD_ACTIVITY : SQL_ADD_ALERT;
	sqlite3_stmt *st = s->statements[which];
	const char *texts[] = { a->rule,	 a->source,	    a->hostname,
				a->container_id, a->container_name, a->image,
				a->pod,		 a->namespace,	    a->process };
	int r;

	bind_text(st, 1, a->uuid);
	sqlite3_bind_int64(st, 2, a->time_ns);
	if (activity) {
		bind_text(st, 3, a->container_id);
		bind_text(st, 4, document);
	} else {
		sqlite3_bind_int(st, 3, (int)a->kind);
		sqlite3_bind_int(st, 4, (int)a->priority);
		for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
			bind_text(st, 5 + i, texts[i]);
		sqlite3_bind_int64(st, 14, a->pid);
		if (suppression)
			sqlite3_bind_int64(st, 15, suppression);
		else
			sqlite3_bind_null(st, 15);
		bind_text(st, 16, document);
	}
	r = store_run(s, which, err);
	sqlite3_clear_bindings(st);
	return r;
}

static int count_hit(struct store *s, int64_t suppression, int64_t time_ns, struct error *err)
{
	sqlite3_bind_int64(s->statements[SQL_HIT], 1, suppression);
	sqlite3_bind_int64(s->statements[SQL_HIT], 2, time_ns);
	return store_run(s, SQL_HIT, err);
}

static int commit(struct store *s, struct error *err)
{
	int r;

	if (!s->open_transaction)
		return 0;
	r = store_run(s, SQL_COMMIT, err);
	if (r < 0)
		return give_up(s, 0, r);
	s->counters[STORE_STORED] += s->pending;
	s->pending = 0;
	s->open_transaction = false;
	return 0;
}

/* A begun file that could not be opened again after damage is tried anew with each alert. */
static int reopen(struct store *s, struct error *err)
{
	struct store *fresh = NULL;
	struct store_config config = { s->path, s->keep_ns, s->max_bytes };
	int r;

	if (s->db && s->statements[SQL_BEGIN])
		return 0;
	r = store_open(&fresh, &config, err);
	if (r)
		return r;
	sqlite3_close_v2(s->db);
	s->db = TAKE_PTR(fresh->db);
	memcpy(s->statements, fresh->statements, sizeof(s->statements));
	memset(fresh->statements, 0, sizeof(fresh->statements));
	store_close(fresh);
	return 0;
}

int store_add(struct store *s, const struct alert *a, int64_t suppression, struct error *err)
{
	cleanup_free char *document = json_dumps(a->json, JSON_COMPACT);
	int r = reopen(s, err);

	if (r) {
		s->counters[STORE_FAILED]++;
		return r;
	}
	r = document ? store_transaction(s, err) : error_errno(err, ENOMEM, "%s", s->path);
	if (!r)
		r = add_row(s, a, suppression, document, err);
	if (r > 0 && suppression) {
		int hit = count_hit(s, suppression, a->time_ns, err);

		r = hit < 0 ? hit : r;
	}
	if (r < 0)
		return give_up(s, 1, r);
	if (r == 0) {
		s->counters[STORE_DUPLICATES]++;
		return 1;
	}
	s->counters[STORE_SUPPRESSED] += suppression != 0;
	s->since_check++;
	if (++s->pending < PENDING_MAX)
		return 0;
	return commit(s, err);
}

int store_turn(struct store *s, int64_t now_ns, struct error *err)
{
	int r;

	if (!s->db || !s->statements[SQL_BEGIN])
		return 0;
	r = commit(s, err);
	return r || !s->db ? r : store_retain(s, now_ns, err);
}

uint64_t store_counter(const struct store *s, enum store_counter which)
{
	return s->counters[which];
}
