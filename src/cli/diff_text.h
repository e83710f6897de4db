/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between profiles, as commands tell of them. */
#pragma once
#include <jansson.h>

#include "profile/diff.h"

/* A line for each on standard output, after indent. */
void diff_print(const struct diff *d, const char *indent);
/* A list with an object for each. */
json_t *diff_to_json(const struct diff *d);
