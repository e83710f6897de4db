/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/translate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "guard/fd_kind.h"
#include "sensor/event_record.h"

enum { MODE_CREATED = 0x100000, EXEC_MEMORY = 1 << 20 };
#define OPEN_CREATED (1ULL << 40) /* O_F_CREATED in names_open */

struct translator {
	const struct call_table *calls;
	struct process_table *processes;
	int64_t boot_offset_ns;
	uint64_t number;
	struct fd fd;
	struct arena arena; /* of the event at hand */
	struct type_set wanted;
	const struct event_type *execve, *execveat, *procexit;
};

int translator_new(struct translator **ret, const struct call_table *calls,
		   struct process_table *processes, int64_t boot_offset_ns)
{
	struct translator *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->calls = calls;
	x->processes = processes;
	x->boot_offset_ns = boot_offset_ns;
	x->arena = ARENA_INIT(EXEC_MEMORY);
	x->execve = event_type_find(TEXT("execve"));
	x->execveat = event_type_find(TEXT("execveat"));
	x->procexit = event_type_find(TEXT("procexit"));
	translator_want(x, NULL);
	*ret = x;
	return 0;
}

void translator_want(struct translator *x, const struct type_set *types)
{
	if (types)
		x->wanted = *types;
	else
		memset(&x->wanted, 0xff, sizeof(x->wanted));
}

/* Begins an event, if anybody wants it. */
static bool event_begin(struct translator *x, struct event *ev, const struct event_type *type)
{
	if (!type_set_has(&x->wanted, event_type_index(type)))
		return false;
	event_init(ev, type);
	return true;
}

void translator_free(struct translator *x)
{
	if (!x)
		return;
	arena_deinit(&x->arena);
	free(x);
}

/* --- paths ---------------------------------------------------------------------------------------- */

/* Appends the components of path to out[*len], going back for "..": by name, links are not followed. */
static void path_append(char *out, size_t *len, struct text path)
{
	while (path.len) {
		const char *slash = memchr(path.data, '/', path.len);
		struct text part = text_from(path.data,
					     slash ? (size_t)(slash - path.data) : path.len);
		uint32_t taken = part.len + (slash != NULL);

		path = text_from(path.data + taken, path.len - taken);
		if (!part.len || text_eq(part, TEXT(".")))
			continue;
		if (text_eq(part, TEXT(".."))) {
			while (*len && out[--*len] != '/')
				;
			continue;
		}
		out[(*len)++] = '/';
		memcpy(out + *len, part.data, part.len);
		*len += part.len;
	}
}

/* What the n-th path of a call leads to; without data if nobody knows. */
static struct text path_resolve(struct translator *x, const struct abi_event *record, unsigned n)
{
	struct text path = event_record_text(record, ABI_TEXT_PATH1 + n);
	struct text dir = event_record_text(record, ABI_TEXT_DIR1 + n);
	size_t len = 0;
	char *out;

	if (!path.data || (path.data[0] != '/' && !dir.data))
		return TEXT_NONE;
	out = arena_alloc(&x->arena, (size_t)path.len + dir.len + 3);
	if (!out)
		return TEXT_NONE;
	if (path.data[0] != '/')
		path_append(out, &len, dir);
	path_append(out, &len, path);
	if (!len)
		out[len++] = '/';
	return text_from(out, len);
}

/* --- descriptors ------------------------------------------------------------------------------------ */

static struct address address_of(unsigned family, const uint8_t bytes[16])
{
	struct address a = { .family = family == FAMILY_INET ? 4 : 6 };

	memcpy(a.bytes, bytes, family == FAMILY_INET ? 4 : 16);
	return a;
}

/* struct sockaddr as bytes: family, then port and address or a path. */
static bool sockaddr_parse(struct text bytes, struct address *address, uint16_t *port,
			   struct text *path)
{
	const uint8_t *b = (const uint8_t *)bytes.data;
	uint16_t family;

	*path = TEXT_NONE;
	if (bytes.len < sizeof(family))
		return false;
	memcpy(&family, b, sizeof(family));
	if (family == FAMILY_UNIX && bytes.len > 2) {
		bool abstract = !bytes.data[2];

		*path = text_from(bytes.data + 2, abstract ?
							  bytes.len - 2 :
							  strnlen(bytes.data + 2, bytes.len - 2));
		return true;
	}
	if ((family != FAMILY_INET || bytes.len < 8) && (family != FAMILY_INET6 || bytes.len < 24))
		return false;
	*address = address_of(family, family == FAMILY_INET ? b + 4 : b + 8);
	*port = (uint16_t)(b[2] << 8 | b[3]);
	return true;
}

/* A unix path for people and rules: an abstract one begins with "@". */
static struct text unix_name(struct translator *x, struct text path)
{
	char *out;

	if (!path.len || path.data[0])
		return path;
	out = arena_dup(&x->arena, path.data, path.len);
	if (!out)
		return TEXT_NONE;
	out[0] = '@';
	return text_from(out, path.len);
}

static bool is_zero(const uint8_t bytes[16])
{
	static const uint8_t zero[16];

	return !memcmp(bytes, zero, sizeof(zero));
}

static struct text protocol_name(unsigned protocol)
{
	switch (protocol) {
	case 6:
		return TEXT("tcp");
	case 17:
		return TEXT("udp");
	case 1:
	case 58:
		return TEXT("icmp");
	case 255:
		return TEXT("raw");
	default:
		return TEXT_NONE;
	}
}

static void inet_fill(struct fd *fd, const struct abi_event *record, enum event_hook hook)
{
	const struct abi_event_call *c = &record->call;
	bool v4 = c->family == FAMILY_INET, accepted = hook == HOOK_ACCEPT;
	bool serves = hook == HOOK_BIND || hook == HOOK_LISTEN;
	bool connected = c->remote_port || !is_zero(c->remote);
	struct address local = address_of(c->family, c->local);
	struct address remote = address_of(c->family, c->remote);
	struct text path;

	fd->l4proto = protocol_name(c->protocol);
	if (!connected && (hook == HOOK_CONNECT || hook == HOOK_SEND)) /* it failed, or is on its way */
		connected = sockaddr_parse(event_record_text(record, ABI_TEXT_BYTES), &remote,
					   &(uint16_t){ 0 }, &path) &&
			    remote.family;
	if (serves && !connected) {
		fd->type = v4 ? FD_IPV4_SERVER : FD_IPV6_SERVER;
		fd->server = local;
		fd->server_port = c->local_port;
		fd->client_is_local = false;
		fd->server_is_local = true;
		return;
	}
	fd->type = v4 ? FD_IPV4 : FD_IPV6;
	if (!connected) {
		fd->has_role = false;
		return;
	}
	fd->connected = record->call.result >= 0;
	fd->client = accepted ? remote : local;
	fd->client_port = accepted ? c->remote_port : c->local_port;
	fd->server = accepted ? local : remote;
	fd->server_port = accepted ? c->local_port : c->remote_port;
	fd->client_is_local = !accepted;
	fd->server_is_local = accepted;
	if ((hook == HOOK_CONNECT || hook == HOOK_SEND) && !c->remote_port)
		sockaddr_parse(event_record_text(record, ABI_TEXT_BYTES), &fd->server,
			       &fd->server_port, &path);
}

static void socket_fill(struct translator *x, const struct abi_event *record, enum event_hook hook)
{
	struct address address;
	struct text path = TEXT_NONE;
	uint16_t port;

	x->fd.type = fd_kind_of_socket(record->call.family);
	if (x->fd.type == FD_IPV4 || x->fd.type == FD_IPV6)
		inet_fill(&x->fd, record, hook);
	else if (x->fd.type == FD_UNIX &&
		 sockaddr_parse(event_record_text(record, ABI_TEXT_BYTES), &address, &port, &path))
		x->fd.name = unix_name(x, path);
}

/* The kernel's own number of a device as stat(2) has it. */
static uint32_t device_number(uint32_t dev)
{
	uint32_t major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static void file_fill(struct translator *x, const struct abi_event *record, bool opens)
{
	const struct abi_event_call *c = &record->call;
	bool in_memory = c->path_flags & ABI_PATH_MEMORY;
	struct fd *fd = &x->fd;

	fd->name = event_record_text(record, ABI_TEXT_FILE);
	if (opens)
		fd->name_raw = event_record_text(record, ABI_TEXT_PATH1);
	fd->device = device_number(c->dev);
	fd->inode = c->ino;
	fd->upper_layer = record->flags & ABI_EVENT_UPPER;
	fd->lower_layer = record->flags & ABI_EVENT_LOWER;
	fd->type = record->flags & ABI_EVENT_PIDFD ?
			   FD_PIDFD :
			   fd_kind_of_file(c->inode_mode, in_memory, fd->name);
	if ((in_memory || fd->type == FD_PIPE) && text_eq(fd->name, TEXT("/"))) /* it has none */
		fd->name = TEXT_NONE;
}

static void fd_fill(struct translator *x, const struct abi_event *record, struct event *ev,
		    unsigned plan_flags)
{
	bool opens = ev->type->flags & (TYPE_OPEN | TYPE_CREAT);

	if (!(ev->type->flags & TYPE_FD))
		return;
	x->fd = FD_INIT;
	if (plan_flags & ABI_PLAN_NEW_FD)
		ev->fd_num = record->call.result;
	else if (record->call.fd >= 0)
		ev->fd_num = record->call.fd;
	if (record->flags & ABI_EVENT_SOCKET) {
		socket_fill(x, record, ev->type->hook);
	} else if (record->flags & ABI_EVENT_FILE) {
		file_fill(x, record, opens);
	} else if (opens) { /* it failed: what would have been opened */
		x->fd.type = FD_FILE;
		x->fd.name = path_resolve(x, record, 0);
		x->fd.name_raw = event_record_text(record, ABI_TEXT_PATH1);
	} else {
		return;
	}
	ev->fd = &x->fd;
}

/* --- arguments -------------------------------------------------------------------------------------- */

static bool is_signed(enum event_param_kind kind)
{
	return kind == PARAM_INT || kind == PARAM_RESULT || kind == PARAM_FD || kind == PARAM_PID ||
	       kind == PARAM_SIGNAL;
}

static struct value number_value(uint64_t n, const struct event_param *p)
{
	if (is_signed(p->kind))
		return (struct value){ .i = (int64_t)n, .type = VALUE_INT };
	if (p->kind == PARAM_UID || p->kind == PARAM_GID)
		n = (uint32_t)n;
	return (struct value){ .u = n, .type = VALUE_UINT };
}

static bool text_arg(struct event_arg *arg, struct text t)
{
	arg->value = value_of_text(t.data ? t : TEXT(""));
	return true;
}

/* "10.0.0.1:80", "[::1]:80" or a path. */
static bool address_arg(struct translator *x, struct event_arg *arg, struct text bytes)
{
	char text[ADDRESS_TEXT_MAX], all[ADDRESS_TEXT_MAX + 16];
	struct address a = { 0 };
	uint16_t port = 0;
	struct text path;

	if (!sockaddr_parse(bytes, &a, &port, &path))
		return false;
	if (path.data)
		return text_arg(arg, unix_name(x, path));
	address_format(&a, text);
	snprintf(all, sizeof(all), "%s:%u", text, port);
	return text_arg(arg, arena_text(&x->arena, text_of(all)));
}

/* One of three sets: the upper half of each is in a second struct __user_cap_data_struct. */
static bool capset_word(struct text bytes, unsigned n, uint64_t *ret)
{
	uint32_t all[6];

	if (bytes.len < sizeof(all))
		return false;
	memcpy(all, bytes.data, sizeof(all));
	*ret = all[n] | (uint64_t)all[n + 3] << 32;
	return true;
}

/* False: the record does not have it. */
static bool arg_fill(struct translator *x, const struct abi_event *record, unsigned source,
		     const struct event_param *p, struct event_arg *arg)
{
	const struct abi_event_call *c = &record->call;
	struct text bytes = event_record_text(record, ABI_TEXT_BYTES);
	uint64_t word;
	uint32_t half;

	*arg = (struct event_arg){ 0 };
	if (source >= SOURCE_ARG && source < SOURCE_INT)
		word = c->args[source - SOURCE_ARG];
	else if (source >= SOURCE_INT && source < SOURCE_TEXT)
		word = (uint64_t)(int64_t)(int32_t)c->args[source - SOURCE_INT];
	else if (source >= SOURCE_TEXT && source < SOURCE_PATH)
		return text_arg(arg, event_record_text(record, source - SOURCE_TEXT));
	else if (source >= SOURCE_PATH && source < SOURCE_WORD) {
		text_arg(arg, event_record_text(record, source - SOURCE_PATH));
		arg->resolved = path_resolve(x, record, source - SOURCE_PATH);
		return true;
	} else if (source >= SOURCE_WORD && source < SOURCE_DEVICE) {
		size_t at = (source - SOURCE_WORD) * sizeof(word);

		if (bytes.len < at + sizeof(word))
			return false;
		memcpy(&word, bytes.data + at, sizeof(word));
	} else if (source == SOURCE_DEVICE && record->flags & ABI_EVENT_FILE) {
		word = device_number(c->dev);
	} else if (source == SOURCE_INODE && record->flags & ABI_EVENT_FILE) {
		word = c->ino;
	} else if (source == SOURCE_ADDRESS) {
		return address_arg(x, arg, bytes);
	} else if (source == SOURCE_STRING) {
		return text_arg(arg, bytes);
	} else if (source >= SOURCE_HALF && source < SOURCE_CAPSET) {
		size_t at = (source - SOURCE_HALF) * sizeof(half);

		if (bytes.len < at + sizeof(half))
			return false;
		memcpy(&half, bytes.data + at, sizeof(half));
		word = half;
	} else if (source >= SOURCE_CAPSET && source < SOURCE_CAPSET + 3) {
		if (!capset_word(bytes, source - SOURCE_CAPSET, &word))
			return false;
	} else {
		return false;
	}
	if (p->names == &names_open && record->call.file_mode & MODE_CREATED)
		word |= OPEN_CREATED;
	arg->value = number_value(word, p);
	return true;
}

static void args_fill(struct translator *x, const struct abi_event *record, struct event *ev,
		      const struct call_row *row)
{
	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];

		if (p->slot < 0 || p->slot >= CALL_SOURCES || !row->sources[p->slot])
			continue;
		if (arg_fill(x, record, row->sources[p->slot], p, &ev->args[p->slot]))
			ev->arg_set |= 1u << p->slot;
	}
}

/* --- events ----------------------------------------------------------------------------------------- */

static void set_number(struct event *ev, unsigned slot, int64_t n)
{
	ev->args[slot] = (struct event_arg){ .value = { .i = n, .type = VALUE_INT } };
	ev->arg_set |= 1u << slot;
}

/* procexit's slots: status, ret, sig, core */
static void exit_fill(struct event *ev, int status)
{
	set_number(ev, 0, status);
	set_number(ev, 1, status >> 8 & 0xff);
	set_number(ev, 2, status & 0x7f);
	set_number(ev, 3, status >> 7 & 1);
	ev->args[3].value.type = VALUE_UINT;
}

static void exec_fill(struct translator *x, const struct abi_event *record, struct event *ev)
{
	const struct event_arg name = { .value = value_of_text(
						event_record_text(record, ABI_TEXT_NAME)),
					.resolved = event_record_text(record, ABI_TEXT_EXE) };

	if (!name.value.string)
		return;
	ev->args[1] = name;
	ev->arg_set |= 1u << 1;
}

static void head_fill(struct translator *x, const struct abi_event *record, struct event *ev)
{
	ev->process = process_table_find(x->processes, record->tgid);
	ev->number = ++x->number;
	ev->time_ns = (int64_t)record->time_ns + x->boot_offset_ns;
	ev->tid = record->tid;
	ev->vtid = record->vtid;
	ev->cpu = record->cpu;
}

static void target_fill(struct translator *x, const struct abi_event *record, struct event *ev,
			unsigned target)
{
	int32_t number;

	if (target == TARGET_PIDFD && x->fd.type == FD_PIDFD && ev->fd && record->call.target)
		ev->target = process_table_find(x->processes, record->call.target);
	if (target < TARGET_ARG)
		return;
	number = (int32_t)record->call.args[target - TARGET_ARG];
	if (number > 0)
		ev->target = process_table_find_inside(x->processes, record->tgid,
						       (uint32_t)number);
}

static int take_call(struct translator *x, const struct abi_event *record, struct event *ev)
{
	size_t slot = record->table * (size_t)ABI_CALL_NR_MAX + record->nr;
	const struct call_row *row;
	int r = 0;

	if (record->nr >= ABI_CALL_NR_MAX || !x->calls->rows[slot])
		return 0;
	row = x->calls->rows[slot];
	if (row->plan.flags & ABI_PLAN_CWD && !record->call.result)
		r = process_table_set_cwd(x->processes, record->tgid,
					  event_record_text(record, ABI_TEXT_DIR1));
	if (r)
		return r;
	if (!event_begin(x, ev, x->calls->types[slot]))
		return 0;
	head_fill(x, record, ev);
	ev->has_result = true;
	ev->result = record->call.result;
	fd_fill(x, record, ev, row->plan.flags);
	target_fill(x, record, ev, row->target);
	args_fill(x, record, ev, row);
	return 1;
}

static const struct event_type *exec_type(const struct translator *x,
					  const struct abi_event *record)
{
	size_t slot = record->table * (size_t)ABI_CALL_NR_MAX + record->nr;

	if (record->nr < ABI_CALL_NR_MAX && x->calls->types[slot] == x->execveat)
		return x->execveat;
	return x->execve;
}

int translator_take(struct translator *x, const struct abi_event *record, struct event *ev)
{
	int r = process_table_apply(x->processes, record);

	if (r)
		return r;
	arena_reset(&x->arena);
	if (!(record->flags & ABI_EVENT_WATCHED))
		return 0;
	switch ((enum abi_event_kind)record->kind) {
	case ABI_EVENT_CALL:
		return take_call(x, record, ev);
	case ABI_EVENT_EXEC:
		if (!event_begin(x, ev, exec_type(x, record)))
			return 0;
		head_fill(x, record, ev);
		ev->has_result = true;
		exec_fill(x, record, ev);
		return 1;
	case ABI_EVENT_EXIT:
		if (!event_begin(x, ev, x->procexit))
			return 0;
		head_fill(x, record, ev);
		exit_fill(ev, record->process.status);
		return 1;
	default:
		return 0;
	}
}

void translator_done(struct translator *x, const struct abi_event *record)
{
	if (record->kind == ABI_EVENT_EXIT)
		process_table_remove(x->processes, record->tgid);
}
