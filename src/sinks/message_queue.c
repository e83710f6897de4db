/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/message_queue.h"

#include <stdlib.h>
#include <string.h>

struct message {
	struct message *next;
	uint32_t len;
	char data[];
};

bool queue_add(struct message_queue *q, struct text a, struct text b)
{
	size_t len = (size_t)a.len + b.len;
	struct message *m;

	if (q->bytes + len > q->limit)
		return false;
	m = malloc(sizeof(*m) + len);
	if (!m)
		return false;
	m->next = NULL;
	m->len = (uint32_t)len;
	if (a.len)
		memcpy(m->data, a.data, a.len);
	if (b.len)
		memcpy(m->data + a.len, b.data, b.len);
	if (q->tail)
		q->tail->next = m;
	else
		q->head = m;
	q->tail = m;
	q->count++;
	q->bytes += len;
	return true;
}

struct text queue_head(const struct message_queue *q)
{
	return q->head ? text_from(q->head->data + q->written, q->head->len - q->written) :
			 TEXT_NONE;
}

bool queue_wrote(struct message_queue *q, size_t n)
{
	q->written += n;
	if (q->written < q->head->len)
		return false;
	queue_drop_head(q);
	return true;
}

void queue_restart(struct message_queue *q)
{
	q->written = 0;
}

void queue_drop_head(struct message_queue *q)
{
	struct message *m = q->head;

	q->head = m->next;
	if (!q->head)
		q->tail = NULL;
	q->count--;
	q->bytes -= m->len;
	q->written = 0;
	free(m);
}

void queue_deinit(struct message_queue *q)
{
	while (q->head)
		queue_drop_head(q);
}
