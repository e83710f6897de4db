/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/vec.h"
#include "event/member.h"
#include "event/stream.h"

/* A type as the writer of a binary stream knew it. */
struct stream_type {
	const struct event_type *type; /* NULL: unknown here */
	int8_t slots[64];	       /* by the writer's parameter number; -1: unknown here */
	uint32_t param_count;
};

struct event_reader {
	const char *name;
	struct text content;
	size_t at;
	uint32_t line;
	enum stream_form form;
	bool keep, have_header;
	struct arena definitions, event;
	struct text hostname;
	uint64_t start_ns, number;
	int64_t last_ns;

	/* JSON: definitions by name */
	struct table processes, containers;
	/* binary: by number */
	VEC(struct process *) process_list;
	VEC(struct event_container *) container_list;
	VEC(struct stream_type *) types;

	json_t *audit;	    /* of the current event */
	VEC(json_t *) kept; /* of all events, if they are kept */
};

/* Where strings and objects of the current event go. */
static inline struct arena *stream_event_arena(struct event_reader *r)
{
	return r->keep ? &r->definitions : &r->event;
}

/* Takes over a reference to the audit record of the current event. */
int stream_set_audit(struct event_reader *r, struct event *ev, json_t *audit);
/* Fills what a process composes: its command line. */
bool stream_finish_process(struct process *p, struct arena *a);
bool stream_parse_mount(struct text t, struct mount *ret);
void stream_format_mount(const struct mount *m, struct buf *out);

/* stream_json.c */
int stream_json_next(struct event_reader *r, struct event *ev, struct error *err);
json_t *stream_json_member(const struct member *m, const void *object);
json_t *stream_json_arg(const struct event_param *p, const struct event_arg *arg);
extern const char *const stream_fd_names[FD_TYPES];

/* stream_binary.c */
int stream_binary_next(struct event_reader *r, struct event *ev, struct error *err);

#define STREAM_MAGIC "MERLNEVT"
enum { RECORD_HEADER = 1, RECORD_TYPE, RECORD_CONTAINER, RECORD_PROCESS, RECORD_EVENT };
/* Members of an event in the binary form. */
enum {
	EVENT_FIELD_TYPE = 1,
	EVENT_FIELD_TIME,
	EVENT_FIELD_NUMBER,
	EVENT_FIELD_PROCESS,
	EVENT_FIELD_RESULT,
	EVENT_FIELD_FD_NUM,
	EVENT_FIELD_TID,
	EVENT_FIELD_VTID,
	EVENT_FIELD_CPU,
	EVENT_FIELD_NAME_CHANGED,
	EVENT_FIELD_FD,
	EVENT_FIELD_AUDIT,
	EVENT_FIELD_TARGET,
	EVENT_FIELD_ARG = 64,
};
enum { ARG_INT, ARG_UINT, ARG_TEXT, ARG_BYTES, ARG_EXACT = 0x40, ARG_RESOLVED = 0x80 };
