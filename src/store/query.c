/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "store/store_private.h"

/* One statement for every question: a condition that is not asked for is NULL, and true. */
#define LIST                                                                                        \
	"SELECT a.id, a.document, coalesce(a.suppression, 0), coalesce(k.time, 0), k.who, k.reason" \
	" FROM alert a LEFT JOIN acknowledgement k ON k.alert = a.id"                               \
	" WHERE a.time >= ?1 AND a.time <= ?2 AND a.id > ?3 AND a.priority <= ?4"                   \
	" AND (?5 IS NULL OR fits(?5, a.rule))"                                                     \
	" AND (?6 IS NULL OR fits(?6, a.container_name)"                                            \
	"      OR (length(?6) >= 4 AND substr(a.container, 1, length(?6)) = ?6))"                   \
	" AND (?7 IS NULL OR fits(?7, a.pod))"                                                      \
	" AND (?8 IS NULL OR fits(?8, a.namespace))"                                                \
	" AND (?9 IS NULL OR fits(?9, a.source))"                                                   \
	" AND (?10 = 0 OR k.alert IS NULL)"                                                         \
	" AND (?11 = 2 OR (a.suppression IS NOT NULL) = ?11)"

#define ONE                                                                                         \
	"SELECT a.id, a.document, coalesce(a.suppression, 0), coalesce(k.time, 0), k.who, k.reason" \
	" FROM alert a LEFT JOIN acknowledgement k ON k.alert = a.id WHERE a.id = ?1"

#define ACTIVITY                                              \
	"SELECT id, document, 0, 0, NULL, NULL FROM activity" \
	" WHERE container = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time, id LIMIT 1000"

/* A row that is no alert any more (somebody wrote into the file) is counted and passed over. */
static int give_row(struct store *s, sqlite3_stmt *st, store_row_fn *fn, void *context,
		    struct error *err)
{
	cleanup_alert struct alert a = { .pid = -1 };
	const char *document = (const char *)sqlite3_column_text(st, 1);
	json_t *json = document ? json_loadb(document, (size_t)sqlite3_column_bytes(st, 1),
					     JSON_ALLOW_NUL, NULL) :
				  NULL;
	struct store_row row;

	if (!json || alert_of_json(&a, json, NULL)) {
		s->counters[STORE_BROKEN]++;
		return 0;
	}
	row = (struct store_row){ .id = sqlite3_column_int64(st, 0),
				  .alert = a,
				  .suppression = sqlite3_column_int64(st, 2),
				  .acknowledged_ns = sqlite3_column_int64(st, 3),
				  .acknowledged_by = (const char *)sqlite3_column_text(st, 4),
				  .acknowledged_why = (const char *)sqlite3_column_text(st, 5) };
	return fn(context, &row, err);
}

static int give_rows(struct store *s, sqlite3_stmt *st, store_row_fn *fn, void *context,
		     struct error *err)
{
	int r = 0, step = SQLITE_DONE;

	while (!r && (step = sqlite3_step(st)) == SQLITE_ROW)
		r = give_row(s, st, fn, context, err);
	if (!r && step != SQLITE_DONE)
		r = store_fail(s, err, "cannot be read");
	sqlite3_finalize(st);
	return r;
}

int store_list(struct store *s, const struct store_query *q, store_row_fn *fn, void *context,
	       struct error *err)
{
	const char *texts[] = { q->rule, q->container, q->pod, q->namespace, q->source };
	sqlite3_stmt *st;
	int r = store_prepare(s,
			      q->after_id ? LIST " ORDER BY a.id LIMIT ?12" :
					    LIST " ORDER BY a.time DESC, a.id DESC LIMIT ?12",
			      &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, q->since_ns);
	sqlite3_bind_int64(st, 2, q->until_ns ? q->until_ns : INT64_MAX);
	sqlite3_bind_int64(st, 3, q->after_id);
	sqlite3_bind_int(st, 4, (int)q->priority);
	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		bind_text(st, 5 + i, texts[i]);
	sqlite3_bind_int(st, 10, q->unacknowledged);
	sqlite3_bind_int(st, 11, q->everything ? 2 : q->suppressed);
	sqlite3_bind_int64(st, 12, q->limit ? (int64_t)q->limit : -1);
	return give_rows(s, st, fn, context, err);
}

int store_get(struct store *s, int64_t id, store_row_fn *fn, void *context, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s, ONE, &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, id);
	return give_rows(s, st, fn, context, err);
}

int store_activity(struct store *s, const char *container_id, int64_t since_ns, int64_t until_ns,
		   store_row_fn *fn, void *context, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s, ACTIVITY, &st, err);

	if (r)
		return r;
	bind_text(st, 1, container_id);
	sqlite3_bind_int64(st, 2, since_ns);
	sqlite3_bind_int64(st, 3, until_ns);
	return give_rows(s, st, fn, context, err);
}

/* --- by name ------------------------------------------------------------------------------------ */

/* The ID of the only row that a statement yields; 1: several. */
static int only_row(struct store *s, sqlite3_stmt *st, int64_t *ret, struct error *err)
{
	int step = sqlite3_step(st), r = -ENOENT;

	if (step == SQLITE_ROW) {
		*ret = sqlite3_column_int64(st, 0);
		step = sqlite3_step(st);
		r = step == SQLITE_ROW;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		r = store_fail(s, err, "cannot be read");
	sqlite3_finalize(st);
	return r;
}

static int find_number(struct store *s, uint64_t id, int64_t *ret, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s, "SELECT id FROM alert WHERE id = ?1", &st, err);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, (int64_t)id);
	return only_row(s, st, ret, err);
}

/* Between "019a" and "019a~": what begins with it, by the index. */
static int find_prefix(struct store *s, const char *prefix, int64_t *ret, struct error *err)
{
	sqlite3_stmt *st;
	int r = store_prepare(s,
			      "SELECT id FROM alert WHERE uuid >= ?1 AND uuid < ?1 || '~' LIMIT 2",
			      &st, err);

	if (r)
		return r;
	bind_text(st, 1, prefix);
	return only_row(s, st, ret, err);
}

int store_find(struct store *s, const char *name, int64_t *ret_id, struct error *err)
{
	size_t n = strlen(name);
	bool is_uuid = n >= 4 && n < ALERT_UUID_SIZE && strspn(name, "0123456789abcdef-") == n;
	uint64_t id;
	int r = -ENOENT;

	if (str_to_u64(name, &id) && id <= INT64_MAX)
		r = find_number(s, id, ret_id, err);
	if (r == -ENOENT && is_uuid)
		r = find_prefix(s, name, ret_id, err);
	if (r > 0)
		return error_set(err, EINVAL, "several alerts begin with %s", name);
	if (r == -ENOENT)
		return error_set(err, ENOENT, "there is no alert %s", name);
	return r;
}

/* --- counting ----------------------------------------------------------------------------------- */

const char *const store_groups[] = { "rule", "container", "image", "hour", "priority", NULL };

static const char *const group_keys[] = {
	"a.rule",     "coalesce(a.container_name, a.container)",
	"a.image",    "strftime('%Y-%m-%dT%H:00Z', a.time / 1000000000, 'unixepoch')",
	"a.priority",
};
_Static_assert(ARRAY_SIZE(group_keys) + 1 == ARRAY_SIZE(store_groups), "a key for each");

static int prepare_stats(struct store *s, size_t by, sqlite3_stmt **ret, struct error *err)
{
	cleanup_free char *sql = str_format(
		"SELECT %s AS key, count(*), count(a.suppression), count(k.alert), min(a.priority),"
		" min(a.time), max(a.time) FROM alert a LEFT JOIN acknowledgement k ON k.alert = a.id"
		" WHERE a.time >= ?1 GROUP BY key ORDER BY %s",
		group_keys[by],
		str_eq(store_groups[by], "hour") || str_eq(store_groups[by], "priority") ?
			"key" :
			"count(*) DESC, key");

	return sql ? store_prepare(s, sql, ret, err) : error_errno(err, ENOMEM, "%s", s->path);
}

static void read_group(sqlite3_stmt *st, bool priority, struct store_group *g)
{
	int worst = sqlite3_column_int(st, 4);

	g->worst = worst >= 0 && worst < ALERT_PRIORITIES ? (enum alert_priority)worst :
							    ALERT_DEBUG;
	g->key = priority ? alert_priorities[g->worst] : (const char *)sqlite3_column_text(st, 0);
	g->count = (uint64_t)sqlite3_column_int64(st, 1);
	g->suppressed = (uint64_t)sqlite3_column_int64(st, 2);
	g->acknowledged = (uint64_t)sqlite3_column_int64(st, 3);
	g->first_ns = sqlite3_column_int64(st, 5);
	g->last_ns = sqlite3_column_int64(st, 6);
}

int store_stats(struct store *s, const char *by, int64_t since_ns, store_group_fn *fn,
		void *context, struct error *err)
{
	sqlite3_stmt *st = NULL;
	size_t i = 0;
	int r, step = SQLITE_DONE;

	while (store_groups[i] && !str_eq(store_groups[i], by))
		i++;
	if (!store_groups[i])
		return error_set(err, EINVAL, "alerts are not counted by \"%s\"", by);
	r = prepare_stats(s, i, &st, err);
	if (r)
		return r;
	sqlite3_bind_int64(st, 1, since_ns);
	while (!r && (step = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_group g;

		read_group(st, str_eq(by, "priority"), &g);
		r = fn(context, &g, err);
	}
	if (!r && step != SQLITE_DONE)
		r = store_fail(s, err, "cannot be read");
	sqlite3_finalize(st);
	return r;
}
