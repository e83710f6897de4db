/* SPDX-License-Identifier: Apache-2.0 */
/* What people have said need not be sent, and that they have seen something. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/glob.h"
#include "base/str.h"
#include "store/store_private.h"

enum { ID_PREFIX_MIN = 8 };

static bool fits(const char *pattern, const char *text)
{
	return !pattern || (text && glob_match_nocase(text_of(pattern), text_of(text)));
}

static bool fits_container(const char *pattern, const struct alert *a)
{
	return fits(pattern, a->container_name) ||
	       (a->container_id && strlen(pattern) >= ID_PREFIX_MIN &&
		str_starts(a->container_id, pattern));
}

bool suppression_fits(const struct suppression *p, const struct alert *a, int64_t now_ns)
{
	return a->kind == ALERT_FINDING && (!p->expires_ns || now_ns < p->expires_ns) &&
	       fits(p->rule, a->rule) && fits_container(p->container, a) &&
	       fits(p->image, a->image) && fits(p->namespace, a->namespace) &&
	       fits(p->process, a->process);
}

/* --- those that are in the file ----------------------------------------------------------------- */

#define COLUMNS                                                                                 \
	"SELECT id, rule, container, image, namespace, process, reason, who, created, expires," \
	" hits, last FROM suppression ORDER BY id"

static void read_row(sqlite3_stmt *st, struct suppression *p)
{
	const char **texts[] = { &p->rule,    &p->container, &p->image, &p->namespace,
				 &p->process, &p->reason,    &p->who };

	p->id = sqlite3_column_int64(st, 0);
	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		*texts[i] = (const char *)sqlite3_column_text(st, 1 + i);
	p->created_ns = sqlite3_column_int64(st, 8);
	p->expires_ns = sqlite3_column_int64(st, 9);
	p->hits = (uint64_t)sqlite3_column_int64(st, 10);
	p->last_ns = sqlite3_column_int64(st, 11);
}

int store_suppressions(struct store *s, suppression_fn *fn, void *context, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s, COLUMNS, &st, err), step = SQLITE_DONE;

	if (r)
		return r;
	while (!r && (step = sqlite3_step(st)) == SQLITE_ROW) {
		struct suppression p = { 0 };

		read_row(st, &p);
		r = fn(context, &p, err);
	}
	if (!r && step != SQLITE_DONE)
		r = store_fail(s, err, "cannot be read");
	sqlite3_finalize(st);
	return r;
}

void suppressions_deinit(struct store *s)
{
	vec_foreach(p, &s->suppressions) {
		const char *texts[] = { p->rule,    p->container, p->image, p->namespace,
					p->process, p->reason,	  p->who };

		for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
			free((void *)(uintptr_t)texts[i]);
	}
	vec_deinit(&s->suppressions);
	s->data_version = -1;
}

static int keep(void *context, const struct suppression *p, struct error *err)
{
	struct store *s = context;
	struct suppression *mine = vec_add(&s->suppressions);
	const char **texts[7];

	if (!mine)
		return error_errno(err, ENOMEM, "%s", s->path);
	*mine = *p;
	texts[0] = &mine->rule, texts[1] = &mine->container, texts[2] = &mine->image;
	texts[3] = &mine->namespace, texts[4] = &mine->process, texts[5] = &mine->reason;
	texts[6] = &mine->who;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = *texts[i] ? strdup(*texts[i]) : NULL;
	return 0;
}

/* Reads them again if another connection has changed the file. */
static void refresh(struct store *s)
{
	sqlite3_stmt *st = s->statements[SQL_DATA_VERSION];
	int64_t version = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;

	sqlite3_reset(st);
	if (version == s->data_version)
		return;
	suppressions_deinit(s);
	if (store_suppressions(s, keep, s, NULL) == 0)
		s->data_version = version;
}

int64_t store_suppressed_by(struct store *s, const struct alert *a, int64_t now_ns)
{
	if (!s->db || !s->statements[SQL_DATA_VERSION])
		return 0;
	refresh(s);
	vec_foreach(p, &s->suppressions)
		if (suppression_fits(p, a, now_ns))
			return p->id;
	return 0;
}

/* --- annotating --------------------------------------------------------------------------------- */

int store_suppress(struct store *s, const struct suppression *p, int64_t *ret_id, struct error *err)
{
	const char *texts[] = { p->rule,    p->container, p->image, p->namespace,
				p->process, p->reason,	  p->who };
	sqlite3_stmt *st;
	int r;

	if (!p->reason || !*p->reason)
		return error_set(err, EINVAL, "a suppression has a reason");
	if (!p->rule && !p->container && !p->image && !p->namespace && !p->process)
		return error_set(err, EINVAL,
				 "a suppression says of what: a rule, a container, an "
				 "image, a namespace or a process");
	r = store_prepare(
		s,
		"INSERT INTO suppression (rule, container, image, namespace, process,"
		" reason, who, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		&st, err);
	if (r)
		return r;
	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		bind_text(st, 1 + i, texts[i]);
	sqlite3_bind_int64(st, 8, p->created_ns);
	sqlite3_bind_int64(st, 9, p->expires_ns);
	r = sqlite3_step(st) == SQLITE_DONE ? 0 : store_fail(s, err, "not written");
	sqlite3_finalize(st);
	s->data_version = -1;
	*ret_id = r ? 0 : sqlite3_last_insert_rowid(s->db);
	return r;
}

int store_unsuppress(struct store *s, int64_t id, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s, "DELETE FROM suppression WHERE id = ?1", &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, id);
	if (sqlite3_step(st) != SQLITE_DONE)
		r = store_fail(s, err, "not written");
	else if (!sqlite3_changes(s->db))
		r = error_set(err, ENOENT, "there is no suppression %" PRId64, id);
	sqlite3_finalize(st);
	s->data_version = -1;
	return r;
}

int store_acknowledge(struct store *s, int64_t id, int64_t now_ns, const char *who,
		      const char *reason, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s,
			      "INSERT INTO acknowledgement (alert, time, who, reason) VALUES"
			      " (?1, ?2, ?3, ?4) ON CONFLICT (alert) DO NOTHING",
			      &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, now_ns);
	bind_text(st, 3, who);
	bind_text(st, 4, reason);
	r = sqlite3_step(st) == SQLITE_DONE ?
		    sqlite3_changes(s->db) == 0 :
	    (sqlite3_errcode(s->db) & 0xff) == SQLITE_CONSTRAINT ?
		    error_set(err, ENOENT, "there is no alert %" PRId64, id) :
		    store_fail(s, err, "not written");
	sqlite3_finalize(st);
	return r;
}
