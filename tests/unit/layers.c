/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"

#include <arpa/inet.h>

#include "profile/path_rule.h"
#include "unit.h"

static const struct profile_evidence once = { 0, 1, 0, 0 };

void layer_add_file(struct profile *p, const struct layer_file *file)
{
	struct profile_file *f = profile_add_file(p, file->path, file->ops, file->flags,
						  file->layer ? file->layer : PROFILE_APP, &once);

	assert_non_null(f);
	if (file->rule)
		f->rule = profile_path_rule(file->rule);
	check(file->path, !file->rule == !f->rule);
}

void layer_add_peer(struct profile *p, enum abi_peer_op op, uint8_t protocol, const char *address,
		    uint16_t port)
{
	struct profile_peer peer = {
		.op = op, .layer = PROFILE_APP, .protocol = protocol, .port = port
	};

	peer.many = !address;
	peer.family = address && strchr(address, ':') ? AF_INET6 : AF_INET;
	if (address)
		check_number(address, inet_pton(peer.family, address, peer.address), 1);
	assert_non_null(profile_add_peer(p, &peer, &once));
}

void layer_add_cap(struct profile *p, unsigned cap, enum abi_cap_outcome outcome)
{
	const struct profile_cap key = { .cap = cap, .layer = PROFILE_APP, .outcome = outcome };

	assert_non_null(profile_add_cap(p, &key, &once));
}
