/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/labels.h"

#include <ctype.h>
#include <errno.h>
#include <linux/in.h>

#include "base/str.h"
#include "profile/access.h"
#include "profile/flows.h"
#include "profile/path_pattern.h"
#include "profile/sockets.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

/* --- ports -------------------------------------------------------------------------------------- */

/* corenetwork.te of the reference policy and Fedora's: services that run in containers. */
static const struct {
	uint8_t protocol; /* 0: both */
	uint16_t first, last;
	const char *type;
} ports[] = {
	{ IPPROTO_TCP, 20, 20, "ftp_data_port_t" },
	{ IPPROTO_TCP, 21, 21, "ftp_port_t" },
	{ IPPROTO_TCP, 22, 22, "ssh_port_t" },
	{ IPPROTO_TCP, 25, 25, "smtp_port_t" },
	{ 0, 53, 53, "dns_port_t" },
	{ 0, 80, 81, "http_port_t" },
	{ 0, 88, 88, "kerberos_port_t" },
	{ 0, 123, 123, "ntp_port_t" },
	{ 0, 389, 389, "ldap_port_t" },
	{ IPPROTO_TCP, 443, 443, "http_port_t" },
	{ IPPROTO_TCP, 465, 465, "smtp_port_t" },
	{ IPPROTO_UDP, 514, 514, "syslogd_port_t" },
	{ IPPROTO_TCP, 587, 587, "smtp_port_t" },
	{ 0, 636, 636, "ldap_port_t" },
	{ IPPROTO_TCP, 2049, 2049, "nfs_port_t" },
	{ IPPROTO_TCP, 2181, 2181, "zookeeper_client_port_t" },
	{ IPPROTO_TCP, 3128, 3128, "squid_port_t" },
	{ IPPROTO_TCP, 3306, 3306, "mysqld_port_t" },
	{ IPPROTO_TCP, 5432, 5432, "postgresql_port_t" },
	{ 0, 5671, 5672, "amqp_port_t" },
	{ IPPROTO_TCP, 6379, 6379, "redis_port_t" },
	{ IPPROTO_TCP, 8008, 8009, "http_port_t" },
	{ IPPROTO_TCP, 8080, 8080, "http_cache_port_t" },
	{ IPPROTO_TCP, 8443, 8443, "http_port_t" },
	{ IPPROTO_TCP, 9000, 9000, "http_port_t" },
	{ 0, 11211, 11211, "memcache_port_t" },
	{ IPPROTO_TCP, 27017, 27019, "mongod_port_t" },
};

/* What is in no other row: kernel.te's ranges. */
static const struct {
	uint16_t first, last;
	const char *type;
} ranges[] = {
	{ 1, 511, "reserved_port_t" },	       { 512, 1023, "hi_reserved_port_t" },
	{ 1024, 32767, "unreserved_port_t" },  { 32768, 60999, "ephemeral_port_t" },
	{ 61000, 65535, "unreserved_port_t" },
};

const char *label_port_type(uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if ((!ports[i].protocol || ports[i].protocol == protocol) &&
		    port >= ports[i].first && port <= ports[i].last)
			return ports[i].type;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (port >= ranges[i].first && port <= ranges[i].last)
			return ranges[i].type;
	return NULL; /* port 0 */
}

/* --- sockets ------------------------------------------------------------------------------------ */

#define SOCKET_BASIC \
	"append bind connect create getattr getopt ioctl read setattr setopt shutdown write"
#define SOCKET_STREAM SOCKET_BASIC " accept listen"
#define SOCKET_ANY 0xff

/* security/selinux/hooks.c, socket_type_to_security_class(). */
static const struct {
	unsigned family, type;
	const char *class_, *permissions;
} sockets[] = {
	{ SYS_AF_UNIX, SYS_SOCK_STREAM, "unix_stream_socket", SOCKET_STREAM " connectto" },
	{ SYS_AF_UNIX, SYS_SOCK_SEQPACKET, "unix_stream_socket", SOCKET_STREAM " connectto" },
	{ SYS_AF_UNIX, SYS_SOCK_DGRAM, "unix_dgram_socket", SOCKET_BASIC " sendto" },
	{ SYS_AF_UNIX, SYS_SOCK_RAW, "unix_dgram_socket", SOCKET_BASIC " sendto" },
	{ SYS_AF_INET, SYS_SOCK_STREAM, "tcp_socket", SOCKET_STREAM },
	{ SYS_AF_INET6, SYS_SOCK_STREAM, "tcp_socket", SOCKET_STREAM },
	{ SYS_AF_INET, SYS_SOCK_DGRAM, "udp_socket", SOCKET_BASIC },
	{ SYS_AF_INET6, SYS_SOCK_DGRAM, "udp_socket", SOCKET_BASIC },
	{ SYS_AF_INET, SYS_SOCK_RAW, "rawip_socket", SOCKET_BASIC },
	{ SYS_AF_INET6, SYS_SOCK_RAW, "rawip_socket", SOCKET_BASIC },
	{ SYS_AF_NETLINK, SOCKET_ANY, "netlink_route_socket", SOCKET_BASIC " nlmsg_read" },
	{ SYS_AF_PACKET, SOCKET_ANY, "packet_socket", SOCKET_BASIC },
};

void label_list_deinit(struct label_list *list)
{
	vec_foreach(text, &list->owned)
		free(*text);
	vec_deinit(&list->owned);
	vec_deinit(&list->items);
}

static int rule_add(struct label_list *list, const char *type, const char *class_,
		    const char *permissions, const char *why)
{
	struct label_rule *slot = vec_add(&list->items);

	if (!slot)
		return -ENOMEM;
	*slot = (struct label_rule){ type, class_, permissions, why };
	return 0;
}

static int add_sockets(struct label_list *list, const struct profile *p,
		       const struct backend_options *o, struct error *err)
{
	cleanup_socket_list struct socket_list used = { 0 };
	int r = socket_list_build(&used, p, &o->policy, err);

	list->unknown_sockets = used.unknown;
	vec_foreach(s, &used.items)
		for (size_t i = 0; !r && i < ARRAY_SIZE(sockets); i++)
			if (s->family == sockets[i].family &&
			    (s->type == sockets[i].type || sockets[i].type == SOCKET_ANY ||
			     s->type == SOCKET_TYPE_ANY))
				r = rule_add(list, LABEL_SELF, sockets[i].class_,
					     sockets[i].permissions, NULL);
	for (size_t i = 0; !r && used.unknown && i < ARRAY_SIZE(sockets); i++)
		r = rule_add(list, LABEL_SELF, sockets[i].class_, sockets[i].permissions, NULL);
	return r;
}

static const char *socket_class(uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? "udp_socket" :
	       protocol == IPPROTO_TCP ? "tcp_socket" :
					 NULL;
}

/*
 * Ports are those of loopback too, so flows don't do: every address that a socket was bound or
 * connected to counts. Ports of the ephemeral range may be bound without a rule (selinux_socket_bind).
 */
static int add_ports(struct label_list *list, const struct profile *p,
		     const struct backend_options *o)
{
	int r = 0;

	vec_foreach(peer, &p->peers) {
		const char *class_ = socket_class(peer->protocol), *type;

		if (r || !class_ || !access_layer_is_wanted(peer->layer, &o->policy) ||
		    (peer->family != SYS_AF_INET && peer->family != SYS_AF_INET6))
			continue;
		type = label_port_type(peer->protocol, peer->port);
		if (peer->op == ABI_PEER_BIND || peer->op == ABI_PEER_LISTEN) {
			r = rule_add(list, "node_t", class_, "node_bind", NULL);
			if (!r && type)
				r = rule_add(list, type, class_, "name_bind", NULL);
		} else if (peer->op == ABI_PEER_CONNECT && type && peer->protocol == IPPROTO_TCP) {
			/* A connected UDP socket is checked by name_connect for no kernel: TCP, SCTP, DCCP. */
			r = rule_add(list, type, class_, "name_connect", NULL);
		}
	}
	return r;
}

/* --- capabilities ------------------------------------------------------------------------------- */

/* Lower-case names without "CAP_"; those from 32 on are another class. */
static int add_capabilities(struct label_list *list, const struct profile *p,
			    const struct backend_options *o)
{
	uint64_t set = policy_capabilities(p, &o->policy);

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		char **slot;

		if (!(set >> cap & 1))
			continue;
		slot = vec_add(&list->owned);
		if (!slot)
			return -ENOMEM;
		*slot = strdup(sys_cap_name(cap) + strlen("CAP_"));
		if (!*slot)
			return -ENOMEM;
		for (char *c = *slot; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (rule_add(list, LABEL_SELF, cap < 32 ? "capability" : "capability2", *slot,
			     NULL))
			return -ENOMEM;
	}
	return 0;
}

/* --- volumes ------------------------------------------------------------------------------------ */

#define CHANGE_ENTRIES "add_name remove_name write"

/* What an operation takes, of the file itself and of the directory that it is an entry of. */
static const struct {
	uint32_t ops;
	const char *class_, *permissions;
} files[] = {
	{ ABI_FILE_READ, "file", "getattr ioctl lock map open read" },
	{ ABI_FILE_READ, "dir", "getattr ioctl lock open read search" },
	{ ABI_FILE_READ, "lnk_file", "getattr read" },
	{ ABI_FILE_WRITE, "file", "append getattr ioctl lock map open write" },
	{ ABI_FILE_TRUNCATE | ABI_FILE_CHMOD | ABI_FILE_CHOWN | ABI_FILE_UTIME | ABI_FILE_SETXATTR,
	  "file", "getattr open setattr write" },
	{ ABI_FILE_CHMOD | ABI_FILE_CHOWN | ABI_FILE_UTIME | ABI_FILE_SETXATTR, "dir",
	  "getattr search setattr" },
	{ ABI_FILE_CREATE, "file", "create getattr open write" },
	{ ABI_FILE_CREATE | ABI_FILE_UNLINK | ABI_FILE_RENAME_FROM | ABI_FILE_RENAME_TO |
		  ABI_FILE_LINK | ABI_FILE_SYMLINK | ABI_FILE_MKDIR | ABI_FILE_RMDIR |
		  ABI_FILE_MKNOD | ABI_FILE_BIND,
	  "dir", "getattr search " CHANGE_ENTRIES },
	{ ABI_FILE_UNLINK, "file", "getattr unlink" },
	{ ABI_FILE_UNLINK, "lnk_file", "getattr unlink" },
	{ ABI_FILE_UNLINK | ABI_FILE_BIND, "sock_file", "create getattr setattr unlink" },
	{ ABI_FILE_RENAME_FROM | ABI_FILE_RENAME_TO, "file", "getattr rename unlink" },
	{ ABI_FILE_RENAME_FROM | ABI_FILE_RENAME_TO, "dir", "getattr rename reparent rmdir" },
	{ ABI_FILE_LINK | ABI_FILE_LINK_TARGET, "file", "getattr link" },
	{ ABI_FILE_SYMLINK, "lnk_file", "create getattr read" },
	{ ABI_FILE_MKDIR, "dir", "create getattr" },
	{ ABI_FILE_RMDIR, "dir", "getattr rmdir" },
	{ ABI_FILE_MKNOD, "fifo_file", "create getattr open read write" },
	{ ABI_FILE_EXEC, "file", "execute execute_no_trans getattr map open read" },
	{ ABI_FILE_MAP_EXEC, "file", "execute getattr map open read" },
	{ ABI_FILE_CONNECT, "sock_file", "getattr write" },
};

/* Types that the template, or the attribute that it gives, allows already. */
static const char *const template_types[] = { "container_file_t", "container_ro_file_t",
					      "container_share_t", "svirt_sandbox_file_t" };

static bool is_in_template(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(template_types); i++)
		if (str_eq(template_types[i], type))
			return true;
	return false;
}

static int add_operations(struct label_list *list, const char *type, uint32_t ops)
{
	int r = rule_add(list, type, "dir", "getattr search", "a volume");

	for (size_t i = 0; !r && i < ARRAY_SIZE(files); i++)
		if (ops & files[i].ops)
			r = rule_add(list, type, files[i].class_, files[i].permissions, "a volume");
	return r;
}

/* Files whose label was recorded. */
static int add_recorded(struct label_list *list, const struct profile *p,
			const struct policy_options *o)
{
	int r = 0;

	vec_foreach(f, &p->files)
		if (!r && f->label && access_layer_is_wanted(f->layer, o) &&
		    !is_in_template(f->label))
			r = add_operations(list, f->label, f->ops);
	return r;
}

static int add_volume(struct label_list *list, const struct access_list *accesses,
		      const char *label, struct error *err)
{
	const char *sign = strrchr(label, '=');
	cleanup_free char *path = sign ? str_dup_n(label, (size_t)(sign - label)) : NULL;
	uint32_t ops = 0;
	int r;

	if (!sign || *label != '/' || !profile_label_is_valid(sign + 1))
		return error_set(err, EINVAL, "\"%s\" is not PATH=TYPE", label);
	if (path && strlen(path) > 1 && str_ends(path, "/"))
		path[strlen(path) - 1] = '\0';
	vec_foreach(a, &accesses->items)
		if (path && path_is_below(a->path, path))
			ops |= a->ops;
	if (!ops)
		return error_set(err, EINVAL, "--label %s: the workload touched nothing there",
				 label);
	r = add_operations(list, sign + 1, ops);
	return r ? error_errno(err, ENOMEM, "labels") : 0;
}

static int rule_compare(const void *a, const void *b)
{
	const struct label_rule *x = a, *y = b;
	int r = strcmp(x->type, y->type);

	r = r ? r : strcmp(x->class_, y->class_);
	return r ? r : strcmp(x->permissions, y->permissions);
}

int label_list_build(struct label_list *list, const struct profile *p,
		     const struct backend_options *o, struct error *err)
{
	cleanup_access_list struct access_list accesses = { 0 };
	size_t kept = 0;
	int r;

	*list = (struct label_list){ 0 };
	r = access_list_build(&accesses, p, &o->policy, true, err);
	if (!r)
		r = add_sockets(list, p, o, err);
	if (!r && (add_ports(list, p, o) || add_capabilities(list, p, o) ||
		   add_recorded(list, p, &o->policy)))
		r = error_errno(err, ENOMEM, "labels");
	for (const char *const *label = o->labels; !r && label && *label; label++)
		r = add_volume(list, &accesses, *label, err);
	if (r) {
		label_list_deinit(list);
		return r;
	}
	vec_sort(&list->items, rule_compare);
	for (size_t i = 0; i < list->items.len; i++)
		if (!kept || rule_compare(&list->items.items[kept - 1], &list->items.items[i]))
			list->items.items[kept++] = list->items.items[i];
	list->items.len = kept;
	return 0;
}
