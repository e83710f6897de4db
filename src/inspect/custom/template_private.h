/* SPDX-License-Identifier: Apache-2.0 */
/* Templates as they are kept: what loads them (template.c), fills them in (template_run.c), and their functions (template_call.c). */
#pragma once
#include "inspect/custom/template.h"

/* U+E000 and U+E001 around a number: letters of nobody's, which a template must not have itself. */
#define MARK_BEGIN "\xee\x80\x80"
#define MARK_END "\xee\x80\x81"

enum { ARGUMENTS_MAX = 16 };

struct template_run {
	const struct template *template;
	struct template_result *result;
	struct arena *arena;
	struct template_value dot;
	struct template_value variables[TEMPLATE_VARIABLES_MAX]; /* 0 is "$" */
	uint64_t steps;
	uint32_t at; /* of what is being called */
};

enum laziness { EAGER, UNTIL_FALSE, UNTIL_TRUE };

struct function {
	const char *name;
	uint8_t least, most; /* arguments */
	enum laziness lazy; /* the last argument that was looked at is the result; there is no call */
	bool (*call)(struct template_run *r, const struct template_value *args, unsigned count,
		     struct template_value *ret);
};
extern const struct function template_functions[]; /* ends with a name that is NULL */

enum term_kind {
	TERM_DOT,
	TERM_VARIABLE,
	TERM_CONSTANT,
	TERM_PIPE,
	TERM_FUNCTION, /* the first of its command, and no other */
};

struct field {
	const char *name;
	struct field *next;
};

struct term {
	enum term_kind kind;
	uint32_t at;	 /* byte of the template */
	uint32_t number; /* of a variable */
	const struct function *function;
	struct template_value constant;
	struct pipe *pipe;
	struct field *fields; /* from there on */
	struct term *next;
};

struct command {
	struct term *terms;
	unsigned count;
	struct command *next;
};

struct pipe {
	uint32_t at;
	struct command *commands;
	uint32_t variables[2]; /* that are set */
	unsigned variable_count;
};

enum item_kind { ITEM_TEXT, ITEM_PRINT, ITEM_SET, ITEM_IF, ITEM_WITH, ITEM_RANGE };

struct item {
	enum item_kind kind;
	struct text text;
	struct pipe *pipe;
	struct item *body, *otherwise, *next;
};

struct template
{
	const struct yaml_node *node;
	struct item *items;
};

/* False, for callers to return. */
bool template_fail(struct template_run *r, uint32_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool template_step(struct template_run *r, uint64_t steps);
bool template_is_true(const struct template_value *v);
/* As it is printed; false: a list or a map, which has no text (r says so). */
bool template_text(struct template_run *r, const struct template_value *v, struct text *ret);
struct template_value template_value_of(const struct yaml_node *n);
struct template_value template_value_of_text(struct text t);
