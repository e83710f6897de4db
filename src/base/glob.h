/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell patterns as fnmatch(3) with no flags understands them in the C locale, over bytes: "*" (any
 * bytes, slashes too), "?", "[a-z]", "[!a]", "[[:alpha:]]", "\x". Unlike fnmatch it needs no NUL at the
 * end and takes at most pattern times text steps, whatever the pattern.
 */
#pragma once
#include <stdbool.h>

#include "base/text.h"

bool glob_match(struct text pattern, struct text s);
/* Upper and lower case of ASCII are the same. */
bool glob_match_nocase(struct text pattern, struct text s);
/* True if the pattern asks for no byte of its own, so that it fits whatever is long enough: "*", "**", "?*". */
bool glob_is_open(struct text pattern);
/* True if the pattern has a character that does not stand for itself. */
bool glob_is_pattern(struct text pattern);
