/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait to be written, whole and in order, within a limit of bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

struct message;

struct message_queue {
	struct message *head, *tail;
	size_t count, bytes, limit;
	size_t written; /* of the head */
};

/* False: there is no room (or no memory), and it is not in the queue. */
bool queue_add(struct message_queue *q, struct text a, struct text b);
/* What is left of the head; data NULL: there is none. */
struct text queue_head(const struct message_queue *q);
/* So much of the head was written; true if that was all of it (it is gone then). */
bool queue_wrote(struct message_queue *q, size_t n);
/* The head from its beginning again: what it was written to is gone. */
void queue_restart(struct message_queue *q);
void queue_drop_head(struct message_queue *q);
void queue_deinit(struct message_queue *q);
