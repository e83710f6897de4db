/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "profile/flows.h"
#include "unit.h"

enum { TCP = 6, UDP = 17, ICMP = 1, SCTP = 132, V4 = 2, V6 = 10, UNIX = 1 };

#define MAPPED(a, b, c, d)                                                       \
	{                                                                        \
		[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d \
	}

static const struct row {
	struct profile_peer peer;
	const char *want; /* NULL: it is no flow */
} rows[] = {
	{ { .op = ABI_PEER_LISTEN, .family = V4, .protocol = TCP, .port = 80 }, "in TCP 80" },
	{ { .op = ABI_PEER_LISTEN, .family = V6, .protocol = TCP, .port = 80 }, "in TCP 80" },
	{ { .op = ABI_PEER_LISTEN,
	    .family = V4,
	    .protocol = TCP,
	    .port = 80,
	    .address = { 10, 0, 0, 1 } },
	  "in TCP 80" },
	{ { .op = ABI_PEER_LISTEN,
	    .family = V4,
	    .protocol = TCP,
	    .port = 80,
	    .address = { 127, 0, 0, 1 } },
	  NULL },
	{ { .op = ABI_PEER_LISTEN,
	    .family = V6,
	    .protocol = TCP,
	    .port = 80,
	    .address = { [15] = 1 } },
	  NULL },
	{ { .op = ABI_PEER_BIND, .family = V4, .protocol = TCP, .port = 80 },
	  NULL }, /* listen will tell */
	{ { .op = ABI_PEER_BIND, .family = V4, .protocol = UDP, .port = 53 }, "in UDP 53" },
	{ { .op = ABI_PEER_BIND, .family = V4, .protocol = UDP }, NULL },
	{ { .op = ABI_PEER_LISTEN, .family = V4, .protocol = SCTP, .port = 9 }, "in SCTP 9" },
	{ { .op = ABI_PEER_LISTEN, .family = V4, .protocol = TCP, .port = 8, .many = true },
	  "in TCP 8" },
	{ { .op = ABI_PEER_CONNECT,
	    .family = V4,
	    .protocol = TCP,
	    .port = 443,
	    .address = { 192, 0, 2, 1 } },
	  "out TCP 443 192.0.2.1/32" },
	{ { .op = ABI_PEER_SEND,
	    .family = V4,
	    .protocol = UDP,
	    .port = 53,
	    .address = { 192, 0, 2, 2 } },
	  "out UDP 53 192.0.2.2/32" },
	{ { .op = ABI_PEER_CONNECT,
	    .family = V6,
	    .protocol = TCP,
	    .port = 1,
	    .address = { 0x20, 1, 0xd, 0xb8, [15] = 7 } },
	  "out TCP 1 2001:db8::7/128" },
	{ { .op = ABI_PEER_CONNECT,
	    .family = V6,
	    .protocol = TCP,
	    .port = 2,
	    .address = MAPPED(192, 0, 2, 3) },
	  "out TCP 2 192.0.2.3/32" },
	{ { .op = ABI_PEER_CONNECT,
	    .family = V6,
	    .protocol = TCP,
	    .port = 2,
	    .address = MAPPED(127, 0, 0, 1) },
	  NULL },
	{ { .op = ABI_PEER_CONNECT, .family = V4, .protocol = TCP, .port = 3, .address = { 127, 9 } },
	  NULL },
	{ { .op = ABI_PEER_CONNECT, .family = V4, .protocol = TCP, .port = 3 },
	  NULL }, /* 0.0.0.0: itself */
	{ { .op = ABI_PEER_CONNECT, .family = V6, .protocol = TCP, .port = 3 }, NULL },
	{ { .op = ABI_PEER_CONNECT,
	    .family = V6,
	    .protocol = TCP,
	    .port = 3,
	    .address = { [15] = 1 } },
	  NULL },
	{ { .op = ABI_PEER_CONNECT, .family = V4, .protocol = TCP, .port = 4, .many = true },
	  "out TCP 4 any" },
	{ { .op = ABI_PEER_ACCEPT,
	    .family = V4,
	    .protocol = TCP,
	    .port = 5,
	    .address = { 1, 2, 3, 4 } },
	  NULL },
	{ { .op = ABI_PEER_CONNECT, .family = UNIX, .port = 5, .address = { 1 } }, NULL },
	{ { .op = ABI_PEER_CONNECT, .family = V4, .protocol = UDP, .address = { 1, 1, 1, 1 } },
	  NULL },
};

static void flow_text(const struct flow *f, char out[128])
{
	char address[FLOW_TEXT_MAX] = "any";

	if (!f->any)
		flow_address(f, address);
	snprintf(out, 128, "%s %s %d%s%s", f->inbound ? "in" : "out",
		 flow_protocol_name(f->protocol), f->port, f->inbound ? "" : " ",
		 f->inbound ? "" : address);
}

static struct profile *profile_of(const struct profile_peer *peers, size_t count)
{
	struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };

	for (size_t i = 0; i < count; i++) {
		struct profile_peer key = peers[i];

		key.layer = PROFILE_APP;
		assert_non_null(profile_add_peer(p, &key, &e));
	}
	return p;
}

static void single(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_of(&rows[i].peer, 1);
		cleanup_flow_list struct flow_list list = { 0 };
		char row[32], text[128] = "";

		snprintf(row, sizeof(row), "row %zu", i);
		assert_int_equal(flow_list_build(&list, p, &(struct policy_options){ 0 }, NULL), 0);
		check_number(row, list.items.len, rows[i].want != NULL);
		if (rows[i].want) {
			flow_text(&list.items.items[0], text);
			check_text(row, text, rows[i].want);
		}
		check(row, !list.other);
	}
}

/* Whatever the order of peers: the same flows, each once. */
static void order(void **state)
{
	struct profile_peer peers[ARRAY_SIZE(rows)];
	struct chance chance = { 1 };
	char first[4096] = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		peers[i] = rows[i].peer;
	for (int round = 0; round < 20; round++) {
		cleanup_profile struct profile *p = NULL;
		cleanup_flow_list struct flow_list list = { 0 };
		char all[4096] = "";

		chance_shuffle(&chance, peers, ARRAY_SIZE(peers), sizeof(peers[0]));
		p = profile_of(peers, ARRAY_SIZE(peers));
		assert_int_equal(flow_list_build(&list, p, &(struct policy_options){ 0 }, NULL), 0);
		vec_foreach(f, &list.items) {
			flow_text(f, all + strlen(all));
			strcat(all, "\n");
		}
		if (!round)
			strcpy(first, all);
		assert_string_equal(all, first);
		assert_int_equal(list.items.len, 9);
	}
}

static void others(void **state)
{
	const struct profile_peer ping = {
		.op = ABI_PEER_SEND, .family = V4, .protocol = ICMP, .address = { 192, 0, 2, 1 }
	};
	cleanup_profile struct profile *p = profile_of(&ping, 1);
	cleanup_flow_list struct flow_list list = { 0 };

	assert_int_equal(flow_list_build(&list, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_int_equal(list.items.len, 0);
	assert_true(list.other);
}

/* What came in by exec counts only if it is asked for. */
static void layers(void **state)
{
	const struct profile_peer peer = { .op = ABI_PEER_LISTEN,
					   .layer = PROFILE_ENTERED,
					   .family = V4,
					   .protocol = TCP,
					   .port = 1 };
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };

	profile_add_peer(p, &peer, &e);
	for (int with = 0; with < 2; with++) {
		cleanup_flow_list struct flow_list list = { 0 };

		flow_list_build(&list, p, &(struct policy_options){ .with_entered = with }, NULL);
		assert_int_equal(list.items.len, with);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(single),
		cmocka_unit_test(order),
		cmocka_unit_test(others),
		cmocka_unit_test(layers),
	};

	return unit_run(tests);
}
