/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a schema of a check comes from: it is loaded once, or, where it is a template, made anew for each object. A
 * template is a whole schema as text, or texts in a schema that is a map.
 */
#pragma once
#include "inspect/custom/schema.h"
#include "inspect/custom/template.h"

struct schema_source {
	struct text
		kind; /* "policy/PodDisruptionBudget": of other objects; no data: the check's own */
	const struct schema *fixed; /* NULL: it is made, of one of these */
	const struct template *whole;
	const struct yaml_node *tree;	   /* a template in some of its texts */
	const struct template **templates; /* one for each of those, as they come */
	const char *name;		   /* of what is made */
};

/*
 * Loads what stands at n (which must live as long): a schema, or with is_text a text that is one. name is the file's. False:
 * diagnostics say why.
 */
bool schema_source_load(struct schema_source *ret, struct arena *a,
			struct schema_patterns *patterns, const struct yaml_node *n, bool is_text,
			const char *name, struct diags *d);

/* What is made for one object, and goes with it. */
struct schema_made {
	struct arena *arena;
	struct schema_patterns patterns;
	const struct schema *schema; /* NULL: nothing was left of the template, and all is valid */
	struct diag_place place;     /* where and why none could be made */
	char why[160];
};

void schema_made_deinit(struct schema_made *m);
#define cleanup_schema_made cleanup(schema_made_deinit)

/* False: m says why. */
bool schema_source_make(const struct schema_source *s, const struct yaml_node *data,
			struct schema_made *m);
