/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the paths of a profile, which are text with patterns in it (path_rule.h says how they are
 * written), byte by byte: what each back-end needs to write them in its own dialect.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum path_token_kind {
	PATH_TOKEN_END,
	PATH_TOKEN_BYTE,   /* this byte and no other */
	PATH_TOKEN_STAR,   /* "*": any text within a component */
	PATH_TOKEN_DEEP,   /* "**": any text, slashes too */
	PATH_TOKEN_NUMBER, /* "@{pid}", "@{tid}": digits */
};

struct path_token {
	enum path_token_kind kind;
	unsigned char byte; /* of PATH_TOKEN_BYTE */
	bool escaped; /* written \xNN: not fit to be shown as it is, or special in a pattern */
};

/* The token at *at, which then points behind it. */
struct path_token path_token_next(const char **at);

/* True if the path stands for one file only. */
bool path_is_exact(const char *path);

/* The bytes before the first pattern, as a new string without escapes; NULL when out of memory. */
char *path_literal_prefix(const char *path);

/* The bytes behind the last pattern, likewise. */
char *path_literal_suffix(const char *path);

/*
 * False if no file can have both paths. It looks at the beginnings and ends alone: true may be wrong
 * for two patterns. Out of memory it is true.
 */
bool path_may_meet(const char *a, const char *b);

/* True if path is below directory (given without a slash at its end), or the directory itself. */
bool path_is_below(const char *path, const char *directory);
