/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema (2019-09, what of it looks at one document) over nodes with places, and the two words that
 * Polaris adds: resourceMinimum and resourceMaximum, for quantities. References stay inside of the schema.
 * A word that is not known is an error: who writes one expects it to do something.
 *
 * Not there: "$anchor", "$recursiveRef", references to other files, "unevaluated...", and "format", which only
 * annotates.
 */
#pragma once
#include "base/vec.h"
#include "inspect/at.h"

struct regex;
struct regex_room;
struct schema;

/* What schemas have beside the arena in which they live. */
struct schema_patterns {
	VEC(struct regex *) items;
};

/*
 * Loads the schema at root, which must live as long. NULL: diagnostics say why.
 */
struct schema *schema_load(struct arena *a, struct schema_patterns *patterns,
			   const struct yaml_node *root, struct diags *d);
void schema_patterns_deinit(struct schema_patterns *patterns);

/* More is given up: hostile documents meet schemas that compare everything with everything. */
enum { SCHEMA_STEPS_MAX = 4 << 20, SCHEMA_DEPTH_MAX = 300 };

struct schema_run {
	struct regex_room *room;
	struct arena *scratch; /* of places */
	bool null_is_absent;   /* as for the API of Kubernetes */
	/* Where it fails; at lives until fail returns. May be NULL. */
	void (*fail)(void *arg, const struct at *at);
	void *arg;

	/* zero to begin with */
	uint64_t steps;
	uint32_t quiet, depth;
	bool exhausted; /* the answer is not to be trusted */
};

/* Whether what is at the place (there must be something) is as the schema says. */
bool schema_valid(const struct schema *s, const struct at *at, struct schema_run *run);
