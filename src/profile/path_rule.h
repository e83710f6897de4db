/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: how they are written in a profile, and how many of them become one pattern.
 *
 * In a profile a path is text: control bytes, invalid UTF-8, the backslash and the characters that
 * patterns are made of are written \xNN. What is left of "*" and "**" means what it means in a
 * shell: within a component, and across components. "@{pid}" and "@{tid}" stand for numbers.
 */
#pragma once
#include "profile/profile.h"

/* The text for raw bytes of a path; NULL when out of memory. */
char *profile_path_escape(const char *raw, size_t len);

/* The bytes behind a text that is no pattern; NULL if it is one or out of memory. */
char *profile_path_unescape(const char *text, size_t *ret_len);

/* Resolves ".", ".." and "//" in an absolute path, in place: as text, following no links. */
void profile_path_normalise(char *path);

/* The static name of a rule, for a name read from a file; NULL if there is none. */
const char *profile_path_rule(const char *name);

/*
 * Generalises the files of a profile: volumes (paths below which everything belongs to the data, not
 * to the image) to all that is below VOLUME, numbers, temporary names and library versions to patterns. Paths
 * that became a pattern keep some of their originals as evidence. The profile is sorted afterwards.
 */
int profile_generalise(struct profile *p, char *const *volumes, size_t volume_count);
