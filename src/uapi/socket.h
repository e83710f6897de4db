/* SPDX-License-Identifier: Apache-2.0 */
/* Names of socket families and protocols, as profiles and people write them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The families and types that decide something here (include/linux/socket.h, include/linux/net.h). */
enum {
	SYS_AF_UNSPEC = 0,
	SYS_AF_UNIX = 1,
	SYS_AF_INET = 2,
	SYS_AF_INET6 = 10,
	SYS_AF_NETLINK = 16,
	SYS_AF_PACKET = 17,
};
enum {
	SYS_SOCK_STREAM = 1,
	SYS_SOCK_DGRAM = 2,
	SYS_SOCK_RAW = 3,
	SYS_SOCK_RDM = 4,
	SYS_SOCK_SEQPACKET = 5,
	SYS_SOCK_PACKET = 10,
	SYS_SOCK_TYPE_MASK = 0xf, /* the rest are flags */
};

/* "stream", "dgram", ...; NULL if the number has no name. */
const char *sys_socket_type_name(unsigned type);
bool sys_socket_type_parse(const char *name, unsigned *ret);

/* "inet", "unix", ...; NULL if the number has no name. */
const char *sys_family_name(unsigned family);
bool sys_family_parse(const char *name, unsigned *ret);

/* "tcp", "udp", ...; NULL if the number has no name. */
const char *sys_protocol_name(unsigned protocol);
bool sys_protocol_parse(const char *name, unsigned *ret);
