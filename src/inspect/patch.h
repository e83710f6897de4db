/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of RFC 6902 on values of JSON: what a fix comes to in an object that is at hand. */
#pragma once
#include <jansson.h>

#include "inspect/check.h"

/* What a pointer (RFC 6901) names in a value, borrowed; NULL: nothing. */
json_t *pointer_find(json_t *value, const char *pointer);

/*
 * The one operation that does what the fix says at a place of the object: "add" with all that is missing
 * around it, "replace", or "remove" of it and of what would be empty without it. Owned by the caller;
 * NULL: there is nothing to do, or the object has something else there.
 */
json_t *patch_plan(json_t *object, const char *pointer, enum fix_op op, const json_t *value);

/* Whether it changes what somebody has set there: what is harmless only adds. */
bool patch_is_careful(json_t *object, const char *pointer, const json_t *operation);

/* Does what patch_plan() gave; false: it does not fit the object. */
bool patch_apply(json_t *object, const json_t *operation);

/* The last token of a pointer, unescaped and owned by the caller; the length of what is before. */
char *pointer_last(const char *pointer, size_t *ret_parent);
