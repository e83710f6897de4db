/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls become events, what the kernel is to tell of each, and where its arguments go. */
#pragma once
#include "abi/record.h"

#include "abi/event.h"
#include "event/event.h"

/* Where the value of an event's argument comes from. */
enum call_source {
	SOURCE_NONE,
	SOURCE_ARG, /* + 0..5: a register */
	/*
	 * The same where the kernel takes 32 bits of it (int, unsigned int, umode_t, uid_t): what a program
	 * leaves in the high half is not there for the kernel, and must not be for rules.
	 */
	SOURCE_LOW = SOURCE_ARG + 6,   /* + 0..5 */
	SOURCE_INT = SOURCE_LOW + 6,   /* + 0..5: the low half, signed */
	SOURCE_TEXT = SOURCE_INT + 6,  /* + 0..1: a text as it was written */
	SOURCE_PATH = SOURCE_TEXT + 2, /* + 0..1: the same, and what it leads to */
	SOURCE_WORD = SOURCE_PATH + 2, /* + 0..3: 64 bits out of the bytes */
	SOURCE_DEVICE = SOURCE_WORD + 4,
	SOURCE_INODE,
	SOURCE_ADDRESS, /* the bytes as a socket address */
	SOURCE_STRING,	/* the bytes as a text */
	SOURCE_HALF,	/* + 0..7: 32 bits out of the bytes */
	SOURCE_CAPSET = SOURCE_HALF +
			8, /* + 0..2: effective, permitted, inheritable, as capset(2) has them */
	SOURCE_DATA = SOURCE_CAPSET + 3, /* what was sent */
};

/* Whom the call is about. */
enum call_target {
	TARGET_NONE,
	TARGET_PIDFD,
	TARGET_ARG, /* + 0..5: a number where the caller is; of a group if it is negative */
};

enum { CALL_SOURCES = 8 };

struct call_row {
	const char *call;
	const char *type; /* of the event; NULL: as the call */
	struct abi_event_plan plan;
	uint8_t sources[CALL_SOURCES]; /* enum call_source, by slot */
	uint8_t target;		       /* enum call_target */
	bool not_compat;	       /* the 32-bit call of that name takes something else */
	uint16_t no_call;	       /* it is none, but told by this number; 0: it is one */
};

extern const struct call_row call_rows[];
extern const size_t call_row_count;

/* Rows and plans by table * ABI_CALL_NR_MAX + nr. */
enum { CALL_SLOTS = ABI_TABLES * ABI_CALL_NR_MAX };
struct call_table {
	const struct call_row *rows[CALL_SLOTS];
	const struct event_type *types[CALL_SLOTS];
	struct abi_event_plan plans[CALL_SLOTS]; /* of what is wanted */
};
/* Every call is wanted then. */
void call_table_fill(struct call_table *t);
/* Leaves the plans of calls that yield these types; NULL: all. What those need to be known stays. */
void call_table_want(struct call_table *t, const struct type_set *types);
