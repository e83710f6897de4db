/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form: one record a line. Also what tests beside rules are written in. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "event/stream_private.h"

const char *const stream_fd_names[] = {
	[FD_NONE] = "none",
	[FD_FILE] = "file",
	[FD_DIRECTORY] = "directory",
	[FD_IPV4] = "ipv4",
	[FD_IPV6] = "ipv6",
	[FD_IPV4_SERVER] = "listener4",
	[FD_IPV6_SERVER] = "listener6",
	[FD_UNIX] = "unix",
	[FD_PIPE] = "pipe",
	[FD_EVENT] = "event",
	[FD_SIGNAL] = "signalfd",
	[FD_EVENTPOLL] = "eventpoll",
	[FD_INOTIFY] = "inotify",
	[FD_TIMER] = "timerfd",
	[FD_NETLINK] = "netlink",
	[FD_BPF] = "bpf",
	[FD_USERFAULT] = "userfaultfd",
	[FD_IO_URING] = "io_uring",
	[FD_MEMFD] = "memfd",
	[FD_PIDFD] = "pidfd",
	[FD_UNSUPPORTED] = "unsupported",
};
static_assert(ARRAY_SIZE(stream_fd_names) == FD_TYPES, "a name for each");

struct reading {
	struct event_reader *r;
	struct arena *arena;
	struct json_reader json;
};

/* --- values ------------------------------------------------------------------------------------------------ */

static struct text copy_text(struct reading *x, const json_t *v)
{
	return arena_text(x->arena, text_from(json_string_value(v), json_string_length(v)));
}

static bool read_texts(struct reading *x, const json_t *v, struct texts *ret)
{
	size_t count = json_array_size(v);
	struct text *items;

	if (!json_is_array(v) || count > STREAM_LIST_MAX)
		return json_fail(&x->json, "must be a list of at most %d texts", STREAM_LIST_MAX);
	items = arena_array(x->arena, struct text, count + 1);
	for (size_t i = 0; items && i < count; i++) {
		if (!json_is_string(json_array_get(v, i)))
			return json_fail(&x->json, "must be a list of texts");
		items[i] = copy_text(x, json_array_get(v, i));
	}
	*ret = (struct texts){ items, (uint32_t)count };
	return items || json_fail(&x->json, "out of memory");
}

static bool read_mounts(struct reading *x, const json_t *v, struct mounts *ret)
{
	struct texts list = { 0 };
	struct mount *items;

	if (!read_texts(x, v, &list))
		return false;
	items = arena_array(x->arena, struct mount, list.count + 1);
	for (uint32_t i = 0; items && i < list.count; i++)
		if (!stream_parse_mount(list.items[i], &items[i]))
			return json_fail(&x->json,
					 "a mount must be source:destination:mode:true:propagation");
	*ret = (struct mounts){ items, list.count };
	return items || json_fail(&x->json, "out of memory");
}

static bool read_i64(struct reading *x, const json_t *v, int64_t *ret)
{
	if (!json_is_integer(v))
		return json_fail(&x->json, "must be a whole number");
	*ret = json_integer_value(v);
	return true;
}

static bool read_u64(struct reading *x, const json_t *v, uint64_t max, uint64_t *ret)
{
	if (!json_u64_value(v, ret) || *ret > max)
		return json_fail(&x->json, "must be a whole number from 0 to %" PRIu64, max);
	return true;
}

static bool read_time(struct reading *x, const json_t *v, int64_t *ret)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*ret = json_integer_value(v);
		return true;
	}
	return (json_is_string(v) && clock_parse(json_string_value(v), ret)) ||
	       json_fail(&x->json,
			 "must be a time (2026-01-01T00:00:00Z) or nanoseconds since 1970");
}

/* "CAP_CHOWN CAP_KILL", "all", or a number. */
static bool read_capabilities(struct reading *x, const json_t *v, uint64_t *ret)
{
	struct text t;

	if (json_u64_value(v, ret))
		return true;
	if (!json_is_string(v))
		return json_fail(&x->json, "must be capabilities or a number");
	t = text_from(json_string_value(v), json_string_length(v));
	*ret = text_eq_str(t, "all") ? (1ULL << 41) - 1 : 0;
	if (*ret)
		return true;
	while (t.len) {
		const char *blank = memchr(t.data, ' ', t.len);
		struct text name = blank ? text_from(t.data, (size_t)(blank - t.data)) : t;
		uint64_t bit;

		if (!names_parse(&names_capability, name, &bit))
			return json_fail(&x->json, "\"%.*s\" is no capability", (int)name.len,
					 name.data);
		*ret |= bit;
		t = blank ? text_from(blank + 1, t.len - name.len - 1) : TEXT("");
	}
	return true;
}

static bool read_fd_type(struct reading *x, const json_t *v, enum fd_type *ret)
{
	for (int i = 0; json_is_string(v) && i < FD_TYPES; i++) {
		if (strcmp(stream_fd_names[i], json_string_value(v)))
			continue;
		*ret = (enum fd_type)i;
		return true;
	}
	return json_fail(&x->json,
			 "must be file, directory, ipv4, ipv6, listener4, listener6, unix, "
			 "pipe, memfd, ...");
}

static bool read_member(struct reading *x, const struct member *m, const json_t *v, void *object)
{
	void *at = (char *)object + m->offset;
	uint64_t n = 0;

	switch ((enum member_kind)m->kind) {
	case MEMBER_TEXT:
		if (!json_is_string(v))
			return json_fail(&x->json, "must be text");
		*(struct text *)at = copy_text(x, v);
		return true;
	case MEMBER_TEXTS:
		return read_texts(x, v, at);
	case MEMBER_MOUNTS:
		return read_mounts(x, v, at);
	case MEMBER_I64:
		return read_i64(x, v, at);
	case MEMBER_U64:
		return read_u64(x, v, UINT64_MAX, at);
	case MEMBER_U32:
		if (!read_u64(x, v, UINT32_MAX, &n))
			return false;
		*(uint32_t *)at = (uint32_t)n;
		return true;
	case MEMBER_U16:
		if (!read_u64(x, v, UINT16_MAX, &n))
			return false;
		*(uint16_t *)at = (uint16_t)n;
		return true;
	case MEMBER_BOOL:
		if (!json_is_boolean(v))
			return json_fail(&x->json, "must be true or false");
		*(bool *)at = json_is_true(v);
		return true;
	case MEMBER_ADDRESS:
		return (json_is_string(v) &&
			address_parse(text_from(json_string_value(v), json_string_length(v)),
				      at)) ||
		       json_fail(&x->json, "must be an IP address");
	case MEMBER_CAPABILITIES:
		return read_capabilities(x, v, at);
	case MEMBER_FD_TYPE:
		return read_fd_type(x, v, at);
	}
	return false;
}

/* --- objects ------------------------------------------------------------------------------------------------- */

/* Members of the table; others (all ends with NULL) are the caller's. */
static bool read_members(struct reading *x, const struct member_table *t, const json_t *o,
			 const char *const *others, void *object)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)o, key, v) {
		const struct member *m = member_find(t, text_of(key));
		const char *const *other = others;
		size_t mark;
		bool good;

		while (*other && strcmp(*other, key))
			other++;
		if (*other)
			continue;
		if (!m)
			return json_fail(&x->json, "a %s has no member \"%s\"", t->name, key);
		mark = json_enter(&x->json, key);
		good = read_member(x, m, v, object);
		json_leave(&x->json, mark);
		if (!good)
			return false;
	}
	return true;
}

static struct event_container *read_container(struct reading *x, const json_t *o)
{
	static const char *const others[] = { "define", "as", NULL };
	struct event_container *c = arena_new(x->arena, struct event_container);

	if (!c) {
		json_fail(&x->json, "out of memory");
		return NULL;
	}
	*c = EVENT_CONTAINER_NONE;
	if (!read_members(x, &member_container, o, others, c))
		return NULL;
	c->has_privileged = c->has_privileged || c->privileged;
	return c;
}

/* A name that was defined, or an object in place. */
static bool refer_container(struct reading *x, const json_t *v, const struct event_container **ret)
{
	size_t mark = json_enter(&x->json, "container");

	if (json_is_string(v))
		*ret = table_get(&x->r->containers, text_of(json_string_value(v)));
	else if (json_is_object(v))
		*ret = read_container(x, v);
	if (!*ret && !x->json.failed)
		json_fail(&x->json, "must be a container that was defined, or an object");
	json_leave(&x->json, mark);
	return *ret;
}

static bool refer_process(struct reading *x, const json_t *v, const char *member, int depth,
			  const struct process **ret);

static struct process *read_process(struct reading *x, const json_t *o, int depth)
{
	static const char *const others[] = { "define", "as", "parent", "container", NULL };
	const json_t *parent = json_object_get(o, "parent"),
		     *container = json_object_get(o, "container");
	struct process *p = arena_new(x->arena, struct process);

	if (!p || depth > 64) {
		json_fail(&x->json, p ? "too many parents" : "out of memory");
		return NULL;
	}
	*p = PROCESS_NONE;
	if (parent && !refer_process(x, parent, "parent", depth + 1, &p->parent))
		return NULL;
	/* Children are where their parent is, unless it is said. */
	p->container = p->parent ? p->parent->container : NULL;
	if (json_is_null(container) ||
	    (json_is_string(container) && !strcmp(json_string_value(container), "host")))
		p->container = NULL;
	else if (container && !refer_container(x, container, &p->container))
		return NULL;
	if (!read_members(x, &member_process, o, others, p))
		return NULL;
	return stream_finish_process(p, x->arena) ? p : NULL;
}

static bool refer_process(struct reading *x, const json_t *v, const char *member, int depth,
			  const struct process **ret)
{
	size_t mark = json_enter(&x->json, member);

	if (json_is_string(v))
		*ret = table_get(&x->r->processes, text_of(json_string_value(v)));
	else if (json_is_object(v))
		*ret = read_process(x, v, depth);
	if (!*ret && !x->json.failed)
		json_fail(&x->json, "must be a process that was defined, or an object");
	json_leave(&x->json, mark);
	return *ret;
}

static bool read_definition(struct reading *x, const json_t *o)
{
	const char *kind = NULL, *name = NULL;
	void *object;
	struct text key;
	bool process;

	x->arena = &x->r->definitions;
	if (!json_get_string(&x->json, o, "define", true, 16, &kind) ||
	    !json_get_string(&x->json, o, "as", true, 256, &name))
		return false;
	process = !strcmp(kind, "process");
	if (!process && strcmp(kind, "container"))
		return json_fail(&x->json, "\"define\" must be \"process\" or \"container\"");
	if (x->r->processes.used + x->r->containers.used >= STREAM_OBJECTS_MAX)
		return json_fail(&x->json, "more than %d definitions", STREAM_OBJECTS_MAX);
	object = process ? (void *)read_process(x, o, 0) : (void *)read_container(x, o);
	key = arena_text(x->arena, text_of(name));
	if (!object || !key.data)
		return x->json.failed ? false : json_fail(&x->json, "out of memory");
	return table_set(process ? &x->r->processes : &x->r->containers, key, object) ||
	       json_fail(&x->json, "out of memory");
}

/* --- arguments ------------------------------------------------------------------------------------------------ */

/* "0x...": how the writer has numbers that JSON's do not reach. */
static bool hex_number(struct text t, uint64_t *ret)
{
	char digits[17];

	if (!text_starts(t, TEXT("0x")) || t.len < 3 || t.len > 18)
		return false;
	memcpy(digits, t.data + 2, t.len - 2);
	digits[t.len - 2] = '\0';
	if (strspn(digits, "0123456789abcdefABCDEF") != t.len - 2)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

static bool named_number(const struct event_param *p, struct text t, struct value *v)
{
	int n;

	switch (p->kind) {
	case PARAM_NAMES:
		v->type = VALUE_UINT;
		return names_parse(p->names, t, &v->u);
	case PARAM_SIGNAL:
		v->type = VALUE_INT;
		if (!names_signal_parse(t, &n))
			return false;
		v->i = n;
		return true;
	case PARAM_RESULT:
	case PARAM_FD:
		v->type = VALUE_INT;
		if (p->kind == PARAM_FD && text_eq_str(t, "AT_FDCWD")) {
			v->i = -100;
			return true;
		}
		if (!names_errno_parse(t, &n))
			return false;
		v->i = -n;
		return true;
	case PARAM_UINT:
	case PARAM_OCTAL:
	case PARAM_HEX:
		v->type = VALUE_UINT;
		return hex_number(t, &v->u);
	default:
		return false;
	}
}

static bool is_unsigned(enum event_param_kind kind)
{
	return kind == PARAM_UINT || kind == PARAM_OCTAL || kind == PARAM_HEX ||
	       kind == PARAM_NAMES || kind == PARAM_UID || kind == PARAM_GID;
}

static bool read_hex(struct reading *x, const json_t *v, struct value *ret)
{
	const char *s = json_string_value(v);
	size_t n = json_string_length(v) / 2;
	char *out = arena_alloc(x->arena, n + 1);

	for (size_t i = 0; out && i < n; i++) {
		unsigned byte;
		char pair[3] = { s[2 * i], s[2 * i + 1], 0 };

		if (strspn(pair, "0123456789abcdefABCDEF") != 2 || sscanf(pair, "%2x", &byte) != 1)
			return json_fail(&x->json, "must be hexadecimal bytes");
		out[i] = (char)byte;
	}
	*ret = (struct value){ .string = out, .len = (uint32_t)n, .type = VALUE_BYTES };
	return (out && json_string_length(v) % 2 == 0) ||
	       json_fail(&x->json, "must be hexadecimal bytes");
}

static bool read_arg_value(struct reading *x, const struct event_param *p, const json_t *v,
			   struct value *ret)
{
	struct text t;

	if (json_is_string(v)) {
		t = text_from(json_string_value(v), json_string_length(v));
		if (named_number(p, t, ret))
			return true;
		if (p->kind != PARAM_TEXT && p->kind != PARAM_PATH && p->kind != PARAM_BYTES &&
		    p->kind != PARAM_UID && p->kind != PARAM_GID)
			return json_fail(&x->json, "\"%.*s\" is no value of this parameter",
					 (int)t.len, t.data);
		*ret = value_of_text(arena_text(x->arena, t));
		ret->type = p->kind == PARAM_BYTES ? VALUE_BYTES : VALUE_STRING;
		return ret->string || json_fail(&x->json, "out of memory");
	}
	if (is_unsigned(p->kind)) {
		ret->type = VALUE_UINT;
		return read_u64(x, v, UINT64_MAX, &ret->u);
	}
	if (p->kind == PARAM_TEXT || p->kind == PARAM_PATH || p->kind == PARAM_BYTES)
		return json_fail(&x->json, "must be text");
	ret->type = VALUE_INT;
	return read_i64(x, v, &ret->i);
}

/* A value, or {"value": ..., "resolved": ..., "exact": true}, or {"hex": ...}. */
static bool read_arg(struct reading *x, const struct event_param *p, const json_t *v,
		     struct event_arg *arg)
{
	const json_t *resolved = json_object_get(v, "resolved"), *hex = json_object_get(v, "hex"),
		     *value = json_object_get(v, "value");

	*arg = (struct event_arg){ 0 };
	if (!json_is_object(v))
		return read_arg_value(x, p, v, &arg->value);
	if (resolved) {
		if (!json_is_string(resolved))
			return json_fail(&x->json, "\"resolved\" must be text");
		arg->resolved = copy_text(x, resolved);
		arg->exact = json_is_true(json_object_get(v, "exact"));
	}
	if (json_is_string(hex) && p->kind == PARAM_BYTES)
		return read_hex(x, hex, &arg->value);
	return value ? read_arg_value(x, p, value, &arg->value) :
		       json_fail(&x->json, "\"value\" is missing");
}

static bool read_args(struct reading *x, const json_t *args, struct event *ev)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)args, key, v) {
		int id = event_param_id(text_of(key));
		int index = id >= 0 ? event_param_index(ev->type, id) : -1;
		const struct event_param *p = index >= 0 ? &ev->type->params[index] : NULL;
		size_t mark;
		bool good;

		if (!p || p->slot < 0)
			return json_fail(&x->json,
					 p ? "\"%s\" is not an argument that an event carries: "
					     "say it of the process, the descriptor or the "
					     "result" :
					     "this event has no parameter \"%s\"",
					 key);
		mark = json_enter(&x->json, key);
		good = read_arg(x, p, v, &ev->args[p->slot]);
		json_leave(&x->json, mark);
		if (!good)
			return false;
		ev->arg_set |= 1u << p->slot;
	}
	return true;
}

/* --- events --------------------------------------------------------------------------------------------------- */

static bool read_fd(struct reading *x, const json_t *o, struct event *ev)
{
	static const char *const others[] = { "num", "name_changed", NULL };
	const json_t *num = json_object_get(o, "num");
	struct fd *fd;
	bool good;
	size_t mark = json_enter(&x->json, "fd");

	good = !num || read_i64(x, num, &ev->fd_num);
	good = good && json_get_bool(&x->json, o, "name_changed", &ev->fd_name_changed);
	/* A number alone: the descriptor is known, what it is is not. */
	if (good && json_object_get(o, "type")) {
		fd = arena_new(x->arena, struct fd);
		if (fd) {
			*fd = FD_INIT;
			good = read_members(x, &member_fd, o, others, fd);
			ev->fd = fd;
		}
		good = good && fd;
	}
	json_leave(&x->json, mark);
	return good;
}

static bool read_result(struct reading *x, const json_t *v, struct event *ev)
{
	int code;

	ev->has_result = true;
	if (json_is_integer(v)) {
		ev->result = json_integer_value(v);
		return true;
	}
	if (json_is_string(v) && names_errno_parse(text_of(json_string_value(v)), &code)) {
		ev->result = -code;
		return true;
	}
	return json_fail(&x->json, "\"result\" must be a number or the name of an error");
}

static bool read_event_members(struct reading *x, const json_t *o, struct event *ev)
{
	static const char *const known[] = { "event", "time",	"number", "process", "result",
					     "args",  "fd",	"tid",	  "vtid",    "cpu",
					     "audit", "target", NULL };
	const json_t *args = json_object_get(o, "args"), *fd = json_object_get(o, "fd"),
		     *result = json_object_get(o, "result"),
		     *process = json_object_get(o, "process"),
		     *target = json_object_get(o, "target"), *time = json_object_get(o, "time");
	uint64_t number = 0, cpu = 0;
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)o, key, v) {
		const char *const *k = known;

		while (*k && strcmp(*k, key))
			k++;
		if (!*k)
			return json_fail(&x->json, "an event has no member \"%s\"", key);
	}
	if ((time && !read_time(x, time, &ev->time_ns)) ||
	    (process && !refer_process(x, process, "process", 0, &ev->process)) ||
	    (target && !refer_process(x, target, "target", 0, &ev->target)) ||
	    (result && !json_is_null(result) && !read_result(x, result, ev)) ||
	    (fd && !read_fd(x, fd, ev)))
		return false;
	if (!json_get_u64(&x->json, o, "number", false, UINT64_MAX, &number) ||
	    !json_get_u64(&x->json, o, "cpu", false, UINT16_MAX, &cpu))
		return false;
	if (json_object_get(o, "number"))
		ev->number = number;
	ev->cpu = (uint16_t)cpu;
	v = json_object_get(o, "tid");
	if (v && !read_i64(x, v, &ev->tid))
		return false;
	v = json_object_get(o, "vtid");
	if (v && !read_i64(x, v, &ev->vtid))
		return false;
	if (args) {
		size_t mark = json_enter(&x->json, "args");
		bool good = read_args(x, args, ev);

		json_leave(&x->json, mark);
		return good;
	}
	return true;
}

/* Calls that return a descriptor yield its number, unless it is said. */
static void fill_result(struct event *ev, const json_t *fd)
{
	if (ev->type->flags & TYPE_NO_RESULT)
		return;
	if (!ev->has_result && ev->fd_num >= 0 && ev->type->flags & (TYPE_OPEN | TYPE_CREAT))
		ev->result = ev->fd_num;
	ev->has_result = true;
	if (ev->type->flags & (TYPE_OPEN | TYPE_CREAT) && !json_object_get(fd, "num"))
		ev->fd_num = ev->result;
}

static bool read_event(struct reading *x, json_t *o, struct event *ev)
{
	const char *type = NULL;
	const struct event_type *t;
	json_t *audit = json_object_get(o, "audit");

	x->arena = stream_event_arena(x->r);
	if (!x->r->keep)
		arena_reset(&x->r->event);
	if (!json_get_string(&x->json, o, "event", true, 64, &type))
		return false;
	t = event_type_find(text_of(type));
	if (!t)
		return json_fail(&x->json, "there is no event \"%s\"", type);
	event_init(ev, t);
	ev->hostname = x->r->hostname;
	ev->time_ns = x->r->last_ns;
	if (ev->time_ns <= INT64_MAX - 1000000)
		ev->time_ns += 1000000;
	ev->number = x->r->number + 1;
	if (!read_event_members(x, o, ev))
		return false;
	if (audit && !json_is_object(audit))
		return json_fail(&x->json, "\"audit\" must be an object");
	if (audit && stream_set_audit(x->r, ev, json_incref(audit)))
		return json_fail(&x->json, "out of memory");
	if (!json_is_null(json_object_get(o, "result"))) /* null: it is not known */
		fill_result(ev, json_object_get(o, "fd"));
	if (!x->r->number)
		x->r->start_ns = (uint64_t)ev->time_ns;
	ev->start_ns = x->r->start_ns;
	x->r->last_ns = ev->time_ns;
	x->r->number = ev->number;
	return true;
}

static bool read_header(struct reading *x, const json_t *o)
{
	const char *format = NULL, *hostname = NULL;
	uint64_t version = 0;

	x->arena = &x->r->definitions;
	if (!json_get_string(&x->json, o, "format", true, 64, &format) ||
	    !json_get_u64(&x->json, o, "version", true, UINT32_MAX, &version) ||
	    !json_get_string(&x->json, o, "hostname", false, STREAM_HOSTNAME_MAX, &hostname))
		return false;
	if (strcmp(format, "merlon-events"))
		return json_fail(&x->json, "the format is not \"merlon-events\"");
	if (version > STREAM_VERSION)
		return json_fail(&x->json,
				 "version %" PRIu64 " is newer than this program reads (%d)",
				 version, STREAM_VERSION);
	if (hostname)
		x->r->hostname = copy_text(x, json_object_get(o, "hostname"));
	return true;
}

int event_reader_json(struct event_reader *r, json_t *record, struct event *ev, struct error *err)
{
	char place[256];
	struct reading x = { .r = r, .json = { .file = r->line ? place : r->name, .err = err } };
	bool is_event = json_object_get(record, "event"), good;

	snprintf(place, sizeof(place), "%s:%u", r->name, r->line);
	if (!json_is_object(record))
		good = json_fail(&x.json, "a record must be an object");
	else if (is_event)
		good = read_event(&x, record, ev);
	else if (json_object_get(record, "format"))
		good = read_header(&x, record);
	else
		good = read_definition(&x, record);
	json_decref(record);
	if (!good && !err->code)
		error_set(err, ENOMEM, "%s: out of memory", x.json.file);
	return good ? is_event : -err->code;
}

static bool is_blank_line(const char *line, size_t len)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	return !len;
}

int stream_json_next(struct event_reader *r, struct event *ev, struct error *err)
{
	while (r->at < r->content.len) {
		const char *line = r->content.data + r->at;
		size_t left = r->content.len - r->at;
		const char *end = memchr(line, '\n', left);
		size_t len = end ? (size_t)(end - line) : left;
		json_error_t e;
		json_t *record;
		int n;

		r->at += len + (end != NULL);
		r->line++;
		if (is_blank_line(line, len) || *line == '#')
			continue;
		if (len > STREAM_RECORD_MAX)
			return error_set(err, EINVAL, "%s:%u: longer than %d bytes", r->name,
					 r->line, STREAM_RECORD_MAX);
		record = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
		if (!record)
			return error_set(err, EINVAL, "%s:%u:%d: %s", r->name, r->line, e.column,
					 e.text);
		n = event_reader_json(r, record, ev, err);
		if (n)
			return n;
	}
	return 0;
}

/* --- writing --------------------------------------------------------------------------------------------------- */

static json_t *texts_json(const struct texts *list)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < list->count; i++)
		json_array_append_new(all, utf8_json(list->items[i]));
	return all;
}

static json_t *mounts_json(const struct mounts *list)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < list->count; i++) {
		struct buf text = BUF_INIT;

		stream_format_mount(&list->items[i], &text);
		json_array_append_new(all, utf8_json(text_from(text.data, text.len)));
		buf_deinit(&text);
	}
	return all;
}

json_t *stream_json_member(const struct member *m, const void *object)
{
	const void *at = (const char *)object + m->offset;
	char text[ADDRESS_TEXT_MAX];

	switch ((enum member_kind)m->kind) {
	case MEMBER_TEXT:
		return utf8_json(*(const struct text *)at);
	case MEMBER_TEXTS:
		return texts_json(at);
	case MEMBER_MOUNTS:
		return mounts_json(at);
	case MEMBER_I64:
		return json_integer(*(const int64_t *)at);
	case MEMBER_U64:
	case MEMBER_CAPABILITIES:
		return json_u64(*(const uint64_t *)at);
	case MEMBER_U32:
		return json_integer(*(const uint32_t *)at);
	case MEMBER_U16:
		return json_integer(*(const uint16_t *)at);
	case MEMBER_BOOL:
		return json_boolean(*(const bool *)at);
	case MEMBER_ADDRESS:
		address_format(at, text);
		return json_string(text);
	case MEMBER_FD_TYPE:
		return json_string(stream_fd_names[*(const enum fd_type *)at]);
	}
	return NULL;
}

/* Flags by name, if the names say all of them. */
static json_t *names_json(const struct event_param *p, uint64_t n)
{
	char room[512];
	struct scratch s = { .data = room, .size = sizeof(room) };
	struct scratch_text t = scratch_begin(&s);
	struct text text;
	uint64_t back;

	if (names_render(p->names, n, &t) && scratch_end(&t, &text) &&
	    names_parse(p->names, text, &back) && back == n)
		return json_stringn(text.data, text.len);
	return json_u64(n);
}

static json_t *bytes_json(const struct value *v)
{
	struct buf hex = BUF_INIT;
	json_t *o;

	if (utf8_valid(value_text(v)) && !memchr(v->string ? v->string : "", '\0', v->len))
		return json_stringn(v->string ? v->string : "", v->len);
	for (uint32_t i = 0; i < v->len; i++)
		buf_addf(&hex, "%02x", (unsigned char)v->string[i]);
	o = json_pack("{s:s}", "hex", hex.data ? hex.data : "");
	buf_deinit(&hex);
	return o;
}

json_t *stream_json_arg(const struct event_param *p, const struct event_arg *arg)
{
	const struct value *v = &arg->value;
	json_t *value, *o;

	if (v->type == VALUE_BYTES)
		value = bytes_json(v);
	else if (v->type == VALUE_STRING)
		value = utf8_json(value_text(v));
	else if (v->type == VALUE_INT)
		value = json_integer(v->i);
	else
		value = p->kind == PARAM_NAMES ? names_json(p, v->u) : json_u64(v->u);
	if (!arg->resolved.data)
		return value;
	o = json_object();
	json_object_set_new(o, "value", value);
	json_object_set_new(o, "resolved", utf8_json(arg->resolved));
	if (arg->exact)
		json_object_set_new(o, "exact", json_true());
	return o;
}
