/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 that somebody else wrote: checked, and mended where it has to be text. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

/* The length of the well-formed sequence at s (RFC 3629), or 0. */
size_t utf8_sequence(const unsigned char *s, size_t len);
/* The character of a well-formed sequence of n bytes. */
uint32_t utf8_code_point(const unsigned char *s, size_t n);
/*
 * True for characters that must not be shown as they are: controls (also C1), what ends lines, what changes the
 * direction of others, and what nobody sees, so that two names look alike.
 */
bool utf8_is_hidden(uint32_t c);
bool utf8_valid(struct text t);
/* Appends t; each byte that is not part of a well-formed sequence becomes U+FFFD. */
void utf8_mend(struct buf *out, struct text t);
/* The same into a fixed room; returns the bytes written (at most size, no NUL is added). */
size_t utf8_mend_into(char *out, size_t size, struct text t);
/*
 * Appends t for a person to read on one line: what is hidden becomes escapes (\n, \u001b, \U000e0041), bytes
 * that are no UTF-8 become U+FFFD. No text drives a terminal, forges a line or looks like another by it.
 */
void utf8_show(struct buf *out, struct text t);
/* The same of at most so many bytes of t, cut between characters, with "..." where more would follow. */
void utf8_show_start(struct buf *out, struct text t, uint32_t most);
/* The escape of a character in a string of JSON: \u200b, or two of them; returns out. */
const char *utf8_json_escape(char out[13], uint32_t c);
/*
 * JSON as text, flags as json_dumps() has them. What utf8_show() makes harmless stands as escapes (\\u009b), which mean
 * the same: a line is one to every reader, and nothing drives the terminal that it is looked at on. NULL: no memory.
 */
char *utf8_json_text(const json_t *v, size_t flags);
/* A JSON string of t, mended; JSON null if t is not there. */
json_t *utf8_json(struct text t);
