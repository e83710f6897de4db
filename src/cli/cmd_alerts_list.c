/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "alert/render.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cmd_alerts.h"
#include "cli/commands.h"
#include "cli/print_json.h"

enum { LIMIT_USUAL = 100, FOLLOW_US = 300000 };

struct listing {
	bool json, lines; /* a document a line, as it comes */
	struct alert_style style;
	string_list rows; /* of text, newest first */
	json_t *documents;
	int64_t last;
	uint64_t count;
};

static int keep_row(void *context, const struct store_row *row, struct error *err)
{
	struct listing *l = context;
	struct buf text = BUF_INIT;
	char **slot;

	l->count++;
	if (row->id > l->last)
		l->last = row->id;
	if (l->json) {
		json_array_append_new(l->documents, alert_row_json(row));
		return 0;
	}
	l->style.id = row->id;
	alert_render(&row->alert, &l->style, &text);
	slot = text.failed ? NULL : vec_add(&l->rows);
	if (!slot) {
		buf_deinit(&text);
		return error_errno(err, ENOMEM, "alerts");
	}
	*slot = buf_take(&text);
	return 0;
}

static void print_line(const json_t *o)
{
	print_json_line(o);
}

/* Oldest first, whichever way they came. */
static void print_rows(struct listing *l, bool newest_first)
{
	size_t n = l->json ? json_array_size(l->documents) : l->rows.len;
	cleanup_json json_t *sorted = json_array();

	for (size_t i = 0; i < n; i++) {
		size_t at = newest_first ? n - 1 - i : i;

		if (!l->json)
			fputs(l->rows.items[at], stdout);
		else if (l->lines)
			print_line(json_array_get(l->documents, at));
		else
			json_array_append(sorted, json_array_get(l->documents, at));
	}
	if (l->json && !l->lines)
		print_json(sorted);
	string_list_deinit(&l->rows);
	json_array_clear(l->documents);
	fflush(stdout);
}

/* Goes on in the new file if the writer has begun one. */
static void open_again(const struct arguments *args, struct store **s, struct listing *l)
{
	struct store *fresh;
	struct error err = ERROR_INIT; /* it may not be whole yet: next time */

	if (!store_is_replaced(*s) || alert_store(args, false, &fresh, &err))
		return;
	store_close(*s);
	*s = fresh;
	l->last = 0;
}

static int follow(const struct arguments *args, struct store **s, struct listing *l,
		  struct store_query q, struct error *err)
{
	int r = 0;

	q.limit = 0;
	while (!r && !ferror(stdout)) {
		usleep(FOLLOW_US);
		open_again(args, s, l);
		q.after_id = l->last ? l->last : -1;
		r = store_list(*s, &q, keep_row, l, err);
		if (!r)
			print_rows(l, false);
	}
	return r;
}

static int print_list(const struct arguments *args, struct store **s, struct store_query *q,
		      struct error *err)
{
	bool follows = arg_flag(args, "follow"), json = arg_flag(args, "json");
	cleanup_json json_t *documents = json_array();
	struct listing l = { .json = json,
			     .lines = json && follows,
			     .style = { .colour = alert_colour(STDOUT_FILENO), .date = true },
			     .documents = documents };
	int r = store_list(*s, q, keep_row, &l, err);

	if (!r) {
		print_rows(&l, true);
		if (q->limit && l.count == q->limit && !arg_value(args, "limit"))
			fprintf(stderr, "the newest %u; --limit 0 shows all\n", q->limit);
		if (!json && !q->suppressed)
			alert_print_in_force(stderr, "", *s, ": --suppressed lists those\n");
		if (follows)
			r = follow(args, s, &l, *q, err);
	}
	string_list_deinit(&l.rows);
	return r ? r : EXIT_OK;
}

int alerts_list(const struct arguments *args, struct error *err)
{
	const char *limit = arg_value(args, "limit");
	cleanup_store struct store *s = NULL;
	struct store_query q;
	uint64_t n = LIMIT_USUAL;
	size_t operands;
	int r = alert_query(args, &q, err);

	arg_operands(args, &operands);
	if (operands)
		return error_set(err, USAGE_ERROR,
				 "\"%s\" is no command on alerts, and a list takes no operands",
				 arg_operands(args, &operands)[0]);
	if (limit && (!str_to_u64(limit, &n) || n > UINT32_MAX))
		return error_set(err, EINVAL, "--limit takes a number, not \"%s\"", limit);
	if (r)
		return r;
	q.limit = (uint32_t)n;
	r = alert_store(args, false, &s, err);
	return r ? r : print_list(args, &s, &q, err);
}

static const struct option_def options[] = { ALERTS_LIST_OPTIONS };

const struct command cmd_alerts_list = {
	.name = "list",
	.summary = "list alerts, oldest first",
	.description = ALERTS_LIST_DESCRIPTION,
	.examples = "  merlon alerts list --since 1h --priority warning\n"
		    "  merlon alerts list --container web --follow\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = alerts_list,
};
