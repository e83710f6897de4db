/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/socket.h"

#include <linux/in.h>

#include "base/cleanup.h"
#include "base/str.h"

/* include/linux/socket.h AF_*, up to 6.18; names as AppArmor spells them, where it knows them. */
static const char *const families[] = {
	"unspec",   "unix",	  "inet",    "ax25",	  "ipx",     "appletalk", "netrom",
	"bridge",   "atmpvc",	  "x25",     "inet6",	  "rose",    "decnet",	  "netbeui",
	"security", "key",	  "netlink", "packet",	  "ash",     "econet",	  "atmsvc",
	"rds",	    "sna",	  "irda",    "pppox",	  "wanpipe", "llc",	  "ib",
	"mpls",	    "can",	  "tipc",    "bluetooth", "iucv",    "rxrpc",	  "isdn",
	"phonet",   "ieee802154", "caif",    "alg",	  "nfc",     "vsock",	  "kcm",
	"qipcrtr",  "smc",	  "xdp",     "mctp",
};

static const struct {
	unsigned number;
	const char *name;
} protocols[] = {
	{ IPPROTO_IP, "ip" },		{ IPPROTO_ICMP, "icmp" }, { IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },		{ 58, "icmpv6" },	  { IPPROTO_SCTP, "sctp" },
	{ IPPROTO_UDPLITE, "udplite" }, { IPPROTO_RAW, "raw" },
};

static const char *const types[] = {
	[SYS_SOCK_STREAM] = "stream",
	[SYS_SOCK_DGRAM] = "dgram",
	[SYS_SOCK_RAW] = "raw",
	[SYS_SOCK_RDM] = "rdm",
	[SYS_SOCK_SEQPACKET] = "seqpacket",
	[SYS_SOCK_PACKET] = "packet",
};

const char *sys_socket_type_name(unsigned type)
{
	return type < ARRAY_SIZE(types) ? types[type] : NULL;
}

bool sys_socket_type_parse(const char *name, unsigned *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i] && str_eq(types[i], name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *sys_family_name(unsigned family)
{
	return family < ARRAY_SIZE(families) ? families[family] : NULL;
}

bool sys_family_parse(const char *name, unsigned *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(families); i++) {
		if (str_eq(families[i], name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *sys_protocol_name(unsigned protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

bool sys_protocol_parse(const char *name, unsigned *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (str_eq(protocols[i].name, name)) {
			*ret = protocols[i].number;
			return true;
		}
	}
	return false;
}
