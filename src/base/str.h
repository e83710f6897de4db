/* SPDX-License-Identifier: Apache-2.0 */
/* String predicates and conversions that libc lacks. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix);

/* The first n bytes of s as a new string, or NULL. */
char *str_dup_n(const char *s, size_t n);

/* printf into a new string, or NULL. */
char *str_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A whole decimal number, nothing before or after it; false if it isn't one or does not fit. */
bool str_to_u64(const char *s, uint64_t *ret);

/* "250ms", "10s", "5m", "1h30m", "2d" or plain seconds; in nanoseconds. */
bool str_to_duration(const char *s, uint64_t *ret_ns);

/* 1234567 as "1,234,567" in a static buffer (one of eight, used in turn; not for threads). */
const char *str_grouped(uint64_t n);

/* The number of edits (insert, delete, replace, swap of neighbours) between two short names. */
size_t str_distance(const char *a, const char *b);

/*
 * Copies what an untrusted party named so that a terminal can't be driven and a line can't be
 * forged: what is hidden (utf8_is_hidden()) and invalid UTF-8 become \xNN a byte, a backslash doubles.
 * Always terminates; cuts at size with "..." at the end.
 */
void str_printable(char *out, size_t size, const char *in, size_t len);

/* True if str_printable() would change nothing but backslashes: for texts that hold its escapes. */
bool str_is_printable(const char *s);
