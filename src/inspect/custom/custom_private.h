/* SPDX-License-Identifier: Apache-2.0 */
/* Reading checks: what both forms share. */
#pragma once
#include "inspect/custom/custom.h"

/* Where a check of Polaris looks. */
struct custom_reader {
	struct custom_checks *all;
	struct diags *diags;
	const char *file;
};

/* One check in the form of Polaris; name is its key, or that of its file. */
void custom_read_polaris(struct custom_reader *r, struct text name, const struct yaml_node *n,
			 const struct yaml_node *severities);
/* One in ours. */
void custom_read_ours(struct custom_reader *r, const struct yaml_node *n);

/*
 * A row with a name and what every row has; NULL: diagnostics say why. It moves when the next is added.
 */
struct check *custom_row(struct custom_reader *r, struct text name, const struct yaml_node *n);
const char *custom_text(struct custom_reader *r, const struct yaml_node *n, const char *key);
bool custom_category(struct text name, enum category *ret);
void custom_examples(struct custom_reader *r, const struct yaml_node *n, struct custom_check *c);
void custom_complain(struct custom_reader *r, const struct yaml_node *n, const char *what);

/* Functions of rows. */
void custom_ask_container(struct probe *p, const struct workload *w, const struct container *c);
void custom_ask_pod(struct probe *p, const struct workload *w);
void custom_ask_object(struct probe *p, const struct object *o);
bool custom_keeps(const struct check *c, const struct object *o, bool asked);
