/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/record_fd.h"

#include <string.h>
#include <sys/stat.h>

#include "guard/fd_kind.h"
#include "sensor/event_record.h"

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

struct text record_path(const struct abi_event *record, unsigned n, struct arena *arena)
{
	struct text path = event_record_text(record, ABI_TEXT_PATH1 + n);
	struct text dir = event_record_text(record, ABI_TEXT_DIR1 + n);
	size_t len = 0;
	char *out;

	if (path.data ? path.data[0] != '/' && !dir.data : !dir.data || record->call.result < 0)
		return TEXT_NONE;
	out = arena_alloc(arena, (size_t)path.len + dir.len + 3);
	if (!out)
		return TEXT_NONE;
	if (!path.data || path.data[0] != '/')
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

bool record_sockaddr(struct text bytes, struct address *address, uint16_t *port, struct text *path)
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

struct text record_unix_name(struct text path, struct arena *arena)
{
	char *out;

	if (!path.len || path.data[0])
		return path;
	out = arena_dup(arena, path.data, path.len);
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
	bool v4 = c->family == FAMILY_INET;
	bool accepted = hook == HOOK_ACCEPT ||
			(hook != HOOK_CONNECT && c->socket_type & ABI_SOCKET_ACCEPTED);
	bool serves = hook == HOOK_BIND || hook == HOOK_LISTEN;
	bool connected = c->remote_port || !is_zero(c->remote);
	struct address local = address_of(c->family, c->local);
	struct address remote = address_of(c->family, c->remote);
	struct text path;

	fd->l4proto = protocol_name(c->protocol);
	if (!connected &&
	    (hook == HOOK_CONNECT || hook == HOOK_SEND)) /* it failed, or is on its way */
		connected = record_sockaddr(event_record_text(record, ABI_TEXT_BYTES), &remote,
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
		record_sockaddr(event_record_text(record, ABI_TEXT_BYTES), &fd->server,
				&fd->server_port, &path);
}

static void socket_fill(const struct abi_event *record, enum event_hook hook, struct arena *arena,
			struct fd *fd)
{
	struct address address;
	struct text path = TEXT_NONE;
	uint16_t port;

	fd->type = fd_kind_of_socket(record->call.family);
	if (fd->type == FD_IPV4 || fd->type == FD_IPV6)
		inet_fill(fd, record, hook);
	else if (fd->type == FD_UNIX && record->text[ABI_TEXT_FILE].len) /* where its peer is */
		fd->name = event_record_text(record, ABI_TEXT_FILE);
	else if (fd->type == FD_UNIX &&
		 record_sockaddr(event_record_text(record, ABI_TEXT_BYTES), &address, &port, &path))
		fd->name = record_unix_name(path, arena);
}

uint32_t record_device(uint32_t dev)
{
	uint32_t major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static void file_fill(const struct abi_event *record, bool opens, struct fd *fd)
{
	const struct abi_event_call *c = &record->call;
	bool in_memory = c->path_flags & ABI_PATH_MEMORY;

	fd->name = event_record_text(record, ABI_TEXT_FILE);
	if (opens)
		fd->name_raw = event_record_text(record, ABI_TEXT_PATH1);
	fd->device = record_device(c->dev);
	fd->inode = c->ino;
	fd->upper_layer = record->flags & ABI_EVENT_UPPER;
	fd->lower_layer = record->flags & ABI_EVENT_LOWER;
	fd->outside = c->path_flags & ABI_PATH_OUTSIDE;
	fd->block_device = S_ISBLK(c->inode_mode);
	fd->type = record->flags & ABI_EVENT_PIDFD ?
			   FD_PIDFD :
			   fd_kind_of_file(c->inode_mode, in_memory, fd->name);
	if ((in_memory || fd->type == FD_PIPE) && text_eq(fd->name, TEXT("/"))) /* it has none */
		fd->name = TEXT_NONE;
}

bool record_fd(const struct abi_event *record, enum event_hook hook, bool opens,
	       struct arena *arena, struct fd *ret)
{
	*ret = FD_INIT;
	if (record->flags & ABI_EVENT_SOCKET) {
		socket_fill(record, hook, arena, ret);
	} else if (record->flags & ABI_EVENT_FILE) {
		file_fill(record, opens, ret);
	} else if (opens) { /* it failed: what would have been opened */
		ret->type = FD_FILE;
		ret->name = record_path(record, 0, arena);
		ret->name_raw = event_record_text(record, ABI_TEXT_PATH1);
	} else {
		return false;
	}
	return true;
}
