/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/activity.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "event/field.h"

struct line {
	int64_t time_ns, pid;
	uint16_t len;
	char text[ACTIVITY_LINE_MAX];
};

struct place {
	char id[72];	/* of the container, "" for the host */
	uint64_t used;	/* when last, by the log's count */
	uint32_t count; /* lines ever added */
	uint32_t after; /* lines that may still be told */
	int64_t alert_ns;
	struct line lines[ACTIVITY_LINES];
};

struct verb {
	const char *type, *says;
	enum { OF_PROCESS, OF_FILE, OF_PATH, OF_PEER } object;
};

static const struct verb verbs[] = {
	{ "execve", "ran", OF_PROCESS },
	{ "execveat", "ran", OF_PROCESS },
	{ "connect", "connected to", OF_PEER },
	{ "open", "wrote", OF_FILE },
	{ "openat", "wrote", OF_FILE },
	{ "openat2", "wrote", OF_FILE },
	{ "creat", "wrote", OF_FILE },
	{ "unlink", "deleted", OF_PATH },
	{ "unlinkat", "deleted", OF_PATH },
	{ "rename", "renamed", OF_PATH },
	{ "renameat", "renamed", OF_PATH },
	{ "renameat2", "renamed", OF_PATH },
	{ "chmod", "changed the mode of", OF_PATH },
	{ "fchmodat", "changed the mode of", OF_PATH },
	{ "mount", "mounted on", OF_PATH },
};

struct activity_log {
	struct field_ref writes; /* evt.is_open_write */
	const struct event_type *types[ARRAY_SIZE(verbs)];
	struct buf text; /* of the event at hand: its memory is kept */
	uint64_t tick;
	struct place *last; /* most events come in runs */
	struct place *places[ACTIVITY_CONTAINERS_MAX];
	uint32_t count;
};

struct activity_log *activity_log_new(void)
{
	struct activity_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->text = BUF_INIT;
	(void)field_bind(TEXT("evt.is_open_write"), false, TEXT_NONE, &log->writes);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		log->types[i] = event_type_find(text_of(verbs[i].type));
	return log;
}

void activity_log_free(struct activity_log *log)
{
	if (!log)
		return;
	for (uint32_t i = 0; i < log->count; i++)
		free(log->places[i]);
	buf_deinit(&log->text);
	free(log);
}

static struct text id_of(const struct event *ev)
{
	const struct event_container *c = ev->process ? ev->process->container : NULL;

	if (!c)
		return TEXT("");
	return c->full_id.data ? c->full_id : c->id;
}

static bool is_of(const struct place *p, struct text id)
{
	return text_eq_str(id, p->id);
}

static struct place *place_of(struct activity_log *log, const struct event *ev)
{
	struct text id = id_of(ev);
	struct place *oldest = NULL, *p = log->last && is_of(log->last, id) ? log->last : NULL;

	if (id.len >= sizeof(p->id))
		id.len = sizeof(p->id) - 1;
	for (uint32_t i = 0; !p && i < log->count; i++) {
		if (is_of(log->places[i], id))
			p = log->places[i];
		else if (!oldest || log->places[i]->used < oldest->used)
			oldest = log->places[i];
	}
	if (!p && log->count < ACTIVITY_CONTAINERS_MAX) {
		p = calloc(1, sizeof(*p));
		if (p)
			log->places[log->count++] = p;
	} else if (!p) {
		p = oldest;
		p->count = p->after = 0;
		p->alert_ns = 0;
	}
	if (!p)
		return NULL;
	if (!is_of(p, id)) {
		memcpy(p->id, id.data, id.len);
		p->id[id.len] = 0;
	}
	p->used = ++log->tick;
	return log->last = p;
}

/* --- lines ----------------------------------------------------------------------------------------- */

static const struct verb *verb_of(const struct activity_log *log, const struct event_type *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (log->types[i] == type)
			return &verbs[i];
	return NULL;
}

static bool opens_to_write(const struct activity_log *log, const struct event *ev)
{
	struct value v;

	return field_read(&log->writes, ev, NULL, &v) && v.u;
}

/* The last path of the event, as it was resolved. */
static struct text path_of(const struct event *ev)
{
	struct text path = TEXT_NONE;

	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		int8_t slot = ev->type->params[i].slot;

		if (slot < 0 || ev->type->params[i].kind != PARAM_PATH ||
		    !(ev->arg_set >> slot & 1))
			continue;
		path = ev->args[slot].resolved.data ? ev->args[slot].resolved :
						      value_text(&ev->args[slot].value);
	}
	return path;
}

static void add_peer(struct buf *out, const struct fd *fd)
{
	char address[ADDRESS_TEXT_MAX];

	if (fd->type == FD_UNIX) {
		buf_add(out, fd->name.data, fd->name.len);
		return;
	}
	address_format(&fd->server, address);
	buf_addf(out, "%s port %u", address, fd->server_port);
}

/* False: not worth a line. */
static bool describe(const struct activity_log *log, const struct event *ev, const struct verb *v,
		     struct buf *out)
{
	struct text path;

	if (ev->has_result && ev->result < 0 && v->object != OF_PEER)
		return false;
	if (v->object == OF_FILE && (!ev->fd || !opens_to_write(log, ev)))
		return false;
	if (v->object == OF_PEER &&
	    (!ev->fd || (ev->fd->type != FD_UNIX && !ev->fd->server.family)))
		return false;
	buf_addf(out, "%.*s %s ", (int)ev->process->name.len, ev->process->name.data ?: "",
		 v->says);
	if (v->object == OF_PROCESS) {
		process_cmdline(ev->process, out);
	} else if (v->object == OF_PEER) {
		add_peer(out, ev->fd);
	} else {
		path = v->object == OF_FILE ? ev->fd->name : path_of(ev);
		buf_add(out, path.data, path.len);
	}
	return !out->failed;
}

bool activity_log_add(struct activity_log *log, const struct event *ev, struct text *line)
{
	const struct verb *v = ev->process ? verb_of(log, ev->type) : NULL;
	struct buf *text = &log->text;
	struct place *p;
	struct line *l;

	buf_reset(text);
	if (!v || !describe(log, ev, v, text))
		return false;
	p = place_of(log, ev);
	if (!p)
		return false;
	l = &p->lines[p->count++ % ACTIVITY_LINES];
	l->time_ns = ev->time_ns;
	l->pid = ev->process->pid;
	str_printable(l->text, sizeof(l->text), text->data, text->len);
	l->len = (uint16_t)strlen(l->text);
	if (!p->after || ev->time_ns - p->alert_ns > ACTIVITY_AFTER_NS)
		return false;
	p->after--;
	*line = text_from(l->text, l->len);
	return true;
}

static bool is_remembered(const struct place *p, uint32_t from, int64_t time_ns, int64_t pid)
{
	for (uint32_t i = from; i < p->count; i++) {
		const struct line *l = &p->lines[i % ACTIVITY_LINES];

		if (l->time_ns == time_ns && l->pid == pid)
			return true;
	}
	return false;
}

void activity_log_insert(struct activity_log *log, const struct event *ev, int64_t time_ns,
			 int64_t pid, struct text name, struct text cmdline)
{
	struct place *p = ev->process ? place_of(log, ev) : NULL;
	uint32_t from = p && p->count >= ACTIVITY_LINES ? p->count - ACTIVITY_LINES + 1 : 0, i;
	struct buf *text = &log->text;
	struct line *l;

	if (!p || is_remembered(p, from ? from - 1 : 0, time_ns, pid))
		return;
	for (i = p->count; i > from && p->lines[(i - 1) % ACTIVITY_LINES].time_ns > time_ns; i--)
		;
	/* Full, and all that is remembered came later. */
	if (p->count >= ACTIVITY_LINES && i == from &&
	    p->lines[(from - 1) % ACTIVITY_LINES].time_ns > time_ns)
		return;
	for (uint32_t k = p->count; k > i; k--)
		p->lines[k % ACTIVITY_LINES] = p->lines[(k - 1) % ACTIVITY_LINES];
	p->count++;
	buf_reset(text);
	buf_addf(text, "%.*s ran ", (int)name.len, name.data);
	buf_add(text, cmdline.data, cmdline.len);
	l = &p->lines[i % ACTIVITY_LINES];
	l->time_ns = time_ns;
	l->pid = pid;
	str_printable(l->text, sizeof(l->text), text->failed ? "" : text->data,
		      text->failed ? 0 : text->len);
	l->len = (uint16_t)strlen(l->text);
}

json_t *activity_log_before(struct activity_log *log, const struct event *ev)
{
	struct place *p = ev->process ? place_of(log, ev) : NULL;
	json_t *all = json_array();
	uint32_t from;

	if (!p || !all)
		return all;
	from = p->count > ACTIVITY_LINES ? p->count - ACTIVITY_LINES : 0;
	for (uint32_t i = from; i < p->count; i++) {
		const struct line *l = &p->lines[i % ACTIVITY_LINES];
		char time[CLOCK_TEXT_MAX];
		json_t *o = json_object();

		clock_format(l->time_ns, time);
		json_object_set_new(o, "time", json_string(time));
		json_object_set_new(o, "pid", json_integer((json_int_t)l->pid));
		json_object_set_new(o, "text", utf8_json(text_from(l->text, l->len)));
		json_array_append_new(all, o);
	}
	p->alert_ns = ev->time_ns;
	p->after = ACTIVITY_AFTER_MAX;
	return all;
}
