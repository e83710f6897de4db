/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/alert_options.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 2 * ALERT_SIZE_MAX, CHUNK = 64 << 10 };

int alert_store(const struct arguments *args, bool write, struct store **ret, struct error *err)
{
	const char *path = arg_value(args, "store");

	return store_open_existing(ret, path ? path : STORE_PATH, write, err);
}

int alert_time(const char *text, int64_t *ret_ns, struct error *err)
{
	cleanup_free char *day = str_format("%sT00:00:00Z", text);
	uint64_t ago;

	if (str_to_duration(text, &ago)) {
		int64_t now = clock_wall_ns();

		*ret_ns = ago < (uint64_t)now ? now - (int64_t)ago : 0;
		return 0;
	}
	if (clock_parse(text, ret_ns) || (day && clock_parse(day, ret_ns)))
		return 0;
	return error_set(err, EINVAL,
			 "\"%s\" is neither 1h (ago), 2026-11-22 nor 2026-11-22T09:00:00Z", text);
}

int alert_query(const struct arguments *args, struct store_query *ret, struct error *err)
{
	const char *priority = arg_value(args, "priority"), *since = arg_value(args, "since"),
		   *until = arg_value(args, "until");
	int r = 0;

	*ret = (struct store_query){ .rule = arg_value(args, "rule"),
				     .container = arg_value(args, "container"),
				     .pod = arg_value(args, "pod"),
				     .namespace = arg_value(args, "namespace"),
				     .source = arg_value(args, "source"),
				     .priority = ALERT_DEBUG,
				     .unacknowledged = arg_flag(args, "unacknowledged"),
				     .suppressed = arg_flag(args, "suppressed") };
	if (!priority)
		priority = arg_value(args, "severity");
	if (priority && alert_priority_find(priority, &ret->priority))
		return error_set(err, EINVAL, "\"%s\" is no priority", priority);
	if (since)
		r = alert_time(since, &ret->since_ns, err);
	if (!r && until)
		r = alert_time(until, &ret->until_ns, err);
	return r;
}

const char *alert_who(void)
{
	static char name[64];
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = sudo && *sudo ? NULL : getpwuid(getuid());

	if (sudo && *sudo)
		snprintf(name, sizeof(name), "%s", sudo);
	else if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%u", (unsigned)getuid());
	return name;
}

const char *alert_shown(const char *text)
{
	static struct buf rooms[4] = { { .limit = 1 << 20 },
				       { .limit = 1 << 20 },
				       { .limit = 1 << 20 },
				       { .limit = 1 << 20 } };
	static unsigned next;
	struct buf *room = &rooms[next++ % 4];

	if (!text)
		return "-";
	buf_reset(room);
	utf8_show(room, text_of(text));
	return room->data && room->len ? room->data : "";
}

struct in_force {
	int64_t now_ns;
	uint64_t count, hits;
};

static int count_in_force(void *context, const struct suppression *p, struct error *err)
{
	struct in_force *f = context;

	if (!p->expires_ns || f->now_ns < p->expires_ns) {
		f->count++;
		f->hits += p->hits;
	}
	return 0;
}

void alert_print_in_force(FILE *to, const char *before, struct store *s, const char *after)
{
	struct in_force f = { .now_ns = clock_wall_ns() };
	struct error err = ERROR_INIT;

	if (!store_suppressions(s, count_in_force, &f, &err) && f.count)
		fprintf(to, "%s%s suppression%s in force, %s alerts not sent%s", before,
			str_grouped(f.count), f.count == 1 ? "" : "s", str_grouped(f.hits), after);
}

json_t *alert_row_json(const struct store_row *row)
{
	json_t *o = json_copy(row->alert.json);
	char time[CLOCK_TEXT_MAX];

	json_object_set_new(o, "id", json_integer(row->id));
	if (row->suppression)
		json_object_set_new(o, "suppression", json_integer(row->suppression));
	if (row->acknowledged_ns) {
		json_t *ack = json_object();

		clock_format(row->acknowledged_ns, time);
		json_object_set_new(ack, "time", json_string(time));
		json_set_string(ack, "who", row->acknowledged_by);
		json_set_string(ack, "reason", row->acknowledged_why);
		json_object_set_new(o, "acknowledged", ack);
	}
	return o;
}

/* --- lines of JSON ------------------------------------------------------------------------------ */

int alert_lines_open(struct alert_lines *l, const char *path, struct error *err)
{
	bool standard = str_eq(path, "-");

	*l = (struct alert_lines){ .fd = -1,
				   .name = standard ? "standard input" : path,
				   .text = BUF_INIT };
	l->fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return l->fd < 0 ? error_errno(err, errno, "%s", path) : 0;
}

void alert_lines_close(struct alert_lines *l)
{
	close_fd(&l->fd);
	buf_deinit(&l->text);
	l->fd = -1;
}

int alert_lines_read(struct alert_lines *l, struct error *err)
{
	char chunk[CHUNK];
	ssize_t n = read(l->fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 :
							   error_errno(err, errno, "%s", l->name);
	if (n == 0)
		l->end = true;
	if (l->at) {
		l->text.len -= l->at;
		memmove(l->text.data, l->text.data + l->at, l->text.len);
		l->at = 0;
	}
	if (n > 0)
		buf_add(&l->text, chunk, (size_t)n);
	return l->text.failed ? error_errno(err, ENOMEM, "%s", l->name) : 0;
}

/* The next line without its end; data NULL: there is none yet. What is too long is cut, and no alert. */
static struct text next_line(struct alert_lines *l)
{
	size_t left = l->text.len - l->at;
	const char *start = left ? l->text.data + l->at : NULL;
	const char *nl = left ? memchr(start, '\n', left) : NULL;
	size_t n = nl ? (size_t)(nl - start) : left;

	if (!left || (!nl && !l->end && left < LINE_MAX_BYTES))
		return TEXT_NONE;
	l->at += n + (nl != NULL);
	l->line++;
	return text_from(start, n);
}

int alert_lines_next(struct alert_lines *l, struct alert *ret, struct error *err)
{
	struct text line;
	json_error_t e;
	json_t *json;

	do {
		line = next_line(l);
		if (!line.data)
			return 1;
	} while (!text_trim(line).len);
	json = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (!json)
		return error_set(err, EINVAL, "%s:%llu:%d: %s", l->name,
				 (unsigned long long)l->line, e.column, e.text);
	if (json_is_object(json) && !json_object_get(json, "source"))
		json_object_set_new(json, "source",
				    json_string("syscall")); /* of before there were others */
	alert_identify(json);
	if (!alert_of_json(ret, json, err))
		return 0;
	error_prefix(err, "%s:%llu", l->name, (unsigned long long)l->line);
	err->code = EINVAL;
	return -EINVAL;
}
