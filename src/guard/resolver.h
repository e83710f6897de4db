/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's process that looks names up, as this machine does (files, DNS, whatever nsswitch.conf says): a question is a
 * packet, its answer another. Each is looked up by a child, which has its time and ends: what a server answers can harm, or hold
 * up, nothing but that.
 */
#pragma once
#include "guard/domain_table.h"

enum { RESOLVER_SECONDS = 10 }; /* for one name */

struct resolver_question {
	char name[DOMAIN_NAME_MAX + 1];
};

struct resolver_answer {
	char name[DOMAIN_NAME_MAX + 1];
	uint32_t count; /* 0: it leads nowhere, or that took too long */
	struct address addresses[DOMAIN_ADDRESSES_MAX];
};

/* Answers what comes through the socket (SOCK_SEQPACKET) until nobody asks any longer. */
int resolver_serve(int socket);

/* --- who asks ------------------------------------------------------------------------------------------ */

struct resolver_client {
	struct domain_table *table;
	int socket;  /* -1: there is nobody to ask */
	bool asking; /* one question at a time */
	bool ended;  /* whoever answered is gone */
};

/* Takes over the socket. */
int resolver_client_init(struct resolver_client *c, int socket);
void resolver_client_deinit(struct resolver_client *c);

/* Takes answers and asks what is due, without waiting. */
void resolver_client_turn(struct resolver_client *c, int64_t now_ns);
/* The same until every name was answered once, or the time is up. */
void resolver_client_wait(struct resolver_client *c, int64_t for_ns);
