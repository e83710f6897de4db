/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of recorded events: a compact binary form and a twin of JSON lines. docs/event-format.md
 * describes both. Processes and containers are defined once and named by the events that follow.
 * Reading is bounded; what is not understood but well-formed is passed over, as later versions may
 * add to it.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/table.h"
#include "event/event.h"

enum {
	STREAM_VERSION = 1,
	STREAM_RECORD_MAX = 16 << 20,
	STREAM_MEMORY_MAX = 512 << 20, /* of definitions, and of events that are kept */
	STREAM_OBJECTS_MAX = 1 << 20,  /* processes, containers */
	STREAM_LIST_MAX = 4096,	       /* arguments, variables, labels of one */
	STREAM_HOSTNAME_MAX = 256,
	STREAM_WRITER_MAX =
		1 << 16, /* a writer defines again what it wrote when it has written so many */
};

enum stream_form { STREAM_BINARY, STREAM_JSON };

/* The form of a stream, by how it begins. */
enum stream_form event_stream_form(struct text content);

/* --- reading --- */

struct event_reader;

/*
 * Reads content (which must live as long as the reader); the form is found out. name is for messages.
 * keep: events that were read stay valid until the reader is freed, not only until the next.
 */
int event_reader_new(struct event_reader **ret, const char *name, struct text content, bool keep,
		     struct error *err);
/* A reader without content, for records that are given one by one. */
int event_reader_new_empty(struct event_reader **ret, const char *name, bool keep,
			   struct error *err);
void event_reader_free(struct event_reader *r);

/* 1: *ev is filled; 0: the end; -errno with *err. */
int event_reader_next(struct event_reader *r, struct event *ev, struct error *err);
/* One record of the JSON form, taken over by the reader: 1: an event, 0: a definition. */
int event_reader_json(struct event_reader *r, json_t *record, struct event *ev, struct error *err);

/* --- writing --- */

struct event_writer;

int event_writer_new(struct event_writer **ret, enum stream_form form, struct text hostname);
void event_writer_free(struct event_writer *w);
/* Appends ev, and what it refers to and was not written before, to out. */
int event_writer_add(struct event_writer *w, const struct event *ev, struct buf *out);

DEFINE_CLEANUP(struct event_reader *, event_reader_free)
DEFINE_CLEANUP(struct event_writer *, event_writer_free)
#define cleanup_event_reader cleanup(event_reader_freep)
#define cleanup_event_writer cleanup(event_writer_freep)
