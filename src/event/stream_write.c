/* SPDX-License-Identifier: Apache-2.0 */
/* Writing both forms: definitions when they are first needed, then the event. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "event/stream_private.h"

struct event_writer {
	enum stream_form form;
	struct text hostname;
	bool started;
	/* By address and version: the number. Forgotten together when there are many: numbers begin anew then. */
	struct table processes, containers;
	struct arena keys;
	uint32_t process_count, container_count;
	bool types[256];
};

int event_writer_new(struct event_writer **ret, enum stream_form form, struct text hostname)
{
	struct event_writer *w = calloc(1, sizeof(*w));
	char *name;

	if (!w)
		return -ENOMEM;
	w->form = form;
	w->keys = ARENA_INIT(STREAM_MEMORY_MAX);
	name = malloc((size_t)hostname.len + 1); /* there may be a NUL in it */
	if (name && hostname.len)
		memcpy(name, hostname.data, hostname.len);
	w->hostname = text_from(name, hostname.len);
	if (!name) {
		event_writer_free(w);
		return -ENOMEM;
	}
	*ret = w;
	return 0;
}

void event_writer_free(struct event_writer *w)
{
	if (!w)
		return;
	table_deinit(&w->processes);
	table_deinit(&w->containers);
	arena_deinit(&w->keys);
	free((char *)(uintptr_t)w->hostname.data);
	free(w);
}

static void forget_definitions(struct event_writer *w)
{
	table_deinit(&w->processes);
	table_deinit(&w->containers);
	arena_deinit(&w->keys);
	w->processes = w->containers = TABLE_INIT;
	w->keys = ARENA_INIT(STREAM_MEMORY_MAX);
	w->process_count = w->container_count = 0;
}

/* --- pieces ----------------------------------------------------------------------------------------------------- */

static void add_varint(struct buf *out, uint64_t n)
{
	while (n >= 128) {
		buf_add_char(out, (char)(n | 128));
		n >>= 7;
	}
	buf_add_char(out, (char)n);
}

static uint64_t zigzag(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static void add_bytes(struct buf *out, struct text t)
{
	add_varint(out, t.len);
	buf_add(out, t.data, t.len);
}

static void add_number_field(struct buf *out, uint64_t id, uint64_t n)
{
	add_varint(out, id << 1);
	add_varint(out, n);
}

static void add_bytes_field(struct buf *out, uint64_t id, struct text t)
{
	add_varint(out, id << 1 | 1);
	add_bytes(out, t);
}

static void add_record(struct buf *out, int kind, const struct buf *payload)
{
	add_varint(out, (uint64_t)kind);
	add_bytes(out, text_from(payload->data ? payload->data : "", payload->len));
}

static void add_texts(struct buf *out, uint64_t id, const struct texts *list)
{
	struct buf all = BUF_INIT;

	add_varint(&all, list->count);
	for (uint32_t i = 0; i < list->count; i++)
		add_bytes(&all, list->items[i]);
	add_bytes_field(out, id, text_from(all.data, all.len));
	buf_deinit(&all);
}

static void add_mounts(struct buf *out, uint64_t id, const struct mounts *list)
{
	struct buf all = BUF_INIT, one = BUF_INIT;

	add_varint(&all, list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		buf_reset(&one);
		stream_format_mount(&list->items[i], &one);
		add_bytes(&all, text_from(one.data, one.len));
	}
	add_bytes_field(out, id, text_from(all.data, all.len));
	buf_deinit(&all);
	buf_deinit(&one);
}

static void add_member(struct buf *out, const struct member *m, const void *object)
{
	const void *at = (const char *)object + m->offset;
	const struct address *address;

	switch ((enum member_kind)m->kind) {
	case MEMBER_TEXT:
		add_bytes_field(out, m->id, *(const struct text *)at);
		break;
	case MEMBER_TEXTS:
		add_texts(out, m->id, at);
		break;
	case MEMBER_MOUNTS:
		add_mounts(out, m->id, at);
		break;
	case MEMBER_I64:
		add_number_field(out, m->id, zigzag(*(const int64_t *)at));
		break;
	case MEMBER_U64:
	case MEMBER_CAPABILITIES:
		add_number_field(out, m->id, *(const uint64_t *)at);
		break;
	case MEMBER_U32:
		add_number_field(out, m->id, *(const uint32_t *)at);
		break;
	case MEMBER_U16:
		add_number_field(out, m->id, *(const uint16_t *)at);
		break;
	case MEMBER_BOOL:
		add_number_field(out, m->id, *(const bool *)at);
		break;
	case MEMBER_FD_TYPE:
		add_number_field(out, m->id, *(const enum fd_type *)at);
		break;
	case MEMBER_ADDRESS:
		address = at;
		add_bytes_field(out, m->id,
				text_from((const char *)address->bytes,
					  address->family == 4 ? 4 : 16));
		break;
	}
}

static void add_members(struct buf *out, const struct member_table *t, const void *object)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (member_is_set(t, &t->items[i], object))
			add_member(out, &t->items[i], object);
}

static void json_members(json_t *o, const struct member_table *t, const void *object)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (member_is_set(t, &t->items[i], object))
			json_object_set_new(o, t->items[i].name,
					    stream_json_member(&t->items[i], object));
}

static void add_json_line(struct buf *out, json_t *o)
{
	char *text = utf8_json_text(o, JSON_COMPACT);

	if (text) {
		buf_add_str(out, text);
		buf_add_char(out, '\n');
	} else {
		out->failed = true;
	}
	free(text);
	json_decref(o);
}

/* --- definitions ------------------------------------------------------------------------------------------------- */

struct identity {
	const void *object;
	uint64_t version;
};

/* The number of an object that was written; 0: it was not. */
static uint32_t number_of(const struct table *t, const void *object, uint32_t version)
{
	const struct identity id = { object, version };

	return (uint32_t)(uintptr_t)table_get(t, text_from((const char *)&id, sizeof(id)));
}

static uint32_t number_new(struct event_writer *w, struct table *t, const void *object,
			   uint32_t version, uint32_t *count)
{
	const struct identity id = { object, version };
	char *key = arena_dup(&w->keys, (const char *)&id, sizeof(id));

	if (!key || !table_set(t, text_from(key, sizeof(id)), (void *)((uintptr_t)*count + 1)))
		return 0;
	return ++*count;
}

static uint32_t process_number(const struct event_writer *w, const struct process *p)
{
	return p ? number_of(&w->processes, p, p->version) : 0;
}

static uint32_t container_number(const struct event_writer *w, const struct event_container *c)
{
	return c ? number_of(&w->containers, c, c->version) : 0;
}

static json_t *json_name(char prefix, uint32_t number)
{
	return json_sprintf("%c%u", prefix, number);
}

static uint32_t write_container(struct event_writer *w, const struct event_container *c,
				struct buf *out)
{
	uint32_t number = container_number(w, c);
	struct buf payload = BUF_INIT;
	json_t *o;

	if (number || !c)
		return number;
	number = number_new(w, &w->containers, c, c->version, &w->container_count);
	if (w->form == STREAM_JSON) {
		o = json_pack("{s:s}", "define", "container");
		json_object_set_new(o, "as", json_name('c', number));
		json_members(o, &member_container, c);
		add_json_line(out, o);
		return number;
	}
	add_number_field(&payload, 1, number);
	add_members(&payload, &member_container, c);
	add_record(out, RECORD_CONTAINER, &payload);
	buf_deinit(&payload);
	return number;
}

static void write_process_json(struct event_writer *w, const struct process *p, uint32_t number,
			       struct buf *out)
{
	uint32_t parent = process_number(w, p->parent),
		 container = container_number(w, p->container);
	json_t *o = json_pack("{s:s}", "define", "process");

	json_object_set_new(o, "as", json_name('p', number));
	if (p->parent)
		json_object_set_new(o, "parent", json_name('p', parent));
	if (p->container)
		json_object_set_new(o, "container", json_name('c', container));
	else if (p->parent && p->parent->container)
		json_object_set_new(o, "container", json_string("host"));
	json_members(o, &member_process, p);
	add_json_line(out, o);
}

/* Ancestors first, the oldest one at the beginning. */
static uint32_t write_process(struct event_writer *w, const struct process *p, struct buf *out)
{
	const struct process *line[PROCESS_ANCESTORS_MAX];
	uint32_t n = 0, number = 0;

	for (; p && n < PROCESS_ANCESTORS_MAX && !process_number(w, p); p = p->parent)
		line[n++] = p;
	if (!n)
		return process_number(w, p);
	while (n--) {
		struct buf payload = BUF_INIT;

		p = line[n];
		write_container(w, p->container, out);
		number = number_new(w, &w->processes, p, p->version, &w->process_count);
		if (w->form == STREAM_JSON) {
			write_process_json(w, p, number, out);
			continue;
		}
		add_number_field(&payload, 1, number);
		if (p->parent)
			add_number_field(&payload, 2, process_number(w, p->parent));
		if (p->container)
			add_number_field(&payload, 3, container_number(w, p->container));
		add_members(&payload, &member_process, p);
		add_record(out, RECORD_PROCESS, &payload);
		buf_deinit(&payload);
	}
	return number;
}

static void write_type(struct event_writer *w, const struct event_type *t, struct buf *out)
{
	struct buf payload = BUF_INIT;

	if (w->types[event_type_index(t)])
		return;
	w->types[event_type_index(t)] = true;
	add_varint(&payload, event_type_index(t));
	add_bytes(&payload, t->name);
	add_varint(&payload, t->param_count);
	for (uint32_t i = 0; i < t->param_count; i++)
		add_bytes(&payload, t->params[i].name);
	add_record(out, RECORD_TYPE, &payload);
	buf_deinit(&payload);
}

static void write_header(struct event_writer *w, struct buf *out)
{
	struct buf payload = BUF_INIT;
	json_t *o;

	if (w->started)
		return;
	w->started = true;
	if (w->form == STREAM_JSON) {
		o = json_pack("{s:s, s:i}", "format", "merlon-events", "version", STREAM_VERSION);
		if (w->hostname.data)
			json_object_set_new(o, "hostname", utf8_json(w->hostname));
		add_json_line(out, o);
		return;
	}
	buf_add_str(out, STREAM_MAGIC);
	add_varint(&payload, STREAM_VERSION);
	add_bytes(&payload, w->hostname.data ? w->hostname : TEXT(""));
	add_record(out, RECORD_HEADER, &payload);
	buf_deinit(&payload);
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static void add_arg(struct buf *out, uint32_t index, const struct event_arg *arg)
{
	const struct value *v = &arg->value;
	struct buf payload = BUF_INIT;
	uint64_t kind = v->type == VALUE_INT	? ARG_INT :
			v->type == VALUE_STRING ? ARG_TEXT :
			v->type == VALUE_BYTES	? ARG_BYTES :
						  ARG_UINT;

	add_varint(&payload, kind | (arg->resolved.data ? ARG_RESOLVED : 0) |
				     (arg->resolved.data && arg->exact ? ARG_EXACT : 0));
	if (kind == ARG_INT)
		add_varint(&payload, zigzag(v->i));
	else if (kind == ARG_UINT)
		add_varint(&payload, v->u);
	else
		add_bytes(&payload, value_text(v));
	if (arg->resolved.data)
		add_bytes(&payload, arg->resolved);
	add_bytes_field(out, EVENT_FIELD_ARG + index, text_from(payload.data, payload.len));
	buf_deinit(&payload);
}

static void add_fd(struct buf *out, const struct fd *fd)
{
	struct buf payload = BUF_INIT;

	add_members(&payload, &member_fd, fd);
	add_bytes_field(out, EVENT_FIELD_FD,
			text_from(payload.data ? payload.data : "", payload.len));
	buf_deinit(&payload);
}

static void write_event_binary(const struct event *ev, uint32_t process, uint32_t target,
			       struct buf *out)
{
	struct buf payload = BUF_INIT;
	char *audit;

	add_number_field(&payload, EVENT_FIELD_TYPE, event_type_index(ev->type));
	add_number_field(&payload, EVENT_FIELD_TIME, (uint64_t)ev->time_ns);
	add_number_field(&payload, EVENT_FIELD_NUMBER, ev->number);
	if (process)
		add_number_field(&payload, EVENT_FIELD_PROCESS, process);
	if (target)
		add_number_field(&payload, EVENT_FIELD_TARGET, target);
	if (ev->has_result)
		add_number_field(&payload, EVENT_FIELD_RESULT, zigzag(ev->result));
	if (ev->fd_num != -1)
		add_number_field(&payload, EVENT_FIELD_FD_NUM, zigzag(ev->fd_num));
	if (ev->tid != -1)
		add_number_field(&payload, EVENT_FIELD_TID, zigzag(ev->tid));
	if (ev->vtid != -1)
		add_number_field(&payload, EVENT_FIELD_VTID, zigzag(ev->vtid));
	if (ev->cpu)
		add_number_field(&payload, EVENT_FIELD_CPU, ev->cpu);
	if (ev->fd_name_changed)
		add_number_field(&payload, EVENT_FIELD_NAME_CHANGED, 1);
	if (ev->fd)
		add_fd(&payload, ev->fd);
	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];

		if (p->slot >= 0 && ev->arg_set >> p->slot & 1)
			add_arg(&payload, i, &ev->args[p->slot]);
	}
	if (ev->audit) {
		audit = json_dumps(ev->audit, JSON_COMPACT);
		if (audit)
			add_bytes_field(&payload, EVENT_FIELD_AUDIT, text_of(audit));
		free(audit);
	}
	add_record(out, RECORD_EVENT, &payload);
	out->failed = out->failed || payload.failed;
	buf_deinit(&payload);
}

static json_t *fd_json(const struct event *ev)
{
	json_t *o = json_object();

	/* The reader would put the result of an open there. */
	if (ev->fd_num != -1 || (ev->has_result && ev->type->flags & (TYPE_OPEN | TYPE_CREAT)))
		json_object_set_new(o, "num", json_integer(ev->fd_num));
	if (ev->fd_name_changed)
		json_object_set_new(o, "name_changed", json_true());
	if (!ev->fd)
		return o;
	json_object_set_new(o, "type", json_string(stream_fd_names[ev->fd->type]));
	json_members(o, &member_fd, ev->fd);
	return o;
}

static void write_event_json(const struct event *ev, uint32_t process, uint32_t target,
			     struct buf *out)
{
	json_t *o = json_object(), *args = json_object(), *fd = fd_json(ev);

	json_object_set_new(o, "event", utf8_json(ev->type->name));
	json_object_set_new(o, "time", json_integer(ev->time_ns));
	json_object_set_new(o, "number", json_u64(ev->number));
	if (process)
		json_object_set_new(o, "process", json_name('p', process));
	if (target)
		json_object_set_new(o, "target", json_name('p', target));
	if (ev->has_result)
		json_object_set_new(o, "result", json_integer(ev->result));
	else if (!(ev->type->flags & TYPE_NO_RESULT))
		json_object_set_new(o, "result", json_null());
	if (ev->tid != -1)
		json_object_set_new(o, "tid", json_integer(ev->tid));
	if (ev->vtid != -1)
		json_object_set_new(o, "vtid", json_integer(ev->vtid));
	if (ev->cpu)
		json_object_set_new(o, "cpu", json_integer(ev->cpu));
	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];

		if (p->slot >= 0 && ev->arg_set >> p->slot & 1)
			json_object_set_new(args, p->name.data,
					    stream_json_arg(p, &ev->args[p->slot]));
	}
	if (json_object_size(args))
		json_object_set(o, "args", args);
	if (json_object_size(fd))
		json_object_set(o, "fd", fd);
	if (ev->audit)
		json_object_set(o, "audit", (json_t *)(uintptr_t)ev->audit);
	json_decref(args);
	json_decref(fd);
	add_json_line(out, o);
}

int event_writer_add(struct event_writer *w, const struct event *ev, struct buf *out)
{
	uint32_t process, target;

	if (w->process_count >= STREAM_WRITER_MAX || w->container_count >= STREAM_WRITER_MAX)
		forget_definitions(w);
	write_header(w, out);
	if (w->form == STREAM_BINARY)
		write_type(w, ev->type, out);
	process = ev->process ? write_process(w, ev->process, out) : 0;
	target = ev->target ? write_process(w, ev->target, out) : 0;
	if (w->form == STREAM_BINARY)
		write_event_binary(ev, process, target, out);
	else
		write_event_json(ev, process, target, out);
	return out->failed || w->keys.failed ? -ENOMEM : 0;
}
