/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/denial_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/profile_text.h"
#include "profile/audit.h"
#include "profile/denial_alert.h"

enum { LOG_MAX = 256 << 20, DENIALS_MAX = 8192 };

void denials_loaded_deinit(struct denials_loaded *d)
{
	denial_list_deinit(&d->list);
}

static void keep(struct denial *d, void *arg)
{
	struct denials_loaded *to = arg;

	if (denial_list_add(&to->list, d, DENIALS_MAX) < 0)
		to->lost++;
}

static void keep_labelled(struct denial *d, void *arg)
{
	const struct denials_loaded *to = arg;

	if (!to->label || (d->label && str_eq(d->label, to->label)))
		keep(d, arg);
}

/* What merlon confine watch wrote, or an alert. */
static int read_object(struct denials_loaded *to, struct json_reader *r, const json_t *o)
{
	cleanup_denial struct denial d = { 0 };
	int e;

	if (json_object_get(o, "rule")) {
		e = denials_of_alert(r, o, keep_labelled, to);
		return e == -ENOMEM ? error_errno(r->err, ENOMEM, "%s", r->file) : e;
	}
	if (denial_from_json(&d, r, o))
		return -EINVAL;
	keep(&d, to);
	return 0;
}

static int read_lines(struct denials_loaded *to, const char *file, const char *text,
		      struct error *err)
{
	size_t line = 1;
	int r = 0;

	for (const char *at = text; *at && !r; line++) {
		size_t len = strcspn(at, "\n");
		cleanup_free char *place = str_format("%s:%zu", file, line);
		cleanup_json json_t *o = len ? json_loadb(at, len, JSON_REJECT_DUPLICATES, NULL) :
					       NULL;
		struct json_reader reader = { .file = place, .err = err };

		if (len && !o)
			return error_set(err, EINVAL, "%s: this is no JSON object", place);
		r = o ? read_object(to, &reader, o) : 0;
		at += len + (at[len] == '\n');
	}
	return r;
}

/* As merlon alerts --json prints it. */
static int read_list(struct denials_loaded *to, const char *file, const struct buf *text,
		     struct error *err)
{
	cleanup_json json_t *all = json_parse(file, text->data, text->len, err);
	struct json_reader reader = { .file = file, .err = err };
	const json_t *one;
	size_t i;
	int r = all ? 0 : -EINVAL;

	json_array_foreach (all, i, one) {
		size_t mark = json_enter_at(&reader, i);

		if (!r)
			r = read_object(to, &reader, one);
		json_leave(&reader, mark);
	}
	return r;
}

static int read_log(struct denials_loaded *to, const char *file, const struct buf *text,
		    struct error *err)
{
	cleanup_audit_reader struct audit_reader *reader = audit_reader_new(keep, to);
	const struct audit_counts *counts;

	if (!reader)
		return error_errno(err, ENOMEM, "%s", file);
	for (const char *at = text->data, *end = at + text->len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);

		audit_read_line(reader, at, len);
		at += len + 1;
	}
	audit_flush(reader);
	counts = audit_counts(reader);
	if (!counts->records)
		return error_set(err, EINVAL,
				 "%s: there is no audit record of a denial in it, no line of "
				 "merlon confine watch, and no alert",
				 file);
	if (counts->broken)
		fprintf(stderr, "%s: %s records make no sense, the first in line %zu\n",
			shown(file), str_grouped(counts->broken), counts->first_broken);
	return 0;
}

int denials_load_file(struct denials_loaded *to, const char *file, struct error *err)
{
	cleanup_buf struct buf text = { .limit = LOG_MAX + 1 };
	int r = fs_read(file, LOG_MAX, &text, err);

	if (r || !text.len)
		return r;
	if (text.data[0] == '[')
		return read_list(to, file, &text, err);
	return text.data[0] == '{' ? read_lines(to, file, text.data, err) :
				     read_log(to, file, &text, err);
}

static int keep_row(void *context, const struct store_row *row, struct error *err)
{
	struct json_reader reader = { .file = row->alert.uuid, .err = err };
	int r = denials_of_alert(&reader, row->alert.json, keep_labelled, context);

	return r == -ENOMEM ? error_errno(err, ENOMEM, "alerts") : r;
}

int denials_load_store(struct denials_loaded *to, const struct arguments *args, struct error *err)
{
	cleanup_store struct store *s = NULL;
	struct store_query q = { .priority = ALERT_DEBUG, .everything = true };
	const char *since = arg_value(args, "since");
	int r = since ? alert_time(since, &q.since_ns, err) : 0;

	if (!r)
		r = alert_store(args, false, &s, err);
	return r ? r : store_list(s, &q, keep_row, to, err);
}
