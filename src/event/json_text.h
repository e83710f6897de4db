/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as text, composed in a scratch room: jansson's own dumper allocates. */
#pragma once
#include <jansson.h>

#include "event/scratch.h"

enum { JSON_TEXT_DEPTH_MAX = 64 };

/* A string as it is; anything else as compact JSON. False if there is no value or no room. */
bool json_text(const json_t *v, struct scratch *s, struct text *ret);
/* Any value as JSON on several lines, two blanks a level. */
bool json_text_indented(const json_t *v, struct scratch *s, struct text *ret);
/* The value behind a pointer ("/spec/containers/0", the first slash may be left out), or NULL. */
const json_t *json_text_pointer(const json_t *v, struct text pointer);
