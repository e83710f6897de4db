/* SPDX-License-Identifier: Apache-2.0 */
/* fd.*: the file, socket or other object that an event is about. */
#include "event/field_access.h"

#define MEMBER(type, base, f) (*(const type *)((const char *)(base) + (f)->def->param))

enum field_presence field_fd_presence(const struct field_ref *f, const struct event_type *t)
{
	return t->flags & TYPE_FD ? FIELD_VARIES : FIELD_NEVER;
}

static bool is_connection(const struct fd *fd)
{
	return fd->type == FD_IPV4 || fd->type == FD_IPV6;
}

static bool is_listener(const struct fd *fd)
{
	return fd->type == FD_IPV4_SERVER || fd->type == FD_IPV6_SERVER;
}

static const struct fd *fd_of(const struct event *ev)
{
	return ev->type->flags & TYPE_FD ? ev->fd : NULL;
}

/* --- names ---------------------------------------------------------------------------------------- */

static void add_end(struct scratch_text *t, const struct address *a, uint16_t port)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(a, text);
	scratch_add(t, text_of(text));
	scratch_add(t, TEXT(":"));
	scratch_add_u64(t, port);
}

/* "10.0.0.1:4321->10.0.0.2:80"; for a listener its own end only. */
static bool tuple(const struct fd *fd, struct scratch *s, struct text *ret)
{
	struct scratch_text t = scratch_begin(s);

	if (is_connection(fd)) {
		if (fd->client.family)
			add_end(&t, &fd->client, fd->client_port);
		if (fd->client.family && fd->server.family)
			scratch_add(&t, TEXT("->"));
	}
	if (fd->server.family)
		add_end(&t, &fd->server, fd->server_port);
	return scratch_end(&t, ret);
}

bool fd_name(const struct event *ev, bool raw, struct scratch *s, struct text *ret)
{
	const struct fd *fd = fd_of(ev);

	if (!fd) {
		*ret = TEXT("");
		return ev->type->flags & TYPE_FD;
	}
	if (is_connection(fd) || is_listener(fd)) {
		if (!fd->name.data)
			return tuple(fd, s, ret);
		*ret = fd->name;
		return true;
	}
	*ret = raw && fd->name_raw.data ? fd->name_raw : fd->name;
	if (!ret->data)
		*ret = TEXT("");
	return true;
}

bool field_fd_name(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	struct text text;

	return fd_name(ev, false, s, &text) && yield_text(ret, text);
}

/* As the caller spelt it, with runs of slashes made one. */
bool field_fd_nameraw(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	struct scratch_text t;
	struct text raw, text;
	uint32_t from = 0;

	if (!fd_name(ev, true, s, &raw))
		return false;
	if (!raw.len || !memmem(raw.data, raw.len, "//", 2))
		return yield_text(ret, raw);
	t = scratch_begin(s);
	for (uint32_t i = 1; i <= raw.len; i++) {
		if (i < raw.len && !(raw.data[i] == '/' && raw.data[i - 1] == '/'))
			continue;
		scratch_add(&t, text_from(raw.data + from, i - from));
		from = i + 1;
	}
	return scratch_end(&t, &text) && yield_text(ret, text);
}

static struct text directory_of(struct text path, bool is_directory)
{
	const char *slash;

	if (is_directory)
		return path;
	slash = path.data && path.len ? memrchr(path.data, '/', path.len) : NULL;
	if (!slash || slash == path.data)
		return TEXT("/");
	if (slash == path.data + path.len - 1)
		return path;
	return text_from(path.data, (size_t)(slash - path.data));
}

static bool fd_directory(const struct event *ev, struct scratch *s, struct text *ret)
{
	const struct fd *fd = fd_of(ev);
	struct text path;

	if (fd && fd->type != FD_FILE && fd->type != FD_DIRECTORY)
		return false;
	if (!fd_name(ev, false, s, &path))
		return false;
	*ret = directory_of(path, fd && fd->type == FD_DIRECTORY);
	return true;
}

bool field_fd_directory(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	struct text text;

	return fd_directory(ev, s, &text) && yield_text(ret, text);
}

bool field_fd_filename(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct fd *fd = fd_of(ev);
	struct text path, name;

	if (!fd || fd->type != FD_FILE)
		return false;
	path = fd->name;
	if (!path.data || !memchr(path.data, '/', path.len))
		return yield_text(ret, TEXT("/"));
	name = text_basename(path);
	return yield_text(ret, name.len ? name : path);
}

static bool with_container(const struct event *ev, struct text tail, struct scratch *s,
			   struct value *ret)
{
	struct scratch_text t = scratch_begin(s);
	struct text text;

	if (ev->process && ev->process->container)
		scratch_add(&t, ev->process->container->id);
	scratch_add(&t, TEXT(":"));
	scratch_add(&t, tail);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_fd_container_name(const struct field_ref *f, const struct event *ev, struct scratch *s,
			     struct value *ret)
{
	struct text text;

	return fd_name(ev, false, s, &text) && with_container(ev, text, s, ret);
}

bool field_fd_container_directory(const struct field_ref *f, const struct event *ev,
				  struct scratch *s, struct value *ret)
{
	struct text text;

	return fd_directory(ev, s, &text) && with_container(ev, text, s, ret);
}

/* --- kind ----------------------------------------------------------------------------------------- */

bool field_fd_num(const struct field_ref *f, const struct event *ev, struct scratch *s,
		  struct value *ret)
{
	return ev->type->flags & TYPE_FD && yield_i64(ret, ev->fd_num);
}

bool field_fd_type(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	return fd && yield_text(ret, fd_types[fd->type].name);
}

bool field_fd_typechar(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct fd *fd = fd_of(ev);
	enum fd_type type = FD_NONE;

	if (!(ev->type->flags & TYPE_FD))
		return false;
	if (fd)
		type = fd->type;
	else if (ev->type->flags & (TYPE_OPEN | TYPE_CREAT))
		type = FD_FILE; /* it failed, but it would have been one */
	return yield_text(ret, text_from(&fd_types[type].letter, 1));
}

bool field_fd_uid(const struct field_ref *f, const struct event *ev, struct scratch *s,
		  struct value *ret)
{
	struct scratch_text t;
	struct text text;

	if (!(ev->type->flags & TYPE_FD) || !ev->process)
		return false;
	t = scratch_begin(s);
	scratch_add_i64(&t, ev->tid >= 0 ? ev->tid : ev->process->pid);
	scratch_add_i64(&t, ev->fd_num);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_fd_flag(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	return fd && yield_bool(ret, MEMBER(bool, fd, f));
}

bool field_fd_name_changed(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	return fd_of(ev) && yield_bool(ret, ev->fd_name_changed);
}

/* param 0: the number, 1: its major, 2: its minor part */
bool field_fd_device(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	const struct fd *fd = fd_of(ev);
	uint32_t n;

	if (!fd)
		return false;
	n = f->def->param == 1 ? fd->device >> 20 :
	    f->def->param == 2 ? fd->device & 0xfffff :
				 fd->device;
	return yield_i64(ret, n);
}

bool field_fd_inode(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	return fd && yield_i64(ret, (int64_t)fd->inode);
}

/* --- sockets --------------------------------------------------------------------------------------- */

/* Which end of a connection a side is: true for the client. */
static bool side_is_client(const struct fd *fd, enum field_side side)
{
	switch (side) {
	case SIDE_CLIENT:
		return true;
	case SIDE_SERVER:
		return false;
	case SIDE_LOCAL:
		return fd->client_is_local;
	case SIDE_REMOTE:
		return !fd->client_is_local;
	}
	return false;
}

/* The end that the row names: NULL if the descriptor has no such end. */
static const struct fd *end_of(const struct field_ref *f, const struct event *ev, bool *ret_client)
{
	enum field_side side = (enum field_side)f->def->param;
	const struct fd *fd = fd_of(ev);

	if (!fd)
		return NULL;
	if (is_listener(fd)) {
		*ret_client = false;
		return side == SIDE_SERVER ? fd : NULL;
	}
	if (!is_connection(fd) || !fd->has_role)
		return NULL;
	*ret_client = side_is_client(fd, side);
	return fd;
}

static bool yield_address(struct value *ret, const struct address *a, uint8_t type)
{
	*ret = (struct value){ .address = a, .type = type };
	return a->family != 0;
}

bool field_fd_address(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	bool client;
	const struct fd *fd = end_of(f, ev, &client);

	return fd && yield_address(ret, client ? &fd->client : &fd->server, f->def->type);
}

bool field_fd_port(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	bool client;
	const struct fd *fd = end_of(f, ev, &client);

	return fd && yield_number(ret, VALUE_PORT, client ? fd->client_port : fd->server_port);
}

bool field_fd_proto(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	struct scratch_text t;
	struct value port;
	struct text text;

	if (!field_fd_port(f, ev, s, &port))
		return false;
	t = scratch_begin(s);
	scratch_add_u64(&t, port.u);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

/* Either end, whatever is known of the roles: fd.ip, fd.net. */
bool field_fd_addresses(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct fd *fd = fd_of(ev);
	struct value *list;
	uint32_t n = 0;

	if (!fd || (!is_connection(fd) && !is_listener(fd)))
		return false;
	list = scratch_alloc(s, 2 * sizeof(*list));
	if (!list)
		return false;
	if (is_connection(fd) && fd->client.family)
		yield_address(&list[n++], &fd->client, f->def->type);
	if (fd->server.family)
		yield_address(&list[n++], &fd->server, f->def->type);
	*ret = (struct value){ .items = list, .len = n, .type = f->def->type, .list = true };
	return n > 0;
}

bool field_fd_ports(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	const struct fd *fd = fd_of(ev);
	struct value *list;
	uint32_t n = 0;

	if (!fd || (!is_connection(fd) && !is_listener(fd)))
		return false;
	list = scratch_alloc(s, 2 * sizeof(*list));
	if (!list)
		return false;
	if (is_connection(fd))
		yield_number(&list[n++], VALUE_PORT, fd->client_port);
	yield_number(&list[n++], VALUE_PORT, fd->server_port);
	*ret = (struct value){ .items = list, .len = n, .type = VALUE_PORT, .list = true };
	return true;
}

/* The names that an end is known by: an empty list if nobody knows any. */
bool field_fd_domain(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	bool client;
	const struct fd *fd = end_of(f, ev, &client);
	const struct texts *names;

	if (!fd)
		return false;
	names = client ? &fd->client_names : &fd->server_names;
	return yield_texts(ret, s, names->items, names->count);
}

bool field_fd_l4proto(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	return fd && yield_text(ret, fd->l4proto.data ? fd->l4proto : TEXT("<NA>"));
}

bool field_fd_family(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	if (fd && (is_connection(fd) || is_listener(fd)))
		return yield_text(ret, TEXT("ip"));
	return fd && fd->type == FD_UNIX && yield_text(ret, TEXT("unix"));
}

bool field_fd_is_server(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct fd *fd = fd_of(ev);

	return fd && yield_bool(ret, is_listener(fd) || (is_connection(fd) && fd->server_is_local));
}
