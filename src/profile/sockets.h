/* SPDX-License-Identifier: Apache-2.0 */
/* What sockets a workload makes: families, types and protocols, for the layers that allow by these. */
#pragma once
#include "profile/policy.h"

enum { SOCKET_TYPE_ANY = 0 }; /* no type has this number */

struct socket_use {
	unsigned family, type, protocol; /* AF_*, SOCK_* without its flags, IPPROTO_* */
};

struct socket_list {
	VEC(struct socket_use) items; /* sorted, each once */
	bool unknown; /* some arguments were not recorded: there may be any socket */
	bool guessed; /* families are those of addresses, as socketcall's arguments are in memory */
};

int socket_list_build(struct socket_list *list, const struct profile *profile,
		      const struct policy_options *options, struct error *err);
void socket_list_deinit(struct socket_list *list);
#define cleanup_socket_list cleanup(socket_list_deinit)
