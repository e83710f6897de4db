/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: a process that looks at what is others', for an engine that must not. It alone may look into any
 * process and any directory; it understands nothing of what it reads, answers a table of questions
 * (reader_wire.h), and says no to paths that are none of the engine's business.
 *
 * What it reads may be a container's doing, and may never come: a file behind a FUSE mount whose server does not
 * answer, memory that is mapped from it. So the engine complains to the parent when an answer takes long, and
 * the parent ends that reader and starts another: the question has failed, and that is all. A reader that merely
 * waits for a processor is left alone for a while.
 *
 *   parent:  reader_new, reader_start, fork of the engine, reader_hand_over; then reader_judge when its fd is readable
 *   engine:  reader_take, then through reader_client.h
 */
#pragma once
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "guard/facts.h"

struct reader;

struct reader_options {
	const char *user;   /* of privilege_drop() */
	char *const *trees; /* paths that may be read with all below them: rules. Borrowed. */
	size_t tree_count;
};

int reader_new(struct reader **ret, const struct reader_options *o, struct error *err);
/* Ends the process, in the parent. */
void reader_free(struct reader *r);
DEFINE_CLEANUP(struct reader *, reader_free)
#define cleanup_reader cleanup(reader_freep)

/* Starts the process. */
int reader_start(struct reader *r, struct error *err);
pid_t reader_pid(const struct reader *r);

/* In the parent, once the engine is there: the engine's ends are closed. */
void reader_hand_over(struct reader *r);
/* Readable when there is a complaint; -1 before reader_hand_over(). */
int reader_complaints(const struct reader *r);
/* Looks at one; true: another process reads from now on. */
bool reader_judge(struct reader *r);

/* In the engine: the socket for questions and the pipe for complaints, which are the caller's; the rest is closed. */
void reader_take(struct reader *r, int *ret_socket, int *ret_complaints);
