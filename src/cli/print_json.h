/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for programs that is harmless on a terminal as well: what is hidden stands as escapes. */
#pragma once
#include <jansson.h>
#include <stdio.h>

/* Indented. */
void print_json(const json_t *value);
void fprint_json(const json_t *value, FILE *out);
/* In one line. */
void print_json_line(const json_t *value);
