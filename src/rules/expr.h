/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions as trees. The parser builds them with names and texts only; the checker (check.h) binds
 * fields and types in place. A macro's tree is shared by all who use it, so a whole rule set is one
 * directed graph without cycles. Everything lives in the arena of the rule set.
 */
#pragma once
#include "event/field.h"
#include "rules/source.h"

/* The types for which events can make a condition true, and those for which they can make it false. */
struct type_truth {
	struct type_set can_be_true, can_be_false;
};

enum rule_op {
	OP_EXISTS,
	OP_EQ, /* "=" and "==" */
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_BCONTAINS,
	OP_STARTSWITH,
	OP_BSTARTSWITH,
	OP_ENDSWITH,
	OP_GLOB,
	OP_IGLOB,
	OP_REGEX,
	OP_IN,
	OP_INTERSECTS,
	OP_PMATCH,
	RULE_OPS
};

/* What the right side of an operator may be. */
enum rule_op_kind { OP_UNARY, OP_NUMBER, OP_STRING, OP_LIST };

struct rule_op_def {
	struct text name;
	enum rule_op_kind kind;
	uint16_t types; /* bit per enum value_type that it compares */
	bool on_lists;	/* works on fields that yield lists */
};
extern const struct rule_op_def rule_ops[RULE_OPS];
/* -1: no such operator. */
int rule_op_find(struct text name);

/* "oneof (...)": how many of the values on the right must fit. */
enum rule_modifier {
	MODIFIER_NONE,
	MODIFIER_ONEOF,
	MODIFIER_ANYOF,
	MODIFIER_ALLOF,
	RULE_MODIFIERS
};
extern const struct text rule_modifiers[RULE_MODIFIERS];

enum rule_transform {
	TRANSFORM_TOLOWER,
	TRANSFORM_TOUPPER,
	TRANSFORM_B64,
	TRANSFORM_BASENAME,
	TRANSFORM_LEN,
	TRANSFORM_JOIN,
	TRANSFORM_CONCAT,
	TRANSFORM_GETOPT,
	TRANSFORM_VAL, /* on the right side only: the field itself */
	RULE_TRANSFORMS
};
extern const struct text rule_transforms[RULE_TRANSFORMS];

enum operand_kind {
	OPERAND_FIELD,
	OPERAND_TRANSFORM,
	OPERAND_TEXT, /* a quoted text or a number among a transformer's arguments */
	OPERAND_LIST, /* (a, b) among a transformer's arguments */
};

struct operand {
	enum operand_kind kind;
	enum rule_transform transform;
	uint32_t at;	  /* in the source */
	struct text text; /* the field's name, or the text */
	bool has_arg;
	struct text arg;
	struct operand **items;
	uint32_t count;

	/* bound by the checker */
	struct field_ref field;
	uint8_t type; /* enum value_type */
	bool list;
};

/* A value on the right side. */
struct literal {
	struct text text;
	uint32_t at;
	bool quoted;
};

enum check_state {
	CHECK_NEW,
	CHECK_GOOD,
	CHECK_UNKNOWN /* names what does not exist */,
	CHECK_BAD
};

struct rule_macro;

struct check {
	struct operand *left;
	enum rule_op op;
	enum rule_modifier modifier;
	struct operand *right; /* a field or transformer; else the literals */
	struct literal *literals;
	uint32_t literal_count;
	bool right_in_parens;

	/* bound by the checker */
	enum check_state state;
	struct value *values; /* literal_count of them */
	bool reported;
	bool types_known; /* types is filled: see types.h */
	struct type_truth types;
};

enum expr_kind { EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_MACRO, EXPR_CHECK };

struct expr {
	enum expr_kind kind;
	uint32_t at;
	const struct source *source;
	union {
		struct { /* EXPR_AND, EXPR_OR */
			struct expr **items;
			uint32_t count;
		} group;
		struct expr *child; /* EXPR_NOT */
		struct {
			struct text name;
			struct rule_macro *target; /* bound when macros are resolved */
			struct expr *body;
		} macro;
		struct check check;
	};
};

static inline struct diag_place expr_place(const struct expr *e)
{
	return source_place(e->source, e->at);
}

/* Calls fn for every node below e, macros' bodies included; a false ends the walk. */
bool expr_walk(struct expr *e, bool (*fn)(struct expr *e, void *context), void *context);
