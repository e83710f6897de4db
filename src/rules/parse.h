/* SPDX-License-Identifier: Apache-2.0 */
/* The condition language: from text to trees. Pure; bounded by the length of the text and by depth. */
#pragma once
#include "rules/expr.h"

enum { PARSE_DEPTH_MAX = 199 }; /* nested brackets */

struct parse_error {
	uint32_t at;
	char text[256];
	const char *hint; /* static, or NULL */
};

/* NULL with *err filled; also when the arena refuses. */
struct expr *parse_condition(struct arena *a, const struct source *s, struct parse_error *err);

/*
 * A field or transformer at the beginning of text[at..end), as in an output; *ret_end: behind it.
 * exists says which names are fields: the longest one that is wins, as in outputs a name may run into
 * the text behind it.
 */
struct operand *parse_output_operand(struct arena *a, const struct source *s, uint32_t at,
				     uint32_t *ret_end, struct parse_error *err);

/* A whole text that is one field or transformer: in exceptions. */
struct operand *parse_operand(struct arena *a, const struct source *s, struct parse_error *err);

/* Whether a text can stand as a value without quotes. */
bool parse_is_bare(struct text t);
bool parse_is_identifier(struct text t);
