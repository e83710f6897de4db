/* SPDX-License-Identifier: Apache-2.0 */
/* What the three files of the parser share: scan.c (characters), operand.c (fields), parse.c. */
#pragma once
#include "rules/parse.h"

struct parser {
	struct arena *arena;
	const struct source *source;
	const char *text;
	uint32_t at, end;
	uint32_t depth;
	bool output; /* names may run into the text behind them */
	struct parse_error *err;
};

/* Records the first error; always NULL. */
void *parse_fail(struct parser *p, uint32_t at, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void *parse_no_memory(struct parser *p);

/* --- scan.c: what is taken is behind the cursor afterwards --- */

static inline char scan_peek(const struct parser *p)
{
	return p->at < p->end ? p->text[p->at] : '\0';
}
static inline struct text scan_taken(const struct parser *p, uint32_t from)
{
	return text_from(p->text + from, p->at - from);
}
bool scan_is_space(char c);
bool scan_is_letter(char c);
bool scan_blank(struct parser *p);
bool scan_take(struct parser *p, const char *token);
/* A word that a blank must follow; the blank is taken too. */
bool scan_word(struct parser *p, struct text word);
bool scan_identifier(struct parser *p, struct text *ret);
/* Two or more identifiers with dots between them. */
bool scan_field_name(struct parser *p, struct text *ret);
bool scan_number(struct parser *p, struct text *ret);
/* 1: taken, 0: not a quoted text, -1: failed. */
int scan_quoted(struct parser *p, struct text *ret);
bool scan_bare(struct parser *p, struct text *ret);
/* What stands at the cursor, for messages: a word or one character. */
struct text scan_here(const struct parser *p);

/* --- operand.c --- */

/* NULL without an error: neither a field nor a transformer stands there. */
struct operand *parse_left_operand(struct parser *p);
/* A transformer, or val(field). NULL without an error: something else stands there. */
struct operand *parse_right_operand(struct parser *p);

/* --- advise.c: hints, all of them static --- */

const char *advise_operator(struct text word);
/* In place of "and", "or" or a bracket; NULL: nothing comes to mind. */
const char *advise_between(struct text word);
const char *advise_check(struct text word);
