/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles of files, peers and capabilities, from short tables, for the tests of layers. */
#pragma once
#include "profile/profile.h"

struct layer_file {
	const char *path;
	uint32_t ops, flags;
	const char *rule;
	enum profile_layer layer; /* 0, which is the setup: taken for the workload's */
};

void layer_add_file(struct profile *p, const struct layer_file *file);
void layer_add_peer(struct profile *p, enum abi_peer_op op, uint8_t protocol, const char *address,
		    uint16_t port);
void layer_add_cap(struct profile *p, unsigned cap, enum abi_cap_outcome outcome);
