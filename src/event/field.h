/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields: what a rule may name. One const table; the checker, the evaluator, the JSON output, the
 * command line and the docs read it. Adding a field is one row and, unless an existing accessor does,
 * one accessor.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "event/event.h"
#include "event/scratch.h"
#include "event/value.h"

enum field_flag {
	FIELD_LIST = 1 << 0, /* yields several values at once */
	/* Compared with several values one by one: true if one of them fits. */
	FIELD_ANY = 1 << 1,
	/* The same, but "!=" wants all of them to differ: either end of a connection. */
	FIELD_EITHER = 1 << 2,
	FIELD_CONDITION_ONLY = 1 << 3, /* not in an output */
	FIELD_NO_RIGHT = 1 << 4,       /* neither side of a comparison of fields */
	FIELD_NO_TRANSFORM = 1 << 5,
	FIELD_KERNEL = 1 << 7, /* known in the kernel at the hook: a program there can compare it */
	FIELD_HEX = 1 << 8,    /* shown in hexadecimal */
	FIELD_RAW_TIME = 1 << 9, /* in JSON: nanoseconds since 1970 */
	FIELD_DEPRECATED = 1 << 10,
	FIELD_OURS = 1 << 11,	   /* other engines do not have it */
	FIELD_INSIDE = 1 << 12,	   /* of ancestors those in the same container only */
	FIELD_CONTAINER = 1 << 13, /* what struct event_container says, and nothing else */
};

enum { FIELD_TARGET = 255 };

enum field_arg_kind {
	FIELD_ARG_NONE,
	FIELD_ARG_INDEX, /* [0] may be given */
	FIELD_ARG_INDEX_NEEDED,
	FIELD_ARG_KEY, /* [any text] may be given */
	FIELD_ARG_KEY_NEEDED,
	FIELD_ARG_EITHER, /* a number or a text may be given */
	FIELD_ARG_EITHER_NEEDED,
	FIELD_ARG_DOTTED, /* evt.arg.NAME or evt.arg[0] */
};

struct field_ref;

/* False: the event does not have it, and every check on it is false. */
typedef bool field_get(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret);
enum field_presence {
	FIELD_NEVER,  /* events of this type do not have it */
	FIELD_VARIES, /* it takes an event to know */
	FIELD_FIXED,  /* the same for all events of this type: read it from an empty one */
};
typedef enum field_presence field_presence(const struct field_ref *f, const struct event_type *t);

struct field_def {
	struct text name;
	uint8_t type;	 /* enum value_type */
	uint8_t arg;	 /* enum field_arg_kind */
	uint8_t sources; /* bit per enum event_source */
	uint16_t flags;
	field_get *get;
	field_presence *presence; /* NULL: varies for every type of its sources */
	uint16_t param;		  /* for accessors that serve several rows: an offset or a number */
	uint8_t hop; /* 0: the process itself, 1: its parent, FIELD_TARGET: whom it acts on */
	const char *meaning, *example;
};

extern const struct field_def event_fields[];
extern const uint32_t event_field_count;

/* A field as a rule names it: the definition with its argument. Compiled once. */
struct field_ref {
	const struct field_def *def;
	uint8_t type; /* enum value_type: def->type, or that of the parameter (evt.rawarg) */
	bool has_arg;
	int64_t index;	 /* -1: the argument is no number */
	struct text key; /* the argument as text */
};

/* The field called name (dots and all, no argument); NULL if there is none. */
const struct field_def *field_find(struct text name);
/* The closest name to a misspelt one; NULL if nothing is close. */
const char *field_suggest(struct text name);

/* Binds name and argument (which must live as long as the reference). */
enum field_problem {
	FIELD_OK,
	FIELD_UNKNOWN,
	FIELD_UNKNOWN_PARAM, /* evt.arg.NAME: no event has such a parameter */
	FIELD_ARG_MISSING,
	FIELD_ARG_UNWANTED,
	FIELD_ARG_NOT_NUMBER,
};
enum field_problem field_bind(struct text name, bool has_arg, struct text arg,
			      struct field_ref *ret);

static inline bool field_read(const struct field_ref *f, const struct event *ev, struct scratch *s,
			      struct value *ret)
{
	return f->def->get(f, ev, s, ret);
}

static inline enum field_presence field_presence_in(const struct field_ref *f,
						    const struct event_type *t)
{
	if (!(f->def->sources >> t->source & 1))
		return FIELD_NEVER;
	return f->def->presence ? f->def->presence(f, t) : FIELD_VARIES;
}
