/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of the reader (reader.h): the same functions as for who reads himself. What does not answer in time has
 * failed, is counted, and is left alone for a while, so that a container that delays its answers delays nobody else's events
 * for long.
 */
#pragma once
#include <stdint.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "guard/facts.h"
#include "guard/reader_wire.h"

struct reader_client;

struct reader_numbers {
	uint64_t asked;
	uint64_t given_up[READER_ASKS]; /* took too long */
	uint64_t spared; /* not asked, since it or too much else had taken too long */
};

/* A question that was given up. */
struct reader_given_up {
	enum reader_ask ask;
	uint32_t pid; /* 0: of no process */
	char path[256];
};

extern const char *const reader_ask_names[READER_ASKS];

/* Takes over the descriptors, which are closed even if it fails. */
int reader_client_new(struct reader_client **ret, int asking, int complaints);
void reader_client_free(struct reader_client *c);
DEFINE_CLEANUP(struct reader_client *, reader_client_free)
#define cleanup_reader_client cleanup(reader_client_freep)

/* Both live as long as the client. */
const struct fs_agent *reader_client_agent(struct reader_client *c);
const struct facts *reader_client_facts(struct reader_client *c);

/* last: since it was asked for before, if there was one; one of a process rather than others. */
void reader_client_numbers(struct reader_client *c, struct reader_numbers *ret,
			   struct reader_given_up *last);
