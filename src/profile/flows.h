/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traffic of a workload that leaves or enters its host, for layers that allow by address and port.
 * What stays inside (loopback, AF_UNIX, netlink) is not in it.
 */
#pragma once
#include "profile/policy.h"

struct flow {
	uint8_t protocol; /* IPPROTO_* */
	uint16_t port;
	bool inbound; /* it listens on port; otherwise it sends to it */
	bool any;     /* outbound, to addresses that were too many to keep */
	bool v6;
	uint8_t address[16]; /* outbound: 4 or 16 bytes; a mapped IPv4 address is an IPv4 address */
};

struct flow_list {
	VEC(struct flow) items; /* sorted, each once */
	bool other;		/* peers of families or protocols that have no ports */
};

int flow_list_build(struct flow_list *list, const struct profile *p, const struct policy_options *o,
		    struct error *err);
/* The same with what stays on the host: loopback, as who decides about each connection sees it. */
int flow_list_all(struct flow_list *list, const struct profile *p, const struct policy_options *o,
		  struct error *err);
/* A name server that was asked by UDP is asked by TCP when the answer is long. -ENOMEM. */
int flow_list_complete_dns(struct flow_list *list);
/* Sorts, and removes what is there twice. */
void flow_list_sort(struct flow_list *list);
void flow_list_deinit(struct flow_list *list);
#define cleanup_flow_list cleanup(flow_list_deinit)

/* "TCP", "UDP", "SCTP", as manifests spell it; NULL for others. */
const char *flow_protocol_name(uint8_t protocol);

enum { FLOW_TEXT_MAX = 64 };
/* "192.0.2.1/32" */
void flow_address(const struct flow *f, char out[FLOW_TEXT_MAX]);
