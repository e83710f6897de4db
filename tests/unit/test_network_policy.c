/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a network policy lets through, by an evaluator of its own (the semantics are those of the API's
 * documentation: a pod that a policy of a type selects may do what one of its rules of that type says;
 * a rule without "to" is for all peers, one without "ports" for all ports): what was recorded passes,
 * what was not does not.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "base/str.h"
#include "layers.h"
#include "profile/backend/kubernetes.h"
#include "unit.h"

enum { TCP = 6, UDP = 17 };

static const struct backend_options plain = { .name = "merlon-x" };

static const char *protocol_name(int protocol)
{
	return protocol == TCP ? "TCP" : "UDP";
}

static bool ports_match(const json_t *rule, int protocol, unsigned port)
{
	const json_t *ports = json_object_get(rule, "ports"), *p;
	size_t i;

	if (!ports)
		return true;
	json_array_foreach (ports, i, p)
		if (str_eq(json_string_value(json_object_get(p, "protocol")),
			   protocol_name(protocol)) &&
		    json_integer_value(json_object_get(p, "port")) == port)
			return true;
	return false;
}

static bool block_has(const char *cidr, const char *address)
{
	unsigned char net[16], host[16];
	char text[64];
	unsigned bits;
	int family = strchr(cidr, ':') ? AF_INET6 : AF_INET;

	assert_int_equal(sscanf(cidr, "%63[^/]/%u", text, &bits), 2);
	assert_int_equal(inet_pton(family, text, net), 1);
	if (inet_pton(family, address, host) != 1)
		return false;
	for (unsigned i = 0; i < bits; i++)
		if ((net[i / 8] ^ host[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* address "kube-dns": a pod of the cluster's name service. */
static bool peers_match(const json_t *rule, const char *side, const char *address)
{
	const json_t *peers = json_object_get(rule, side), *p;
	size_t i;

	if (!peers)
		return true;
	json_array_foreach (peers, i, p) {
		const json_t *block = json_object_get(p, "ipBlock");
		const json_t *pods = json_object_get(json_object_get(p, "podSelector"),
						     "matchLabels");

		if (block && !str_eq(address, "kube-dns") &&
		    block_has(json_string_value(json_object_get(block, "cidr")), address))
			return true;
		if (pods && str_eq(address, "kube-dns") &&
		    str_eq(json_string_value(json_object_get(pods, "k8s-app")), "kube-dns"))
			return true;
	}
	return false;
}

static bool passes(const json_t *policy, bool egress, int protocol, const char *address,
		   unsigned port)
{
	const json_t *spec = json_object_get(policy, "spec"), *rule;
	size_t i;

	json_array_foreach (json_object_get(spec, egress ? "egress" : "ingress"), i, rule)
		if (ports_match(rule, protocol, port) &&
		    peers_match(rule, egress ? "to" : "from", address))
			return true;
	return false;
}

static json_t *policy_of(const struct profile *p, const struct backend_options *o)
{
	cleanup_buf struct buf comment = BUF_INIT;
	struct error err = ERROR_INIT;
	json_t *policy = NULL;

	check(err.text, kubernetes_network_policy(p, o, &policy, &comment, &err) == 0);
	return policy;
}

static void what_was_recorded(void **state)
{
	static const struct {
		bool egress, passes;
		int protocol;
		const char *address;
		unsigned port;
	} rows[] = {
		{ false, true, TCP, "203.0.113.50", 443 },
		{ false, true, TCP, "2001:db8::1", 443 },
		{ false, false, UDP, "203.0.113.50", 443 },
		{ false, false, TCP, "203.0.113.50", 9090 }, /* on loopback only */
		{ false, true, UDP, "203.0.113.50", 8125 },
		{ false, false, TCP, "203.0.113.50", 22 },
		{ true, true, TCP, "192.0.2.10", 5432 },
		{ true, true, TCP, "192.0.2.11", 5432 },
		{ true, false, TCP, "192.0.2.12", 5432 },
		{ true, false, TCP, "192.0.2.10", 5433 },
		{ true, false, UDP, "192.0.2.10", 5432 },
		{ true, true, TCP, "198.51.100.7", 443 },
		{ true, false, TCP, "198.51.100.8", 443 },
		{ true, true, TCP, "2001:db8::7", 443 },
		{ true, false, TCP, "2001:db8::8", 443 },
		{ true, true, TCP, "192.0.2.99", 6379 }, /* too many to keep */
		{ true, true, TCP, "2001:db8::8", 6379 },
		{ true, true, UDP, "10.96.0.10", 53 },
		{ true, true, TCP, "10.96.0.10", 53 }, /* a long answer */
		{ true, true, UDP, "kube-dns", 53 },
		{ true, true, TCP, "kube-dns", 53 },
		{ true, false, UDP, "8.8.8.8", 53 },
		{ true, false, TCP, "kube-dns", 443 },
		{ true, false, TCP, "127.0.0.1", 9090 },
	};
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_json json_t *policy = NULL;

	layer_add_peer(p, ABI_PEER_LISTEN, TCP, "0.0.0.0", 443);
	layer_add_peer(p, ABI_PEER_LISTEN, TCP, "127.0.0.1", 9090);
	layer_add_peer(p, ABI_PEER_BIND, UDP, "::", 8125);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "192.0.2.10", 5432);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "192.0.2.11", 5432);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "::ffff:198.51.100.7", 443);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "2001:db8::7", 443);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "192.0.2.10", 6379);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, NULL, 6379);
	layer_add_peer(p, ABI_PEER_SEND, UDP, "10.96.0.10", 53);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "127.0.0.1", 9090);
	policy = policy_of(p, &plain);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char row[128];

		snprintf(row, sizeof(row), "%s %s %s %u", rows[i].egress ? "to" : "from",
			 protocol_name(rows[i].protocol), rows[i].address, rows[i].port);
		check_number(row,
			     passes(policy, rows[i].egress, rows[i].protocol, rows[i].address,
				    rows[i].port),
			     rows[i].passes);
	}
}

/* Any recording: all its flows pass, and of others only those that a "many" explains. */
static void chance_recordings(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "192.0.2.2", "198.51.100.3",
						 "2001:db8::1", "2001:db8::2" };
	static const unsigned ports[] = { 53, 80, 443, 5432 };
	struct chance chance = { 7 };

	for (int round = 0; round < 300; round++) {
		bool out[5][4][2] = { { { false } } }, in[4][2] = { { false } },
		     all[4][2] = { { false } };
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_json json_t *policy = NULL;

		for (size_t n = chance_below(&chance, 12); n > 0; n--) {
			size_t a = chance_below(&chance, 6), port = chance_below(&chance, 4),
			       udp = chance_below(&chance, 2);

			if (chance_below(&chance, 3) == 0) {
				layer_add_peer(p, udp ? ABI_PEER_BIND : ABI_PEER_LISTEN,
					       udp ? UDP : TCP, "0.0.0.0", (uint16_t)ports[port]);
				in[port][udp] = true;
			} else if (a == 5) {
				layer_add_peer(p, ABI_PEER_CONNECT, udp ? UDP : TCP, NULL,
					       (uint16_t)ports[port]);
				all[port][udp] = true;
			} else {
				layer_add_peer(p, ABI_PEER_CONNECT, udp ? UDP : TCP, addresses[a],
					       (uint16_t)ports[port]);
				out[a][port][udp] = true;
			}
		}
		policy = policy_of(p, &plain);
		for (size_t port = 0; port < 4; port++) {
			for (int udp = 0; udp < 2; udp++) {
				int protocol = udp ? UDP : TCP;

				check_number("in",
					     passes(policy, false, protocol, "9.9.9.9",
						    ports[port]),
					     in[port][udp]);
				for (size_t a = 0; a < 5; a++) {
					/* Port 53: a name server that was asked by UDP, by TCP too. */
					bool want = out[a][port][udp] || all[port][udp] ||
						    (!port && !udp && (out[a][0][1] || all[0][1]));

					check_number("out",
						     passes(policy, true, protocol, addresses[a],
							    ports[port]),
						     want);
				}
			}
		}
	}
}

/* Nothing recorded: nothing passes; never a policy for all pods of a namespace. */
static void selectors(void **state)
{
	static const char *const some[] = { "app=web", "tier=", "a=b=c", NULL },
				 *const bad[] = { "app", NULL }, *const empty[] = { "=x", NULL };
	cleanup_profile struct profile *p = profile_new("My Shop!");
	struct backend_options o = { 0 };
	cleanup_json json_t *policy = policy_of(p, &o), *labelled = NULL;
	const json_t *labels = json_object_get(
		json_object_get(json_object_get(policy, "spec"), "podSelector"), "matchLabels");
	cleanup_buf struct buf comment = BUF_INIT;
	struct error err = ERROR_INIT;
	json_t *none = NULL;

	assert_int_equal(json_object_size(labels), 1);
	assert_string_equal(json_string_value(json_object_get(labels, "merlon/profile")),
			    "merlon-my-shop");
	assert_int_equal(json_array_size(
				 json_object_get(json_object_get(policy, "spec"), "policyTypes")),
			 2);
	assert_false(passes(policy, true, TCP, "192.0.2.1", 80));
	assert_false(passes(policy, false, TCP, "192.0.2.1", 80));
	o.selectors = some;
	labelled = policy_of(p, &o);
	labels = json_object_get(json_object_get(json_object_get(labelled, "spec"), "podSelector"),
				 "matchLabels");
	assert_string_equal(json_string_value(json_object_get(labels, "app")), "web");
	assert_string_equal(json_string_value(json_object_get(labels, "tier")), "");
	assert_string_equal(json_string_value(json_object_get(labels, "a")), "b=c");
	o.selectors = bad;
	assert_int_equal(kubernetes_network_policy(p, &o, &none, &comment, &err), -EINVAL);
	o.selectors = empty;
	assert_int_equal(kubernetes_network_policy(p, &o, &none, &comment, &err), -EINVAL);
	assert_null(none);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded),
		cmocka_unit_test(chance_recordings),
		cmocka_unit_test(selectors),
	};

	return unit_run(tests);
}
