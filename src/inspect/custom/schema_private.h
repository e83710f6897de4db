/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas as they are kept: what loads them (schema.c) and what asks them (schema_valid.c). */
#pragma once
#include "inspect/custom/scalar.h"
#include "inspect/custom/schema.h"

/* What may stand behind a keyword. */
enum keyword_shape {
	SHAPE_NOTE, /* anything: it decides nothing */
	SHAPE_ANY,
	SHAPE_NUMBER,
	SHAPE_COUNT,
	SHAPE_QUANTITY,
	SHAPE_FLAG,
	SHAPE_PATTERN,
	SHAPE_TYPES,	/* a name or a list of them */
	SHAPE_LIST,	/* of anything */
	SHAPE_NAMES,	/* a list of texts */
	SHAPE_NAME_MAP, /* lists of texts, by name */
	SHAPE_SCHEMA,
	SHAPE_SCHEMAS,	    /* a list of them */
	SHAPE_SCHEMA_MAP,   /* by name */
	SHAPE_PATTERN_MAP,  /* by pattern */
	SHAPE_ITEMS,	    /* a schema or a list of them */
	SHAPE_DEPENDENCIES, /* schemas or lists of texts, by name */
	SHAPE_REFERENCE,
};

struct rule;

struct keyword {
	const char *name;
	enum keyword_shape shape;
	unsigned types; /* bits of enum node_type: of others it says nothing; 0: of all */
	bool (*valid)(const struct schema *s, const struct rule *r, const struct at *at,
		      struct schema_run *run); /* NULL: other keywords look at it */
};
extern const struct keyword schema_keywords[]; /* ends with a name that is NULL */

/* One keyword of a schema, with what stands behind it. */
struct rule {
	const struct keyword *keyword;
	const struct yaml_node *value;
	long double number;
	struct regex *pattern;
	unsigned types;
	bool flag, is_list;
	uint32_t count;
	const char **names;	 /* count of them */
	struct schema **schemas; /* count of them; an item may be NULL */
	struct regex **patterns; /* count of them */
};

struct schema {
	int always; /* 0, 1; -1: it has rules */
	struct rule *rules;
	uint32_t count;
};

/* The rule of a keyword, or NULL. */
const struct rule *schema_rule(const struct schema *s, const char *name);
