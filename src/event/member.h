/* SPDX-License-Identifier: Apache-2.0 */
/* The members of processes, containers and descriptors as event files have them: one table for both forms. */
#pragma once
#include "event/event.h"

enum member_kind {
	MEMBER_TEXT,
	MEMBER_TEXTS,
	MEMBER_I64,
	MEMBER_U64,
	MEMBER_U32,
	MEMBER_U16,
	MEMBER_BOOL,
	MEMBER_ADDRESS,
	MEMBER_CAPABILITIES, /* a 64-bit set */
	MEMBER_FD_TYPE,
	MEMBER_MOUNTS, /* "source:destination:mode:true|false:propagation" */
};

struct member {
	uint8_t id; /* in the binary form: never reused */
	uint8_t kind;
	uint16_t offset;
	const char *name, *meaning;
};

struct member_table {
	const char *name;
	const struct member *items;
	uint32_t count;
	const void *standard; /* an object with nothing set */
	size_t size;
};

extern const struct member_table member_process, member_container, member_fd;

/* NULL: no such member. */
const struct member *member_find(const struct member_table *t, struct text name);
const struct member *member_by_id(const struct member_table *t, uint64_t id);
/* Whether the object differs from one with nothing set. */
bool member_is_set(const struct member_table *t, const struct member *m, const void *object);
