/* SPDX-License-Identifier: Apache-2.0 */
/* Typed values: what a field of an event yields and what a rule compares it with. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum value_type {
	VALUE_STRING,
	VALUE_BYTES,
	VALUE_INT,
	VALUE_UINT,
	VALUE_UINT32, /* ids: a rule may say -1 for the largest */
	VALUE_PORT,
	VALUE_BOOL,
	VALUE_TIME,	/* nanoseconds since 1970 */
	VALUE_DURATION, /* nanoseconds */
	VALUE_ADDRESS,
	VALUE_NETWORK, /* in an event an address, in a rule a network */
	VALUE_TYPES
};

/* What can be done with values of a type. */
struct value_type_def {
	const char *name;
	bool number, ordered; /* ordered: "<" means something */
};
extern const struct value_type_def value_types[VALUE_TYPES];

struct address {
	uint8_t family; /* 4, 6; 0: there is none */
	uint8_t bytes[16];
};

struct network {
	struct address address;
	uint8_t prefix; /* bits */
};

/*
 * A value, or a list of values of the same type (list is set; len counts them). Strings, addresses and
 * lists are borrowed: from the event, from the scratch room, or from a compiled rule.
 */
struct value {
	union {
		const char *string; /* and bytes; len of them */
		int64_t i;
		uint64_t u;
		const struct address *address;
		const struct network *network;
		const struct value *items;
	};
	uint32_t len;
	uint8_t type;
	bool list;
};

static inline struct text value_text(const struct value *v)
{
	return text_from(v->string, v->len);
}

static inline struct value value_of_text(struct text t)
{
	return (struct value){ .string = t.data, .len = t.len, .type = VALUE_STRING };
}

bool address_parse(struct text s, struct address *ret);
/* "10.0.0.0/8", "fe80::/10"; without a slash the whole address. */
bool network_parse(struct text s, struct network *ret);
bool network_has(const struct network *n, const struct address *a);
static inline bool address_eq(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

enum { ADDRESS_TEXT_MAX = 46 };
void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/* Text as alerts show it; lists as "(a,b)". */
void value_render(const struct value *v, struct buf *out);
/* The same typed: numbers as numbers, lists as arrays. NULL when out of memory. */
json_t *value_json(const struct value *v);
