/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON that somebody else wrote, with jansson: a cursor that remembers where it is, so that
 * an error names the place ("/syscalls/3/arch: ..."), and fails once for all that follows.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

#define cleanup_json cleanup(json_decrefp) /* json_decrefp() is jansson's own */

struct json_reader {
	const char *file; /* for messages */
	struct error *err;
	bool failed;
	char path[256]; /* JSON pointer of the value under the cursor */
	size_t path_len;
};

/* Parses text; on a syntax error fills err with file:line:column and returns NULL. */
json_t *json_parse(const char *file, const char *text, size_t len, struct error *err);

/* Descend into a member or element and come back. */
size_t json_enter(struct json_reader *r, const char *name);
size_t json_enter_at(struct json_reader *r, size_t index);
void json_leave(struct json_reader *r, size_t mark);

/* Records the first error; always returns false. */
bool json_fail(struct json_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Typed members of an object. A missing one is an error if required, else leaves *ret alone. */
bool json_get_string(struct json_reader *r, const json_t *o, const char *name, bool required,
		     size_t max, const char **ret);
bool json_get_u64(struct json_reader *r, const json_t *o, const char *name, bool required,
		  uint64_t max, uint64_t *ret);
bool json_get_bool(struct json_reader *r, const json_t *o, const char *name, bool *ret);
/* An array or object member; NULL if it is absent (and not required) or of another type. */
const json_t *json_get_array(struct json_reader *r, const json_t *o, const char *name,
			     bool required, size_t max);
const json_t *json_get_object(struct json_reader *r, const json_t *o, const char *name,
			      bool required);
/* As json_get_string() with a copy owned by the caller in *ret (which is freed first). */
bool json_get_copy(struct json_reader *r, const json_t *o, const char *name, size_t max,
		   char **ret);

/* A 64-bit number: an integer, or a string "0x..." where a signed one can't hold it. */
json_t *json_u64(uint64_t n);
bool json_u64_value(const json_t *v, uint64_t *ret);

/* Sets a member to a string unless it is NULL. */
void json_set_string(json_t *o, const char *name, const char *value);
