/* SPDX-License-Identifier: Apache-2.0 */
/* What a node of a document is for JSON Schema, and whether two are the same. */
#pragma once
#include "base/yaml_tree.h"

enum node_type {
	NODE_NULL,
	NODE_BOOLEAN,
	NODE_INTEGER, /* also 1.0 */
	NODE_NUMBER,
	NODE_STRING,
	NODE_ARRAY,
	NODE_OBJECT,
	NODE_TYPES
};
extern const char *const value_type_names[NODE_TYPES];

enum node_type value_type(const struct yaml_node *n);
/* False: it is no number. */
bool value_number(const struct yaml_node *n, long double *ret);

/* A number, as a text says it: "1", "-1.5e3"; not "inf", "0x1" or "1 ". */
bool text_number(struct text t, long double *ret);
/* A quantity of Kubernetes: "100m", "1.5Gi", "2"; false: it is none. */
bool text_quantity(struct text t, long double *ret);

/*
 * The same value: numbers by what they are, members of maps in any order. Every node that is looked at takes
 * one of *steps; at 0 the answer is false.
 */
bool value_same(const struct yaml_node *a, const struct yaml_node *b, uint64_t *steps);
