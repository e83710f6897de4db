/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors.
 *
 * A function that can fail returns an int: 0 is success, a negative errno is fatal and only passed
 * up, a positive value is a condition documented by that function. Where a person will read the
 * reason, the last parameter is a struct error: the place that knows the reason fills it, callers
 * on the way may put their own words in front, and main() prints it once. Library code never logs.
 */
#pragma once
#include <stddef.h>

struct error {
	int code; /* positive errno, 0 while unset */
	char text[1024];
};

#define ERROR_INIT ((struct error){ 0 })

/* Fills *err (which may be NULL) and returns -code, so that it can be returned at once. */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), followed by ": " and the system's words for code. */
int error_errno(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts words in front of what *err says; returns -err->code. */
int error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
