/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which objects of a cluster are judged: a ReplicaSet that a Deployment made, and its pods, repeat what the
 * Deployment says, so each weakness is told once. An owner that was not seen stands for nothing, so a name
 * that somebody wrote down hides nothing.
 */
#pragma once
#include "base/arena.h"
#include "base/table.h"
#include "inspect/kind.h"

struct yaml_node;

enum owner_verdict {
	OWNER_NONE,   /* it speaks for itself */
	OWNER_STANDS, /* what made it was seen, and says the same */
	OWNER_AGAIN,  /* it was seen before: lists may repeat themselves */
	OWNER_MEMORY  /* out of memory */
};

struct owners {
	struct arena arena;
	struct table uids; /* to the kind_def of what has it */
};

#define OWNERS_INIT ((struct owners){ .arena = ARENA_INIT((size_t)512 << 20) })

/* Remembers the object. Makers are to be taken before what they make: owner_round() says when. */
enum owner_verdict owners_take(struct owners *o, int kind, const struct yaml_node *object);
/* 0, 1, 2: kinds of a later round are made by those of earlier ones. */
unsigned owner_round(int kind);
enum { OWNER_ROUNDS = 3 };

void owners_deinit(struct owners *o);
#define cleanup_owners cleanup(owners_deinit)
