/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/in.h>
#include <stdio.h>
#include <string.h>

#include "profile/access.h"
#include "uapi/socket.h"

static const struct {
	uint8_t protocol;
	const char *name;
} protocols[] = {
	{ IPPROTO_TCP, "TCP" },
	{ IPPROTO_UDP, "UDP" },
	{ IPPROTO_SCTP, "SCTP" },
};

const char *flow_protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return NULL;
}

void flow_address(const struct flow *f, char out[FLOW_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(f->v6 ? SYS_AF_INET6 : SYS_AF_INET, f->address, text, sizeof(text));
	snprintf(out, FLOW_TEXT_MAX, "%s/%d", text, f->v6 ? 128 : 32);
}

void flow_list_deinit(struct flow_list *list)
{
	vec_deinit(&list->items);
}

static int flow_compare(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;

	if (x->inbound != y->inbound)
		return x->inbound ? -1 : 1;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->any != y->any)
		return x->any ? -1 : 1;
	if (x->v6 != y->v6)
		return x->v6 ? 1 : -1;
	return memcmp(x->address, y->address, sizeof(x->address));
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* The address of a peer in the form of a flow: without the IPv6 form of IPv4. */
static void take_address(struct flow *f, const struct profile_peer *peer)
{
	f->v6 = peer->family == SYS_AF_INET6;
	memcpy(f->address, peer->address, f->v6 ? 16 : 4);
	if (f->v6 && is_zero(f->address, 10) && f->address[10] == 0xff && f->address[11] == 0xff) {
		memmove(f->address, f->address + 12, 4);
		memset(f->address + 4, 0, 12);
		f->v6 = false;
	}
}

/* Loopback, or the unspecified address, which is the same to who sends and all interfaces to who listens. */
static bool is_inside(const struct flow *f)
{
	if (f->v6)
		return is_zero(f->address, 15) && f->address[15] <= 1 &&
		       (f->address[15] || !f->inbound);
	return f->address[0] == 127 || (is_zero(f->address, 4) && !f->inbound);
}

/* A listening port is one in the policy's sense if clients begin there: for UDP, a port that was asked for. */
static bool is_inbound(const struct profile_peer *peer)
{
	return peer->op == ABI_PEER_LISTEN ||
	       (peer->op == ABI_PEER_BIND && peer->protocol == IPPROTO_UDP);
}

static bool is_outbound(const struct profile_peer *peer)
{
	return peer->op == ABI_PEER_CONNECT || peer->op == ABI_PEER_SEND;
}

/* inside: also what stays on the host */
static int flow_add(struct flow_list *list, const struct profile_peer *peer, bool inside)
{
	struct flow f = { .protocol = peer->protocol, .port = peer->port }, *slot;

	if (peer->family != SYS_AF_INET && peer->family != SYS_AF_INET6)
		return 0;
	f.inbound = is_inbound(peer);
	if (!f.inbound && !is_outbound(peer))
		return 0;
	f.any = peer->many && !f.inbound;
	if (!peer->many)
		take_address(&f, peer);
	if (!inside && !f.any && is_inside(&f))
		return 0;
	if (!flow_protocol_name(f.protocol) || !f.port) {
		/* connect() with port 0 sends nothing: it asks for the source address. */
		list->other = list->other || !flow_protocol_name(f.protocol);
		return 0;
	}
	if (f.inbound) { /* which of its own addresses is no matter */
		memset(f.address, 0, sizeof(f.address));
		f.v6 = false;
	}
	slot = vec_add(&list->items);
	if (!slot)
		return -ENOMEM;
	*slot = f;
	return 0;
}

void flow_list_sort(struct flow_list *list)
{
	size_t kept = 0;

	vec_sort(&list->items, flow_compare);
	for (size_t i = 0; i < list->items.len; i++)
		if (!kept || flow_compare(&list->items.items[kept - 1], &list->items.items[i]))
			list->items.items[kept++] = list->items.items[i];
	list->items.len = kept;
}

static int build(struct flow_list *list, const struct profile *p, const struct policy_options *o,
		 bool inside, struct error *err)
{
	int r = 0;

	*list = (struct flow_list){ 0 };
	vec_foreach(peer, &p->peers)
		if (!r && access_layer_is_wanted(peer->layer, o))
			r = flow_add(list, peer, inside);
	if (r) {
		flow_list_deinit(list);
		return error_errno(err, ENOMEM, "network");
	}
	flow_list_sort(list);
	return 0;
}

int flow_list_build(struct flow_list *list, const struct profile *p, const struct policy_options *o,
		    struct error *err)
{
	return build(list, p, o, false, err);
}

int flow_list_all(struct flow_list *list, const struct profile *p, const struct policy_options *o,
		  struct error *err)
{
	return build(list, p, o, true, err);
}

int flow_list_complete_dns(struct flow_list *list)
{
	enum { DNS_PORT = 53 };
	size_t count = list->items.len;

	for (size_t i = 0; i < count; i++) {
		struct flow f = list->items.items[i], *slot;

		if (f.inbound || f.port != DNS_PORT || f.protocol != IPPROTO_UDP)
			continue;
		f.protocol = IPPROTO_TCP;
		slot = vec_add(&list->items);
		if (!slot)
			return -ENOMEM;
		*slot = f;
	}
	flow_list_sort(list);
	return 0;
}
