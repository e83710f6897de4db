/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas that are templates: the part of Go's text/template that checks of Polaris use. Values are reached by path,
 * through "if", "with", "range" and variables, and functions of a table. Definitions, blocks, "break", methods and other
 * functions are refused when it is loaded.
 *
 * What an action prints stands as a mark in what is made, and is put in once that was read as YAML: a name in a
 * manifest may be whatever its author likes, and never becomes part of a schema's structure.
 */
#pragma once
#include "base/vec.h"
#include "inspect/custom/scalar.h"

enum {
	TEMPLATE_BYTES_MAX = 64 << 10,
	TEMPLATE_DEPTH_MAX = 40, /* of actions and parentheses in each other */
	TEMPLATE_VARIABLES_MAX = 32,
	TEMPLATE_STEPS_MAX = 1 << 18,
	TEMPLATE_OUTPUT_MAX = 1 << 20,
	TEMPLATE_VALUES_MAX = 1 << 14,
};

struct template;

struct template_value {
	enum node_type type; /* NODE_NULL: there is nothing */
	struct text text;    /* of scalars, as it is printed */
	long double number;
	bool flag;
	const struct yaml_node *node; /* NULL: it was made */
};

bool template_is_in(struct text t);

/* Loads the text at n, which must live as long. NULL: diagnostics say why. */
struct template *template_load(struct arena *a, const struct yaml_node *n, struct diags *d);

struct template_result {
	struct buf text; /* with marks in it */
	VEC(struct template_value) values;
	/* Where and why it could not be filled in. */
	struct diag_place place;
	char why[120];
};

#define TEMPLATE_RESULT_INIT ((struct template_result){ .text = BUF_INIT })

void template_result_deinit(struct template_result *r);
#define cleanup_template_result cleanup(template_result_deinit)

/* Adds to r, whose values live in data and in a. False: r says why. */
bool template_fill(const struct template *t, const struct yaml_node *data, struct arena *a,
		   struct template_result *r);

/*
 * The next mark in t from *at on: its value, *at behind it, and in *ret_before the text in front. NULL: there is none,
 * and *ret_before is the rest.
 */
const struct template_value *template_next(const struct template_result *r, struct text t,
					   uint32_t *at, struct text *ret_before);
