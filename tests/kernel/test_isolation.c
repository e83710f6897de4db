/* SPDX-License-Identifier: Apache-2.0 */
/* What cuts a container off: the kernel's verifier takes it, and packets pass or don't as the table says. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event/value.h"
#include "respond/isolation.h"
#include "sensor/program_load.h"
#include "unit/unit.h"

enum { PACKET_MAX = 128, DROP = 0, PASS = 1, EXTENSION = 60 /* destination options */ };

struct packet {
	const char *row;
	bool egress;
	const char *other; /* the other side's address */
	uint8_t protocol;
	uint16_t other_port;
	uint16_t fragment; /* offset */
	bool options;	   /* of IPv4: the header is longer */
	bool any_ports;	   /* are allowed */
	int verdict;
};

static const struct packet packets[] = {
	{ "out to an allowed peer", true, "10.1.2.3", IPPROTO_TCP, 443, 0, false, false, PASS },
	{ "and back", false, "10.1.2.3", IPPROTO_TCP, 443, 0, false, false, PASS },
	{ "another port", true, "10.1.2.3", IPPROTO_TCP, 80, 0, false, false, DROP },
	{ "another port, any allowed", true, "10.1.2.3", IPPROTO_TCP, 80, 0, false, true, PASS },
	{ "UDP", true, "10.1.2.3", IPPROTO_UDP, 53, 0, false, false, PASS },
	{ "no ports, but they are asked for", true, "10.1.2.3", IPPROTO_ICMP, 0, 0, false, false,
	  DROP },
	{ "no ports, and they are not", true, "10.1.2.3", IPPROTO_ICMP, 0, 0, false, true, PASS },
	{ "another network", true, "10.2.2.3", IPPROTO_TCP, 443, 0, false, false, DROP },
	{ "another network, inwards", false, "10.2.2.3", IPPROTO_TCP, 443, 0, false, true, DROP },
	{ "one address", true, "192.0.2.7", IPPROTO_TCP, 443, 0, false, false, PASS },
	{ "its neighbour", true, "192.0.2.6", IPPROTO_TCP, 443, 0, false, false, DROP },
	{ "a prefix between bytes", true, "172.20.15.255", IPPROTO_TCP, 443, 0, false, false,
	  PASS },
	{ "just outside of it", true, "172.20.16.0", IPPROTO_TCP, 443, 0, false, false, DROP },
	{ "a later fragment", true, "10.1.2.3", IPPROTO_TCP, 9, 100, false, false, PASS },
	{ "options in the header", true, "10.1.2.3", IPPROTO_TCP, 443, 0, true, false, PASS },
	{ "options in the header, another port", true, "10.1.2.3", IPPROTO_TCP, 444, 0, true, false,
	  DROP },
	{ "IPv6", true, "fd00:1::7", IPPROTO_TCP, 443, 0, false, false, PASS },
	{ "IPv6, and back", false, "fd00:1::7", IPPROTO_TCP, 443, 0, false, false, PASS },
	{ "IPv6, another port", true, "fd00:1::7", IPPROTO_TCP, 22, 0, false, false, DROP },
	{ "IPv6, another network", true, "fd00:2::7", IPPROTO_TCP, 443, 0, false, false, DROP },
	{ "IPv6, ports hidden by a header", true, "fd00:1::7", EXTENSION, 443, 0, false, false,
	  DROP },
	{ "loopback", true, "127.0.0.1", IPPROTO_TCP, 443, 0, false, true, DROP },
};

static const char *const networks[] = { "10.1.0.0/16", "192.0.2.7", "172.20.0.0/20",
					"fd00:1::/32" };
static const uint16_t ports[] = { 53, 443 };

static void fill(struct isolation *i, struct hand_network out[], bool any_ports, uint64_t netns)
{
	for (size_t n = 0; n < ARRAY_SIZE(networks); n++) {
		struct network parsed;

		assert_true(network_parse(text_of(networks[n]), &parsed));
		out[n] = (struct hand_network){ parsed.address.family, parsed.prefix, { 0 } };
		memcpy(out[n].bytes, parsed.address.bytes, sizeof(out[n].bytes));
	}
	*i = (struct isolation){ .networks = out,
				 .network_count = ARRAY_SIZE(networks),
				 .ports = ports,
				 .port_count = any_ports ? 0 : ARRAY_SIZE(ports),
				 .netns = netns };
}

/* A descriptor, or -errno. */
static int load(const struct isolation *i, enum isolation_hook hook)
{
	cleanup_bpf_code struct bpf_code code = { 0 };
	struct error err = ERROR_INIT;
	int fd = -1, r;

	assert_int_equal(isolation_compile(i, hook, &code), 0);
	r = program_source_load(
		&(struct program_source){
			.name = "isolation",
			.insns = code.insns.items,
			.insn_count = (uint32_t)code.insns.len,
			.type = isolation_hooks[hook].type,
			.expected_attach_type = isolation_hooks[hook].attach_type },
		&fd, NULL, &err);
	if (r)
		print_message("%s: %s\n", isolation_hooks[hook].name, err.text);
	return r ? r : fd;
}

static size_t make_v4(const struct packet *p, unsigned char *at)
{
	struct iphdr ip = { .version = 4,
			    .ihl = p->options ? 7 : 5,
			    .ttl = 64,
			    .protocol = p->protocol,
			    .frag_off = htons(p->fragment / 8) };
	uint16_t two[2] = { htons(40000), htons(40000) };
	size_t len = (size_t)ip.ihl * 4;

	ip.saddr = ip.daddr = htonl(0x0a000001);
	inet_pton(AF_INET, p->other, p->egress ? &ip.daddr : &ip.saddr);
	two[p->egress] = htons(p->other_port);
	ip.tot_len = htons((uint16_t)(len + 20));
	memcpy(at, &ip, sizeof(ip));
	memcpy(at + len, two, sizeof(two));
	return len + 20;
}

static size_t make_v6(const struct packet *p, unsigned char *at)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6U << 28),
			      .ip6_plen = htons(20),
			      .ip6_nxt = p->protocol,
			      .ip6_hlim = 64 };
	uint16_t two[2] = { htons(40000), htons(40000) };

	inet_pton(AF_INET6, "fd00:9::1", p->egress ? &ip.ip6_src : &ip.ip6_dst);
	inet_pton(AF_INET6, p->other, p->egress ? &ip.ip6_dst : &ip.ip6_src);
	two[p->egress] = htons(p->other_port);
	memcpy(at, &ip, sizeof(ip));
	memcpy(at + sizeof(ip), two, sizeof(two));
	return sizeof(ip) + 20;
}

static uint32_t run(int program, const struct packet *p)
{
	unsigned char data[PACKET_MAX] = { 0 };
	bool v6 = strchr(p->other, ':');
	struct ethhdr eth = { .h_proto = htons(v6 ? ETH_P_IPV6 : ETH_P_IP) };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = data);

	memcpy(data, &eth, sizeof(eth));
	o.data_size_in = (uint32_t)(sizeof(eth) + (v6 ? make_v6 : make_v4)(p, data + sizeof(eth)));
	assert_int_equal(bpf_prog_test_run_opts(program, &o), 0);
	return o.retval;
}

static bool is_root(void)
{
	if (geteuid() == 0)
		return true;
	print_message("BPF programs need root\n");
	return false;
}

static void test_packets(void **state)
{
	struct hand_network room[ARRAY_SIZE(networks)];

	if (!is_root())
		skip();
	for (size_t n = 0; n < ARRAY_SIZE(packets); n++) {
		const struct packet *p = &packets[n];
		struct isolation i;
		int fd;

		fill(&i, room, p->any_ports, 0);
		fd = load(&i, p->egress ? ISOLATE_EGRESS : ISOLATE_INGRESS);
		check(p->row, fd >= 0);
		check_number(p->row, run(fd, p), p->verdict);
		close(fd);
	}
}

/* All hooks, with the most that there may be, and with nothing at all. */
static void test_verifier(void **state)
{
	struct hand_network room[HAND_NETWORKS];
	uint16_t many[HAND_PORTS];

	if (!is_root())
		skip();
	for (size_t n = 0; n < HAND_NETWORKS; n++) {
		room[n] = (struct hand_network){ n % 2 ? 6 : 4, n % 2 ? 128 : 32, { 0 } };
		memset(room[n].bytes, (int)n + 1, sizeof(room[n].bytes));
	}
	for (size_t n = 0; n < HAND_PORTS; n++)
		many[n] = (uint16_t)(n + 1);
	for (int h = 0; h < ISOLATION_HOOKS; h++) {
		for (int most = 0; most < 2; most++) {
			const struct isolation i = { .networks = room,
						     .network_count = most ? HAND_NETWORKS : 0,
						     .ports = many,
						     .port_count = most ? HAND_PORTS : 0 };
			int fd = load(&i, (enum isolation_hook)h);

			check(isolation_hooks[h].name, fd >= 0);
			close(fd);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_packets),
					    cmocka_unit_test(test_verifier) };

	libbpf_set_print(NULL);
	return unit_run(tests);
}
