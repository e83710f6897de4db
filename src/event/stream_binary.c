/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the binary form. A record is a kind, a length and members; a member is a number with the
 * way it is written in its lowest bit (0: a number, 1: bytes). Nothing is read but through the cursor.
 */
#include <errno.h>
#include <inttypes.h>

#include "event/stream_private.h"

struct cursor {
	const unsigned char *at, *end;
	bool failed;
};

struct field {
	uint64_t id, number;
	bool is_bytes;
	struct text bytes;
};

static struct cursor cursor_on(struct text t)
{
	return (struct cursor){ (const unsigned char *)t.data,
				(const unsigned char *)t.data + t.len, false };
}

static uint64_t read_varint(struct cursor *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		unsigned char byte = *c->at++;

		n |= (uint64_t)(byte & 127) << shift;
		if (!(byte & 128))
			return n;
	}
	c->failed = true;
	return 0;
}

static struct text read_bytes(struct cursor *c)
{
	uint64_t len = read_varint(c);
	const char *data = (const char *)c->at;

	if (c->failed || len > (uint64_t)(c->end - c->at)) {
		c->failed = true;
		return TEXT("");
	}
	c->at += len;
	return text_from(data, len);
}

static bool read_field(struct cursor *c, struct field *f)
{
	uint64_t tag;

	if (c->at >= c->end || c->failed)
		return false;
	tag = read_varint(c);
	f->id = tag >> 1;
	f->is_bytes = tag & 1;
	f->number = f->is_bytes ? 0 : read_varint(c);
	f->bytes = f->is_bytes ? read_bytes(c) : TEXT("");
	return !c->failed;
}

static int64_t zigzag(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

/* --- members ------------------------------------------------------------------------------------------------- */

static bool read_texts(struct text bytes, struct arena *a, struct texts *ret)
{
	struct cursor c = cursor_on(bytes);
	uint64_t count = read_varint(&c);
	struct text *items;

	if (c.failed || count > STREAM_LIST_MAX)
		return false;
	items = arena_array(a, struct text, count + 1);
	for (uint64_t i = 0; items && i < count; i++)
		items[i] = arena_text(a, read_bytes(&c));
	*ret = (struct texts){ items, (uint32_t)count };
	return items && !c.failed;
}

static bool read_mounts(struct text bytes, struct arena *a, struct mounts *ret)
{
	struct texts list;
	struct mount *items;

	if (!read_texts(bytes, a, &list))
		return false;
	items = arena_array(a, struct mount, list.count + 1);
	for (uint32_t i = 0; items && i < list.count; i++)
		if (!stream_parse_mount(list.items[i], &items[i]))
			return false;
	*ret = (struct mounts){ items, list.count };
	return items;
}

static bool read_address(struct text bytes, struct address *ret)
{
	if (bytes.len != 4 && bytes.len != 16)
		return false;
	*ret = (struct address){ .family = bytes.len == 4 ? 4 : 6 };
	memcpy(ret->bytes, bytes.data, bytes.len);
	return true;
}

static bool read_number(const struct member *m, uint64_t n, void *at)
{
	switch ((enum member_kind)m->kind) {
	case MEMBER_I64:
		*(int64_t *)at = zigzag(n);
		return true;
	case MEMBER_U64:
	case MEMBER_CAPABILITIES:
		*(uint64_t *)at = n;
		return true;
	case MEMBER_U32:
		*(uint32_t *)at = (uint32_t)n;
		return n <= UINT32_MAX;
	case MEMBER_U16:
		*(uint16_t *)at = (uint16_t)n;
		return n <= UINT16_MAX;
	case MEMBER_BOOL:
		*(bool *)at = n != 0;
		return true;
	case MEMBER_FD_TYPE:
		*(enum fd_type *)at = n < FD_TYPES ? (enum fd_type)n : FD_UNSUPPORTED;
		return true;
	default:
		return false;
	}
}

static bool read_member(const struct member_table *t, const struct field *f, struct arena *a,
			void *object)
{
	const struct member *m = member_by_id(t, f->id);
	void *at = m ? (char *)object + m->offset : NULL;

	if (!m)
		return true; /* of a later version */
	if (!f->is_bytes)
		return read_number(m, f->number, at);
	switch ((enum member_kind)m->kind) {
	case MEMBER_TEXT:
		*(struct text *)at = arena_text(a, f->bytes);
		return true;
	case MEMBER_TEXTS:
		return read_texts(f->bytes, a, at);
	case MEMBER_MOUNTS:
		return read_mounts(f->bytes, a, at);
	case MEMBER_ADDRESS:
		return read_address(f->bytes, at);
	default:
		return false;
	}
}

/* --- definitions ----------------------------------------------------------------------------------------------- */

enum { KEY = 1, PARENT, CONTAINER };

#define LIST_SET(list, n, object)                     \
	({                                            \
		bool set_ = (n) < STREAM_OBJECTS_MAX; \
		while (set_ && (list)->len <= (n))    \
			set_ = vec_add(list) != NULL; \
		if (set_)                             \
			(list)->items[n] = (object);  \
		set_;                                 \
	})
#define LIST_GET(list, n) ((n) < (list)->len ? (list)->items[n] : NULL)

static bool read_container(struct event_reader *r, struct text payload)
{
	struct event_container *c = arena_new(&r->definitions, struct event_container);
	struct cursor cur = cursor_on(payload);
	uint64_t key = UINT64_MAX;
	struct field f;

	if (!c)
		return false;
	*c = EVENT_CONTAINER_NONE;
	while (read_field(&cur, &f)) {
		if (f.id == KEY)
			key = f.number;
		else if (!read_member(&member_container, &f, &r->definitions, c))
			return false;
	}
	c->has_privileged = c->has_privileged || c->privileged;
	return !cur.failed && LIST_SET(&r->container_list, key, c);
}

static bool read_process(struct event_reader *r, struct text payload)
{
	struct process *p = arena_new(&r->definitions, struct process);
	struct cursor cur = cursor_on(payload);
	uint64_t key = UINT64_MAX;
	struct field f;

	if (!p)
		return false;
	*p = PROCESS_NONE;
	while (read_field(&cur, &f)) {
		if (f.id == KEY)
			key = f.number;
		else if (f.id == PARENT) /* defined before: no loop can come about */
			p->parent = LIST_GET(&r->process_list, f.number);
		else if (f.id == CONTAINER)
			p->container = LIST_GET(&r->container_list, f.number);
		else if (!read_member(&member_process, &f, &r->definitions, p))
			return false;
	}
	return !cur.failed && stream_finish_process(p, &r->definitions) &&
	       LIST_SET(&r->process_list, key, p);
}

/* The writer's number for a type, its name, and the names of its parameters in the writer's order. */
static bool read_type(struct event_reader *r, struct text payload)
{
	struct stream_type *t = arena_new(&r->definitions, struct stream_type);
	struct cursor cur = cursor_on(payload);
	uint64_t key = read_varint(&cur), count;

	if (!t)
		return false;
	t->type = event_type_find(read_bytes(&cur));
	count = read_varint(&cur);
	if (cur.failed || count > ARRAY_SIZE(t->slots))
		return false;
	t->param_count = (uint32_t)count;
	for (uint64_t i = 0; i < count; i++) {
		int id = event_param_id(read_bytes(&cur));
		int index = id >= 0 && t->type ? event_param_index(t->type, id) : -1;

		t->slots[i] = (int8_t)(index >= 0 ? t->type->params[index].slot : -1);
	}
	return !cur.failed && LIST_SET(&r->types, key, t);
}

static bool read_header(struct event_reader *r, struct text payload, struct error *err)
{
	struct cursor cur = cursor_on(payload);
	uint64_t version = read_varint(&cur);
	struct text hostname = read_bytes(&cur);

	if (cur.failed || hostname.len > STREAM_HOSTNAME_MAX)
		return false;
	if (version > STREAM_VERSION) {
		error_set(err, EINVAL,
			  "%s: version %" PRIu64 " is newer than this program reads (%d)", r->name,
			  version, STREAM_VERSION);
		return false;
	}
	r->have_header = true;
	if (hostname.len)
		r->hostname = arena_text(&r->definitions, hostname);
	return true;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

/* Numbers have to be what the parameter is: an accessor trusts the type. */
static bool fits_param(const struct event_param *p, uint8_t type)
{
	if (type == VALUE_STRING)
		return p->kind == PARAM_TEXT || p->kind == PARAM_PATH || p->kind == PARAM_UID ||
		       p->kind == PARAM_GID;
	if (p->kind == PARAM_BYTES)
		return type == VALUE_BYTES;
	return type != VALUE_BYTES && p->kind != PARAM_TEXT && p->kind != PARAM_PATH;
}

static bool read_arg(struct event_reader *r, struct event *ev, int slot, struct text bytes)
{
	struct arena *a = stream_event_arena(r);
	struct cursor cur = cursor_on(bytes);
	uint64_t said = read_varint(&cur), kind = said & ~(uint64_t)(ARG_RESOLVED | ARG_EXACT);
	struct event_arg *arg = &ev->args[slot];
	const struct event_param *p = ev->type->params;

	while (p->slot != slot)
		p++;
	*arg = (struct event_arg){ 0 };
	switch (kind) {
	case ARG_INT:
		arg->value = (struct value){ .i = zigzag(read_varint(&cur)), .type = VALUE_INT };
		break;
	case ARG_UINT:
		arg->value = (struct value){ .u = read_varint(&cur), .type = VALUE_UINT };
		break;
	case ARG_TEXT:
	case ARG_BYTES:
		arg->value = value_of_text(arena_text(a, read_bytes(&cur)));
		arg->value.type = kind == ARG_BYTES ? VALUE_BYTES : VALUE_STRING;
		break;
	default:
		return true; /* of a later version */
	}
	if (said & ARG_RESOLVED)
		arg->resolved = arena_text(a, read_bytes(&cur));
	arg->exact = (said & ARG_EXACT) != 0 && arg->resolved.data;
	if (cur.failed || a->failed)
		return false;
	if (fits_param(p, arg->value.type))
		ev->arg_set |= 1u << slot;
	return true;
}

static bool read_fd(struct event_reader *r, struct event *ev, struct text bytes)
{
	struct arena *a = stream_event_arena(r);
	struct fd *fd = arena_new(a, struct fd);
	struct cursor cur = cursor_on(bytes);
	struct field f;

	if (!fd)
		return false;
	*fd = FD_INIT;
	ev->fd = fd;
	while (read_field(&cur, &f))
		if (!read_member(&member_fd, &f, a, fd))
			return false;
	return !cur.failed;
}

static bool read_audit(struct event_reader *r, struct event *ev, struct text bytes)
{
	json_t *v = json_loadb(bytes.data, bytes.len, 0, NULL);

	if (!json_is_object(v)) {
		json_decref(v);
		return false;
	}
	return stream_set_audit(r, ev, v) == 0;
}

static bool read_event_field(struct event_reader *r, struct event *ev, const struct stream_type *t,
			     const struct field *f)
{
	switch (f->id) {
	case EVENT_FIELD_TIME:
		ev->time_ns = (int64_t)(f->number & INT64_MAX);
		return true;
	case EVENT_FIELD_NUMBER:
		ev->number = f->number;
		return true;
	case EVENT_FIELD_PROCESS:
		ev->process = LIST_GET(&r->process_list, f->number);
		return true;
	case EVENT_FIELD_TARGET:
		ev->target = LIST_GET(&r->process_list, f->number);
		return true;
	case EVENT_FIELD_RESULT:
		ev->result = zigzag(f->number);
		ev->has_result = true;
		return true;
	case EVENT_FIELD_FD_NUM:
		ev->fd_num = zigzag(f->number);
		return true;
	case EVENT_FIELD_TID:
		ev->tid = zigzag(f->number);
		return true;
	case EVENT_FIELD_VTID:
		ev->vtid = zigzag(f->number);
		return true;
	case EVENT_FIELD_CPU:
		ev->cpu = (uint16_t)f->number;
		return true;
	case EVENT_FIELD_NAME_CHANGED:
		ev->fd_name_changed = f->number;
		return true;
	case EVENT_FIELD_FD:
		return read_fd(r, ev, f->bytes);
	case EVENT_FIELD_AUDIT:
		return read_audit(r, ev, f->bytes);
	default:
		if (f->id < EVENT_FIELD_ARG || f->id - EVENT_FIELD_ARG >= t->param_count ||
		    t->slots[f->id - EVENT_FIELD_ARG] < 0)
			return true;
		return read_arg(r, ev, t->slots[f->id - EVENT_FIELD_ARG], f->bytes);
	}
}

/* 1: an event, 0: one that this version does not know, -1: not well-formed. */
static int read_event(struct event_reader *r, struct text payload, struct event *ev)
{
	struct cursor cur = cursor_on(payload);
	const struct stream_type *t;
	struct field f;

	if (!read_field(&cur, &f) || f.id != EVENT_FIELD_TYPE)
		return -1;
	t = LIST_GET(&r->types, f.number);
	if (!t || !t->type)
		return t ? 0 : -1;
	if (!r->keep)
		arena_reset(&r->event);
	event_init(ev, t->type);
	ev->hostname = r->hostname;
	ev->number = r->number + 1;
	ev->time_ns = r->last_ns;
	while (read_field(&cur, &f))
		if (!read_event_field(r, ev, t, &f))
			return -1;
	if (!r->number)
		r->start_ns = (uint64_t)ev->time_ns;
	ev->start_ns = r->start_ns;
	r->number = ev->number;
	r->last_ns = ev->time_ns;
	return cur.failed || stream_event_arena(r)->failed ? -1 : 1;
}

int stream_binary_next(struct event_reader *r, struct event *ev, struct error *err)
{
	while (r->at < r->content.len) {
		struct cursor cur = cursor_on(
			text_from(r->content.data + r->at, r->content.len - r->at));
		uint64_t kind = read_varint(&cur);
		struct text payload = read_bytes(&cur);
		size_t start = r->at;
		int n = 0;
		bool good = !cur.failed && payload.len <= STREAM_RECORD_MAX &&
			    (r->have_header || kind == RECORD_HEADER);

		if (good)
			r->at = (size_t)((const char *)cur.at - r->content.data);
		if (good && kind == RECORD_HEADER)
			good = read_header(r, payload, err);
		else if (good && kind == RECORD_TYPE)
			good = read_type(r, payload);
		else if (good && kind == RECORD_CONTAINER)
			good = read_container(r, payload);
		else if (good && kind == RECORD_PROCESS)
			good = read_process(r, payload);
		else if (good && kind == RECORD_EVENT)
			good = (n = read_event(r, payload, ev)) >= 0;
		if (!good)
			return err->code ?
				       -err->code :
				       error_set(err, EINVAL,
						 "%s: the record at byte %zu is not well-formed",
						 r->name, start);
		if (n)
			return 1;
	}
	return 0;
}
