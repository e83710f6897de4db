/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "uapi/socket.h"
#include "unit.h"

static void families(void **state)
{
	static const struct {
		unsigned family;
		const char *want;
	} rows[] = {
		{ AF_UNSPEC, "unspec" },
		{ AF_UNIX, "unix" },
		{ AF_INET, "inet" },
		{ AF_AX25, "ax25" },
		{ AF_IPX, "ipx" },
		{ AF_APPLETALK, "appletalk" },
		{ AF_NETROM, "netrom" },
		{ AF_BRIDGE, "bridge" },
		{ AF_ATMPVC, "atmpvc" },
		{ AF_X25, "x25" },
		{ AF_INET6, "inet6" },
		{ AF_ROSE, "rose" },
		{ AF_SECURITY, "security" },
		{ AF_KEY, "key" },
		{ AF_NETLINK, "netlink" },
		{ AF_PACKET, "packet" },
		{ AF_ASH, "ash" },
		{ AF_ECONET, "econet" },
		{ AF_ATMSVC, "atmsvc" },
		{ AF_RDS, "rds" },
		{ AF_SNA, "sna" },
		{ AF_IRDA, "irda" },
		{ AF_PPPOX, "pppox" },
		{ AF_WANPIPE, "wanpipe" },
		{ AF_LLC, "llc" },
		{ AF_IB, "ib" },
		{ AF_MPLS, "mpls" },
		{ AF_CAN, "can" },
		{ AF_TIPC, "tipc" },
		{ AF_BLUETOOTH, "bluetooth" },
		{ AF_IUCV, "iucv" },
		{ AF_RXRPC, "rxrpc" },
		{ AF_ISDN, "isdn" },
		{ AF_PHONET, "phonet" },
		{ AF_IEEE802154, "ieee802154" },
		{ AF_CAIF, "caif" },
		{ AF_ALG, "alg" },
		{ AF_NFC, "nfc" },
		{ AF_VSOCK, "vsock" },
		{ AF_KCM, "kcm" },
		{ AF_QIPCRTR, "qipcrtr" },
		{ AF_SMC, "smc" },
		{ AF_XDP, "xdp" },
		{ 45, "mctp" },
		{ 46, NULL },
		{ 65535, NULL },
		{ UINT32_MAX, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].want ? rows[i].want : "none", sys_family_name(rows[i].family),
			   rows[i].want);
}

static void protocols(void **state)
{
	static const struct {
		unsigned protocol;
		const char *want;
	} rows[] = {
		{ IPPROTO_IP, "ip" },
		{ IPPROTO_ICMP, "icmp" },
		{ IPPROTO_TCP, "tcp" },
		{ IPPROTO_UDP, "udp" },
		{ IPPROTO_ICMPV6, "icmpv6" },
		{ IPPROTO_SCTP, "sctp" },
		{ IPPROTO_UDPLITE, "udplite" },
		{ IPPROTO_RAW, "raw" },
		{ 200, NULL },
		{ UINT32_MAX, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].want ? rows[i].want : "none",
			   sys_protocol_name(rows[i].protocol), rows[i].want);
}

static void names_come_back(void **state)
{
	for (unsigned n = 0; n < 256; n++) {
		const char *family = sys_family_name(n), *protocol = sys_protocol_name(n);
		unsigned back = 999;

		if (family)
			check(family, sys_family_parse(family, &back) && back == n);
		back = 999;
		if (protocol)
			check(protocol, sys_protocol_parse(protocol, &back) && back == n);
	}
}

static void others_are_none(void **state)
{
	static const char *const rows[] = { "", "INET", "AF_INET", "inet ", "ine", "2", "local" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned n = 999;

		check(rows[i], !sys_family_parse(rows[i], &n));
		check(rows[i], !sys_protocol_parse(rows[i], &n));
		check_number(rows[i], n, 999);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(families),
		cmocka_unit_test(protocols),
		cmocka_unit_test(names_come_back),
		cmocka_unit_test(others_are_none),
	};

	return unit_run(tests);
}
