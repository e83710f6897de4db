/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/isolation.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	DROP = 0,
	PASS = 1,
	LIMIT = 8192,
	HEADER_V4 = 20,
	HEADER_V6 = 40,
	STACK = -HEADER_V6, /* where the header is read to, from the frame's end */
	PORTS_AT = STACK - 8,
	FRAGMENT_MASK = 0x1fff,
};

const struct isolation_def isolation_hooks[] = {
	[ISOLATE_EGRESS] = { "egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	[ISOLATE_INGRESS] = { "ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	[ISOLATE_CONNECT4] = { "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			       BPF_CGROUP_INET4_CONNECT },
	[ISOLATE_CONNECT6] = { "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			       BPF_CGROUP_INET6_CONNECT },
	[ISOLATE_SEND4] = { "sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	[ISOLATE_SEND6] = { "sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
};
static_assert(ARRAY_SIZE(isolation_hooks) == ISOLATION_HOOKS, "one for each");

/* An address where the program can load it, as four-byte words in network order. */
struct address_place {
	enum bpf_reg base;
	int at;
};

static uint32_t word_of(const uint8_t *bytes, unsigned word)
{
	uint32_t w;

	memcpy(&w, bytes + (size_t)word * 4, sizeof(w));
	return w;
}

static uint32_t mask_of(unsigned prefix, unsigned word)
{
	unsigned bits = prefix > word * 32 ? prefix - word * 32 : 0;

	return bits >= 32 ? UINT32_MAX : bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
}

/* To yes if the address is in one of the networks of its family; else on. */
static void match_networks(struct bpf_code *c, const struct isolation *i, unsigned family,
			   struct address_place p, uint32_t yes)
{
	unsigned words = family == 4 ? 1 : 4;

	for (uint32_t n = 0; n < i->network_count; n++) {
		const struct hand_network *net = &i->networks[n];
		uint32_t next;

		if (net->family != family)
			continue;
		next = bpf_code_label(c);
		for (unsigned w = 0; w < words && mask_of(net->prefix, w); w++) {
			bpf_load(c, 4, R1, p.base, p.at + (int)w * 4);
			bpf_alu_imm(c, BPF_AND, R1, (int32_t)mask_of(net->prefix, w));
			bpf_jump32_imm(c, BPF_JNE, R1,
				       (int32_t)(word_of(net->bytes, w) & mask_of(net->prefix, w)),
				       next);
		}
		bpf_goto(c, yes);
		bpf_code_place(c, next);
	}
}

/* To yes if the port in R1, in network order, is one of them. */
static void match_ports(struct bpf_code *c, const struct isolation *i, uint32_t yes)
{
	for (uint32_t n = 0; n < i->port_count; n++)
		bpf_jump32_imm(c, BPF_JEQ, R1, htons(i->ports[n]), yes);
}

static void give(struct bpf_code *c, uint32_t label, int verdict)
{
	bpf_code_place(c, label);
	bpf_number(c, R0, (uint64_t)verdict);
	bpf_exit(c);
}

static void only_in_namespace(struct bpf_code *c, const struct isolation *i, uint32_t pass)
{
	if (!i->netns)
		return;
	bpf_alu(c, BPF_MOV, R1, R6);
	bpf_call(c, BPF_FUNC_get_netns_cookie);
	bpf_number(c, R1, i->netns);
	bpf_jump(c, BPF_JNE, R0, R1, pass);
}

/* --- packets --------------------------------------------------------------------------------------------- */

static void read_packet(struct bpf_code *c, int to, int size, uint32_t failed)
{
	bpf_alu(c, BPF_MOV, R1, R6);
	bpf_alu(c, BPF_MOV, R3, FP);
	bpf_alu_imm(c, BPF_ADD, R3, to);
	bpf_number(c, R4, (uint64_t)size);
	bpf_call(c, BPF_FUNC_skb_load_bytes);
	bpf_jump_imm(c, BPF_JNE, R0, 0, failed);
}

/* With the protocol in R8 and the length of the header in R7: the other side's port must be one of them. */
static void check_ports(struct bpf_code *c, const struct isolation *i, bool egress, uint32_t pass,
			uint32_t drop)
{
	uint32_t has_ports = bpf_code_label(c);

	if (!i->port_count) {
		bpf_goto(c, pass);
		return;
	}
	bpf_jump_imm(c, BPF_JEQ, R8, IPPROTO_TCP, has_ports);
	bpf_jump_imm(c, BPF_JEQ, R8, IPPROTO_UDP, has_ports);
	bpf_jump_imm(c, BPF_JEQ, R8, IPPROTO_SCTP, has_ports);
	bpf_goto(c, drop);
	bpf_code_place(c, has_ports);
	bpf_alu(c, BPF_MOV, R2, R7);
	read_packet(c, PORTS_AT, 4, drop);
	bpf_load(c, 2, R1, FP, PORTS_AT + (egress ? 2 : 0));
	match_ports(c, i, pass);
	bpf_goto(c, drop);
}

static void packet_v4(struct bpf_code *c, const struct isolation *i, bool egress, uint32_t pass,
		      uint32_t drop)
{
	uint32_t near = bpf_code_label(c);

	match_networks(c, i, 4, (struct address_place){ FP, STACK + (egress ? 16 : 12) }, near);
	bpf_goto(c, drop);
	bpf_code_place(c, near);
	if (i->port_count) {
		/* Later fragments have no ports; without the first they are of no use. */
		bpf_load(c, 2, R1, FP, STACK + 6);
		bpf_alu_imm(c, BPF_AND, R1, htons(FRAGMENT_MASK));
		bpf_jump_imm(c, BPF_JNE, R1, 0, pass);
	}
	bpf_load(c, 1, R8, FP, STACK + 9);
	bpf_load(c, 1, R7, FP, STACK);
	bpf_alu_imm(c, BPF_AND, R7, 0xf);
	bpf_alu_imm(c, BPF_LSH, R7, 2);
	check_ports(c, i, egress, pass, drop);
}

static void packet_v6(struct bpf_code *c, const struct isolation *i, bool egress, uint32_t pass,
		      uint32_t drop)
{
	uint32_t near = bpf_code_label(c);

	bpf_number(c, R2, 0);
	read_packet(c, STACK, HEADER_V6, drop);
	match_networks(c, i, 6, (struct address_place){ FP, STACK + (egress ? 24 : 8) }, near);
	bpf_goto(c, drop);
	bpf_code_place(c, near);
	/* Extension headers hide ports: with ports asked for, such a packet does not pass. */
	bpf_load(c, 1, R8, FP, STACK + 6);
	bpf_number(c, R7, HEADER_V6);
	check_ports(c, i, egress, pass, drop);
}

static void packet(struct bpf_code *c, const struct isolation *i, bool egress)
{
	uint32_t pass = bpf_code_label(c), drop = bpf_code_label(c), v6 = bpf_code_label(c);

	only_in_namespace(c, i, pass);
	bpf_number(c, R2, 0);
	read_packet(c, STACK, HEADER_V4, drop);
	bpf_load(c, 1, R1, FP, STACK);
	bpf_alu_imm(c, BPF_RSH, R1, 4);
	bpf_jump_imm(c, BPF_JEQ, R1, 6, v6);
	bpf_jump_imm(c, BPF_JNE, R1, 4, drop);
	packet_v4(c, i, egress, pass, drop);
	bpf_code_place(c, v6);
	packet_v6(c, i, egress, pass, drop);
	give(c, pass, PASS);
	give(c, drop, DROP);
}

/* --- calls ----------------------------------------------------------------------------------------------- */

enum {
	ADDRESS_V4 = offsetof(struct bpf_sock_addr, user_ip4),
	ADDRESS_V6 = offsetof(struct bpf_sock_addr, user_ip6),
	PORT = offsetof(struct bpf_sock_addr, user_port),
};

static void call(struct bpf_code *c, const struct isolation *i, bool v6)
{
	uint32_t pass = bpf_code_label(c), drop = bpf_code_label(c), near = bpf_code_label(c),
		 plain = bpf_code_label(c);

	only_in_namespace(c, i, pass);
	if (v6) {
		/* An IPv4 address in the clothes of IPv6 (RFC 4291, 2.5.5.2). */
		bpf_load(c, 4, R1, R6, ADDRESS_V6);
		bpf_jump32_imm(c, BPF_JNE, R1, 0, plain);
		bpf_load(c, 4, R1, R6, ADDRESS_V6 + 4);
		bpf_jump32_imm(c, BPF_JNE, R1, 0, plain);
		bpf_load(c, 4, R1, R6, ADDRESS_V6 + 8);
		bpf_jump32_imm(c, BPF_JNE, R1, (int32_t)htonl(0xffff), plain);
		match_networks(c, i, 4, (struct address_place){ R6, ADDRESS_V6 + 12 }, near);
		bpf_goto(c, drop);
		bpf_code_place(c, plain);
		match_networks(c, i, 6, (struct address_place){ R6, ADDRESS_V6 }, near);
	} else {
		match_networks(c, i, 4, (struct address_place){ R6, ADDRESS_V4 }, near);
	}
	bpf_goto(c, drop);
	bpf_code_place(c, near);
	if (i->port_count) {
		bpf_load(c, 4, R1, R6, PORT);
		match_ports(c, i, pass);
		bpf_goto(c, drop);
	}
	give(c, pass, PASS);
	give(c, drop, DROP);
}

int isolation_compile(const struct isolation *i, enum isolation_hook hook, struct bpf_code *c)
{
	bpf_code_init(c, LIMIT);
	bpf_alu(c, BPF_MOV, R6, R1);
	if (hook == ISOLATE_EGRESS || hook == ISOLATE_INGRESS)
		packet(c, i, hook == ISOLATE_EGRESS);
	else
		call(c, i, hook == ISOLATE_CONNECT6 || hook == ISOLATE_SEND6);
	return bpf_code_finish(c);
}
