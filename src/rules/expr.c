/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/expr.h"

#include <assert.h>

#include "base/cleanup.h"

#define T(type) (1u << VALUE_##type)
#define NUMBERS (T(INT) | T(UINT) | T(UINT32) | T(PORT) | T(TIME) | T(DURATION))
#define ADDRESSES (T(ADDRESS) | T(NETWORK))
#define EVERYTHING (NUMBERS | ADDRESSES | T(STRING) | T(BYTES) | T(BOOL))

const struct rule_op_def rule_ops[] = {
	[OP_EXISTS] = { TEXT("exists"), OP_UNARY, EVERYTHING, true },
	[OP_EQ] = { TEXT("="), OP_STRING, EVERYTHING, false },
	[OP_NE] = { TEXT("!="), OP_STRING, EVERYTHING, false },
	[OP_LT] = { TEXT("<"), OP_NUMBER, NUMBERS | T(STRING), false },
	[OP_LE] = { TEXT("<="), OP_NUMBER, NUMBERS | T(STRING), false },
	[OP_GT] = { TEXT(">"), OP_NUMBER, NUMBERS | T(STRING), false },
	[OP_GE] = { TEXT(">="), OP_NUMBER, NUMBERS | T(STRING), false },
	[OP_CONTAINS] = { TEXT("contains"), OP_STRING, T(STRING) | T(BYTES), false },
	[OP_ICONTAINS] = { TEXT("icontains"), OP_STRING, T(STRING), false },
	[OP_BCONTAINS] = { TEXT("bcontains"), OP_STRING, T(BYTES), false },
	[OP_STARTSWITH] = { TEXT("startswith"), OP_STRING, T(STRING) | T(BYTES), false },
	[OP_BSTARTSWITH] = { TEXT("bstartswith"), OP_STRING, T(BYTES), false },
	[OP_ENDSWITH] = { TEXT("endswith"), OP_STRING, T(STRING) | T(BYTES), false },
	[OP_GLOB] = { TEXT("glob"), OP_STRING, T(STRING), false },
	[OP_IGLOB] = { TEXT("iglob"), OP_STRING, T(STRING), false },
	[OP_REGEX] = { TEXT("regex"), OP_STRING, T(STRING), false },
	[OP_IN] = { TEXT("in"), OP_LIST, EVERYTHING, true },
	[OP_INTERSECTS] = { TEXT("intersects"), OP_LIST, EVERYTHING, true },
	[OP_PMATCH] = { TEXT("pmatch"), OP_LIST, T(STRING), false },
};
static_assert(ARRAY_SIZE(rule_ops) == RULE_OPS, "a definition for each");

const struct text rule_modifiers[] = {
	[MODIFIER_NONE] = TEXT(""),
	[MODIFIER_ONEOF] = TEXT("oneof"),
	[MODIFIER_ANYOF] = TEXT("anyof"),
	[MODIFIER_ALLOF] = TEXT("allof"),
};
static_assert(ARRAY_SIZE(rule_modifiers) == RULE_MODIFIERS, "a name for each");

const struct text rule_transforms[] = {
	[TRANSFORM_TOLOWER] = TEXT("tolower"), [TRANSFORM_TOUPPER] = TEXT("toupper"),
	[TRANSFORM_B64] = TEXT("b64"),	       [TRANSFORM_BASENAME] = TEXT("basename"),
	[TRANSFORM_LEN] = TEXT("len"),	       [TRANSFORM_JOIN] = TEXT("join"),
	[TRANSFORM_CONCAT] = TEXT("concat"),   [TRANSFORM_GETOPT] = TEXT("getopt"),
	[TRANSFORM_VAL] = TEXT("val"),
};
static_assert(ARRAY_SIZE(rule_transforms) == RULE_TRANSFORMS, "a name for each");

int rule_op_find(struct text name)
{
	if (text_eq_str(name, "=="))
		return OP_EQ;
	for (int i = 0; i < RULE_OPS; i++)
		if (text_eq(rule_ops[i].name, name))
			return i;
	return -1;
}

bool expr_walk(struct expr *e, bool (*fn)(struct expr *e, void *context), void *context)
{
	if (!fn(e, context))
		return false;
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			if (!expr_walk(e->group.items[i], fn, context))
				return false;
		return true;
	case EXPR_NOT:
		return expr_walk(e->child, fn, context);
	case EXPR_MACRO:
		return !e->macro.body || expr_walk(e->macro.body, fn, context);
	case EXPR_CHECK:
		return true;
	}
	return true;
}
