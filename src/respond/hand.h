/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that carries responses out. It has the privileges that the engine must not have, and reads nothing but
 * requests of fixed size, /proc, and its own ledger. Each request is checked against the machine before anything is
 * touched: see target.h for who is never hit.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

struct hand;

struct hand_options {
	int fd;			 /* SOCK_SEQPACKET: requests come, replies go. Borrowed */
	pid_t parent;		 /* the guard's */
	char *const *containers; /* ids or names: only these may be touched; none: all */
	size_t container_count;
	const char *ledger; /* NULL: LEDGER_PATH */
	uint64_t confirm_ns; /* a policy that was not confirmed is undone after this; 0: none needs to be */
};

/* Everything that needs more than the privileges that it keeps (ROLE_HAND of guard/privilege.h): to be done before. */
int hand_new(struct hand **ret, const struct hand_options *o, struct error *err);
void hand_free(struct hand *h);
DEFINE_CLEANUP(struct hand *, hand_free)
#define cleanup_hand cleanup(hand_freep)

/* Until the other side closes. 0 then, or -errno. */
int hand_run(struct hand *h);
